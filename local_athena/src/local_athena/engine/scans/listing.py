"""Which objects are a Hive table's data: everything below a location but hidden files."""

from dataclasses import dataclass
from pathlib import Path

from local_athena.errors import InvalidUriError
from local_athena.storage import ObjectStore

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a table: where it is, size in bytes, and its partition's values (Hive's texts).

    `bucket` is known where `buckets.numbered` told it.
    """

    uri: str
    path: Path
    size: int
    modified_ns: int
    values: Values = ()
    bucket: int | None = None


def folder_uri(location: str) -> str:
    """A location as the prefix of the objects below it."""
    return location if location.endswith("/") else location + "/"


def data_files(store: ObjectStore, location: str, values: Values = ()) -> list[DataFile]:
    """Files at any depth below `location`, by name.

    A name that starts with `_` or `.` is hidden, of a file or of a folder on the way, and an empty
    object (a folder's marker) holds nothing. A location that is missing has no files.
    """
    base = folder_uri(location)
    try:
        found = list(store.list(base))
    except InvalidUriError:
        return []
    return [
        DataFile(item.uri, item.path, item.size, item.modified_ns, values)
        for item in found
        if item.size > 0 and not _is_hidden(item.uri[len(base) :])
    ]


def _is_hidden(relative: str) -> bool:
    return any(part.startswith(("_", ".")) for part in relative.split("/"))
