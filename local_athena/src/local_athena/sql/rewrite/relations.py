"""What stands in FROM: each relation becomes a bracketed subquery or join of named columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from local_athena.functions.text import fail
from local_athena.sql import bound
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import fields_of, quote_name
from local_athena.sql.rewrite.context import Context, column_name
from local_athena.sql.rewrite.expressions import condition, write
from local_athena.sql.walk import queries_in, rebuild, walk


def from_text(relation: Any, context: Context) -> str:
    """A relation as it stands in FROM; its columns are offered under their names."""
    writer = _WRITERS.get(type(relation))
    if writer is None:
        raise SqlError("NOT_SUPPORTED", f"relation {type(relation).__name__}")
    return writer(relation, context)


def aliased(text: str, names: Sequence[str], context: Context) -> str:
    """A subquery in FROM whose columns get names by position."""
    return f"({text}) AS q{context.number()}({', '.join(names)})"


def _scan(node: bound.Scan, context: Context) -> str:
    source = context.sources.get(node.id)
    if source is None:
        raise SqlError("GENERIC_INTERNAL_ERROR", f"no source for the scan of {node.handle.name}")
    wanted = [
        f"{quote_name(offered.name)} AS {column_name(column)}"
        for offered, column in zip(node.handle.columns, node.columns, strict=True)
        if column.id in context.used
    ]
    return f"(SELECT {', '.join(wanted) or '1 AS nothing'} FROM {source}) AS q{context.number()}"


def _values(node: bound.ValuesOf, context: Context) -> str:
    return aliased(values_text(node.rows, context), [column_name(c) for c in node.columns], context)


def values_text(rows: Sequence[Sequence[Any]], context: Context) -> str:
    """VALUES of rows of expressions."""
    lines = ["(" + ", ".join(write(item, context) for item in row) + ")" for row in rows]
    return "VALUES " + ", ".join(lines)


def _derived(node: bound.Derived, context: Context) -> str:
    from local_athena.sql.rewrite.queries import query_text

    names = [column_name(column) for column in node.columns]
    text = query_text(node.query, context.at(nested=context.nested or node.lateral), names)
    lateral = "LATERAL " if node.lateral else ""
    return f"{lateral}({text}) AS q{context.number()}"


def _common(node: bound.CommonTable, context: Context) -> str:
    source = context.recursion.get(node.id, f"w{node.id}")
    return f"(SELECT * FROM {source}) AS q{context.number()}({_names(node.columns)})"


def _names(columns: Sequence[bound.Column]) -> str:
    return ", ".join(column_name(column) for column in columns)


def _sequence(node: bound.SequenceOf, context: Context) -> str:
    start, stop, *step = (write(argument, context) for argument in node.arguments)
    by = step[0] if step else "CAST(1 AS BIGINT)"
    message = "'Step must be positive for sequence [start, stop]'"
    column = column_name(node.columns[0])
    checked = (
        f"(CASE WHEN {by} = 0 THEN {fail('INVALID_FUNCTION_ARGUMENT', message)} ELSE {by} END)"
    )
    return (
        f"(SELECT unnest(generate_series({start}, {stop}, {checked})) AS {column}) "
        f"AS q{context.number()}"
    )


def _sample(node: bound.SampleOf, context: Context) -> str:
    inner = from_text(node.relation, context)
    share = write(node.percentage, context)
    return f"(SELECT * FROM {inner} WHERE random() * 100 < {share}) AS q{context.number()}"


# ---------------------------------------------------------------- joins


def _join(node: bound.JoinOf, context: Context) -> str:
    kind = node.kind.lower()
    if isinstance(node.right, bound.UnnestOf) and kind in ("cross", "inner", "left", "implicit"):
        return _join_unnest(node, node.right, kind, context)
    if kind in ("left", "right", "full") and node.condition and any(queries_in(node.condition)):
        return _join_on_subqueries(node, node.condition, kind, context)
    if kind == "left" and isinstance(node.right, bound.Derived) and node.right.lateral:
        return _left_join_lateral(node, node.right, context)
    left, right = from_text(node.left, context), from_text(node.right, context)
    if kind in ("cross", "implicit") or (node.condition is None and kind == "inner"):
        return f"({left} CROSS JOIN {right})"
    on = condition(node.condition, context) if node.condition is not None else "TRUE"
    return f"({left} {kind.upper()} JOIN {right} ON {on})"


def _left_join_lateral(node: bound.JoinOf, right: bound.Derived, context: Context) -> str:
    """LEFT JOIN LATERAL with its condition inside, as DuckDB 1.5.5 takes few others."""
    inside = context.at(nested=True)
    rows = from_text(replace(right, lateral=False), inside)
    if node.condition is not None:
        rows = f"(SELECT * FROM {rows} WHERE {condition(node.condition, inside)})"
        rows = f"{rows} AS q{context.number()}"
    return f"({from_text(node.left, context)} LEFT JOIN LATERAL {rows} ON TRUE)"


_SUBQUERIES = (bound.Exists, bound.ScalarQuery, bound.InQuery, bound.Quantified)


def _join_on_subqueries(
    node: bound.JoinOf, asked_on: bound.BoundExpression, kind: str, context: Context
) -> str:
    """An outer join whose condition asks subqueries, which DuckDB 1.5.5 does not take: their
    answers become columns of the side that they ask about.

    Raises:
        SqlError: NOT_SUPPORTED for a subquery that is asked about both sides at once.
    """
    sides = (node.left, node.right)
    added: tuple[list[str], list[str]] = ([], [])

    def lift(expression: bound.BoundExpression) -> bound.BoundExpression:
        if not isinstance(expression, _SUBQUERIES):
            return rebuild(expression, lift)
        asked = {each.column.id for each in walk(expression) if isinstance(each, bound.Reference)}
        for side, columns in zip(sides, added, strict=True):
            if asked <= {column.id for column in side.columns}:
                answer = bound.Column(_FIRST_ANSWER + context.number(), None, expression.type)
                columns.append(f"{write(expression, context)} AS {column_name(answer)}")
                return bound.Reference(answer)
        raise SqlError("NOT_SUPPORTED", "a subquery about both sides of an outer join")

    on = condition(lift(asked_on), context)
    texts = []
    for side, columns in zip(sides, added, strict=True):
        text = from_text(side, context)
        if columns:
            text = f"(SELECT *, {', '.join(columns)} FROM {text}) AS q{context.number()}"
        texts.append(text)
    return f"({texts[0]} {kind.upper()} JOIN {texts[1]} ON {on})"


_FIRST_ANSWER = 1_000_000_000
"""Ids of columns that only the rewrite knows begin there."""


def _join_unnest(node: bound.JoinOf, right: bound.UnnestOf, kind: str, context: Context) -> str:
    text = unnest_text(right, from_text(node.left, context), kind == "left", context)
    if node.condition is None:
        return text
    on = condition(node.condition, context)
    if on == "TRUE":
        return text
    if kind == "left":
        raise SqlError("NOT_SUPPORTED", "LEFT JOIN involving UNNEST is only supported with ON TRUE")
    return f"(SELECT * FROM {text} WHERE {on}) AS q{context.number()}"


def _unnest(node: bound.UnnestOf, context: Context) -> str:
    return unnest_text(node, None, False, context)


def unnest_text(node: bound.UnnestOf, left: str | None, outer: bool, context: Context) -> str:
    """UNNEST beside the rows of `left`, by unnest() in a select list.

    A lateral subquery with unnest() would reorder the rows (measured on DuckDB 1.5.5); several
    lists in one select list are walked together and padded with NULL, as Trino does.
    """
    lists: list[str] = []
    lengths: list[str] = []
    walked: list[str] = []
    outputs: list[str] = []
    columns = list(node.columns)
    for item in node.items:
        number = context.number()
        text = write(item, context)
        is_map = item.type.base == "map"
        lists.append(f"{f'map_entries({text})' if is_map else text} AS i{number}")
        lengths.append(f"COALESCE(len(i{number}), 0)")
        walked.append(f"i{number}")
        if is_map:
            fields = ["key", "value"]
        elif item.type.base == "array" and _is_row(item.type.arguments[0]):
            fields = [f"f{i}" for i in range(len(fields_of(_element(item.type))))]
        else:
            fields = []
        if not fields:
            outputs.append(f"u{number} AS {column_name(columns.pop(0))}")
        outputs.extend(
            f"struct_extract(u{number}, '{field}') AS {column_name(columns.pop(0))}"
            for field in fields
        )
    longest = f"GREATEST({', '.join(lengths)})" if len(lengths) > 1 else lengths[0]
    if outer:
        unnests = [
            f"unnest(CASE WHEN {longest} = 0 THEN [NULL] ELSE {name} END) AS u{name[1:]}"
            for name in walked
        ]
    else:
        unnests = [f"unnest({name}) AS u{name[1:]}" for name in walked]
    hidden = [*walked, *(f"u{name[1:]}" for name in walked)]
    if node.ordinality:
        number = context.number()
        ordinals = f"range(CAST(1 AS BIGINT), {longest} + 1)"
        if outer:
            ordinals = f"CASE WHEN {longest} = 0 THEN [NULL] ELSE {ordinals} END"
        unnests.append(f"unnest({ordinals}) AS o{number}")
        outputs.append(f"o{number} AS {column_name(columns.pop(0))}")
        hidden.append(f"o{number}")
    source = f" FROM {left}" if left is not None else ""
    star = "*, " if left is not None else ""
    level = f"SELECT {star}{', '.join(lists)}{source}"
    level = f"SELECT *, {', '.join(unnests)} FROM ({level}) AS q{context.number()}"
    kept = f"* EXCLUDE ({', '.join(hidden)}), " if left is not None else ""
    source = f"({level}) AS q{context.number()}"
    return f"(SELECT {kept}{', '.join(outputs)} FROM {source}) AS q{context.number()}"


def _is_row(type_: Any) -> bool:
    return getattr(type_, "base", None) == "row"


def _element(type_: Any) -> Any:
    return type_.arguments[0]


_WRITERS: dict[type, Callable[[Any, Context], str]] = {
    bound.Scan: _scan,
    bound.ValuesOf: _values,
    bound.Derived: _derived,
    bound.CommonTable: _common,
    bound.UnnestOf: _unnest,
    bound.SequenceOf: _sequence,
    bound.SampleOf: _sample,
    bound.JoinOf: _join,
}
