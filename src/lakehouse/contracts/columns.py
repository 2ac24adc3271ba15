"""Read the columns of a contract (`schema[0].properties`): types, rules, units, references."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast, get_args

from lakehouse.contracts._fields import Node
from lakehouse.contracts.checks import build_checks
from lakehouse.contracts.lookups import MISSES, build_lookup
from lakehouse.contracts.model import (
    NUMERIC,
    Check,
    Column,
    ColumnType,
    Lookup,
    Reference,
    TypeFamily,
)
from lakehouse.contracts.technical import PARTITION_COLUMN, TECHNICAL_COLUMNS

NAME = re.compile(r"[a-z][a-z0-9_]*")
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
_TARGET = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")
_UNIT = re.compile(r"[^\s{}]*(\{[a-z][a-z0-9_]*\}[^\s{}]*)*")
_IN_UNIT = re.compile(r"\{(\w+)\}")
_LOGICAL_TYPES: dict[str, str] = {
    "varchar": "string",
    "integer": "integer",
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "decimal": "number",
}
_TYPES_ADVICE = (
    "one of varchar, integer, bigint, boolean, date, timestamp(3), decimal(18, 2) with its digits"
)
# Landing turns every instant into UTC, so no contract may say another zone.
_UTC = "Etc/UTC"


def build_columns(table: Node, folder: Path) -> tuple[Column, ...]:
    """The columns of a table, in its order; raises ContractError naming the place.

    `folder` is that of the contracts, beside which the reference lists lie.
    """
    node = table.child("properties")
    items = node.items()
    feed = table.child("physicalName").text()
    columns = tuple(_build_column(item, feed, folder) for item in items)
    names = [column.name for column in columns]
    technical = {column.name for column in TECHNICAL_COLUMNS} | {PARTITION_COLUMN.name}
    for name in names:
        if names.count(name) > 1:
            raise node.error(f"has {name!r} twice", "keep one")
        if name in technical:
            raise node.error(f"declares {name!r}", "every raw table has it already: remove it")
    positions = sorted(c.key_position for c in columns if c.key_position is not None)
    if positions != list(range(1, len(positions) + 1)):
        raise node.error(
            f"has primaryKeyPosition {positions}", "number the key columns 1, 2, … without gaps"
        )
    rules = [check.name for column in columns for check in column.checks if check.warns]
    for name in rules:
        if rules.count(name) > 1:
            raise node.error(f"has two rules called {name!r}", "rows are counted by that name")
    texts = {
        column.name
        for column in columns
        if column.type.family == "varchar" and column.lookup is None
    }
    for item, column in zip(items, columns, strict=True):
        if column.lookup is not None and column.lookup.key not in texts:
            raise item.named(column.name).error(
                f"is looked up by {column.lookup.key!r}, and the source delivers no such varchar",
                "name the column whose value is the key of the list",
            )
    for item, column in zip(items, columns, strict=True):
        for name in _IN_UNIT.findall(column.unit or ""):
            if name not in texts:
                raise item.named(column.name).error(
                    f"has the unit {column.unit!r}, and {name!r} is no varchar of this table",
                    "between braces, the column that tells the unit of each row",
                )
    return columns


def _build_column(node: Node, feed: str, folder: Path) -> Column:
    name_node = node.child("name")
    name = name_node.text()
    if not NAME.fullmatch(name):
        raise name_node.error(f"is {name!r}", "lower-case letters, digits and underscores")
    node = node.named(name)
    column_type = _build_type(node)
    is_key = node.flag("primaryKey", default=False)
    options = node.optional("logicalTypeOptions")
    custom = node.custom_properties()
    required = node.flag("required")
    if is_key and not required:
        raise node.child("required").error("is false on a key column", "keys are required")
    pad = custom.get("padWithZerosTo")
    path = custom.get("sourcePath")
    checks = build_checks(node, column_type, required=required)
    asked = custom.get("lookup")
    lookup = build_lookup(asked, column_type, folder) if asked else None
    if asked and lookup:
        if required or pad or path or checks:
            raise node.error(
                "is looked up, and has what is asked of a source",
                "required: false, and none of sourcePath, padWithZerosTo, rules",
            )
        checks = _checks_of_miss(asked.child("onMiss"), f"{feed}__{name}", lookup)
    return Column(
        name=name,
        type=column_type,
        description=node.child("description").text(),
        required=required,
        key_position=node.child("primaryKeyPosition").integer(minimum=1) if is_key else None,
        source_path=path.text() if path else name,
        is_personal=node.child("classification").choice("internal", "personal", "public")
        == "personal",
        tags=tuple(node.texts("tags")),
        unit=_unit(node, custom.get("unit"), options, column_type),
        references=_references(node),
        checks=checks,
        pad_with_zeros_to=pad.integer(minimum=1) if pad else None,
        lookup=lookup,
    )


def _checks_of_miss(miss: Node, place: str, lookup: Lookup) -> tuple[Check, ...]:
    match miss.choice(*MISSES):
        case "error":
            return (Check("lookup", lookup.list, "error", ""),)
        case "warning":
            return (Check("lookup", lookup.list, "warning", f"{place}__lookup"),)
        case _:
            return ()


def _build_type(node: Node) -> ColumnType:
    physical = node.child("physicalType")
    text = physical.text()
    if match := _DECIMAL.fullmatch(text):
        precision, scale = int(match[1]), int(match[2])
        if not 0 < precision <= 38 or scale > precision:
            raise physical.error(f"is {text!r}", "digits from 1 to 38, scale not above them")
        result = ColumnType("decimal", precision, scale)
    elif text == "timestamp(3)":
        result = ColumnType("timestamp")
    elif text in get_args(TypeFamily) and text not in ("decimal", "timestamp"):
        result = ColumnType(cast("TypeFamily", text))
    else:
        raise physical.error(f"is {text!r}", _TYPES_ADVICE)
    node.child("logicalType").choice(_LOGICAL_TYPES[result.family])
    return result


def _unit(
    node: Node, unit: Node | None, options: Node | None, column_type: ColumnType
) -> str | None:
    if column_type.family == "timestamp":
        zone = options.optional("defaultTimezone") if options else None
        return zone.choice(_UTC) if zone else None
    if unit is None:
        return None
    if column_type.family not in NUMERIC:
        raise node.error(f"has a unit, being {column_type.athena}", "only numbers have one")
    if not _UNIT.fullmatch(unit.text()):
        raise unit.error(f"is {unit.text()!r}", "a word such as BRL, g, count, {currency}, or none")
    return unit.text()


def _references(node: Node) -> tuple[Reference, ...]:
    listed = node.optional("relationships")
    found = []
    for item in listed.items() if listed else []:
        item.child("type").choice("foreignKey")
        target = item.child("to")
        match = _TARGET.fullmatch(target.text())
        if match is None:
            raise target.error(f"is {target.text()!r}", "feed.column, one column a relationship")
        found.append(Reference(match[1], match[2]))
    return tuple(found)
