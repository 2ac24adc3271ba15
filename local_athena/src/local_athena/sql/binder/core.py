"""One statement being bound: its identities, and the way from a node to the function that binds it.

The functions that bind live in modules by subject and meet only here: each is given the Binder and
calls `expression`, `query` or `relation` of it for what stands inside its node. Which function
binds which node is one table, in `binder/__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_athena.sql import nodes
from local_athena.sql.binder.context import BindContext
from local_athena.sql.binder.scope import Scope, ScopeField
from local_athena.sql.bound import BoundExpression, BoundQuery, BoundRelation, Column
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Type


@dataclass(frozen=True, slots=True)
class RelationInScope:
    """A bound relation and the names by which its columns are called."""

    relation: BoundRelation
    fields: tuple[ScopeField, ...]


BindExpression = Callable[["Binder", Any, Scope], BoundExpression]
BindRelation = Callable[["Binder", Any, Scope], RelationInScope]
BindQuery = Callable[["Binder", nodes.Query, Scope], BoundQuery]


@dataclass(frozen=True, slots=True)
class Handlers:
    """Which function binds which class of node."""

    expressions: Mapping[type, BindExpression]
    relations: Mapping[type, BindRelation]
    query: BindQuery


class Identities:
    """Hands out numbers that are unique in a statement."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


class Binder:
    """The state of binding one statement, or one view inside it.

    `unplanned` holds what Trino would refuse only after the whole statement is analysed: its
    planner's refusals. `window_faults` holds what it refuses in window calls once their SELECT is
    analysed. `new_view` (database, name) is the view that the statement makes: it may
    not read it.
    """

    def __init__(
        self,
        context: BindContext,
        handlers: Handlers,
        identities: Identities | None = None,
        open_views: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.context = context
        self.open_views = open_views
        self._handlers = handlers
        self._identities = identities or Identities()
        self.unplanned: list[SqlError] = []
        self.window_faults: list[SqlError] = []
        self.new_view: tuple[str, str] | None = None

    def expression(self, node: nodes.Node, scope: Scope) -> BoundExpression:
        """Bind one expression.

        Raises:
            SqlError: whatever is wrong with it; NOT_SUPPORTED for a node that no function binds.
        """
        handler = self._handlers.expressions.get(type(node))
        if handler is None:
            raise SqlError("NOT_SUPPORTED", f"{type(node).__name__} is not supported", node.at)
        return handler(self, node, scope)

    def relation(self, node: nodes.Node, scope: Scope) -> RelationInScope:
        """Bind what stands in FROM; `scope` holds what stands left of it."""
        handler = self._handlers.relations.get(type(node))
        if handler is None:
            raise SqlError("NOT_SUPPORTED", f"{type(node).__name__} is not supported", node.at)
        return handler(self, node, scope)

    def query(self, node: nodes.Query, scope: Scope) -> BoundQuery:
        """Bind a query inside `scope`, whose fields it may use as an outer query's."""
        return self._handlers.query(self, node, scope)

    def new_column(self, name: str | None, type_: Type) -> Column:
        return Column(self._identities.next(), name, type_)

    def new_id(self) -> int:
        return self._identities.next()

    def within_view(self, context: BindContext, view: tuple[str, str]) -> Binder:
        """A binder for a view's own text: other names in sight, the same identities."""
        inner = Binder(context, self._handlers, self._identities, (*self.open_views, view))
        inner.unplanned = self.unplanned
        inner.new_view = self.new_view
        return inner
