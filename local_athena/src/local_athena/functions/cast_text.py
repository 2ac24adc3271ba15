"""CAST to varchar, char and varbinary: Trino's text of every type."""

from __future__ import annotations

from local_athena.functions import times_zoned, zones
from local_athena.functions.java_numbers import double_text, real_text
from local_athena.functions.text import fail, let
from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import precision_of
from local_athena.sql.types import Type

_NUMBERS = ("tinyint", "smallint", "integer", "bigint", "decimal")


def limited(value: str, target: Type, name: str = "GENERIC_INTERNAL_ERROR") -> str:
    """A text that must fit varchar(n): what is no string is never cut."""
    limit = target.arguments[0]
    if limit is None:
        return value
    message = (
        f"'Value ' || {{v}} || ' cannot be represented as {target}'"
        if name == "INVALID_CAST_ARGUMENT"
        else f"'Character count exceeds length limit {limit}: ' || {{v}}"
    )
    return let(
        [value],
        lambda v: (
            f"(CASE WHEN length({v}) > {limit} THEN {fail(name, message.format(v=v))} ELSE {v} END)"
        ),
    )


def _number(value: str, source: Type, target: Type) -> str:
    if source.base == "decimal" and source.arguments[0] == source.arguments[1]:
        # measured on DuckDB 1.5.5: without a digit before the point it prints `-.5`
        made = f"regexp_replace(CAST({value} AS VARCHAR), '^(-?)[.]', '\\10.')"
        return limited(made, target, "INVALID_CAST_ARGUMENT")
    return limited(f"CAST({value} AS VARCHAR)", target, "INVALID_CAST_ARGUMENT")


def _boolean(value: str, source: Type, target: Type) -> str:
    return limited(f"CAST({value} AS VARCHAR)", target)


def _floating(value: str, source: Type, target: Type) -> str:
    if source.base == "real":
        made = call_python("real_text", real_text, [value], ["FLOAT"], "VARCHAR")
    else:
        made = call_python("double_text", double_text, [value], ["DOUBLE"], "VARCHAR")
    return limited(made, target, "INVALID_CAST_ARGUMENT")


def _text(value: str, source: Type, target: Type) -> str:
    limit = target.arguments[0]
    return value if limit is None else f"substr({value}, 1, {limit})"


def _char(value: str, source: Type, target: Type) -> str:
    width = target.arguments[0]
    return f"rpad(substr({value}, 1, {width}), {width}, ' ')"


def _date(value: str, source: Type, target: Type) -> str:
    return limited(date_text(value), target, "INVALID_CAST_ARGUMENT")


def date_text(value: str) -> str:
    """A DATE's text: four digits of year, or more, a sign before 0."""

    def body(v: str) -> str:
        signed = f"(CASE WHEN year({v}) < 0 THEN '%05d' ELSE '%04d' END)"
        early = f"(printf({signed}, year({v})) || strftime({v}, '-%m-%d'))"
        return f"(CASE WHEN {v} >= DATE '0001-01-01' THEN CAST({v} AS VARCHAR) ELSE {early} END)"

    return let([value], body)


def timestamp_text(value: str, precision: int, separator: str = " ") -> str:
    """A TIMESTAMP's text with that many digits of fraction (6 at most)."""
    dropped = 6 - min(precision, 6) if precision else 7
    tail = f"-%m-%d{separator}%H:%M:%S.%f"

    def body(v: str) -> str:
        shown = f"strftime({v}, '%Y{tail}')"
        far = f"({year_text(v)} || strftime({v}, '{tail}'))"
        usual = f"{v} >= TIMESTAMP '0001-01-01' AND {v} < TIMESTAMP '10000-01-01'"
        whole = f"(CASE WHEN {usual} THEN {shown} ELSE {far} END)"
        return f"left({whole}, -{dropped})" if dropped else whole

    return let([value], body)


def year_text(value: str) -> str:
    """The year of a date or timestamp: four digits, a sign before 0 and past 9999."""
    form = (
        f"(CASE WHEN year({value}) < 0 THEN '%05d' WHEN year({value}) > 9999 THEN '%+d' "
        "ELSE '%04d' END)"
    )
    return f"printf({form}, year({value}))"


def _timestamp(value: str, source: Type, target: Type) -> str:
    return limited(_timestamp_value(value, source), target)


