"""Numbers: rounding, powers, logarithms, trigonometry, statistics of one value.

Measured on DuckDB 1.5.5: logarithms of 0 and negatives, roots of negatives and sin(infinity) raise
natively where Java gives NaN or -Infinity; cbrt and cosh differ in the last digit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Any

from local_athena.functions.decimals import digits, scaled, unscaled
from local_athena.functions.text import fail, guard, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.computed_types import MAX_DECIMAL
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import Type

_INTEGERS = frozenset({"tinyint", "smallint", "integer", "bigint"})
_NAN = "CAST('nan' AS DOUBLE)"


def _abs(call: Call, arguments: Sequence[str]) -> str:
    return f"abs({arguments[0]})"


def _whole(function: str) -> Callable[[Call, Sequence[str]], str]:
    """floor, ceiling, truncate: integers stay, decimals lose their scale."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        source = call.arguments[0].type
        if source.base in _INTEGERS:
            return arguments[0]
        if source.base == "decimal":
            return f"CAST({function}({arguments[0]}) AS {duckdb_type(call.type)})"
        return f"{function}({arguments[0]})"

    return write


def _truncate(call: Call, arguments: Sequence[str]) -> str:
    source = call.arguments[0].type
    if len(arguments) == 1:
        return _whole("trunc")(call, arguments)
    if source.base == "decimal":
        return _decimal_places(call, arguments, half_up=False)
    if source.base in _INTEGERS:
        return arguments[0]
    texts = [f"CAST({arguments[0]} AS DOUBLE)", f"CAST({arguments[1]} AS BIGINT)"]
    made = call_python("truncate_places", _truncate_places, texts, ["DOUBLE", "BIGINT"], "DOUBLE")
    return f"CAST({made} AS {duckdb_type(call.type)})"


def _truncate_places(value: float, places: int) -> float:
    if math.isnan(value) or math.isinf(value):
        return value
    from decimal import ROUND_DOWN, Decimal

    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN))


def _round(call: Call, arguments: Sequence[str]) -> str:
    source = call.arguments[0].type
    value = arguments[0]
    kind = duckdb_type(call.type)
    if source.base == "decimal":
        if len(arguments) == 2:
            return _decimal_places(call, arguments, half_up=True)
        return f"CAST(round({value}) AS {kind})"
    if source.base in _INTEGERS:
        if len(arguments) == 1:
            return value
        return let(
            [value, arguments[1]],
            lambda v, n: (
                f"(CASE WHEN {n} >= 0 THEN {v} WHEN {n} < -18 AND {v} IS NOT NULL THEN "
                + fail("NUMERIC_VALUE_OUT_OF_RANGE", f"'numerical overflow: ' || {v}")
                + f" WHEN {n} < 0 THEN {_round_integer(v, n, kind)} END)"
            ),
        )
    if len(arguments) == 1:
        return f"round({value})"
    return let([value, arguments[1]], lambda v, n: _round_double(v, n, kind))


def _round_integer(value: str, places: str, kind: str) -> str:
    unit = f"CAST(pow(10, least(-{places}, 19)) AS HUGEINT)"
    away = f"(sign({value}) * ((abs(CAST({value} AS HUGEINT)) + {unit} // 2) // {unit}) * {unit})"
    return f"CAST({away} AS {kind})"


def _round_double(value: str, places: str, kind: str) -> str:
    """As Trino computes it: shift by a power of ten, round half away from zero, shift back."""
    factor = f"pow(CAST(10 AS DOUBLE), {places})"
    scaled_value = f"(CAST({value} AS DOUBLE) * {factor})"
    rounded = f"(round(abs({scaled_value})) * sign({value}) / {factor})"
    return (
        f"(CASE WHEN isnan({value}) OR isinf({value}) OR isinf({scaled_value}) THEN {value} "
        f"ELSE CAST({rounded} AS {kind}) END)"
    )


def _whole_fits(value: str, whole: str, type_: Type) -> str:
    """The decimal of that many units; a 39th digit is what rounding up may make of 38."""
    if digits(type_)[0] < MAX_DECIMAL:
        return scaled(whole, type_)
    limit = f"CAST('1' || repeat('0', {MAX_DECIMAL}) AS HUGEINT)"
    overflow = f"'decimal overflow: ' || {value}"

    def body(w: str) -> str:
        fits = scaled(w, type_)
        return guard(f"abs({w}) >= {limit}", "NUMERIC_VALUE_OUT_OF_RANGE", overflow, fits)

    return let([whole], body)


