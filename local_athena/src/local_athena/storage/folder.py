"""A data folder: made, checked, locked by one server, and told apart from other folders.

<data>/FORMAT          version of this layout
<data>/lock            flock of the serving process
<data>/endpoint.json   {"pid", "host", "port", "url"} of the serving process
<data>/users           shared flock of commands that use another one's endpoint
<data>/state.sqlite    catalog, S3 metadata, query history
<data>/s3/<bucket>/    objects
<data>/versions/       earlier versions of objects in versioned buckets
<data>/results/        rows files of queries
<data>/tmp/            temporary files, emptied at start
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from local_athena.errors import DataFolderError, FolderLockedError, FolderNotWritableError

FORMAT = "local-athena 1\n"


@dataclass(frozen=True, slots=True)
class LiveEndpoint:
    """Who serves a folder."""

    pid: int
    host: str
    port: int
    url: str


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
            _check_format(path)
            lock = (path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise _not_writable(path, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise _not_writable(path, error) from error
            live = live_endpoint(path)
            where = f" (pid {live.pid}, {live.url})" if live else ""
            raise FolderLockedError(
                path,
                f"the data folder {path} is in use by another local-athena server{where}; "
                "use that one, stop it, or choose another folder with --data",
            ) from None
        try:
            (path / "endpoint.json").unlink(missing_ok=True)
            shutil.rmtree(path / "tmp", ignore_errors=True)
            for name in ("s3", "versions", "results", "tmp"):
                (path / name).mkdir(exist_ok=True)
        except OSError as error:
            lock.close()
            raise _not_writable(path, error) from error
        return cls(path, lock)

    def announce(self, host: str, port: int) -> LiveEndpoint:
        """Write endpoint.json, so that other commands on this folder find the server."""
        live = LiveEndpoint(os.getpid(), host, port, f"http://{host}:{port}")
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


def _check_format(path: Path) -> None:
    marker = path / "FORMAT"
    if marker.exists():
        found = marker.read_text(encoding="utf-8")
        if found != FORMAT:
            raise DataFolderError(
                path,
                f"the data folder {path} has the format {found.strip()!r}, this version reads "
                f"{FORMAT.strip()!r}; use the version that wrote it, or another folder",
            )
    elif any(entry.name != "lock" for entry in path.iterdir()):
        raise DataFolderError(
            path, f"{path} is not empty and not a local-athena data folder; choose another one"
        )
    else:
        marker.write_text(FORMAT, encoding="utf-8")


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
