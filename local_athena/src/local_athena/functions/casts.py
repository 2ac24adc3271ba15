"""CAST: the dispatch by (source base, target base), numbers and booleans, nested values.

Text targets are in `cast_text`, dates and times in `cast_time`, JSON in `cast_json`. Measured on
DuckDB 1.5.5: a bare cast takes '1_000' and '0x1F' as integers and 'yes' as a boolean, rounds a
double half to even, and carries binary dust from double to decimal.
"""

from __future__ import annotations

from local_athena.functions.java_numbers import (
    DECIMAL_FORM,
    DOUBLE_FORM,
    HEXADECIMAL_FORM,
    INTEGER_FORM,
    java_double,
    read_hexadecimal,
)
from local_athena.functions.text import fail, guard, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import (
    duckdb_type,
    element_of,
    entry_of,
    fields_of,
    precision_of,
)
from local_athena.sql.types import Type

INTEGERS = ("tinyint", "smallint", "integer", "bigint")
_JAVA_NAMES = {"tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INT", "bigint": "BIGINT"}
_COMPILED = ("joniregexp", "re2jregexp", "jsonpath", "codepoints", "likepattern", "json2016")
_MOST = 2**63 - 1


def cast_text(value: str, source: Type, target: Type) -> str:
    """The text of CAST(value AS target), raising as Trino does.

    Raises:
        SqlError: NOT_SUPPORTED for a pair that no family knows.
    """
    if same_values(source, target):
        return value
    if source.base == "unknown":
        return f"CAST(NULL AS {duckdb_type(target)})"
    from local_athena.functions.registry import catalogue

    writer = catalogue().casts.get((source.base, target.base))
    if writer is None:
        raise SqlError("NOT_SUPPORTED", f"cast from {source} to {target} is not supported")
    return writer(value, source, target)


def same_values(source: Type, target: Type) -> bool:
    """Whether every value of `source` is, as DuckDB holds it, already one of `target`."""
    if source == target:
        return True
    if target.base in _COMPILED and source.base in ("varchar", "char", *_COMPILED):
        return True
    if source.base != target.base:
        return False
    if source.base == "varchar":
        longest, limit = source.arguments[0], target.arguments[0]
        return limit is None or (isinstance(longest, int) and longest <= int(str(limit)))
    if source.base in ("timestamp", "time", "timestamp with time zone", "time with time zone"):
        before, after = precision_of(source), precision_of(target)
        return before <= after and (before > 6) == (after > 6)
    if source.base == "array":
        return same_values(element_of(source), element_of(target))
    if source.base == "map":
        return all(
            same_values(a, b) for a, b in zip(entry_of(source), entry_of(target), strict=True)
        )
    if source.base == "row":
        before_fields, after_fields = fields_of(source), fields_of(target)
        return len(before_fields) == len(after_fields) and all(
            same_values(a, b) for a, b in zip(before_fields, after_fields, strict=True)
        )
    return False


def assign(value: str, source: Type, target: Type) -> str:
    """What INSERT, UPDATE and MERGE store: as a cast, but text that does not fit fails."""
    if same_values(source, target):
        return value
    if source.base in ("varchar", "char") and target.base in ("varchar", "char"):
        limit = int(str(target.arguments[0])) if target.arguments[0] is not None else None
        if limit is not None:
            message = (
                f"Cannot truncate non-space characters when casting from {source} to {target}"
                " on INSERT"
            )
            return let(
                [value],
                lambda v: guard(
                    f"length(rtrim({v}, ' ')) > {limit}",
                    "INVALID_CAST_ARGUMENT",
                    text(message),
                    cast_text(v, source, target),
                ),
            )
    return cast_text(value, source, target)


def or_fail(attempt: str, value: str, message: str) -> str:
    """`attempt`, or INVALID_CAST_ARGUMENT where it is NULL although `value` is not."""
    failure = fail("INVALID_CAST_ARGUMENT", message)
    return f"COALESCE({attempt}, CASE WHEN {value} IS NOT NULL THEN {failure} END)"


def _java_type(type_: Type) -> str:
    if type_.base == "decimal":
        return f"DECIMAL({type_.arguments[0]}, {type_.arguments[1]})"
    return _JAVA_NAMES.get(type_.base, type_.base.upper())


