"""One SELECT in levels, the lowest first:

1. relation and WHERE (group keys that are no plain columns computed beside the columns)
2. GROUP BY with all aggregates
3. HAVING, and all window functions
4. outputs, DISTINCT, ORDER BY

Each level is a subquery of the next; a level that has nothing to do is left out. What a level needs
of the one below is collected while its texts are written (`Context.aggregates`, `.windows`).
"""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.functions.canonical import canonical
from local_athena.sql import bound
from local_athena.sql.rewrite.context import Context, Level, column_name
from local_athena.sql.rewrite.expressions import condition, write
from local_athena.sql.rewrite.references import free_columns
from local_athena.sql.rewrite.relations import from_text
from local_athena.sql.rewrite.sorting import Sorting, query_items


def select_text(
    select: bound.BoundSelect,
    context: Context,
    names: Sequence[str],
    order_by: Sequence[bound.SortKey] = (),
) -> tuple[str, list[Sorting]]:
    """(text without ORDER BY, what to order by): it may stand behind the text, not around it,
    unless the select is distinct.

    A lambda cannot see columns of an outer query (measured on DuckDB 1.5.5): where there are both,
    the outer columns become columns of this select's relation.
    """
    text, items = _levels(select, context, names, order_by, {})
    if context.nested and "lambda " in text + "".join(query_items(items)):
        free = free_columns((select, tuple(order_by)))
        brought = {number: f"o{context.number()}" for number in sorted(free)}
        if brought:
            return _levels(select, context, names, order_by, brought)
    return text, items


def _levels(
    select: bound.BoundSelect,
    context: Context,
    names: Sequence[str],
    order_by: Sequence[bound.SortKey],
    brought: dict[int, str],
) -> tuple[str, list[Sorting]]:
    """`brought` names, by id, columns of outer queries that the relation gets besides its own."""
    outside = context
    if brought:
        context = context.at(columns={**context.columns, **brought})
    lower = context.at(subqueries=Level("s"))
    where = condition(select.where, lower) if select.where is not None else None
    place = _place(select, context, lower)
    texts = [write(output.value, place) for output in select.outputs]
    having = condition(select.having, place) if select.having is not None else None
    items: list[Sorting] = []
    by_id = {o.column.id: name for o, name in zip(select.outputs, names, strict=True)}
    text_by_id = {o.column.id: t for o, t in zip(select.outputs, texts, strict=True)}
    for key in order_by:
        if isinstance(key.key, bound.Reference) and key.key.column.id in by_id:
            items.append((key, by_id[key.key.column.id]))
            continue
        sorting = place.at(
            aggregates=place.aggregates,
            windows=place.windows,
            subqueries=place.subqueries,
            inner=place.inner,
            keys=place.keys,
            grouping=place.grouping,
            columns={**place.columns, **text_by_id},
        )
        if not isinstance(key.key, bound.Constant):  # (a number would be a position)
            items.append((key, write(key.key, sorting)))
    source = from_text(select.relation, outside) if select.relation is not None else None
    if brought:
        added = ", ".join(
            f"{outside.columns.get(number, f'x{number}')} AS {name}"
            for number, name in brought.items()
        )
        star = f"SELECT *, {added} FROM {source}" if source is not None else f"SELECT {added}"
        source = f"({star}) AS q{context.number()}"
    source = _with_subqueries(source, lower, context)
    body = _filtered(source, where)
    if select.grouping_sets is not None:
        body = _grouped(select, context, lower, place, body)
        if having is not None:
            body = f" FROM (SELECT *{body}) AS q{context.number()} WHERE {having}"
    if place.windows is not None and place.windows.names:
        added = ", ".join(f"{text} AS {name}" for text, name in place.windows.names.items())
        star = "*, " if body else ""
        body = f" FROM (SELECT {star}{added}{body}) AS q{context.number()}"
    if place is not lower and place.subqueries is not None and place.subqueries.names:
        added = ", ".join(f"{text} AS {name}" for text, name in place.subqueries.names.items())
        star = "*, " if body else ""
        body = f" FROM (SELECT {star}{added}{body}) AS q{context.number()}"
    outputs = [f"{text} AS {name}" for text, name in zip(texts, names, strict=True)]
    # One row is distinct; and below a lateral join DuckDB 1.5.5 loses it by DISTINCT.
    if select.distinct and select.grouping_sets != ((),):
        canon = [
            canonical(output.column.type, name)
            for output, name in zip(select.outputs, names, strict=True)
        ]
        if canon != list(names):
            on = f"SELECT {', '.join(outputs)}{body}"
            return (
                f"SELECT DISTINCT ON ({', '.join(canon)}) * FROM ({on}) AS q{context.number()}",
                items,
            )
        return f"SELECT DISTINCT {', '.join(outputs)}{body}", items
    return f"SELECT {', '.join(outputs)}{body}", items


