"""Every statement that a real Trino parsed must parse; what it refused as syntax must not."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement

_GOLDEN = Path(__file__).parents[2] / "golden"
# Trino refuses these while it builds its tree, but as other errors than syntax.
_BY_OTHER_NAMES = ("INVALID_FUNCTION_ARGUMENT", "NOT_SUPPORTED")


def _records(name: str) -> list[dict[str, Any]]:
    lines = (_GOLDEN / name).read_text().splitlines()
    return [json.loads(line) for line in lines]


def _filled(statement: str) -> str:
    values = {"snap": "123", "ts": "2020-01-01 00:00:00"}
    return re.sub(r"\{(\w+)(:\d+)?\}", lambda m: values.get(m[1], m[1]), statement)


def _statements() -> list[tuple[str, dict[str, Any] | None]]:
    found = [(record["sql"], record.get("error")) for record in _records("expressions.jsonl")]
    for record in _records("scripts.jsonl"):
        found += [(_filled(one["sql"]), one.get("error")) for one in record["statements"]]
    return found


def _refusal(statement: str) -> SqlError | None:
    try:
        parse_statement(statement)
    except SqlError as error:
        return error
    return None


def test_parse_statement__golden_statements__parse_unless_trino_says_syntax() -> None:
    statements = _statements()
    wrong = []
    for statement, error in statements:
        name = error["name"] if error else None
        refused = _refusal(statement)
        if refused is None:
            right = name != "SYNTAX_ERROR"
        elif "MATCH_RECOGNIZE" in statement:
            right = refused.name == "NOT_SUPPORTED"
        else:
            right = refused.name == name and name in ("SYNTAX_ERROR", *_BY_OTHER_NAMES)
        if not right:
            wrong.append((statement, name, str(refused)))
    assert wrong == []
    assert len(statements) > 3000


def _syntax_errors() -> list[tuple[str, str]]:
    return [(s, e["message"]) for s, e in _statements() if e and e["name"] == "SYNTAX_ERROR"]


# Athena takes other statements than Trino, so these lists of what may come differ by intent.
_OWN_WORDS = ("EXPLAIN SELEC 1", "DROP", "SELEC 1", "SELECT 1; SELECT 2")


@pytest.mark.parametrize(("statement", "message"), _syntax_errors())
def test_parse_statement__golden_syntax_error__has_trinos_message(
    statement: str, message: str
) -> None:
    refused = _refusal(statement)
    assert refused is not None
    place = message.split(": ")[0]
    if statement in _OWN_WORDS:
        assert str(refused).startswith(f"SYNTAX_ERROR: {place}: ")
    else:
        assert str(refused) == f"SYNTAX_ERROR: {message}"
