"""A form of each value whose native equality and order are Trino's.

DuckDB compares structs and lists two-valued, NaN as one value and the greatest, NULL after all.
"""

from __future__ import annotations

from local_athena.functions import times_zoned
from local_athena.functions.text import let
from local_athena.sql.representation import element_of, entry_of, fields_of, precision_of
from local_athena.sql.types import Type


def canonical(type_: Type, text: str) -> str:
    """A text that sorts, groups and is distinct natively as the value is for Trino."""
    if not _needs_canon(type_):
        return text
    base = type_.base
    if base == "timestamp with time zone":
        if precision_of(type_) > 6:
            names = ("instant", "ps")
            return let(
                [text],
                lambda v: (
                    f"(CASE WHEN {v} IS NOT NULL THEN struct_pack("
                    + ", ".join(f"{name} := struct_extract({v}, '{name}')" for name in names)
                    + ") END)"
                ),
            )
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
