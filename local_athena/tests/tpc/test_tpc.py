"""TPC-H and TPC-DS on Hive tables of Parquet files, against a real Trino's answers on them.

By default a sample of the queries that take little; with LOCAL_ATHENA_TPC=all every one
(`make golden`).
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from local_athena.catalog.records import Records
from local_athena.catalog.store import SqliteCatalog
from local_athena.engine import Engine
from local_athena.engine.contract import QueryControl, QueryOutcome, QueryRequest
from local_athena.settings import Settings
from local_athena.storage.database import Database
from local_athena.storage.files import FileStore
from local_athena.storage.rows import read_rows

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("benchmark", HERE / "benchmark.py")
assert _spec is not None
assert _spec.loader is not None
benchmark = importlib.util.module_from_spec(_spec)
sys.modules["benchmark"] = benchmark
_spec.loader.exec_module(benchmark)

SAMPLE = {
    "tpch": (1, 3, 4, 13, 15, 17, 21, 22),
    "tpcds": (1, 6, 16, 27, 36, 41, 51, 70, 83, 97),
}
HIVE_TYPES = {"INTEGER": "int", "VARCHAR": "string"}


@dataclass(frozen=True)
class Answer:
    """A query's recorded answer, as `answers/*.jsonl` has it."""

    number: int
    names: list[str]
    types: list[str]
    rows: list[list[str | None]]


def answers(name: str) -> list[Answer]:
    lines = (HERE / "answers" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines[1:]]
    return [Answer(a["query"], a["names"], a["types"], a["rows"]) for a in found]


def chosen(name: str) -> list[Answer]:
    everything = os.environ.get("LOCAL_ATHENA_TPC") == "all"
    return [a for a in answers(name) if everything or a.number in SAMPLE[name]]


class Lake:
    """An engine over one benchmark's tables."""

    def __init__(self, folder: Path, mark: Any) -> None:
        self.settings = Settings(data=folder)
        store = FileStore(folder / "s3", folder / "tmp")
        for bucket in ("tpc", "results"):
            store.ensure_bucket(bucket)
        self._database = Database(folder / "state.sqlite", durable=False)
        self._engine = Engine(store, SqliteCatalog(Records(self._database)), self.settings)
        self.run("CREATE DATABASE db")
        tables = benchmark.write_tables(mark, folder / "made")
        for name, columns in tables.items():
            with store.new_file(f"s3://tpc/{name}/data.parquet") as path:
                shutil.copyfile(folder / "made" / name / "data.parquet", path)
            listed = ", ".join(f"`{c}` {HIVE_TYPES.get(k, k.lower())}" for c, k in columns)
            self.run(
                f"CREATE EXTERNAL TABLE {name} ({listed}) STORED AS PARQUET "
                f"LOCATION 's3://tpc/{name}/'"
            )

    def run(self, sql: str) -> QueryOutcome:
        self.last = "00000000-0000-0000-0000-000000000001"
        request = QueryRequest(
            query_id=self.last,
            sql=sql,
            catalog="awsdatacatalog",
            database="db",
            output_location="s3://results/",
            workgroup="primary",
            parameters=(),
            started_at=datetime(2026, 6, 1, tzinfo=UTC),
            prepared=None,
        )
        return self._engine.execute(request, QueryControl())

    def rows(self) -> list[list[str | None]]:
        return read_rows(self.settings.results, self.last, 0, 100_000)

    def close(self) -> None:
        self._engine.close()
        self._database.close()


@pytest.fixture(scope="module", params=benchmark.BENCHMARKS, ids=lambda mark: mark.name)
def lake(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Lake]]:
    lake = Lake(tmp_path_factory.mktemp(request.param.name), request.param)
    yield request.param, lake
    lake.close()


def same_value(mine: str | None, theirs: str | None, type_: str) -> bool:
    if type_ != "double" or mine is None or theirs is None:
        return mine == theirs
    a, b = float(mine), float(theirs)
    return a == b or math.isclose(a, b, rel_tol=1e-9)


def sort_key(types: list[str]) -> Any:
    """Order of rows by what is exact in them."""
    return lambda row: [str(v) for v, t in zip(row, types, strict=True) if t != "double"]


def differences(lake: Lake, answer: Answer, sql: str) -> str | None:
    """What differs from the recorded answer; None when nothing does."""
    columns = lake.run(sql).columns
    types = []
    for column in columns:
        digits = f"({column.precision},{column.scale})" if column.type == "decimal" else ""
        types.append(column.type + digits)
    wanted = [
        t.replace(" ", "") if t.startswith("decimal") else re.sub(r"\(.*", "", t)
        for t in answer.types
    ]
    if [c.name for c in columns] != answer.names or types != wanted:
        return f"columns {types} instead of {wanted}"
    mine = sorted(lake.rows(), key=sort_key(answer.types))
    theirs = sorted(answer.rows, key=sort_key(answer.types))
    if len(mine) != len(theirs):
        return f"{len(mine)} rows instead of {len(theirs)}"
    for row, want in zip(mine, theirs, strict=True):
        same = map(same_value, row, want, answer.types)
        if not all(same):
            return f"{row} instead of {want}"
    return None


def test_tpc__queries__answer_as_trino(lake: tuple[Any, Lake]) -> None:
    mark, tables = lake
    texts = benchmark.queries(mark)
    asked = chosen(mark.name)
    assert len(asked) >= len(SAMPLE[mark.name])
    found = {}
    for answer in asked:
        sql = benchmark.fully_ordered(texts[answer.number], len(answer.names))
        try:
            problem = differences(tables, answer, sql)
        except Exception as error:  # noqa: BLE001  (said with the others)
            problem = f"{type(error).__name__}: {error}"
        if problem is not None:
            found[answer.number] = problem
    assert found == {}


def test_tpc__recorded_answers__are_of_all_queries_at_these_scales() -> None:
    for mark, count in ((benchmark.TPCH, 22), (benchmark.TPCDS, 99)):
        lines = (HERE / "answers" / f"{mark.name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert json.loads(lines[0])["scale"] == mark.scale
        assert [a.number for a in answers(mark.name)] == list(range(1, count + 1))
