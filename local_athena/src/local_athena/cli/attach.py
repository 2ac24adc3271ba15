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
from typing import TYPE_CHECKING

from local_athena.errors import ConfigError, FolderLockedError
from local_athena.settings import Settings
from local_athena.storage.folder import LiveEndpoint, live_endpoint

if TYPE_CHECKING:
    from local_athena.server import Endpoint

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
        ConfigError: Trino, or literals that are doubles, are asked for, and the folder is served
            otherwise.
    """
    live = live_endpoint(settings.data)
    if live is not None:
        _check_fits(settings, live)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        endpoint = _start(settings)
        if endpoint is not None:
            with endpoint:
                yield Attached(endpoint.url, started=True)
                with _without_users(settings.data, say):
                    endpoint.close()
            return
        with _as_user(settings.data):
            live = live_endpoint(settings.data)
            if live is not None:
                yield Attached(live.url, started=False)
                return
        if time.monotonic() > deadline:
            raise FolderLockedError(
                settings.data,
                f"another process holds the data folder {settings.data} but does not answer; "
                "stop it, or choose another folder with --data",
            )
        time.sleep(_PAUSE_SECONDS)  # it starts, or ends, at this moment


def _check_fits(settings: Settings, live: LiveEndpoint) -> None:
    """Refuse a live endpoint that lacks what is asked for beyond the defaults.

    Raises:
        ConfigError: see `attached`.
    """
    served = f"the server of {settings.data} (pid {live.pid})"
    remedy = "stop it, or choose another folder with --data"
    if settings.engine == "trino" != live.engine:
        raise ConfigError("--engine", f"{served} runs the engine {live.engine}: {remedy}")
    if settings.decimal_literals == "double" != live.decimal_literals:
        raise ConfigError(
            "--decimal-literals",
            f"{served} reads decimal literals as {live.decimal_literals}: {remedy}",
        )


def _start(settings: Settings) -> "Endpoint | None":
    """An endpoint on the folder, or None when another process has it."""
    if live_endpoint(settings.data) is not None:
        return None
    from local_athena.server import serve

    try:
        return serve(settings.data, settings=settings, imports_later=True)
    except FolderLockedError:
        return None


@contextmanager
def _as_user(data: Path) -> Iterator[None]:
    """Keep the endpoint alive; waits while it is being closed."""
    with (data / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield


@contextmanager
def _without_users(data: Path, say: Callable[[str], object]) -> Iterator[None]:
    """Wait until no other command uses the endpoint, and let none in until the block ends."""
    with (data / "users").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("other commands use this endpoint: waiting for their end (Ctrl-C ends it)")
            fcntl.flock(users, fcntl.LOCK_EX)
        yield
