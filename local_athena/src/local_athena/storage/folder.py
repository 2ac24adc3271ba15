"""A data folder: made, checked, locked by one server, and told apart from other folders.

<data>/FORMAT          version of this layout
<data>/lock            flock of the serving process
<data>/endpoint.json   who serves it: the fields of LiveEndpoint
<data>/users           shared flock of commands that use another one's endpoint
<data>/state.sqlite    catalog, S3 metadata, query history
<data>/s3/<bucket>/    objects
<data>/versions/       earlier versions of objects in versioned buckets
<data>/uploads/        parts of multipart uploads in progress
<data>/results/        rows files of queries
<data>/tmp/            temporary files, emptied at start
"""

import contextlib
import errno
import fcntl
import json
import os
import random
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from local_athena.errors import DataFolderError, FolderLockedError, FolderNotWritableError

FORMAT = "local-athena 1\n"
_DRAFT = "FORMAT.new"
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LiveEndpoint:
    """Who serves a folder."""

    pid: int
    host: str
    port: int
    url: str
    engine: str = "duckdb"
    decimal_literals: str = "decimal"


class DataFolder:
    """The lock on a data folder, from `open` to `close`."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> "DataFolder":
        """Make the folder if needed, lock it, and clear what a dead server left in `tmp`.

        Raises:
            FolderLockedError: another server works on it.
            FolderNotWritableError: it cannot be made or written.
            DataFolderError: it holds something else, or a later format.
        """
        path = path.absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
            _check_content(path)
            lock = (path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise _not_writable(path, error) from error
        try:
            locked = _take(lock)
        except OSError as error:
            lock.close()
            raise _not_writable(path, error) from error
        if not locked:
            lock.close()
            live = live_endpoint(path)
            where = f" (pid {live.pid}, {live.url})" if live else ""
            raise FolderLockedError(
                path,
                f"the data folder {path} is in use by another local-athena server{where}; "
                "use that one, stop it, or choose another folder with --data",
            )
        try:
            (path / "endpoint.json").unlink(missing_ok=True)
            _mark_format(path)
            shutil.rmtree(path / "tmp", ignore_errors=True)
            for name in ("s3", "versions", "results", "tmp"):
                (path / name).mkdir(exist_ok=True)
        except OSError as error:
            lock.close()
            raise _not_writable(path, error) from error
        except BaseException:
            lock.close()
            raise
        return cls(path, lock)

    def announce(self, host: str, port: int, **facts: str) -> LiveEndpoint:
        """Write endpoint.json, so that other commands on this folder find the server.

        `facts` are fields of LiveEndpoint that are not at their default.
        """
        live = LiveEndpoint(os.getpid(), host, port, f"http://{host}:{port}", **facts)
        draft = self.path / "tmp" / "endpoint.json"
        draft.write_text(json.dumps(asdict(live)) + "\n", encoding="utf-8")
        draft.replace(self.path / "endpoint.json")
        return live

    def close(self) -> None:
        """Take back endpoint.json and the lock; harmless when repeated."""
        if not self._lock.closed:
            with contextlib.suppress(OSError):
                (self.path / "endpoint.json").unlink(missing_ok=True)
            self._lock.close()


def live_endpoint(path: Path) -> LiveEndpoint | None:
    """Who serves this folder now, or None: the lock decides, not the file."""
    try:
        with (path / "lock").open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                facts = json.loads((path / "endpoint.json").read_text(encoding="utf-8"))
                return LiveEndpoint(**facts)
    except (OSError, ValueError, TypeError):
        return None
    return None


def looks_like_data_folder(path: Path) -> bool:
    """Whether `path` holds this layout's FORMAT file: only then may `reset` remove it."""
    try:
        return (path / "FORMAT").read_text(encoding="utf-8").startswith("local-athena ")
    except (OSError, UnicodeDecodeError):
        return False


def _take(lock: IO[str]) -> bool:
    """Lock the folder for this process; False when another server holds it.

    A process that only looks whether there is a server (`live_endpoint`) shares the lock for an
    instant: that is no server, so it is tried again.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        if _flock(lock, fcntl.LOCK_EX):
            return True
        if not _flock(lock, fcntl.LOCK_SH) or time.monotonic() > deadline:
            return False
        fcntl.flock(lock, fcntl.LOCK_UN)
        time.sleep(random.uniform(0.001, 0.02))  # noqa: S311  (so that two do not stay in step)


def _flock(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _check_content(path: Path) -> None:
    """Refuse a folder of something else, before anything is written there."""
    names = {entry.name for entry in path.iterdir()}
    if names - {"lock", _DRAFT} and not (path / "FORMAT").exists():
        raise DataFolderError(
            path, f"{path} is not empty and not a local-athena data folder; choose another one"
        )


def _mark_format(path: Path) -> None:
    """Check the format of a locked folder; a new one gets its mark, whole or not at all."""
    marker = path / "FORMAT"
    if not marker.exists():
        draft = path / _DRAFT
        draft.write_text(FORMAT, encoding="utf-8")
        draft.replace(marker)
        return
    found = marker.read_text(encoding="utf-8")
    if found != FORMAT:
        raise DataFolderError(
            path,
            f"the data folder {path} has the format {found.strip()!r}, this version reads "
            f"{FORMAT.strip()!r}; use the version that wrote it, or another folder",
        )


def _not_writable(path: Path, error: OSError) -> FolderNotWritableError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = "the disk is full"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why = "no permission to write there"
    elif error.errno in (errno.EEXIST, errno.ENOTDIR):
        why = "there is a file in its place"
    else:
        why = error.strerror or str(error)
    return FolderNotWritableError(path, f"cannot use the data folder {path}: {why}")
