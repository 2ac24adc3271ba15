"""Glue's API on partitions, and on column statistics of tables and partitions."""

import zlib
from collections.abc import Callable
from typing import Any

from local_athena.catalog.expression import compile_expression
from local_athena.catalog.records import Records, partition_id
from local_athena.errors import ApiError, CatalogError, EntityNotFoundError, InvalidInputError
from local_athena.protocol.paging import page
from local_athena.settings import Settings

Json = dict[str, Any]

INVALID = "InvalidInputException"


def malformed_token(token: str) -> ApiError:
    """A NextToken of another list, or none of ours."""
    return ApiError(INVALID, f"Invalid next token: {token}")


class PartitionApi:
    """The partition and statistics operations, by name in `operations`."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self._records = records
        self._settings = settings

    def operations(self) -> dict[str, Callable[[Json], Json]]:
        """Operation name to method."""
        return {
            "CreatePartition": self._create,
            "BatchCreatePartition": self._batch_create,
            "GetPartition": self._get,
            "GetPartitions": self._list,
            "BatchGetPartition": self._batch_get,
            "UpdatePartition": self._update,
            "BatchUpdatePartition": self._batch_update,
            "DeletePartition": self._delete,
            "BatchDeletePartition": self._batch_delete,
            "GetPartitionIndexes": self._indexes,
            "UpdateColumnStatisticsForTable": self._put_statistics,
            "GetColumnStatisticsForTable": self._get_statistics,
            "DeleteColumnStatisticsForTable": self._delete_statistics,
            "UpdateColumnStatisticsForPartition": self._put_statistics,
            "GetColumnStatisticsForPartition": self._get_statistics,
            "DeleteColumnStatisticsForPartition": self._delete_statistics,
        }

    def _create(self, body: Json) -> Json:
        database, name, table = self._table(body)
        given = body["PartitionInput"]
        _check_values(table, given.get("Values"))
        self._records.create_partition(database, name, given)
        return {}

    def _batch_create(self, body: Json) -> Json:
        database, name, table = self._table(body)
        errors = []
        with self._records.transaction():
            for given in body["PartitionInputList"]:
                values = given.get("Values") or []
                try:
                    _check_values(table, values)
                    self._records.create_partition(database, name, given)
                except CatalogError as error:
                    errors.append(_failed(values, error))
        return {"Errors": errors} if errors else {}

    def _get(self, body: Json) -> Json:
        database, name, _ = self._table(body)
        found = self._records.partition(database, name, body["PartitionValues"])
        return {"Partition": self._shown(found, database, name)}

    def _list(self, body: Json) -> Json:
        database, name, table = self._table(body)
        found = self._records.partitions(database, name)
        expression = body.get("Expression")
        if expression and expression.strip():
            keys = [
                (key["Name"], key.get("Type") or "string")
                for key in table.get("PartitionKeys") or []
            ]
            accepts = compile_expression(expression, keys)
            found = [partition for partition in found if accepts(partition["Values"])]
        segment = body.get("Segment")
        if segment:
            found = [
                partition
                for partition in found
                if zlib.crc32(partition_id(partition["Values"]).encode()) % segment["TotalSegments"]
                == segment["SegmentNumber"]
            ]
        scope = f"partitions {database} {name} {expression} {segment}"
        shown, more = page(found, body, scope, default=1000, refuse=malformed_token)
        partitions = [self._shown(partition, database, name) for partition in shown]
        if body.get("ExcludeColumnSchema"):
            for partition in partitions:
                if "StorageDescriptor" in partition:
                    storage = dict(partition["StorageDescriptor"])
                    storage.pop("Columns", None)
                    partition["StorageDescriptor"] = storage
        return {"Partitions": partitions, **more}

    def _batch_get(self, body: Json) -> Json:
        database, name, _ = self._table(body)
        found, missing = [], []
        for key in body["PartitionsToGet"]:
            try:
                partition = self._records.partition(database, name, key["Values"])
            except EntityNotFoundError:
                missing.append({"Values": key["Values"]})
            else:
                found.append(self._shown(partition, database, name))
        return {"Partitions": found, "UnprocessedKeys": missing}

    def _update(self, body: Json) -> Json:
        database, name, table = self._table(body)
        self._replace(database, name, table, body["PartitionValueList"], body["PartitionInput"])
        return {}

    def _batch_update(self, body: Json) -> Json:
        database, name, table = self._table(body)
        errors = []
        for entry in body["Entries"]:
            values = entry["PartitionValueList"]
            try:
                self._replace(database, name, table, values, entry["PartitionInput"])
            except CatalogError as error:
                errors.append(
                    {
                        "PartitionValueList": values,
                        "ErrorDetail": _failed(values, error)["ErrorDetail"],
                    }
                )
        return {"Errors": errors} if errors else {}

    def _replace(
        self, database: str, name: str, table: Json, values: list[str], given: Json
    ) -> None:
        given = {**given, "Values": given.get("Values") or values}
        _check_values(table, given["Values"])
        self._records.update_partition(database, name, values, given)

    def _delete(self, body: Json) -> Json:
        database, name, _ = self._table(body)
        self._records.delete_partition(database, name, body["PartitionValues"])
        return {}

    def _batch_delete(self, body: Json) -> Json:
        database, name, _ = self._table(body)
        errors = []
        with self._records.transaction():
            for key in body["PartitionsToDelete"]:
                try:
                    self._records.delete_partition(database, name, key["Values"])
                except CatalogError as error:
                    errors.append(_failed(key["Values"], error))
        return {"Errors": errors} if errors else {}

    def _indexes(self, body: Json) -> Json:
        _, _, table = self._table(body)
        types = {key["Name"]: key.get("Type") for key in table.get("PartitionKeys") or []}
        return {
            "PartitionIndexDescriptorList": [
                {
                    "IndexName": index["IndexName"],
                    "Keys": [{"Name": key, "Type": types.get(key)} for key in index["Keys"]],
                    "IndexStatus": "ACTIVE",
                }
                for index in table.get("PartitionIndexes") or []
            ]
        }

    def _put_statistics(self, body: Json) -> Json:
        database, name, values, table = self._measured(body)
        columns = _columns(table)
        errors, good = [], []
        for given in body["ColumnStatisticsList"]:
            if given["ColumnName"] in columns:
                good.append(given)
            else:
                error = EntityNotFoundError(f"Column {given['ColumnName']} not found.")
                errors.append(
                    {
                        "ColumnStatistics": given,
                        "Error": {"ErrorCode": error.code, "ErrorMessage": str(error)},
                    }
                )
        self._records.put_statistics(database, name, values, good)
        return {"Errors": errors} if errors else {}

    def _get_statistics(self, body: Json) -> Json:
        database, name, values, _ = self._measured(body)
        found = self._records.statistics(database, name, values, body["ColumnNames"])
        have = {statistics["ColumnName"] for statistics in found}
        return {
            "ColumnStatisticsList": found,
            "Errors": [
                {
                    "ColumnName": column,
                    "Error": {
                        "ErrorCode": "EntityNotFoundException",
                        "ErrorMessage": f"Statistics of column {column} not found.",
                    },
                }
                for column in body["ColumnNames"]
                if column not in have
            ],
        }

    def _delete_statistics(self, body: Json) -> Json:
        """Remove a column's statistics; none there is no error (Trino 476 relies on it)."""
        database, name, values, table = self._measured(body)
        column = body["ColumnName"]
        if column not in _columns(table):
            raise EntityNotFoundError(f"Column {column} not found.")
        self._records.delete_statistics(database, name, values, column)
        return {}

    def _measured(self, body: Json) -> tuple[str, str, list[str] | None, Json]:
        """(database, table's name, partition values or None, table)."""
        database, name, table = self._table(body)
        values = body.get("PartitionValues")
        if values is not None:
            self._records.partition(database, name, values)
        return database, name, values, table

    def _table(self, body: Json) -> tuple[str, str, Json]:
        database, name = body["DatabaseName"].lower(), body["TableName"].lower()
        return database, name, self._records.table(database, name)

    def _shown(self, partition: Json, database: str, name: str) -> Json:
        return {
            **partition,
            "DatabaseName": database,
            "TableName": name,
            "CatalogId": self._settings.account_id,
        }


def _check_values(table: Json, values: list[str] | None) -> None:
    keys = table.get("PartitionKeys") or []
    if values is None or len(values) != len(keys):
        raise InvalidInputError(
            "The number of partition keys do not match the number of partition values"
        )


def _columns(table: Json) -> set[str]:
    storage = table.get("StorageDescriptor") or {}
    columns = [*(storage.get("Columns") or []), *(table.get("PartitionKeys") or [])]
    return {column["Name"] for column in columns}


def _failed(values: list[str], error: CatalogError) -> Json:
    return {
        "PartitionValues": values,
        "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": str(error)},
    }
