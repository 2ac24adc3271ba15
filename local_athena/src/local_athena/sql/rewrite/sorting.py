"""ORDER BY items by Trino's rules, of queries, windows and aggregates."""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.functions.canonical import canonical
from local_athena.functions.ordering import order, sort_key
from local_athena.sql import bound

Sorting = tuple[bound.SortKey, str]
"""A key and the text of its value."""


def sort_item(key: bound.SortKey, text: str) -> str:
    """An ORDER BY item of a key whose value is `text`; the place of NULLs is always said."""
    direction = "DESC" if key.descending else "ASC"
    nulls = "FIRST" if key.nulls_first else "LAST"
    number = key.key.type.base in ("double", "real")  # (the key of a RANGE frame stays a number)
    value = text if number else sort_key(key.key.type, text, nan_first=key.nulls_first)
    return f"{value} {direction} NULLS {nulls}"


def sort_items(key: bound.SortKey, text: str) -> str:
    """As `sort_item`, where more keys than one may stand: with NULLS FIRST a NaN is the smallest
    number for Trino, else the greatest, as for DuckDB."""
    item = sort_item(key, text)
    if key.nulls_first and key.key.type.base in ("double", "real"):
        return f"isnan({text}) {'ASC' if key.descending else 'DESC'} NULLS FIRST, {item}"
    return item


def query_items(keys: Sequence[Sorting]) -> list[str]:
    """The items of a query's ORDER BY, each nested key followed by NULL, or what raises where the
    order of two rows depends on a NULL in it (such rows have their neighbours among them)."""
    items: list[str] = []
    before: list[str] = []
    for key, text in keys:
        own = sort_items(key, text)
        items.append(own)
        if key.key.type.base in ("array", "row"):
            group = f"PARTITION BY {', '.join(before)} " if before else ""
            previous = f"lag({text}) OVER ({group}ORDER BY {own})"
            checked = f"CASE WHEN {order(key.key.type, previous, text)} > 1 THEN 1 END"
            known = f"{previous} IS NOT NULL AND {text} IS NOT NULL"
            items.append(f"(CASE WHEN {known} THEN {checked} END)")
        before.append(canonical(key.key.type, text))
    return items
