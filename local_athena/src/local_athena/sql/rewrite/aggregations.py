"""Aggregates, grouped and as windows, to DuckDB SQL.

`write(expression, context)` and `condition(expression, context)` are the rewrite's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions.canonical import canonical
from local_athena.functions.refused import unsupported
from local_athena.functions.registry import AggregateTexts, catalogue
from local_athena.functions.text import fail, let
from local_athena.sql import bound
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_text
from local_athena.sql.rewrite.context import Context
from local_athena.sql.rewrite.sorting import (
    Sorting,
    aggregate_checks,
    distance_item,
    sort_item,
    sort_items,
    window_checks,
)

Write = Callable[[Any, Context], str]


def aggregate(node: bound.Aggregate, context: Context, write: Write, condition: Write) -> str:
    """The name of a column that holds the aggregate."""
    if context.aggregates is None or context.inner is None:
        raise SqlError("EXPRESSION_NOT_SCALAR", f"aggregation {node.name} cannot stand here")
    inner = context.inner
    keys = [(key, write(key.key, inner)) for key in node.order_by]
    parts = AggregateTexts(
        arguments=_distinct_arguments(node, [write(part, inner) for part in node.arguments]),
        distinct=node.distinct and not _is_indifferent(node),
        order_by=_aggregate_order(keys, node.distinct),
        filter=condition(node.filter, inner) if node.filter is not None else None,
    )
    text = _aggregate_text(node, parts, keys)
    return context.aggregates.name(text, context.number())


def _aggregate_order(keys: Sequence[Sorting], distinct: bool) -> tuple[str, ...]:
    """(With DISTINCT, DuckDB orders by arguments only.)"""
    item = sort_item if distinct else sort_items
    return tuple(item(*key) for key in keys)


_ORDERED = frozenset(("array_agg", "listagg", "map_agg", "multimap_agg"))
"""Aggregates that sort; the others' own ORDER BY means nothing to Trino either."""


_INDIFFERENT = frozenset(
    (
        *("any_value", "arbitrary", "bool_and", "bool_or", "every", "map_agg", "map_union"),
        *("max", "min", "approx_distinct"),
    )
)
"""Aggregates to which a repeated value makes no difference."""


def _is_indifferent(node: Any) -> bool:
    return node.name in _INDIFFERENT and not _gives_several(node)


def _gives_several(node: Any) -> bool:
    """`max(x, n)` and `min(x, n)`: they leave out what is equal by themselves."""
    return node.name in ("max", "min") and len(node.arguments) == 2


def _distinct_arguments(node: Any, texts: list[str]) -> tuple[str, ...]:
    """With DISTINCT, values that are equal for Trino must be equal natively.

    Raises:
        SqlError: NOT_SUPPORTED where the aggregate would have to give such a value back.
    """
    if not node.distinct or node.name in _INDIFFERENT:  # (max and min of several too)
        return tuple(texts)
    canon = [canonical(part.type, text) for part, text in zip(node.arguments, texts, strict=True)]
    if canon != texts and not node.name.startswith("count"):
        ordered = node.order_by if isinstance(node, bound.Aggregate) else node.sort_by
        if node.name == "array_agg" and not ordered:
            return tuple(texts)  # (it leaves out what is equal by itself)
        raise SqlError("NOT_SUPPORTED", f"{node.name}(DISTINCT …) of such values is not supported")
    return tuple(canon)


def _aggregate_text(node: Any, parts: AggregateTexts, keys: Sequence[Sorting]) -> str:
    writer = catalogue().aggregates.get(node.name)
    if writer is None:
        raise SqlError("NOT_SUPPORTED", unsupported("aggregation", node.name))
    text = writer(node, parts)
    for check in aggregate_checks(keys, parts) if node.name in _ORDERED else ():
        text = f"(CASE WHEN {check} THEN NULL ELSE {text} END)"
    return text


