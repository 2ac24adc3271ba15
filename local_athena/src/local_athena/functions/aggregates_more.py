"""The rarer aggregates: moments, checksum, distinct estimates, means, frequent items."""

from __future__ import annotations

import math
import struct
from typing import Any

import xxhash

from local_athena.functions.canonical import canonical
from local_athena.functions.lists import items_of_each
from local_athena.functions.registry import AggregateTexts, AggregateWriter
from local_athena.functions.text import guard, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Aggregate, Constant, WindowCall
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, element_of, entry_of, precision_of
from local_athena.sql.types import Type

Node = Aggregate | WindowCall
_PRIME64 = 0x9E3779B185EBCA87
_MASK = (1 << 64) - 1


def _moments(parts: AggregateTexts) -> tuple[str, str]:
    """(count, list of values) of the doubles of a group."""
    value = f"CAST({parts.arguments[0]} AS DOUBLE)"
    return (
        parts.call("count", value, order_by=()),
        parts.call("list", value, where=f"{parts.arguments[0]} IS NOT NULL"),
    )


def _skewness(values: list[float]) -> float | None:
    """Trino's: sqrt(n) * m3 / m2^1.5, the moments as sums."""
    count, m2, m3, _ = _central(values)
    if count < 3:
        return None
    return math.nan if m2 == 0 else math.sqrt(count) * m3 / m2**1.5


def _kurtosis(values: list[float]) -> float | None:
    """Trino's sample excess kurtosis."""
    n, m2, _, m4 = _central(values)
    if n < 4:
        return None
    if m2 == 0:
        return math.nan
    first = (n - 1) * n * (n + 1) / ((n - 2) * (n - 3))
    return first * m4 / (m2 * m2) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def _central(values: list[float]) -> tuple[int, float, float, float]:
    """Count and central sums of powers, updated value by value as Trino does."""
    count, mean, m2, m3, m4 = 0, 0.0, 0.0, 0.0, 0.0
    for value in values:
        before = count
        count += 1
        delta = value - mean
        delta_n = delta / count
        delta_n2 = delta_n * delta_n
        term = delta * delta_n * before
        mean += delta_n
        m4 += (
            term * delta_n2 * (count * count - 3 * count + 3) + 6 * delta_n2 * m2 - 4 * delta_n * m3
        )
        m3 += term * delta_n * (count - 2) - 3 * delta_n * m2
        m2 += term
    return count, m2, m3, m4


def _over_list(name: str, function: Any) -> AggregateWriter:
    def write(node: Node, parts: AggregateTexts) -> str:
        values = _moments(parts)[1]
        made = call_python(name, function, [values], ["DOUBLE[]"], "DOUBLE")
        return f"CAST({made} AS {duckdb_type(node.type)})"

    return write


def _geometric_mean(values: list[float]) -> float | None:
    if not values:
        return None
    total = 0.0
    for value in values:
        if value < 0 or math.isnan(value):
            return math.nan
        total += math.log(value) if value > 0 else -math.inf
    return math.exp(total / len(values))


# ---------------------------------------------------------------- checksum


def _hash(value: Any, type_: Type) -> int:
    """Trino's XxHash64 of one value of a type."""
    base = type_.base
    if base in ("tinyint", "smallint", "integer", "bigint"):
        return xxhash.xxh64_intdigest(struct.pack("<q", value))
    if base == "boolean":
        return xxhash.xxh64_intdigest(struct.pack("<q", 1 if value else 0))
    if base == "double":
        return xxhash.xxh64_intdigest(struct.pack("<d", value + 0.0))
    if base == "real":
        return xxhash.xxh64_intdigest(
            struct.pack("<q", struct.unpack("<i", struct.pack("<f", value))[0])
        )
    if base in ("varchar", "json"):
        return xxhash.xxh64_intdigest(value.encode())
    if base == "char":
        return xxhash.xxh64_intdigest(value.rstrip(" ").encode())
    if base == "varbinary":
        return xxhash.xxh64_intdigest(value)
    if base == "decimal":
        unscaled = int(value.scaleb(int(str(type_.arguments[1]))))
        if int(str(type_.arguments[0])) <= 18:
            return xxhash.xxh64_intdigest(struct.pack("<q", unscaled))
        low = unscaled & _MASK
        high = (unscaled >> 64) & _MASK
        return xxhash.xxh64_intdigest(struct.pack("<Q", high)) ^ xxhash.xxh64_intdigest(
            struct.pack("<Q", low)
        )
    if base == "array":
        total = 0
        for item in value:
            total = 31 * total + (0 if item is None else _hash(item, element_of(type_)))
        return total & _MASK
    if base == "map":
        key, item = entry_of(type_)
        pairs = ((_hash(k, key), 0 if v is None else _hash(v, item)) for k, v in value)
        return sum(k ^ v for k, v in pairs) & _MASK
    raise SqlError("NOT_SUPPORTED", f"checksum({type_}) is not supported")


_NUMBERED = {
    "date": "CAST({0} - DATE '1970-01-01' AS BIGINT)",
    "timestamp": "epoch_us({0})",
    "time": "CAST(epoch_us(DATE '1970-01-01' + {0}) AS BIGINT) * 1000000",
    "interval day to second": "CAST({0} AS BIGINT)",
    "interval year to month": "CAST({0} AS BIGINT)",
}
"""DuckDB text of the number that Trino holds, where the number's hash is the value's."""
_HASHED = frozenset(
    (
        *("tinyint", "smallint", "integer", "bigint", "boolean", "double", "real", "decimal"),
        *("varchar", "json", "char", "varbinary", "unknown"),
    )
)


