"""The aggregates of every day: counts, sums, averages, extremes, booleans, collections.

Measured on DuckDB 1.5.5: avg of a decimal is DOUBLE natively; sum(decimal(38,0)) passes 10^38 in
silence; quantile_disc is not approx_percentile.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import partial

from local_athena.functions.casts import cast_text
from local_athena.functions.decimals import digits, half_up, scaled, unscaled
from local_athena.functions.lambdas import reduce_text
from local_athena.functions.lists import distinct_items, first_of_each, items_of_each
from local_athena.functions.ordering import first_of, is_odd, order, sort_key
from local_athena.functions.registry import AggregateTexts, AggregateWriter
from local_athena.functions.text import fail, guard, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Aggregate, Constant, WindowCall
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import BOOLEAN, DOUBLE

Node = Aggregate | WindowCall
_INTEGERS = ("tinyint", "smallint", "integer", "bigint")


def _count(node: Node, parts: AggregateTexts) -> str:
    if not parts.arguments:
        return parts.call("count", "*", order_by=())
    return parts.call("count", parts.arguments[0], order_by=())


def _count_if(node: Node, parts: AggregateTexts) -> str:
    if parts.distinct:
        return parts.call("count", "TRUE", where=parts.arguments[0], order_by=())
    return parts.call("count", "*", where=parts.arguments[0], order_by=())


def _sum(node: Node, parts: AggregateTexts) -> str:
    value = parts.arguments[0]
    type_ = node.arguments[0].type
    if type_.base in _INTEGERS:
        total = parts.call("sum", value, order_by=())
        return f"CAST({total} AS {duckdb_type(node.type)})"
    if type_.base == "decimal":
        total = parts.call("sum", value, order_by=())
        if digits(type_)[0] > 27:  # (fewer digits need 10^11 rows to pass 38)
            return let([total], lambda t: _checked_sum(t, node))
        return f"CAST({total} AS {duckdb_type(node.type)})"
    if type_.base == "real":
        return f"CAST({parts.call('sum', value)} AS FLOAT)"
    if type_.base.startswith("interval"):
        return f"CAST({parts.call('sum', value, order_by=())} AS {duckdb_type(node.type)})"
    return parts.call("sum", value)


def _checked_sum(total: str, node: Node) -> str:
    """The sum, or `Decimal overflow` past 38 digits. (Past 128 bits DuckDB says so itself.)"""
    kind = duckdb_type(node.type)
    largest = Decimal(10**38 - 1).scaleb(-digits(node.type)[1], Context(prec=38))
    return guard(
        f"abs({total}) > CAST('{largest:f}' AS {kind})",
        "NUMERIC_VALUE_OUT_OF_RANGE",
        text("Decimal overflow"),
        f"CAST({total} AS {kind})",
    )


def _avg(node: Node, parts: AggregateTexts) -> str:
    value = parts.arguments[0]
    type_ = node.arguments[0].type
    if type_.base == "decimal":
        total = parts.call("sum", value, order_by=())
        count = parts.call("count", value, order_by=())
        wide = type_.__class__("decimal", (38, digits(type_)[1]))
        number = unscaled(f"CAST({total} AS {duckdb_type(wide)})", wide)
        number = f"CAST({number} AS HUGEINT)"
        return let(
            [number, f"CAST({count} AS HUGEINT)"],
            lambda n, c: (
                f"(CASE WHEN {c} = 0 THEN NULL ELSE {scaled(half_up(n, c), node.type)} END)"
            ),
        )
    if type_.base.startswith("interval"):
        total = parts.call("sum", value, order_by=())
        count = parts.call("count", value, order_by=())
        # (a half goes up, also below zero: Java's Math.round)
        return f"CAST(floor({total} / {count} + 0.5) AS {duckdb_type(node.type)})"
    if type_.base == "real":
        return f"CAST({parts.call('avg', value)} AS FLOAT)"
    return parts.call("avg", value)


def _extreme(function: str) -> AggregateWriter:
    def write(node: Node, parts: AggregateTexts) -> str:
        value = parts.arguments[0]
        type_ = node.arguments[0].type
        if len(parts.arguments) == 2:
            return _extreme_n(function, node, parts)
        if type_.base in ("double", "real"):
            kind = duckdb_type(type_)
            plain = parts.call(function, value, where=f"NOT isnan({value})", order_by=())
            nan = parts.call("bool_or", f"isnan({value})", order_by=(), distinct=False)
            return f"COALESCE({plain}, CASE WHEN {nan} THEN CAST('nan' AS {kind}) END)"
        plain = parts.call(function, value, order_by=())
        if type_.base not in ("array", "row"):
            return plain
        items = parts.call("list", value, where=f"{value} IS NOT NULL", distinct=False)
        odd = parts.call("bool_or", is_odd(type_, value), order_by=(), distinct=False)
        first = partial(first_of, type_, greatest=function == "max")
        reduced = f"list_reduce({items}, lambda best, item: {first('best', 'item')})"
        return f"(CASE WHEN {odd} THEN {reduced} ELSE {plain} END)"

    return write


def _extreme_n(function: str, node: Node, parts: AggregateTexts) -> str:
    value, count = parts.arguments
    direction = "DESC" if function == "max" else "ASC"
    key = sort_key(node.arguments[0].type, value, nan_first=function == "max")
    items = parts.call(
        "list",
        value,
        where=f"{value} IS NOT NULL",
        order_by=[f"{key} {direction}"],
        distinct=False,
    )
    if parts.distinct:
        items = let([items], lambda i: distinct_items(i, node.arguments[0].type))
    size = parts.call("max", count, distinct=False, order_by=())
    return _first_items(items, size, f"second argument of {function}_n", "positive")


_MOST_ITEMS = 10_000


def _first_items(items: str, size: str, shown: str, wanted: str) -> str:
    """The first so many; `shown` names the argument that says how many, and must be `wanted`."""
    few = f"{shown} must be {wanted}"
    many = f"{shown} must be less than or equal to {_MOST_ITEMS}; found "
    return let(
        [items, size],
        lambda i, n: guard(
            f"{i} IS NOT NULL AND {n} <= 0",
            "INVALID_FUNCTION_ARGUMENT",
            text(few),
            guard(
                f"{i} IS NOT NULL AND {n} > {_MOST_ITEMS}",
                "INVALID_FUNCTION_ARGUMENT",
                f"{text(many)} || {n}",
                f"{i}[1:{n}]",
            ),
        ),
    )


def _values_by(parts: AggregateTexts, value: str, key: str, direction: str) -> str:
    """The values in the order of their keys."""
    known = f"{key} IS NOT NULL"
    if not parts.distinct:
        return parts.call("list", value, where=known, order_by=[f"{key} {direction}"])
    pairs = parts.call("list", f"struct_pack(k := {key}, v := {value})", where=known, order_by=())
    return f"list_transform(list_sort({pairs}, '{direction}'), lambda e: e.v)"


def _by(function: str) -> AggregateWriter:
    def write(node: Node, parts: AggregateTexts) -> str:
        value, key = parts.arguments[:2]
        direction = "DESC" if function == "max_by" else "ASC"
        if len(parts.arguments) == 3:
            size = parts.call("max", parts.arguments[2], distinct=False, order_by=())
            rank = sort_key(node.arguments[1].type, key, nan_first=function == "max_by")
            items = _values_by(parts, value, rank, direction)
            return _first_items(items, size, f"third argument of {function}", "a positive integer")
        packed = "{'v': " + value + "}"
        chosen = parts.call(
            "arg_max" if function == "max_by" else "arg_min", packed, key, order_by=()
        )
        chosen = f"struct_extract({chosen}, 'v')"
        type_ = node.arguments[1].type
        if type_.base not in ("array", "row"):
            return chosen
        pairs = parts.call("list", f"{{'k': {key}, 'v': {value}}}", where=f"{key} IS NOT NULL")
        odd = parts.call("bool_or", is_odd(type_, key), order_by=(), distinct=False)
        wanted = 1 if function == "max_by" else -1
        better = order(type_, "item.k", "best.k", nan_first=function == "max_by")
        pick = f"CASE WHEN {better} = {wanted} THEN item ELSE best END"
        reduced = f"list_reduce({pairs}, lambda best, item: {pick})"
        return f"(CASE WHEN {odd} THEN struct_extract({reduced}, 'v') ELSE {chosen} END)"

    return write


def _array_agg(node: Node, parts: AggregateTexts) -> str:
    if not parts.distinct or parts.order_by:
        return parts.call("list", parts.arguments[0])
    # (each value at its first place: natively DISTINCT keeps no order)
    type_ = node.arguments[0].type
    items = parts.call("list", parts.arguments[0], distinct=False)
    return let([items], lambda i: distinct_items(i, type_))


def _any_value(node: Node, parts: AggregateTexts) -> str:
    return parts.call("any_value", parts.arguments[0], order_by=())


def _boolean(function: str) -> AggregateWriter:
    return lambda node, parts: parts.call(function, parts.arguments[0], order_by=())


def _map_agg(node: Node, parts: AggregateTexts) -> str:
    """Pairs of each key's first value; NULL keys are left out; no pairs give NULL."""
    key, value = parts.arguments
    packed = f"struct_pack(key := {key}, value := {value})"
    pairs = parts.call("list", packed, where=f"{key} IS NOT NULL", distinct=False)
    return unique_entries(pairs)


