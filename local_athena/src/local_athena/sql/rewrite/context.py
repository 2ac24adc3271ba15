"""What writing an expression needs to know about the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from local_athena.sql.bound import BoundExpression, Column


@dataclass(slots=True)
class Level:
    """Expressions computed below an expression list: text -> name, in the order met."""

    prefix: str
    names: dict[str, str] = field(default_factory=dict)

    def name(self, text: str, number: int) -> str:
        """The column that holds `text` at the level below."""
        return self.names.setdefault(text, f"{self.prefix}{number}")


@dataclass(slots=True)
class Context:
    """The writer's state: one for a statement, with a copy for each place (`at`).

    `columns` gives some columns a text other than their name. `aggregates`, `windows` and
    `subqueries` collect what the level below must compute; None where such a thing cannot stand.
    `inner` is the place of an aggregate's arguments. `trying` is true within TRY and TRY_CAST,
    `nested` within a subquery, where columns of outer queries may be read.
    """

    sources: Mapping[int, str]
    used: frozenset[int]
    columns: dict[int, str] = field(default_factory=dict)
    recursion: dict[int, str] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)
    aggregates: Level | None = None
    windows: Level | None = None
    subqueries: Level | None = None
    inner: Context | None = None
    keys: tuple[str, ...] = ()
    grouping: Mapping[tuple[int, ...], str] | None = None
    key_expressions: tuple[BoundExpression, ...] = ()
    trying: bool = False
    nested: bool = False

    def at(self, **changes: object) -> Context:
        """A copy for another place; levels and keys are this place's own and not handed on."""
        copy = Context(
            sources=self.sources,
            used=self.used,
            columns=self.columns,
            recursion=self.recursion,
            numbers=self.numbers,
            nested=self.nested,
        )
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    def number(self) -> int:
        """A number that nothing else in the statement has."""
        return next(self.numbers)


def column_name(column: Column) -> str:
    """The name of a column in every text."""
    return f"x{column.id}"