def _place(select: bound.BoundSelect, context: Context, lower: Context) -> Context:
    """The place of outputs, HAVING and order keys."""
    if select.grouping_sets is None:
        return lower.at(windows=Level("n"), subqueries=Level("s"))
    keys = []
    for key in select.group_keys:
        plain = isinstance(key, bound.Reference) and key.column.id not in context.columns
        keys.append(column_name(key.column) if plain else f"g{context.number()}")  # type: ignore[attr-defined]
    return context.at(
        aggregates=Level("a"),
        windows=Level("n"),
        subqueries=Level("s"),
        inner=lower,
        keys=tuple(keys),
        key_expressions=select.group_keys,
        grouping=_GroupingNames(),
    )


class _GroupingNames(dict[tuple[int, ...], str]):
    """Asked for a GROUPING's indexes, names the column that will hold it."""

    def __missing__(self, indexes: tuple[int, ...]) -> str:
        name = "grouping_" + "_".join(map(str, indexes))
        self[indexes] = name
        return name


def _filtered(source: str | None, where: str | None) -> str:
    if source is None:
        return f" FROM (SELECT 1) AS one WHERE {where}" if where is not None else ""
    return f" FROM {source}" + (f" WHERE {where}" if where is not None else "")


def _with_subqueries(source: str | None, place: Context, context: Context) -> str | None:
    if place.subqueries is None or not place.subqueries.names:
        return source
    added = ", ".join(f"{text} AS {name}" for text, name in place.subqueries.names.items())
    star = f"SELECT *, {added} FROM {source}" if source is not None else f"SELECT {added}"
    return f"({star}) AS q{context.number()}"


def _grouped(
    select: bound.BoundSelect, context: Context, lower: Context, place: Context, body: str
) -> str:
    """The level of GROUP BY as ` FROM (…)`."""
    before: list[str] = []
    groups: list[str] = []
    shown: list[str] = []
    sets = select.grouping_sets or ((),)
    several = len(sets) > 1
    for key, name in zip(select.group_keys, place.keys, strict=True):
        text = write(key, lower)
        if text != name:
            before.append(f"{text} AS {name}")
        canon = canonical(key.type, name)
        if canon == name:
            groups.append(name)
            shown.append(name)
        else:
            group = f"h{context.number()}"
            before.append(f"{canonical(key.type, text)} AS {group}")
            groups.append(group)
            kept = f"any_value({name})"
            if several:
                kept = f"CASE WHEN grouping({group}) = 0 THEN {kept} END"
            shown.append(f"{kept} AS {name}")
    if before:
        star = "*, " if body else ""
        body = f" FROM (SELECT {star}{', '.join(before)}{body}) AS q{context.number()}"
    if place.aggregates is not None:
        shown.extend(f"{text} AS {name}" for text, name in place.aggregates.names.items())
    if place.grouping is not None:
        for indexes, name in place.grouping.items():
            used = ", ".join(groups[index] for index in indexes)
            shown.append(f"CAST(grouping({used}) AS BIGINT) AS {name}")
    if several or (len(sets) == 1 and len(sets[0]) != len(groups)):
        lists = ", ".join("(" + ", ".join(groups[i] for i in one) + ")" for one in sets)
        tail = f" GROUP BY GROUPING SETS ({lists})"
    elif groups:
        tail = " GROUP BY " + ", ".join(groups)
    else:
        tail = ""
    if not shown:
        shown = ["count(*) AS nothing"]
    return f" FROM (SELECT {', '.join(shown)}{body}{tail}) AS q{context.number()}"
