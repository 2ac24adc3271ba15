"""Predicates that a partition can be tried on: those that read nothing but partition keys.

Domains cannot hold `cast(p as date) >= …` or `p like '%-01'`; a partition's values can answer it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from local_athena.sql import bound
from local_athena.sql.bound import BoundExpression, Column, Constant
from local_athena.sql.pruning.predicates import Predicates
from local_athena.sql.pruning.trees import inside, references_in
from local_athena.sql.walk import rebuild


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """A predicate on partition keys; `names` are theirs by column id."""

    predicate: BoundExpression
    names: Mapping[int, str]

    def admits(self, values: Mapping[str, Constant]) -> bool:
        """Whether a partition with these values may hold wanted rows; True when unsure."""

        def filled(expression: BoundExpression) -> BoundExpression:
            if isinstance(expression, bound.Reference):
                name = self.names.get(expression.column.id)
                constant = None if name is None else values.get(name)
                return expression if constant is None else constant
            return rebuild(expression, filled)

        return not Predicates().when(filled(self.predicate), True).never


def conjuncts(condition: BoundExpression | None) -> tuple[BoundExpression, ...]:
    """The parts of a condition that must all be true, those with queries left out."""
    found = []
    waiting = [] if condition is None else [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, bound.Logical) and part.operator == "and":
            waiting.extend(part.operands)
        elif not inside(part)[1]:
            found.append(part)
    return tuple(found)


def moved(
    filters: Iterable[BoundExpression], columns: Mapping[int, Column]
) -> tuple[BoundExpression, ...]:
    """The filters with other columns in place of theirs; those that read any else are left out."""

    def replaced(expression: BoundExpression) -> BoundExpression:
        if isinstance(expression, bound.Reference):
            return bound.Reference(columns[expression.column.id])
        return rebuild(expression, replaced)

    return tuple(replaced(each) for each in filters if references_in(each) <= columns.keys())


def on_keys(scan: bound.Scan, filters: Sequence[BoundExpression]) -> tuple[KeyFilter, ...]:
    """The filters that read partition keys of the scan, at least one, and nothing else."""
    names = {
        column.id: table.name
        for column, table in zip(scan.columns, scan.handle.columns, strict=True)
        if table.partition_key
    }
    return tuple(
        KeyFilter(each, names)
        for each in filters
        if (read := references_in(each)) and read <= names.keys()
    )
