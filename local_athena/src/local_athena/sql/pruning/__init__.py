"""What a statement needs of each table that it reads: columns, and what they may be.

`plan_scans` changes only what is read, never the answer: a row outside a scan's domains cannot have
part in the result. Domains may be wider than the truth.

domains      sets of values: ranges, points, NULL
constants    constant expressions worked out
preimages    what x may be when f(x) lies in a domain
predicates   what columns may be where a predicate is true, or false
filters      predicates that a partition's values can answer
flow         from predicates down to scans
liveness     columns that the result hangs on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_athena.sql import bound
from local_athena.sql.bound import BoundStatement, Scan
from local_athena.sql.pruning.domains import NONE, Domain, Range
from local_athena.sql.pruning.filters import KeyFilter, on_keys
from local_athena.sql.pruning.flow import Flow
from local_athena.sql.pruning.liveness import live_columns
from local_athena.sql.pruning.predicates import FREE, Limits
from local_athena.sql.pruning.trees import parts_of, scans_of

__all__ = ["Domain", "KeyFilter", "Range", "ScanNeed", "plan_scans", "scans_of"]


@dataclass(frozen=True, slots=True)
class ScanNeed:
    """What the statement needs of one scan; names are the table's, in lower case.

    `columns` are those that the result hangs on: what Athena reads and bills. `mentioned` are those
    that the bound tree names anywhere, which a relation must offer though nobody looks at them.
    `domains` holds the columns that are restricted; where no row can have part in the result, all
    columns have the empty domain and `empty` is true. `filters` are predicates on partition keys
    that domains cannot hold; a partition that one does not admit need not be read.
    """

    columns: frozenset[str]
    mentioned: frozenset[str]
    domains: Mapping[str, Domain]
    empty: bool = False
    filters: tuple[KeyFilter, ...] = ()


def plan_scans(statement: BoundStatement) -> Mapping[int, ScanNeed]:
    """The need of every scan of a bound statement, by the scan's id."""
    live = live_columns(statement)
    scans, mentioned = _survey(statement)
    flow = Flow()
    flow.statement(statement)
    found: dict[int, ScanNeed] = {}
    for scan in scans:
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
        limits.never,
        on_keys(scan, limits.filters),
    )


def _survey(tree: Any) -> tuple[list[Scan], frozenset[int]]:
    """All scans of a bound tree, and the columns that it names anywhere.

    Those are read by reference, or offered whole by TABLE t.
    """
    scans: list[Scan] = []
    named: set[int] = set()
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is tuple:
            waiting.extend(node)
        elif kind is bound.Reference:
            named.add(node.column.id)
        elif kind is Scan:
            scans.append(node)
            waiting.append(node.version)
        elif kind is bound.BoundTable:
            named.update(column.id for column in node.relation.columns)
            waiting.append(node.relation)
        else:
            waiting.extend(getattr(node, name) for name in parts_of(kind))
    return scans, frozenset(named)
