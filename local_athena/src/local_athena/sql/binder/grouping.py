"""GROUP BY: its keys and sets, and what a select may still say once its rows are groups.

An expression over groups is bound over single rows first; `Grouped.over_groups` then puts GroupKey
in place of what equals a key. Bound trees compare by value and columns by identity, so `t.x + 1`
and
`x + 1` are the same key. What then still names a column of the select's relation is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, product

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.describe import describe, dotted, grouped_calls
from local_athena.sql.binder.scope import Scope
from local_athena.sql.bound import (
    Aggregate,
    BoundExpression,
    BoundQuery,
    Call,
    Constant,
    Exists,
    Grouping,
    GroupKey,
    InQuery,
    Quantified,
    Reference,
    ScalarQuery,
    WindowCall,
)
from local_athena.sql.coercion import is_comparable
from local_athena.sql.errors import SqlError
from local_athena.sql.types import display
from local_athena.sql.walk import rebuild, references_in, walk


class NotGroupedError(Exception):
    """An expression uses a column of the relation that is no group key."""


class Grouped:
    """The keys and sets of one select's grouping."""

    def __init__(
        self,
        keys: Sequence[BoundExpression],
        sets: Sequence[tuple[int, ...]],
        source: frozenset[int],
    ) -> None:
        self.keys = tuple(keys)
        self.sets = tuple(sets)
        self._source = source
        self._columns = {key.column.id for key in self.keys if isinstance(key, Reference)}

    def over_groups(self, expression: BoundExpression) -> BoundExpression:
        """The expression over groups.

        Raises:
            NotGroupedError: it uses a column of the relation outside keys and aggregates.
            SqlError: EXPRESSION_NOT_AGGREGATE for a subquery's use of one; what GROUPING() says.
        """
        for index, key in enumerate(self.keys):
            if expression == key:
                return GroupKey(index, key.type)
        if isinstance(expression, Aggregate):
            return expression
        return self._inside_groups(expression)

    def _part_over_groups(self, expression: BoundExpression) -> BoundExpression:
        """As `over_groups`; a constant stays one: `GROUP BY 1` of a literal means no other 1."""
        return expression if isinstance(expression, Constant) else self.over_groups(expression)

    def _inside_groups(self, expression: BoundExpression) -> BoundExpression:
        if isinstance(expression, Reference):
            if expression.column.id in self._source:
                raise NotGroupedError
            return expression
        if isinstance(expression, Call) and expression.name == "grouping":
            return self._grouping(expression)
        for query in _own_queries(expression):
            for reference in references_in(query):
                used = reference.column
                if used.id in self._source and used.id not in self._columns:
                    raise SqlError(
                        "EXPRESSION_NOT_AGGREGATE",
                        f"Subquery uses '{used.name}' which must appear in GROUP BY clause",
                    )
        return rebuild(expression, self._part_over_groups)

    def _grouping(self, call: Call) -> BoundExpression:
        if not call.arguments:
            return Constant(0, t.BIGINT)
        for argument in call.arguments:
            if argument not in self.keys:
                shown = argument.column.name if isinstance(argument, Reference) else "an expression"
                raise SqlError(
                    "INVALID_ARGUMENTS",
                    "The arguments to GROUPING() must be expressions referenced by the GROUP BY at "
                    f"the associated query level. Mismatch due to {shown}.",
                )
        return Grouping(tuple(self.keys.index(argument) for argument in call.arguments), call.type)


def _own_queries(expression: BoundExpression) -> list[BoundQuery]:
    """The queries that the expression itself holds, not those of what is inside it."""
    if isinstance(expression, Exists | ScalarQuery | InQuery | Quantified):
        return [expression.query]
    return []


def has_groups(expression: BoundExpression) -> bool:
    """Whether the expression holds an aggregate or a GROUPING(), windows' arguments included."""
    return any(
        isinstance(each, Aggregate) or (isinstance(each, Call) and each.name == "grouping")
        for each in walk(expression)
    )


