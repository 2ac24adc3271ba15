"""Names in sight: a relation's fields, the scopes around it, WITH queries and named windows.

Rules of Trino's Scope and RelationType: a dotted name meets a field when the field's own name is
its last part and the rest is a suffix of the relation's name. The innermost scope where anything
meets wins; two meetings there are ambiguous; a scope in which a prefix of the name is a column
ends the search, since the rest of the name is then a row's field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from local_athena.sql import nodes
from local_athena.sql.bound import BoundExpression, Column, Reference
from local_athena.sql.errors import SqlError
from local_athena.sql.walk import references_in


@dataclass(frozen=True, slots=True)
class ScopeField:
    """One name in sight. `value` is what it stands for: a Reference, a lambda's variable, or the
    COALESCE of two columns that USING merged. `qualifier` is the relation's name, outermost part
    first, in lower case; `name` keeps its letters."""

    name: str | None
    value: BoundExpression
    qualifier: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A WITH query in sight: its id in the statement and what its columns are called."""

    id: int
    columns: tuple[Column, ...]


class Scope:
    """Fields, and where to look next. With `boundary` the parent belongs to an outer query; in a
    `closed` one, and in the queries inside of it, no column of an outer query may be used."""

    __slots__ = (
        "_by_name",
        "boundary",
        "closed",
        "fields",
        "is_lambda",
        "named_queries",
        "parent",
        "windows",
    )

    def __init__(
        self,
        fields: Sequence[ScopeField] = (),
        parent: Scope | None = None,
        *,
        boundary: bool = False,
        closed: bool = False,
        is_lambda: bool = False,
        named_queries: Mapping[str, NamedQuery] | None = None,
        windows: Mapping[str, nodes.Window] | None = None,
    ) -> None:
        self.fields = tuple(fields)
        self.parent = parent
        self.boundary = boundary
        self.closed = closed
        self.is_lambda = is_lambda
        self.named_queries = named_queries or {}
        self.windows = windows or {}
        self._by_name: dict[str, list[ScopeField]] | None = None

    def meeting(self, parts: Sequence[str]) -> list[ScopeField]:
        """The fields of this scope alone that the lower-case name meets."""
        if self._by_name is None:
            self._by_name = {}
            for field in self.fields:
                if field.name is not None:
                    self._by_name.setdefault(field.name.lower(), []).append(field)
        found = self._by_name.get(parts[-1])
        if not found:
            return []
        prefix = tuple(parts[:-1])
        if not prefix:
            return found
        return [field for field in found if field.qualifier[-len(prefix) :] == prefix]

    def begins_with_column(self, parts: Sequence[str]) -> bool:
        """Whether a proper or whole prefix of the name is a column here."""
        return any(self.meeting(parts[:length]) for length in range(len(parts), 0, -1))

    def find(self, parts: Sequence[str], shown: str, at: nodes.At) -> ScopeField | None:
        """The field that the name means; None when there is none.

        Raises:
            SqlError: AMBIGUOUS_NAME; NOT_SUPPORTED for an outer query's where none may be used.
        """
        outer = False
        for scope in self.chain():
            found = scope.meeting(parts)
            if len(found) > 1:
                raise SqlError("AMBIGUOUS_NAME", f"Column '{shown}' is ambiguous", at)
            if found:
                if outer and any(each.closed for each in self.chain()):
                    problem = f"Reference to column '{shown}' from outer scope not allowed"
                    raise SqlError("NOT_SUPPORTED", f"{problem} in this context", at)
                return found[0]
            if len(parts) > 1 and scope.begins_with_column(parts):
                return None
            outer = outer or scope.boundary
        return None

    def has_column_prefix(self, parts: Sequence[str]) -> bool:
        """Whether the name begins with a column of this scope or of one around it."""
        return any(scope.begins_with_column(parts) for scope in self.chain())

    def chain(self) -> Iterable[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def named_query(self, name: str) -> NamedQuery | None:
        """The WITH query of that lower-case name that is in sight."""
        for scope in self.chain():
            if name in scope.named_queries:
                return scope.named_queries[name]
        return None

    def window(self, name: str) -> nodes.Window | None:
        """The named window of this query."""
        for scope in self.chain():
            if name in scope.windows:
                return scope.windows[name]
            if scope.boundary:
                return None
        return None

    def columns_in_sight(self) -> frozenset[int]:
        """The ids of this query's own columns, those of outer queries left out."""
        found: set[int] = set()
        for scope in self.chain():
            for field in scope.fields:
                found.update(reference.column.id for reference in references_in(field.value))
            if scope.boundary:
                break
        return frozenset(found)

    def in_lambda(self) -> bool:
        """Whether a lambda of this query stands around."""
        for scope in self.chain():
            if scope.is_lambda:
                return True
            if scope.boundary:
                return False
        return False


def fields_of_columns(
    columns: Iterable[Column], qualifier: tuple[str, ...] = ()
) -> tuple[ScopeField, ...]:
    """Fields that stand for the columns, under a relation's name."""
    return tuple(ScopeField(column.name, Reference(column), qualifier) for column in columns)


def renamed(
    fields: Sequence[ScopeField], alias: str, names: Sequence[nodes.Identifier], at: nodes.At
) -> tuple[ScopeField, ...]:
    """The fields under `AS alias (names)`; without names they keep theirs.

    Raises:
        SqlError: MISMATCHED_COLUMN_ALIASES.
    """
    visible = [field for field in fields if not field.hidden]
    if names and len(names) != len(visible):
        raise SqlError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but '{alias}' has "
            f"{len(visible)} columns available",
            at,
        )
    qualifier = (alias.lower(),)
    if names:
        return tuple(
            replace(field, name=name.value, qualifier=qualifier)
            for field, name in zip(visible, names, strict=True)
        )
    return tuple(replace(field, qualifier=qualifier) for field in fields)
