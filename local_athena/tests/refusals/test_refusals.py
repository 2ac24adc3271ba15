"""What Trino refuses is refused here, by the same name (README.md says whose answers)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from local_athena.engine.session import Session
from local_athena.sql.binder import BindContext, bind_query
from local_athena.sql.bound import TableHandle, ViewHandle
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import QueryStatement
from local_athena.sql.parser import parse_statement
from local_athena.sql.rewrite import write_query

HERE = Path(__file__).parent
KINDS = sorted(path.stem for path in HERE.glob("*.jsonl") if path.stem != "tables")


class EmptyDatabase:
    """A catalog whose session database has no tables."""

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> TableHandle | ViewHandle | None:
        if database is None:
            raise SqlError(
                "MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set"
            )
        return None

    def at_version(self, handle: TableHandle, version: tuple[str, Any]) -> TableHandle:
        return handle


def cases(kind: str) -> list[dict[str, Any]]:
    lines = (HERE / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def outcome(session: Session, sql: str) -> str:
    """The error's name, or `accepted`."""
    try:
        statement = parse_statement(sql)
        assert isinstance(statement, QueryStatement)
        now = datetime(2026, 11, 28, tzinfo=UTC)
        context = BindContext(EmptyDatabase(), "awsdatacatalog", None, now)
        text = write_query(bind_query(statement.query, context), {})
        with session.cursor() as cursor:
            for _ in cursor.batches(text):
                pass
    except SqlError as error:
        return error.name
    return "accepted"


@pytest.mark.parametrize("kind", KINDS)
def test_refusals__each_kind__have_trinos_names(session: Session, kind: str) -> None:
    found = [(case["sql"], outcome(session, case["sql"])) for case in cases(kind)]
    wanted = [(case["sql"], case["error"]) for case in cases(kind)]
    assert [pair for pair, want in zip(found, wanted, strict=True) if pair != want] == []


def test_refusals__all_kinds__are_many() -> None:
    assert sum(len(cases(kind)) for kind in KINDS) >= 800