# ---------------------------------------------------------------- numbers


def _plain(value: str, source: Type, target: Type) -> str:
    """DuckDB's own cast: between whole numbers and decimals it rounds half away from zero and
    raises out of range; the session names those errors."""
    return f"CAST({value} AS {duckdb_type(target)})"


def _boolean_to_decimal(value: str, source: Type, target: Type) -> str:
    """TRUE has no digit in a decimal of fractions alone; DuckDB's own cast makes it 0.01."""
    precision, scale = target.arguments
    if precision != scale:
        return _plain(value, source, target)
    kind = duckdb_type(target)
    message = text(f"Cannot cast BOOLEAN 'true' to {_java_type(target)}")
    failure = fail("INVALID_CAST_ARGUMENT", message, kind)
    return let(
        [value],
        lambda v: f"(CASE WHEN {v} THEN {failure} WHEN NOT {v} THEN CAST(0 AS {kind}) END)",
    )


def _boolean(value: str, source: Type, target: Type) -> str:
    return f"({value} <> 0)"


def _double_to_integer(value: str, source: Type, target: Type) -> str:
    kind = duckdb_type(target)

    def body(v: str) -> str:
        nan = fail("INVALID_CAST_ARGUMENT", text(f"Cannot cast {source.base} NaN to {target.base}"))
        shown = _java_text(v)
        if target.base == "bigint" and source.base == "real":
            beyond = f"CAST(CASE WHEN {v} > 0 THEN {_MOST} ELSE -{_MOST} - 1 END AS BIGINT)"
        elif target.base == "bigint":
            beyond = fail("INVALID_CAST_ARGUMENT", f"'Unable to cast ' || {shown} || ' to bigint'")
        else:
            message = f"{text(f'Out of range for {target.base}: ')} || {shown}"
            beyond = fail("NUMERIC_VALUE_OUT_OF_RANGE", message)
        return (
            f"(CASE WHEN isnan({v}) THEN {nan} ELSE COALESCE(TRY_CAST(round({v}) AS {kind}), "
            f"CASE WHEN {v} IS NOT NULL THEN {beyond} END) END)"
        )

    return let([value], body)


def _double_to_decimal(value: str, source: Type, target: Type) -> str:
    return let(
        [value],
        lambda v: or_fail(
            f"TRY_CAST(CAST({v} AS VARCHAR) AS {duckdb_type(target)})",
            v,
            f"'Cannot cast {source.base.upper()} ''' || {_java_text(v)} || "
            f"''' to {_java_type(target)}'",
        ),
    )


def _java_text(value: str) -> str:
    return call_python("java_text", java_double, [value], ["DOUBLE"], "VARCHAR")


def _to_decimal(value: str, source: Type, target: Type) -> str:
    """A whole number or decimal, rounded half away from zero."""
    precision, scale = (int(str(argument)) for argument in target.arguments)
    if _whole_digits(source) < precision - scale:
        return _plain(value, source, target)
    kind = "INTEGER" if source.base == "integer" else _java_type(source)
    return let(
        [value],
        lambda v: or_fail(
            f"TRY_CAST({v} AS {duckdb_type(target)})",
            v,
            f"'Cannot cast {kind} ''' || CAST({v} AS VARCHAR) || ''' to {_java_type(target)}'",
        ),
    )


def _whole_digits(type_: Type) -> int:
    """Digits before the point that a value may have."""
    if type_.base == "decimal":
        precision, scale = (int(str(argument)) for argument in type_.arguments)
        return precision - scale
    return {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}[type_.base]


def _decimal_to_integer(value: str, source: Type, target: Type) -> str:
    return let(
        [value],
        lambda v: or_fail(
            f"TRY_CAST({v} AS {duckdb_type(target)})",
            v,
            f"'Cannot cast ''' || CAST({v} AS VARCHAR) || ''' to {target.base.upper()}'",
        ),
    )


def _decimal_to_double(value: str, source: Type, target: Type) -> str:
    if int(str(source.arguments[0])) <= 15 and target.base == "double":
        return f"CAST({value} AS DOUBLE)"
    return f"CAST(CAST({value} AS VARCHAR) AS {duckdb_type(target)})"


