"""TRY and TRY_CAST: NULL exactly where the same without them fails, whatever is read natively."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_athena.functions.date_formats import parse_mysql
from local_athena.functions.iso_dates import parse_iso_timestamp
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_text
from local_athena.sql.rewrite import write_query

from .conftest import bind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATTERNS = ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y %H:%i", "%Y-%m-%dT%H:%i:%s.%fZ", "%H.%Y.%e.%c", "%T %f")
PIECES = st.sampled_from(
    ["2020", "0000", "1999", "12", "02", "29", "30", "31", "1", "00", "23", "24", "59", "60", "123",
     "-", "/", " ", ":", ".", "T", "t", "Z", "+", "x"]
)  # fmt: skip
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["", " 1 ", "1.5", "1e3", "-0", "true", "T", "2020-02-29", "2021-02-29",
                         "x", "2020-1-1 10:00", "10:00:61", "9" * 19, "9" * 40, "NaN", "+7"]),
        st.text("0123456789-+.e:T ", max_size=12),
    ),
    min_size=1, max_size=12,
)  # fmt: skip
FAILING = (
    "CAST(x AS integer)", "CAST(x AS tinyint)", "CAST(x AS double)", "CAST(x AS decimal(5,2))",
    "CAST(x AS boolean)", "CAST(x AS date)", "CAST(x AS timestamp(3))", "CAST(x AS time)",
    "CAST(x AS timestamp(3) with time zone)", "CAST(CAST(x AS integer) AS varchar(2))",
    "url_decode(x)", "CAST(replace(x, 'e', '1') AS integer) % 3", "from_base64(x)",
    "from_iso8601_date(x)", "from_iso8601_timestamp(x)", "from_hex(x)", "from_base(x, 16)",
    "10 / CAST(x AS integer)", "CAST(trim(x) AS date)", "parse_datetime(x, 'yyyy-MM-dd')",
    "CAST(date_parse(x, '%Y-%m-%d') AS date)",
)  # fmt: skip


def near(pattern: str) -> st.SearchStrategy[str]:
    """Texts in the form of a pattern, or close to it."""
    usual = {"%Y": "2020", "%f": "123456", "%T": "10:11:12"}
    parts = [usual.get(part, "12" if part[0] == "%" else part)
             for part in re.findall(r"%.|[^%]", pattern)]  # fmt: skip
    whole = st.just("".join(parts))
    return st.one_of(whole, st.tuples(*(st.one_of(st.just(p), PIECES) for p in parts)).map("".join))


def values(texts: list[str]) -> str:
    rows = ", ".join(f"({index}, {quote_text(text)})" for index, text in enumerate(texts))
    return f"(VALUES {rows}) AS t(i, x)"


@settings(max_examples=30, deadline=None)
@given(data=st.data(), pattern=st.sampled_from(PATTERNS))
def test_date_parse__read_natively_or_not__is_what_the_elements_read(run, data, pattern):
    texts = data.draw(st.lists(near(pattern), min_size=1, max_size=12))
    expected = []
    for text in texts:
        try:
            moment = EPOCH + timedelta(microseconds=parse_mysql(text, pattern))
            expected.append(moment.isoformat(" ", "milliseconds").removesuffix("+00:00"))
        except SqlError:
            expected.append(None)
    tried = run(f"SELECT TRY(date_parse(x, '{pattern}')) FROM {values(texts)} ORDER BY i")
    for text, want, (got,) in zip(texts, expected, tried, strict=True):
        assert got == want, text
        if want is not None:
            assert run(f"SELECT date_parse(x, '{pattern}') FROM {values([text])}") == [[want]]
        else:
            with pytest.raises(SqlError, match="INVALID_FUNCTION_ARGUMENT"):
                run(f"SELECT date_parse(x, '{pattern}') FROM {values([text])}")


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(near("%Y-%m-%dT%T.%fZ"), min_size=1, max_size=12))
def test_from_iso8601_timestamp__read_natively_or_not__is_what_the_elements_read(run, texts):
    expected = []
    for text in texts:
        try:
            read = parse_iso_timestamp(text)
        except SqlError:
            expected.append(None)
        else:
            moment = EPOCH + timedelta(microseconds=read["i"])
            shown = moment.isoformat(" ", "milliseconds").removesuffix("+00:00")
            expected.append(f"{shown} {read['z']}")
    tried = run(f"SELECT TRY(from_iso8601_timestamp(x)) FROM {values(texts)} ORDER BY i")
    assert [got for (got,) in tried] == expected


@settings(max_examples=40, deadline=None)
@given(texts=TEXTS, expression=st.sampled_from(FAILING))
def test_try__of_many_rows__is_null_where_a_row_alone_fails(run, texts, expression):
    tried = run(f"SELECT TRY({expression}) FROM {values(texts)} ORDER BY i")
    for text, got in zip(texts, tried, strict=True):
        try:
            alone = run(f"SELECT {expression} FROM {values([text])}")
        except SqlError:
            alone = [[None]]
        assert [got] == alone, text


@pytest.mark.parametrize(
    ("sql", "want"),
    [
        ("TRY(coalesce(CAST(x AS integer), 5))", None),
        ("coalesce(TRY(CAST(x AS integer)), 5)", "5"),
        ("TRY(CAST(x AS integer) IS NULL)", None),
        ("TRY(if(CAST(x AS integer) IS NULL, 1, 2))", None),
        ("TRY(ARRAY[CAST(x AS integer)])", None),
        ("TRY(CAST(ARRAY[x] AS array(integer)))", None),
        ("TRY_CAST(ARRAY[x] AS array(integer))", None),
        ("TRY(concat_ws('-', 'a', date_format(date_parse(x, '%Y'), '%Y')))", None),
        ("TRY(1 / (length(x) - 1))", None),
    ],
)
def test_try__failure_beside_what_takes_null__is_null(run, sql, want):
    """NULL in place of the failure would give another answer."""
    assert run(f"SELECT {sql} FROM {values(['x'])}") == [[want]]


def test_try__of_a_cast__holds_nothing_that_raises():
    """One failing row would make DuckDB compute its 2,047 neighbours one by one."""
    for sql in (
        "TRY(CAST(x AS date))",
        "TRY_CAST(x AS decimal(5, 2))",
        "TRY(10 / CAST(x AS integer))",
    ):
        assert "TRINO:" not in write_query(bind(f"SELECT {sql} FROM {values(['x'])}"), {}), sql


@pytest.mark.parametrize(
    ("sql", "rows", "want"),
    [
        ("TRY(year(CAST(x AS date))), TRY(month(CAST(x AS date)))", "'2020-03-01', 'x'",
         [["2020", "3"], [None, None]]),
        ("TRY(10 / x + 1), TRY(10 / x + 2)", "5, 0", [["3", "4"], [None, None]]),
        ("TRY(10 / x + 10 / x), TRY(10 / x) + TRY(10 / x + 1)", "5, 0", [["4", "5"], [None, None]]),
        ("TRY(1 + 10 / x), IF(x <> 0, 10 / x)", "5, 0", [["3", "2"], [None, None]]),
        ("TRY(10 / x IN (1, 2)), TRY(10 / x BETWEEN 0 AND 5)", "5, 0",
         [["true", "true"], [None, None]]),
        ("TRY(CASE CAST(x AS integer) WHEN 1 THEN 'a' WHEN 2 THEN 'b' END)", "'1', 'x'",
         [["a"], [None]]),
        ("TRY(sum(10 / x) OVER ()), TRY(10 / x)", "5, 5", [["4", "2"], ["4", "2"]]),
        ("TRY(x[2] || 'z'), TRY(x[2] || 'y')", "ARRAY['p', 'q'], ARRAY['p']",
         [["qz", "qy"], [None, None]]),
        ("TRY(transform(ARRAY[x, 1], v -> 10 / v))", "5, 0", [["[2, 10]"], [None]]),
    ],
)  # fmt: skip
def test_try__failing_part_that_stands_twice__is_caught_each_time(run, sql, rows, want):
    assert run(f"SELECT {sql} FROM (VALUES {rows}) AS t(x)") == want


@pytest.mark.parametrize(
    "taking_null",
    ["coalesce({}, -1)", "coalesce(coalesce({}, NULL), -1)",
     "CASE WHEN i >= 0 THEN coalesce({}, -1) END", "if({} IS NULL, -1, {})"],
)  # fmt: skip
def test_try__what_takes_null_over_many_failing_rows__has_each_row_s_value(run, taking_null):
    """Of 20,000 rows every seventh fails and every eleventh is NULL; a crash ends the run."""
    source = "UNNEST(sequence(1, 10000)) AS a(i) CROSS JOIN UNNEST(sequence(1, 2)) AS b(j)"
    text = "IF(i % 7 = 0, 'x', IF(i % 11 = 0, NULL, CAST(i AS varchar)))"
    tried = taking_null.replace("{}", "CAST(x AS integer)")
    wanted = "IF(i % 7 = 0, NULL, IF(i % 11 = 0, -1, i))"
    rows = f"SELECT i, x, TRY({tried}) AS v FROM (SELECT i, {text} AS x FROM {source})"
    assert run(f"SELECT count(*) FROM ({rows}) WHERE v IS DISTINCT FROM {wanted}") == [["0"]]


def test_json_exists__null_of_text_and_of_json__are_two_functions(run):
    """A NULL text is no item, a NULL document is the item null; whichever is asked first."""
    text = "json_exists('{}', 'lax $p' PASSING CAST(NULL AS varchar) AS \"p\")"
    document = "json_exists('{}', 'lax $p' PASSING json_query('{}', 'lax $.q') AS \"p\")"
    first = run(f"SELECT {text}, {document}")
    assert run(f"SELECT {document}, {text}") == [first[0][::-1]]
