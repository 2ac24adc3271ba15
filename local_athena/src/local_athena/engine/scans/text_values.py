"""From a text field, or collections of text, to the representation of its Trino type, as SQL.

simple  LazySimpleSerDe: what cannot be read is NULL; digits after the point of an integer are
        ignored; dates and timestamps are lenient (February 30 is March 1).
regex   RegexSerDe and GrokSerDe: the same, but integers are whole, and a boolean is true or false.
csv     OpenCSVSerde: a date is days since 1970-01-01, a timestamp is milliseconds since then, and
        what cannot be read (also an empty field) fails with HIVE_BAD_DATA.

Source: Trino's text encodings and RegexDeserializer; Athena user guide, "Open CSV SerDe for
processing CSV" (read 2026-11).
"""

from itertools import count
from typing import Literal

from local_athena.engine.scans.convert import rounded_to_milliseconds
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import (
    duckdb_type,
    element_of,
    entry_of,
    fields_of,
    quote_text,
)
from local_athena.sql.types import Type

Rules = Literal["simple", "regex", "csv"]

_WHOLE = r"[+-]?[0-9]+"
_CUT = r"[+-]?[0-9]*(\.[0-9]*)?"
_FLOAT = r"[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|NaN|Infinity)"
_DATE = r"-?[0-9]{1,10}-[0-9]{1,5}-[0-9]{1,5}"
_TIME = r"[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{0,9})?"
_TIMESTAMP = rf"{_DATE} {_TIME}|{_DATE}T[0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,9}})?)?"
_BASE64 = r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?"
_INTEGERS = frozenset({"tinyint", "smallint", "integer", "bigint"})


def text_value(
    text: str, type_: Type, rules: Rules, position: int = 0, fresh: "count[int] | None" = None
) -> str:
    """SQL that reads the VARCHAR `text` (a LIST, MAP or STRUCT of it) as a value of `type_`.

    `position` is the field's, for the message of a failure.

    Raises:
        SqlError: NOT_SUPPORTED for types that such files cannot hold.
    """
    fresh = fresh if fresh is not None else count()
    base = type_.base
    if base == "varchar":
        (length,) = type_.arguments
        return text if length is None else f"left({text}, {length})"
    if base == "char":
        return f"rpad({text}, {type_.arguments[0]}, ' ')"
    if base in ("array", "map", "row"):
        if rules != "simple":
            raise _unsupported(type_)
        return _collection(text, type_, fresh)
    value = _value(text, type_, rules)
    if rules == "csv":
        return _or_bad_data(text, value, type_, position)
    return value


def _collection(text: str, type_: Type, fresh: "count[int]") -> str:
    name = f"t{next(fresh)}"
    if type_.base == "array":
        element = text_value(name, element_of(type_), "simple", fresh=fresh)
        return text if element == name else f"list_transform({text}, lambda {name}: {element})"
    if type_.base == "map":
        key, value = (
            text_value(f"{name}.{part}", part_type, "simple", fresh=fresh)
            for part, part_type in zip(("key", "value"), entry_of(type_), strict=True)
        )
        entry = f"struct_pack(key := {key}, value := {value})"
        entries = f"list_transform(map_entries({text}), lambda {name}: {entry})"
        known = f"list_filter({entries}, lambda {name}: {name}.key IS NOT NULL)"
        return f"CASE WHEN {text} IS NOT NULL THEN map_from_entries(list_sort({known})) END"
    parts = [
        f"f{index} := "
        + text_value(f"struct_extract({text}, 'f{index}')", part, "simple", fresh=fresh)
        for index, part in enumerate(fields_of(type_))
    ]
    return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"


