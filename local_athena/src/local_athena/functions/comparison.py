"""Comparing values by Trino's rules: three-valued within rows and arrays, NaN equal to nothing.

Measured on DuckDB 1.5.5: rows and lists compare two-valued natively (`[1, NULL] = [1, NULL]` is
true), `nan = nan` is true and nan is greater than all.
"""

from __future__ import annotations

import re

from local_athena.functions import times_zoned
from local_athena.functions.text import fail, is_atom, let
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of, fields_of, precision_of
from local_athena.sql.types import Type

_NOT_NAN = re.compile(r"CAST\('-?[0-9.e+-]+' AS (DOUBLE|FLOAT)\)|[0-9.]+")


def is_plain(type_: Type) -> bool:
    """Whether DuckDB's own =, <, IN and GROUP BY are Trino's for this type."""
    if type_.base in ("real", "double", "timestamp with time zone", "time with time zone"):
        return False
    return type_.base not in ("array", "map", "row")


def canonical(type_: Type, text: str) -> str:
    """A text that sorts, groups and is distinct natively as the value is for Trino."""
    if not _needs_canon(type_):
        return text
    base = type_.base
    if base == "timestamp with time zone":
        if precision_of(type_) > 6:
            names = ("instant", "ps")
            packed = ", ".join(f"{name} := struct_extract({text}, '{name}')" for name in names)
            return f"struct_pack({packed})"
        return f"struct_extract({text}, 'instant')"
    if base == "time with time zone":
        return times_zoned.at_utc(text)
    if base == "array":
        inner = canonical(element_of(type_), "e")
        return f"list_transform({text}, lambda e: {inner})"
    if base == "row":
        parts = [
            f"f{index} := " + canonical(part, f"struct_extract({text}, 'f{index}')")
            for index, part in enumerate(fields_of(type_))
        ]
        return f"(CASE WHEN {text} IS NOT NULL THEN struct_pack({', '.join(parts)}) END)"
    key, value = entry_of(type_)
    packed = f"struct_pack(k := {canonical(key, 'e.key')}, v := {canonical(value, 'e.value')})"
    return f"list_sort(list_transform(map_entries({text}), lambda e: {packed}))"


def _needs_canon(type_: Type) -> bool:
    if type_.base in ("timestamp with time zone", "time with time zone"):
        return True
    if type_.base == "array":
        return _needs_canon(element_of(type_))
    if type_.base == "map":
        return True
    return type_.base == "row" and any(_needs_canon(part) for part in fields_of(type_))


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
    if base == "row":
        return let([left, right], lambda a, b: _row_ordered(operator, type_, a, b))
    if base == "array":
        return let([left, right], lambda a, b: _array_ordered(operator, type_, a, b))
    raise SqlError("NOT_SUPPORTED", f"comparison {operator} of {type_}")


def _array_ordered(operator: str, type_: Type, left: str, right: str) -> str:
    """By the first pair of elements that differ, else by length; a NULL met before raises."""
    nulls = fail("NOT_SUPPORTED", "'ARRAY comparison not supported for arrays with null elements'")
    part = element_of(type_)
    if part.base in ("array", "row"):
        same, less = equal(part, "p[1]", "p[2]"), _ordered("<", part, "p[1]", "p[2]")
    else:  # (natively NaN is one value and the greatest, as among Trino's elements)
        mine, theirs = canonical(part, "p[1]"), canonical(part, "p[2]")
        same, less = f"({mine} = {theirs})", f"({mine} < {theirs})"
    order = (
        "CASE WHEN p[1] IS NULL OR p[2] IS NULL THEN 2 "
        f"WHEN {same} THEN 0 WHEN {less} THEN -1 ELSE 1 END"
    )
    orders = f"list_transform(list_zip({left}, {right}, TRUE), lambda p: {order})"
    first = f"list_filter({orders}, lambda o: o <> 0)[1]"
    whole = f"COALESCE({first}, sign(len({left}) - len({right})))"
    return (
        f"(CASE WHEN {left} IS NULL OR {right} IS NULL THEN NULL "
        f"ELSE (CASE {whole} WHEN 2 THEN {nulls} ELSE {whole} {operator} 0 END) END)"
    )


def _row_ordered(operator: str, type_: Type, left: str, right: str) -> str:
    """Field by field; a NULL met before the order is decided raises."""
    strict = operator[0]
    nulls = fail("NOT_SUPPORTED", "'ROW comparison not supported for fields with null elements'")
    fields = fields_of(type_)
    text = "FALSE" if len(operator) == 1 else "TRUE"
    for index in reversed(range(len(fields))):
        part = fields[index]
        a = f"struct_extract({left}, 'f{index}')"
        b = f"struct_extract({right}, 'f{index}')"
        text = (
            f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN {nulls} "
            f"WHEN {equal(part, a, b)} THEN {text} ELSE {compare(strict, part, a, b)} END)"
        )
    return f"(CASE WHEN {left} IS NULL OR {right} IS NULL THEN NULL ELSE {text} END)"
