"""Lists as building blocks: the first of each key, and the items by key, in n log n.

Each sorts {k: key, i: place, v: value}: by key, then by place, so that the value never decides.
"""

from __future__ import annotations

from local_athena.functions.canonical import canonical
from local_athena.functions.text import is_atom, let
from local_athena.sql.types import Type


def keyed(items: str, key: str, value: str) -> str:
    """The sorted list; `key` and `value` are texts over an item `e`."""
    packed = f"lambda e, place: {{'k': {key}, 'i': place, 'v': {value}}}"
    return f"list_sort(list_transform({items}, {packed}))"


def _starts(name: str) -> str:
    """The places in a sorted list where a new key begins."""
    return (
        f"list_filter(range(1, len({name}) + 1), lambda ix: ix = 1 OR "
        f"{name}[ix].k IS DISTINCT FROM {name}[ix - 1].k)"
    )


def first_of_each(items: str, key: str, value: str) -> str:
    """{k, i, v} of each key's first item, in the order of the keys."""
    return let(
        [keyed(items, key, value)],
        lambda s: f"list_filter({s}, lambda e, ix: ix = 1 OR e.k IS DISTINCT FROM {s}[ix - 1].k)",
    )


def items_of_each(items: str, key: str, value: str, made: str) -> str:
    """For each key in order: `made`, a text over `key` and the list `values`."""

    def body(s: str) -> str:
        def parts(b: str) -> str:
            group = f"list_transform({s}[st:COALESCE({b}[nx + 1] - 1, len({s}))], lambda e: e.v)"
            text = made.replace("{key}", f"{s}[st].k").replace("{values}", group)
            text = text.replace("{place}", f"{s}[st].i")
            return f"list_transform({b}, lambda st, nx: {text})"

        return let([_starts(s)], parts)

    return let([keyed(items, key, value)], body)


def joined_texts(items: str, separator: str) -> str:
    """Texts in one, with a separator between them; natively that must be a literal."""
    if is_atom(separator) and "'" in separator:
        return f"array_to_string({items}, {separator})"
    led = f"list_transform({items}, lambda i: {separator} || i)"
    return f"substr(array_to_string({led}, ''), length({separator}) + 1)"


def distinct_items(items: str, type_: Type) -> str:
    """Each element once, at its first place."""
    return f"(CASE WHEN {items} IS NOT NULL THEN {_first_only(items, type_)} END)"


def _first_only(items: str, type_: Type) -> str:
    """Distinct elements in the order of their first place, NULL among them."""
    firsts = first_of_each(items, canonical(type_, "e"), "e")
    placed = f"list_sort(list_transform({firsts}, lambda e: {{'i': e.i, 'v': e.v}}))"
    return f"list_transform({placed}, lambda e: e.v)"