def _double_to_real(value: str, source: Type, target: Type) -> str:
    return let(
        [value],
        lambda v: (
            f"COALESCE(TRY_CAST({v} AS FLOAT), CASE WHEN {v} > 0 THEN CAST('inf' AS FLOAT) "
            f"WHEN {v} < 0 THEN CAST('-inf' AS FLOAT) END)"
        ),
    )


# ---------------------------------------------------------------- from text


def _text_to_integer(value: str, source: Type, target: Type) -> str:
    return _checked(value, INTEGER_FORM, target, f" to {_JAVA_NAMES[target.base]}")


def _checked(value: str, pattern: str, target: Type, tail: str) -> str:
    return let(
        [value],
        lambda v: or_fail(
            f"TRY_CAST(CASE WHEN regexp_full_match({v}, {text(pattern)}) THEN {v} END "
            f"AS {duckdb_type(target)})",
            v,
            f"'Cannot cast ''' || {v} || '''{tail}'",
        ),
    )


def _text_to_double(value: str, source: Type, target: Type) -> str:
    kind = duckdb_type(target)

    def body(v: str) -> str:
        attempt = (
            f"CASE WHEN regexp_full_match({v}, {text(DOUBLE_FORM)}) THEN "
            f"COALESCE(TRY_CAST(rtrim(trim({v}), 'fFdD') AS {kind}), "
            f"{_infinite(v, kind)}) "
            f"WHEN regexp_full_match({v}, {text(HEXADECIMAL_FORM)}) THEN "
            f"CAST({call_python('hexadecimal', read_hexadecimal, [v], ['VARCHAR'], 'DOUBLE')} "
            f"AS {kind}) END"
        )
        return or_fail(attempt, v, f"'Cannot cast ''' || {v} || ''' to {target.base.upper()}'")

    return let([value], body)


def _infinite(value: str, kind: str) -> str:
    """Java reads too large a number as infinity, too small a one as zero."""
    small = f"regexp_matches({value}, '[eE]-')"
    minus = f"starts_with(trim({value}), '-')"
    return f"CAST(CASE WHEN {small} THEN '0' WHEN {minus} THEN '-inf' ELSE 'inf' END AS {kind})"


def _text_to_decimal(value: str, source: Type, target: Type) -> str:
    def body(v: str) -> str:
        valid = f"regexp_full_match({v}, {text(DECIMAL_FORM)})"
        reason = f"CASE WHEN {valid} THEN 'Value too large.' ELSE 'Value is not a number.' END"
        return or_fail(
            f"TRY_CAST(CASE WHEN {valid} THEN {v} END AS {duckdb_type(target)})",
            v,
            f"'Cannot cast VARCHAR ''' || {v} || ''' to {_java_type(target)}. ' || {reason}",
        )

    return let([value], body)


def _text_to_boolean(value: str, source: Type, target: Type) -> str:
    return let(
        [value],
        lambda v: (
            f"(CASE WHEN lower({v}) IN ('t', 'true', '1') THEN TRUE "
            f"WHEN lower({v}) IN ('f', 'false', '0') THEN FALSE WHEN {v} IS NOT NULL THEN "
            + fail("INVALID_CAST_ARGUMENT", f"'Cannot cast ''' || {v} || ''' to BOOLEAN'")
            + " END)"
        ),
    )


# ---------------------------------------------------------------- nested, uuid


def _array(value: str, source: Type, target: Type) -> str:
    inner = cast_text("e", element_of(source), element_of(target))
    if element_of(source).base == "unknown":
        kind = duckdb_type(element_of(target))
        return f"list_transform({value}, lambda e: CAST(NULL AS {kind}))"
    return f"list_transform({value}, lambda e: {inner})"


def _map(value: str, source: Type, target: Type) -> str:
    (key, item), (new_key, new_item) = entry_of(source), entry_of(target)
    if key.base == "unknown":
        return let(
            [value],
            lambda v: (
                f"(CASE WHEN {v} IS NOT NULL THEN CAST(MAP {{}} AS {duckdb_type(target)}) END)"
            ),
        )
    packed = (
        f"struct_pack(key := {cast_text('e.key', key, new_key)}, "
        f"value := {cast_text('e.value', item, new_item)})"
    )
    entries = f"list_transform(map_entries({value}), lambda e: {packed})"
    return f"map_from_entries({entries})"


