"""What a table's name means in a query: Hive and Iceberg tables, views, and tables about tables.

`"t$partitions"` of a Hive table, the metadata tables of an Iceberg one (`"t$snapshots"`...), and
`information_schema` of the catalog.
"""

from local_athena.catalog.model import Table
from local_athena.engine import iceberg
from local_athena.engine.handles import table_handle
from local_athena.engine.hive_types import trino_type
from local_athena.engine.information_schema import SystemRows, system_table
from local_athena.engine.job import Job, check_catalog
from local_athena.errors import EntityNotFoundError
from local_athena.sql.bound import BoundExpression, TableColumn, TableHandle, ViewHandle
from local_athena.sql.errors import SqlError


class EngineResolver:
    """`sql.bound.Resolver` over the catalog, for one job. Remembers what it resolved."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._found: dict[tuple[str, str], TableHandle | ViewHandle | None] = {}

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> TableHandle | ViewHandle | None:
        """What the name means; None when an existing database has no such table.

        Raises:
            SqlError: CATALOG_NOT_FOUND, SCHEMA_NOT_FOUND, or the table's types are not readable.
        """
        check_catalog(catalog)
        key = (database or self._job.database, name)
        if key not in self._found:
            self._found[key] = self._resolve(*key)
        return self._found[key]

    def at_version(self, handle: TableHandle, version: tuple[str, BoundExpression]) -> TableHandle:
        """The table FOR VERSION or TIMESTAMP AS OF, with the columns of then.

        Raises:
            SqlError: INVALID_ARGUMENTS, or NOT_SUPPORTED for a table without versions.
        """
        return iceberg.resolve_version(self._job, handle, version)

    def _resolve(self, database: str, name: str) -> TableHandle | ViewHandle | None:
        if database == "information_schema":
            return system_table(self._job, name)
        table = self._table(database, name)
        if table is not None:
            return table_handle(self._job, table)
        base, dollar, about = name.rpartition("$")
        if dollar and base:
            table = self._table(database, base)
            if table is not None:
                return self._about(table, about)
        try:
            self._job.catalog.get_database(database)
        except EntityNotFoundError as error:
            raise SqlError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist") from error
        return None

    def _table(self, database: str, name: str) -> Table | None:
        try:
            return self._job.catalog.get_table(database, name)
        except EntityNotFoundError:
            return None

    def _about(self, table: Table, about: str) -> TableHandle | None:
        if table.kind == "iceberg":
            return iceberg.metadata_table(self._job, table, about)
        if table.kind == "hive" and about == "partitions" and table.partition_keys:
            return _partitions_table(self._job, table)
        return None


def _partitions_table(job: Job, table: Table) -> TableHandle:
    from local_athena.engine.scans.partitions import live_partitions, value_of

    keys = [(key.name, trino_type(key.type)) for key in table.partition_keys]
    columns = tuple(TableColumn(name, type_) for name, type_ in keys)

    def rows() -> list[tuple[object, ...]]:
        return [
            tuple(
                value_of(text, type_)
                for text, (_, type_) in zip(partition.values, keys, strict=True)
            )
            for partition in live_partitions(job, table, {})
        ]

    name = f"{table.name}$partitions"
    return TableHandle(table.database, name, "system", columns, SystemRows(columns, rows))
