"""Checks of the machine and the data folder, one line each."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

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
