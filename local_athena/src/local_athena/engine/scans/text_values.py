"""From a text field to the representation of its Trino type, as DuckDB SQL.

LazySimpleSerDe: what cannot be read is NULL. OpenCSVSerde: it fails with HIVE_BAD_DATA; a date is
days since 1970-01-01 and a timestamp is milliseconds since then (Athena user guide, "Open CSV
SerDe for processing CSV"), where the text is not in the usual form.
"""

from local_athena.engine.scans.convert import rounded_to_milliseconds
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, quote_text
from local_athena.sql.types import Type

_WHOLE = r"[+-]?[0-9]+"
_FLOAT = r"[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|NaN|Infinity)"
_DATE = r"[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}"
_TIMESTAMP = _DATE + r"[ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,9})?)?"


def text_value(text: str, type_: Type, strict: bool) -> str:
    """SQL that reads the VARCHAR `text` as a value of `type_`.

    Raises:
        SqlError: NOT_SUPPORTED for types that such files cannot hold here.
    """
    base = type_.base
    if base == "varchar":
        (length,) = type_.arguments
        return text if length is None else f"left({text}, {length})"
    if base == "char":
        return f"rpad({text}, {type_.arguments[0]}, ' ')"
    trimmed = f"trim({text})" if strict else text
    value = _value(trimmed, type_, strict)
    if not strict:
        return value
    failure = (
        f"error('TRINO:HIVE_BAD_DATA:Error parsing field value ''' || {text} || "
        f"''' for type {type_}:TRINO')"
    )
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {value} IS NOT NULL THEN {value} "
        f"ELSE CAST({failure} AS {duckdb_type(type_)}) END"
    )


def _value(text: str, type_: Type, strict: bool) -> str:
    base, target = type_.base, duckdb_type(type_)
    if base == "boolean":
        return f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if base in ("tinyint", "smallint", "integer", "bigint"):
        return _guarded(text, _WHOLE, f"TRY_CAST({text} AS {target})")
    if base in ("real", "double", "decimal"):
        return _guarded(text, _FLOAT, f"TRY_CAST({text} AS {target})")
    if base == "date":
        plain = _guarded(text, _DATE, f"TRY_CAST({text} AS DATE)")
        if not strict:
            return plain
        return f"coalesce({plain}, {_guarded(text, _WHOLE, _days(text))})"
    if base == "timestamp":
        rounded = rounded_to_milliseconds(f"TRY_CAST({text} AS TIMESTAMP)")
        plain = _guarded(text, _TIMESTAMP, rounded)
        if not strict:
            return f"coalesce({plain}, {_guarded(text, _DATE, f'TRY_CAST({text} AS TIMESTAMP)')})"
        millis = f"make_timestamp(TRY_CAST({text} AS BIGINT) * 1000)"
        return f"coalesce({plain}, {_guarded(text, _WHOLE, millis)})"
    if base == "varbinary":
        return f"coalesce(TRY(from_base64({text})), encode({text}))"
    raise SqlError(
        "NOT_SUPPORTED", f"local_athena does not read columns of type {type_} in text files"
    )


def _days(text: str) -> str:
    return f"(DATE '1970-01-01' + TRY_CAST({text} AS INTEGER))"


def _guarded(text: str, pattern: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {quote_text(pattern)}) THEN {value} END"
