"""Tables and partitions as DESCRIBE EXTENDED shows them: the metastore's objects in one line.

Source: the output in the Athena user guide, "DESCRIBE" (read 2026-11).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from local_athena.catalog.model import Column, Partition, Serde, Table


def table_text(table: Table) -> str:
    """`Table(tableName:…, dbName:…, …)`."""
    storage = _storage(
        table,
        table.columns,
        table.location,
        table.input_format,
        table.output_format,
        table.serde,
    )
    return (
        f"Table(tableName:{table.name}, dbName:{table.database}, owner:{table.owner or 'hadoop'}, "
        f"createTime:{_seconds(table.create_time)}, lastAccessTime:0, retention:0, sd:{storage}, "
        f"partitionKeys:{_fields(table.partition_keys)}, parameters:{_pairs(table.parameters)}, "
        f"viewOriginalText:{table.view_original_text or 'null'}, "
        f"viewExpandedText:{table.view_expanded_text or 'null'}, tableType:{table.table_type})"
    )


def partition_text(table: Table, partition: Partition) -> str:
    """`Partition(values:[…], dbName:…, …)`."""
    storage = _storage(
        table,
        table.columns if partition.columns is None else partition.columns,
        partition.location,
        partition.input_format or table.input_format,
        partition.output_format or table.output_format,
        partition.serde or table.serde,
    )
    return (
        f"Partition(values:[{', '.join(partition.values)}], dbName:{table.database}, "
        f"tableName:{table.name}, createTime:{_seconds(partition.create_time)}, "
        f"lastAccessTime:0, sd:{storage}, parameters:{_pairs(partition.parameters)})"
    )


def _storage(
    table: Table,
    columns: Iterable[Column],
    location: str | None,
    input_format: str | None,
    output_format: str | None,
    serde: Serde,
) -> str:
    buckets = table.bucket_count if table.bucket_count is not None else -1
    return (
        f"StorageDescriptor(cols:{_fields(columns)}, location:{location}, "
        f"inputFormat:{input_format}, outputFormat:{output_format}, compressed:false, "
        f"numBuckets:{buckets}, serdeInfo:SerDeInfo(name:{serde.name or 'null'}, "
        f"serializationLib:{serde.library}, parameters:{_pairs(serde.parameters)}), "
        f"bucketCols:[{', '.join(table.bucket_columns)}], sortCols:[], parameters:{{}}, "
        "skewedInfo:SkewedInfo(skewedColNames:[], skewedColValues:[], "
        "skewedColValueLocationMaps:{}), storedAsSubDirectories:false)"
    )


def _fields(columns: Iterable[Column]) -> str:
    shown = (
        f"FieldSchema(name:{column.name}, type:{column.type}, comment:{column.comment or 'null'})"
        for column in columns
    )
    return f"[{', '.join(shown)}]"


def _pairs(parameters: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in sorted(parameters.items())) + "}"


def _seconds(at: datetime | None) -> int:
    return int(at.timestamp()) if at else 0
