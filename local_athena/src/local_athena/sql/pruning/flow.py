"""Carry what a statement's predicates say about columns down to the scans.

Limits come from above (a predicate outside a subquery on what it gives) and from each select's own
WHERE, HAVING and joins. They go down wherever taking rows away below cannot change what passes
above: not under LIMIT, a window's calls, a sample, or the null-extended side of a join unless NULL
is ruled out there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from local_athena.sql import bound
from local_athena.sql.bound import BoundExpression, BoundQuery, BoundRelation, Column
from local_athena.sql.pruning.domains import ALL, Domain
from local_athena.sql.pruning.filters import conjuncts, moved
from local_athena.sql.pruning.predicates import FREE, NEVER, Limits, Predicates
from local_athena.sql.pruning.trees import inside, references_in, scans_of

_Pair = tuple[Column, Column]


class Flow:
    """Collects the limits of every scan of one statement, by the scan's id."""

    def __init__(self) -> None:
        self.scans: dict[int, tuple[bound.Scan, Limits]] = {}
        self.tables: dict[int, bound.BoundCommonTable] = {}
        self.uses: dict[int, Limits] = {}
        self.keyed = True  # whether any table has partition keys, which filters are tried on

    # ------------------------------------------------------------ statements

    def statement(self, statement: bound.BoundStatement) -> None:
        """Any bound statement."""
        self.keyed = any(
            column.partition_key for scan in scans_of(statement) for column in scan.handle.columns
        )
        if isinstance(statement, BoundQuery):
            self.query(statement, FREE)
        elif isinstance(statement, bound.BoundInsert | bound.BoundCreateTableAs):
            self.query(statement.query, FREE)
        elif isinstance(statement, bound.BoundMerge):
            self._merge(statement)
        else:
            where = statement.where
            self._scan(statement.scan, self._when(where))
            self.subqueries(where)
            if isinstance(statement, bound.BoundUpdate):
                self.subqueries(statement.assignments)

    def _merge(self, merge: bound.BoundMerge) -> None:
        """Target rows for which ON cannot be true match nothing; source rows may be inserted."""
        pairs = list(_equalities(merge.on))
        limits = _spread(Predicates().when(merge.on, True), pairs)
        matched = all(clause.matched for clause in merge.clauses)
        self._scan(merge.scan, limits)
        self.relation(merge.source, limits if matched else FREE)
        self.subqueries((merge.on, merge.clauses))

    # ------------------------------------------------------------ queries

    def query(self, query: BoundQuery, limits: Limits) -> None:
        """`limits` are on the query's output columns."""
        for table in query.with_:
            self.tables[table.id] = table
        if query.limit is not None or query.offset is not None:
            limits = FREE
        self._body(query, limits)
        if not isinstance(query.body, bound.BoundSelect):
            self.subqueries(query.order_by)
        for table in reversed(query.with_):
            self._common_table(table)

    def _common_table(self, table: bound.BoundCommonTable) -> None:
        """A WITH query, once all of its uses are known; what nobody uses reads nothing."""
        limits = self.uses.get(table.id, NEVER)
        self.query(table.query, FREE if table.recursive and not limits.never else limits)

    def _body(self, query: BoundQuery, limits: Limits) -> None:
        body = query.body
        if isinstance(body, bound.BoundSelect):
            self._select(body, query, limits)
        elif isinstance(body, bound.BoundValues):
            self.subqueries(body.rows)
        elif isinstance(body, bound.BoundTable):
            inner = _renamed(limits, query.columns, body.relation.columns)
            self.relation(body.relation, inner)
        elif isinstance(body, bound.BoundSetOperation):
            for side in (body.left, body.right):
                self.query(side, _renamed(limits, query.columns, side.columns))
        else:
            self.query(body, _renamed(limits, query.columns, body.columns))

    def _select(self, select: bound.BoundSelect, query: BoundQuery, limits: Limits) -> None:
        outputs = tuple(output.value for output in select.outputs)
        keys = _group_keys(select)
        found = self._when(select.where)
        grouped = Predicates(keys)
        if select.having is not None:
            found = found.both(grouped.when(select.having, True))
        windows, queries = inside((outputs, query.order_by))
        if limits.never:
            found = NEVER
        for output, column in zip(select.outputs, query.columns, strict=True):
            domain = limits.domains.get(column.id, ALL)
            if domain.is_all or not _passes(output.value, windows):
                continue
            # A set that leaves a key out gives NULL for it, which does not pass where NULL is out.
            reader = grouped if domain.null else Predicates(select.group_keys)
            found = found.both(reader.within(output.value, domain))
        found = found.both(_handed_down(select, query, limits, windows))
        if select.relation is not None:
            equal = list(_equalities(select.where))
            self.relation(select.relation, found, equal)
        for inner in queries:
            self.query(inner, FREE)
        self.subqueries((select.group_keys, select.where, select.having))

    def _when(self, condition: BoundExpression | None) -> Limits:
        """What rows obey for which a condition is true."""
        if condition is None:
            return FREE
        found = Predicates().when(condition, True)
        if found.never or not self.keyed:
            return found
        return Limits(found.domains, False, conjuncts(condition))

    def subqueries(self, tree: Any) -> None:
        """Subqueries of an expression, or of a tuple; nothing is known about what they give."""
        for inner in inside(tree)[1]:
            self.query(inner, FREE)

    # ------------------------------------------------------------ relations

    def relation(
        self, relation: BoundRelation, limits: Limits, equal: Sequence[_Pair] = ()
    ) -> None:
        """`equal` are columns that are equal in every row that passes above."""
        if isinstance(relation, bound.JoinOf):
            self._join(relation, limits, equal)
        elif isinstance(relation, bound.Scan):
            self._scan(relation, limits)
        elif isinstance(relation, bound.Derived):
            self.query(relation.query, _renamed(limits, relation.columns, relation.query.columns))
        elif isinstance(relation, bound.CommonTable):
            table = self.tables.get(relation.id)
            if table is None:
                raise LookupError(f"no WITH query {relation.id}")
            own = _renamed(limits, relation.columns, table.query.columns)
            known = self.uses.get(relation.id)
            self.uses[relation.id] = own if known is None else known.either(own)
        elif isinstance(relation, bound.SampleOf):
            self.relation(relation.relation, FREE)
            self.subqueries(relation.percentage)
        else:
            self.subqueries(relation)

    def _scan(self, scan: bound.Scan, limits: Limits) -> None:
        if scan.id in self.scans:
            limits = self.scans[scan.id][1].either(limits)
        self.scans[scan.id] = (scan, limits)

    def _join(self, join: bound.JoinOf, limits: Limits, equal: Sequence[_Pair]) -> None:
        condition = join.condition
        left_ids = {column.id for column in join.left.columns}
        right_ids = {column.id for column in join.right.columns}
        limits = _spread(limits, equal)
        kind = _simplified(join.kind, limits, left_ids, right_ids)
        on = self._when(condition)
        pairs = list(_equalities(condition))
        self.subqueries(condition)
        if kind in ("inner", "cross"):
            equal = [*equal, *pairs, *_inner_equalities(join.left), *_inner_equalities(join.right)]
            both = _spread(limits.both(on), equal)
            self.relation(join.left, both, equal)
            self.relation(join.right, both, equal)
            return
        if kind == "left":
            equal = [*equal, *_inner_equalities(join.left)]
        elif kind == "right":
            equal = [*equal, *_inner_equalities(join.right)]
        above = _spread(limits, equal)
        if above.never:
            self.relation(join.left, NEVER)
            self.relation(join.right, NEVER)
            return
        left, right = _of(above, left_ids), _of(above, right_ids)
        if kind == "full":
            self.relation(join.left, _without_nulls(left))
            self.relation(join.right, _without_nulls(right))
        elif kind == "left":
            matched = _of(_spread(left.both(on), pairs), right_ids)
            self.relation(join.left, left, equal)
            self.relation(join.right, _without_nulls(right).both(matched), pairs)
        else:
            matched = _of(_spread(right.both(on), pairs), left_ids)
            self.relation(join.left, _without_nulls(left).both(matched), pairs)
            self.relation(join.right, right, equal)


