"""SELECT: its parts in Trino's order, ending in a query with its ORDER BY."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder, RelationInScope
from local_athena.sql.binder.describe import describe, dotted
from local_athena.sql.binder.grouping import (
    Grouped,
    NotGroupedError,
    bind_grouping,
    groups_refused_first,
    has_groups,
    refuse_groups,
)
from local_athena.sql.binder.scope import Scope, ScopeField, fields_of_columns
from local_athena.sql.binder.values import coerce
from local_athena.sql.binder.windows import resolve_window, sort_key
from local_athena.sql.bound import (
    Aggregate,
    BoundExpression,
    BoundQuery,
    BoundSelect,
    Column,
    FieldOf,
    Output,
    Reference,
    SortKey,
    WindowCall,
)
from local_athena.sql.coercion import is_comparable
from local_athena.sql.errors import SqlError
from local_athena.sql.types import display, fields_of
from local_athena.sql.walk import walk


@dataclass(frozen=True, slots=True)
class _Item:
    """A select item: what it is, its name, and its source to complain about."""

    value: BoundExpression
    name: str | None
    node: nodes.Expression | None
    at: nodes.At
    shown: str = ""


def bind_select(
    binder: Binder, select: nodes.Select, order_by: Sequence[nodes.SortItem], outer: Scope
) -> BoundQuery:
    """A SELECT with the ORDER BY that follows it; `outer` holds WITH queries and outer columns."""
    outer_faults, binder.window_faults = binder.window_faults, []
    relation: RelationInScope | None = None
    if select.from_ is not None:
        relation = binder.relation(select.from_, Scope((), outer))
    windows = _named_windows(select)
    scope = Scope(relation.fields if relation else (), outer, windows=windows)
    where = _where(binder, select, scope)
    for window in select.windows:
        _check_window(binder, window.window, scope)
    items = [item for node in select.items for item in _items(binder, node, scope, relation)]
    source = frozenset(column.id for column in (relation.relation.columns if relation else ()))
    having = _having(binder, select, scope)
    columns = tuple(binder.new_column(item.name, item.value.type) for item in items)
    keys = _order_keys(binder, order_by, items, columns, scope)
    grouped = _grouping(binder, select, items, having, keys, scope, source)
    values = [item.value for item in items]
    if grouped is not None:
        values = [_over_groups(grouped, item) for item in items]
        if having is not None and select.having is not None:
            having = _regrouped(grouped, having, select.having)
        keys = [
            replace(key, key=_regrouped(grouped, key.key, item.key))
            for key, item in zip(keys, order_by, strict=True)
        ]
    _refuse_outputs_in_aggregates(keys, order_by, columns)
    for fault in binder.window_faults:
        raise fault
    binder.window_faults = outer_faults
    if select.distinct:
        _check_distinct(items, keys, columns, select.at)
    body = BoundSelect(
        tuple(Output(value, column) for value, column in zip(values, columns, strict=True)),
        select.distinct,
        relation.relation if relation else None,
        where,
        grouped.keys if grouped else (),
        grouped.sets if grouped else None,
        having,
    )
    return BoundQuery(body, columns, order_by=tuple(keys))


# ---------------------------------------------------------------- clauses before the select list


def _named_windows(select: nodes.Select) -> dict[str, nodes.Window]:
    windows: dict[str, nodes.Window] = {}
    for named in select.windows:
        name = named.name.value.lower()
        base = named.window.base
        if base is not None and base.value.lower() not in windows:
            raise SqlError(
                "INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {base.value}", base.at
            )
        if name in windows:
            raise SqlError(
                "DUPLICATE_WINDOW_NAME",
                f"WINDOW name '{named.name.value}' specified more than once",
                named.at,
            )
        windows[name] = named.window
    return windows


def _check_window(binder: Binder, window: nodes.Window, scope: Scope) -> None:
    """A named window is wrong even where nothing uses it."""
    resolved = resolve_window(window, scope)
    for node in resolved.partition_by:
        binder.expression(node, scope)
    for item in resolved.order_by:
        if not isinstance(item.key, nodes.IntegerLiteral):
            sort_key(item, binder.expression(item.key, scope))


def _where(binder: Binder, select: nodes.Select, scope: Scope) -> BoundExpression | None:
    if select.where is None:
        return None
    with groups_refused_first(select.where, "WHERE clause"):
        where = condition(binder, select.where, scope, "WHERE clause")
    refuse_groups(where, select.where, "WHERE clause")
    return where


def condition(binder: Binder, node: nodes.Expression, scope: Scope, clause: str) -> BoundExpression:
    """A clause's condition.

    Raises:
        SqlError: TYPE_MISMATCH, `WHERE clause must evaluate to a boolean: actual type integer`.
    """
    value = binder.expression(node, scope)
    if value.type == t.UNKNOWN:
        return coerce(value, t.BOOLEAN)
    if value.type != t.BOOLEAN:
        raise SqlError(
            "TYPE_MISMATCH",
            f"{clause} must evaluate to a boolean: actual type {display(value.type)}",
            node.at,
        )
    return value


def _having(binder: Binder, select: nodes.Select, scope: Scope) -> BoundExpression | None:
    if select.having is None:
        return None
    having = condition(binder, select.having, scope, "HAVING clause")
    if any(isinstance(each, WindowCall) for each in walk(having)):
        raise SqlError(
            "NESTED_WINDOW",
            "HAVING clause cannot contain window functions or row pattern measures",
            select.having.at,
        )
    return having


# ---------------------------------------------------------------- the select list


def _items(
    binder: Binder,
    node: nodes.SelectExpression | nodes.SelectStar,
    scope: Scope,
    relation: RelationInScope | None,
) -> list[_Item]:
    if isinstance(node, nodes.SelectStar):
        return _star(binder, node, scope, relation)
    value = binder.expression(node.value, scope)
    if node.alias is not None:
        name: str | None = node.alias.value
    else:
        parts = dotted(node.value)
        name = parts[-1].value if parts else None
    return [_Item(value, name, node.value, node.value.at)]


def _star(
    binder: Binder, node: nodes.SelectStar, scope: Scope, relation: RelationInScope | None
) -> list[_Item]:
    """`*`, `t.*`, `row.*`."""
    if node.base is None:
        if relation is None:
            raise SqlError(
                "COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause", node.at
            )
        fields = [field for field in scope.fields if not field.hidden]
        if not fields:
            raise SqlError(
                "COLUMN_NOT_FOUND",
                "SELECT * not allowed from relation that has no columns",
                node.at,
            )
        return [_field_item(field, node.at) for field in fields]
    parts = dotted(node.base)
    if parts is not None:
        prefix = tuple(part.value.lower() for part in parts)
        for around in scope.chain():
            of_relation = [
                f for f in around.fields if not f.hidden and f.qualifier[-len(prefix) :] == prefix
            ]
            if of_relation:
                return _aliased([_field_item(f, node.at) for f in of_relation], node)
        if len(parts) == 1 or not scope.has_column_prefix(prefix):
            shown = ".".join(part.value for part in parts)
            raise SqlError("TABLE_NOT_FOUND", f"Unable to resolve reference {shown}", node.base.at)
    base = binder.expression(node.base, scope)
    if base.type.base != "row":
        raise SqlError(
            "TYPE_MISMATCH",
            f"expected expression of type Row, got {display(base.type)}",
            node.base.at,
        )
    spread = [
        _Item(FieldOf(base, index, field.type), field.name, None, node.at, describe(node.base))
        for index, field in enumerate(fields_of(base.type))
    ]
    return _aliased(spread, node)


def _field_item(field: ScopeField, at: nodes.At) -> _Item:
    shown = ".".join((*field.qualifier, field.name)) if field.name else ""
    return _Item(field.value, field.name, None, at, shown)


def _aliased(items: list[_Item], node: nodes.SelectStar) -> list[_Item]:
    if not node.aliases:
        return items
    if len(node.aliases) != len(items):
        raise SqlError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(node.aliases)} entries but relation has "
            f"{len(items)} columns",
            node.at,
        )
    # Trino writes these names in capitals when they are not quoted.
    return [
        replace(item, name=alias.value if alias.quoted else alias.value.upper())
        for item, alias in zip(items, node.aliases, strict=True)
    ]


# ---------------------------------------------------------------- order and groups


def _order_keys(
    binder: Binder,
    order_by: Sequence[nodes.SortItem],
    items: Sequence[_Item],
    columns: Sequence[Column],
    source: Scope,
) -> list[SortKey]:
    """ORDER BY keys: ordinals, outputs by name, then columns of the relation."""
    if not order_by:
        return []
    scope = Scope(fields_of_columns(columns), source)
    keys: list[SortKey] = []
    for item in order_by:
        key = ordinal_or(item, columns, lambda node: binder.expression(node, scope))
        for output, column in zip(items, columns, strict=True):
            if key == output.value:
                key = Reference(column)
                break
        keys.append(sort_key(item, key))
    return keys


def _refuse_outputs_in_aggregates(
    keys: Sequence[SortKey], order_by: Sequence[nodes.SortItem], columns: Sequence[Column]
) -> None:
    """An aggregate in ORDER BY is over the relation's rows; outputs do not exist there."""
    outputs = {column.id for column in columns}
    for key, item in zip(keys, order_by, strict=True):
        for each in walk(key.key):
            if isinstance(each, Aggregate) and any(
                isinstance(inner, Reference) and inner.column.id in outputs for inner in walk(each)
            ):
                raise SqlError(
                    "COLUMN_NOT_FOUND",
                    "Invalid reference to output projection attribute from ORDER BY aggregation",
                    item.key.at,
                )
            if getattr(each, "name", None) == "grouping" and any(
                isinstance(inner, Reference) and inner.column.id in outputs for inner in walk(each)
            ):
                raise SqlError(
                    "INVALID_ARGUMENTS",
                    "Invalid reference to output of SELECT clause from grouping() expression in "
                    "ORDER BY",
                    item.key.at,
                )


