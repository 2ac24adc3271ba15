"""Going through bound trees: what stands inside an expression, and an expression with its parts
changed.

A walk over an expression stays inside its query: the queries of EXISTS, IN and the like are met as
they are, through `queries_in`, and entered only by `references_in`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from local_athena.sql import bound
from local_athena.sql.bound import BoundExpression, BoundQuery, Reference
from local_athena.sql.types import Type

_LEAVES = (bound.Constant, bound.Reference, bound.LambdaVariable, bound.GroupKey, bound.Grouping)
_EXPRESSIONS = (
    *_LEAVES,
    bound.LambdaOf,
    bound.Call,
    bound.Cast,
    bound.Comparison,
    bound.Logical,
    bound.Not,
    bound.IsNull,
    bound.Between,
    bound.InList,
    bound.Like,
    bound.Case,
    bound.Coalesce,
    bound.NullIf,
    bound.Try,
    bound.ArrayOf,
    bound.RowOf,
    bound.FieldOf,
    bound.JsonOf,
    bound.Aggregate,
    bound.WindowCall,
    bound.Exists,
    bound.ScalarQuery,
    bound.InQuery,
    bound.Quantified,
)
_PARTS = (bound.SortKey, bound.FrameOf)
"""Parts of expressions that hold expressions and are none themselves."""


_PLAIN_FIELDS = frozenset(
    (
        *("type", "column", "name", "operator", "quantifier", "safe", "implicit", "assignment"),
        "options",
    )
)
_KNOWN_NAMES: dict[type, tuple[str, ...]] = {}


def _names(class_: type) -> tuple[str, ...]:
    """The fields of the class that may hold expressions."""
    known = _KNOWN_NAMES.get(class_)
    if known is None:
        known = tuple(f.name for f in fields(cast("Any", class_)) if f.name not in _PLAIN_FIELDS)
        _KNOWN_NAMES[class_] = known
    return known


def children(expression: BoundExpression) -> Iterator[BoundExpression]:
    """The expressions directly inside, in the order of their fields; queries inside are left
    out."""
    if isinstance(expression, _LEAVES):
        return
    for name in _names(type(expression)):
        yield from _expressions(getattr(expression, name))


def _expressions(value: Any) -> Iterator[BoundExpression]:
    if isinstance(value, _EXPRESSIONS):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _expressions(item)
    elif isinstance(value, _PARTS):
        for name in _names(type(value)):
            yield from _expressions(getattr(value, name))


def walk(expression: BoundExpression) -> Iterator[BoundExpression]:
    """The expression and all inside it, outermost first."""
    stack = [expression]
    while stack:
        current = stack.pop()
        yield current
        if not isinstance(current, _LEAVES):
            stack.extend(reversed(list(children(current))))


def rebuild(
    expression: BoundExpression, change: Callable[[BoundExpression], BoundExpression]
) -> BoundExpression:
    """The expression with `change` done to each expression directly inside; itself if none
    changed."""
    if isinstance(expression, _LEAVES):
        return expression
    changed: Any = _rebuild_fields(expression, change)
    result: BoundExpression = changed
    return result


def _rebuild_fields(value: Any, change: Callable[[BoundExpression], BoundExpression]) -> Any:
    updates: dict[str, Any] = {}
    for name in _names(type(value)):
        old = getattr(value, name)
        new = _rebuild_value(old, change)
        if new is not old:
            updates[name] = new
    return replace(value, **updates) if updates else value


def _rebuild_value(value: Any, change: Callable[[BoundExpression], BoundExpression]) -> Any:
    if isinstance(value, _EXPRESSIONS):
        return change(value)
    if isinstance(value, tuple):
        items = tuple(_rebuild_value(item, change) for item in value)
        if any(new is not old for new, old in zip(items, value, strict=True)):
            return items
        return value
    if isinstance(value, _PARTS):
        return _rebuild_fields(value, change)
    return value


def queries_in(expression: BoundExpression) -> Iterator[BoundQuery]:
    """The queries that stand directly in the expression or in what is inside it."""
    for each in walk(expression):
        if isinstance(each, bound.Exists | bound.ScalarQuery | bound.InQuery | bound.Quantified):
            yield each.query


def references_in(tree: Any) -> Iterator[Reference]:
    """Every column reference anywhere in a query, a relation or an expression, inner queries'
    too."""
    stack: list[Any] = [tree]
    while stack:
        current = stack.pop()
        if isinstance(current, Reference):
            yield current
        elif isinstance(current, tuple):
            stack.extend(current)
        elif is_dataclass(current) and not isinstance(
            current, Type | bound.Column | bound.TableHandle
        ):
            stack.extend(getattr(current, field.name) for field in fields(current))
