"""DESCRIBE [EXTENDED | FORMATTED] in Hive's layout: cells padded to 20 characters, tabs between.

Source: outputs in the Athena user guide, "DESCRIBE" and "DESCRIBE VIEW" (read 2026-11).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from local_athena.catalog.model import Column, Partition, Table
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer, text_column
from local_athena.engine.ddl.partitions import find_partition
from local_athena.engine.errors import ddl_failure
from local_athena.engine.hive_types import trino_type
from local_athena.engine.job import Job
from local_athena.engine.show.lists import find_table
from local_athena.engine.show.thrift import partition_text, table_text
from local_athena.sql import nodes
from local_athena.sql.representation import element_of, entry_of
from local_athena.sql.type_text import hive_type
from local_athena.sql.types import Field, Type

_WIDTH = 20
_EMPTY = "\t \t "


def describe(job: Job, statement: nodes.Describe) -> TextAnswer:
    """Columns, types and comments; with FORMATTED or EXTENDED the table's or partition's facts."""
    table = find_table(job, statement.table)
    partition = find_partition(job, table, statement.partition) if statement.partition else None
    columns = (text_column("col_name"), text_column("data_type"), text_column("comment"))
    if statement.column:
        lines = [_line(_part_of(table, [part.value for part in statement.column]))]
    elif table.kind == "iceberg":
        lines = _iceberg_lines(job, table)
        lines += _iceberg_facts(job, table) if statement.mode else []
    else:
        lines = _lines(table, partition, statement.mode)
    return TextAnswer(columns, [(line,) for line in lines])


def _part_of(table: Table, path: Sequence[str]) -> Column:
    """A column, or what a path within its type leads to.

    Raises:
        QueryFailed: there is no such column, or the path does not fit its type.
    """
    name = path[0].lower()
    for column in (*table.columns, *table.partition_keys):
        if column.name == name:
            break
    else:
        raise ddl_failure(f"SemanticException [Error 10002]: Invalid column reference {name}")
    if len(path) == 1:
        return column
    type_ = trino_type(column.type)
    for step in path[1:]:
        type_ = _step(type_, step)
    return Column(path[-1], hive_type(type_), "from deserializer")


def _step(type_: Type, step: str) -> Type:
    if type_.base == "array" and step == "$elem$":
        return element_of(type_)
    if type_.base == "map" and step in ("$key$", "$value$"):
        return entry_of(type_)[step == "$value$"]
    if type_.base == "row":
        for field in type_.arguments:
            if isinstance(field, Field) and (field.name or "").lower() == step.lower():
                return field.type
    raise ddl_failure(f"SemanticException [Error 10002]: Invalid column reference {step}")


def _lines(table: Table, partition: Partition | None, mode: str | None) -> list[str]:
    shown = table.columns
    if partition is not None and partition.columns is not None:
        shown = partition.columns
    formatted = mode == "formatted"
    lines = []
    if formatted:
        lines += [_cells("# col_name", "data_type", "comment"), _EMPTY]
    lines += [_line(column) for column in (*shown, *(() if formatted else table.partition_keys))]
    if table.partition_keys:
        lines += [
            _EMPTY,
            "# Partition Information\t \t ",
            _cells("# col_name", "data_type", "comment"),
            _EMPTY,
            *(_line(key) for key in table.partition_keys),
        ]
    if formatted:
        facts = _facts(table) if partition is None else _partition_facts(table, partition)
        lines += [_EMPTY, *facts]
    elif mode == "extended":
        word, detail = ("Table", table_text(table))
        if partition is not None:
            word, detail = ("Partition", partition_text(table, partition))
        lines += [_EMPTY, f"Detailed {word} Information\t{detail}\t"]
    return lines


def _iceberg_lines(job: Job, table: Table) -> list[str]:
    lines = [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        *(f"{column.name}\t{column.type}\t{column.comment or ''}" for column in table.columns),
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
    ]
    lines += ["\t".join(field) for field in _partition_fields(job, table)]
    return lines


def _partition_fields(job: Job, table: Table) -> list[tuple[str, str, str]]:
    source = iceberg.resolve(job, table).source
    return [
        (
            field.name,
            str(field.transform),
            source.schema.find_column_name(field.source_id) or "",
        )
        for field in source.spec.fields
    ]


def _iceberg_facts(job: Job, table: Table) -> list[str]:
    """Location and properties, which FORMATTED adds for an Iceberg table."""
    properties = iceberg.properties_of(iceberg.resolve(job, table))
    return [
        "\t\t",
        "# Table location:\t\t",
        f"{table.location or ''}\t\t",
        "\t\t",
        "# Table properties:\t\t",
        *(f"{name}\t{value}\t" for name, value in sorted(properties.items())),
    ]


def _facts(table: Table) -> list[str]:
    lines = [
        "# Detailed Table Information\t \t ",
        _fact("Database:", table.database),
        _fact("Owner:", table.owner or "hadoop"),
        _fact("CreateTime:", _moment(table.create_time)),
        _fact("LastAccessTime:", "UNKNOWN"),
        _fact("Protect Mode:", "None"),
        _fact("Retention:", "0"),
        _fact("Location:", table.location or ""),
        _fact("Table Type:", table.table_type),
        "Table Parameters:\t \t ",
        *_parameters(table.parameters),
        *_storage(table, None),
    ]
    if table.kind == "view":
        lines += [_EMPTY, "# View Information\t \t "]
        lines.append(_fact("View Original Text:", table.view_original_text or ""))
        lines.append(_fact("View Expanded Text:", table.view_expanded_text or ""))
    return lines


def _partition_facts(table: Table, partition: Partition) -> list[str]:
    return [
        "# Detailed Partition Information\t \t ",
        _fact("Partition Value:", f"[{', '.join(partition.values)}]"),
        _fact("Database:", table.database),
        _fact("Table:", table.name),
        _fact("CreateTime:", _moment(partition.create_time)),
        _fact("LastAccessTime:", "UNKNOWN"),
        _fact("Protect Mode:", "None"),
        _fact("Location:", partition.location or ""),
        "Partition Parameters:\t \t ",
        *_parameters(partition.parameters),
        *_storage(table, partition),
    ]


def _storage(table: Table, partition: Partition | None) -> list[str]:
    own = partition.serde if partition else None
    serde = table.serde if own is None else own
    input_format = (partition and partition.input_format) or table.input_format
    output_format = (partition and partition.output_format) or table.output_format
    lines = [
        _EMPTY,
        "# Storage Information\t \t ",
        _fact("SerDe Library:", serde.library or ""),
        _fact("InputFormat:", input_format or ""),
        _fact("OutputFormat:", output_format or ""),
        _fact("Compressed:", "No"),
        _fact("Num Buckets:", str(table.bucket_count if table.bucket_count is not None else -1)),
        _fact("Bucket Columns:", f"[{', '.join(table.bucket_columns)}]"),
        _fact("Sort Columns:", "[]"),
    ]
    if serde.parameters:
        lines += ["Storage Desc Params:\t \t ", *_parameters(serde.parameters)]
    return lines


def _parameters(parameters: Mapping[str, str]) -> list[str]:
    return [
        f"\t{name.ljust(_WIDTH)}\t{value.ljust(_WIDTH)}"
        for name, value in sorted(parameters.items())
    ]


def _moment(at: datetime | None) -> str:
    return f"{at:%a %b %d %H:%M:%S UTC %Y}" if at else "UNKNOWN"


def _line(column: Column) -> str:
    return _cells(column.name, column.type, column.comment or "")


def _cells(*cells: str) -> str:
    return "\t".join(cell.ljust(_WIDTH) for cell in cells)


def _fact(name: str, value: str) -> str:
    return f"{name.ljust(_WIDTH)}\t{value.ljust(_WIDTH)}\t "
