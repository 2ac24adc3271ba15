"""What runs in DuckDB's RE2 gives what Joni's rules give: the calls by rows are the measure."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from local_athena.functions import regexp
from local_athena.functions.re2_patterns import re2_first, re2_pattern
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_text

ATOMS = st.sampled_from(
    ["a", "b", "1", " ", "-", "é", "😀", "/", "\n", ".", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S",
     "\\.", "\\\\", "[a-c]", "[^a-c1]", "[b1-]", "[^.]", "(a)", "(?:b)", "(a[^b]*)", "((\\d)-)",
     "(.+?)"]
)  # fmt: skip
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,}"])
PATTERNS = st.builds(
    lambda start, parts: start + "".join(atom + quantifier for atom, quantifier in parts),
    st.sampled_from(["", "^"]),
    st.lists(st.tuples(ATOMS, QUANTIFIERS), min_size=1, max_size=4),
)
CHOICES = st.sampled_from(
    ["(a|b)", "(?:ab|a)", "(?:a|ab)(b|1)", "(?:a)?", "(?:1(?:a[bc])?)?", "(?:-|(?:a|b) )?",
     "(b|a?)", "[^1\\s]", "[\\d.]", "[a\\w@]", "((?:a|bb)-)"]
)  # fmt: skip
FIRSTS = st.builds(
    lambda start, parts, end: (
        start + "".join(atom + quantifier for atom, quantifier in parts) + end
    ),
    st.sampled_from(["", "^"]),
    st.lists(
        st.one_of(st.tuples(ATOMS, QUANTIFIERS), st.tuples(CHOICES, st.just(""))),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["", "$", "\\$"]),
)
TEXTS = st.lists(st.text("ab1 -é😀/\n.\\x\t\v_", max_size=14), min_size=1, max_size=8)


def by_rows(function, texts, *arguments):
    try:
        return [function(text, *arguments) for text in texts]
    except SqlError as error:
        return error.name


def shown(values):
    if isinstance(values, str):
        return values
    return [
        "[" + ", ".join(v) + "]" if isinstance(v, list) else v if v is None else str(v)
        for v in values
    ]


@settings(max_examples=120, deadline=None)
@given(pattern=PATTERNS, texts=TEXTS, group=st.sampled_from([0, 1]), data=st.data())
def test_regexp__plain_pattern__matches_as_by_rows(run, pattern, texts, group, data):
    assume(re2_pattern(pattern) is not None)
    replacement = data.draw(st.sampled_from(["", "x", "<$0>", "\\\\$1", "$1-$1", "a\\b"]))
    rows = ", ".join(f"({index}, {quote_text(text)})" for index, text in enumerate(texts))
    quoted, written = quote_text(pattern), quote_text(replacement)
    calls = {
        f"CAST(regexp_count(x, {quoted}) AS varchar)": (regexp._count,),
        f"regexp_extract(x, {quoted}, {group})": (regexp._extract, group),
        f"regexp_extract_all(x, {quoted}, {group})": (regexp._extract_all, group),
        f"regexp_replace(x, {quoted}, {written})": (regexp._replace, replacement),
        f"if(regexp_like(x, {quoted}), 'True', 'False')": (regexp._like,),
    }
    for sql, (function, *arguments) in calls.items():
        want = shown(by_rows(function, texts, pattern, *arguments))
        text = f"SELECT {sql} FROM (VALUES {rows}) AS t(i, x) ORDER BY i"
        if isinstance(want, str):
            with pytest.raises(SqlError, match=want):
                run(text)
        else:
            assert [value for (value,) in run(text)] == want, sql


@settings(max_examples=200, deadline=None)
@given(pattern=FIRSTS, texts=TEXTS, group=st.sampled_from([0, 1, 2]))
def test_regexp__pattern_plain_for_its_first_match__matches_as_by_rows(run, pattern, texts, group):
    assume(re2_first(pattern) is not None)
    assume(group <= regexp.compiled(pattern).groups)
    rows = ", ".join(f"({index}, {quote_text(text)})" for index, text in enumerate(texts))
    quoted = quote_text(pattern)
    calls = {
        f"regexp_extract(x, {quoted}, {group})": (regexp._extract, group),
        f"if(regexp_like(x, {quoted}), 'True', 'False')": (regexp._like,),
    }
    for sql, (function, *arguments) in calls.items():
        want = shown(by_rows(function, texts, pattern, *arguments))
        text = f"SELECT {sql} FROM (VALUES {rows}) AS t(i, x) ORDER BY i"
        assert [value for (value,) in run(text)] == want, sql


@pytest.mark.parametrize(
    ("pattern", "shift", "empty"),
    [
        (r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", 1, set()),
        (r"^(?:00)?(?:55)?(?:0(?:[1-9][0-9])?)?(1[1-9]|2[12478])(9[0-9]{8}|[2-5]{7})$", 1, set()),
        (r"^(\+|00)\s*[0-46-9]", 0, set()),
        (r"a(b*)", 0, {1}),
        (r"a?\$", 0, set()),
        ("a*$", 1, {0}),
    ],
)
def test_re2_first__alternatives_and_ends__are_plain(pattern, shift, empty):
    first = re2_first(pattern)
    assert first is not None
    assert (first.shift, first.may_be_empty) == (shift, empty)


@pytest.mark.parametrize(
    "pattern",
    [
        "a|b", "(a|(b))", "((a)b|c)", "(a)?", "(?:(a))?", "(?:a)*", "(?:a){2}", "(?:a)??", "(a|)",
        "(|a)", "a$b", "a$$", "(a$)", "(?:a|b)+", "[a-\\s]", "[\\s-z]", "(a|b", "|a", "(a|*b)",
    ],
)  # fmt: skip
def test_re2_first__part_that_may_be_left_out_or_repeated__is_none(pattern):
    assert re2_first(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["a|b", "(?i)a", "a$", "(a)*", "(?=a)", "\\b", "a++", "[[a]]", "\\p{L}", "a{,2}", "(a", "\\1"],
)
def test_re2_pattern__not_plain__is_none(pattern):
    assert re2_pattern(pattern) is None
