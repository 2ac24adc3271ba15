"""One demonstration at a time in a folder of source systems, and on an endpoint.

A locked file holds the process id of who holds it, and goes when the lock does. The lake's folder
is the endpoint's business, so its lock lies in the user's own folder for such files, named after
the endpoint's port.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from lakehouse.errors import DemoError


@contextmanager
def only_one(folder: Path, endpoint_url: str | None) -> Iterator[None]:
    """Hold the folder and the endpoint; the locks go with the process, however it ends.

    Raises:
        DemoError: another process holds one of them, or a lock cannot be made.
    """
    elsewhere = "set LAKEHOUSE_SOURCES_DIR to another folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error, elsewhere) from error
    with _hold(folder / "demo.lock", str(folder), elsewhere):
        port = urlsplit(endpoint_url or "").port
        if port is None:
            yield
            return
        elsewhere = "set XDG_RUNTIME_DIR to a folder of yours"
        with _hold(_lock_of(port), f"the lake of {endpoint_url}", elsewhere):
            yield


def _lock_of(port: int) -> Path:
    """The lock of an endpoint, in XDG_RUNTIME_DIR, or in the machine's temporary folder by user."""
    own = os.environ.get("XDG_RUNTIME_DIR")
    if own and Path(own).is_dir():
        return Path(own) / f"lakehouse-demo-{port}.lock"
    return Path(tempfile.gettempdir()) / f"lakehouse-demo-{os.getuid()}-{port}.lock"


@contextmanager
def _hold(path: Path, what: str, elsewhere: str) -> Iterator[None]:
    while True:
        try:
            file = path.open("a+", encoding="ascii")
        except OSError as error:
            raise _unusable(path, error, elsewhere) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                pid = file.read().strip()
                raise DemoError(
                    f"another demonstration{f' (pid {pid})' if pid else ''} is at work in {what}: "
                    f"wait for it, or stop it{f' (`kill {pid}`)' if pid else ''}"
                ) from error
            if not _is_at(path, file):
                continue  # who held it before removed it after it was opened here
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            try:
                yield
            finally:
                if _is_at(path, file):
                    path.unlink()
            return


def _is_at(path: Path, file: IO[str]) -> bool:
    """Whether the open file is the one of that path, which only who holds its lock removes."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _unusable(path: Path, error: OSError, elsewhere: str) -> DemoError:
    why = (
        "there is a file in its place"
        if isinstance(error, FileExistsError | NotADirectoryError)
        else error.strerror
    )
    return DemoError(f"{path} cannot be made: {why}; put that right, or {elsewhere}")
