"""Trino's server as unpacked files in a cache folder: fetched once, then shared by every endpoint.

<cache>/trino-<version>/{lib,plugin}     complete when the folder has its final name
"""

import fcntl
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from local_athena.engine.trino.repository import Artifact, obtain

SERVER = Artifact(
    group="io.trino",
    name="trino-server",
    version="476",
    packaging="tar.gz",
    sha256="cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f",
)
PLUGINS = frozenset({"geospatial", "hive", "iceberg"})
"""The plugins that are kept of some sixty: two connectors, and the geospatial functions."""


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where downloads are kept: LOCAL_ATHENA_CACHE, or the user's cache folder."""
    given = environ.get("LOCAL_ATHENA_CACHE")
    if given:
        return Path(given)
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "local-athena"


def installed(cache: Path) -> Path | None:
    """The unpacked server, if it is there already."""
    folder = cache / f"trino-{SERVER.version}"
    return folder if folder.is_dir() else None


def install(cache: Path, say: Callable[[str], object]) -> Path:
    """The unpacked server; fetched (821 MB) and unpacked (0.5 GB) when it is not there yet.

    Raises:
        EngineUnavailableError: it cannot be fetched.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two endpoints that start at once fetch it once
        found = installed(cache)
        if found is not None:
            return found
        with tempfile.TemporaryDirectory(dir=cache, prefix="unpacking-") as name:
            work = Path(name)
            archive = work / "server.tar.gz"
            obtain(SERVER, archive, say)
            say(f"unpacking Trino {SERVER.version} into {cache}")
            with tarfile.open(archive) as tar:
                tar.extractall(work, filter="data")
            archive.unlink()
            unpacked = next(path for path in work.iterdir() if (path / "plugin").is_dir())
            for plugin in (unpacked / "plugin").iterdir():
                if plugin.name not in PLUGINS:
                    shutil.rmtree(plugin)
            unpacked.rename(cache / f"trino-{SERVER.version}")
    return cache / f"trino-{SERVER.version}"
