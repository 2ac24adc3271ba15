"""What the grammar must not take: other engines' syntax, and statements that Athena lacks."""

from pathlib import Path

import pytest
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement

_FOREIGN = [
    line
    for line in (Path(__file__).parent / "foreign.txt").read_text().splitlines()
    if line and not line.startswith("# ")
]


def test_foreign__list__is_long_enough() -> None:
    assert len(_FOREIGN) >= 250
    assert len(set(_FOREIGN)) == len(_FOREIGN)


@pytest.mark.parametrize("statement", _FOREIGN)
def test_parse_statement__foreign_syntax__is_refused(statement: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse_statement(statement)
    assert caught.value.name in ("SYNTAX_ERROR", "NOT_SUPPORTED")
    assert caught.value.at is not None
