"""Which dbt project it was: a digest of all the files that dbt reads, in git or not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

_FOLDERS = ("models", "macros", "seeds", "snapshots", "tests/dbt")
_FILES = ("dbt_project.yml", "profiles.yml")


def project_digest(project: Path) -> str:
    """A digest of everything that dbt reads in the project."""
    digest = hashlib.sha256()
    for path in _project_files(project):
        digest.update(path.relative_to(project).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _project_files(project: Path) -> Iterator[Path]:
    for name in _FILES:
        if (project / name).is_file():
            yield project / name
    for folder in _FOLDERS:
        yield from sorted(path for path in (project / folder).rglob("*") if path.is_file())