def ordinal_or(
    item: nodes.SortItem,
    columns: Sequence[Column],
    bind: Callable[[nodes.Expression], BoundExpression],
) -> BoundExpression:
    """The output that an ORDER BY's ordinal counts, or the expression.

    Raises:
        SqlError: INVALID_COLUMN_REFERENCE.
    """
    if not isinstance(item.key, nodes.IntegerLiteral):
        return bind(item.key)
    if not 1 <= item.key.value <= len(columns):
        raise SqlError(
            "INVALID_COLUMN_REFERENCE",
            f"ORDER BY position {item.key.value} is not in select list",
            item.key.at,
        )
    return Reference(columns[item.key.value - 1])


def _grouping(
    binder: Binder,
    select: nodes.Select,
    items: Sequence[_Item],
    having: BoundExpression | None,
    keys: Sequence[SortKey],
    scope: Scope,
    source: frozenset[int],
) -> Grouped | None:
    """The grouping of the select; None when its rows stay single."""
    if select.group_by:
        return bind_grouping(binder, select, [item.value for item in items], scope, source)
    everything = [item.value for item in items] + [key.key for key in keys]
    if having is None and not any(has_groups(each) for each in everything):
        return None
    if any(map(_calls_grouping, (*everything, *([having] if having else [])))):
        raise SqlError(
            "MISSING_GROUP_BY",
            "A GROUPING() operation can only be used with a corresponding GROUPING "
            "SET/CUBE/ROLLUP/GROUP BY clause",
            select.at,
        )
    return Grouped((), ((),), source)