def _row(value: str, source: Type, target: Type) -> str:
    def body(v: str) -> str:
        parts = [
            f"'f{index}': {cast_text(f'''struct_extract({v}, 'f{index}')''', a, b)}"
            for index, (a, b) in enumerate(zip(fields_of(source), fields_of(target), strict=True))
        ]
        return f"(CASE WHEN {v} IS NOT NULL THEN {{{', '.join(parts)}}} END)"

    return let([value], body)


def _text_to_uuid(value: str, source: Type, target: Type) -> str:
    pattern = "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    return let(
        [value],
        lambda v: or_fail(
            f"TRY_CAST(CASE WHEN regexp_full_match({v}, {text(pattern)}) THEN {v} END AS UUID)",
            v,
            f"'Cannot cast value to UUID: ' || {v}",
        ),
    )


def _binary_to_uuid(value: str, source: Type, target: Type) -> str:
    return let(
        [value],
        lambda v: guard(
            f"octet_length({v}) <> 16",
            "INVALID_CAST_ARGUMENT",
            f"'Invalid UUID binary length: ' || octet_length({v})",
            f"CAST(lower(hex({v})) AS UUID)",
        ),
    )


def _text_to_ipaddress(value: str, source: Type, target: Type) -> str:
    return call_python("text_to_ip", _parse_address, [value], ["VARCHAR"], "BLOB")


def _parse_address(value: str) -> bytes:
    import ipaddress

    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise SqlError(
            "INVALID_CAST_ARGUMENT", f"Cannot cast value to IPADDRESS: {value}"
        ) from None
    if address.version == 4:
        return b"\0" * 10 + b"\xff\xff" + address.packed
    return address.packed


def _binary_to_ipaddress(value: str, source: Type, target: Type) -> str:
    v4 = "unhex('00000000000000000000ffff')"
    return let(
        [value],
        lambda v: (
            f"(CASE octet_length({v}) WHEN 16 THEN {v} WHEN 4 THEN {v4} || {v} ELSE "
            f"CASE WHEN {v} IS NOT NULL THEN "
            + fail(
                "INVALID_CAST_ARGUMENT",
                f"'Invalid IP address binary length: ' || octet_length({v})",
            )
            + " END END)"
        ),
    )


def _keep(value: str, source: Type, target: Type) -> str:
    return value


CASTS = {
    **{(a, b): _plain for a in INTEGERS for b in INTEGERS},
    **{("boolean", b): _plain for b in (*INTEGERS, "double", "real")},
    ("boolean", "decimal"): _boolean_to_decimal,
    **{(a, "boolean"): _boolean for a in (*INTEGERS, "double", "real", "decimal")},
    **{(a, b): _plain for a in INTEGERS for b in ("double", "real")},
    **{(a, b): _double_to_integer for a in ("double", "real") for b in INTEGERS},
    **{("decimal", b): _decimal_to_integer for b in INTEGERS},
    **{(a, "decimal"): _to_decimal for a in (*INTEGERS, "decimal")},
    **{(a, "decimal"): _double_to_decimal for a in ("double", "real")},
    **{("decimal", b): _decimal_to_double for b in ("double", "real")},
    ("real", "double"): _plain,
    ("double", "real"): _double_to_real,
    **{("varchar", b): _text_to_integer for b in INTEGERS},
    **{("varchar", b): _text_to_double for b in ("double", "real")},
    ("varchar", "decimal"): _text_to_decimal,
    ("varchar", "boolean"): _text_to_boolean,
    ("array", "array"): _array,
    ("map", "map"): _map,
    ("row", "row"): _row,
    ("varchar", "uuid"): _text_to_uuid,
    ("varbinary", "uuid"): _binary_to_uuid,
    ("varchar", "ipaddress"): _text_to_ipaddress,
    ("varbinary", "ipaddress"): _binary_to_ipaddress,
    ("ipaddress", "varbinary"): _keep,
    ("json", "json"): _keep,
}
