"""Glue's API on the catalog's rows: operations on databases and tables, and the dispatch.

Partitions and statistics are in `glue_partitions`. Operations that are not here go to moto.
Source of rules: AWS Glue Web API reference (read November 2026).
"""

import re
from collections.abc import Callable
from typing import Any

from local_athena.catalog.glue_partitions import INVALID, PartitionApi, malformed_token
from local_athena.catalog.java_order import in_hash_order
from local_athena.catalog.name_pattern import matches
from local_athena.catalog.records import Records
from local_athena.errors import (
    ApiError,
    CatalogError,
    EntityNotFoundError,
    InvalidInputError,
)
from local_athena.protocol.model import load_service
from local_athena.protocol.paging import page
from local_athena.settings import Settings

Json = dict[str, Any]

_NAME = re.compile(r"[^\x00-\x1f\x7f/]{1,255}")
_OUTPUT_ONLY = ("CreateTime", "UpdateTime", "CreatedBy", "CatalogId", "VersionId", "DatabaseName")
_TAGGED = re.compile(r"arn:aws[a-z-]*:glue:[^:]*:[^:]*:(database|table)/.+")


class GlueApi:
    """The core of Glue; `has` says which operations that is."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self._records = records
        self._settings = settings
        self._operations = self._table()

    def has(self, operation: str) -> bool:
        """Whether the operation is answered here."""
        return operation in self._operations

    def takes(self, operation: str, body: Any) -> bool:
        """Whether this request is ours: tags of other resources (jobs, crawlers) are moto's."""
        if operation not in ("TagResource", "UntagResource", "GetTags"):
            return True
        arn = body.get("ResourceArn") if isinstance(body, dict) else None
        return isinstance(arn, str) and bool(_TAGGED.fullmatch(arn))

    def handle(self, operation: str, body: Any) -> Json:
        """Answer one request.

        Raises:
            ApiError, CatalogError: refusals, with Glue's exception names.
        """
        run = self._operations.get(operation)
        if run is None:
            raise ApiError("UnknownOperationException", f"Unknown operation {operation}")
        load_service("glue").validate(operation, body, _refusal)
        return run(body)

    def _table(self) -> dict[str, Callable[[Json], Json]]:
        return {
            "CreateDatabase": self._create_database,
            "GetDatabase": self._get_database,
            "GetDatabases": self._get_databases,
            "UpdateDatabase": self._update_database,
            "DeleteDatabase": self._delete_database,
            "CreateTable": self._create_table,
            "GetTable": self._get_table,
            "GetTables": self._get_tables,
            "SearchTables": self._search_tables,
            "UpdateTable": self._update_table,
            "DeleteTable": self._delete_table,
            "BatchDeleteTable": self._batch_delete_table,
            "GetTableVersion": self._get_table_version,
            "GetTableVersions": self._get_table_versions,
            "DeleteTableVersion": self._delete_table_version,
            "BatchDeleteTableVersion": self._batch_delete_table_version,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "GetTags": self._get_tags,
            **PartitionApi(self._records, self._settings).operations(),
        }

    def _create_database(self, body: Json) -> Json:
        given = body["DatabaseInput"]
        name = checked_name(given["Name"])
        self._records.create_database({**given, "Name": name})
        if body.get("Tags"):
            self._records.set_tags(self._arn(f"database/{name}"), body["Tags"])
        return {}

    def _get_database(self, body: Json) -> Json:
        return {"Database": self._database(self._records.database(body["Name"].lower()))}

    def _get_databases(self, body: Json) -> Json:
        databases = [self._database(database) for database in self._records.databases()]
        if body.get("AttributesToGet") == ["NAME"]:
            databases = [{"Name": database["Name"]} for database in databases]
        found, more = page(databases, body, "databases", default=100, refuse=malformed_token)
        return {"DatabaseList": found, **more}

    def _update_database(self, body: Json) -> Json:
        given = body["DatabaseInput"]
        self._records.update_database(
            body["Name"].lower(), {**given, "Name": checked_name(given["Name"])}
        )
        return {}

    def _delete_database(self, body: Json) -> Json:
        name = body["Name"].lower()
        self._records.delete_database(name)
        self._records.set_tags(self._arn(f"database/{name}"), {})
        return {}

    def _create_table(self, body: Json) -> Json:
        if "OpenTableFormatInput" in body:
            raise InvalidInputError(
                "OpenTableFormatInput is not supported in local-athena: create Iceberg tables "
                "with CREATE TABLE, or with a client that writes their metadata"
            )
        given = body.get("TableInput") or {"Name": body.get("Name")}
        if not given.get("Name"):
            raise InvalidInputError("TableInput is required.")
        database, name = body["DatabaseName"].lower(), checked_name(given["Name"])
        indexes = body.get("PartitionIndexes")
        self._records.create_table(
            database,
            name,
            {**_input(given), **({"PartitionIndexes": indexes} if indexes else {})},
        )
        return {}

    def _get_table(self, body: Json) -> Json:
        found = self._records.table(body["DatabaseName"].lower(), body["Name"].lower())
        return {"Table": self._shown(found)}

    def _get_tables(self, body: Json) -> Json:
        database, expression = body["DatabaseName"].lower(), body.get("Expression")
        tables = self._records.tables(database)
        if expression:
            try:
                tables = [table for table in tables if matches(expression, table["Name"])]
            except ValueError as error:
                raise InvalidInputError(str(error)) from None
        scope = f"tables {database} {expression}"
        found, more = page(tables, body, scope, default=100, refuse=malformed_token)
        if body.get("AttributesToGet") == ["NAME"]:
            return {"TableList": [{"Name": table["Name"]} for table in found], **more}
        return {"TableList": [self._shown(table) for table in found], **more}

    def _search_tables(self, body: Json) -> Json:
        tables = [
            table
            for database in self._records.databases()
            for table in self._records.tables(database["Name"])
        ]
        for condition in body.get("Filters") or ():
            tables = [table for table in tables if _meets(table, condition)]
        text = (body.get("SearchText") or "").strip()
        if text:
            tables = [table for table in tables if _mentions(table, text)]
        for criterion in reversed(body.get("SortCriteria") or ()):
            field = criterion.get("FieldName", "Name")
            tables.sort(
                key=lambda table: str(table.get(field, "")),
                reverse=criterion.get("Sort") == "DESC",
            )
        scope = f"search {body.get('Filters')} {text}"
        found, more = page(tables, body, scope, default=100, refuse=malformed_token)
        return {"TableList": [self._shown(table) for table in found], **more}

    def _update_table(self, body: Json) -> Json:
        if "UpdateOpenTableFormatInput" in body:
            raise InvalidInputError(
                "UpdateOpenTableFormatInput is not supported in local-athena: write a metadata "
                "file and update the table's metadata_location"
            )
        given = body.get("TableInput") or {}
        name = (given.get("Name") or body.get("Name") or "").lower()
        if not name:
            raise InvalidInputError("TableInput is required.")
        database = body["DatabaseName"].lower()
        with self._records.transaction():
            old = self._records.table(database, name)
            kept = {key: old[key] for key in ("PartitionIndexes",) if key in old}
            self._records.update_table(
                database,
                name,
                {**_input(given), **kept},
                expected_version=body.get("VersionId"),
                skip_archive=bool(body.get("SkipArchive")),
            )
        return {}

    def _delete_table(self, body: Json) -> Json:
        self._records.delete_table(body["DatabaseName"].lower(), body["Name"].lower())
        return {}

    def _batch_delete_table(self, body: Json) -> Json:
        database = body["DatabaseName"].lower()
        self._records.database(database)
        errors = []
        for name in body["TablesToDelete"]:
            try:
                self._records.delete_table(database, name.lower())
            except EntityNotFoundError as error:
                errors.append({"TableName": name, "ErrorDetail": error_detail(error)})
        return {"Errors": errors} if errors else {}

    def _get_table_version(self, body: Json) -> Json:
        versions = self._versions(body)
        wanted = body.get("VersionId") or versions[0]["VersionId"]
        for table in versions:
            if table["VersionId"] == wanted:
                return {"TableVersion": {"Table": self._shown(table), "VersionId": wanted}}
        raise EntityNotFoundError(f"Version {wanted} not found.")

    def _get_table_versions(self, body: Json) -> Json:
        scope = f"versions {body['DatabaseName']} {body['TableName']}"
        found, more = page(self._versions(body), body, scope, default=100, refuse=malformed_token)
        return {
            "TableVersions": [
                {"Table": self._shown(table), "VersionId": table["VersionId"]} for table in found
            ],
            **more,
        }

    def _delete_table_version(self, body: Json) -> Json:
        self._records.delete_table_version(
            body["DatabaseName"].lower(), body["TableName"].lower(), body["VersionId"]
        )
        return {}

    def _batch_delete_table_version(self, body: Json) -> Json:
        database, name = body["DatabaseName"].lower(), body["TableName"].lower()
        self._records.table(database, name)
        errors = []
        for version in body["VersionIds"]:
            try:
                self._records.delete_table_version(database, name, version)
            except (EntityNotFoundError, InvalidInputError) as error:
                errors.append(
                    {"TableName": name, "VersionId": version, "ErrorDetail": error_detail(error)}
                )
        return {"Errors": errors} if errors else {}

    def _tag(self, body: Json) -> Json:
        arn = self._tagged(body["ResourceArn"])
        self._records.set_tags(arn, {**self._records.tags(arn), **body["TagsToAdd"]})
        return {}

    def _untag(self, body: Json) -> Json:
        arn = self._tagged(body["ResourceArn"])
        gone = set(body["TagsToRemove"])
        tags = self._records.tags(arn)
        self._records.set_tags(arn, {key: tags[key] for key in tags if key not in gone})
        return {}

    def _get_tags(self, body: Json) -> Json:
        return {"Tags": self._records.tags(self._tagged(body["ResourceArn"]))}

    def _tagged(self, arn: str) -> str:
        """The ARN as stored, of a database or table that exists."""
        kind, _, rest = arn.split(":", 5)[5].partition("/")
        names = rest.lower().split("/")
        if kind == "database":
            self._records.database(names[0])
        else:
            self._records.table(names[0], names[-1])
        return self._arn(f"{kind}/{'/'.join(names)}")

    def _versions(self, body: Json) -> list[Json]:
        return self._records.table_versions(body["DatabaseName"].lower(), body["TableName"].lower())

    def _database(self, body: Json) -> Json:
        return {**body, "CatalogId": self._settings.account_id}

    def _shown(self, table: Json) -> Json:
        hidden = ("PartitionIndexes",)
        return {
            **{key: value for key, value in table.items() if key not in hidden},
            "Parameters": in_hash_order(table.get("Parameters") or {}),
            "Retention": table.get("Retention", 0),
            "IsRegisteredWithLakeFormation": table.get("IsRegisteredWithLakeFormation", False),
            "CatalogId": self._settings.account_id,
        }

    def _arn(self, resource: str) -> str:
        return f"arn:aws:glue:{self._settings.region}:{self._settings.account_id}:{resource}"


