"""Checks of the machine and the data folder, one line each."""

import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from local_athena.errors import InvalidUriError
from local_athena.storage.database import SCHEMA_VERSION
from local_athena.storage.files import FileStore
from local_athena.storage.folder import live_endpoint, looks_like_data_folder

MIN_FREE_BYTES = 1 << 30
_PACKAGES = ("duckdb", "pyiceberg", "pyarrow", "moto", "botocore", "werkzeug")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, whether it is fine, and what was found or what to do."""

    name: str
    ok: bool
    text: str


def examine(data: Path) -> Iterator[Check]:
    """All checks, the cheap ones first; nothing is changed."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", (3, 11) <= sys.version_info[:2] < (3, 14), f"{version} (3.11 to 3.13)")
    for name in _PACKAGES:
        try:
            yield Check(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, False, "is not installed: pip install local-athena")
    yield from _folder(data)


def _folder(data: Path) -> Iterator[Check]:
    data = data.absolute()
    live = live_endpoint(data)
    if live is not None:
        yield Check("server", True, f"pid {live.pid} serves the folder at {live.url}")
    else:
        yield Check("server", True, "none serves the folder")
    if data.exists() and not looks_like_data_folder(data) and any(data.iterdir()):
        yield Check("data folder", False, f"{data} is not a local-athena folder: choose another")
        return
    parent = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(parent).free
    yield Check("disk", free >= MIN_FREE_BYTES, f"{free / 2**30:.1f} GiB free on {parent}")
    try:
        started = time.perf_counter()
        with tempfile.TemporaryFile(dir=parent) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        took = (time.perf_counter() - started) * 1000
    except OSError as error:
        yield Check("data folder", False, f"cannot write to {parent}: {error.strerror}")
        return
    yield Check("data folder", True, f"{data} (a synced write takes {took:.1f} ms)")
    if (data / "state.sqlite").exists():
        yield from _content(data)


def _content(data: Path) -> Iterator[Check]:
    """Whether the database can be read, and what it points at is there."""
    state = data / "state.sqlite"
    try:
        with closing(sqlite3.connect(f"{state.as_uri()}?mode=ro", uri=True, timeout=5)) as base:
            (verdict,) = base.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            (version,) = base.execute("PRAGMA user_version").fetchone()
            tables = base.execute("SELECT database, name, body FROM glue_tables").fetchall()
            (running,) = base.execute(
                "SELECT count(*) FROM athena_queries WHERE state IN ('QUEUED', 'RUNNING')"
            ).fetchone()
    except sqlite3.Error as error:
        text = (
            f"{state} is damaged ({error}): restore it from a copy, or start anew with "
            "local-athena reset (objects under s3/ can be copied away first)"
        )
        yield Check("database", False, text)
        return
    if version > SCHEMA_VERSION:
        yield Check("database", False, f"{state} was written by a later version: use that one")
        return
    yield Check("database", True, f"{len(tables)} tables, {running} queries not ended")
    store = FileStore(data / "s3", data / "tmp")
    missing = []
    for database, name, body in tables:
        location = json.loads(body).get("Parameters", {}).get("metadata_location")
        if location and not _is_there(store, location):
            missing.append(f"{database}.{name} ({location})")
    if missing:
        text = (
            f"metadata files are missing of {', '.join(missing[:5])}"
            f"{' and others' if len(missing) > 5 else ''}: restore them below {data / 's3'}, or "
            "drop these tables in Glue (aws glue delete-table)"
        )
        yield Check("tables", False, text)
    else:
        yield Check("tables", True, "every Iceberg table has its metadata file")


def _is_there(store: FileStore, location: str) -> bool:
    try:
        return store.exists(location)
    except InvalidUriError:
        return False
