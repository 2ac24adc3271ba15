"""Long chains, deep nesting, linear time, and where a text is cut into statements."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_athena.sql.errors import SqlError, SyntaxFault
from local_athena.sql.parser import parse_statement, split_statements

_NESTED = [
    ("select {} 1 {}", "(", ")"),
    ("select {} 1 {}", "abs(", ")"),
    ("select {} 1 {}", "case when true then ", " end"),
    ("select {} 1 {}", "position(1 in ", ")"),
    ("select {} 1 {}", "substring(", " from 1)"),
    ("select {} true {}", "not (", ")"),
    ("select {} 1 {}", "json_value('a', 'b' default ", " on error)"),
    ("select * from {} t {}", "(select * from ", ")"),
    ("select * from {} t a {}", "(", ")"),
    ("select cast(1 as {} integer {})", "array(", ")"),
    ("select cast(1 as {} integer {})", "row(a ", ")"),
    ("create table t (a {} int {})", "struct<a:", ">"),
]


@pytest.mark.parametrize(("form", "opening", "closing"), _NESTED)
def test_parse_statement__nested_200_levels__parses(form: str, opening: str, closing: str) -> None:
    parse_statement(form.format(opening * 200, closing * 200))


@pytest.mark.parametrize(("form", "opening", "closing"), _NESTED)
def test_parse_statement__nested_absurdly__is_refused(
    form: str, opening: str, closing: str
) -> None:
    with pytest.raises(SyntaxFault, match="statement is too large"):
        parse_statement(form.format(opening * 6000, closing * 6000))


@pytest.mark.parametrize(
    ("start", "part"),
    [
        ("select 1", " + 1"),
        ("select 1", ", 1"),
        ("select true", " and a = 1"),
        ("select 'a'", " || 'b'"),
        ("select a", "[1]"),
        ("select a", ".b"),
        ("select 1", " union all select 1"),
        ("select * from t", " join t on true"),
        ("values 1", ", (1, 2)"),
    ],
)
def test_parse_statement__chain_of_thousands__parses(start: str, part: str) -> None:
    parse_statement(start + part * 5000)


@pytest.mark.parametrize(
    "text",
    [
        "select " + "/*" * 40_000,
        "select " + "'" * 80_001,
        "select " + "(" * 40_000,
        "create table t (a int) location '" + "\\'" * 40_000,
        "create table t (a int) location '" + "/*" * 40_000,
    ],
)
def test_parse_statement__hostile_text__fails_fast(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(SyntaxFault):
        parse_statement(text)
    assert time.perf_counter() - start < 10  # a quadratic reader takes minutes


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1", ["select 1"]),
        ("select 1; select 2;", ["select 1", "select 2"]),
        (" ; ;\n", []),
        ("-- only a comment;\n/* ; */", []),
        ("select ';' -- a;b\n; select 2", ["select ';' -- a;b", "select 2"]),
        ('select "a;b", `c;d` /* ; */; x', ['select "a;b", `c;d` /* ; */', "x"]),
        ("select 'it''s; fine'; y", ["select 'it''s; fine'", "y"]),
        ("-- first\nselect 1;", ["-- first\nselect 1"]),
    ],
)
def test_split_statements__text__is_cut_between_statements(
    text: str, statements: list[str]
) -> None:
    assert split_statements(text) == statements


_TEXT = r"""
    select from where group by having order limit with as union all distinct cast row array
    case when then else end over ( ) [ ] , . ; * + - || = <> 'a' "b" `c` 1 1.5 1e3 U&'\0041'
    X'00' ? create table view external alter drop show insert into values merge using on
    matched not null struct<a:int> location tblproperties partitioned json_value json_object
    returning trim position extract interval '1' day timestamp lateral unnest sequence -> =>
    1a $ é ' " /* --
"""
_WORDS = _TEXT.split()


@given(st.lists(st.sampled_from(_WORDS), max_size=25))
@settings(max_examples=300, deadline=None)
def test_parse_statement__any_words__parse_or_are_refused(words: list[str]) -> None:
    refused = None
    try:
        parse_statement(" ".join(words))
    except SqlError as error:
        refused = error
    assert refused is None or refused.at is not None


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_parse_statement__any_text__parses_or_is_refused(text: str) -> None:
    with contextlib.suppress(SqlError):
        parse_statement(text)
    split_statements(text)
