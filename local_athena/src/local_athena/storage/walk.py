"""Keys of a bucket's folder in S3's order (by UTF-8 bytes), read from disk as far as asked.

Symbolic links are no objects: they could lead out of the store.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_athena.storage.keys import decode_name, encode_key


@dataclass(frozen=True, slots=True)
class Found:
    """A key with its file's path and stat; a common prefix has no stat."""

    key: str
    path: str
    stat: os.stat_result | None


def folder_of(root: str, prefix: str) -> str:
    """The path of the folder below which every key that starts with `prefix` lies."""
    folder, slash, _ = prefix.rpartition("/")
    return f"{root}/{encode_key(folder)}" if slash else root


def folders_in(path: str) -> frozenset[str]:
    """The names of the folders in a folder; none where there is no such folder."""
    try:
        with os.scandir(path) as entries:
            return frozenset(e.name for e in entries if e.is_dir(follow_symlinks=False))
    except (OSError, ValueError):
        return frozenset()


def walk(
    root: Path | str, prefix: str = "", after: str = "", by_folder: bool = False
) -> Iterator[Found]:
    """Keys that start with `prefix` and are greater than `after`, in order.

    `by_folder` stops at the first `/` behind the prefix and gives common prefixes (keys that end
    in `/`, no stat) instead of what lies below them; an empty folder is none.
    """
    folder, slash, rest = prefix.rpartition("/")
    path, base = folder_of(str(root), prefix), folder + slash
    if os.path.realpath(path) != path:
        return
    yield from _walk(path, base, prefix, after.encode(), by_folder and not rest.endswith("/"))


def _walk(path: str, base: str, prefix: str, after: bytes, by_folder: bool) -> Iterator[Found]:
    for order, key, entry, is_folder, more in _entries(path, base):
        if not (key.startswith(prefix) or (is_folder and prefix.startswith(key))):
            continue
        if not is_folder:
            if order > after:
                try:
                    yield Found(key, entry.path, entry.stat())
                except FileNotFoundError:
                    continue  # deleted while we walk
        elif after and order < after and not after.startswith(order):
            continue  # all of it lies before the marker
        elif by_folder and not more and len(key) > len(prefix):
            if order > after and not after.startswith(order) and _holds_a_file(entry.path):
                yield Found(key, entry.path, None)
        else:
            yield from _walk(entry.path, key, prefix, after, by_folder)


def _entries(path: str, base: str) -> list[tuple[bytes, str, "os.DirEntry[str]", bool, bool]]:
    """(order, key or key of the folder, entry, is a folder, goes on inside), sorted."""
    found = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_symlink():
                    continue
                text, more = decode_name(entry.name)
                is_folder = entry.is_dir()
                key = base + text + ("/" if is_folder and not more else "")
                found.append((key.encode(), key, entry, is_folder, more))
    except (FileNotFoundError, NotADirectoryError):
        return []
    found.sort(key=lambda item: item[0])
    return found


def _holds_a_file(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(not entry.is_dir() or _holds_a_file(entry.path) for entry in entries)
    except FileNotFoundError:
        return False
