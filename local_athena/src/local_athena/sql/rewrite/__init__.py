"""Bound trees to DuckDB SQL: a function of the tree alone.

`write_query` and `write_expression` are what others call. Every column of every relation has a name
of its own in the text (`x<id>` of its identity), so nothing is ever ambiguous or qualified.

    queries      WITH, ORDER BY, LIMIT, set operations
    selects      one SELECT: grouping, windows and outputs in levels
    relations    FROM
    expressions  everything that has a value
    comparison   =, < and IS DISTINCT FROM by type, three-valued
    raising      which expressions may fail, and so must not run early
"""

from __future__ import annotations

from collections.abc import Mapping

from local_athena.sql.bound import BoundExpression, BoundQuery
from local_athena.sql.rewrite.context import Context
from local_athena.sql.rewrite.expressions import write
from local_athena.sql.rewrite.queries import query_text
from local_athena.sql.rewrite.references import used_columns

__all__ = ["write_expression", "write_query"]


def write_query(query: BoundQuery, sources: Mapping[int, str]) -> str:
    """DuckDB SQL of a query, its output columns named c0, c1, … in order.

    `sources[scan.id]` is DuckDB SQL of a relation that offers the scanned columns by name, in the
    representation of `sql.representation` (columns that the query does not use may be missing).

    Raises:
        SqlError: NOT_SUPPORTED (or FUNCTION_NOT_FOUND) for what has no translation.
    """
    context = Context(sources=sources, used=used_columns(query))
    names = [f"c{index}" for index in range(len(query.columns))]
    return query_text(query, context, names)


def write_expression(
    expression: BoundExpression,
    columns: Mapping[int, str],
    sources: Mapping[int, str] | None = None,
) -> str:
    """DuckDB SQL of an expression whose columns have the given texts by id; subqueries in it read
    `sources`.

    Raises:
        SqlError: as for `write_query`.
    """
    context = Context(sources=sources or {}, used=used_columns(expression), columns=dict(columns))
    return write(expression, context)
