"""Queries: WITH, set operations, ORDER BY, OFFSET, LIMIT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from local_athena.functions.canonical import canonical
from local_athena.functions.text import payload
from local_athena.sql import bound
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, quote_text
from local_athena.sql.rewrite.context import Context, column_name
from local_athena.sql.rewrite.expressions import write
from local_athena.sql.rewrite.references import count_uses, has_chance
from local_athena.sql.rewrite.relations import aliased, from_text, values_text
from local_athena.sql.rewrite.selects import select_text
from local_athena.sql.rewrite.sorting import Sorting, query_items, sort_items

MAX_RECURSION = 10
"""Trino's max_recursion_depth, which Athena leaves at its default."""


def query_text(query: bound.BoundQuery, context: Context, names: Sequence[str]) -> str:
    """A query whose output columns have these names, in order."""
    prefix = ""
    if query.with_:
        context = context.at(recursion=dict(context.recursion))
        parts: list[str] = []
        uses = count_uses(query)
        for table in query.with_:
            parts.extend(_common_table(table, uses[table.id], context))
        prefix = f"WITH {', '.join(parts)} "
    return prefix + _body_and_tail(query, context, names)


def _common_table(table: bound.BoundCommonTable, uses: int, context: Context) -> list[str]:
    if table.recursive and count_uses(table.query)[table.id] > 0:
        return _recursive(table, context)
    inner = query_text(table.query, context, [column_name(c) for c in table.query.columns])
    hint = " NOT MATERIALIZED" if uses <= 1 or has_chance(table.query) else ""
    return [f"w{table.id} AS{hint} ({inner})"]


def _recursive(table: bound.BoundCommonTable, context: Context) -> list[str]:
    """The steps written out, as Trino plans them: base, ten steps, and one that must be empty."""
    body = table.query.body
    if not isinstance(body, bound.BoundSetOperation):
        raise SqlError("NOT_SUPPORTED", "recursive WITH query without UNION")
    names = [column_name(column) for column in table.query.columns]
    mark = context.number()
    base = query_text(body.left, context, names)
    parts = [f"w{table.id}_{mark}_0 AS MATERIALIZED ({base})"]
    rows = [f"SELECT * FROM w{table.id}_{mark}_0"]
    for step in range(1, MAX_RECURSION + 2):
        context.recursion[table.id] = f"w{table.id}_{mark}_{step - 1}"
        text = query_text(body.right, context, names)
        parts.append(f"w{table.id}_{mark}_{step} AS MATERIALIZED ({text})")
        rows.append(f"SELECT * FROM w{table.id}_{mark}_{step}")
    del context.recursion[table.id]
    message = (
        f"Recursion depth limit exceeded ({MAX_RECURSION}). "
        "Use 'max_recursion_depth' session property to modify the limit."
    )
    error = f"error({payload('NOT_SUPPORTED', quote_text(message))})"
    fields = ", ".join(
        f"CAST({error} AS {duckdb_type(column.type)}) AS {name}"
        for column, name in zip(table.query.columns, names, strict=True)
    )
    rows[-1] = f"SELECT {fields} FROM w{table.id}_{mark}_{MAX_RECURSION + 1}"
    whole = " UNION ALL ".join(rows)
    if body.distinct:
        whole = f"SELECT DISTINCT * FROM ({whole}) AS q{context.number()}"
    parts.append(f"w{table.id} AS ({whole})")
    return parts


def _body_and_tail(query: bound.BoundQuery, context: Context, names: Sequence[str]) -> str:
    body = query.body
    if context.nested and query.limit is None and not query.offset:
        # Order means nothing there, and below a lateral join DuckDB 1.5.5 loses rows by it.
        query = replace(query, order_by=())
    if isinstance(body, bound.BoundSelect):
        text, items = select_text(body, context, names, query.order_by)
        if body.distinct and query.order_by:
            text = f"SELECT * FROM ({text}) AS q{context.number()}"
    else:
        text = _plain_body(body, query, context, names)
        renamed = {c.id: name for c, name in zip(query.columns, names, strict=True)}
        place = context.at(columns={**context.columns, **renamed})
        keys = [key for key in query.order_by if not isinstance(key.key, bound.Constant)]
        items = [(key, write(key.key, place)) for key in keys]
        if items or query.offset or query.limit is not None:
            text = f"SELECT * FROM ({text}) AS q{context.number()}"
    if query.with_ties and query.limit is not None and items:
        return _with_ties(query, text, items)
    if items:
        text += " ORDER BY " + ", ".join(query_items(items))
    if query.limit is not None:
        text += f" LIMIT {query.limit}"
    if query.offset:
        text += f" OFFSET {query.offset}"
    return text


