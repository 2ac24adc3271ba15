"""What the catalog holds: databases, tables and partitions, as frozen data.

Names are lower case. Types are Glue (Hive) type texts such as `decimal(18,2)` or
`array<struct<a:int>>`. Instants are aware, UTC. To change a table: `dataclasses.replace` and
`Catalog.update_table`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

TableKind = Literal["hive", "iceberg", "view"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column or partition key; `parameters` carry Iceberg's field ids and nullability."""

    name: str
    type: str
    comment: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Serde:
    """How rows lie in files: the class of the library and its parameters (`field.delim`...)."""

    library: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """A Glue database (Athena: schema). `location` has no trailing rule: as given."""

    name: str
    description: str | None = None
    location: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    create_time: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view.

    `columns` exclude the partition keys of a Hive table; an Iceberg table has no partition keys
    here. `view_original_text` of a Presto view is the encoded form (`catalog.views`).
    `version_id` is the text of a number that grows with each update: give it to `update_table` as
    `expected_version`. `extra` holds members of Glue's Table that nothing here reads, unchanged.
    """

    database: str
    name: str
    columns: tuple[Column, ...] = ()
    partition_keys: tuple[Column, ...] = ()
    location: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    serde: Serde = field(default_factory=Serde)
    input_format: str | None = None
    output_format: str | None = None
    table_type: str = "EXTERNAL_TABLE"
    view_original_text: str | None = None
    view_expanded_text: str | None = None
    description: str | None = None
    owner: str | None = None
    bucket_columns: tuple[str, ...] = ()
    bucket_count: int | None = None
    version_id: str | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None
    storage_extra: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> TableKind:
        """`view` by TableType, `iceberg` by the parameter `table_type`, else `hive`."""
        if self.table_type.upper() == "VIRTUAL_VIEW":
            return "view"
        if self.parameters.get("table_type", "").upper() == "ICEBERG":
            return "iceberg"
        return "hive"


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of a Hive table: values in the order of the partition keys.

    A value is Hive's text (`2026-06-01`, `__HIVE_DEFAULT_PARTITION__` for NULL). Members that are
    None are the table's.
    """

    values: tuple[str, ...]
    location: str | None = None
    columns: tuple[Column, ...] | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    serde: Serde | None = None
    input_format: str | None = None
    output_format: str | None = None
    create_time: datetime | None = None
    storage_extra: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
