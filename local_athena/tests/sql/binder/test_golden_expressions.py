"""The binder against the recorded answers of a real Trino: types, names, refusals, messages.

Thresholds stand at what is reached, so that a step back turns red. Run with `-s` for the shares.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from local_athena.sql import nodes
from local_athena.sql.binder import BindContext, bind_query, result_names
from local_athena.sql.bound import TableHandle, ViewHandle
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement

GOLDEN = Path(__file__).parents[2] / "golden" / "expressions.jsonl"
CONTEXT_NOW = datetime(2026, 11, 23, tzinfo=UTC)

DATA_ERRORS = frozenset(
    (
        *("INVALID_FUNCTION_ARGUMENT", "INVALID_CAST_ARGUMENT", "NUMERIC_VALUE_OUT_OF_RANGE"),
        *("DIVISION_BY_ZERO", "GENERIC_INTERNAL_ERROR", "SUBQUERY_MULTIPLE_ROWS"),
        *("JSON_VALUE_RESULT_ERROR", "PATH_EVALUATION_ERROR", "EXCEEDED_FUNCTION_MEMORY_LIMIT"),
    )
)
"""Errors that depend on values: the engine's, unless Trino gave a place in the text."""

UNSUPPORTED = frozenset(("match_recognize",))
"""Areas that are refused by name."""


class NoTables:
    """The server of the recordings had no schema set and no tables."""

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> TableHandle | ViewHandle | None:
        raise SqlError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")

    def at_version(self, handle: TableHandle, version: tuple[str, Any]) -> TableHandle:
        return handle


@dataclass
class Score:
    """What came of binding every record."""

    columns: Counter[str] = field(default_factory=Counter)
    areas: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    static: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    messages: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    statements: int = 0

    def report(self) -> str:
        lines = [
            f"columns {dict(self.columns)}, statements refused {len(self.refused)}",
            f"static failures {dict(self.static)}, messages {dict(self.messages)}",
            f"{1e6 * self.seconds / self.statements:.0f} us to bind a statement",
        ]
        for area, counts in sorted(self.areas.items()):
            share = 100 * counts["exact"] / sum(counts.values())
            if share < 100:
                lines.append(f"  {area}: {share:.1f} % of {sum(counts.values())} columns exact")
        return "\n".join(lines + self.wrong + self.refused + self.missed)


def bind_record(text: str) -> tuple[list[str], list[str]]:
    """Types and names of the statement's columns; none for what is no query."""
    statement = parse_statement(text)
    if not isinstance(statement, nodes.QueryStatement):
        return [], []
    context = BindContext(NoTables(), "awsdatacatalog", None, CONTEXT_NOW)
    query = bind_query(statement.query, context)
    return [str(column.type) for column in query.columns], list(result_names(query))


def score_record(record: dict[str, Any], score: Score) -> None:
    started = time.process_time()
    error: SqlError | None = None
    types: list[str] = []
    names: list[str] = []
    try:
        types, names = bind_record(record["sql"])
    except SqlError as raised:
        error = raised
    score.seconds += time.process_time() - started
    score.statements += 1
    expected = record.get("error")
    if expected is not None:
        score_failure(record, expected, error, score)
    elif error is not None:
        score.columns["refused"] += len(record["types"])
        score.areas[record["area"]]["refused"] += len(record["types"])
        score.refused.append(f"REFUSED {record['area']}: {error} <- {record['sql'][:150]}")
    else:
        if names != record["names"]:
            score.names.append(f"{names} {record['names']} <- {record['sql'][:150]}")
        for mine, theirs in zip(types, record["types"], strict=True):
            # Trino's protocol writes INTERVAL in capitals and Geometry with one.
            outcome = "exact" if mine.lower() == theirs.lower() else "wrong"
            score.columns[outcome] += 1
            score.areas[record["area"]][outcome] += 1
            if outcome == "wrong":
                score.wrong.append(f"WRONG {mine} not {theirs} <- {record['sql'][:150]}")


def score_failure(
    record: dict[str, Any], expected: dict[str, Any], error: SqlError | None, score: Score
) -> None:
    if expected["name"] in (*DATA_ERRORS, "NOT_SUPPORTED") and "line" not in expected:
        return
    if error is None:
        score.static["accepted"] += 1
        score.missed.append(f"ACCEPTED {expected['name']} <- {record['sql'][:150]}")
    elif error.name != expected["name"]:
        score.static["other"] += 1
        score.missed.append(f"OTHER {error} not {expected['name']} <- {record['sql'][:150]}")
    else:
        score.static["right"] += 1
        if error.name != "SYNTAX_ERROR":  # the parser's words are the parser's tests' matter
            text = str(error).removeprefix(f"{error.name}: ")
            score.messages["same" if text == expected["message"] else "differs"] += 1


@pytest.fixture(scope="module")
def score() -> Score:
    score = Score()
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["area"] not in UNSUPPORTED:
            score_record(record, score)
    sys.stdout.write(f"\n{score.report()}\n")
    return score


def test_bind_query__golden_statements__types_every_column_as_trino(score: Score) -> None:
    total = sum(score.columns.values())
    assert total > 2300
    assert score.columns["exact"] / total >= 0.995, score.report()
    assert score.columns["wrong"] == 0, score.report()


def test_bind_query__golden_statements__refuses_no_valid_one(score: Score) -> None:
    assert len(score.refused) <= 5, score.report()


def test_bind_query__golden_statements__names_columns_as_trino(score: Score) -> None:
    assert score.names == []


def test_bind_query__golden_failures__refuses_by_trinos_name(score: Score) -> None:
    total = sum(score.static.values())
    assert total > 210
    assert score.static["right"] / total >= 0.97, score.report()
    assert score.static["other"] == 0, score.report()


def test_bind_query__golden_failures__uses_trinos_words_and_place(score: Score) -> None:
    total = sum(score.messages.values())
    assert score.messages["same"] / total >= 0.97, score.report()


def test_bind_query__golden_statements__binds_fast(score: Score) -> None:
    # Aim: 0.5 ms of processor time with the parser; the bound leaves room for slow machines.
    assert score.seconds / score.statements < 0.002
