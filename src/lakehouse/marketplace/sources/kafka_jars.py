"""The jars of a Kafka broker: fetched once from a Maven repository, then kept in a cache folder.

`kafka_jars.txt` says which, and the SHA-256 that each must have. Where they come from:
`local_athena.engine.trino.repository`.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from local_athena.engine.trino.repository import VARIABLE, Artifact, obtain
from local_athena.errors import EngineUnavailableError

from lakehouse.errors import MarketplaceError

JARS = "LAKEHOUSE_KAFKA_JARS"
VERSION = "4.1.0"
_BROKER = f"org.apache.kafka:kafka_2.13:{VERSION}"
_LIST = Path(__file__).with_name("kafka_jars.txt")
_FETCH_SECONDS = 600


def read_list() -> tuple[Artifact, ...]:
    """The jars, in the order of the list."""
    lines = _LIST.read_text("ascii").splitlines()
    parts = (line.split() for line in lines if not line.startswith("#"))
    return tuple(Artifact(group, name, version, "jar", sha) for sha, group, name, version in parts)


def find_jars(environ: Mapping[str, str]) -> Path | None:
    """The folder that LAKEHOUSE_KAFKA_JARS names, else that of an earlier fetch, else None."""
    named = environ.get(JARS)
    if named:
        return Path(named)
    folder = _cache(environ)
    return folder if folder.is_dir() else None


def fetch_jars(environ: Mapping[str, str], say: Callable[[str], object]) -> Path:
    """The folder of the jars; fetches them (43 MB) where it is not there yet.

    Raises:
        MarketplaceError: no repository has them, or what came has another checksum.
    """
    found = find_jars(environ)
    if found is not None:
        return found
    folder = _cache(environ)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that start at once fetch them once
        if folder.is_dir():
            return folder
        say(f"fetching Kafka {VERSION} (43 MB) from a Maven repository into {folder}, once")
        if not environ.get(VARIABLE):
            _fill_local_repository()
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as name:
            work = Path(name) / "jars"
            work.mkdir()
            for jar in read_list():
                try:
                    obtain(jar, work / Path(jar.path).name, lambda text: None, environ)
                except EngineUnavailableError as error:
                    raise MarketplaceError(
                        f"Kafka's jars cannot be fetched: {error}; or name a folder that has "
                        f"them by {JARS}"
                    ) from error
            work.replace(folder)
    return folder


def _cache(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME")
    return (
        (Path(base) if base else Path("~/.cache").expanduser()) / "lakehouse" / f"kafka-{VERSION}"
    )


def _fill_local_repository() -> None:
    """Have Maven, where there is one, fetch all jars by one call: one a jar takes a second each.

    What it could not fetch is asked for again, and named, jar by jar.
    """
    if shutil.which("mvn") is None:
        return
    command = ["mvn", "--batch-mode", "--quiet", "dependency:get", f"-Dartifact={_BROKER}"]
    with tempfile.TemporaryDirectory() as elsewhere:
        subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=elsewhere,
            timeout=_FETCH_SECONDS,
        )