def _timestamp_value(value: str, source: Type) -> str:
    precision = precision_of(source)
    if precision <= 6:
        return timestamp_text(value, precision)
    return let(
        [value],
        lambda v: (
            timestamp_text(f"struct_extract({v}, 'us')", 6)
            + f" || left(lpad(CAST(struct_extract({v}, 'ps') AS VARCHAR), 6, '0'), {precision - 6})"
        ),
    )


def _timestamp_tz(value: str, source: Type, target: Type) -> str:
    precision = precision_of(source)

    def body(v: str) -> str:
        local = timestamp_text(zones.local_of(v), precision)
        if precision > 6:
            rest = f"lpad(CAST(struct_extract({v}, 'ps') AS VARCHAR), 6, '0')"
            local += f" || left({rest}, {precision - 6})"
        return f"({local} || ' ' || {zones.zone(v)})"

    return limited(let([value], body), target)


def time_text(value: str, precision: int) -> str:
    """A TIME's text with that many digits of fraction (6 at most)."""
    length = 8 + (1 + min(precision, 6) if precision else 0)
    return f"left(strftime(DATE '1970-01-01' + {value}, '%H:%M:%S.%f'), {length})"


def _time(value: str, source: Type, target: Type) -> str:
    precision = precision_of(source)
    if precision <= 6:
        return limited(time_text(value, precision), target)
    return limited(
        let(
            [value],
            lambda v: (
                "("
                + time_text(f"struct_extract({v}, 'us')", 6)
                + f" || left(lpad(CAST(struct_extract({v}, 'ps') AS VARCHAR), 6, '0'), "
                + f"{precision - 6}))"
            ),
        ),
        target,
    )


def _time_tz(value: str, source: Type, target: Type) -> str:
    return limited(times_zoned.text_of(value, precision_of(source)), target)


def _day_interval(value: str, source: Type, target: Type) -> str:
    def body(v: str) -> str:
        sign = f"(CASE WHEN {v} < 0 THEN '-' ELSE '' END)"
        rest = f"strftime(make_timestamp((abs({v}) % 86400000) * 1000), '%H:%M:%S.%f')"
        return f"({sign} || CAST(abs({v}) // 86400000 AS VARCHAR) || ' ' || left({rest}, 12))"

    return limited(let([value], body), target)


def _month_interval(value: str, source: Type, target: Type) -> str:
    def body(v: str) -> str:
        sign = f"(CASE WHEN {v} < 0 THEN '-' ELSE '' END)"
        return f"({sign} || (abs({v}) // 12) || '-' || (abs({v}) % 12))"

    return limited(let([value], body), target)


def _uuid(value: str, source: Type, target: Type) -> str:
    return limited(f"CAST({value} AS VARCHAR)", target)


def _uuid_binary(value: str, source: Type, target: Type) -> str:
    return f"unhex(replace(CAST({value} AS VARCHAR), '-', ''))"


def _address(value: str, source: Type, target: Type) -> str:
    return limited(call_python("ip_text", address_text, [value], ["BLOB"], "VARCHAR"), target)


def address_text(value: bytes) -> str:
    """An address' text: IPv4 when it is a mapped one."""
    import ipaddress

    address = ipaddress.IPv6Address(value)
    return str(address.ipv4_mapped or address)


def in_network(network: str, address: bytes) -> bool:
    """Whether a CIDR block holds an address."""
    import ipaddress

    if "/" not in network:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Invalid CIDR")
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Invalid CIDR") from None
    whole = ipaddress.IPv6Address(address)
    return (whole.ipv4_mapped or whole) in found


def _binary(value: str, source: Type, target: Type) -> str:
    return f"encode({value})"


CASTS = {
    **{(base, "varchar"): _number for base in _NUMBERS},
    ("boolean", "varchar"): _boolean,
    ("double", "varchar"): _floating,
    ("real", "varchar"): _floating,
    ("varchar", "varchar"): _text,
    ("char", "varchar"): _text,
    ("varchar", "char"): _char,
    ("char", "char"): _char,
    ("date", "varchar"): _date,
    ("timestamp", "varchar"): _timestamp,
    ("timestamp with time zone", "varchar"): _timestamp_tz,
    ("time", "varchar"): _time,
    ("time with time zone", "varchar"): _time_tz,
    ("interval day to second", "varchar"): _day_interval,
    ("interval year to month", "varchar"): _month_interval,
    ("uuid", "varchar"): _uuid,
    ("uuid", "varbinary"): _uuid_binary,
    ("ipaddress", "varchar"): _address,
    ("varchar", "varbinary"): _binary,
    ("char", "varbinary"): _binary,
}
