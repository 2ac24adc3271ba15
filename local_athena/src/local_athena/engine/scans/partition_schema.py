"""Whether a partition's own columns fit the table's: HIVE_PARTITION_SCHEMA_MISMATCH otherwise.

Columns are matched by name where the files are read by name (Parquet, and ORC on demand), by
position elsewhere; a type may differ where Hive reads one as the other. Source: Athena user guide,
"Updates in tables with partitions"; Trino's HiveCoercionPolicy, read 2026-11.
"""

from collections.abc import Iterator
from functools import lru_cache

from local_athena.catalog.model import Column, Partition, Table
from local_athena.catalog.projection import partition_path
from local_athena.engine.formats import effective_serde
from local_athena.engine.hive_types import trino_type
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Field, Type

_TEXT = frozenset({"varchar", "char"})
_WIDER = {
    "tinyint": frozenset({"smallint", "integer", "bigint"}),
    "smallint": frozenset({"integer", "bigint"}),
    "integer": frozenset({"bigint"}),
    "real": frozenset({"double", "decimal"}),
    "double": frozenset({"real", "decimal"}),
    "decimal": frozenset({"decimal", "real", "double"}),
}
_TO_TEXT = frozenset(
    {"boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "decimal"}
    | {"date", "timestamp"}
)
_FROM_TEXT = frozenset(
    {"boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "date", "timestamp"}
)


def check_partition_schema(table: Table, partition: Partition, kind: str) -> None:
    """Compare a partition's columns with the table's.

    Raises:
        SqlError: HIVE_PARTITION_SCHEMA_MISMATCH names the first that does not fit.
    """
    if partition.columns is None or partition.columns == table.columns:
        return
    for ours, theirs in _pairs(table, partition, kind):
        if not _reads_as(theirs.type.lower(), ours.type.lower()):
            keys = [key.name for key in table.partition_keys]
            raise SqlError(
                "HIVE_PARTITION_SCHEMA_MISMATCH",
                "There is a mismatch between the table and partition schemas. The types are "
                f"incompatible and cannot be coerced. The column '{ours.name}' in table "
                f"'{table.database}.{table.name}' is declared as type '{ours.type}', but partition "
                f"'{partition_path(keys, partition.values)}' declared column '{theirs.name}' as "
                f"type '{theirs.type}'.",
            )


def _pairs(table: Table, partition: Partition, kind: str) -> Iterator[tuple[Column, Column]]:
    columns = partition.columns or ()
    if _by_name(table, partition, kind):
        known = {column.name.lower(): column for column in columns}
        return (
            (column, known[column.name.lower()])
            for column in table.columns
            if column.name.lower() in known
        )
    return zip(table.columns, columns, strict=False)


def _by_name(table: Table, partition: Partition, kind: str) -> bool:
    parameters = effective_serde(table, partition).parameters
    by_position = parameters.get(f"{kind}.column.index.access", "").strip().lower()
    if kind == "parquet":
        return by_position != "true"
    return kind == "orc" and by_position == "false"


@lru_cache(maxsize=4096)
def _reads_as(found: str, declared: str) -> bool:
    return found == declared or _coerces(trino_type(found), trino_type(declared))


def _coerces(found: Type, declared: Type) -> bool:
    if found == declared:
        return True
    if declared.base in _TEXT:
        return found.base in _TO_TEXT or found.base in _TEXT
    if found.base in _TEXT:
        return declared.base in _FROM_TEXT
    if declared.base in _WIDER.get(found.base, ()):
        return True
    if found.base != declared.base or found.base not in ("array", "map", "row"):
        return False
    inner = zip(_parts(found), _parts(declared), strict=False)
    return all(_coerces(theirs, ours) for theirs, ours in inner)


def _parts(type_: Type) -> list[Type]:
    return [
        part.type if isinstance(part, Field) else part
        for part in type_.arguments
        if isinstance(part, (Field, Type))
    ]
