"""Runs golden statements in process: parse, bind, rewrite, run, text; compares with a real Trino.

    python local_athena/tests/golden/harness.py [--generated] [--area NAME] [--show N] [--errors]

Levels as in the README: `value` (12 significant digits, zeros at the end of fractions and map order
ignored) and `type`; for failing statements `named`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from local_athena.engine.prepared import parameter_count
from local_athena.engine.results import batch_texts
from local_athena.engine.session import Session
from local_athena.sql.binder import BindContext, bind_query
from local_athena.sql.bound import TableHandle, ViewHandle
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import QueryStatement
from local_athena.sql.parser import parse_expression, parse_statement
from local_athena.sql.rewrite import write_query

HERE = Path(__file__).parent
GENERATED = "generated.jsonl"
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.:-])")
FRACTION = re.compile(r"(\d\d:\d\d:\d\d)\.(\d+)")


@dataclass(frozen=True)
class Outcome:
    """What a statement gave: rows as text and type texts, or an error's name."""

    rows: list[list[str | None]] | None = None
    types: list[str] | None = None
    error: str | None = None
    message: str = ""
    sql: str = ""


class NoTables:
    """A catalog with nothing in it."""

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> TableHandle | ViewHandle | None:
        if database is None:
            raise SqlError(
                "MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set"
            )
        raise SqlError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")


def cases(name: str = "expressions.jsonl") -> list[dict[str, Any]]:
    """The golden statements of a file."""
    with (HERE / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def run(session: Session, sql: str, parameters: Sequence[str] = ()) -> Outcome:
    """One statement's outcome; `parameters` are the texts after USING."""
    text = ""
    try:
        statement = parse_statement(sql)
        given = tuple(parse_expression(parameter) for parameter in parameters)
        if parameter_count(statement) != len(given):
            return Outcome(error="INVALID_PARAMETER_USAGE")
        if not isinstance(statement, QueryStatement):
            return Outcome(error="NOT_A_QUERY")
        context = BindContext(
            resolver=NoTables(),
            catalog="awsdatacatalog",
            database=None,
            now=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
            zone="UTC",
            user="test",
            parameters=given,
        )
        query = bind_query(statement.query, context)
        text = write_query(query, {})
        types = [column.type for column in query.columns]
        rows: list[list[str | None]] = []
        with session.cursor() as cursor:
            for batch in cursor.batches(text):
                assert isinstance(batch, pa.RecordBatch)
                columns = batch_texts(batch, types)
                rows.extend(list(row) for row in zip(*columns, strict=True))
        return Outcome(rows=rows, types=[str(type_) for type_ in types], sql=text)
    except SqlError as error:
        return Outcome(error=error.name, message=str(error), sql=text)
    except Exception as error:  # noqa: BLE001  (a defect: counted as a wrong outcome, never hidden)
        return Outcome(error="DEFECT", message=f"{type(error).__name__}: {error}", sql=text)


def _significant(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text
    if number != number or number in (float("inf"), float("-inf")):
        return str(number)
    return f"{number + 0.0 if number else 0.0:.12g}"


def normal(value: str | None, type_: str) -> str | None:
    """A value without what the level `value` ignores."""
    if value is None:
        return None
    base = type_.split("(")[0]
    if type_ in ("double", "real"):
        text = _significant(value)
        return (
            f"{float(text):.6g}" if type_ == "real" and text not in ("nan", "inf", "-inf") else text
        )
    if base.startswith("time") or "time(" in type_ or "timestamp" in type_:
        value = FRACTION.sub(
            lambda m: m[1] + ("." + m[2].rstrip("0") if m[2].rstrip("0") else ""), value
        )
    if base in ("array", "map", "row"):
        if "double" in type_ or "real" in type_:
            value = NUMBER.sub(lambda m: _significant(m[0]), value)
        if "map(" in type_:
            value = " ".join(sorted(re.split(r"[\s,{}\[\]]+", value)))
    if type_ == "json" or (base in ("array", "map", "row") and "json" in type_):
        with contextlib.suppress(ValueError):
            value = json.dumps(json.loads(value), sort_keys=True)
    return value


def judge(case: dict[str, Any], outcome: Outcome) -> dict[str, bool]:
    """Levels reached."""
    if "error" in case:
        return {"named": outcome.error == case["error"]["name"]}
    if outcome.rows is None or outcome.types is None:
        return {"value": False, "type": False}
    types = [t if t.startswith("row(") else t.lower() for t in case["types"]]
    got = [t.lower() for t in outcome.types]
    want_rows = [[normal(v, t) for v, t in zip(row, types, strict=True)] for row in case["rows"]]
    rows = (
        [[normal(v, t) for v, t in zip(row, types, strict=True)] for row in outcome.rows]
        if len(got) == len(types)
        else outcome.rows
    )
    if not case.get("ordered"):
        want_rows, rows = sorted(want_rows, key=repr), sorted(rows, key=repr)
    same_types = [t.lower().replace(" ", "") for t in types] == [t.replace(" ", "") for t in got]
    return {"value": rows == want_rows, "type": same_types}


def measure(
    area: str | None = None, among: list[dict[str, Any]] | None = None
) -> Iterator[tuple[dict[str, Any], Outcome, dict[str, bool]]]:
    """Every case with its outcome and levels."""
    session = Session()
    for case in cases() if among is None else among:
        if area is None or case["area"] == area:
            outcome = run(session, case["sql"], case.get("parameters", ()))
            yield case, outcome, judge(case, outcome)
    session.close()


def say(*words: object) -> None:
    """A line on standard output."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def main() -> None:
    """Print shares by area, and what differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--area")
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--errors", action="store_true", help="count the unexpected errors")
    parser.add_argument("--sql", action="store_true")
    parser.add_argument(
        "--generated", action="store_true", help="the statements of generated.jsonl"
    )
    parser.add_argument("--record", action="store_true", help="ask a real Trino anew")
    options = parser.parse_args()
    if options.record:
        from record import record

        record(options.area)
        return
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    problems: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for case, outcome, levels in measure(
        options.area, cases(GENERATED) if options.generated else None
    ):
        for level, reached in levels.items():
            totals[case["area"]][level] += reached
            totals[case["area"]][level + "_of"] += 1
            totals["ALL"][level] += reached
            totals["ALL"][level + "_of"] += 1
        if not all(levels.values()):
            problems[f"{outcome.error}: {outcome.message[:90]}"] += outcome.rows is None
            if shown[case["area"]] < options.show:
                shown[case["area"]] += 1
                say(f"[{case['area']}] {case['sql'][:300]}")
                say("   want", case.get("types"), str(case.get("rows", case.get("error")))[:300])
                say("   got ", outcome.types, str(outcome.rows)[:300], outcome.message[:400])
                if options.sql:
                    say("   sql ", outcome.sql[:1500])
    for area in sorted(totals):
        count = totals[area]
        texts = [
            f"{level} {count[level]}/{count[level + '_of']}"
            for level in ("value", "type", "named")
            if count[level + "_of"]
        ]
        say(f"{area:20} {'  '.join(texts)}")
    if options.errors:
        for text, number in problems.most_common(60):
            if number:
                say(number, text)


if __name__ == "__main__":
    main()