def window(node: bound.WindowCall, context: Context, write: Write) -> str:
    """The name of a column that holds the window's value."""
    if context.windows is None:
        raise SqlError("EXPRESSION_NOT_SCALAR", f"window function {node.name} cannot stand here")
    place = context.at(
        aggregates=context.aggregates,
        inner=context.inner,
        keys=context.keys,
        grouping=context.grouping,
        key_expressions=context.key_expressions,
        subqueries=context.subqueries,
    )
    arguments = tuple(write(argument, place) for argument in node.arguments)
    over, checks = _over(node, place, write)
    writer = catalogue().windows.get(node.name)
    if writer is not None:
        text = writer(node, arguments, over)
    else:
        keys = [(key, write(key.key, place)) for key in node.sort_by]
        parts = AggregateTexts(
            arguments=_distinct_arguments(node, list(arguments)),
            distinct=node.distinct and not _is_indifferent(node),
            order_by=_aggregate_order(keys, node.distinct),
            over=over,
        )
        text = _aggregate_text(node, parts, keys)
    if node.name == "count" and node.frame is not None:
        text = f"greatest({text}, 0)"  # (DuckDB 1.5.5's count(*) of an inverted frame is negative)
    for check in checks:
        text = f"(CASE WHEN {check} IS NULL THEN {text} END)"
    return context.windows.name(text, context.number())


def _over(node: bound.WindowCall, context: Context, write: Write) -> tuple[str, list[str]]:
    """` OVER (…)`, and what raises or is NULL: the checks of its nested sort keys."""
    pieces: list[str] = []
    groups = [
        (bound.SortKey(part, False, False), write(part, context)) for part in node.partition_by
    ]
    if groups:
        partition = [canonical(key.key.type, text) for key, text in groups]
        pieces.append("PARTITION BY " + ", ".join(partition))
    keys = [(key, write(key.key, context)) for key in node.order_by]
    frame = node.frame
    if keys:
        item = distance_item if _has_distances(frame) else sort_items
        pieces.append("ORDER BY " + ", ".join(item(*key) for key in keys))
    elif frame is not None and frame.unit == "rows":
        pieces.append("ORDER BY 1")  # (without, DuckDB 1.5.5's first_value does not see the frame)
    if frame is not None:
        start = _frame_bound(node, frame.start, frame.start_value, context, write)
        end = _frame_bound(node, frame.end or "current row", frame.end_value, context, write)
        pieces.append(f"{frame.unit.upper()} BETWEEN {start} AND {end}")
    # Trino sorts by the partition's keys first, but where it only counts rows.
    checks = [] if node.name == "row_number" and not keys else window_checks(groups, keys)
    return f" OVER ({' '.join(pieces)})", checks


def _has_distances(frame: bound.FrameOf | None) -> bool:
    """Whether a frame ends at distances from its one key."""
    if frame is None or frame.unit != "range":
        return False
    return frame.start_value is not None or frame.end_value is not None


def _frame_bound(
    node: bound.WindowCall, kind: str, value: Any, context: Context, write: Write
) -> str:
    if value is None:
        return kind.upper()
    text = write(value, context)
    if not isinstance(value, bound.Constant) or value.value is None or value.value < 0:
        failure = fail(
            "INVALID_WINDOW_FRAME",
            quote_text("Window frame offset value must not be negative or null"),
        )
        wrong = "{0} IS NULL OR {0} < 0"
        if value.type.base in ("double", "real"):
            wrong += " OR isnan({0})"
        text = let([text], lambda v: f"(CASE WHEN {wrong.format(v)} THEN {failure} ELSE {v} END)")
    if value.type.base == "interval day to second":
        key = node.order_by[0]
        if key.key.type.base == "date":
            text = _whole_days(
                text, write(key.key, context), (kind == "preceding") ^ key.descending
            )
        text = f"to_milliseconds({text})"
    elif value.type.base == "interval year to month":
        text = f"to_months({text})"
    return f"{text} {kind.upper()}"


def _whole_days(interval: str, date: str, subtracts: bool) -> str:
    """An interval beside a date, which wants days only unless it is NULL."""
    verb = (
        "subtract hour, minutes or seconds from" if subtracts else "add hour, minutes or seconds to"
    )
    failure = fail("INVALID_FUNCTION_ARGUMENT", quote_text(f"Cannot {verb} a date"))
    return let(
        [interval],
        lambda v: (
            f"(CASE WHEN {date} IS NOT NULL AND {v} % 86400000 <> 0 THEN {failure} ELSE {v} END)"
        ),
    )
