"""SHOW CREATE TABLE and SHOW CREATE VIEW: the statement that makes the table again.

Source: Athena user guide, "SHOW CREATE TABLE" and "SHOW CREATE VIEW" (read 2026-11).
"""

from local_athena.catalog.model import Column, Table
from local_athena.catalog.views import decode_view
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer, text_column
from local_athena.engine.errors import ddl_failure
from local_athena.engine.formats import LAZY_SIMPLE
from local_athena.engine.job import Job
from local_athena.engine.show.lists import find_table
from local_athena.sql import nodes

_DELIMITED = (
    ("field.delim", "FIELDS TERMINATED BY"),
    ("escape.delim", "ESCAPED BY"),
    ("colelction.delim", "COLLECTION ITEMS TERMINATED BY"),
    ("collection.delim", "COLLECTION ITEMS TERMINATED BY"),
    ("mapkey.delim", "MAP KEYS TERMINATED BY"),
    ("line.delim", "LINES TERMINATED BY"),
    ("serialization.null.format", "NULL DEFINED AS"),
)
_NAMED = {"\\": "\\\\", "'": "\\'", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b"}
_UNSHOWN = frozenset({"EXTERNAL", "metadata_location", "previous_metadata_location"})


def show_create_table(job: Job, statement: nodes.Show) -> TextAnswer:
    """The CREATE TABLE of a Hive or Iceberg table, line by line."""
    table = find_table(job, statement.of)
    if table.kind == "view":
        raise ddl_failure(f"SemanticException: {table.name} is a view: use SHOW CREATE VIEW")
    text = _iceberg_text(job, table) if table.kind == "iceberg" else hive_text(table)
    rows = [(line,) for line in text.split("\n")]
    return TextAnswer((text_column("createtab_stmt"),), rows)


def show_create_view(job: Job, statement: nodes.Show) -> TextAnswer:
    """The CREATE VIEW of a view, line by line."""
    table = find_table(job, statement.of)
    if table.kind != "view":
        raise ddl_failure(f"SemanticException: {table.name} is not a view")
    view = decode_view(table.view_original_text)
    text = f"CREATE VIEW {table.database}.{table.name} AS\n{view.sql}"
    return TextAnswer(
        (text_column("create view", "varchar"),), [(line,) for line in text.split("\n")]
    )


def hive_text(table: Table) -> str:
    """The CREATE EXTERNAL TABLE of a Hive table."""
    lines = [f"CREATE EXTERNAL TABLE `{table.database}.{table.name}`("]
    lines += _columns(table.columns)
    if table.description:
        lines.append(f"COMMENT {_quoted(table.description)}")
    if table.partition_keys:
        lines.append("PARTITIONED BY ( ")
        lines += _columns(table.partition_keys)
    if table.bucket_columns and table.bucket_count and table.bucket_count > 0:
        lines.append("CLUSTERED BY ( ")
        lines.append("  " + ", \n  ".join(f"{column}" for column in table.bucket_columns) + ") ")
        lines.append(f"INTO {table.bucket_count} BUCKETS")
    lines += _row_format(table)
    lines += [
        "STORED AS INPUTFORMAT ",
        f"  {_quoted(table.input_format or '')} ",
        "OUTPUTFORMAT ",
        f"  {_quoted(table.output_format or '')}",
        "LOCATION",
        f"  {_quoted(table.location or '')}",
    ]
    shown = {key: value for key, value in table.parameters.items() if key not in _UNSHOWN}
    if shown.get("comment") == table.description:
        shown.pop("comment", None)
    if shown:
        lines.append("TBLPROPERTIES (")
        lines.append(_pairs(shown))
    return "\n".join(lines)


def _row_format(table: Table) -> list[str]:
    library = table.serde.library or LAZY_SIMPLE
    parameters = dict(table.serde.parameters)
    if library == LAZY_SIMPLE and _is_delimited(parameters):
        lines = ["ROW FORMAT DELIMITED "]
        lines += [
            f"  {words} {_quoted(parameters[name])} "
            for name, words in _DELIMITED
            if name in parameters
        ]
        return lines
    lines = ["ROW FORMAT SERDE ", f"  {_quoted(library)} "]
    if parameters.get("serialization.format") == "1":
        del parameters["serialization.format"]
    if parameters:
        lines.append("WITH SERDEPROPERTIES ( ")
        lines.append(_pairs(parameters) + " ")
    return lines


def _is_delimited(parameters: dict[str, str]) -> bool:
    """Whether ROW FORMAT DELIMITED says all of them."""
    said = {name for name, _ in _DELIMITED} | {"serialization.format"}
    delimiter = parameters.get("field.delim")
    return (
        delimiter is not None
        and said >= parameters.keys()
        and parameters.get("serialization.format", delimiter) == delimiter
    )


def _iceberg_text(job: Job, table: Table) -> str:
    lines = [f"CREATE TABLE {table.database}.{table.name} ("]
    described = [
        f"  {column.name} {column.type}"
        + (f" COMMENT {_quoted(column.comment)}" if column.comment else "")
        for column in table.columns
    ]
    lines.append(",\n".join(described) + ")")
    if table.description:
        lines.append(f"COMMENT {_quoted(table.description)}")
    handle = iceberg.resolve(job, table)
    partitions = iceberg.partitioning_of(handle)
    if partitions:
        lines.append(f"PARTITIONED BY ({', '.join(partitions)})")
    lines.append(f"LOCATION {_quoted(table.location or '')}")
    lines.append("TBLPROPERTIES (")
    lines.append(_pairs({"table_type": "iceberg", **iceberg.properties_of(handle)}, "="))
    lines[-1] += ";"
    return "\n".join(lines)


def _columns(columns: tuple[Column, ...]) -> list[str]:
    described = []
    for column in columns:
        comment = f" COMMENT {_quoted(column.comment)}" if column.comment else ""
        described.append(f"  `{column.name}` {column.type}{comment}")
    return (", \n".join(described) + ")").split("\n")


def _pairs(parameters: dict[str, str], equals: str = "=") -> str:
    shown = [
        f"  {_quoted(name)}{equals}{_quoted(value)}" for name, value in sorted(parameters.items())
    ]
    return ", \n".join(shown) + ")"


def _quoted(text: str) -> str:
    """A string of Hive's grammar."""
    escaped = "".join(
        _NAMED.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 32 else char) for char in text
    )
    return f"'{escaped}'"
