"""The one SQLite database of a data folder, `state.sqlite`: catalog, S3 metadata, Athena state.

WAL mode. A connection made with `durable` waits for the disk at each commit (the catalog); one
without does not: a killed process loses nothing, a power cut at worst the last moments (query
history). Each `Database` is one connection behind a lock, safe from any thread.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_athena.errors import DataFolderError

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS s3_buckets (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS s3_objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    state BLOB NOT NULL, PRIMARY KEY (bucket, key, size, mtime_ns)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS s3_versions (
    bucket TEXT NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, version_id TEXT NOT NULL,
    file TEXT, state BLOB NOT NULL, PRIMARY KEY (bucket, key, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS loose_files (
    owner TEXT NOT NULL, uri TEXT NOT NULL, PRIMARY KEY (owner, uri)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS s3_tags (arn TEXT PRIMARY KEY, tags TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS glue_databases (
    name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS glue_tables (
    database TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (database, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS glue_table_versions (
    database TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (database, name, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS glue_partitions (
    database TEXT NOT NULL, name TEXT NOT NULL, partition TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (database, name, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS glue_statistics (
    database TEXT NOT NULL, name TEXT NOT NULL, partition TEXT NOT NULL, column TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (database, name, partition, column)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS glue_tags (arn TEXT PRIMARY KEY, tags TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS athena_queries (
    id TEXT PRIMARY KEY, workgroup TEXT NOT NULL, submitted REAL NOT NULL, state TEXT NOT NULL,
    token TEXT, reuse_key TEXT, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS athena_queries_by_time ON athena_queries (workgroup, submitted);
CREATE UNIQUE INDEX IF NOT EXISTS athena_queries_by_token ON athena_queries (token)
    WHERE token IS NOT NULL;
CREATE INDEX IF NOT EXISTS athena_queries_by_reuse ON athena_queries (reuse_key, submitted)
    WHERE reuse_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS athena_things (
    kind TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, scope, name)) WITHOUT ROWID;
"""


_UPGRADES = {
    1: """
ALTER TABLE s3_objects RENAME TO s3_objects_1;
{schema}
INSERT INTO s3_objects SELECT * FROM s3_objects_1;
DROP TABLE s3_objects_1;
"""
}
"""What turns the schema of an earlier version into the present one."""


class Database:
    """One connection to `state.sqlite`; rows come as tuples."""

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        run = self._connection.execute
        run("PRAGMA journal_mode = WAL")
        run(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        (version,) = run("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            self._connection.close()
            raise DataFolderError(
                path.parent,
                f"{path} was written by a later version of local-athena: use that one, or another "
                "folder",
            )
        if version < SCHEMA_VERSION:
            change = _UPGRADES.get(version, "{schema}").replace("{schema}", _SCHEMA)
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {change} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row, or None."""
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """A statement of its own transaction (or the current one); returns rows changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """A statement for each of `rows`; call it within `transaction`."""
        with self._lock:
            self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; other threads of this connection wait. May be nested."""
        with self._lock:
            if self._is_open():
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A COMMIT that failed (a full disk) leaves the transaction open: what came after
                # would be part of it and never be committed.
                if self._is_open():
                    self._connection.execute("ROLLBACK")
                raise

    def _is_open(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        """Close the connection; harmless when repeated."""
        with self._lock:
            self._connection.close()