def unique_entries(pairs: str) -> str:
    """A map of entries, the first of each key, in the keys' order."""
    firsts = first_of_each(pairs, "e.key", "e.value")
    return (
        f"map_from_entries(list_transform({firsts}, "
        "lambda e: struct_pack(key := e.k, value := e.v)))"
    )


def _multimap_agg(node: Node, parts: AggregateTexts) -> str:
    key, value = parts.arguments
    packed = f"struct_pack(key := {key}, value := {value})"
    pairs = parts.call("list", packed, where=f"{key} IS NOT NULL")
    return grouped_entries(pairs)


def grouped_entries(pairs: str) -> str:
    """A map from each key to the list of its values."""
    made = items_of_each(pairs, "e.key", "e.value", "struct_pack(key := {key}, value := {values})")
    return f"map_from_entries({made})"


def _map_union(node: Node, parts: AggregateTexts) -> str:
    entries = parts.call(
        "list", f"map_entries({parts.arguments[0]})", where=f"{parts.arguments[0]} IS NOT NULL"
    )
    return unique_entries(f"NULLIF(flatten({entries}), [])")  # (no entries at all: no map)


def _histogram(node: Node, parts: AggregateTexts) -> str:
    value = parts.arguments[0]
    counted = parts.call("histogram", value, where=f"{value} IS NOT NULL", order_by=())
    return f"map_from_entries(list_sort(map_entries({counted})))"


