"""What a tree holds: the columns it uses, so that scans offer no others; WITH queries; chance."""

from __future__ import annotations

import dataclasses
from collections import Counter
from functools import cache
from typing import Any

from local_athena.sql import bound


@cache
def _slots(kind: Any) -> tuple[str, ...]:
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple(f.name for f in dataclasses.fields(kind))


def used_columns(tree: Any) -> frozenset[int]:
    """The ids of all columns that the tree reads by Reference, or offers whole (TABLE t)."""
    found: set[int] = set()
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind: Any = type(node)
        if kind is tuple:
            waiting.extend(node)
        elif kind is bound.Reference:
            found.add(node.column.id)
        elif kind in (bound.Constant, bound.Column, bound.TableHandle):
            continue
        elif kind is bound.BoundTable:
            found.update(column.id for column in node.relation.columns)
            waiting.append(node.relation)
        elif kind.__module__ == bound.__name__:
            waiting.extend(getattr(node, name) for name in _slots(kind))
    return frozenset(found)


def count_uses(tree: Any) -> Counter[int]:
    """How often a tree reads each common table, by its id."""
    uses: Counter[int] = Counter()
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind: Any = type(node)
        if kind is tuple or kind is list:
            waiting.extend(node)
        elif kind is bound.CommonTable:
            uses[node.id] += 1
        elif kind in (bound.Constant, bound.Column, bound.TableHandle):
            continue
        elif kind.__module__ == bound.__name__:
            waiting.extend(getattr(node, name) for name in _slots(kind))
    return uses


def free_columns(tree: Any) -> frozenset[int]:
    """The ids of columns that a tree reads but no relation or query inside of it offers."""
    offered: set[int] = set()
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind: Any = type(node)
        if kind is tuple:
            waiting.extend(node)
        elif kind is bound.Column:
            offered.add(node.id)
        elif kind in (bound.Constant, bound.TableHandle, bound.Reference):
            continue
        elif kind.__module__ == bound.__name__:
            waiting.extend(getattr(node, name) for name in _slots(kind))
    return used_columns(tree) - offered


_CHANCE = frozenset({"rand", "random", "shuffle", "uuid"})


def has_chance(tree: Any) -> bool:
    """Whether a tree gives other rows each time it is computed; Trino computes a WITH query anew
    for each use."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind: Any = type(node)
        if kind is tuple:
            waiting.extend(node)
        elif kind is bound.SampleOf or (kind is bound.Call and node.name in _CHANCE):
            return True
        elif kind in (bound.Constant, bound.Column, bound.TableHandle):
            continue
        elif kind.__module__ == bound.__name__:
            waiting.extend(getattr(node, name) for name in _slots(kind))
    return False
