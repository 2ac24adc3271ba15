"""Splitting a text into statements."""

import pytest
from local_athena.errors import StatementError
from local_athena.sql.statements import split_statements


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1", ["select 1"]),
        ("select 1;", ["select 1"]),
        (" ; ;select 1 ; select 2;; ", ["select 1", "select 2"]),
        ("select ';', 'it''s;'; select 2", ["select ';', 'it''s;'", "select 2"]),
        ('select ";" from "a"";b"; x', ['select ";" from "a"";b"', "x"]),
        ("drop table `a;b`; x", ["drop table `a;b`", "x"]),
        ("select 1 -- ; no\n; select 2 -- last;", ["select 1 -- ; no", "select 2 -- last;"]),
        ("select /* ; */ 1; /* only ; a comment */; x", ["select /* ; */ 1", "x"]),
        ("select 1 - 2 / 3; x", ["select 1 - 2 / 3", "x"]),
        ("-- it's a comment\nselect 1", ["-- it's a comment\nselect 1"]),
        ("", []),
        ("-- nothing", []),
    ],
)
def test_split_statements__semicolons__count_outside_of_quotes(
    text: str, statements: list[str]
) -> None:
    assert split_statements(text) == statements


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("select 1;\nselect 'x", "a string that starts in line 2"),
        ('"x', "a quoted name that starts in line 1"),
        ("`x", "a quoted name"),
        ("/* x", "a comment that starts in line 1"),
    ],
)
def test_split_statements__left_open__says_what_and_where(text: str, what: str) -> None:
    with pytest.raises(StatementError, match=what):
        split_statements(text)
