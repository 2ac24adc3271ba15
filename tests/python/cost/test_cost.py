"""What a build cost: counted from artifacts and executions written here by hand."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse.cost import compare, price_usd, read_build
from lakehouse.errors import ConfigError

FACT, TEST = "model.lakehouse.fct_orders", "test.lakehouse.one_row.abc"


def _execution(node: str, sent: str, scanned: int, kind: str = "DML") -> dict[str, Any]:
    return {
        "Query": f'/* {{"node_id": "{node}"}} */ select 1',
        "StatementType": kind,
        "Status": {"SubmissionDateTime": dt.datetime.fromisoformat(sent)},
        "Statistics": {"DataScannedInBytes": scanned},
    }


EXECUTIONS = [
    _execution(FACT, "2026-06-02T10:00:20+00:00", 4),
    _execution(FACT, "2026-06-02T07:00:30-03:00", 25_000_000),
    _execution(FACT, "2026-06-02T10:00:31+00:00", 0, "DDL"),
    _execution(FACT, "2026-06-02T10:00:32+00:00", 11_000_000, "DDL"),
    _execution(FACT, "2026-06-02T09:00:00+00:00", 999),
    _execution(TEST, "2026-06-02T10:00:40+00:00", 10_000_001),
]
"""Of the fact: three in the build, one a CREATE TABLE AS; DDL, which is free; one before."""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    meta = {"scan": "day", "budget_growth_ratio": 1.2}
    nodes = {
        FACT: {"resource_type": "model", "config": {"meta": meta}},
        TEST: {"resource_type": "test", "config": {"meta": {"scan": "history"}}},
    }
    results = {
        "metadata": {"invocation_id": "run", "generated_at": "2026-06-02T10:01:00Z"},
        "elapsed_time": 50.0,
        "args": {"vars": {"run_date": "2026-06-02"}},
        "results": [
            {"unique_id": FACT, "execution_time": 2.5, "adapter_response": {"rows_affected": 7}},
            {"unique_id": TEST, "execution_time": 0.5, "adapter_response": {"rows_affected": -1}},
            {"unique_id": "unit_test.lakehouse.a.b", "execution_time": 0.1},
        ],
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    return tmp_path


def test_read_build__several_statements_a_node__count_with_the_minimum_of_each(
    target: Path,
) -> None:
    fact, test = read_build(target, EXECUTIONS, 1.5)
    assert (fact.queries, fact.scanned_bytes, fact.billed_bytes) == (3, 36_000_004, 46_000_000)
    assert (fact.rows, fact.scan, fact.run_date, fact.budget) == (7, "day", "2026-06-02", 1.2)
    assert (test.queries, test.billed_bytes, test.rows, test.budget) == (1, 10_000_001, None, 1.5)


def test_read_build__no_artifacts__says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run `dbt build` first"):
        read_build(tmp_path, [], 1.5)


def test_compare__growth_beyond_the_budget__is_told_of_day_nodes_alone(target: Path) -> None:
    before = read_build(target, EXECUTIONS, 1.5)
    allowed = [cost.scanned_bytes * 12 // 10 + 65_536 for cost in before]
    within = [replace(cost, scanned_bytes=size) for cost, size in zip(before, allowed, strict=True)]
    beyond = [replace(cost, scanned_bytes=cost.scanned_bytes + 1) for cost in within]
    assert not any(row.is_over_budget for row in compare(before, within))
    over = [row.now.node for row in compare(before, beyond) if row.is_over_budget]
    assert over == [FACT]
    assert not any(row.is_over_budget for row in compare([], beyond))


def test_compare__growth_below_what_athena_bills__is_told_too(target: Path) -> None:
    """On a small lake every query is billed the minimum: a lost filter shows in what is scanned."""
    (fact, _) = read_build(target, EXECUTIONS, 1.5)
    before = replace(fact, scanned_bytes=40_000, billed_bytes=10_000_000)
    now = replace(before, scanned_bytes=400_000)
    assert [row.is_over_budget for row in compare([before], [now])] == [True]


def test_price__a_terabyte__is_five_dollars() -> None:
    assert price_usd(10**12) == 5.0
    assert price_usd(10_000_000) == pytest.approx(0.00005)
