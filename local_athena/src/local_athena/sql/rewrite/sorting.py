"""ORDER BY items by Trino's rules, of queries, windows and aggregates."""

from __future__ import annotations

import re
from collections.abc import Sequence

from local_athena.functions.canonical import canonical
from local_athena.functions.ordering import order, sort_key
from local_athena.functions.registry import AggregateTexts
from local_athena.functions.text import fail, let
from local_athena.sql import bound
from local_athena.sql.representation import quote_text

Sorting = tuple[bound.SortKey, str]
"""A key and the text of its value."""


_LITERAL = re.compile(r"-?[0-9.]+|'([^']|'')*'|NULL|TRUE|FALSE")


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


def distance_item(key: bound.SortKey, text: str) -> str:
    """The one key of a RANGE frame with an offset. Under NULLS FIRST it must not be NaN: Trino's
    frames around one follow from the way it walks over the rows."""
    if key.nulls_first and key.key.type.base in ("double", "real"):
        problem = quote_text("RANGE frame over NaN with NULLS FIRST is not supported")
        failure = fail("NOT_SUPPORTED", problem)
        text = let([text], lambda x: f"(CASE WHEN isnan({x}) THEN {failure} ELSE {x} END)")
    return sort_item(key, text)


def query_items(keys: Sequence[Sorting]) -> list[str]:
    """The items of a query's ORDER BY, each nested key followed by NULL, or what raises where the
    order of two rows depends on a NULL in it."""
    items: list[str] = []
    before: list[str] = []
    for key, text in keys:
        if _LITERAL.fullmatch(text):
            continue  # (it would be a position, or refused)
        items.append(sort_items(key, text))
        if _is_nested(key):
            items.append(_neighbours(key, text, before))
        before.append(canonical(key.key.type, text))
    return items


def window_checks(groups: Sequence[Sorting], keys: Sequence[Sorting]) -> list[str]:
    """For each nested key of a window: NULL, or what raises as in `query_items`. Trino sorts by the
    partition's keys, `groups`, too; of them only equal ones surely meet in one sort."""
    before = [canonical(key.key.type, text) for key, text in groups]
    checks = [_neighbours(key, text, before) for key, text in groups if _is_nested(key)]
    for key, text in keys:
        if _is_nested(key):
            checks.append(_neighbours(key, text, before))
        before.append(canonical(key.key.type, text))
    return checks


def aggregate_checks(keys: Sequence[Sorting], parts: AggregateTexts) -> list[str]:
    """For each nested key of an ordered aggregate: FALSE, or what raises as in `query_items`."""
    checks: list[str] = []
    before: list[str] = []
    for key, text in keys:
        if _is_nested(key):
            group = f"row({', '.join(before)})" if before else "0"
            items = parts.call("list", f"struct_pack(g := {group}, k := {text})", distinct=False)
            mine, theirs = (f"struct_extract(p[{place}], 'k')" for place in (1, 2))
            same = "struct_extract(p[1], 'g') IS NOT DISTINCT FROM struct_extract(p[2], 'g')"
            known = f"{mine} IS NOT NULL AND {theirs} IS NOT NULL AND {same}"
            wrong = f"CASE WHEN {known} THEN {order(key.key.type, mine, theirs)} > 1 END"

            def body(items: str, wrong: str = wrong) -> str:
                pairs = f"list_zip({items}, {items}[2:], TRUE)"
                return f"(len(list_filter({pairs}, lambda p: {wrong})) > 0)"

            checks.append(let([items], body))
        before.append(canonical(key.key.type, text))
    return checks


def _is_nested(key: bound.SortKey) -> bool:
    return key.key.type.base in ("array", "row")


def _neighbours(key: bound.SortKey, text: str, before: Sequence[str]) -> str:
    """NULL, or what raises where the order of a row and the one before it, equal in `before`, hangs
    on a NULL in the key (rows that differ from a NULL on have their neighbours among them)."""
    group = f"PARTITION BY {', '.join(before)} " if before else ""
    previous = f"lag({text}) OVER ({group}ORDER BY {sort_items(key, text)})"
    checked = f"CASE WHEN {order(key.key.type, previous, text)} > 1 THEN 1 END"
    return f"(CASE WHEN {previous} IS NOT NULL AND {text} IS NOT NULL THEN {checked} END)"
