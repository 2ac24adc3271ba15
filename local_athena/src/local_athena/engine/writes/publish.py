"""Making written files a table's data: all at once at the end, or none."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from local_athena.catalog.model import Partition, Table
from local_athena.catalog.projection import is_projected, partition_path
from local_athena.engine.ddl.partition_values import new_partition
from local_athena.engine.job import Job
from local_athena.engine.writes.files import WrittenFile
from local_athena.sql.errors import SqlError


class Publication:
    """The uris that one statement published; `undo` removes them again."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.uris: list[str] = []
        self.size_bytes = 0
        self._undo: list[Callable[[], object]] = []

    def add(self, file: WrittenFile, folder: str, suffix: str = "") -> str:
        """Move a file below `folder` under a name that no other file has."""
        request = self._job.request
        name = (
            f"{request.started_at:%Y%m%d_%H%M%S}_{len(self.uris):05d}_"
            f"{request.query_id.replace('-', '')[:5]}_{uuid4()}{suffix}"
        )
        uri = f"{folder.rstrip('/')}/{name}"
        size = file.path.stat().st_size
        self._job.store.publish(file.path, uri)
        self.uris.append(uri)
        self.size_bytes += size
        return uri

    def on_undo(self, step: Callable[[], object]) -> None:
        """Also do this when the statement fails after all."""
        self._undo.append(step)

    def undo(self) -> None:
        """Take everything back."""
        for step in reversed(self._undo):
            step()
        for uri in self.uris:
            self._job.store.delete(uri)


@contextmanager
def publication(job: Job) -> Iterator[Publication]:
    """A publication that is undone when the block raises."""
    published = Publication(job)
    try:
        job.control.check()
        yield published
    except BaseException:
        published.undo()
        raise


def place_files(
    job: Job,
    published: Publication,
    table: Table,
    files: Sequence[WrittenFile],
    known: Iterable[Partition],
    suffix: str = "",
) -> list[Partition]:
    """Move files to the table's partitions; returns those that are not `known` yet."""
    keys = [key.name for key in table.partition_keys]
    base = (table.location or "").rstrip("/")
    if not keys:
        for file in files:
            published.add(file, base, suffix)
        return []
    places = {partition.values: partition for partition in known}
    added: list[Partition] = []
    for file in files:
        partition = places.get(file.values)
        if partition is None:
            location = f"{base}/{partition_path(keys, file.values)}"
            partition = new_partition(table, file.values, location)
            places[file.values] = partition
            added.append(partition)
        published.add(file, partition.location or base, suffix)
    return added


def register_partitions(
    job: Job, published: Publication, table: Table, added: Sequence[Partition]
) -> None:
    """Tell the catalog of new partitions; a table with projection needs none."""
    if not added or is_projected(table):
        return
    fresh = job.catalog.add_partitions(table.database, table.name, added)
    values = [partition.values for partition in fresh]
    published.on_undo(lambda: job.catalog.drop_partitions(table.database, table.name, values))


def require_empty(job: Job, location: str, table: str) -> None:
    """Refuse a target folder that holds objects.

    Raises:
        SqlError: HIVE_PATH_ALREADY_EXISTS, in Athena's words.
    """
    base = location.rstrip("/") + "/"
    if next(iter(job.store.list(base)), None) is not None:
        raise SqlError(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{table}' already exists: {location}. "
            "You may need to manually clean the data at location "
            f"'{location}' before retrying. Athena will not delete data in your account.",
        )