_LARGE = "1e145"
"""Above it the squares of a few million values may pass the doubles; DuckDB makes that an error."""
_SHRINK = f"CAST({2.0**-560!r} AS DOUBLE)"
_STRETCH = f"CAST({2.0**560!r} AS DOUBLE)"
"""A power of two and its inverse (exact), by which the square of any double is small enough."""


def _spread(function: str) -> AggregateWriter:
    """Variances and deviations: NULL for too few values, natively as well; NaN where one is not
    finite, Infinity past the doubles, of both of which DuckDB makes an error."""
    fewest = 2 if function.endswith("samp") else 1
    variance = function.replace("stddev", "var")

    def write(node: Node, parts: AggregateTexts) -> str:
        value = f"CAST({parts.arguments[0]} AS DOUBLE)"
        kind = duckdb_type(node.type)
        if node.arguments[0].type.base not in ("double", "real"):
            return f"CAST({parts.call(function, value, order_by=())} AS {kind})"
        made = parts.call(function, value, where=f"abs({value}) <= {_LARGE}", order_by=())
        finite = f"isfinite({value})"
        large = parts.call(variance, f"{value} * {_SHRINK}", where=finite, order_by=())
        most = parts.call("max", f"abs({value})", order_by=(), distinct=False)
        count = parts.call("count", value, order_by=(), distinct=False)
        large = f"({large} * {_STRETCH} * {_STRETCH})"
        if variance != function:
            large = f"sqrt({large})"
        return let(
            [made, large, most, count],
            lambda m, g, x, n: (
                f"CAST((CASE WHEN {x} <= {_LARGE} THEN {m} WHEN {n} < {fewest} THEN NULL "
                f"WHEN isfinite({x}) THEN {g} ELSE CAST('nan' AS DOUBLE) END) AS {kind})"
            ),
        )

    return write


def _pair(function: str) -> AggregateWriter:
    """Statistics of pairs. Natively the correlation and the line through no spread are NaN, and
    corr raises for what is not finite: NULL for Trino. Its covariances may be NaN."""

    def write(node: Node, parts: AggregateTexts) -> str:
        first, second = (f"CAST({argument} AS DOUBLE)" for argument in parts.arguments)
        if function.startswith("covar"):
            made = parts.call(function, first, second, order_by=())
            return cast_text(made, DOUBLE, node.type)
        finite = f"isfinite({first}) AND isfinite({second})"
        made = parts.call(function, first, second, where=finite, order_by=())
        odd = f"{first} IS NOT NULL AND {second} IS NOT NULL AND NOT ({finite})"
        odd = parts.call("bool_or", odd, order_by=(), distinct=False)
        return let(
            [made, odd],
            lambda m, o: cast_text(
                f"(CASE WHEN {o} OR isnan({m}) THEN NULL ELSE {m} END)", DOUBLE, node.type
            ),
        )

    return write