# ---------------------------------------------------------------- selects


def _group_keys(select: bound.BoundSelect) -> tuple[BoundExpression | None, ...]:
    """What each GroupKey stands for, None where a grouping set leaves the key out."""
    return tuple(
        key if _in_all_sets(select, index) else None for index, key in enumerate(select.group_keys)
    )


def _in_all_sets(select: bound.BoundSelect, index: int) -> bool:
    return all(index in sets for sets in select.grouping_sets or ())


def _passes(value: BoundExpression, windows: Sequence[bound.WindowCall]) -> bool:
    """Whether a filter on the output may go below the window calls: on what they partition by."""
    return all(value in window.partition_by for window in windows)


def _handed_down(
    select: bound.BoundSelect,
    query: BoundQuery,
    limits: Limits,
    windows: Sequence[bound.WindowCall],
) -> Limits:
    """The filters from above, on the columns that the select's outputs merely hand up."""
    columns: dict[int, Column] = {}
    if limits.never or not limits.filters:
        return FREE
    for output, column in zip(select.outputs, query.columns, strict=True):
        value: BoundExpression = output.value
        if isinstance(value, bound.GroupKey) and _in_all_sets(select, value.index):
            value = select.group_keys[value.index]
        elif select.grouping_sets is not None:
            continue
        if isinstance(value, bound.Reference) and _passes(output.value, windows):
            columns[column.id] = value.column
    return Limits({}, False, moved(limits.filters, columns))


