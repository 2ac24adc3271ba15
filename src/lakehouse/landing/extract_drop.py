"""Files of a drop folder, copied to the stage a block at a time, finished ones only."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lakehouse.contracts import Contract
from lakehouse.errors import SourceError, SourceMissingError, SourceUnavailableError
from lakehouse.landing.stage import Stage
from lakehouse.transience import is_transient

_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")


def find_delivered(folder: Path, pattern: str) -> list[str]:
    """The names of a folder that match a pattern, `.gz` behind it or not, in order.

    Hidden names, those that begin with `_`, and those under which programs write what they have not
    finished are left alone.
    """
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [name for name in names if is_delivered(name, pattern)]


def is_delivered(name: str, pattern: str) -> bool:
    """Whether a name matches the pattern and is that of a finished file."""
    return (
        fnmatch.fnmatchcase(name.removesuffix(".gz"), pattern)
        and not name.startswith((".", "_"))
        and not name.endswith(_UNFINISHED)
    )


def find_files(folder: Path, contract: Contract) -> list[str]:
    """The names of a folder that `find_delivered` finds by the contract's pattern.

    Raises:
        SourceError, SourceUnavailableError: the folder cannot be read.
    """
    with _named(contract, folder):
        return find_delivered(folder, contract.source.pattern)


def size_of(path: Path, contract: Contract) -> int:
    """Bytes of a file; raises SourceError where it cannot be looked at."""
    with _named(contract, path):
        return path.stat().st_size


def copy_files(
    folder: Path,
    names: Sequence[str],
    contract: Contract,
    stage: Stage,
    *,
    settle_seconds: float = 0.0,
) -> None:
    """Write the files to the stage, which holds nothing else then.

    Files that changed within the last `settle_seconds` are looked at again after that time.

    Raises:
        SourceError: a name leads out of the folder, or to what is no file, or is not in UTF-8 or
            not printable; a file cannot be read.
        SourceUnavailableError: what the folder lies on does not answer.
        SourceMissingError: a file grew or changed meanwhile; the stage is empty.
    """
    for name in names:
        _check_name(folder, name, contract)
    stage.clear()
    _wait_until_settled([folder / name for name in names], settle_seconds, contract)
    for name in names:
        with _named(contract, folder / name):
            is_whole = _copy_file(folder / name, name, stage)
        if not is_whole:
            stage.clear()
            raise refuse_growing(contract, str(folder / name))


def _check_name(folder: Path, name: str, contract: Contract) -> None:
    path = folder / name
    if ascii(name) != ascii(name.encode("utf-8", "replace").decode("utf-8")):
        raise SourceError(
            contract.feed,
            f"{name!a} in {folder} is no name in UTF-8: have the file named anew",
        )
    if not name.isprintable():
        raise SourceError(
            contract.feed,
            f"{name!a} in {folder} has characters that do not show: have the file named anew",
        )
    with _named(contract, path):
        is_own = path.resolve().is_relative_to(folder.resolve()) and path.is_file()
    if not is_own:
        raise SourceError(
            contract.feed, f"{path} is no file of that folder: deliver the file itself"
        )


def _wait_until_settled(paths: Sequence[Path], seconds: float, contract: Contract) -> None:
    """Wait until no file is younger than that, and no longer than that for a clock ahead."""
    before = [_look(path, contract) for path in paths]
    youngest = max(changed for _, changed in before)
    left = min(seconds, seconds - (time.time() - youngest))
    if left <= 0:
        return
    time.sleep(left)
    for path, look in zip(paths, before, strict=True):
        if _look(path, contract) != look:
            raise refuse_growing(contract, str(path))


def _look(path: Path, contract: Contract) -> tuple[int, float]:
    """Size, and the time of the last change in seconds since 1970."""
    with _named(contract, path):
        found = path.stat()
    return found.st_size, found.st_mtime


def _copy_file(path: Path, name: str, stage: Stage) -> bool:
    """Whether the file stayed as it was meanwhile."""
    try:
        before = path.stat()
        with path.open("rb") as file:
            size = stage.put_file(name, file)
        after = path.stat()
    except FileNotFoundError:
        return False
    return (size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


@contextmanager
def _named(contract: Contract, path: Path) -> Iterator[None]:
    """Turn what the machine says of a path into an error of the feed's source."""
    try:
        yield
    except OSError as error:
        kind = SourceUnavailableError if is_transient(error) else SourceError
        raise kind(contract.feed, f"{path} cannot be read: {error.strerror or error}") from error


def refuse_growing(contract: Contract, place: str) -> SourceMissingError:
    """The error of a file that changed while it was copied."""
    return SourceMissingError(
        contract.feed,
        f"{place} is still being written: try again when it is finished. Whoever delivers "
        "should write under another name, such as one that ends in .tmp, and rename",
    )
