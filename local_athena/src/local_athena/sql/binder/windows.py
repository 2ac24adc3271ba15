"""Windows: named ones merged in, partitions, orders, frames; and sort keys anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.scope import Scope
from local_athena.sql.binder.values import coerce
from local_athena.sql.bound import BoundExpression, Cast, FrameOf, SortKey, WindowCall
from local_athena.sql.coercion import INTEGER_DIGITS, is_comparable, is_orderable
from local_athena.sql.errors import SqlError
from local_athena.sql.operator_types import operator_types
from local_athena.sql.signatures import is_aggregate, is_window
from local_athena.sql.types import Type, display
from local_athena.sql.walk import walk


@dataclass(frozen=True, slots=True)
class Over:
    """A window as bound: what WindowCall holds of it."""

    partition_by: tuple[BoundExpression, ...]
    order_by: tuple[SortKey, ...]
    frame: FrameOf | None


def bind_sort_keys(
    binder: Binder, items: Sequence[nodes.SortItem], scope: Scope
) -> tuple[SortKey, ...]:
    """Sort keys of a window or an ordered aggregate: expressions only, no ordinals."""
    return tuple(sort_key(item, binder.expression(item.key, scope)) for item in items)


def sort_key(item: nodes.SortItem, key: BoundExpression) -> SortKey:
    """A key with its direction; NULLs come last unless it says otherwise.

    Raises:
        SqlError: TYPE_MISMATCH for types without an order.
    """
    if not is_orderable(key.type):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Type {display(key.type)} is not orderable, and therefore cannot be used in ORDER BY",
            item.at,
        )
    return SortKey(key, item.descending, bool(item.nulls_first))


def bind_window(binder: Binder, given: nodes.Window, scope: Scope) -> Over:
    """The window of a call; `window_faults` says whether its function may have it."""
    window = resolve_window(given, scope)
    partition_by = tuple(binder.expression(each, scope) for each in window.partition_by)
    for key, source in zip(partition_by, window.partition_by, strict=True):
        _refuse_windows(key, source.at)
        if not is_comparable(key.type):
            raise SqlError(
                "TYPE_MISMATCH",
                f"{display(key.type)} is not comparable, and therefore cannot be used in "
                "window function PARTITION BY",
                source.at,
            )
    order_by = bind_sort_keys(binder, window.order_by, scope)
    for sort, item in zip(order_by, window.order_by, strict=True):
        _refuse_windows(sort.key, item.at)
    if window.frame is None:
        return Over(partition_by, order_by, None)
    return Over(partition_by, order_by, _frame(binder, window, window.frame, order_by, scope))


_NULL_TREATED = frozenset(("lag", "lead", "first_value", "last_value", "nth_value"))


def window_faults(
    name: str,
    call: nodes.FunctionCall,
    given: Sequence[BoundExpression],
    over: Over,
    scope: Scope,
) -> list[SqlError]:
    """What a call of the function `name` cannot have, in Trino's order; `given` are its arguments
    and its own sort keys. Trino looks for it once the whole SELECT is analysed."""

    def fault(error: str, message: str, at: nodes.At = call.at) -> None:
        found.append(SqlError(error, message, at))

    found: list[SqlError] = []
    aggregate = is_aggregate(name)
    if call.filter is not None:
        fault("NOT_SUPPORTED", "FILTER is not yet supported for window functions")
    sources = (*call.arguments, *(item.key for item in call.order_by))
    for value, source in zip(given, sources, strict=False):
        if any(isinstance(each, WindowCall) for each in walk(value)):
            problem = "Cannot nest window functions or row pattern measures inside window function"
            fault("NESTED_WINDOW", f"{problem} arguments", source.at)
    window = call.window or nodes.Window(call.at)
    if name in ("lag", "lead") and not over.order_by:
        fault("MISSING_ORDER_BY", f"{name} function requires an ORDER BY window clause", window.at)
    framed = not is_window(name) or name in ("first_value", "last_value", "nth_value")
    if over.frame is not None and not framed:
        frame = resolve_window(window, scope).frame
        fault(
            "INVALID_WINDOW_FRAME",
            f"Cannot specify window frame for {name} function",
            call.at if frame is None else frame.at,
        )
    if call.null_treatment is not None and name not in _NULL_TREATED:
        fault(
            "NULL_TREATMENT_NOT_ALLOWED",
            f"Cannot specify null treatment clause for {name} function",
        )
    if call.distinct and is_window(name) and not aggregate:
        fault("NOT_SUPPORTED", "Only aggregation window functions with DISTINCT are supported")
    if call.order_by and is_window(name) and not aggregate:
        fault("NOT_SUPPORTED", "Only aggregation window functions with ORDER BY are supported")
    return found


def _refuse_windows(key: BoundExpression, at: nodes.At) -> None:
    if any(isinstance(each, WindowCall) for each in walk(key)):
        raise SqlError(
            "NESTED_WINDOW",
            "Cannot nest window functions or row pattern measures inside window specification",
            at,
        )


def resolve_window(window: nodes.Window, scope: Scope) -> nodes.Window:
    """The window with what the window it names gives it.

    Raises:
        SqlError: INVALID_WINDOW_REFERENCE.
    """
    if window.base is None:
        return window
    named = scope.window(window.base.value.lower())
    if named is None:
        raise SqlError(
            "INVALID_WINDOW_REFERENCE",
            f"Cannot resolve WINDOW name {window.base.value}",
            window.base.at,
        )
    named = resolve_window(named, scope)
    if window.partition_by:
        raise SqlError(
            "INVALID_PARTITION_BY",
            "WINDOW specification with named WINDOW reference cannot specify PARTITION BY",
            window.partition_by[0].at,
        )
    if named.order_by and window.order_by:
        raise SqlError(
            "INVALID_ORDER_BY",
            "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY",
            window.order_by[0].at,
        )
    if named.frame is not None:
        if not window.bare:
            raise SqlError(
                "INVALID_WINDOW_REFERENCE",
                "Cannot reference named WINDOW containing frame specification",
                window.base.at,
            )
        return named
    return replace(
        window,
        base=None,
        bare=False,
        partition_by=named.partition_by,
        order_by=window.order_by or named.order_by,
    )


def _frame(
    binder: Binder,
    window: nodes.Window,
    frame: nodes.Frame,
    order_by: tuple[SortKey, ...],
    scope: Scope,
) -> FrameOf:
    start = frame.start
    end = frame.end or nodes.FrameBound(frame.at, "current row")
    if start.kind == "unbounded following":
        raise SqlError(
            "INVALID_WINDOW_FRAME", "Window frame start cannot be UNBOUNDED FOLLOWING", frame.at
        )
    if end.kind == "unbounded preceding":
        raise SqlError(
            "INVALID_WINDOW_FRAME", "Window frame end cannot be UNBOUNDED PRECEDING", frame.at
        )
    if start.kind == "current row" and end.kind == "preceding":
        raise SqlError(
            "INVALID_WINDOW_FRAME",
            "Window frame starting from CURRENT ROW cannot end with PRECEDING",
            frame.at,
        )
    if start.kind == "following" and end.kind == "preceding":
        raise SqlError(
            "INVALID_WINDOW_FRAME",
            "Window frame starting from FOLLOWING cannot end with PRECEDING",
            frame.at,
        )
    if start.kind == "following" and end.kind == "current row":
        raise SqlError(
            "INVALID_WINDOW_FRAME",
            "Window frame starting from FOLLOWING cannot end with CURRENT ROW",
            frame.at,
        )
    if frame.unit == "groups" and not order_by and (start.value or end.value):
        raise SqlError(
            "MISSING_ORDER_BY",
            "Window frame of type GROUPS PRECEDING or FOLLOWING requires ORDER BY",
            window.at,
        )
    return FrameOf(
        frame.unit,
        start.kind,
        _bound(binder, window, frame.unit, start, "start", order_by, scope),
        end.kind,
        _bound(binder, window, frame.unit, end, "end", order_by, scope),
    )


def _is_whole(type_: Type) -> bool:
    return type_.base in INTEGER_DIGITS or (
        type_.base == "decimal" and t.decimal_size(type_)[1] == 0
    )


def _bound(
    binder: Binder,
    window: nodes.Window,
    unit: str,
    bound: nodes.FrameBound,
    side: str,
    order_by: tuple[SortKey, ...],
    scope: Scope,
) -> BoundExpression | None:
    if bound.value is None:
        return None
    value = binder.expression(bound.value, scope)
    if unit != "range":
        if not _is_whole(value.type):
            raise SqlError(
                "TYPE_MISMATCH",
                f"Window frame {unit.upper()} {side} value type must be exact numeric type with "
                f"scale 0 (actual {display(value.type)})",
                bound.value.at,
            )
        return Cast(value, t.BIGINT) if value.type.base == "decimal" else coerce(value, t.BIGINT)
    if not order_by:
        raise SqlError(
            "MISSING_ORDER_BY",
            "Window frame of type RANGE PRECEDING or FOLLOWING requires ORDER BY",
            window.at,
        )
    if len(order_by) > 1:
        raise SqlError(
            "INVALID_ORDER_BY",
            "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in "
            f"ORDER BY (actual: {len(order_by)})",
            bound.at,
        )
    key = order_by[0].key
    numeric = key.type.base in (*INTEGER_DIGITS, "decimal", "real", "double")
    instant = key.type.base in (
        "date",
        "timestamp",
        "timestamp with time zone",
        "time",
        "time with time zone",
    )
    if not numeric and not instant:
        raise SqlError(
            "TYPE_MISMATCH",
            "Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be "
            f"numeric, datetime or interval (actual: {display(key.type)})",
            window.order_by[0].at,
        )
    if value.type == t.UNKNOWN:
        raise SqlError(
            "TYPE_MISMATCH",
            f"Window frame RANGE value type ({display(value.type)}) not compatible with sort item "
            f"type ({display(key.type)})",
            bound.value.at,
        )
    # The frame's edge is key ± value; Trino wants the pair to have that operator.
    operator_types("-", key.type, value.type, bound.value.at)
    return value