def _calls_grouping(value: BoundExpression) -> bool:
    return any(getattr(each, "name", None) == "grouping" for each in walk(value))


def _over_groups(grouped: Grouped, item: _Item) -> BoundExpression:
    if item.node is not None:
        return _regrouped(grouped, item.value, item.node)
    try:
        return grouped.over_groups(item.value)
    except NotGroupedError:
        raise SqlError(
            "EXPRESSION_NOT_AGGREGATE", f"Column '{item.shown}' not in GROUP BY clause", item.at
        ) from None


def _regrouped(grouped: Grouped, value: BoundExpression, node: nodes.Expression) -> BoundExpression:
    try:
        return grouped.over_groups(value)
    except NotGroupedError:
        raise SqlError(
            "EXPRESSION_NOT_AGGREGATE",
            f"'{describe(node)}' must be an aggregate expression or appear in GROUP BY clause",
            node.at,
        ) from None
    except SqlError as error:
        raise SqlError(error.name, error.message, error.at or node.at) from None


def _check_distinct(
    items: Sequence[_Item], keys: Sequence[SortKey], columns: Sequence[Column], at: nodes.At
) -> None:
    for item in items:
        if not is_comparable(item.value.type):
            raise SqlError(
                "TYPE_MISMATCH",
                "DISTINCT can only be applied to comparable types "
                f"(actual: {display(item.value.type)})",
                item.at,
            )
    outputs = {column.id for column in columns}
    for key in keys:
        if not (isinstance(key.key, Reference) and key.key.column.id in outputs):
            raise SqlError(
                "EXPRESSION_NOT_IN_DISTINCT",
                "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                at,
            )
