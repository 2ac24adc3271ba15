"""Which subqueries Trino can run although they use columns of the query around them.

Trino turns every such subquery into joins and aggregations before it runs, and refuses those for
which it knows no way: `Given correlated subquery is not supported`. Whether it knows one depends
on the shape of the subquery's plan and on where in it the outer columns stand. The shape is built
here from a bound query as far as that decision looks at it (the rules are those of Trino 476's
optimizer, checked against such a server).

A correlated conjunct of a filter can be pulled up into a join's condition; through LIMIT, ORDER BY
with LIMIT and GROUP BY only when it fixes the inner columns it names, as `inner = outer` does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from local_athena.sql import bound
from local_athena.sql.bound import BoundExpression, BoundQuery, BoundSelect
from local_athena.sql.coercion import INTEGER_DIGITS
from local_athena.sql.types import Type
from local_athena.sql.walk import queries_in, references_in, walk

# ---------------------------------------------------------------- the shape of a plan


@dataclass(frozen=True, slots=True)
class _Source:
    """Anything that no rule looks into; `correlated` when outer columns stand in it."""

    correlated: bool
    rows: int | None = None  # how many, where that is known


@dataclass(frozen=True, slots=True)
class _Unnest:
    """UNNEST of outer columns, beside nothing else."""


@dataclass(frozen=True, slots=True)
class _Filter:
    source: _Plan
    conjuncts: tuple[BoundExpression, ...]


@dataclass(frozen=True, slots=True)
class _Project:
    source: _Plan
    values: tuple[BoundExpression, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Aggregate:
    """`keys` are the ids of columns, None for other keys; `sets` counts the grouping sets."""

    source: _Plan
    keys: tuple[int | None, ...]
    sets: int
    distinct: bool  # keys and nothing else
    filtered: bool  # an aggregate has a FILTER


@dataclass(frozen=True, slots=True)
class _Limit:
    """LIMIT, or with `ordered` ORDER BY … LIMIT."""

    source: _Plan
    count: int
    ordered: bool
    ties: bool


_Plan = _Source | _Unnest | _Filter | _Project | _Aggregate | _Limit


@dataclass(frozen=True, slots=True)
class _Pulled:
    """A plan whose correlated conjuncts were pulled up: the inner columns they name, those of them
    that are fixed by the outer row, what the plan gives, and whether that is one row at most."""

    named: frozenset[int] = frozenset()
    fixed: frozenset[int] = frozenset()
    outputs: frozenset[int | None] = frozenset()
    single: bool = False


# ---------------------------------------------------------------- the four places of a subquery


def can_run_value(query: BoundQuery, outer: Collection[int]) -> bool:
    """A subquery that is a value; `outer` are the ids of the columns around it."""
    shape = _Shape(outer)
    if not shape.touches(query):
        return True
    plan = shape.query(query)
    return (
        _is_single_row(plan)
        or shape.aggregates(plan, grouped=False)
        or shape.is_pulled(plan)
        or _is_unnest(plan)
    )


def can_run_exists(query: BoundQuery, outer: Collection[int]) -> bool:
    """EXISTS: what the subquery selects does not matter."""
    shape = _Shape(outer)
    if not shape.touches(query):
        return True
    plan = _without_projection(shape.query(query, selected=False))
    return _has_some_row(plan) or shape.is_pulled(plan) or _is_unnest_below(plan)


def can_run_in(query: BoundQuery, outer: Collection[int]) -> bool:
    """IN, = ANY, <> ALL: filters over what is not correlated, and nothing else."""
    shape = _Shape(outer)
    if not shape.touches(query):
        return True
    plan: _Plan = shape.query(query)
    while isinstance(plan, _Filter | _Project):
        if isinstance(plan, _Project) and any(map(shape.is_correlated, plan.values)):
            return False
        plan = plan.source
    return not shape.contains(plan)


def can_run_quantified(query: BoundQuery, outer: Collection[int]) -> bool:
    """Comparisons with ANY and ALL: an aggregation over the subquery."""
    shape = _Shape(outer)
    if not shape.touches(query):
        return True
    plan = shape.query(query)
    return (
        shape.is_pulled(plan)
        or shape.is_distinct_pulled(_without_projection(plan))
        or _is_unnest_below(plan)
    )


def can_run_lateral(
    query: BoundQuery, outer: Collection[int], *, filtered: bool, left: bool
) -> bool:
    """LATERAL; `filtered` when its join has a condition other than TRUE, `left` when the join keeps
    rows that meet none."""
    shape = _Shape(outer)
    if not shape.touches(query):
        return True
    plan = shape.query(query)
    if filtered:
        return shape.is_pulled(plan)
    return (
        _is_single_row(plan)
        or shape.aggregates(plan, grouped=not left)
        or shape.is_distinct_pulled(_without_projection(plan))
        or shape.is_pulled(plan)
        or _is_unnest(plan)
    )


def _is_single_row(plan: _Plan) -> bool:
    """Projections over one row of no table: they are computed in the outer query."""
    while isinstance(plan, _Project):
        plan = plan.source
    return isinstance(plan, _Source) and plan.rows == 1 and not plan.correlated


def _has_some_row(plan: _Plan) -> bool:
    """Whether a plan gives a row whatever the outer one is."""
    while True:
        match plan:
            case _Aggregate(source, keys, sets):
                if not keys and sets == 1:
                    return True
                plan = source
            case _Limit(source) | _Project(source):
                plan = source
            case _:
                return isinstance(plan, _Source) and not plan.correlated and bool(plan.rows)


def _is_unnest(plan: _Plan) -> bool:
    """Projections and limits over UNNEST of outer columns, or an aggregation over it."""
    top = _without_projection(plan)
    if isinstance(top, _Aggregate):
        return not top.keys and top.sets == 1 and not top.filtered and _is_unnest_below(top.source)
    while isinstance(plan, _Project | _Limit):
        plan = plan.source
    return isinstance(plan, _Unnest)


def _is_unnest_below(plan: _Plan) -> bool:
    """What an aggregation over UNNEST of outer columns may have between: no filter, no limit."""
    while isinstance(plan, _Project | _Aggregate):
        if isinstance(plan, _Aggregate) and plan.filtered:
            return False
        plan = plan.source
    return isinstance(plan, _Unnest)


def _without_projection(plan: _Plan) -> _Plan:
    while isinstance(plan, _Project):
        plan = plan.source
    return plan


# ---------------------------------------------------------------- pulling conjuncts up


class _Shape:
    """Plans of bound queries as seen by one subquery with its outer columns."""

    def __init__(
        self, outer: Collection[int], tables: Mapping[int, BoundQuery] | None = None
    ) -> None:
        self._outer = frozenset(outer)
        self._tables = dict(tables or {})
        self._same: dict[int, int] = {}
        # the column of a subquery in FROM and the one inside of it that it passes on

    def touches(self, tree: Any) -> bool:
        """Whether outer columns stand anywhere in a tree."""
        return any(reference.column.id in self._outer for reference in references_in(tree))

    def is_correlated(self, expression: BoundExpression) -> bool:
        """Whether outer columns stand in an expression itself; its subqueries are sources."""
        return any(
            isinstance(each, bound.Reference) and each.column.id in self._outer
            for each in walk(expression)
        )

    def contains(self, plan: _Plan) -> bool:
        """Whether outer columns stand anywhere in a plan."""
        match plan:
            case _Source(correlated):
                return correlated
            case _Unnest():
                return True
            case _Filter(source, conjuncts):
                return self.contains(source) or any(map(self.is_correlated, conjuncts))
            case _Project(source, values):
                return self.contains(source) or any(map(self.is_correlated, values))
            case _Aggregate(source) | _Limit(source):
                return self.contains(source)

    def is_pulled(self, plan: _Plan) -> bool:
        """Whether the plan holds no outer column once its conjuncts are pulled up."""
        return self.pull(plan) is not None

    def aggregates(self, plan: _Plan, *, grouped: bool) -> bool:
        """Whether it is an aggregation over what can be pulled up: the outer row becomes a key.
        `grouped` allows for keys of its own."""
        shown: list[BoundExpression] = []
        while isinstance(plan, _Project):
            shown.extend(plan.values)
            plan = plan.source
        if isinstance(plan, _Aggregate) and plan.keys and any(map(self.is_correlated, shown)):
            return False
        if not isinstance(plan, _Aggregate) or plan.sets != 1 or (plan.keys and not grouped):
            return False
        return self.is_pulled(plan.source) or self.is_distinct_pulled(plan.source)

    def is_distinct_pulled(self, plan: _Plan) -> bool:
        """Whether it is a DISTINCT, below an aggregation, over what can be pulled up."""
        return isinstance(plan, _Aggregate) and plan.distinct and self.is_pulled(plan.source)

    def pull(self, plan: _Plan) -> _Pulled | None:
        """What comes of pulling the correlated conjuncts up; None where outer columns stay."""
        match plan:
            case _Filter():
                return self._pull_filter(plan)
            case _Project(source, values):
                pulled = self.pull(source)
                if pulled is None or any(map(self.is_correlated, values)):
                    return None
                return replace(pulled, outputs=self._needed(values) | pulled.named)
            case _Aggregate():
                return self._pull_aggregate(plan)
            case _Limit():
                return self._pull_limit(plan)
        return None if self.contains(plan) else _Pulled(outputs=frozenset((None,)))

    def _needed(self, values: tuple[BoundExpression, ...]) -> frozenset[int | None]:
        """The columns that values need below them; None stands for an aggregate's or a key's."""
        return frozenset(
            self._origin(each.column.id) if isinstance(each, bound.Reference) else None
            for value in values
            for each in walk(value)
            if isinstance(each, bound.Reference | bound.Aggregate | bound.GroupKey)
        )

    def _pull_filter(self, plan: _Filter) -> _Pulled | None:
        pulled: _Pulled | None = _Pulled(outputs=frozenset((None,)))
        if self.contains(plan.source):
            pulled = self.pull(plan.source)
        if pulled is None:
            return None
        named, fixed = set(pulled.named), set(pulled.fixed)
        for conjunct in plan.conjuncts:
            if self.is_correlated(conjunct):
                named |= {
                    self._origin(each.column.id)
                    for each in walk(conjunct)
                    if isinstance(each, bound.Reference) and each.column.id not in self._outer
                }
                fixed |= self._fixed_by(conjunct)
        return replace(pulled, named=frozenset(named), fixed=frozenset(fixed))

    def _fixed_by(self, conjunct: BoundExpression) -> set[int]:
        """The inner column that `inner = expression of outer columns` fixes."""
        if not isinstance(conjunct, bound.Comparison) or conjunct.operator != "=":
            return set()
        found = set()
        for mine, other in (
            (conjunct.left, conjunct.right),
            (conjunct.right, conjunct.left),
        ):
            column = self._plain(_uncast(mine))
            if column is None or column in self._outer or self._names_inner(other):
                continue
            found.add(column)
        return found

    def _origin(self, column: int) -> int:
        while column in self._same:
            column = self._same[column]
        return column

    def _plain(self, expression: BoundExpression) -> int | None:
        """The column that an expression is, if it is one."""
        if not isinstance(expression, bound.Reference):
            return None
        return self._origin(expression.column.id)

    def _column_of(
        self, value: BoundExpression, keys: tuple[BoundExpression, ...], own: int
    ) -> int:
        """The column an output stands for: the relation's where it is passed on as it is."""
        if isinstance(value, bound.GroupKey):
            value = keys[value.index]
        plain = self._plain(value)
        return own if plain is None else plain

    def _names_inner(self, expression: BoundExpression) -> bool:
        return any(
            isinstance(each, bound.Reference) and each.column.id not in self._outer
            for each in walk(expression)
        )

    def _pull_aggregate(self, plan: _Aggregate) -> _Pulled | None:
        if not plan.keys or plan.sets != 1:
            return None if self.contains(plan) else _Pulled(outputs=frozenset((None,)))
        pulled = self.pull(plan.source)
        keys = frozenset(plan.keys)
        if pulled is None or not pulled.named <= pulled.fixed | keys:
            return None
        return replace(pulled, outputs=keys | pulled.named, single=keys <= pulled.fixed)

    def _pull_limit(self, plan: _Limit) -> _Pulled | None:
        if plan.ties:
            return None
        pulled = self.pull(plan.source)
        if pulled is None or pulled.single:
            return pulled
        if plan.ordered or plan.count > 1:
            if not pulled.named <= pulled.fixed:
                return None
            return replace(pulled, single=plan.ordered and plan.count == 1)
        if not pulled.fixed or not pulled.outputs <= pulled.fixed:
            return None
        return replace(pulled, single=True)

    # ------------------------------------------------------------ plans of queries

    def query(self, query: BoundQuery, *, selected: bool = True) -> _Plan:
        """The plan of a query; not `selected` when nobody looks at its columns."""
        if query.with_:
            tables = {**self._tables, **{table.id: table.query for table in query.with_}}
            inside = _Shape(self._outer, tables)
            inside._same = self._same
            return inside.query(replace(query, with_=()), selected=selected)
        if query.limit == 0:
            return _Source(False, 0)  # (nothing of the query is run)
        plan = self._body(query, selected)
        if query.offset:
            return _Source(self.contains(plan))
        if query.limit is not None and not _has_at_most(plan, query.limit):
            keys = query.order_by
            if any(self.is_correlated(key.key) for key in keys):
                return _Source(True)
            return _Limit(plan, query.limit, bool(keys), query.with_ties)
        return plan

    def _body(self, query: BoundQuery, selected: bool) -> _Plan:
        body = query.body
        if isinstance(body, BoundSelect):
            ordered = query.order_by and query.limit is not None
            unused = not selected and not body.distinct and not ordered
            return self._select(replace(body, outputs=()) if unused else body)
        if isinstance(body, BoundQuery):
            return self.query(body, selected=selected)
        if isinstance(body, bound.BoundValues) and len(body.rows) == 1:
            columns = tuple(column.id for column in query.columns)
            return _Project(_Source(False, 1), body.rows[0], columns)
        return _Source(self._reads_outer(body))

    def _reads_outer(self, tree: Any) -> bool:
        """As `touches`, WITH queries that the tree reads included."""
        return self.touches(tree) or any(
            self.touches(self._tables[number])
            for number in self._tables
            if _reads_table(tree, number)
        )

    def _select(self, select: BoundSelect) -> _Plan:
        plan: _Plan = _Source(False, 1)
        if select.relation is not None:
            plan = self._relation(select.relation)
        parts = () if select.where is None else _conjuncts(select.where)
        if parts:
            plan = self._below(plan, parts)
            plan = _Filter(plan, parts)
        outputs = tuple(output.value for output in select.outputs)
        having = () if select.having is None else _conjuncts(select.having)
        if select.grouping_sets is not None:
            plan = self._grouped(plan, select, (*outputs, *having))
        if having:
            plan = _Filter(self._below(plan, having), having)
        if any(isinstance(each, bound.WindowCall) for value in outputs for each in walk(value)):
            return _Source(self.contains(plan) or any(map(self.touches, outputs)))
        plan = self._below(plan, outputs)
        columns = tuple(
            self._column_of(output.value, select.group_keys, output.column.id)
            for output in select.outputs
        )
        plan = _Project(plan, outputs, columns)
        if select.distinct and not _has_at_most(plan, 1):
            plan = _Aggregate(plan, columns, 1, distinct=True, filtered=False)
        return plan

    def _grouped(
        self, plan: _Plan, select: BoundSelect, over: tuple[BoundExpression, ...]
    ) -> _Plan:
        aggregates = [e for value in over for e in walk(value) if isinstance(e, bound.Aggregate)]
        below = (*select.group_keys, *aggregates)
        inside = any(map(self.is_correlated, below))
        keys = tuple(self._plain(key) for key in select.group_keys)
        return _Aggregate(
            _Source(True) if inside else self._below(plan, below),
            keys,
            len(select.grouping_sets or ((),)),
            distinct=bool(keys) and not aggregates,
            filtered=any(each.filter is not None for each in aggregates),
        )

    def _below(self, plan: _Plan, expressions: tuple[BoundExpression, ...]) -> _Plan:
        """The plan with the subqueries of expressions joined to it."""
        joined = [query for each in expressions for query in queries_in(each)]
        if _is_single_row(plan):
            joined = [query for query in joined if not _is_single_row(self.query(query))]
        if not joined:
            return plan
        return _Source(self.contains(plan) or any(map(self._reads_outer, joined)))

    def _renamed(self, query: BoundQuery, columns: tuple[bound.Column, ...]) -> _Plan:
        plan = self.query(query)
        inner = plan.columns if isinstance(plan, _Project) else [c.id for c in query.columns]
        for column, origin in zip(columns, inner, strict=False):
            if column.id != origin:
                self._same[column.id] = origin
        return plan

    def _relation(self, relation: Any) -> _Plan:
        match relation:
            case bound.Derived(query, columns):
                return self._renamed(query, columns)
            case bound.CommonTable(number, columns) if number in self._tables:
                return self._renamed(self._tables[number], columns)
            case bound.ValuesOf(rows):
                return _Source(self.touches(relation), len(rows))
            case bound.UnnestOf(items):
                inner = any(self._names_inner(item) for item in items)
                if self.touches(relation) and not inner:
                    return _Unnest()
            case bound.JoinOf("inner" | "cross" | "implicit", left, right):
                condition = relation.condition
                if condition is None:
                    sides = self._relation(left), self._relation(right)
                    others = [side for side in sides if not _is_single_row(side)]
                    if len(others) < 2:
                        return others[0] if others else sides[0]
                if condition is not None and self.is_correlated(condition):
                    crossed = replace(relation, condition=None)
                    return _Filter(_Source(self._reads_outer(crossed)), _conjuncts(condition))
        return _Source(self._reads_outer(relation))


