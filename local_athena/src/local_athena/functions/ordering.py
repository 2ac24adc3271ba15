"""The order of nested values: of <, ORDER BY, max, greatest, array_sort and their like.

A NULL inside an array or a row raises once the order depends on it; DuckDB would put it last.
"""

from __future__ import annotations

from local_athena.functions.canonical import canonical
from local_athena.functions.text import fail, let
from local_athena.sql.representation import element_of, fields_of
from local_athena.sql.types import Type

_NULL_ELEMENT = fail(
    "NOT_SUPPORTED", "'ARRAY comparison not supported for arrays with null elements'"
)
_NULL_FIELD = fail("NOT_SUPPORTED", "'ROW comparison not supported for fields with null elements'")


def order(type_: Type, left: str, right: str, *, nan_first: bool = False) -> str:
    """-1, 0 or 1 of two values that are not NULL; NaN stands last, or first."""
    if type_.base == "row":
        return let([left, right], lambda a, b: _of_rows(type_, a, b, nan_first))
    if type_.base == "array":
        return let([left, right], lambda a, b: _of_arrays(type_, a, b, nan_first))
    mine, theirs = canonical(type_, left), canonical(type_, right)
    less = f"{mine} < {theirs}"
    if nan_first and type_.base in ("real", "double"):
        less = f"isnan({mine}) OR ({less} AND NOT isnan({theirs}))"
    return f"(CASE WHEN {mine} = {theirs} THEN 0 WHEN {less} THEN -1 ELSE 1 END)"


def _of_arrays(type_: Type, left: str, right: str, nan_first: bool) -> str:
    each = order(element_of(type_), "p[1]", "p[2]", nan_first=nan_first)
    each = f"CASE WHEN p[1] IS NULL OR p[2] IS NULL THEN 2 ELSE {each} END"
    orders = f"list_transform(list_zip({left}, {right}, TRUE), lambda p: {each})"
    first = f"list_filter({orders}, lambda o: o <> 0)[1]"
    return (
        f"(CASE {first} WHEN 2 THEN {_NULL_ELEMENT} WHEN 1 THEN 1 WHEN -1 THEN -1 "
        f"ELSE sign(len({left}) - len({right})) END)"
    )


def _of_rows(type_: Type, left: str, right: str, nan_first: bool) -> str:
    result = "0"
    for index, part in reversed(list(enumerate(fields_of(type_)))):
        mine, theirs = field(left, index), field(right, index)
        each = order(part, mine, theirs, nan_first=nan_first)
        result = (
            f"(CASE WHEN {mine} IS NULL OR {theirs} IS NULL THEN {_NULL_FIELD} "
            f"ELSE {_unless_zero(each, result)} END)"
        )
    return result


def _unless_zero(first: str, second: str) -> str:
    return let([first], lambda o: f"(CASE WHEN {o} <> 0 THEN {o} ELSE {second} END)")


def first_of(type_: Type, left: str, right: str, *, greatest: bool) -> str:
    """The greater or the lesser of two values, the left of equal ones; never NaN if avoidable."""
    better = f"{order(type_, right, left, nan_first=greatest)} = {1 if greatest else -1}"
    return f"(CASE WHEN {better} THEN {right} ELSE {left} END)"


def checked(type_: Type, items: str) -> str:
    """A list in its native order and without NULL elements; raises where Trino knows no order.

    Values that differ from a NULL on have their neighbours among them, so neighbours suffice.
    """

    def body(sorted_items: str) -> str:
        pairs = f"list_zip({sorted_items}, {sorted_items}[2:], TRUE)"
        wrong = f"list_filter({pairs}, lambda p: {order(type_, 'p[1]', 'p[2]')} > 0)"
        return f"(CASE WHEN len({wrong}) = 0 THEN {sorted_items} END)"

    return let([items], body)


def sort_key(type_: Type, value: str, *, nan_first: bool) -> str:
    """What sorts natively as the value does; a NaN is the greatest number, or the smallest
    (Trino's UNORDERED_LAST and UNORDERED_FIRST)."""
    if nan_first and _has_numbers(type_):
        return _nan_first(type_, value)
    return canonical(type_, value)


def _has_numbers(type_: Type) -> bool:
    if type_.base == "array":
        return _has_numbers(element_of(type_))
    if type_.base == "row":
        return any(_has_numbers(part) for part in fields_of(type_))
    return type_.base in ("double", "real")


def _nan_first(type_: Type, value: str) -> str:
    if type_.base in ("double", "real"):
        packed = f"{{'n': NOT isnan({value}), 'v': {value}}}"
        return f"(CASE WHEN {value} IS NOT NULL THEN {packed} END)"
    if type_.base == "array":
        return f"list_transform({value}, lambda e: {_nan_first(element_of(type_), 'e')})"
    if type_.base == "row":
        parts = [
            f"'f{index}': {_nan_first(part, field(value, index))}"
            for index, part in enumerate(fields_of(type_))
        ]
        return f"(CASE WHEN {value} IS NOT NULL THEN {{{', '.join(parts)}}} END)"
    return canonical(type_, value)


def field(value: str, index: int) -> str:
    """A row's field."""
    return f"struct_extract({value}, 'f{index}')"


def is_odd(type_: Type, value: str) -> str:
    """Whether a nested value has a NULL or a NaN in it, for which its order is not DuckDB's."""
    if type_.base == "array":
        part = element_of(type_)
        inner = f"e IS NULL OR {is_odd(part, 'e')}"
        return f"(len(list_filter({value}, lambda e: {inner})) > 0)"
    if type_.base == "row":
        parts = [
            f"{field(value, index)} IS NULL OR {is_odd(part, field(value, index))}"
            for index, part in enumerate(fields_of(type_))
        ]
        return f"({' OR '.join(parts)})"
    return f"isnan({value})" if type_.base in ("double", "real") else "FALSE"