# ---------------------------------------------------------------- limits


def _renamed(limits: Limits, outer: Sequence[Column], inner: Sequence[Column]) -> Limits:
    """The same limits on the columns at the same positions of what lies below."""
    if limits.never:
        return NEVER
    found: Limits = FREE
    for above, below in zip(outer, inner, strict=True):
        domain = limits.domains.get(above.id)
        if domain is not None:
            found = found.both(Limits({below.id: domain}))
    if not limits.filters or found.never:
        return found
    columns = {above.id: below for above, below in zip(outer, inner, strict=True)}
    return Limits(found.domains, False, moved(limits.filters, columns))


def _of(limits: Limits, columns: set[int]) -> Limits:
    if limits.never:
        return NEVER
    filters = tuple(each for each in limits.filters if references_in(each) <= columns)
    kept = {c: domain for c, domain in limits.domains.items() if c in columns}
    return Limits(kept, False, filters)


def _without_nulls(limits: Limits) -> Limits:
    """The limits that rule NULL out, which alone may go to a null-extended side."""
    if limits.never:
        return NEVER
    return Limits({c: domain for c, domain in limits.domains.items() if not domain.null})


def _simplified(kind: str, limits: Limits, left: set[int], right: set[int]) -> str:
    """The kind of join once rows with NULLs for a missing side are known not to pass."""
    if limits.never:
        return kind
    no_left = any(not limits.domains[c].null for c in limits.domains.keys() & left)
    no_right = any(not limits.domains[c].null for c in limits.domains.keys() & right)
    if kind == "left" and no_right:
        return "inner"
    if kind == "right" and no_left:
        return "inner"
    if kind == "full":
        if no_left and no_right:
            return "inner"
        if no_left:
            return "left"
        if no_right:
            return "right"
    return kind


def _spread(limits: Limits, equal: Sequence[_Pair]) -> Limits:
    """The limits with those of equal columns put together; equal columns are never NULL."""
    if limits.never or not equal:
        return limits
    groups: dict[int, set[int]] = {}
    for one, other in equal:
        merged = groups.get(one.id, {one.id}) | groups.get(other.id, {other.id})
        for column in merged:
            groups[column] = merged
    found = limits
    done: set[int] = set()
    for group in groups.values():
        if group & done:
            continue
        done |= group
        domain: Domain = ALL
        for column in group:
            domain = domain.intersect(limits.of(column))
        domain = domain.with_null(False)
        found = found.both(Limits(dict.fromkeys(group, domain)))
        if domain.is_none:
            return NEVER
    return found


# ---------------------------------------------------------------- equalities


def _equalities(condition: BoundExpression | None) -> Iterable[_Pair]:
    """Columns of one type that are equal wherever the condition is true."""
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, bound.Logical) and part.operator == "and":
            waiting.extend(part.operands)
        elif isinstance(part, bound.Comparison) and part.operator == "=":
            left, right = part.left, part.right
            if (
                isinstance(left, bound.Reference)
                and isinstance(right, bound.Reference)
                and left.type.base not in ("real", "double")
            ):
                yield left.column, right.column


def _inner_equalities(relation: BoundRelation) -> Iterable[_Pair]:
    """Equalities that hold in every row of a relation, from the joins that it is made of."""
    if not isinstance(relation, bound.JoinOf):
        return
    if relation.kind in ("inner", "cross"):
        yield from _equalities(relation.condition)
    if relation.kind in ("inner", "cross", "left"):
        yield from _inner_equalities(relation.left)
    if relation.kind in ("inner", "cross", "right"):
        yield from _inner_equalities(relation.right)
