"""Partitions' values as Hive writes them: in PARTITION (...), in paths, in the catalog."""

import re
from decimal import Decimal
from urllib.parse import unquote

from local_athena.catalog.model import Column, Partition, Table
from local_athena.catalog.projection import partition_path
from local_athena.engine.errors import ddl_failure
from local_athena.engine.hive_types import trino_type
from local_athena.sql import nodes

NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
_VALUE_PATTERNS = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), re.compile(r"[+-]?\d+")),
    "date": re.compile(r"\d{4}-\d{1,2}-\d{1,2}"),
}


def literal_text(value: nodes.Expression) -> str:
    """Hive's text of a literal in PARTITION (key = literal).

    Raises:
        QueryFailed: it is no literal.
    """
    match value:
        case nodes.StringLiteral(value=text):
            return text
        case nodes.IntegerLiteral(value=number):
            return str(number)
        case nodes.DecimalLiteral(text=digits) | nodes.DoubleLiteral(text=digits):
            return str(Decimal(digits))
        case nodes.BooleanLiteral(value=flag):
            return "true" if flag else "false"
        case nodes.TypedLiteral(value=text):
            return text
        case nodes.NullLiteral():
            return NULL_VALUE
        case nodes.Unary(operator=sign, operand=operand):
            text = literal_text(operand)
            return f"-{text}" if sign == "-" else text
    raise ddl_failure("ParseException: a partition's value must be a literal")


def spec_values(table: Table, spec: nodes.PartitionSpec) -> tuple[str, ...]:
    """The values of a full spec, in the order of the table's partition keys.

    Raises:
        QueryFailed: a key is missing or unknown, or the table is not partitioned.
    """
    given = {name.value.lower(): literal_text(value) for name, value in spec.values}
    keys = [key.name for key in table.partition_keys]
    if not keys:
        raise ddl_failure(
            f"SemanticException: table is not partitioned but partition spec exists: "
            f"{{{', '.join(f'{key}={value}' for key, value in given.items())}}}"
        )
    for key in given:
        if key not in keys:
            raise ddl_failure(
                f"SemanticException [Error 10098]: Non-Partition column appears in the partition "
                f"specification:  {key}"
            )
    if len(given) != len(keys):
        raise ddl_failure(
            "SemanticException: partition spec "
            f"{{{', '.join(f'{key}={value}' for key, value in given.items())}}} "
            "doesn't contain all partition columns"
        )
    for column in table.partition_keys:
        _check_value(column, given[column.name])
    return tuple(given[key] for key in keys)


def _check_value(key: Column, text: str) -> None:
    """Refuse what is no number or date for a key that is one (Hive's error 10248)."""
    base = trino_type(key.type).base
    pattern = _VALUE_PATTERNS.get(base)
    if pattern is not None and text != NULL_VALUE and not pattern.fullmatch(text):
        raise ddl_failure(
            f"SemanticException [Error 10248]: Cannot add partition column {key.name} of type "
            f"string as it cannot be converted to type {key.type}"
        )


def unescape(text: str) -> str:
    """The opposite of `escape`."""
    return unquote(text, errors="surrogateescape")


def partition_location(table: Table, values: tuple[str, ...]) -> str:
    """Where a partition without a location of its own lies."""
    base = (table.location or "").rstrip("/")
    return f"{base}/{partition_path([key.name for key in table.partition_keys], values)}"


def new_partition(table: Table, values: tuple[str, ...], location: str | None = None) -> Partition:
    """A partition as Athena registers it: with the table's columns and classes of today."""
    return Partition(
        values=values,
        location=location or partition_location(table, values),
        columns=table.columns,
        serde=table.serde,
        input_format=table.input_format,
        output_format=table.output_format,
    )