def _is_hashed(type_: Type) -> bool:
    if type_.base == "array":
        return _is_hashed(element_of(type_))
    if type_.base == "map":
        return all(_is_hashed(part) for part in entry_of(type_))
    return type_.base in _HASHED


def _checksum(node: Node, parts: AggregateTexts) -> str:
    value = parts.arguments[0]
    type_ = node.arguments[0].type
    hashed = type_
    kind = duckdb_type(type_)
    number = _NUMBERED.get(type_.base)
    if number is not None and (type_.base not in ("timestamp", "time") or precision_of(type_) <= 6):
        value, kind, hashed = number.format(value), "BIGINT", Type("bigint")
    elif not _is_hashed(type_):
        raise SqlError("NOT_SUPPORTED", f"checksum({type_}) is not supported")

    def run(values: list[Any]) -> bytes | None:
        if not values:
            return None
        total = 0
        for item in values:
            part = _PRIME64 if item is None else _hash(item, hashed) * _PRIME64
            total = (total + part) & _MASK
        return total.to_bytes(8, "little")

    items = parts.call("list", value)
    name = "checksum_" + "".join(c if c.isalnum() else "_" for c in str(hashed))
    return call_python(name, run, [items], [kind + "[]"], "BLOB")


# ---------------------------------------------------------------- estimates


def _approx_distinct(node: Node, parts: AggregateTexts) -> str:
    """The exact number: within every error that may be asked for."""
    value = canonical(node.arguments[0].type, parts.arguments[0])
    count = parts.call("count", value, distinct=True, order_by=())
    if len(parts.arguments) == 1 or node.arguments[0].type.base == "boolean":
        return count
    error = parts.arguments[1]
    told = f"{parts.arguments[0]} IS NOT NULL AND {error} IS NOT NULL"
    count = parts.call("count", value, where=f"{error} IS NOT NULL", distinct=True, order_by=())
    outside = f"{told} AND NOT ({error} BETWEEN 0.0040625 AND 0.26)"
    bad = parts.call("any_value", error, where=outside, order_by=(), distinct=False)
    return let(
        [bad],
        lambda e: guard(
            f"{e} IS NOT NULL",
            "INVALID_FUNCTION_ARGUMENT",
            f"'Max standard error must be in [0.0040625, 0.26]: ' || {e}",
            count,
        ),
    )


def _approx_most_frequent(node: Node, parts: AggregateTexts) -> str:
    buckets, value = parts.arguments[0], parts.arguments[1]
    items = parts.call("list", value, where=f"{value} IS NOT NULL")
    size = buckets if isinstance(node.arguments[0], Constant) else parts.call("max", buckets)
    counted = items_of_each(items, "e", "1", "{'n': -len({values}), 'k': {key}}")
    return let(
        [f"list_sort({counted})", size],
        lambda c, n: guard(
            f"{n} <= 1 AND {c} IS NOT NULL",
            "INVALID_FUNCTION_ARGUMENT",
            text("approx_most_frequent bucket count must be greater than one"),
            f"map_from_entries(list_sort(list_transform({c}[1:{n}], "
            f"lambda e: struct_pack(key := e.k, value := CAST(-e.n AS BIGINT)))))",
        ),
    )


def _numeric_histogram(node: Node, parts: AggregateTexts) -> str:
    value = f"CAST({parts.arguments[1]} AS DOUBLE)"
    weight = f"CAST({parts.arguments[2]} AS DOUBLE)" if len(parts.arguments) > 2 else "1.0::DOUBLE"
    items = parts.call(
        "list",
        f"struct_pack(v := {value}, w := {weight})",
        where=f"{parts.arguments[1]} IS NOT NULL AND {weight} IS NOT NULL",
    )
    size = parts.call("max", f"CAST({parts.arguments[0]} AS BIGINT)", order_by=())
    made = call_python(
        "numeric_histogram",
        _histogram,
        [items, size],
        ["STRUCT(v DOUBLE, w DOUBLE)[]", "BIGINT"],
        "MAP(DOUBLE, DOUBLE)",
    )
    return f"CAST({made} AS {duckdb_type(node.type)})"


def _histogram(items: list[dict[str, float]], size: int) -> list[tuple[float, float]]:
    """Nearest neighbours are merged until `size` buckets are left."""
    if size < 2:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT", "numeric_histogram bucket count must be greater than one"
        )
    weights: dict[float, float] = {}
    for item in items:
        weights[item["v"]] = weights.get(item["v"], 0.0) + item["w"]
    buckets = sorted(weights.items())
    while len(buckets) > size:
        gaps = [((buckets[i + 1][0] - buckets[i][0]), i) for i in range(len(buckets) - 1)]
        at = min(gaps)[1]
        (a, m), (b, n) = buckets[at], buckets[at + 1]
        buckets[at : at + 2] = [((a * m + b * n) / (m + n), m + n)]
    return buckets


AGGREGATES: dict[str, AggregateWriter] = {
    "skewness": _over_list("skewness", _skewness),
    "kurtosis": _over_list("kurtosis", _kurtosis),
    "geometric_mean": _over_list("geometric_mean", _geometric_mean),
    "checksum": _checksum,
    "approx_distinct": _approx_distinct,
    "approx_most_frequent": _approx_most_frequent,
    "numeric_histogram": _numeric_histogram,
}
