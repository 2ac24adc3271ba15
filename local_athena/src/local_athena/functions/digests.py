"""Quantile digests, t-digests and HyperLogLog sketches.

A digest is kept as its values with their weights, sorted: STRUCT(v, w)[]. Its answers are those of
Trino's before it compresses, so always within the stated error. A sketch is the 65,536 smallest
64-bit hashes, sorted: exact up to there, then within 0.4 %. The bytes of either mean nothing to
Trino: a cast to varbinary and a result column of such a type are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions.canonical import canonical
from local_athena.functions.registry import AggregateTexts, AggregateWriter, ScalarWriter
from local_athena.functions.text import fail, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Aggregate, Call, WindowCall
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type

Node = Aggregate | WindowCall
Weighted = list[dict[str, Any]]
_HASHES = 65_536


def _bad(message: str) -> SqlError:
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


# ---------------------------------------------------------------- values of digests


def value_by_interpolation(items: Weighted, share: float) -> float | None:
    """A t-digest's value: between neighbours in proportion to their weights, a value of weight 1
    standing for itself (Dunning's merging digest)."""
    if not items:
        return None
    values = [float(item["v"]) for item in items]
    weights = [float(item["w"]) for item in items]
    total = sum(weights)
    place = share * total
    if len(items) == 1 or place < 1:
        return values[0]
    if weights[0] > 1 and place < weights[0] / 2:
        return values[0]
    if place > total - 1:
        return values[-1]
    if weights[-1] > 1 and total - place <= weights[-1] / 2:
        return values[-1]
    passed = weights[0] / 2
    for index in range(len(items) - 1):
        step = (weights[index] + weights[index + 1]) / 2
        if passed + step > place:
            left = right = 0.0
            if weights[index] == 1:
                if place - passed < 0.5:
                    return values[index]
                left = 0.5
            if weights[index + 1] == 1:
                if passed + step - place <= 0.5:
                    return values[index + 1]
                right = 0.5
            before, after = place - passed - left, passed + step - place - right
            low, high = values[index], values[index + 1]
            between = (low * after + high * before) / (before + after)
            return max(low, min(between, high))
        passed += step
    return values[-1]


def value_by_rank(items: Weighted, share: float) -> Any:
    """A quantile digest's value: the first whose weight and those before pass the share."""
    if not items:
        return None
    place = share * sum(item["w"] for item in items)
    passed = 0.0
    for item in items:
        passed += item["w"]
        if passed > place:
            return item["v"]
    return items[-1]["v"]


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise _bad(f"Quantile should be within bounds [0, 1], was: {share}")


def _is_t(call: Call) -> bool:
    return call.arguments[0].type.base == "tdigest"


def _value_at(call: Call, arguments: Sequence[str]) -> str:
    find = value_by_interpolation if _is_t(call) else value_by_rank

    def run(items: Weighted, share: float) -> Any:
        _check_share(share)
        return find(items, share)

    return _python(call, f"value_at_{find.__name__[9:]}", run, arguments)


def _values_at(call: Call, arguments: Sequence[str]) -> str:
    find = value_by_interpolation if _is_t(call) else value_by_rank

    def run(items: Weighted, shares: list[float | None]) -> list[Any] | None:
        if not items:
            return None
        found = [share for share in shares if share is not None]
        if len(found) < len(shares):
            raise _bad("All quantiles should be non-null.")
        for share in found:
            _check_share(share)
        return [find(items, share) for share in found]

    return _python(call, f"values_at_{find.__name__[9:]}", run, arguments)


def _quantile_at(call: Call, arguments: Sequence[str]) -> str:
    def run(items: Weighted, value: Any) -> float | None:
        if not items or value < items[0]["v"] or value > items[-1]["v"]:
            return None
        total = sum(item["w"] for item in items)
        return float(sum(item["w"] for item in items if item["v"] < value) / total)

    return _python(call, "quantile_at", run, arguments)


def _python(call: Call, name: str, run: Callable[..., Any], arguments: Sequence[str]) -> str:
    kinds = [duckdb_type(argument.type) for argument in call.arguments]
    return call_python(name, run, arguments, kinds, duckdb_type(call.type))


# ---------------------------------------------------------------- making and merging digests


def weighted_list(parts: AggregateTexts, weight: str | None = None) -> str:
    """The values of a group with their weights (1 without any), sorted; NULL for no values. Rows
    with a NULL among the arguments do not count."""
    value = parts.arguments[0]
    where = " AND ".join(f"{argument} IS NOT NULL" for argument in parts.arguments)
    packed = f"struct_pack(v := {value}, w := CAST({weight or '1'} AS DOUBLE))"
    return parts.call("list", packed, where=where, order_by=[packed])


def _digest(node: Node, parts: AggregateTexts) -> str:
    made = weighted_list(parts, parts.arguments[1] if len(parts.arguments) > 1 else None)
    kind = duckdb_type(node.type)
    floating = node.arguments[0].type.base in ("double", "real")

    def body(items: str) -> str:
        tests = f"WHEN len(list_filter({items}, lambda e: e.w <= 0)) > 0 THEN {_NO_WEIGHT} "
        if floating:
            odd = f"list_filter({items}, lambda e: NOT isfinite(e.v))"
            failure = fail(
                "INVALID_FUNCTION_ARGUMENT", f"'value must be finite; was ' || ({odd})[1].v"
            )
            tests += f"WHEN len({odd}) > 0 THEN {failure} "
        return f"(CASE {tests} ELSE CAST({items} AS {kind}) END)"

    return let([made], body)


_NO_WEIGHT = fail("INVALID_FUNCTION_ARGUMENT", text("weight must be > 0"))


def _merge(node: Node, parts: AggregateTexts) -> str:
    value = parts.arguments[0]
    lists = parts.call("list", value, where=f"{value} IS NOT NULL", order_by=())
    if node.type.base == "hyperloglog":
        return f"list_sort(list_distinct(flatten({lists})))[1:{_HASHES}]"
    return f"list_sort(flatten({lists}))"


# ---------------------------------------------------------------- HyperLogLog


def _approx_set(node: Node, parts: AggregateTexts) -> str:
    value = canonical(node.arguments[0].type, parts.arguments[0])
    return parts.call(
        "min",
        f"hash({value})",
        str(_HASHES),
        where=f"{parts.arguments[0]} IS NOT NULL",
        order_by=(),
        distinct=True,
    )


def sketch_cardinality(sketch: str) -> str:
    """The number of different values that a sketch has seen."""
    return let(
        [sketch],
        lambda s: (
            f"(CASE WHEN len({s}) < {_HASHES} THEN CAST(len({s}) AS BIGINT) ELSE "
            f"CAST(round({_HASHES - 1} / (CAST({s}[{_HASHES}] AS DOUBLE) / {2.0**64!r})) "
            f"AS BIGINT) END)"
        ),
    )


def _empty_set(call: Call, arguments: Sequence[str]) -> str:
    return f"CAST([] AS {duckdb_type(call.type)})"


# ---------------------------------------------------------------- approx_percentile


def _approx_percentile(node: Node, parts: AggregateTexts) -> str:
    """(value, share), (value, weight, share) or (value, weight, share, accuracy)."""
    weighted = len(parts.arguments) > 2
    place = 2 if weighted else 1
    share = parts.call("any_value", parts.arguments[place], order_by=(), distinct=False)
    items = weighted_list(parts, parts.arguments[1] if weighted else None)
    texts, kinds = [items, share], [f"STRUCT(v {_kind(node)}, w DOUBLE)[]"]
    kinds.append("DOUBLE[]" if node.arguments[place].type.base == "array" else "DOUBLE")
    if len(parts.arguments) == 4:
        texts.append(parts.call("any_value", parts.arguments[3], order_by=(), distinct=False))
        kinds.append("DOUBLE")
    run = _percentile(node.arguments[0].type.base, len(parts.arguments))
    name = f"approx_percentile_{node.arguments[0].type.base}_{len(parts.arguments)}"
    return call_python(name, run, texts, kinds, duckdb_type(node.type))


def _kind(node: Node) -> str:
    return duckdb_type(node.arguments[0].type)


def _percentile(base: str, arity: int) -> Callable[..., Any]:
    def run(items: Weighted, shares: Any, accuracy: float | None = None) -> Any:
        if not items:
            return None
        for item in items:
            _check_item(item, base, arity)
        if arity == 4 and not (accuracy is not None and 0 < accuracy < 1):
            raise _bad("Percentile accuracy must be strictly between 0 and 1")
        several = isinstance(shares, list)
        found = [_one(items, share, base, arity) for share in (shares if several else [shares])]
        return found if several else found[0]

    return _of_arity(run, arity)


def _of_arity(run: Callable[..., Any], arity: int) -> Callable[..., Any]:
    return run if arity == 4 else lambda items, shares: run(items, shares)


def _check_item(item: dict[str, Any], base: str, arity: int) -> None:
    value, weight = item["v"], item["w"]
    if arity == 4:
        if not weight > 0:
            raise _bad("percentile weight must be > 0")
        return
    if base in ("double", "real") and not math.isfinite(value):
        raise _bad(f"value must be finite; was {_shown(value)}")
    if not math.isfinite(weight):
        raise _bad(f"weight must be finite, was {_shown(weight)}")
    if weight < 1:
        raise _bad(f"weight must be >= 1, was {_shown(weight)}")


def _shown(value: float) -> str:
    from local_athena.functions.java_numbers import java_double

    return java_double(value)


def _one(items: Weighted, share: float | None, base: str, arity: int) -> Any:
    if share is None:
        raise _bad("Percentile cannot be null")
    if not 0 <= share <= 1:
        raise _bad("Percentile must be between 0 and 1")
    if arity != 3:
        return value_by_rank(items, share)
    found = value_by_interpolation(items, share)
    if found is None or base in ("double", "real"):
        return found
    return math.floor(found + 0.5)


SCALARS: dict[str, ScalarWriter] = {
    "value_at_quantile": _value_at,
    "values_at_quantiles": _values_at,
    "quantile_at_value": _quantile_at,
    "empty_approx_set": _empty_set,
}
AGGREGATES: dict[str, AggregateWriter] = {
    "tdigest_agg": _digest,
    "qdigest_agg": _digest,
    "merge": _merge,
    "approx_set": _approx_set,
    "approx_percentile": _approx_percentile,
}
