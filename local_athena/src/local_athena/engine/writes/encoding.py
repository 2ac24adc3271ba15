"""Values as text files of Hive tables hold them: LazySimpleSerDe and JSON.

Source: Trino's io.trino.hive.formats.line encoders (read 2026-11): NULL is `\\N` in simple text,
timestamps have the form `2020-01-01 00:00:00.000`, binary is Base64 (in JSON: text), and numbers
without end have Java's names, which Hive reads (JSON refuses them).
"""

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of
from local_athena.sql.types import Field, Type

_SEPARATORS = tuple(map(chr, range(1, 9)))


def text_output(text: str, type_: Type, level: int = 1) -> str:
    """SQL of a value's text in a LazySimpleSerDe file; NULL stays NULL.

    A collection separates its parts by the delimiter of its level, a map its keys by the next.

    Raises:
        SqlError: NOT_SUPPORTED for collections deeper than there are delimiters.
    """
    base = type_.base
    if base in ("varchar", "char"):
        return text
    if base == "timestamp":
        return f"strftime({text}, '%Y-%m-%d %H:%M:%S.%g')"
    if base == "varbinary":
        return f"to_base64({text})"
    if base in ("real", "double"):
        return (
            f"(CASE WHEN isnan({text}) THEN 'NaN' WHEN isinf({text}) THEN "
            f"CASE WHEN {text} > 0 THEN 'Infinity' ELSE '-Infinity' END "
            f"ELSE CAST({text} AS VARCHAR) END)"
        )
    if base == "array":
        item = f"e{level}"
        element = text_output(item, element_of(type_), level + 1)
        return (
            f"array_to_string(list_transform({text}, lambda {item}: coalesce({element}, '\\N')), "
            f"'{_separator(level)}')"
        )
    if base == "map":
        item = f"e{level}"
        key_type, value_type = entry_of(type_)
        key = text_output(f"{item}.key", key_type, level + 2)
        value = text_output(f"{item}.value", value_type, level + 2)
        entry = f"{key} || '{_separator(level + 1)}' || coalesce({value}, '\\N')"
        return (
            f"array_to_string(list_transform(map_entries({text}), lambda {item}: {entry}), "
            f"'{_separator(level)}')"
        )
    if base == "row":
        fields = [field for field in type_.arguments if isinstance(field, Field)]
        values = [
            text_output(f"struct_extract({text}, 'f{index}')", field.type, level + 1)
            for index, field in enumerate(fields)
        ]
        parts = [f"coalesce({value}, '\\N')" for value in values]
        joined = f" || '{_separator(level)}' || ".join(parts)
        return f"CASE WHEN {text} IS NOT NULL THEN {joined} END"
    return f"CAST({text} AS VARCHAR)"


def _separator(level: int) -> str:
    if level >= len(_SEPARATORS):
        raise SqlError(
            "NOT_SUPPORTED", f"text files have {len(_SEPARATORS)} levels of delimiters, not more"
        )
    return _SEPARATORS[level]


def text_line(row: Sequence[str | None], delimiter: str) -> str:
    """A row of a LazySimpleSerDe file."""
    return delimiter.join("\\N" if value is None else value for value in row)


def json_line(row: Sequence[Any], columns: Sequence[tuple[str, Type]]) -> dict[str, Any]:
    """A row of a JSON file, NULLs left out."""
    return {
        name: json_value(value, type_)
        for value, (name, type_) in zip(row, columns, strict=True)
        if value is not None
    }


def json_value(value: Any, type_: Type) -> Any:
    """A value that `json_text` can write.

    Raises:
        SqlError: HIVE_UNSERIALIZABLE_JSON_VALUE for NaN and Infinity.
    """
    if value is None:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        kind = " Real" if type_.base == "real" else ""
        shown = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        raise SqlError("HIVE_UNSERIALIZABLE_JSON_VALUE", f"Invalid value to Insert{kind}: {shown}")
    base = type_.base
    if base == "array":
        return [json_value(item, element_of(type_)) for item in value]
    if base == "map":
        key_type, value_type = entry_of(type_)
        pairs = value.items() if isinstance(value, dict) else value
        return {str(json_value(key, key_type)): json_value(item, value_type) for key, item in pairs}
    if base == "row":
        fields = [field for field in type_.arguments if isinstance(field, Field)]
        return {
            field.name or "": json_value(item, field.type)
            for field, item in zip(fields, value.values(), strict=True)
        }
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):  # as Hive's serde does, which loses what is no UTF-8
        return value.decode("utf-8", "replace")
    return value


def json_text(value: Any) -> str:
    """JSON of what `json_value` gives; a decimal keeps its digits."""
    if isinstance(value, dict):
        inner = ",".join(f"{_plain(key)}:{json_text(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
