"""`Catalog` over SQLite: what the engine uses."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from local_athena.catalog.convert import (
    database_from_glue,
    database_to_glue,
    partition_from_glue,
    partition_to_glue,
    table_from_glue,
    table_to_glue,
)
from local_athena.catalog.model import Database, Partition, Table
from local_athena.catalog.records import Records
from local_athena.errors import AlreadyExistsError, EntityNotFoundError, InvalidInputError


class SqliteCatalog:
    """The `Catalog` protocol; `records` is shared with Glue's API."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def transaction(self) -> AbstractContextManager[None]:
        """Group several changes: all or none."""
        return self.records.transaction()

    def databases(self) -> list[Database]:
        """All databases by name."""
        return [database_from_glue(body) for body in self.records.databases()]

    def get_database(self, name: str) -> Database:
        """One database."""
        return database_from_glue(self.records.database(name.lower()))

    def create_database(self, database: Database) -> Database:
        """Add it."""
        body = database_to_glue(database)
        body["Name"] = database.name.lower()
        return database_from_glue(self.records.create_database(body))

    def update_database(self, database: Database) -> None:
        """Replace the one of that name."""
        name = database.name.lower()
        self.records.update_database(name, {**database_to_glue(database), "Name": name})

    def drop_database(self, name: str) -> None:
        """Remove it with its tables."""
        self.records.delete_database(name.lower())

    def tables(self, database: str) -> list[Table]:
        """All tables and views by name."""
        return [table_from_glue(body) for body in self.records.tables(database.lower())]

    def get_table(self, database: str, name: str) -> Table:
        """One table or view."""
        return table_from_glue(self.records.table(database.lower(), name.lower()))

    def create_table(self, table: Table) -> Table:
        """Add it."""
        body = table_to_glue(table)
        created = self.records.create_table(table.database.lower(), table.name.lower(), body)
        return table_from_glue(created)

    def update_table(
        self, table: Table, *, expected_version: str | None = None, skip_archive: bool = False
    ) -> Table:
        """Replace it, at the expected version only."""
        updated = self.records.update_table(
            table.database.lower(),
            table.name.lower(),
            table_to_glue(table),
            expected_version=expected_version,
            skip_archive=skip_archive,
        )
        return table_from_glue(updated)

    def drop_table(self, database: str, name: str) -> None:
        """Remove it with its partitions."""
        self.records.delete_table(database.lower(), name.lower())

    def rename_table(
        self, database: str, name: str, new_name: str, *, new_database: str | None = None
    ) -> Table:
        """Give it another name."""
        renamed = self.records.rename_table(
            database.lower(), name.lower(), (new_database or database).lower(), new_name.lower()
        )
        return table_from_glue(renamed)

    def partitions(self, database: str, name: str) -> list[Partition]:
        """All registered partitions by values."""
        found = self.records.partitions(database.lower(), name.lower())
        if not found:
            self.records.table(database.lower(), name.lower())
        return [partition_from_glue(body) for body in found]

    def add_partitions(
        self,
        database: str,
        name: str,
        partitions: Iterable[Partition],
        *,
        if_not_exists: bool = True,
    ) -> list[Partition]:
        """Register partitions, all or none; returns the new ones."""
        added = []
        with self.records.transaction():
            table = self.get_table(database, name)
            for partition in partitions:
                _check_values(table, partition)
                try:
                    self.records.create_partition(
                        table.database, table.name, partition_to_glue(partition, table)
                    )
                except AlreadyExistsError:
                    if not if_not_exists:
                        raise
                else:
                    added.append(partition)
        return added

    def update_partition(
        self, database: str, name: str, values: Sequence[str], partition: Partition
    ) -> None:
        """Replace a partition."""
        table = self.get_table(database, name)
        _check_values(table, partition)
        self.records.update_partition(
            table.database, table.name, values, partition_to_glue(partition, table)
        )

    def drop_partitions(self, database: str, name: str, values: Iterable[Sequence[str]]) -> int:
        """Unregister partitions; returns how many were there."""
        count = 0
        with self.records.transaction():
            table = self.get_table(database, name)
            for one in values:
                try:
                    self.records.delete_partition(table.database, table.name, one)
                except EntityNotFoundError:
                    continue
                count += 1
        return count


def _check_values(table: Table, partition: Partition) -> None:
    if len(partition.values) != len(table.partition_keys):
        raise InvalidInputError(
            "The number of partition keys do not match the number of partition values"
        )