def checked_name(name: str) -> str:
    """A database's or table's name in lower case.

    Raises:
        InvalidInputError: characters that Glue does not take.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"{name!r} is not a valid name.")
    return name.lower()


def error_detail(error: CatalogError) -> Json:
    """Glue's ErrorDetail of one item of a batch."""
    return {"ErrorCode": error.code, "ErrorMessage": str(error)}


def _input(given: Json) -> Json:
    """TableInput as it is kept: what only the catalog may say is left out."""
    kept = {key: value for key, value in given.items() if key not in _OUTPUT_ONLY}
    kept.pop("Name", None)
    for name in ("PartitionKeys",):
        kept.setdefault(name, [])
    return kept


def _meets(table: Json, condition: Json) -> bool:
    """One PropertyPredicate of SearchTables: DatabaseName, Name, or a parameter."""
    key, value = condition.get("Key", ""), condition.get("Value", "")
    found = table.get(key)
    if found is None:
        found = (table.get("Parameters") or {}).get(key)
    if found is None:
        return False
    found = str(found)
    comparator = condition.get("Comparator", "EQUALS")
    compared: dict[str, bool] = {
        "EQUALS": found == value,
        "GREATER_THAN": found > value,
        "LESS_THAN": found < value,
        "GREATER_THAN_EQUALS": found >= value,
        "LESS_THAN_EQUALS": found <= value,
    }
    return compared.get(comparator, False)


def _mentions(table: Json, text: str) -> bool:
    """Whether name, description, columns or parameters contain the text (in quotes: exactly)."""
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    columns = [*columns, *(table.get("PartitionKeys") or [])]
    texts = [
        table["Name"],
        table["DatabaseName"],
        table.get("Description") or "",
        *(column["Name"] for column in columns),
        *(column.get("Comment") or "" for column in columns),
        *(table.get("Parameters") or {}).values(),
    ]
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1] in texts
    return any(text.lower() in str(one).lower() for one in texts)


def _refusal(message: str) -> ApiError:
    return ApiError(INVALID, message)
