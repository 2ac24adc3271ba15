"""ORC files, read through Arrow: columns by position, or by name with `orc.column.index.access` =
false.

Source: Athena user guide, "Index access in ORC and Parquet" (read 2026-11).
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.orc as orc

from local_athena.engine.scans.convert import Mismatch, convert, describe
from local_athena.engine.scans.listing import DataFile
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import constant, quote_name
from local_athena.sql.types import Type


def orc_values(
    parameters: Mapping[str, str], columns: Sequence[tuple[str, Type]], file: DataFile
) -> tuple[pa.Table, dict[str, str]]:
    """The file's columns that the table has, and the SQL of each of the table's.

    Raises:
        SqlError: HIVE_BAD_DATA when it is no ORC file, or a column's type is another one.
    """
    try:
        reader = orc.ORCFile(file.path)
        found = _fields(parameters, columns, reader.schema)
        values = reader.read([field.name for field in found.values()])
    except (pa.ArrowInvalid, OSError) as error:
        raise SqlError("HIVE_BAD_DATA", f"Error reading ORC file {file.uri}: {error}") from error
    texts = {}
    for name, type_ in columns:
        field = found.get(name)
        if field is None:
            texts[name] = constant(None, type_)
            continue
        try:
            texts[name] = convert(quote_name(field.name), field.type, type_)
        except Mismatch as error:
            raise SqlError(
                "HIVE_BAD_DATA",
                f"Field {field.name}'s type {describe(field.type)} in ORC file {file.uri} is "
                f"incompatible with type {type_} defined in table schema",
            ) from error
    return values, texts


def _fields(
    parameters: Mapping[str, str], columns: Sequence[tuple[str, Type]], schema: pa.Schema
) -> dict[str, pa.Field]:
    if parameters.get("orc.column.index.access", "true").strip().lower() != "false":
        return {name: field for (name, _), field in zip(columns, schema, strict=False)}
    physical = {field.name.lower(): field for field in schema}
    return {name: physical[name] for name, _ in columns if name in physical}