# ---------------------------------------------------------------- expressions


def _conjuncts(expression: BoundExpression) -> tuple[BoundExpression, ...]:
    if isinstance(expression, bound.Logical) and expression.operator == "and":
        return tuple(part for operand in expression.operands for part in _conjuncts(operand))
    is_true = isinstance(expression, bound.Constant) and expression.value is True
    return () if is_true else (expression,)


def _uncast(expression: BoundExpression) -> BoundExpression:
    """The expression without a cast that keeps different values different."""
    if isinstance(expression, bound.Cast) and _keeps_apart(
        expression.operand.type, expression.type
    ):
        return expression.operand
    return expression


def _keeps_apart(source: Type, target: Type) -> bool:
    if source.base in INTEGER_DIGITS:
        return target.base in INTEGER_DIGITS or (
            target.base == "decimal" or (target.base == "double" and source.base != "bigint")
        )
    return source.base == target.base in ("varchar", "decimal", "timestamp")


def _has_at_most(plan: _Plan, count: int) -> bool:
    """Whether a plan is known to give no more rows than that: its LIMIT means nothing."""
    while isinstance(plan, _Project | _Filter):
        plan = plan.source
    if isinstance(plan, _Aggregate):
        return not plan.keys and plan.sets == 1 and count >= 1
    return isinstance(plan, _Source) and plan.rows is not None and plan.rows <= count


def _reads_table(tree: Any, number: int) -> bool:
    """Whether a tree reads the WITH query of that id."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, bound.CommonTable):
            if node.id == number:
                return True
        elif isinstance(node, tuple):
            waiting.extend(node)
        elif is_dataclass(node) and not isinstance(node, Type | bound.Column | bound.TableHandle):
            waiting.extend(getattr(node, each.name) for each in fields(node))
    return False
