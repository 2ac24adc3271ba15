"""Files of statements that did not commit: hidden while they run, gone when they fail or die."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_athena.errors import DataFolderError
from local_athena.storage.database import Database
from local_athena.storage.files import FileStore
from local_athena.storage.loose import LooseFiles


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "state.sqlite", durable=False)
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path, database: Database) -> FileStore:
    made = FileStore(tmp_path / "s3", tmp_path / "tmp", LooseFiles(database, database))
    made.ensure_bucket("b")
    return made


def put(store: object, uri: str) -> None:
    with store.new_file(uri) as path:  # type: ignore[attr-defined]
        path.write_text("x")


def uris(store: FileStore) -> list[str]:
    return [found.uri for found in store.list("s3://b/")]


def test_statement__that_runs__hides_what_it_has_not_kept(store: FileStore) -> None:
    with store.statement("q1") as mine:
        put(mine, "s3://b/t/1")
        put(store, "s3://b/other")
        assert uris(store) == ["s3://b/other"]
        mine.keep()
    assert uris(store) == ["s3://b/other", "s3://b/t/1"]


def test_statement__that_fails__takes_back_what_it_has_not_kept(
    store: FileStore, database: Database
) -> None:
    def run() -> None:
        with store.statement("q1") as mine:
            put(mine, "s3://b/t/1")
            mine.keep()
            put(mine, "s3://b/t/2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert uris(store) == ["s3://b/t/1"]
    assert database.rows("SELECT * FROM loose_files") == []


def test_statement__whose_commit_is_rolled_back__takes_its_files_back(
    store: FileStore, database: Database
) -> None:
    def run() -> None:
        with store.statement("q1") as mine:
            put(mine, "s3://b/t/1")
            with database.transaction():
                mine.keep()
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert uris(store) == []


def test_sweep__after_a_crash__removes_what_was_written_and_what_was_dropped(
    store: FileStore, database: Database, tmp_path: Path
) -> None:
    put(store, "s3://b/t/old")
    statement = store.statement("q1")
    mine = statement.__enter__()  # and the process dies here
    put(mine, "s3://b/t/new")
    mine.doom(["s3://b/t/old", "s3://b/t/never"])
    put(store, "s3://b/t/kept")
    after = LooseFiles(database, database)
    again = FileStore(tmp_path / "s3", tmp_path / "tmp", after)
    assert after.sweep(again.delete) == 3
    assert uris(again) == ["s3://b/t/kept"]
    assert after.sweep(again.delete) == 0
    statement.__exit__(None, None, None)


def test_transaction__whose_commit_fails__is_rolled_back_and_over(database: Database) -> None:
    database.run("CREATE TABLE a (n INTEGER PRIMARY KEY)")
    database.run("CREATE TABLE c (n INTEGER REFERENCES a DEFERRABLE INITIALLY DEFERRED) STRICT")
    database.run("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError), database.transaction():
        database.run("INSERT INTO c VALUES (7)")  # only COMMIT looks at it
    with database.transaction():
        database.run("INSERT INTO a VALUES (1)")
    other = sqlite3.connect(database.row("PRAGMA database_list")[2])  # type: ignore[index]
    assert other.execute("SELECT n FROM a").fetchall() == [(1,)]
    assert other.execute("SELECT n FROM c").fetchall() == []
    other.close()


def test_database__of_the_first_version__is_brought_up_to_date(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "state.sqlite")
    old.executescript(
        "CREATE TABLE s3_objects (bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, "
        "mtime_ns INTEGER NOT NULL, state BLOB NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;"
        "INSERT INTO s3_objects VALUES ('b', 'k', 1, 2, x'00'); PRAGMA user_version = 1;"
    )
    old.close()
    made = Database(tmp_path / "state.sqlite", durable=True)
    made.run("INSERT INTO s3_objects VALUES ('b', 'k', 1, 3, x'00')")
    assert made.rows("SELECT mtime_ns FROM s3_objects") == [(2,), (3,)]
    assert made.rows("SELECT * FROM loose_files") == []
    made.run("PRAGMA user_version = 99")
    made.close()
    with pytest.raises(DataFolderError, match="later version"):
        Database(tmp_path / "state.sqlite", durable=True)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_statement__settles_before_it_keeps_and_at_its_end(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with store.statement("q1") as mine:
        put(mine, "s3://b/t/1")
        put(mine, "s3://b/t/2")
        assert synced == []
        mine.keep()
        assert sorted(synced) == ["1", "2", "t"]
        put(mine, "s3://b/u/3")
    assert sorted(synced) == ["1", "2", "3", "t", "u"]
