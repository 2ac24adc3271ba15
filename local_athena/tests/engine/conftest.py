"""An engine over an empty lake, and a short way to run statements on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from local_athena.catalog.records import Records
from local_athena.catalog.store import SqliteCatalog
from local_athena.engine import Engine
from local_athena.engine.contract import (
    PreparedStatement,
    QueryControl,
    QueryFailed,
    QueryOutcome,
    QueryRequest,
)
from local_athena.settings import Settings
from local_athena.storage.database import Database
from local_athena.storage.files import FileStore
from local_athena.storage.loose import LooseFiles
from local_athena.storage.rows import read_rows

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
Rows = list[list[str | None]]


class Prepared:
    """Prepared statements in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> PreparedStatement | None:
        text = self.kept.get(name)
        return None if text is None else PreparedStatement(name, text)

    def put(self, name: str, sql: str) -> None:
        self.kept[name] = sql

    def delete(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None


@dataclass
class Lake:
    """The engine and what it works on; `run` gives the outcome, `rows` the rows."""

    engine: Engine
    store: FileStore
    catalog: SqliteCatalog
    settings: Settings
    prepared: Prepared = field(default_factory=Prepared)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    last: str = ""

    def run(
        self,
        sql: str,
        *,
        catalog: str = "AwsDataCatalog",
        database: str | None = "db",
        parameters: Sequence[str] = (),
        control: QueryControl | None = None,
        location_enforced: bool = False,
        started_at: datetime = NOW,
    ) -> QueryOutcome:
        self.last = query_id = f"{next(self.numbers):08d}-0000-0000-0000-000000000000"
        request = QueryRequest(
            query_id=query_id,
            sql=sql,
            catalog=catalog,
            database=database,
            output_location="s3://results/",
            workgroup="primary",
            parameters=tuple(parameters),
            started_at=started_at,
            prepared=self.prepared,
            location_enforced=location_enforced,
        )
        return self.engine.execute(request, control or QueryControl())

    def rows(self, sql: str, **options: object) -> Rows:
        self.run(sql, **options)  # type: ignore[arg-type]
        return read_rows(self.settings.results, self.last, 0, 10_000)

    def fails(self, sql: str, **options: object) -> QueryFailed:
        with pytest.raises(QueryFailed) as caught:
            self.run(sql, **options)  # type: ignore[arg-type]
        return caught.value

    def put(self, uri: str, data: bytes | str) -> None:
        with self.store.new_file(uri) as path:
            path.write_bytes(data.encode() if isinstance(data, str) else data)

    def files(self, prefix: str) -> list[str]:
        return [item.uri for item in self.store.list(prefix)]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """An empty lake with the buckets `b` and `results` and the database `db`."""
    settings = Settings(data=tmp_path)
    database = Database(tmp_path / "state.sqlite", durable=False)
    store = FileStore(tmp_path / "s3", tmp_path / "tmp", LooseFiles(database, database))
    for bucket in ("b", "results"):
        store.ensure_bucket(bucket)
    catalog = SqliteCatalog(Records(database))
    engine = Engine(store, catalog, settings)
    made = Lake(engine, store, catalog, settings)
    made.run("CREATE DATABASE db")
    yield made
    engine.close()
    database.close()