def _decimal_places(call: Call, arguments: Sequence[str], half_up: bool) -> str:
    """round and truncate of a decimal to n places; the scale stays."""
    source = call.arguments[0].type
    scale = digits(source)[1]
    out = digits(call.type)[1]

    def body(v: str, n: str) -> str:
        # (as a text: a double is no power of ten past 10^22)
        unit = f"CAST('1' || repeat('0', least({scale} - {n}, 37)) AS HUGEINT)"
        number = unscaled(v, source)
        half = f" + {unit} // 2" if half_up else ""
        whole = f"(CAST(sign({v}) AS HUGEINT) * ((abs({number}){half}) // {unit}) * {unit})"
        if out > scale:
            whole = f"({whole} * {10 ** (out - scale)})"
        same = f"CAST({v} AS {duckdb_type(call.type)})"
        beyond = f"CAST(0 AS {duckdb_type(call.type)})"
        return (
            f"(CASE WHEN {n} >= {scale} THEN {same} WHEN {scale} - {n} > 37 THEN {beyond} "
            f"WHEN {n} IS NOT NULL THEN {_whole_fits(v, whole, call.type)} END)"
        )

    return let([arguments[0], arguments[1]], body)


def _sign(call: Call, arguments: Sequence[str]) -> str:
    source = call.arguments[0].type
    kind = duckdb_type(call.type)
    if source.base in ("double", "real"):
        return let(
            [arguments[0]],
            lambda v: f"(CASE WHEN isnan({v}) THEN {v} ELSE CAST(sign({v}) AS {kind}) END)",
        )
    return f"CAST(sign({arguments[0]}) AS {kind})"


def _python(name: str, function: Callable[..., Any]) -> Callable[[Call, Sequence[str]], str]:
    """A function of doubles in Python, where the C library and Java agree with it."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        kinds = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(name, function, arguments, kinds, duckdb_type(call.type))

    return write


def _ln(call: Call, arguments: Sequence[str]) -> str:
    return let([arguments[0]], lambda v: _log_of("ln", v))


def _log_of(function: str, v: str) -> str:
    return (
        f"(CASE WHEN {v} > 0 THEN {function}({v}) WHEN {v} = 0 THEN CAST('-inf' AS DOUBLE) "
        f"WHEN {v} < 0 THEN {_NAN} ELSE {v} END)"
    )


def _log_base(base: str) -> Callable[[Call, Sequence[str]], str]:
    def write(call: Call, arguments: Sequence[str]) -> str:
        return let([arguments[0]], lambda v: _log_of(base, v))

    return write


def _log(call: Call, arguments: Sequence[str]) -> str:
    return _python("log_base", _java_log)(call, arguments)


def _java_log(base: float, value: float) -> float:
    return _divide(_natural(value), _natural(base))


def _natural(value: float) -> float:
    if math.isnan(value) or value < 0:
        return math.nan
    if value == 0:
        return -math.inf
    return math.log(value)


def _divide(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    if math.isinf(a) and math.isinf(b):
        return math.nan
    return a / b


def _guarded(function: str, valid: str) -> Callable[[Call, Sequence[str]], str]:
    """A native function, NaN where `valid` (of {0}) does not hold."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        return let(
            [arguments[0]],
            lambda v: (
                f"(CASE WHEN {valid.format(v)} THEN {function}({v}) "
                f"WHEN {v} IS NOT NULL THEN {_NAN} END)"
            ),
        )

    return write


