"""Catalog operations of the Athena API: data catalogs, databases, table metadata."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local_athena.api.things import Things
from local_athena.catalog import Catalog, Column, Database, Table
from local_athena.catalog.name_pattern import matches
from local_athena.errors import ApiError, EntityNotFoundError, InvalidRequestError
from local_athena.protocol.paging import page
from local_athena.storage.database import Database as StateDatabase

Json = dict[str, Any]

DEFAULT_CATALOG = "AwsDataCatalog"
_BLANKS = re.compile(r"\s+")


class Metadata:
    """ListDataCatalogs to GetTableMetadata. Only GLUE catalogs have databases here."""

    def __init__(self, state: StateDatabase, catalog: Catalog, account_id: str) -> None:
        self._things = Things(state, "data catalog")
        self._catalog = catalog
        self._account_id = account_id

    def list_catalogs(self, request: Json) -> Json:
        """ListDataCatalogs."""
        summaries = [{"CatalogName": DEFAULT_CATALOG, "Type": "GLUE"}] + [
            {"CatalogName": body["Name"], "Type": body["Type"], "Status": "CREATE_COMPLETE"}
            for body in self._things.all()
        ]
        found, more = page(summaries, request, "data catalogs")
        return {"DataCatalogsSummary": found, **more}

    def get_catalog(self, request: Json) -> Json:
        """GetDataCatalog."""
        return {"DataCatalog": self._find(request["Name"])}

    def create_catalog(self, request: Json) -> Json:
        """CreateDataCatalog."""
        body = {
            "Name": request["Name"],
            "Type": request["Type"],
            "Parameters": request.get("Parameters") or {},
        }
        if "Description" in request:
            body["Description"] = request["Description"]
        taken = request["Name"].lower() == DEFAULT_CATALOG.lower()
        if taken or not self._things.add(request["Name"].lower(), body):
            raise InvalidRequestError(f"DataCatalog {request['Name']} already exists")
        return {"DataCatalog": body}

    def update_catalog(self, request: Json) -> Json:
        """UpdateDataCatalog."""
        body = self._find(request["Name"])
        self._refuse_default(request["Name"])
        for name in ("Type", "Description", "Parameters"):
            if name in request:
                body[name] = request[name]
        self._things.put(request["Name"].lower(), body)
        return {}

    def delete_catalog(self, request: Json) -> Json:
        """DeleteDataCatalog."""
        self._find(request["Name"])
        self._refuse_default(request["Name"])
        self._things.delete(request["Name"].lower())
        return {}

    def exists(self, name: str) -> bool:
        """Whether there is a data catalog of that name."""
        return name.lower() == DEFAULT_CATALOG.lower() or self._things.get(name.lower()) is not None

    def list_databases(self, request: Json) -> Json:
        """ListDatabases."""
        self._require_glue(request["CatalogName"])
        databases = [_database(database) for database in self._catalog.databases()]
        found, more = page(databases, request, "databases")
        return {"DatabaseList": found, **more}

    def get_database(self, request: Json) -> Json:
        """GetDatabase."""
        self._require_glue(request["CatalogName"])
        name = request["DatabaseName"]
        try:
            return {"Database": _database(self._catalog.get_database(name))}
        except EntityNotFoundError:
            raise ApiError("MetadataException", f"Database {name} not found") from None

    def list_tables(self, request: Json) -> Json:
        """ListTableMetadata: `Expression` is a regular expression on names, `*` is any text."""
        self._require_glue(request["CatalogName"])
        name = request["DatabaseName"]
        try:
            tables = self._catalog.tables(name)
        except EntityNotFoundError:
            raise ApiError("MetadataException", f"Database {name} not found") from None
        expression = request.get("Expression")
        if expression:
            tables = [table for table in tables if _matches(expression, table.name)]
        found, more = page(tables, request, f"tables {name} {expression}")
        return {"TableMetadataList": [_table(table) for table in found], **more}

    def get_table(self, request: Json) -> Json:
        """GetTableMetadata."""
        self._require_glue(request["CatalogName"])
        name = request["TableName"]
        try:
            return {"TableMetadata": _table(self._catalog.get_table(request["DatabaseName"], name))}
        except EntityNotFoundError:
            raise ApiError("MetadataException", f"Table {name} not found") from None

    def _find(self, name: str) -> Json:
        if name.lower() == DEFAULT_CATALOG.lower():
            return {
                "Name": DEFAULT_CATALOG,
                "Type": "GLUE",
                "Parameters": {"catalog-id": self._account_id},
                "Status": "CREATE_COMPLETE",
            }
        body = self._things.get(name.lower())
        if body is None:
            raise InvalidRequestError(f"DataCatalog {name} was not found")
        return body

    def _refuse_default(self, name: str) -> None:
        if name.lower() == DEFAULT_CATALOG.lower():
            raise InvalidRequestError(f"DataCatalog {name} cannot be changed")

    def _require_glue(self, name: str) -> None:
        try:
            body = self._find(name)
        except ApiError as error:
            raise ApiError("MetadataException", error.message) from None
        if body["Type"] != "GLUE":
            raise ApiError(
                "MetadataException",
                f"DataCatalog {name} is of type {body['Type']}: no connector runs here",
            )


def _matches(expression: str, name: str) -> bool:
    try:
        return matches(expression, name)
    except ValueError as error:
        raise InvalidRequestError(str(error)) from None


def _database(database: Database) -> Json:
    body: Json = {"Name": database.name, "Parameters": dict(database.parameters)}
    if database.description:
        body["Description"] = database.description
    return body


def _table(table: Table) -> Json:
    body: Json = {
        "Name": table.name,
        "TableType": table.table_type,
        "Columns": [_column(column) for column in table.columns],
        "PartitionKeys": [_column(column) for column in table.partition_keys],
        "Parameters": _parameters(table),
    }
    for name, instant in (("CreateTime", table.create_time), ("LastAccessTime", None)):
        if isinstance(instant, datetime):
            body[name] = instant.timestamp()
    return body


def _parameters(table: Table) -> Mapping[str, str]:
    """Glue's parameters, and what Athena adds from the storage descriptor."""
    found = dict(table.parameters)
    if table.description:
        found.setdefault("comment", table.description)  # where Hive, and so Athena, keeps it
    if "comment" in found:  # Athena answers it on one line (PyAthena, sqlalchemy/test_base.py)
        found["comment"] = _BLANKS.sub(" ", found["comment"])
    if table.kind != "view":
        storage = {
            "inputformat": table.input_format,
            "location": table.location,
            "outputformat": table.output_format,
            "serde.serialization.lib": table.serde.library,
        }
        found.update({name: value for name, value in storage.items() if value})
        found.update(
            {f"serde.param.{name}": value for name, value in table.serde.parameters.items()}
        )
    return found


def _column(column: Column) -> Json:
    body = {"Name": column.name, "Type": column.type}
    if column.comment:
        body["Comment"] = column.comment
    return body
