"""Scans of Parquet tables: DuckDB reads the files itself, projection and filters intact.

Files with one schema and one way to tell their partition share a `read_parquet`; several such
groups are united. Partition keys come, cheapest first, from a constant, from DuckDB's own reading
of `key=value` paths, or from a list by the file's number.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local_athena.engine.scans.convert import Mismatch, convert, describe
from local_athena.engine.scans.footers import Footer
from local_athena.engine.scans.hidden import hidden_value
from local_athena.engine.scans.listing import DataFile
from local_athena.engine.scans.partitions import value_of
from local_athena.sql.bound import TableColumn
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import constant, duckdb_type, quote_name, quote_text
from local_athena.sql.types import Type

_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.,@ +-]+\Z")
_UNITED_PARTITIONS = 16
_READ_BY_DUCKDB = {"date": "DATE", "integer": "INTEGER", "bigint": "BIGINT", "varchar": "VARCHAR"}


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A file to read, with its footer."""

    file: DataFile
    footer: Footer


def parquet_relation(
    files: Sequence[ParquetFile],
    columns: Sequence[TableColumn],
    keys: Sequence[tuple[str, Type]],
) -> str:
    """SQL of a relation with `columns` (hidden ones too) by name, of all the files' rows.

    Raises:
        SqlError: HIVE_BAD_DATA when a file's column cannot be read as declared.
    """
    if not files:
        return empty_relation(columns)
    groups: dict[tuple[object, ...], list[ParquetFile]] = defaultdict(list)
    for item in files:
        groups[item.footer.signature].append(item)
    parts: list[str] = []
    for group in groups.values():
        parts += _one_schema(group, columns, keys)
    return parts[0] if len(parts) == 1 else "(" + " UNION ALL ".join(parts) + ")"


def empty_relation(columns: Sequence[TableColumn]) -> str:
    """SQL of a relation without rows."""
    shown = ", ".join(
        f"CAST(NULL AS {duckdb_type(column.type)}) AS {quote_name(column.name)}"
        for column in columns
    )
    return f"(SELECT {shown or 'NULL'} WHERE false)"


def _one_schema(
    files: Sequence[ParquetFile], columns: Sequence[TableColumn], keys: Sequence[tuple[str, Type]]
) -> list[str]:
    by_values: dict[tuple[str, ...], list[ParquetFile]] = defaultdict(list)
    for item in files:
        by_values[item.file.values].append(item)
    if not keys or len(by_values) == 1:
        return [_select(files, columns, _constant_keys(keys, files[0].file.values), "")]
    if _paths_tell(files, keys):
        hive_types = ", ".join(
            f"{quote_text(name)}: {_READ_BY_DUCKDB.get(type_.base, 'VARCHAR')}"
            for name, type_ in keys
        )
        options = f", hive_partitioning=true, hive_types={{{hive_types}}}"
        texts = {name: _from_path(name, type_) for name, type_ in keys}
        return [_select(files, columns, texts, options)]
    if len(by_values) <= _UNITED_PARTITIONS:
        return [
            _select(group, columns, _constant_keys(keys, values), "")
            for values, group in by_values.items()
        ]
    return [_looked_up(by_values, columns, keys)]


def _constant_keys(keys: Sequence[tuple[str, Type]], values: tuple[str, ...]) -> dict[str, str]:
    return {
        name: constant(value_of(value, type_, name), type_)
        for (name, type_), value in zip(keys, values, strict=True)
    }


def _from_path(name: str, type_: Type) -> str:
    column = quote_name(name)
    if type_.base in _READ_BY_DUCKDB and type_.base != "varchar":
        return column
    if type_.base == "varchar" and type_.arguments == (None,):
        return column
    return f"CAST({column} AS {duckdb_type(type_)})"


def _paths_tell(files: Sequence[ParquetFile], keys: Sequence[tuple[str, Type]]) -> bool:
    """Whether `key=value` folders of every path say the partition's values as DuckDB reads them."""
    wanted = {name for name, _ in keys}
    if any(type_.base == "char" for _, type_ in keys):
        return False
    layout: list[str] | None = None
    for item in files:
        segments = [part.partition("=") for part in str(item.file.path.parent).split("/")]
        pairs = [(key, value) for key, equals, value in segments if equals]
        if layout is None:
            layout = [key for key, _ in pairs]
            if not wanted <= set(layout) or len(set(layout)) != len(layout):
                return False
        elif [key for key, _ in pairs] != layout:
            return False
        told = dict(pairs)
        for (name, _), value in zip(keys, item.file.values, strict=True):
            if told[name] != value or not _PLAIN_VALUE.match(value):
                return False
    return True


def _looked_up(
    by_values: Mapping[tuple[str, ...], Sequence[ParquetFile]],
    columns: Sequence[TableColumn],
    keys: Sequence[tuple[str, Type]],
) -> str:
    """Keys from a list with one value for each file."""
    files: list[ParquetFile] = []
    values: dict[str, list[str]] = {name: [] for name, _ in keys}
    for one, group in by_values.items():
        files += group
        for name, text in _constant_keys(keys, one).items():
            values[name] += [text] * len(group)
    return _select(files, columns, {name: _by_file(texts) for name, texts in values.items()}, "")


def _by_file(texts: Sequence[str]) -> str:
    """The text of the row's file, by DuckDB's number of it."""
    return f"([{', '.join(texts)}])[CAST(data.file_index AS BIGINT) + 1]"


def _select(
    files: Sequence[ParquetFile],
    columns: Sequence[TableColumn],
    key_texts: Mapping[str, str],
    options: str,
) -> str:
    footer = files[0].footer
    shown = []
    for column in columns:
        if column.partition_key:
            text = key_texts[column.name]
        elif column.hidden:
            values = [hidden_value(column.name, item.file, list(key_texts)) for item in files]
            text = _by_file(values)
        else:
            text = _data_column(column, footer, files[0].file.uri)
        shown.append(f"{text} AS {quote_name(column.name)}")
    if not shown:
        shown.append('NULL AS "$nothing"')
    if not options:
        options = ", hive_partitioning=false"
    listed = ", ".join(quote_text(str(item.file.path)) for item in files)
    return f"(SELECT {', '.join(shown)} FROM read_parquet([{listed}]{options}) AS data)"


def _data_column(column: TableColumn, footer: Footer, uri: str) -> str:
    field = footer.find(column.name)
    if field is None:
        return f"CAST(NULL AS {duckdb_type(column.type)})"
    try:
        return convert(f"data.{quote_name(field.name)}", field.type, column.type)
    except Mismatch as error:
        raise SqlError(
            "HIVE_BAD_DATA",
            f"Field {field.name}'s type {describe(field.type)} in parquet file {uri} is "
            f"incompatible with type {column.type} defined in table schema",
        ) from error