def _native(function: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda call, arguments: f"{function}({', '.join(arguments)})"


def _cbrt(value: float) -> float:
    if math.isnan(value) or math.isinf(value) or value == 0:
        return value
    root = math.copysign(abs(value) ** (1 / 3), value)
    nearest = float(round(root))
    if nearest**3 == value:
        return nearest
    return root - (root * root * root - value) / (3 * root * root)


def _power(call: Call, arguments: Sequence[str]) -> str:
    return _python("power", _java_pow)(call, arguments)


def _java_pow(base: float, exponent: float) -> float:
    try:
        if exponent == 0:
            return 1.0
        if math.isnan(exponent) or math.isnan(base):
            return math.nan
        if abs(base) == 1 and math.isinf(exponent):
            return math.nan
        if (
            base < 0
            and not float(exponent).is_integer()
            and not math.isinf(exponent)
            and not math.isinf(base)
        ):
            return math.nan
        return math.pow(base, exponent)
    except OverflowError:
        odd = float(exponent).is_integer() and int(exponent) % 2 == 1
        return -math.inf if base < 0 and odd else math.inf
    except (ValueError, ZeroDivisionError):
        if base == 0:
            return math.inf
        return math.nan


def _exp(call: Call, arguments: Sequence[str]) -> str:
    return _native("exp")(call, arguments)


def _constant(text_: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda call, arguments: text_


def _is_finite(call: Call, arguments: Sequence[str]) -> str:
    return f"isfinite({arguments[0]})"


def _is_infinite(call: Call, arguments: Sequence[str]) -> str:
    return f"isinf({arguments[0]})"


def _sinh(value: float) -> float:
    try:
        return math.sinh(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _cosh(value: float) -> float:
    try:
        return math.cosh(value)
    except OverflowError:
        return math.inf


def _is_nan(call: Call, arguments: Sequence[str]) -> str:
    return f"isnan({arguments[0]})"


def _extreme(function: str) -> Callable[[Call, Sequence[str]], str]:
    """greatest and least: NULL if any is NULL, NaN counts as greater than none."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        from local_athena.functions.comparison import is_plain
        from local_athena.functions.ordering import first_of

        type_ = call.type
        greatest = function == "greatest"

        def body(*names: str) -> str:
            nulls = " OR ".join(f"{name} IS NULL" for name in names)
            if type_.base in ("double", "real"):
                items = ", ".join(names)
                numbers = f"list_filter([{items}], lambda n: NOT isnan(n))"
                pick = "list_max" if greatest else "list_min"
                best = f"COALESCE({pick}({numbers}), {names[0]})"
                return f"(CASE WHEN {nulls} THEN NULL ELSE {best} END)"
            if is_plain(type_):
                return f"(CASE WHEN {nulls} THEN NULL ELSE {function}({', '.join(names)}) END)"
            best = names[0]
            for name in names[1:]:
                best = let([best], partial(first_of, type_, right=name, greatest=greatest))
            return f"(CASE WHEN {nulls} THEN NULL ELSE {best} END)"

        return let(arguments, body)

    return write


def _random(call: Call, arguments: Sequence[str]) -> str:
    if not arguments:
        return "random()"
    kind = duckdb_type(call.type)
    if len(arguments) == 1:
        message = text("bound must be positive")
        return let(
            [arguments[0]],
            lambda n: guard(
                f"{n} <= 0",
                "INVALID_FUNCTION_ARGUMENT",
                message,
                f"CAST(floor(random() * {n}) AS {kind})",
            ),
        )
    wide = "DOUBLE" if call.type.base in ("real", "double") else "HUGEINT"
    return let(
        [arguments[0], arguments[1]],
        lambda a, b: guard(
            f"{a} >= {b}",
            "INVALID_FUNCTION_ARGUMENT",
            text("start value must be less than stop value"),
            f"CAST(CAST({a} AS {wide}) + floor(random() * (CAST({b} AS {wide}) - {a})) AS {kind})",
        ),
    )


_SIZE = re.compile(r"(\d+(?:\.\d+)?)(B|kB|MB|GB|TB|PB|EB|ZB|YB)", re.ASCII)
_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")


def _data_size(value: str) -> Decimal:
    """`2.5kB` in bytes."""
    found = _SIZE.fullmatch(value)
    if found is None:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid data size: '{value}'")
    bytes_ = Decimal(found[1]) * Decimal(1024) ** _SIZE_UNITS.index(found[2])
    if bytes_ >= Decimal(10) ** 38:
        raise SqlError("NUMERIC_VALUE_OUT_OF_RANGE", f"Value out of range: '{value}'")
    return bytes_.quantize(Decimal(1), rounding=ROUND_DOWN)


def _width_bucket(call: Call, arguments: Sequence[str]) -> str:
    if len(arguments) == 2:
        value, bins = arguments
        kind = duckdb_type(call.arguments[1].type)
        return call_python("width_bucket_bins", _bins, [value, bins], ["DOUBLE", kind], "BIGINT")
    kinds = ["DOUBLE", "DOUBLE", "DOUBLE", "BIGINT"]
    return call_python("width_bucket", _buckets, arguments, kinds, "BIGINT")


def _bins(value: float, bins: list[float | None]) -> int:
    if not bins:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Bins cannot be an empty array")
    if math.isnan(value):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Operand cannot be NaN")
    # a binary search that checks only what it meets, and takes NULL for 0, as Trino's
    lower, upper = 0, len(bins)
    while lower < upper:
        if (bins[lower] or 0.0) > (bins[upper - 1] or 0.0):
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", "Bin values are not sorted in ascending order"
            )
        middle = (lower + upper) // 2
        limit = bins[middle] or 0.0
        if not math.isfinite(limit):
            raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Bin value must be finite, got {limit}")
        if value < limit:
            upper = middle
        else:
            lower = middle + 1
    return lower


def _buckets(value: float, low: float, high: float, count: int) -> int:
    if count <= 0:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "bucketCount must be greater than 0")
    if math.isnan(value):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "operand must not be NaN")
    if not math.isfinite(low) or not math.isfinite(high):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "bounds must be finite")
    if low == high:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "bounds cannot equal each other")
    lower, upper = min(low, high), max(low, high)
    if value < lower:
        result = 0
    elif value >= upper:
        result = count + 1
    else:
        result = int(count * (value - lower) / (upper - lower) + 1)
    return count - result + 1 if low > high else result


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _radix(radix: int) -> None:
    if not 2 <= radix <= 36:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Radix must be between 2 and 36")


def _from_base(value: str, radix: int) -> int:
    _radix(radix)
    problem = SqlError("INVALID_FUNCTION_ARGUMENT", f"Not a valid base-{radix} number: {value}")
    digits_ = value[1:] if value[:1] in ("+", "-") else value
    if not digits_ or any(c not in _DIGITS[:radix] for c in digits_.lower()):
        raise problem
    number = int(value, radix)
    if not -(2**63) <= number < 2**63:
        raise problem
    return number


def _to_base(value: int, radix: int) -> str:
    _radix(radix)
    if value == 0:
        return "0"
    result, rest = "", abs(value)
    while rest:
        rest, digit = divmod(rest, radix)
        result = _DIGITS[digit] + result
    return "-" + result if value < 0 else result


SCALARS = {
    "abs": _abs,
    "ceil": _whole("ceil"),
    "ceiling": _whole("ceil"),
    "floor": _whole("floor"),
    "truncate": _truncate,
    "round": _round,
    "sign": _sign,
    "ln": _ln,
    "log": _log,
    "log2": _log_base("log2"),
    "log10": _log_base("log10"),
    "sqrt": _guarded("sqrt", "{0} >= 0"),
    "cbrt": _python("cbrt", _cbrt),
    "exp": _exp,
    "pow": _power,
    "power": _power,
    "sin": _guarded("sin", "isfinite({0})"),
    "cos": _guarded("cos", "isfinite({0})"),
    "tan": _guarded("tan", "isfinite({0})"),
    "asin": _guarded("asin", "abs({0}) <= 1"),
    "acos": _guarded("acos", "abs({0}) <= 1"),
    "atan": _native("atan"),
    "atan2": _native("atan2"),
    "sinh": _python("sinh", _sinh),
    "cosh": _python("cosh", _cosh),
    "tanh": _python("tanh", math.tanh),
    "degrees": _python("degrees", math.degrees),
    "radians": _python("radians", lambda value: value / 180.0 * math.pi),
    "pi": _constant("pi()"),
    "e": _constant(f"CAST('{math.e!r}' AS DOUBLE)"),
    "nan": _constant(_NAN),
    "infinity": _constant("CAST('inf' AS DOUBLE)"),
    "is_nan": _is_nan,
    "is_finite": _is_finite,
    "is_infinite": _is_infinite,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "parse_data_size": _python("parse_data_size", _data_size),
    "parse_presto_data_size": _python("parse_data_size", _data_size),
    "rand": _random,
    "random": _random,
    "width_bucket": _width_bucket,
    "from_base": _python("from_base", _from_base),
    "to_base": _python("to_base", _to_base),
}
