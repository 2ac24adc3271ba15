"""The contracts as they were: at a git reference, or in another folder."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lakehouse.contracts.loader import SUFFIX, read_contracts
from lakehouse.contracts.lookups import FOLDER
from lakehouse.contracts.model import Contract
from lakehouse.errors import ConfigError

_TRUNKS = ("main", "origin/main", "HEAD")


@dataclass(frozen=True, slots=True)
class Previous:
    """Contracts by feed, and where they were found, in words."""

    name: str
    contracts: Mapping[str, Contract]


def find_previous_contracts(project: Path, against: str | None) -> Previous | None:
    """The contracts to compare with: `against` is a folder or a git reference.

    Without it, where this line of work left `main` (the merge base, so that what others did on
    main since is not taken for a removal here), or HEAD where there is no such branch; None when
    the project is no checkout or held no contracts there.

    Raises:
        ConfigError: `against` is neither a folder with contracts nor a known reference.
        ContractError: a contract of that version cannot be read.
    """
    if against is None:
        commit = _trunk(project)
        return None if commit is None else _at(project, commit, f"commit {commit[:12]}")
    folder = Path(against)
    for place in (folder, folder / "contracts"):
        if any(place.glob(f"*{SUFFIX}")):
            return Previous(str(place), read_contracts(place))
    commit = _git(project, "rev-parse", "--verify", "--quiet", f"{against}^{{commit}}")
    found = None if commit is None else _at(project, commit.strip(), against)
    if found is None:
        raise ConfigError(
            f"--against {against}: neither a folder with *{SUFFIX} nor a git reference that has "
            "contracts/"
        )
    return found


def _trunk(project: Path) -> str | None:
    for name in _TRUNKS:
        commit = _git(project, "merge-base", "HEAD", name)
        if commit is not None:
            return commit.strip()
    return None


def _at(project: Path, commit: str, name: str) -> Previous | None:
    listing = _git(project, "ls-tree", "--name-only", commit, "--", "contracts/") or ""
    paths = [line for line in listing.splitlines() if line.endswith(SUFFIX)]
    if not paths:
        return None
    lists = _git(project, "ls-tree", "--name-only", commit, "--", f"contracts/{FOLDER}/") or ""
    with TemporaryDirectory() as temporary:
        (Path(temporary) / FOLDER).mkdir()
        for path in (*paths, *lists.splitlines()):
            content = _git(project, "show", f"{commit}:./{path}")
            (Path(temporary) / Path(path).relative_to("contracts")).write_text(
                content or "", "utf-8"
            )
        return Previous(name, read_contracts(Path(temporary)))


def _git(project: Path, *arguments: str) -> str | None:
    """What git prints; None when it refuses, or is not installed."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(project), *arguments], capture_output=True, check=False
        )
    except OSError:
        return None
    return answer.stdout.decode("utf-8") if answer.returncode == 0 else None
