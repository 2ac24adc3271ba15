"""What to go into when walking through a bound tree of any kind."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

from local_athena.sql import bound

_TREES: ModuleType = bound
# What says nothing about how a tree is made up.
_LEAVES = (bound.Column, bound.Constant, bound.TableHandle, bound.ViewHandle, bound.Reference)
_PLAIN = frozenset({"type", "name", "operator", "kind", "distinct", "column", "columns", "index"})


_KNOWN: dict[type, tuple[str, ...]] = {}


def parts_of(kind: type) -> tuple[str, ...]:
    """The fields of a bound node of that class that may hold others; none for anything else."""
    known = _KNOWN.get(kind)
    if known is None:
        known = _KNOWN[kind] = _parts(kind)
    return known


def _parts(kind: type) -> tuple[str, ...]:
    if kind.__module__ != _TREES.__name__ or not is_dataclass(kind) or kind in _LEAVES:
        return ()
    return tuple(field.name for field in fields(kind) if field.name not in _PLAIN)


def inside(tree: Any) -> tuple[list[bound.WindowCall], list[bound.BoundQuery]]:
    """The window calls and the queries in an expression or a tuple of them; queries stay shut."""
    windows: list[bound.WindowCall] = []
    queries: list[bound.BoundQuery] = []
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is tuple:
            waiting.extend(node)
        elif kind is bound.BoundQuery:
            queries.append(node)
        else:
            if kind is bound.WindowCall:
                windows.append(node)
            waiting.extend(getattr(node, name) for name in parts_of(kind))
    return windows, queries


def references_in(expression: Any) -> set[int]:
    """The ids of the columns that an expression reads; its queries stay shut."""
    found: set[int] = set()
    waiting: list[Any] = [expression]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is tuple:
            waiting.extend(node)
        elif kind is bound.Reference:
            found.add(node.column.id)
        elif kind is not bound.BoundQuery:
            waiting.extend(getattr(node, name) for name in parts_of(kind))
    return found


def scans_of(tree: Any) -> list[bound.Scan]:
    """All scans of a bound tree, its inner queries' too."""
    scans: list[bound.Scan] = []
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is tuple:
            waiting.extend(node)
        else:
            if kind is bound.Scan:
                scans.append(node)
            waiting.extend(getattr(node, name) for name in parts_of(kind))
    return scans
