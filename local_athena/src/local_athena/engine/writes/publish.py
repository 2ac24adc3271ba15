"""Making written files a table's data: all at once at the end, or none, a crash included."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from local_athena.catalog.model import Partition, Table
from local_athena.catalog.projection import is_projected, partition_path
from local_athena.engine.ddl.partition_values import new_partition
from local_athena.engine.job import Job
from local_athena.engine.writes.files import WrittenFile
from local_athena.sql.errors import SqlError


class Publication:
    """The uris that one statement published. They go again when it fails before `commit`."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.uris: list[str] = []
        self.size_bytes = 0

    def add(self, file: WrittenFile, folder: str, suffix: str = "") -> str:
        """Move a file below `folder` under a name that no other file has."""
        request = self._job.request
        bucket = "" if file.bucket is None else f"_bucket-{file.bucket:05d}"
        name = (
            f"{request.started_at:%Y%m%d_%H%M%S}_{len(self.uris):05d}_"
            f"{request.query_id.replace('-', '')[:5]}_{uuid4()}{bucket}{suffix}"
        )
        uri = f"{folder.rstrip('/')}/{name}"
        size = file.path.stat().st_size
        self._job.store.publish(file.path, uri)
        self.uris.append(uri)
        self.size_bytes += size
        return uri

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Around the catalog's changes: with them, or not at all, the files become the table's."""
        self._job.store.settle()
        self._job.control.check()
        with self._job.catalog.transaction():
            yield
            self._job.store.keep()


def publication(job: Job) -> Publication:
    """What a statement is about to publish.

    Raises:
        QueryCancelled: it was stopped.
    """
    job.control.check()
    return Publication(job)


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


def register_partitions(job: Job, table: Table, added: Sequence[Partition]) -> None:
    """Tell the catalog of new partitions; a table with projection needs none."""
    if added and not is_projected(table):
        job.catalog.add_partitions(table.database, table.name, added)


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
