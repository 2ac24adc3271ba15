"""Expressions as Trino writes them in its messages: `(v + 1)`, `sum(v)`, `row_number() OVER ()`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from local_athena.sql import nodes
from local_athena.sql.signatures import is_aggregate, is_window


def describe(node: Any) -> str:
    """The expression's text. Kinds that Trino writes at length are named by their class."""
    writer = _WRITERS.get(type(node))
    return writer(node) if writer is not None else f"<{type(node).__name__}>"


def identifier(node: nodes.Identifier) -> str:
    """A name, quoted where it was."""
    return '"' + node.value.replace('"', '""') + '"' if node.quoted else node.value


def dotted(node: nodes.Expression) -> list[nodes.Identifier] | None:
    """The parts of `a.b.c` when it is a chain of names only."""
    parts: list[nodes.Identifier] = []
    while isinstance(node, nodes.Dereference):
        parts.append(node.field)
        node = node.base
    if not isinstance(node, nodes.ColumnName):
        return None
    parts.append(node.name)
    return parts[::-1]


def _call(node: nodes.FunctionCall) -> str:
    arguments = "*" if node.star else ", ".join(describe(each) for each in node.arguments)
    text = ".".join(part.value for part in node.name.parts)
    text += f"({'DISTINCT ' if node.distinct else ''}{arguments}{_order(node.order_by)})"
    if node.filter is not None:
        text += f" FILTER (WHERE {describe(node.filter)})"
    if node.window is not None:
        text += f" OVER {_window(node.window)}"
    return text


def _order(items: tuple[nodes.SortItem, ...]) -> str:
    if not items:
        return ""
    keys = ", ".join(
        f"{describe(item.key)} {'DESC' if item.descending else 'ASC'} "
        f"NULLS {'FIRST' if item.nulls_first else 'LAST'}"
        for item in items
    )
    return f" ORDER BY {keys}"


def _window(window: nodes.Window) -> str:
    if window.base is not None and not (window.partition_by or window.order_by or window.frame):
        return identifier(window.base)
    parts: list[str] = []
    if window.base is not None:
        parts.append(identifier(window.base))
    if window.partition_by:
        parts.append("PARTITION BY " + ", ".join(describe(each) for each in window.partition_by))
    if window.order_by:
        parts.append(_order(window.order_by).strip())
    return f"({' '.join(parts)})"


def _case(node: nodes.Case) -> str:
    parts = ["CASE"]
    if node.operand is not None:
        parts.append(describe(node.operand))
    parts += [
        f"WHEN {describe(each.condition)} THEN {describe(each.result)}" for each in node.whens
    ]
    if node.default is not None:
        parts.append(f"ELSE {describe(node.default)}")
    return f"({' '.join([*parts, 'END'])})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _listed(items: tuple[nodes.Expression, ...]) -> str:
    return ", ".join(describe(item) for item in items)


def type_text(node: nodes.TypeName | nodes.RowField) -> str:
    """A type as it was written, lower case."""
    if isinstance(node, nodes.RowField):
        name = "" if node.name is None else identifier(node.name) + " "
        return name + type_text(node.type)
    if not node.arguments:
        return node.name
    inner = ", ".join(
        str(each) if isinstance(each, int) else type_text(each) for each in node.arguments
    )
    return f"{node.name}({inner})"


_WRITERS: dict[type, Callable[[Any], str]] = {
    nodes.NullLiteral: lambda n: "null",
    nodes.BooleanLiteral: lambda n: "true" if n.value else "false",
    nodes.StringLiteral: lambda n: _text(n.value),
    nodes.BinaryLiteral: lambda n: f"X'{n.value.hex().upper()}'",
    nodes.IntegerLiteral: lambda n: str(n.value),
    nodes.DecimalLiteral: lambda n: f"DECIMAL '{n.text}'",
    nodes.DoubleLiteral: lambda n: n.text,
    nodes.TypedLiteral: lambda n: f"{type_text(n.type).upper()} {_text(n.value)}",
    nodes.IntervalLiteral: lambda n: (
        f"INTERVAL {'-' if n.sign < 0 else ''}{_text(n.value)} {n.unit.upper()}"
        + (f" TO {n.to_unit.upper()}" if n.to_unit else "")
    ),
    nodes.Parameter: lambda n: "?",
    nodes.ColumnName: lambda n: identifier(n.name),
    nodes.Dereference: lambda n: f"{describe(n.base)}.{identifier(n.field)}",
    nodes.Subscript: lambda n: f"{describe(n.base)}[{describe(n.index)}]",
    nodes.Unary: lambda n: f"{n.operator}{describe(n.operand)}",
    nodes.Binary: lambda n: f"({describe(n.left)} {n.operator} {describe(n.right)})",
    nodes.Comparison: lambda n: f"({describe(n.left)} {n.operator.upper()} {describe(n.right)})",
    nodes.Logical: lambda n: (
        "(" + f" {n.operator.upper()} ".join(describe(each) for each in n.operands) + ")"
    ),
    nodes.Not: lambda n: f"(NOT {describe(n.operand)})",
    nodes.Between: lambda n: (
        f"({describe(n.value)} {'NOT ' if n.negated else ''}BETWEEN "
        f"{describe(n.low)} AND {describe(n.high)})"
    ),
    nodes.InList: lambda n: (
        f"({describe(n.value)} {'NOT ' if n.negated else ''}IN ({_listed(n.items)}))"
    ),
    nodes.Like: lambda n: (
        f"({describe(n.value)} {'NOT ' if n.negated else ''}LIKE {describe(n.pattern)})"
    ),
    nodes.IsNull: lambda n: f"({describe(n.operand)} IS {'NOT ' if n.negated else ''}NULL)",
    nodes.Case: _case,
    nodes.Cast: lambda n: (
        f"{'TRY_' if n.safe else ''}CAST({describe(n.operand)} AS {type_text(n.type)})"
    ),
    nodes.AtTimeZone: lambda n: f"{describe(n.operand)} AT TIME ZONE {describe(n.zone)}",
    nodes.ArrayConstructor: lambda n: f"ARRAY[{_listed(n.items).replace(', ', ',')}]",
    nodes.RowConstructor: lambda n: f"ROW ({_listed(n.items)})",
    nodes.FunctionCall: _call,
}


def grouped_calls(node: nodes.Expression) -> list[str]:
    """The aggregations, then the window functions, then the GROUPING()s in an expression, as text.

    Subqueries are not entered.
    """
    aggregates: list[str] = []
    windows: list[str] = []
    groupings: list[str] = []
    for call in _calls(node):
        name = call.name.parts[-1].value.lower()
        if call.window is not None or is_window(name):
            windows.append(describe(call))
        elif is_aggregate(name):
            aggregates.append(describe(call))
        elif name == "grouping":
            groupings.append(describe(call))
    return aggregates + windows + groupings


def _calls(value: Any) -> Iterator[nodes.FunctionCall]:
    if isinstance(value, nodes.FunctionCall):
        yield value
    if isinstance(value, nodes.Query):
        return
    if isinstance(value, tuple):
        for item in value:
            yield from _calls(item)
    elif isinstance(value, nodes.Node):
        for field in fields(value):
            yield from _calls(getattr(value, field.name))
