"""The endpoint of a data folder: the one that serves it already, or one started for a while.

Commands that use another command's endpoint hold a shared lock on `<data>/users`; the one that
started it ends when nobody holds that lock any more.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_athena.errors import FolderLockedError
from local_athena.settings import Settings
from local_athena.storage.folder import live_endpoint

_PATIENCE_SECONDS = 15.0
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Attached:
    """Where the endpoint is; `started` says that it was started here and will end here."""

    url: str
    started: bool


@contextmanager
def attached(settings: Settings, say: Callable[[str], object]) -> Iterator[Attached]:
    """The live endpoint of the folder, or a new one on a free port until the block ends.

    `say` gets a line when the end has to wait for other users of the endpoint.

    Raises:
        DataFolderError: the folder cannot be used.
    """
    if live_endpoint(settings.data) is None:
        from local_athena.server import serve

        try:
            endpoint = serve(settings.data, settings=settings)
        except FolderLockedError:
            pass  # another one starts at this moment: use that
        else:
            with endpoint:
                yield Attached(endpoint.url, started=True)
                _wait_for_users(settings.data, say)
            return
    with _as_user(settings.data):
        yield Attached(_wait_for_live(settings), started=False)


@contextmanager
def _as_user(data: Path) -> Iterator[None]:
    with (data / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield


def _wait_for_users(data: Path, say: Callable[[str], object]) -> None:
    told = False
    with (data / "users").open("a") as users:
        while True:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if not told:
                    say("other commands use this endpoint: waiting for their end (Ctrl-C ends it)")
                    told = True
                time.sleep(_PAUSE_SECONDS)
            else:
                return


def _wait_for_live(settings: Settings) -> str:
    """The url of a server that holds the lock, maybe one that is still starting."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        live = live_endpoint(settings.data)
        if live is not None:
            return live.url
        if time.monotonic() > deadline:
            raise FolderLockedError(
                settings.data,
                f"another process holds the data folder {settings.data} but does not answer; "
                "stop it, or choose another folder with --data",
            )
        time.sleep(_PAUSE_SECONDS)
