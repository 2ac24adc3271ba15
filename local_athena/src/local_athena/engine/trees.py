"""Going through parsed and bound trees, whatever their nodes."""

import dataclasses
from collections.abc import Iterator
from functools import cache
from typing import Any

from local_athena.sql import bound, nodes
from local_athena.sql.types import Type

_PLAIN = frozenset((type(None), str, int, bool, float, Type, nodes.At, bound.Column))
"""What is no node and holds none: most of what a node's fields are."""
_CLOSED = (bound.TableHandle, bound.ViewHandle, bound.Column, bound.Constant, nodes.At)


def walk(tree: Any) -> Iterator[Any]:
    """Every node of a tree, subqueries' too; catalog objects in it are not entered."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind: type = type(node)
        if kind is tuple:
            waiting.extend(node)
            continue
        names = _names(kind)
        if names is None:
            continue
        yield node
        for name in names:
            value = getattr(node, name)
            if type(value) not in _PLAIN:
                waiting.append(value)


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """The fields that may hold nodes; None for what is no node."""
    known = kind.__module__ in (bound.__name__, nodes.__name__)
    if not known or kind in _CLOSED or not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind) if field.name != "at")
