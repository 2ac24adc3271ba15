"""Comparing values by Trino's rules: three-valued within rows and arrays, NaN equal to nothing.

Measured on DuckDB 1.5.5: rows and lists compare two-valued natively (`[1, NULL] = [1, NULL]` is
true), `nan = nan` is true and nan is greater than all.
"""

from __future__ import annotations

import re

from local_athena.functions.canonical import canonical
from local_athena.functions.ordering import order
from local_athena.functions.text import is_atom, let
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of, fields_of
from local_athena.sql.types import Type

_NOT_NAN = re.compile(r"CAST\('-?[0-9.e+-]+' AS (DOUBLE|FLOAT)\)|[0-9.]+")


def is_plain(type_: Type) -> bool:
    """Whether DuckDB's own =, <, IN and GROUP BY are Trino's for this type."""
    if type_.base in ("real", "double", "timestamp with time zone", "time with time zone"):
        return False
    return type_.base not in ("array", "map", "row")


def compare(operator: str, type_: Type, left: str, right: str) -> str:
    """`left operator right` for =, <>, <, <=, >, >=, is [not] distinct from."""
    if operator.endswith("distinct from"):
        sides = f"{canonical(type_, left)} {operator.upper()} {canonical(type_, right)}"
        return f"({sides})"
    if operator == "=":
        return equal(type_, left, right)
    if operator == "<>":
        if is_plain(type_):
            return f"({left} <> {right})"
        return f"(NOT {equal(type_, left, right)})"
    return _ordered(operator, type_, left, right)


def equal(type_: Type, left: str, right: str) -> str:
    """left = right, NULL when Trino's is."""
    base = type_.base
    if is_plain(type_):
        return f"({left} = {right})"
    if base in ("real", "double"):
        if _NOT_NAN.fullmatch(left) or _NOT_NAN.fullmatch(right):
            return f"({left} = {right})"
        if is_atom(left) and is_atom(right):
            return _but_nan(left, "=", right, left, right)
        return let([left, right], lambda a, b: _but_nan(a, "=", b, a, b))
    if base in ("timestamp with time zone", "time with time zone"):
        return f"({canonical(type_, left)} = {canonical(type_, right)})"
    return let([left, right], lambda a, b: _nested_equal(type_, a, b))


def _but_nan(left: str, operator: str, right: str, number: str, other: str) -> str:
    """A native comparison that is false where `number` is NaN (NULL beside a NULL)."""
    return f"({left} {operator} {right} AND (NOT isnan({number}) OR {other} IS NULL))"


def _nested_equal(type_: Type, left: str, right: str) -> str:
    if type_.base == "row":
        parts = [
            equal(
                part, f"struct_extract({left}, 'f{index}')", f"struct_extract({right}, 'f{index}')"
            )
            for index, part in enumerate(fields_of(type_))
        ]
        return "(" + " AND ".join(parts) + ")"
    if type_.base == "array":
        each = equal(element_of(type_), "p[1]", "p[2]")
        return _all_equal(left, right, f"list_zip({left}, {right})", "p", each, "len")
    key, value = entry_of(type_)
    packed = f"struct_pack(k := {canonical(key, 'e.key')}, v := e.value)"
    sides = [
        f"list_sort(list_transform(map_entries({side}), lambda e: {packed}))"
        for side in (left, right)
    ]

    def sorted_equal(a: str, b: str) -> str:
        keys = [f"list_transform({side}, lambda e: e.k)" for side in (a, b)]
        each = equal(value, "p[1].v", "p[2].v")
        same = _all_equal(a, b, f"list_zip({a}, {b})", "p", each, "len")
        return f"(CASE WHEN {keys[0]} <> {keys[1]} THEN FALSE ELSE {same} END)"

    return let(sides, sorted_equal)


def _all_equal(left: str, right: str, pairs: str, name: str, each: str, size: str) -> str:
    rank = f"CASE WHEN {each} IS FALSE THEN 0 WHEN {each} IS NULL THEN 1 ELSE 2 END"
    lowest = f"list_min(list_transform({pairs}, lambda {name}: {rank}))"
    return (
        f"(CASE WHEN {left} IS NULL OR {right} IS NULL THEN NULL "
        f"WHEN {size}({left}) <> {size}({right}) THEN FALSE "
        f"ELSE (CASE {lowest} WHEN 0 THEN FALSE WHEN 1 THEN NULL ELSE TRUE END) END)"
    )


def _ordered(operator: str, type_: Type, left: str, right: str) -> str:
    base = type_.base
    if is_plain(type_) or base in ("timestamp with time zone", "time with time zone"):
        return f"({canonical(type_, left)} {operator} {canonical(type_, right)})"
    if base in ("real", "double"):
        greater = left if operator in (">", ">=") else right
        if _NOT_NAN.fullmatch(greater):
            return f"({left} {operator} {right})"
        if is_atom(left) and is_atom(right):
            other = right if greater is left else left
            return _but_nan(left, operator, right, greater, other)
        if operator in (">", ">="):
            return let([left, right], lambda a, b: _but_nan(a, operator, b, a, b))
        return let([left, right], lambda a, b: _but_nan(a, operator, b, b, a))
    if base in ("array", "row"):
        return let([left, right], lambda a, b: _nested_ordered(operator, type_, a, b))
    raise SqlError("NOT_SUPPORTED", f"comparison {operator} of {type_}")


def _nested_ordered(operator: str, type_: Type, left: str, right: str) -> str:
    return (
        f"(CASE WHEN {left} IS NULL OR {right} IS NULL THEN NULL "
        f"ELSE {order(type_, left, right)} {operator} 0 END)"
    )
