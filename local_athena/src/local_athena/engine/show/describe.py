"""DESCRIBE [EXTENDED | FORMATTED] in Hive's layout: cells padded to 20 characters, tabs between.

Source: outputs in the Athena user guide, "DESCRIBE" and "DESCRIBE VIEW" (read 2026-11).
"""

from local_athena.catalog.model import Column, Table
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer, text_column
from local_athena.engine.errors import ddl_failure
from local_athena.engine.job import Job
from local_athena.engine.show.lists import find_table
from local_athena.sql import nodes

_WIDTH = 20
_EMPTY = "\t \t "


def describe(job: Job, statement: nodes.Describe) -> TextAnswer:
    """Columns, types and comments; with FORMATTED or EXTENDED the table's facts too."""
    table = find_table(job, statement.table)
    columns = (text_column("col_name"), text_column("data_type"), text_column("comment"))
    if statement.column:
        lines = [_line_of(table, statement.column[0].value.lower())]
    elif table.kind == "iceberg" and statement.mode is None:
        lines = _iceberg_lines(job, table)
    else:
        lines = _lines(table, statement.mode)
    return TextAnswer(columns, [(line,) for line in lines])


def _line_of(table: Table, name: str) -> str:
    for column in (*table.columns, *table.partition_keys):
        if column.name == name:
            return _line(column)
    raise ddl_failure(f"SemanticException [Error 10002]: Invalid column reference {name}")


def _lines(table: Table, mode: str | None) -> list[str]:
    formatted = mode == "formatted"
    lines = []
    if formatted:
        lines += [_cells("# col_name", "data_type", "comment"), _EMPTY]
    lines += [
        _line(column) for column in (*table.columns, *(() if formatted else table.partition_keys))
    ]
    if table.partition_keys:
        lines += [
            _EMPTY,
            "# Partition Information\t \t ",
            _cells("# col_name", "data_type", "comment"),
            _EMPTY,
            *(_line(key) for key in table.partition_keys),
        ]
    if formatted:
        lines += [_EMPTY, *_facts(table)]
    elif mode == "extended":
        lines += [_EMPTY, f"Detailed Table Information\t{_detail(table)}\t"]
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


def _facts(table: Table) -> list[str]:
    created = f"{table.create_time:%a %b %d %H:%M:%S UTC %Y}" if table.create_time else "UNKNOWN"
    lines = [
        "# Detailed Table Information\t \t ",
        _fact("Database:", table.database),
        _fact("Owner:", table.owner or "hadoop"),
        _fact("CreateTime:", created),
        _fact("LastAccessTime:", "UNKNOWN"),
        _fact("Protect Mode:", "None"),
        _fact("Retention:", "0"),
        _fact("Location:", table.location or ""),
        _fact("Table Type:", table.table_type),
        "Table Parameters:\t \t ",
        *(
            f"\t{name.ljust(_WIDTH)}\t{value.ljust(_WIDTH)}"
            for name, value in sorted(table.parameters.items())
        ),
        _EMPTY,
        "# Storage Information\t \t ",
        _fact("SerDe Library:", table.serde.library or ""),
        _fact("InputFormat:", table.input_format or ""),
        _fact("OutputFormat:", table.output_format or ""),
        _fact("Compressed:", "No"),
        _fact("Num Buckets:", str(table.bucket_count if table.bucket_count is not None else -1)),
        _fact("Bucket Columns:", f"[{', '.join(table.bucket_columns)}]"),
        _fact("Sort Columns:", "[]"),
    ]
    if table.serde.parameters:
        lines.append("Storage Desc Params:\t \t ")
        lines += [
            f"\t{name.ljust(_WIDTH)}\t{value.ljust(_WIDTH)}"
            for name, value in sorted(table.serde.parameters.items())
        ]
    if table.kind == "view":
        lines += [_EMPTY, "# View Information\t \t "]
        lines.append(_fact("View Original Text:", table.view_original_text or ""))
        lines.append(_fact("View Expanded Text:", table.view_expanded_text or ""))
    return lines


def _detail(table: Table) -> str:
    columns = ", ".join(_field_schema(column) for column in table.columns)
    keys = ", ".join(_field_schema(key) for key in table.partition_keys)
    parameters = ", ".join(f"{name}={value}" for name, value in sorted(table.parameters.items()))
    return (
        f"Table(tableName:{table.name}, dbName:{table.database}, owner:{table.owner or 'hadoop'}, "
        f"sd:StorageDescriptor(cols:[{columns}], location:{table.location}, "
        f"inputFormat:{table.input_format}, outputFormat:{table.output_format}, "
        f"serdeInfo:SerDeInfo(serializationLib:{table.serde.library})), "
        f"partitionKeys:[{keys}], parameters:{{{parameters}}}, tableType:{table.table_type})"
    )


def _field_schema(column: Column) -> str:
    return (
        f"FieldSchema(name:{column.name}, type:{column.type}, comment:{column.comment or 'null'})"
    )


def _line(column: Column) -> str:
    return _cells(column.name, column.type, column.comment or "")


def _cells(*cells: str) -> str:
    return "\t".join(cell.ljust(_WIDTH) for cell in cells)


def _fact(name: str, value: str) -> str:
    return f"{name.ljust(_WIDTH)}\t{value.ljust(_WIDTH)}\t "
