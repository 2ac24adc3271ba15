"""The test of the semantic layer: every metric against the ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lakehouse.athena import QueryResult
from lakehouse.errors import LakehouseError
from lakehouse.metrics import MetricCompiler, semantic_manifest
from lakehouse.reconcile import find_ledger, reconcile_metrics

FOLDER = "models/metrics/"
TEST = "metrics_reconcile"
"""What `lakehouse metrics reconcile` is called among the tests that turn red."""


def reconcile(manifest: Any, ledgers: Path, run: Callable[[str], QueryResult]) -> dict[str, str]:
    """Metrics of a dbt manifest that are not what the last ledger says, with the first difference
    of each, and the test itself; nothing when all agree."""
    ledger = find_ledger(ledgers, None)
    try:
        outcome = reconcile_metrics(ledger, MetricCompiler(semantic_manifest(manifest)), run)
    except LakehouseError as error:
        return {TEST: str(error)}
    if not outcome.differences:
        return {}
    first = {each.figure: str(each) for each in reversed(outcome.differences)}
    return {TEST: outcome.summary, **first}
