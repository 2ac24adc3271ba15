"""Trino's JSON values as text, against the values that a real server sent."""

import json
from pathlib import Path

import pytest
from local_athena.engine.trino.texts import text_of
from local_athena.sql.type_text import parse_type

GOLDEN = Path(__file__).parents[1] / "golden" / "expressions.jsonl"


def answers() -> list[dict[str, object]]:
    """The recorded answers that are rows."""
    with GOLDEN.open(encoding="utf-8") as file:
        return [case for case in map(json.loads, file) if "rows" in case]


def test_text_of__every_recorded_value__is_its_recorded_text() -> None:
    cases = answers()
    assert len(cases) > 2000
    for case in cases:
        types = [parse_type(text) for text in case["types"]]  # type: ignore[attr-defined]
        shown = [
            [text_of(value, type_) for value, type_ in zip(row, types, strict=True)]
            for row in case["raw"]  # type: ignore[attr-defined]
        ]
        assert shown == case["rows"], case["id"]


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        ({"1.0E10": [True, None]}, "map(double, array(boolean))", "{1.0E10=[true, null]}"),
        (["NaN", 1e-5], "array(real)", "[NaN, 1.0E-5]"),
        ({"true": "aGk="}, "map(boolean, varbinary)", "{true=68 69}"),
        ([[1, None]], "array(row(x integer, integer))", "[{x=1, field1=null}]"),
    ],
)
def test_text_of__nested__as_its_elements_alone(value: object, type_: str, text: str) -> None:
    assert text_of(value, parse_type(type_)) == text
