"""One demonstration at a time in a folder of source systems."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.errors import DemoError


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder; the lock goes with the process, however it ends.

    Raises:
        DemoError: another process holds it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "demo.lock").open("a")
    except OSError as error:
        raise DemoError(
            f"{folder} cannot be used: {error.strerror}; make it writable, or set "
            "LAKEHOUSE_SOURCES_DIR to another folder"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(
                f"another demonstration is at work in {folder}: wait for it, or stop it"
            ) from error
        yield
