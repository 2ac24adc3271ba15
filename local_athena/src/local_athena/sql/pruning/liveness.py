"""Which columns a statement truly needs: those that its result, filters, keys and orders hang on.

A column that is only handed up through `select *` and then dropped is not needed, whatever the text
of the subquery says.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import Any

from local_athena.sql import bound
from local_athena.sql.bound import BoundQuery, BoundRelation, Column
from local_athena.sql.pruning.trees import parts_of


def live_columns(statement: bound.BoundStatement) -> frozenset[int]:
    """The ids of all columns whose values the statement's effect depends on."""
    found = _Liveness()
    found.statement(statement)
    return found.closure()


class _Liveness:
    """`feeds[c]` are the columns that column c is made of; `roots` are needed in any case."""

    def __init__(self) -> None:
        self.roots: set[int] = set()
        self.feeds: dict[int, set[int]] = defaultdict(set)
        self.tables: dict[int, bound.BoundCommonTable] = {}
        self.seen: set[int] = set()

    def closure(self) -> frozenset[int]:
        """All that the roots are made of."""
        found: set[int] = set()
        waiting = list(self.roots)
        while waiting:
            column = waiting.pop()
            if column not in found:
                found.add(column)
                waiting.extend(self.feeds[column])
        return frozenset(found)

    def statement(self, statement: bound.BoundStatement) -> None:
        if isinstance(statement, BoundQuery):
            self.whole(statement)
            return
        for name in (field.name for field in fields(statement)):
            value = getattr(statement, name)
            if isinstance(value, BoundQuery):
                self.whole(value)
            elif isinstance(value, bound.Scan):
                self.roots.update(column.id for column in value.columns)
            elif name == "source":
                self.relation(value)
            else:
                self.need(value)

    def whole(self, query: BoundQuery) -> None:
        """A query all of whose columns are needed."""
        self.roots.update(column.id for column in query.columns)
        self.query(query)

    # ------------------------------------------------------------ queries

    def query(self, query: BoundQuery) -> None:
        for table in query.with_:
            self.tables[table.id] = table
        self.body(query)
        for key in query.order_by:
            self.need(key)

    def body(self, query: BoundQuery) -> None:
        body = query.body
        if isinstance(body, bound.BoundSelect):
            self.select(body, query.columns)
        elif isinstance(body, bound.BoundValues):
            self.need(body.rows)
        elif isinstance(body, bound.BoundTable):
            self.pairs(query.columns, body.relation.columns)
            self.relation(body.relation)
        elif isinstance(body, bound.BoundSetOperation):
            for side in (body.left, body.right):
                self.pairs(query.columns, side.columns)
                self.query(side)
                if body.kind != "union" or body.distinct:
                    self.roots.update(column.id for column in side.columns)
        else:
            self.pairs(query.columns, body.columns)
            self.query(body)

    def select(self, select: bound.BoundSelect, columns: tuple[Column, ...]) -> None:
        for output, column in zip(select.outputs, columns, strict=True):
            self.feeds[column.id].add(output.column.id)
            self.feeds[output.column.id] |= self.references(output.value)
            if select.distinct:
                self.roots.add(output.column.id)
        if select.relation is not None:
            self.relation(select.relation)
        self.need((select.where, select.group_keys, select.having))

    def pairs(self, outer: tuple[Column, ...], inner: tuple[Column, ...]) -> None:
        """Columns handed up by position."""
        for above, below in zip(outer, inner, strict=True):
            self.feeds[above.id].add(below.id)

    # ------------------------------------------------------------ relations

    def relation(self, relation: BoundRelation) -> None:
        if isinstance(relation, bound.Derived):
            self.pairs(relation.columns, relation.query.columns)
            self.query(relation.query)
        elif isinstance(relation, bound.CommonTable):
            self.common_table(relation)
        elif isinstance(relation, bound.JoinOf):
            self.relation(relation.left)
            self.relation(relation.right)
            self.need(relation.condition)
            inner = (*relation.left.columns, *relation.right.columns)
            if len(inner) == len(relation.columns):
                self.pairs(relation.columns, inner)
        elif isinstance(relation, bound.SampleOf):
            self.pairs(relation.columns, relation.relation.columns)
            self.relation(relation.relation)
            self.need(relation.percentage)
        elif isinstance(relation, bound.UnnestOf):
            self.need(relation.items)
        elif isinstance(relation, bound.ValuesOf):
            self.need(relation.rows)
        elif isinstance(relation, bound.SequenceOf):
            self.need(relation.arguments)
        elif not isinstance(relation, bound.Scan):
            raise TypeError(f"unknown relation {type(relation).__name__}")

    def common_table(self, use: bound.CommonTable) -> None:
        table = self.tables[use.id]
        self.pairs(use.columns, table.query.columns)
        if use.id in self.seen:
            return
        self.seen.add(use.id)
        if table.recursive:
            self.roots.update(column.id for column in table.query.columns)
        self.query(table.query)

    # ------------------------------------------------------------ expressions

    def need(self, tree: Any) -> None:
        """Everything that an expression, or a tuple of them, reads is needed."""
        self.roots |= self.references(tree)

    def references(self, tree: Any) -> set[int]:
        """What an expression reads; of its subqueries all columns are needed."""
        found: set[int] = set()
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            kind = type(node)
            if kind is bound.Reference:
                found.add(node.column.id)
            elif kind is tuple:
                waiting.extend(node)
            elif kind is BoundQuery:
                self.whole(node)
            else:
                waiting.extend(getattr(node, name) for name in parts_of(kind))
        return found
