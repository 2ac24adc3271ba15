"""One demonstration at a time in a folder of source systems, and on an endpoint.

A locked file holds the process id of who holds it. The lake's folder is the endpoint's business,
so its lock lies in the machine's folder for temporary files, named after the endpoint's port.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import getpid
from pathlib import Path
from urllib.parse import urlsplit

from lakehouse.errors import DemoError


@contextmanager
def only_one(folder: Path, endpoint_url: str | None) -> Iterator[None]:
    """Hold the folder and the endpoint; the locks go with the process, however it ends.

    Raises:
        DemoError: another process holds one of them, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    with _hold(folder / "demo.lock", str(folder), folder):
        port = urlsplit(endpoint_url or "").port
        if port is None:
            yield
            return
        place = Path(tempfile.gettempdir())
        with _hold(place / f"lakehouse-demo-{port}.lock", f"the lake of {endpoint_url}", place):
            yield


@contextmanager
def _hold(path: Path, what: str, folder: Path) -> Iterator[None]:
    try:
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise _unusable(folder, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            pid = file.read().strip()
            raise DemoError(
                f"another demonstration{f' (pid {pid})' if pid else ''} is at work in {what}: wait "
                f"for it, or stop it{f' (`kill {pid}`)' if pid else ''}"
            ) from error
        file.truncate(0)
        file.write(f"{getpid()}\n")
        file.flush()
        yield


def _unusable(folder: Path, error: OSError) -> DemoError:
    why = (
        "there is a file in its place"
        if isinstance(error, FileExistsError | NotADirectoryError)
        else error.strerror
    )
    return DemoError(
        f"{folder} cannot be used: {why}; make it a writable folder, or set LAKEHOUSE_SOURCES_DIR "
        "to another one"
    )