def _value(text: str, type_: Type, rules: Rules) -> str:
    base, target = type_.base, duckdb_type(type_)
    if base == "boolean":
        if rules == "regex":
            return f"lower({text}) = 'true'"
        return f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if base in _INTEGERS:
        if rules == "simple":
            whole = f"coalesce(nullif(split_part({text}, '.', 1), ''), '0')"
            return _guarded(f"nullif({text}, '')", _CUT, f"TRY_CAST({whole} AS {target})")
        return _guarded(text, _WHOLE, f"TRY_CAST({text} AS {target})")
    if base == "decimal":
        return _guarded(text, _FLOAT, f"TRY_CAST({text} AS {target})")
    if base in ("real", "double"):
        number = f"regexp_replace(trim({text}), '([0-9.])[fFdD]$', '\\1')"
        return _guarded(number, _FLOAT, f"TRY_CAST({number} AS {target})")
    if base == "date":
        if rules == "csv":
            days = f"DATE '1970-01-01' + TRY_CAST({text} AS INTEGER)"
            return _guarded(text, _WHOLE, days)
        return _date(f"split_part(trim({text}), ' ', 1)")
    if base == "timestamp":
        if rules == "csv":
            millis = f"make_timestamp(TRY_CAST({text} AS BIGINT) * 1000)"
            return _guarded(text, _WHOLE, millis)
        return _timestamp(text, rules)
    if base == "varbinary" and rules == "simple":
        good = f"{_is(text, _BASE64)} AND length(rtrim({text}, '=')) % 4 <> 1"
        return _or_bad_data(text, f"CASE WHEN {good} THEN {_unbase64(text)} END", type_, 0)
    raise _unsupported(type_)


def _date(text: str) -> str:
    return _guarded(text, _DATE, f"coalesce(TRY_CAST({text} AS DATE), {_lenient_date(text)})")


def _lenient_date(text: str) -> str:
    """Months and days beyond their ends go on into the next ones, as Java's lenient parser does."""
    year, month, day = (f"CAST(split_part({text}, '-', {n}) AS INTEGER)" for n in (1, 2, 3))
    start = f"make_date({year}, 1, 1)"
    return f"CAST({start} + to_months({month} - 1) + to_days({day} - 1) AS DATE)"


def _timestamp(text: str, rules: Rules) -> str:
    trimmed = f"replace(trim({text}), 'T', ' ')"
    clock = f"nullif(split_part({trimmed}, ' ', 2), '')"
    hour, minute = (f"CAST(split_part({clock}, ':', {n}) AS INTEGER)" for n in (1, 2))
    second = f"CAST(coalesce(nullif(split_part({clock}, ':', 3), ''), '0') AS DECIMAL(28, 9))"
    offset = f"(({hour} * 60 + {minute}) * 60 + {second}) * 1000000"
    day = _lenient_date(f"split_part({trimmed}, ' ', 1)")
    lenient = (
        f"CAST({day} AS TIMESTAMP) + to_microseconds(CAST(coalesce(floor({offset}), 0) AS BIGINT))"
    )
    value = rounded_to_milliseconds(f"coalesce(TRY_CAST({trimmed} AS TIMESTAMP), {lenient})")
    guarded = _guarded(f"trim({text})", _TIMESTAMP, value)
    return guarded if rules == "regex" else f"CASE WHEN length({text}) >= 8 THEN {guarded} END"


def _unbase64(text: str) -> str:
    bare = f"rtrim({text}, '=')"
    return f"from_base64(rpad({bare}, CAST((length({bare}) + 3) // 4 * 4 AS INTEGER), '='))"


def _or_bad_data(text: str, value: str, type_: Type, position: int) -> str:
    failure = (
        f"error('TRINO:HIVE_BAD_DATA:Error parsing field value ''' || {text} || "
        f"''' for field {position}: For input string: \"' || {text} || '\":TRINO')"
    )
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {value} IS NOT NULL THEN {value} "
        f"ELSE CAST({failure} AS {duckdb_type(type_)}) END"
    )


def _is(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {quote_text(pattern)})"


def _guarded(text: str, pattern: str, value: str) -> str:
    return f"CASE WHEN {_is(text, pattern)} THEN {value} END"


def _unsupported(type_: Type) -> SqlError:
    return SqlError(
        "NOT_SUPPORTED", f"local_athena does not read columns of type {type_} in text files"
    )
