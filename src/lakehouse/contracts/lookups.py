"""Reference lists that the door looks values up in: `contracts/lookups/<name>.csv`.

UTF-8, commas, one header line whose cells are a column's name and its type, as in
`minor_digits integer`. The first column is the key: a varchar, always there, and not twice,
letters' case aside.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lakehouse.contracts._fields import Node
from lakehouse.contracts.model import ColumnType, Lookup, LookupValue

FOLDER = "lookups"
MISSES = ("error", "warning", "none")
"""What becomes of a row whose key is not in the list: it is refused; it enters without a value and
is counted; it enters without a value."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HEADING = re.compile(r"([a-z][a-z0-9_]*) (.+)")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True, slots=True)
class _List:
    sha256: str
    types: dict[str, str]
    rows: list[list[str]]


def build_lookup(node: Node, column_type: ColumnType, folder: Path) -> Lookup:
    """Read the property `lookup` of a column and its list; raises ContractError naming the place.

    `folder` is that of the contracts.
    """
    name_node = node.child("list")
    name = name_node.text()
    if not _NAME.fullmatch(name):
        raise name_node.error(f"is {name!r}", "lower-case letters, digits and underscores")
    found = _read(name_node, folder / FOLDER / f"{name}.csv")
    take_node = node.child("take")
    take = take_node.text()
    if take not in found.types:
        raise take_node.error(f"is {take!r}", f"one of {', '.join(found.types)}")
    if found.types[take] != column_type.athena:
        raise take_node.error(
            f"is {found.types[take]} in the list, and this column {column_type.athena}",
            "give both the same type",
        )
    at = list(found.types).index(take)
    entries = tuple(
        (row[0].upper(), _value(row[at], column_type, name_node, line))
        for line, row in enumerate(found.rows, start=2)
    )
    return Lookup(name, found.sha256, node.child("key").text(), take, entries)


def _read(node: Node, path: Path) -> _List:
    place = f"{FOLDER}/{path.name}"
    try:
        content = path.read_bytes()
        lines = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except OSError as error:
        raise node.error(f"names {place}: {error.strerror}", "put the list there") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise node.error(
            f"names {place}, which is no CSV in UTF-8: {error}", "save it so"
        ) from error
    headings = [_HEADING.fullmatch(cell) for cell in (lines[0] if lines else [])]
    types = {heading[1]: heading[2] for heading in headings if heading}
    if len(types) < max(len(headings), 2) or next(iter(types.values())) != "varchar":
        raise node.error(
            f"names {place}, whose header is {lines[0] if lines else []}",
            "a name and a type in each cell, the key first: currency varchar,name varchar",
        )
    rows = lines[1:]
    if not rows:
        raise node.error(f"names {place}, which has no line", "list at least one key")
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        key = row[0] if row else ""
        if len(row) != len(types) or not key.strip() or key.strip() != key or key.upper() in seen:
            raise node.error(
                f"names {place}, whose line {line} is {row}",
                f"{len(types)} fields, the first a key that no other line has",
            )
        seen.add(key.upper())
    return _List(hashlib.sha256(content).hexdigest(), types, rows)


def _value(text: str, column_type: ColumnType, node: Node, line: int) -> LookupValue:
    """The value that a text of the list stands for; an empty one stands for null."""
    if not text:
        return None
    try:
        match column_type.family:
            case "varchar":
                return text
            case "integer" | "bigint" if _WHOLE.fullmatch(text):
                return _within(int(text), column_type)
            case "decimal" if _DECIMAL.fullmatch(text):
                return _scaled(Decimal(text), column_type)
            case "boolean" if text in ("true", "false"):
                return text == "true"
            case "date":
                return date.fromisoformat(text)
    except (ValueError, InvalidOperation):
        pass
    raise node.error(f"has {text!r} in line {line}", f"a value of {column_type.athena}")


def _within(number: int, column_type: ColumnType) -> int:
    if column_type.family == "integer" and not -(2**31) <= number < 2**31:
        raise ValueError(number)
    return number


def _scaled(number: Decimal, column_type: ColumnType) -> Decimal:
    scale, precision = column_type.scale or 0, column_type.precision or 0
    if number != round(number, scale) or abs(number) >= Decimal(10) ** (precision - scale):
        raise ValueError(number)
    return number
