"""Glue's JSON shapes to the catalog's frozen data and back, losing nothing.

Members that the data classes do not name travel in `extra` and `storage_extra`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from local_athena.catalog.model import Column, Database, Partition, Serde, Table

Json = dict[str, Any]

_DATABASE = {"Name", "Description", "LocationUri", "Parameters", "CreateTime"}
_TABLE = {
    "Name", "DatabaseName", "Description", "Owner", "CreateTime", "UpdateTime", "PartitionKeys",
    "StorageDescriptor", "ViewOriginalText", "ViewExpandedText", "TableType", "Parameters",
    "VersionId",
}  # fmt: skip
_PARTITION = {"Values", "StorageDescriptor", "Parameters", "CreationTime"}
_STORAGE = {
    "Columns", "Location", "InputFormat", "OutputFormat", "SerdeInfo", "BucketColumns",
    "NumberOfBuckets",
}  # fmt: skip


def database_from_glue(body: Mapping[str, Any]) -> Database:
    """A Database of Glue's shape of that name."""
    return Database(
        name=body["Name"],
        description=body.get("Description"),
        location=body.get("LocationUri"),
        parameters=body.get("Parameters") or {},
        create_time=_instant(body.get("CreateTime")),
        extra=_rest(body, _DATABASE),
    )


def database_to_glue(database: Database) -> Json:
    """Glue's Database (also DatabaseInput, which has fewer members)."""
    return _without_none(
        {
            **database.extra,
            "Name": database.name,
            "Description": database.description,
            "LocationUri": database.location,
            "Parameters": dict(database.parameters),
            "CreateTime": _epoch(database.create_time),
        }
    )


def table_from_glue(body: Mapping[str, Any]) -> Table:
    """A Table of Glue's shape of that name."""
    storage = body.get("StorageDescriptor") or {}
    return Table(
        database=body["DatabaseName"],
        name=body["Name"],
        columns=_columns(storage.get("Columns")),
        partition_keys=_columns(body.get("PartitionKeys")),
        location=storage.get("Location"),
        parameters=body.get("Parameters") or {},
        serde=_serde(storage),
        input_format=storage.get("InputFormat"),
        output_format=storage.get("OutputFormat"),
        table_type=body.get("TableType") or "EXTERNAL_TABLE",
        view_original_text=body.get("ViewOriginalText"),
        view_expanded_text=body.get("ViewExpandedText"),
        description=body.get("Description"),
        owner=body.get("Owner"),
        bucket_columns=tuple(storage.get("BucketColumns") or ()),
        bucket_count=storage.get("NumberOfBuckets"),
        version_id=body.get("VersionId"),
        create_time=_instant(body.get("CreateTime")),
        update_time=_instant(body.get("UpdateTime")),
        storage_extra=_rest(storage, _STORAGE),
        extra=_rest(body, _TABLE),
    )


def table_to_glue(table: Table) -> Json:
    """Glue's Table without version and timestamps: those are the catalog's to say."""
    return _without_none(
        {
            **table.extra,
            "Name": table.name,
            "DatabaseName": table.database,
            "Description": table.description,
            "Owner": table.owner,
            "StorageDescriptor": _without_none(
                {
                    **table.storage_extra,
                    "Columns": [_column_to_glue(column) for column in table.columns],
                    "Location": table.location,
                    "InputFormat": table.input_format,
                    "OutputFormat": table.output_format,
                    "SerdeInfo": _serde_to_glue(table.serde),
                    "BucketColumns": list(table.bucket_columns) or None,
                    "NumberOfBuckets": table.bucket_count,
                }
            ),
            "PartitionKeys": [_column_to_glue(column) for column in table.partition_keys],
            "ViewOriginalText": table.view_original_text,
            "ViewExpandedText": table.view_expanded_text,
            "TableType": table.table_type,
            "Parameters": dict(table.parameters),
        }
    )


def partition_from_glue(body: Mapping[str, Any]) -> Partition:
    """A Partition of Glue's shape of that name."""
    storage = body.get("StorageDescriptor") or {}
    return Partition(
        values=tuple(body["Values"]),
        location=storage.get("Location"),
        columns=_columns(storage["Columns"]) if storage.get("Columns") else None,
        parameters=body.get("Parameters") or {},
        serde=_serde(storage) if storage.get("SerdeInfo") else None,
        input_format=storage.get("InputFormat"),
        output_format=storage.get("OutputFormat"),
        create_time=_instant(body.get("CreationTime")),
        storage_extra=_rest(storage, _STORAGE),
        extra=_rest(body, _PARTITION),
    )


def partition_to_glue(partition: Partition, table: Table) -> Json:
    """Glue's Partition; what the partition leaves open is the table's, as Athena writes it."""
    columns = table.columns if partition.columns is None else partition.columns
    serde = table.serde if partition.serde is None else partition.serde
    return _without_none(
        {
            **partition.extra,
            "Values": list(partition.values),
            "StorageDescriptor": _without_none(
                {
                    **(partition.storage_extra or table.storage_extra),
                    "Columns": [_column_to_glue(column) for column in columns],
                    "Location": partition.location,
                    "InputFormat": partition.input_format or table.input_format,
                    "OutputFormat": partition.output_format or table.output_format,
                    "SerdeInfo": _serde_to_glue(serde),
                }
            ),
            "Parameters": dict(partition.parameters),
        }
    )


def _columns(columns: Iterable[Mapping[str, Any]] | None) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=column["Name"],
            type=column.get("Type") or "string",
            comment=column.get("Comment"),
            parameters=column.get("Parameters") or {},
        )
        for column in columns or ()
    )


def _column_to_glue(column: Column) -> Json:
    return _without_none(
        {
            "Name": column.name,
            "Type": column.type,
            "Comment": column.comment,
            "Parameters": dict(column.parameters) or None,
        }
    )


def _serde(storage: Mapping[str, Any]) -> Serde:
    info = storage.get("SerdeInfo") or {}
    return Serde(
        library=info.get("SerializationLibrary"),
        parameters=info.get("Parameters") or {},
        name=info.get("Name"),
    )


def _serde_to_glue(serde: Serde) -> Json | None:
    if serde == Serde():
        return None
    return _without_none(
        {
            "Name": serde.name,
            "SerializationLibrary": serde.library,
            "Parameters": dict(serde.parameters),
        }
    )


def _rest(body: Mapping[str, Any], known: set[str]) -> Json:
    return {name: value for name, value in body.items() if name not in known}


def _without_none(body: Json) -> Json:
    return {name: value for name, value in body.items() if value is not None}


def _instant(epoch: float | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _epoch(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
