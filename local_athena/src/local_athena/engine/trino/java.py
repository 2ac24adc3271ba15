"""A Java that can run Trino, found where Java is usually installed; its `release` file tells."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_athena.errors import EngineUnavailableError

LEAST_VERSION = 24
_FOLDERS = (
    "/usr/lib/jvm",
    "/usr/lib64/jvm",
    "/opt/java",
    "/Library/Java/JavaVirtualMachines",
    "~/.sdkman/candidates/java",
    "~/.jdks",
)
_VERSION = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Java:
    """An installed Java: its home folder and its feature version (25 for 25.0.3)."""

    home: Path
    version: int

    @property
    def program(self) -> Path:
        """The `java` to start."""
        return self.home / "bin" / "java"


def find_java(environ: Mapping[str, str] = os.environ, folders: tuple[str, ...] = _FOLDERS) -> Java:
    """JAVA_HOME's or PATH's Java if it is new enough, else the newest of the usual folders.

    Raises:
        EngineUnavailableError: none has version 24 or later.
    """
    named = _at(_named(environ))
    for java in named:
        if java.version >= LEAST_VERSION:
            return java
    found = [*named, *_at(_installed(folders))]
    newest = max(found, key=lambda java: java.version, default=None)
    if newest is None or newest.version < LEAST_VERSION:
        seen = f"the newest found is {newest.version} in {newest.home}" if newest else "none found"
        raise EngineUnavailableError(
            f"the engine trino needs Java {LEAST_VERSION} or later ({seen}): install one and set "
            "JAVA_HOME to it"
        )
    return newest


def installed_javas(
    environ: Mapping[str, str] = os.environ, folders: tuple[str, ...] = _FOLDERS
) -> list[Java]:
    """Every Java that is found: JAVA_HOME's, PATH's, then those of the usual folders."""
    return [*_at(_named(environ)), *_at(_installed(folders))]


def _at(homes: Iterator[Path]) -> list[Java]:
    return [java for home in homes if (java := _java_at(home))]


def _named(environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("JAVA_HOME"):
        yield Path(environ["JAVA_HOME"])
    program = shutil.which("java", path=environ.get("PATH", ""))
    if program:
        yield Path(program).resolve().parent.parent


def _installed(folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        for home in sorted(Path(folder).expanduser().glob("*")):
            yield home
            yield home / "Contents" / "Home"


def _java_at(home: Path) -> Java | None:
    """The Java of a folder, by its `release` file; None where there is none."""
    try:
        found = _VERSION.search((home / "release").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    if found is None or not (home / "bin" / "java").exists():
        return None
    return Java(home, int(found.group(1)))
