"""The Glue tables that contracts describe: raw tables, and those of what landing notes.

A `TableSpec` is environment-free text patterns plus columns; the DDL that people read and the
table that Glue receives are both made from it. Athena writes Parquet tables with the input
format, output format and SerDe named here (Trino's Hive connector refuses tables without them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.contracts.inventory import Inventory
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.model import Contract
from lakehouse.contracts.technical import (
    NOTES,
    PARTITION_COLUMN,
    TECHNICAL_COLUMNS,
    VARCHAR,
)

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ColumnTypeDef, TableInputTypeDef

_INPUT_FORMAT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_OUTPUT_FORMAT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as Glue sees it: its Hive type and its comment."""

    name: str
    hive_type: str
    comment: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """An external Parquet table. `prefix` is its folder in the bucket of `zone`."""

    zone: str
    name: str
    description: str
    columns: tuple[TableColumn, ...]
    partition_keys: tuple[TableColumn, ...]
    prefix: str
    projection: Mapping[str, str]
    partition_path: str
    properties: Mapping[str, str]


def feed_prefix(contract: Contract) -> str:
    """The folder of a feed in the stage and raw buckets: `<source>/<feed>/`."""
    return f"{contract.source.system}/{contract.feed}/"


def build_tables(contracts: Iterable[Contract], inventory: Inventory) -> list[TableSpec]:
    """The raw table of each contract, in feed order, then the tables of landing's notes."""
    ordered = sorted(contracts, key=lambda contract: contract.feed)
    dates = {
        "projection.enabled": "true",
        "projection.ingest_date.type": "date",
        "projection.ingest_date.format": "yyyy-MM-dd",
        "projection.ingest_date.range": (
            f"{inventory.first_ingest_date.isoformat()},{inventory.last_ingest_date}"
        ),
        "projection.ingest_date.interval": "1",
        "projection.ingest_date.interval.unit": "DAYS",
    }
    ingest_date = TableColumn(PARTITION_COLUMN.name, "date", PARTITION_COLUMN.description)
    tables = [
        TableSpec(
            zone="raw",
            name=contract.feed,
            description=contract.description,
            columns=(
                *(TableColumn(c.name, c.type.hive, c.description) for c in contract.columns),
                *(TableColumn(c.name, c.type.hive, c.description) for c in TECHNICAL_COLUMNS),
            ),
            partition_keys=(ingest_date,),
            prefix=feed_prefix(contract),
            projection=dates,
            partition_path="ingest_date=${ingest_date}/",
            properties={"contract": contract.file, "contract_version": contract.version},
        )
        for contract in ordered
    ]
    notes = [
        TableSpec(
            zone="ops",
            name=note.table,
            description=note.description,
            columns=tuple(
                TableColumn(c.name, c.type.hive, c.description)
                for c in note.columns
                if c.name != "feed"
            ),
            partition_keys=(
                TableColumn("feed", VARCHAR.hive, note.columns[0].description),
                ingest_date,
            ),
            prefix=f"{note.table}/",
            projection={
                **dates,
                "projection.feed.type": "enum",
                "projection.feed.values": ",".join(contract.feed for contract in ordered),
            },
            partition_path="feed=${feed}/ingest_date=${ingest_date}/",
            properties={},
        )
        for note in NOTES
    ]
    return [*tables, *notes]


def table_properties(table: TableSpec, bucket: str) -> dict[str, str]:
    """The table properties, with locations in a given bucket."""
    return {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        **table.properties,
        **table.projection,
        "storage.location.template": f"s3://{bucket}/{table.prefix}{table.partition_path}",
    }


def render_ddl(table: TableSpec, database: str, bucket: str) -> str:
    """The CREATE statement that Athena would take for the table."""

    def listed(columns: Iterable[TableColumn]) -> str:
        return ",\n".join(
            f"  `{c.name}` {c.hive_type} COMMENT {_quoted(c.comment)}" for c in columns
        )

    properties = ",\n".join(
        f"  {_quoted(key)} = {_quoted(value)}"
        for key, value in table_properties(table, bucket).items()
        if key != "EXTERNAL"
    )
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`{table.name}` (\n"
        f"{listed(table.columns)}\n"
        f")\nCOMMENT {_quoted(table.description)}\n"
        f"PARTITIONED BY (\n{listed(table.partition_keys)}\n)\n"
        f"STORED AS PARQUET\nLOCATION 's3://{bucket}/{table.prefix}'\n"
        f"TBLPROPERTIES (\n{properties}\n);\n"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def build_table_input(table: TableSpec, lake: Lake) -> TableInputTypeDef:
    """The table as Glue's CreateTable and UpdateTable take it."""

    def listed(columns: Iterable[TableColumn]) -> list[ColumnTypeDef]:
        return [{"Name": c.name, "Type": c.hive_type, "Comment": c.comment} for c in columns]

    bucket = lake.bucket(table.zone)
    return {
        "Name": table.name,
        "Description": table.description,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": table_properties(table, bucket),
        "PartitionKeys": listed(table.partition_keys),
        "StorageDescriptor": {
            "Columns": listed(table.columns),
            "Location": f"s3://{bucket}/{table.prefix}",
            "InputFormat": _INPUT_FORMAT,
            "OutputFormat": _OUTPUT_FORMAT,
            "Compressed": False,
            "NumberOfBuckets": -1,
            "SerdeInfo": {
                "SerializationLibrary": _SERDE,
                "Parameters": {"serialization.format": "1"},
            },
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": {},
            "StoredAsSubDirectories": False,
        },
    }