def refuse_groups(expression: BoundExpression, node: nodes.Expression, clause: str) -> None:
    """Refuse aggregates, windows and GROUPING() where rows are single.

    Raises:
        SqlError: EXPRESSION_NOT_SCALAR.
    """
    if has_groups(expression) or any(isinstance(each, WindowCall) for each in walk(expression)):
        raise _not_scalar(node, clause, grouped_calls(node))


def _not_scalar(node: nodes.Expression, clause: str, calls: Sequence[str]) -> SqlError:
    return SqlError(
        "EXPRESSION_NOT_SCALAR",
        f"{clause} cannot contain aggregations, window functions or grouping operations: "
        f"[{', '.join(calls)}]",
        node.at,
    )


@contextmanager
def groups_refused_first(node: nodes.Expression, clause: str) -> Iterator[None]:
    """Around the binding of an expression of single rows: a call of an aggregate or a window
    function in it is what is refused, whatever else is wrong.

    Raises:
        SqlError: EXPRESSION_NOT_SCALAR.
    """
    try:
        yield
    except SqlError:
        calls = grouped_calls(node)
        if calls:
            raise _not_scalar(node, clause, calls) from None
        raise


def bind_grouping(
    binder: Binder,
    select: nodes.Select,
    outputs: Sequence[BoundExpression],
    scope: Scope,
    source: frozenset[int],
) -> Grouped:
    """The keys and sets of a GROUP BY; `outputs` are what its ordinals count."""
    keys: list[BoundExpression] = []

    def index_of(node: nodes.Expression) -> int:
        key = _key(binder, node, outputs, scope)
        if key not in keys:
            keys.append(key)
        return keys.index(key)

    choices: list[list[tuple[int, ...]]] = []
    for element in select.group_by:
        if element.kind != "simple":
            _refuse_complex(element)
        parts = [tuple(index_of(node) for node in part) for part in element.sets]
        choices.append(_sets(element.kind, parts))
    sets = [
        tuple(dict.fromkeys(index for part in choice for index in part))
        for choice in product(*choices)
    ]
    if select.group_by_distinct:
        sets = list({frozenset(each): each for each in sets}.values())
    return Grouped(keys, sets, source)


def _refuse_complex(element: nodes.GroupingElement) -> None:
    """ROLLUP, CUBE and GROUPING SETS take columns only, not even ordinals."""
    for part in element.sets:
        for node in part:
            if dotted(node) is None:
                raise SqlError(
                    "INVALID_COLUMN_REFERENCE",
                    f"GROUP BY expression must be a column reference: {describe(node)}",
                    node.at,
                )


def _sets(kind: str, parts: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    def joined(chosen: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        return tuple(index for part in chosen for index in part)

    if kind == "rollup":
        return [joined(parts[:count]) for count in range(len(parts), -1, -1)]
    if kind == "cube":
        return [
            joined(chosen)
            for count in range(len(parts), -1, -1)
            for chosen in combinations(parts, count)
        ]
    return parts


def _key(
    binder: Binder,
    node: nodes.Expression,
    outputs: Sequence[BoundExpression],
    scope: Scope,
) -> BoundExpression:
    if isinstance(node, nodes.IntegerLiteral):
        if not 1 <= node.value <= len(outputs):
            raise SqlError(
                "INVALID_COLUMN_REFERENCE",
                f"GROUP BY position {node.value} is not in select list",
                node.at,
            )
        key = outputs[node.value - 1]
    else:
        with groups_refused_first(node, "GROUP BY clause"):
            key = binder.expression(node, scope)
    refuse_groups(key, node, "GROUP BY clause")
    if not is_comparable(key.type):
        raise SqlError(
            "TYPE_MISMATCH",
            f"{display(key.type)} is not comparable, and therefore cannot be used in GROUP BY",
            node.at,
        )
    return key
