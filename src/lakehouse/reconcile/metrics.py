"""Reconcile every metric with the ledger: in total and by whatever the ledger knows it by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from lakehouse.athena import QueryResult
from lakehouse.errors import ReconcileError
from lakehouse.metrics import Metric, MetricCompiler, MetricQuery
from lakehouse.reconcile.compare import NULL, Reconciliation, compare
from lakehouse.reconcile.ledger_file import METRICS, Grain, grain_of, read_ledger

_BY = {"state": "customer__state", "category": "product__category"}
"""How the dimensions are named of which the ledger speaks; `day` is the day of purchase."""


def reconcile_metrics(
    ledger_path: Path, compiler: MetricCompiler, run: Callable[[str], QueryResult]
) -> Reconciliation:
    """Ask every metric through ``run`` and compare it with the ledger. Figures are metrics.

    Raises:
        ReconcileError: the ledger knows no metrics, or one that is not defined or not the other
            way round.
        QueryError: a statement failed.
    """
    ledger = {
        (dict(grain)["metric"], grain_of({k: v for k, v in grain if k != "metric"})): value
        for (figure, grain), value in read_ledger(ledger_path).figures.items()
        if figure == METRICS
    }
    told, defined = {metric for metric, _ in ledger}, set(compiler.metrics)
    if told != defined:
        raise ReconcileError(
            f"{ledger_path} and the project know different metrics: "
            f"{', '.join(sorted(told ^ defined))}; make the ledger anew with `lakehouse demo`"
        )
    warehouse: dict[tuple[str, Grain], Decimal] = {}
    for by, query in _queries(compiler):
        result = run(compiler.compile(query))
        start = len(result.columns) - len(query.metrics)
        for row in result.rows:
            key = row[0] if row[0] is not None else NULL
            grain = grain_of({by: key} if by else {})
            for metric, text in zip(query.metrics, row[start:], strict=True):
                if text is not None:
                    warehouse[metric, grain] = Decimal(text)
    return compare(sorted(defined), ledger, warehouse)


def _queries(compiler: MetricCompiler) -> Iterator[tuple[str | None, MetricQuery]]:
    """A query for each grain, of all metrics that it can be asked of together."""
    plain = [each for each in compiler.metrics.values() if not _over_time(each)]
    names = tuple(each.name for each in plain)
    yield None, MetricQuery(names)
    yield "day", MetricQuery(names, grain="day")
    for by, dimension in _BY.items():
        together: dict[str, list[str]] = defaultdict(list)
        for name in names:
            for full in compiler.dimensions(name):
                if full == dimension or full.endswith(f"__{dimension}"):
                    together[full].append(name)
        for full, some in together.items():
            yield by, MetricQuery(tuple(some), (full,))
    for each in compiler.metrics.values():
        if _over_time(each):
            grain = each.compares or "day"
            yield grain, MetricQuery((each.name,), grain=grain)


def _over_time(metric: Metric) -> bool:
    return metric.compares is not None or metric.kind == "cumulative"