def _with_ties(query: bound.BoundQuery, text: str, items: Sequence[Sorting]) -> str:
    """Rows as far as the limit and those that sort as the last of them: its rank is no higher."""
    order = ", ".join(sort_items(*item) for item in items)
    offset = query.offset or 0
    last = offset + (query.limit or 0)
    return (
        f"{text} QUALIFY rank() OVER (ORDER BY {order}) <= {last} "
        f"AND row_number() OVER (ORDER BY {order}) > {offset} ORDER BY {order}"
    )


def _plain_body(body: Any, query: bound.BoundQuery, context: Context, names: Sequence[str]) -> str:
    if isinstance(body, bound.BoundValues):
        return f"SELECT * FROM {aliased(values_text(body.rows, context), names, context)}"
    if isinstance(body, bound.BoundTable):
        columns = [column_name(column) for column in body.relation.columns][: len(names)]
        outputs = ", ".join(f"{c} AS {n}" for c, n in zip(columns, names, strict=True))
        return f"SELECT {outputs} FROM {from_text(body.relation, context)}"
    if isinstance(body, bound.BoundQuery):
        return query_text(body, context, names)
    if isinstance(body, bound.BoundSetOperation):
        return _set_operation(body, query, context, names)
    raise SqlError("NOT_SUPPORTED", f"query body {type(body).__name__}")


def _set_operation(
    body: bound.BoundSetOperation, query: bound.BoundQuery, context: Context, names: Sequence[str]
) -> str:
    branches = _branches(body)
    word = body.kind.upper() + ("" if body.distinct else " ALL")
    texts = [
        f"(SELECT * FROM ({query_text(b, context, names)}) AS q{context.number()})"
        for b in branches
    ]
    canon = [canonical(c.type, n) for c, n in zip(query.columns, names, strict=True)]
    if canon == list(names) or word == "UNION ALL":
        return f" {word} ".join(texts)
    if body.kind == "union":
        whole = " UNION ALL ".join(texts)
        return f"SELECT DISTINCT ON ({', '.join(canon)}) * FROM ({whole}) AS q{context.number()}"
    whole = texts[0]
    for text in texts[1:]:
        whole = f"({_matching(body, whole, text, canon, names, context)})"
    return whole


def _matching(
    body: bound.BoundSetOperation,
    left: str,
    right: str,
    canon: Sequence[str],
    names: Sequence[str],
    context: Context,
) -> str:
    """INTERSECT or EXCEPT of values whose sameness is not DuckDB's: by keys beside them, of which
    the last counts the repetitions."""
    keys = [f"k{index}" for index in range(len(canon) + 1)]
    repetition = f"row_number() OVER (PARTITION BY {', '.join(canon)})"
    shown = ", ".join(
        f"{text} AS {key}" for text, key in zip([*canon, repetition], keys, strict=True)
    )
    mine, theirs, number = (context.number() for _ in range(3))
    same = keys[:-1] if body.distinct else keys
    on = " AND ".join(f"q{mine}.{key} IS NOT DISTINCT FROM q{theirs}.{key}" for key in same)
    once = " AND k" + str(len(canon)) + " = 1" if body.distinct else ""
    found = "EXISTS" if body.kind == "intersect" else "NOT EXISTS"
    return (
        f"SELECT {', '.join(names)} FROM (SELECT *, {shown} FROM {left} AS q{number}) AS q{mine} "
        f"WHERE {found} (SELECT 1 FROM (SELECT {shown} FROM {right} AS q{number}) AS q{theirs} "
        f"WHERE {on}){once}"
    )


def _branches(body: bound.BoundSetOperation) -> list[bound.BoundQuery]:
    """The sides of a chain of one operation, left to right (unions are flattened)."""
    right: list[bound.BoundQuery] = [body.right]
    left = body.left
    while (
        body.kind.lower() in ("union", "intersect")
        and isinstance(left.body, bound.BoundSetOperation)
        and left.body.kind == body.kind
        and left.body.distinct == body.distinct
        and not (left.with_ or left.order_by or left.offset or left.limit is not None)
    ):
        right.append(left.body.right)
        left = left.body.left
    right.append(left)
    return right[::-1]
