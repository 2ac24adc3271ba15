"""The catalog: Glue's databases, tables and partitions, behind one small interface.

The engine sees `Catalog` and the frozen data of `model`; clients see Glue's API (`glue`), which
works on the same rows. `views` encodes Presto views, `projection` lists projected partitions.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from local_athena.catalog.model import Column, Database, Partition, Serde, Table, TableKind

__all__ = [
    "Catalog",
    "Column",
    "Database",
    "Partition",
    "Serde",
    "Table",
    "TableKind",
]


class Catalog(Protocol):
    """What the engine asks of the catalog. Names may be given in any case.

    Every method is safe to call from any thread, and is durable when it returns.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """Group several changes, what the object store keeps among them: all or none."""

    def databases(self) -> list[Database]:
        """All databases by name."""

    def get_database(self, name: str) -> Database:
        """One database.

        Raises:
            EntityNotFoundError: there is none of that name.
        """

    def create_database(self, database: Database) -> Database:
        """Add it.

        Raises:
            AlreadyExistsError: the name is taken.
        """

    def update_database(self, database: Database) -> None:
        """Replace the database of that name.

        Raises:
            EntityNotFoundError: there is none of that name.
        """

    def drop_database(self, name: str) -> None:
        """Remove it with its tables (data files stay).

        Raises:
            EntityNotFoundError: there is none of that name.
        """

    def tables(self, database: str) -> list[Table]:
        """All tables and views of a database by name.

        Raises:
            EntityNotFoundError: there is no such database.
        """

    def get_table(self, database: str, name: str) -> Table:
        """One table or view.

        Raises:
            EntityNotFoundError: there is no such database or table.
        """

    def create_table(self, table: Table) -> Table:
        """Add it; returns it as stored, with version and timestamps.

        Raises:
            AlreadyExistsError: the name is taken.
            EntityNotFoundError: there is no such database.
        """

    def update_table(
        self, table: Table, *, expected_version: str | None = None, skip_archive: bool = False
    ) -> Table:
        """Replace the table of that name; of concurrent callers with one version, one wins.

        Raises:
            ConcurrentModificationError: the table is no longer at `expected_version`.
            EntityNotFoundError: there is no such table.
        """

    def drop_table(self, database: str, name: str) -> None:
        """Remove it with its partitions (data files stay).

        Raises:
            EntityNotFoundError: there is no such table.
        """

    def rename_table(
        self, database: str, name: str, new_name: str, *, new_database: str | None = None
    ) -> Table:
        """Give it another name, in the same database unless said otherwise.

        Raises:
            AlreadyExistsError: the new name is taken.
            EntityNotFoundError: there is no such table.
        """

    def partitions(self, database: str, name: str) -> list[Partition]:
        """All registered partitions of a table, by values (not the projected ones)."""

    def add_partitions(
        self,
        database: str,
        name: str,
        partitions: Iterable[Partition],
        *,
        if_not_exists: bool = True,
    ) -> list[Partition]:
        """Register partitions; returns those that were not there yet.

        Raises:
            AlreadyExistsError: one is there already and `if_not_exists` is False; none is added.
        """

    def update_partition(
        self, database: str, name: str, values: Sequence[str], partition: Partition
    ) -> None:
        """Replace a partition; its values may change (RENAME PARTITION).

        Raises:
            EntityNotFoundError: there is no such partition.
        """

    def drop_partitions(self, database: str, name: str, values: Iterable[Sequence[str]]) -> int:
        """Unregister partitions by values; returns how many were there."""
