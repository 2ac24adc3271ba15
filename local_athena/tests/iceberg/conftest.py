"""A lake in a temporary folder, a DuckDB session, and two readers that are not ours."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_avro
import duckdb_extension_httpfs
import duckdb_extension_iceberg
import pyarrow as pa
import pytest
from fsspec import AbstractFileSystem
from local_athena.catalog.model import Database
from local_athena.catalog.records import Records
from local_athena.catalog.store import SqliteCatalog
from local_athena.engine.iceberg import create, rows, scan
from local_athena.engine.iceberg.lake import Lake
from local_athena.engine.iceberg.table import IcebergTable, load
from local_athena.engine.session import Session
from local_athena.sql.type_text import parse_type
from local_athena.storage.database import Database as State
from local_athena.storage.files import FileStore
from local_athena.storage.keys import encode_key
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

EXTENSIONS = (duckdb_extension_avro, duckdb_extension_httpfs, duckdb_extension_iceberg)


class StoreFileIO(PyArrowFileIO):
    """PyIceberg's own file access, s3 uris sent to the store's folder."""

    def _local(self, location: str) -> str:
        root = self.properties["root"]
        return f"{root}/{encode_key(location[5:])}" if location.startswith("s3://") else location

    def new_input(self, location: str) -> Any:
        return super().new_input(self._local(location))

    def new_output(self, location: str) -> Any:
        file = super().new_output(self._local(location))
        file._location = location
        return file


@dataclass
class World:
    """What a test works with. Rows are tuples in the order of the table's columns."""

    lake: Lake
    session: Session
    root: Path

    def create(
        self,
        name: str,
        columns: dict[str, str],
        partitioning: tuple[str, ...] = (),
        properties: dict[str, str] | None = None,
    ) -> IcebergTable:
        new = create.described_by_with(
            "db",
            name,
            [(column, parse_type(kind)) for column, kind in columns.items()],
            [
                ("location", f"s3://bucket/{name}/"),
                ("partitioning", list(partitioning)),
                *(properties or {}).items(),
            ],
        )
        return create.create(self.lake, new)

    def table(self, name: str) -> IcebergTable:
        return load(self.lake, self.lake.catalog.get_table("db", name))

    def cursor(self) -> Any:
        return self.session.cursor()

    def insert(self, name: str, select: str) -> int:
        with self.cursor() as cursor:
            return rows.insert_rows(self.table(name), cursor, select).row_count

    def delete(self, name: str, where: str) -> int:
        return self.change(name, f"SELECT {rows.DELETE} AS op, n, p FROM target WHERE {where}")

    def change(self, name: str, select: str, *, base: IcebergTable | None = None) -> int:
        """Apply a SELECT of changes over `target` (columns by name, and n, p)."""
        table = base or self.table(name)
        plan = scan.plan_table(table, row_identity=True)
        target = f'(SELECT *, "{scan.FILE_NUMBER}" AS n, "{scan.POSITION}" AS p FROM {plan.sql})'
        with self.cursor() as cursor:
            return rows.change_rows(
                table,
                cursor,
                f"WITH target AS {target} {select}",
                plan.files,
                {},
                check_matches=True,
            ).row_count

    def read(self, name: str, columns: str = "*", **options: Any) -> list[tuple[Any, ...]]:
        """The table through our own scan, in any order."""
        plan = scan.plan_table(self.table(name), **options)
        with self.cursor() as cursor:
            return cursor.rows(f"SELECT {columns} FROM {plan.sql}")

    def pyiceberg(self, name: str) -> StaticTable:
        table = self.table(name)
        properties = {
            "py-io-impl": f"{StoreFileIO.__module__}.{StoreFileIO.__name__}",
            "root": str(self.root),
        }
        static = StaticTable.from_metadata(
            str(self.lake.store.path(table.metadata_location)), properties
        )
        static.io = StoreFileIO(properties)
        return static

    def read_pyiceberg(self, name: str) -> pa.Table:
        """The table through PyIceberg's own scan, deletes applied."""
        return self.pyiceberg(name).scan().to_arrow()

    def load_extensions(self, connection: duckdb.DuckDBPyConnection) -> None:
        """DuckDB's own readers of Avro and Iceberg."""
        for extension in EXTENSIONS:
            (folder,) = extension.__path__
            (file,) = Path(folder).rglob("*.duckdb_extension")
            connection.execute(f"LOAD '{file}'")

    def read_duckdb(self, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """The table through DuckDB's iceberg extension."""
        location = self.table(name).metadata_location
        files = StoreFileSystem(self.root)
        with contextlib.closing(files), duckdb.connect() as connection:
            connection.register_filesystem(files)
            connection.execute("SET TimeZone = 'UTC'")
            self.load_extensions(connection)
            return connection.execute(
                f"SELECT {columns} FROM iceberg_scan('{location}')"
            ).fetchall()


class StoreFileSystem(AbstractFileSystem):
    """The store's folder under the scheme s3, for DuckDB."""

    protocol = "s3"
    cachable = False

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root
        self._opened: list[Any] = []

    def close(self) -> None:
        for file in self._opened:
            file.close()

    def _path(self, uri: str) -> Path:
        return self._root / encode_key(uri.removeprefix("s3://"))

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        self._opened.append(self._path(path).open(mode))
        return self._opened[-1]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        facts = self._path(path).stat()
        return {"name": path, "size": facts.st_size, "type": "file", "mtime": facts.st_mtime}

    def modified(self, path: str) -> datetime:
        return datetime.fromtimestamp(self._path(path).stat().st_mtime, UTC)

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path]

    def exists(self, path: str, **_: Any) -> bool:
        return self._path(path).exists()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    root = tmp_path / "s3"
    store = FileStore(root, tmp_path / "tmp")
    store.ensure_bucket("bucket")
    catalog = SqliteCatalog(Records(State(tmp_path / "state.sqlite", durable=False)))
    catalog.create_database(Database("db"))
    session = Session(temporary=tmp_path / "tmp")
    yield World(Lake(store, catalog), session, root)
    session.close()
