"""The endpoint of a data folder: the one that serves it already, or one started for a while."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local_athena.errors import FolderLockedError
from local_athena.settings import Settings
from local_athena.storage.folder import live_endpoint

_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Attached:
    """Where the endpoint is; `started` says that it was started here and will end here."""

    url: str
    started: bool


@contextmanager
def attached(settings: Settings) -> Iterator[Attached]:
    """The live endpoint of the folder, or a new one on a free port until the block ends.

    Raises:
        DataFolderError: the folder cannot be used.
    """
    live = live_endpoint(settings.data)
    if live is not None:
        yield Attached(live.url, started=False)
        return
    from local_athena.server import serve

    try:
        endpoint = serve(settings.data, settings=settings)
    except FolderLockedError:
        yield Attached(_wait_for_live(settings), started=False)
        return
    with endpoint:
        yield Attached(endpoint.url, started=True)


def _wait_for_live(settings: Settings) -> str:
    """The url of a server that holds the lock and is still starting."""
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
        time.sleep(0.05)
