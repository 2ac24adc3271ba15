"""ALTER TABLE ADD, DROP, RENAME PARTITION and SET LOCATION of one."""

from dataclasses import replace

from local_athena.catalog.model import Partition, Table
from local_athena.engine.ddl.partition_values import (
    literal_text,
    new_partition,
    spec_values,
)
from local_athena.engine.ddl.tables import stored_location
from local_athena.engine.errors import ddl_failure, task_failure
from local_athena.engine.hive_types import trino_type
from local_athena.engine.job import Job
from local_athena.errors import AlreadyExistsError
from local_athena.sql import nodes

_NUMBERS = frozenset({"tinyint", "smallint", "integer", "bigint", "double", "real", "decimal"})


def add_partitions(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    """Register partitions, where they say or in Hive's layout."""
    added = [
        new_partition(
            table,
            spec_values(table, spec),
            None if spec.location is None else stored_location(spec.location),
        )
        for spec in statement.partitions
    ]
    try:
        job.catalog.add_partitions(
            table.database, table.name, added, if_not_exists=statement.if_not_exists
        )
    except AlreadyExistsError as error:
        raise task_failure("AlreadyExistsException(message:Partition already exists.)") from error


def drop_partitions(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    """Unregister the partitions that a spec, maybe a partial one, picks."""
    known = job.catalog.partitions(table.database, table.name)
    dropped: list[tuple[str, ...]] = []
    for spec in statement.partitions:
        picked = [partition.values for partition in known if _matches(table, partition, spec)]
        if not picked and not statement.if_exists:
            text = ", ".join(f"{key.value}={literal_text(value)}" for key, value in spec.values)
            raise ddl_failure(f"SemanticException [Error 10006]: Partition not found ({text})")
        dropped += picked
    job.catalog.drop_partitions(table.database, table.name, dropped)


def rename_partition(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    """Give a partition other values; its location stays."""
    old, new = (spec_values(table, spec) for spec in statement.partitions)
    partition = find_partition(job, table, statement.partitions[0])
    job.catalog.update_partition(table.database, table.name, old, replace(partition, values=new))


def set_partition_location(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    """Point a partition elsewhere."""
    location = stored_location(statement.location)
    partition = find_partition(job, table, statement.partitions[0])
    job.catalog.update_partition(
        table.database,
        table.name,
        partition.values,
        replace(partition, location=location),
    )


def find_partition(job: Job, table: Table, spec: nodes.PartitionSpec) -> Partition:
    """The registered partition that a full spec names.

    Raises:
        QueryFailed: the spec is not full, or there is none.
    """
    values = spec_values(table, spec)
    for partition in job.catalog.partitions(table.database, table.name):
        if partition.values == values:
            return partition
    raise ddl_failure(f"SemanticException [Error 10006]: Partition not found ({', '.join(values)})")


def _matches(table: Table, partition: Partition, spec: nodes.PartitionSpec) -> bool:
    keys = {key.name: position for position, key in enumerate(table.partition_keys)}
    for name, literal in spec.values:
        position = keys.get(name.value.lower())
        if position is None:
            raise ddl_failure(
                "SemanticException [Error 10098]: Non-Partition column appears in the partition "
                f"specification:  {name.value}"
            )
        base = trino_type(table.partition_keys[position].type).base
        if not _same(base, partition.values[position], literal_text(literal)):
            return False
    return True


def _same(base: str, left: str, right: str) -> bool:
    """Whether two texts of a key's value mean the same: numbers by value."""
    if base in _NUMBERS:
        try:
            return float(left) == float(right)
        except ValueError:
            return False
    return left == right
