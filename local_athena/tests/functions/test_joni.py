"""Joni's patterns as `regex` runs them: matches recorded from io.airlift:joni 2.1.5.3."""

import json
from pathlib import Path
from typing import Any

from local_athena.functions.regexp import compiled
from local_athena.sql.errors import SqlError

_RECORDED = Path(__file__).with_name("joni_matches.jsonl")


def test_joni__recorded_patterns__match_alike() -> None:
    wrong = []
    for line in _RECORDED.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        expected = case.get("matches", "refused")
        if _found(case["pattern"], case.get("text", "")) != expected:
            wrong.append(line)
    assert wrong == []


def _found(pattern: str, text: str) -> Any:
    """Each match's places, the whole first and then its groups', None where one took no part."""
    try:
        expression = compiled(pattern)
    except SqlError as error:
        return "refused" if error.name == "INVALID_FUNCTION_ARGUMENT" else error.name
    return [
        [
            None if match.start(group) < 0 else list(match.span(group))
            for group in range(expression.groups + 1)
        ]
        for match in expression.matches(text)
    ]
