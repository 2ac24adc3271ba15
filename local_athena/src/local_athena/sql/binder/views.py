"""Views: their text bound where they were made, their columns cast to what they promised."""

from __future__ import annotations

from dataclasses import replace

from local_athena.sql import nodes
from local_athena.sql.binder.core import Binder, RelationInScope
from local_athena.sql.binder.scope import Scope, fields_of_columns
from local_athena.sql.binder.subqueries import coerce_query
from local_athena.sql.bound import Derived, ViewHandle
from local_athena.sql.coercion import can_coerce
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement
from local_athena.sql.types import display


def bind_view(
    binder: Binder, view: ViewHandle, qualifier: tuple[str, ...], at: nodes.At
) -> RelationInScope:
    """A use of a view.

    Raises:
        SqlError: VIEW_IS_RECURSIVE, INVALID_VIEW when its text no longer binds, VIEW_IS_STALE when
            it gives other columns than it promised.
    """
    identity = (view.database, view.name)
    shown = ".".join(qualifier)
    if identity == binder.new_view:
        raise SqlError("VIEW_IS_RECURSIVE", "Statement would create a recursive view", at)
    if identity in binder.open_views:
        raise SqlError("VIEW_IS_RECURSIVE", "View is recursive", at)
    context = replace(
        binder.context,
        catalog=view.context_catalog or binder.context.catalog,
        database=view.context_database or view.database,
        parameters=(),
    )
    inner = binder.within_view(context, identity)
    try:
        statement = parse_statement(view.sql)
        if not isinstance(statement, nodes.QueryStatement):
            raise SqlError("SYNTAX_ERROR", "a view's text must be a query")
        query = inner.query(statement.query, Scope())
    except SqlError as error:
        if error.name == "VIEW_IS_RECURSIVE" and binder.new_view is None:
            raise SqlError(error.name, error.message, at) from error
        text = str(error).removeprefix(f"{error.name}: ")
        raise SqlError(
            "INVALID_VIEW", f"Failed analyzing stored view '{shown}': {text}", at
        ) from error
    promised = view.columns
    if len(promised) != len(query.columns):
        raise SqlError(
            "VIEW_IS_STALE",
            f"View '{shown}' is stale or in invalid state: stored view column count "
            f"({len(promised)}) does not match column count derived from the view query analysis "
            f"({len(query.columns)})",
            at,
        )
    for index, (column, stored) in enumerate(zip(query.columns, promised, strict=True)):
        if column.name is None or column.name.lower() != stored.name.lower():
            problem = "has a different name from"
        elif not can_coerce(column.type, stored.type):
            problem = "cannot be coerced to"
        else:
            continue
        raise SqlError(
            "VIEW_IS_STALE",
            f"View '{shown}' is stale or in invalid state: column [{column.name}] of type "
            f"{display(column.type)} projected from query view at position {index} {problem} "
            f"column [{stored.name}] of type {display(stored.type)} stored in view definition",
            at,
        )
    query = coerce_query(inner, query, [stored.type for stored in promised])
    columns = tuple(binder.new_column(stored.name, stored.type) for stored in promised)
    return RelationInScope(Derived(query, columns), fields_of_columns(columns, qualifier))
