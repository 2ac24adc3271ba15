"""What a statement needs of each table that it reads: columns, and what they may be.

`plan_scans` changes only what is read, never the answer: a row outside a scan's domains cannot have
part in the result. Domains may be wider than the truth.

domains      sets of values: ranges, points, NULL
constants    constant expressions worked out
preimages    what x may be when f(x) lies in a domain
predicates   what columns may be where a predicate is true, or false
flow         from predicates down to scans
liveness     columns that the result hangs on
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_athena.sql import bound
from local_athena.sql.bound import BoundStatement, Scan
from local_athena.sql.pruning.domains import NONE, Domain, Range
from local_athena.sql.pruning.flow import Flow
from local_athena.sql.pruning.liveness import live_columns
from local_athena.sql.pruning.predicates import FREE, NEVER, Limits

__all__ = ["Domain", "Range", "ScanNeed", "plan_scans"]


@dataclass(frozen=True, slots=True)
class ScanNeed:
    """What the statement needs of one scan; names are the table's, in lower case.

    `columns` are those that the result hangs on: what Athena reads and bills. `mentioned` are those
    that the bound tree names anywhere, which a relation must offer though nobody looks at them.
    `domains` holds the columns that are restricted; where no row can have part in the result, all
    columns have the empty domain and `empty` is true.
    """

    columns: frozenset[str]
    mentioned: frozenset[str]
    domains: Mapping[str, Domain]
    empty: bool = False


def plan_scans(statement: BoundStatement) -> Mapping[int, ScanNeed]:
    """The need of every scan of a bound statement, by the scan's id."""
    live = live_columns(statement)
    mentioned = _mentioned(statement)
    flow = Flow()
    flow.statement(statement)
    found: dict[int, ScanNeed] = {}
    for scan in _scans(statement):
        limits = flow.scans[scan.id][1] if scan.id in flow.scans else FREE
        found[scan.id] = _need(scan, limits, live, mentioned)
    return found


def _need(scan: Scan, limits: Limits, live: frozenset[int], mentioned: frozenset[int]) -> ScanNeed:
    names = [
        (column.id, table.name)
        for column, table in zip(scan.columns, scan.handle.columns, strict=True)
    ]
    if limits.never:
        domains = {name: NONE for _, name in names}
    else:
        domains = {name: limits.domains[id_] for id_, name in names if id_ in limits.domains}
    return ScanNeed(
        frozenset(name for id_, name in names if id_ in live),
        frozenset(name for id_, name in names if id_ in mentioned or id_ in live),
        domains,
        limits is NEVER or limits.never,
    )


def _nodes(tree: Any) -> Iterator[Any]:
    """Every node of a bound tree; tables and columns are not entered."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(node)
        elif type(node).__module__ == bound.__name__:
            yield node
            if not isinstance(node, bound.Column | bound.TableHandle | bound.ViewHandle):
                waiting.extend(getattr(node, field.name) for field in dataclasses.fields(node))


def _scans(tree: Any) -> Iterator[Scan]:
    return (node for node in _nodes(tree) if isinstance(node, Scan))


def _mentioned(tree: Any) -> frozenset[int]:
    """Columns read by reference anywhere, or offered whole by TABLE t."""
    found: set[int] = set()
    for node in _nodes(tree):
        if isinstance(node, bound.Reference):
            found.add(node.column.id)
        elif isinstance(node, bound.BoundTable):
            found.update(column.id for column in node.relation.columns)
    return frozenset(found)