_MOST_BYTES = 1_048_576


def _listagg(node: Node, parts: AggregateTexts) -> str:
    """Values joined. Past a mebibyte it fails, or (ON OVERFLOW TRUNCATE) what does not fit is left
    out behind a filler and, if asked for, its count."""
    value, separator, _, filler, counts = parts.arguments
    if node.arguments[2] == Constant(False, BOOLEAN):
        return _truncated_list(value, separator, filler, counts, parts)
    joined = parts.call("string_agg", value, separator)
    return let(
        [joined],
        lambda j: (
            f"(CASE WHEN strlen({j}) > {_MOST_BYTES} THEN "
            + fail(
                "EXCEEDED_FUNCTION_MEMORY_LIMIT",
                text(
                    "Concatenated string has the length in bytes larger than the "
                    "maximum output length 1048576"
                ),
            )
            + f" ELSE {j} END)"
        ),
    )


def _truncated_list(
    value: str, separator: str, filler: str, counts: str, parts: AggregateTexts
) -> str:
    def run(values: list[str] | None, separator: str, filler: str, counts: bool) -> str | None:
        if not values:
            return None
        size, kept = 0, 0
        for item in values:
            size += len(item.encode()) + (len(separator.encode()) if kept else 0)
            if size > _MOST_BYTES:
                break
            kept += 1
        text = separator.join(values[:kept])
        if kept == len(values):
            return text
        text += separator if kept else ""
        return f"{text}{filler}" + (f"({len(values) - kept})" if counts else "")

    items = parts.call("list", value, where=f"{value} IS NOT NULL")
    arguments = [items, separator, filler, counts]
    kinds = ["VARCHAR[]", "VARCHAR", "VARCHAR", "BOOLEAN"]
    return call_python("listagg_truncated", run, arguments, kinds, "VARCHAR")


def _bitwise(function: str) -> AggregateWriter:
    return lambda node, parts: parts.call(function, parts.arguments[0], order_by=())


def _reduce_agg(node: Node, parts: AggregateTexts) -> str:
    value, start, step, _ = parts.arguments
    state = duckdb_type(node.type)
    item = duckdb_type(node.arguments[0].type)
    variables, _, body = step.removeprefix("lambda ").partition(": ")
    s, x = (name.strip() for name in variables.split(","))
    items = parts.call("list", value, where=f"{value} IS NOT NULL")
    count = parts.call("count", value, distinct=False, order_by=())
    fold = reduce_text(items, start, s, x, body, state, item)
    return f"(CASE WHEN {count} > 0 THEN {fold} END)"


AGGREGATES: dict[str, AggregateWriter] = {
    "count": _count,
    "count_if": _count_if,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "min_by": _by("min_by"),
    "max_by": _by("max_by"),
    "array_agg": _array_agg,
    "any_value": _any_value,
    "arbitrary": _any_value,
    "bool_and": _boolean("bool_and"),
    "every": _boolean("bool_and"),
    "bool_or": _boolean("bool_or"),
    "map_agg": _map_agg,
    "multimap_agg": _multimap_agg,
    "map_union": _map_union,
    "histogram": _histogram,
    "stddev": _spread("stddev_samp"),
    "stddev_samp": _spread("stddev_samp"),
    "stddev_pop": _spread("stddev_pop"),
    "variance": _spread("var_samp"),
    "var_samp": _spread("var_samp"),
    "var_pop": _spread("var_pop"),
    "corr": _pair("corr"),
    "covar_pop": _pair("covar_pop"),
    "covar_samp": _pair("covar_samp"),
    "regr_slope": _pair("regr_slope"),
    "regr_intercept": _pair("regr_intercept"),
    "listagg": _listagg,
    "bitwise_and_agg": _bitwise("bit_and"),
    "bitwise_or_agg": _bitwise("bit_or"),
    "bitwise_xor_agg": _bitwise("bit_xor"),
    "reduce_agg": _reduce_agg,
}
