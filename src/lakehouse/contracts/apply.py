"""Make the tables of the contracts in an environment's Glue catalog, and change nothing twice."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from lakehouse.contracts.inventory import LOCAL_ENVIRONMENTS
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import TableSpec, build_table_input, build_tables
from lakehouse.errors import LakeError
from lakehouse.observability import format_facts

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import TableInputTypeDef

logger = logging.getLogger(__name__)

Action = Literal["create", "update", "keep"]


@dataclass(frozen=True, slots=True)
class Change:
    """What one table needs; `differences` name the parts that an update changes."""

    database: str
    table: str
    action: Action
    differences: tuple[str, ...] = ()


def apply_contracts(lake: Lake, *, dry_run: bool = False) -> list[Change]:
    """Create or update raw and reject tables; return one Change a table, in table order.

    Raises:
        ConfigError: the environment reads another one's raw zone.
        LakeError: a database is missing, or a table of that name is of another kind.
    """
    lake.check_owns("raw")
    changes = []
    for spec in build_tables(lake.contracts.values(), lake.inventory):
        wanted = build_table_input(spec, lake)
        change = _plan(lake, spec, wanted, dry_run=dry_run)
        changes.append(change)
        if dry_run or change.action == "keep":
            continue
        if change.action == "create":
            lake.glue.create_table(DatabaseName=change.database, TableInput=wanted)
        else:
            lake.glue.update_table(DatabaseName=change.database, TableInput=wanted)
        logger.info(
            "%s",
            format_facts(
                event="apply", action=change.action, database=change.database, table=change.table
            ),
        )
    return changes


def _plan(lake: Lake, spec: TableSpec, wanted: TableInputTypeDef, *, dry_run: bool) -> Change:
    """What a table needs. A dry run of a local lake may come before its databases are made."""
    database = lake.database(spec.zone)
    try:
        found: Any = lake.glue.get_table(DatabaseName=database, Name=spec.name)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        if not (dry_run and lake.environment in LOCAL_ENVIRONMENTS):
            _require_database(lake, database)
        return Change(database, spec.name, "create")
    if found.get("TableType") != "EXTERNAL_TABLE" or "table_type" in found.get("Parameters", {}):
        raise LakeError(
            f"{database}.{spec.name} exists and is not an external Parquet table: "
            "drop or rename it, then apply again"
        )
    differences = tuple(_differences(found, wanted))
    return Change(database, spec.name, "update" if differences else "keep", differences)


def _require_database(lake: Lake, database: str) -> None:
    try:
        lake.glue.get_database(Name=database)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        raise LakeError(
            f"the Glue database {database} does not exist: make it as "
            "infra/lake.yml names it; a local lake gets it from "
            "`local-athena exec -- lakehouse contracts apply --target local`"
        ) from error


def _differences(found: Any, wanted: Any) -> Iterable[str]:
    """Name the parts in which a table differs. Parameters that others added do not count."""
    have, want = found["StorageDescriptor"], wanted["StorageDescriptor"]
    if found.get("Description", "") != wanted["Description"]:
        yield "description"
    for part, left, right in (
        ("columns", have["Columns"], want["Columns"]),
        ("partition keys", found.get("PartitionKeys", []), wanted["PartitionKeys"]),
    ):
        if [_column_facts(c) for c in left] != [_column_facts(c) for c in right]:
            yield part
    for part in ("Location", "InputFormat", "OutputFormat"):
        if have.get(part, "").rstrip("/") != want[part].rstrip("/"):
            yield part
    if (
        have.get("SerdeInfo", {}).get("SerializationLibrary")
        != (want["SerdeInfo"]["SerializationLibrary"])
    ):
        yield "SerDe"
    parameters = found.get("Parameters", {})
    for key, value in wanted["Parameters"].items():
        if parameters.get(key) != value:
            yield f"property {key}"


def _column_facts(column: Any) -> tuple[str, str, str]:
    return column["Name"], column["Type"], column.get("Comment", "")
