"""What a build cost: counted from artifacts and executions written here by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse.athena import Athena, connect_athena
from lakehouse.contracts import bootstrap_lake, connect_lake
from lakehouse.cost import (
    NodeCost,
    compare,
    cost_nodes,
    is_kept,
    keep,
    last_runs,
    price_usd,
    read_results,
    record_last_build,
)
from lakehouse.cost.build_costs import incremental_date
from lakehouse.cost.landed import landed_bytes
from lakehouse.settings import Settings
from tests.python.conftest import PROJECT

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
        "args": {"which": "build", "vars": {"run_date": "2026-06-02"}},
        "results": [
            {"unique_id": FACT, "execution_time": 2.5, "adapter_response": {"rows_affected": 7}},
            {"unique_id": TEST, "execution_time": 0.5, "adapter_response": {"rows_affected": -1}},
            {"unique_id": "unit_test.lakehouse.a.b", "execution_time": 0.1},
        ],
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    return tmp_path


def read(target: Path) -> list[NodeCost]:
    results, manifest = read_results(target), json.loads((target / "manifest.json").read_text())
    assert results is not None
    return cost_nodes([results], manifest, EXECUTIONS, "run", "digest")


def test_cost_nodes__several_statements_a_node__count_with_the_minimum_of_each(
    target: Path,
) -> None:
    fact, test = read(target)
    assert (fact.queries, fact.scanned_bytes, fact.billed_bytes) == (3, 36_000_004, 46_000_000)
    assert (fact.rows, fact.scan, fact.run_date, fact.growth_budget) == (
        7,
        "day",
        "2026-06-02",
        1.2,
    )
    assert (test.queries, test.billed_bytes, test.rows, test.growth_budget) == (
        1,
        10_000_001,
        None,
        1.5,
    )
    assert {cost.project for cost in (fact, test)} == {"digest"}


def test_cost_nodes__a_node_tried_again_by_another_command__costs_both_tries(target: Path) -> None:
    manifest = json.loads((target / "manifest.json").read_text())
    second = read_results(target)
    assert second is not None
    first = {
        **second,
        "metadata": {"invocation_id": "first", "generated_at": "2026-06-02T09:00:10Z"},
        "elapsed_time": 20.0,
        "results": second["results"][:1],
    }
    fact, test = cost_nodes([second, first], manifest, EXECUTIONS, "dag run", "digest")
    assert (fact.scanned_bytes, fact.queries, fact.seconds) == (36_000_004 + 999, 4, 5.0)
    assert fact.billed_bytes == 56_000_000
    assert (test.queries, test.seconds) == (1, 0.5)
    assert {cost.run_id for cost in (fact, test)} == {"dag run"}
    assert {str(cost.run_at) for cost in (fact, test)} == {"2026-06-02 10:01:00+00:00"}


def test_read_results__commands_that_build_nothing__leave_nothing(
    target: Path, tmp_path: Path
) -> None:
    assert read_results(tmp_path / "nowhere") is None
    results = json.loads((target / "run_results.json").read_text())
    results["args"]["which"] = "run-operation"
    (target / "run_results.json").write_text(json.dumps(results))
    assert read_results(target) is None


@pytest.fixture(scope="module")
def athena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Athena]:
    """An endpoint that computes, with the lake's databases and nothing in them."""
    from local_athena.server import serve

    with (
        serve(tmp_path_factory.mktemp("cost")) as endpoint,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in endpoint.environ.items():
            patch.setenv(name, value)
        patch.setenv("LAKEHOUSE_PROJECT_DIR", str(PROJECT))
        patch.delenv("LAKEHOUSE_ENV", raising=False)
        settings = Settings.from_env()
        bootstrap_lake(connect_lake(settings))
        yield connect_athena(settings)


def test_keep__a_table_of_an_earlier_version__gets_the_column_that_it_lacks(
    athena: Athena, target: Path
) -> None:
    costs = read(target)
    run = athena.run
    bucket = "lakehouse-local-ops"
    assert not is_kept("local_ops", run)
    keep(costs, "local_ops", bucket, run)
    run("alter table local_ops.model_runs drop column project")
    assert is_kept("local_ops", run, "run")
    assert all(cost.landed_bytes is None for cost in costs)
    later = [
        replace(cost, run_id="it's", run_at=cost.run_at.replace(hour=11), landed_bytes=5)
        for cost in costs
    ]
    keep(later, "local_ops", bucket, run)
    keep([replace(cost, queries=9) for cost in later], "local_ops", bucket, run)
    now, before = last_runs("local_ops", 2, run)
    assert now == [replace(cost, queries=9) for cost in later]
    assert before == [replace(cost, project="") for cost in costs]
    assert last_runs("local_ops", 1, run) == [now]


def test_record_last_build__a_build_of_another_lake__keeps_nothing(
    athena: Athena, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = json.loads((target / "run_results.json").read_text())
    results["metadata"]["invocation_id"] = "elsewhere"
    (target / "run_results.json").write_text(json.dumps(results))
    monkeypatch.setenv("DBT_TARGET_PATH", str(target))
    record_last_build(Settings.from_env())
    assert not is_kept("local_ops", athena.run, "elsewhere")


def test_compare__growth_beyond_the_budget__is_told_of_day_nodes_alone(target: Path) -> None:
    before = read(target)
    allowed = [cost.scanned_bytes * 12 // 10 + 65_536 for cost in before]
    within = [replace(cost, scanned_bytes=size) for cost, size in zip(before, allowed, strict=True)]
    beyond = [replace(cost, scanned_bytes=cost.scanned_bytes + 1) for cost in within]
    assert not any(bool(row.excess) for row in compare(before, within))
    over = [row.now.node for row in compare(before, beyond) if row.excess]
    assert over == [FACT]
    assert not any(bool(row.excess) for row in compare([], beyond))


def test_compare__more_than_landed_allows__is_told_without_a_build_before(target: Path) -> None:
    """The budget is declared, so that a node that was always dear is told too."""
    (fact, test) = (replace(cost, landed_bytes=1_000_000) for cost in read(target))
    within = replace(fact, scanned_bytes=3 * 1_000_000 + 65_536)
    beyond = replace(within, scanned_bytes=within.scanned_bytes + 1)
    of_history = replace(test, scanned_bytes=10**12)
    assert [row.excess for row in compare([], [within, beyond, of_history])] == [
        "",
        "3 x landed",
        "",
    ]
    assert [row.excess for row in compare([], [replace(beyond, landed_bytes=None)])] == [""]
    assert [row.excess for row in compare([], [replace(beyond, landed_budget=4.0)])] == [""]


def test_compare__a_dimension_that_grows_at_once__is_told(target: Path) -> None:
    (fact, _) = read(target)
    before = replace(fact, scan="dimension", scanned_bytes=1_000_000, growth_budget=1.5)
    now = replace(before, scanned_bytes=1_565_537, landed_bytes=10)
    assert [row.excess for row in compare([before], [now])] == ["1.5 x before"]
    assert compare([before], [now])[0].budgets == [(1_565_536, "1.5 x before")]
    assert [row.excess for row in compare([before], [replace(now, scanned_bytes=1_565_536)])] == [
        ""
    ]


@pytest.mark.parametrize(
    ("vars_and_refreshes", "date"),
    [
        ([("2026-06-02", False)], dt.date(2026, 6, 2)),
        ([("2026-06-03", False), ("2026-06-02", False)], dt.date(2026, 6, 2)),
        ([("2026-06-02", True)], None),
        ([("2026-06-02", False), ("", False)], None),
        ([], None),
    ],
)
def test_incremental_date__of_builds__is_the_first_that_they_read(
    vars_and_refreshes: list[tuple[str, bool]], date: dt.date | None
) -> None:
    commands = [
        {"args": {"vars": {"run_date": day} if day else {}, "full_refresh": refresh}}
        for day, refresh in vars_and_refreshes
    ]
    assert incremental_date(commands) == date


def test_landed_bytes__objects_of_raw__count_from_their_day_on(athena: Athena) -> None:
    lake = connect_lake(Settings.from_env())
    folder = "order_management/orders/ingest_date="
    for key, size in {
        f"{folder}2026-06-01/orders-2026-06-01.parquet": 1,
        f"{folder}2026-06-02/orders-2026-06-02.parquet": 20,
        f"{folder}2026-06-02/_rejected.parquet": 300,
        f"{folder}2026-06-02/_manifest.json": 4_000,
        f"{folder}2026-06-03/orders-2026-06-03.parquet": 50_000,
        "payment_gateway/payments/ingest_date=2026-06-02/a.parquet": 600_000,
        "unknown/things/ingest_date=2026-06-02/a.parquet": 7_000_000,
    }.items():
        lake.s3.put_object(Bucket=lake.bucket("raw"), Key=key, Body=b"x" * size)
    assert landed_bytes(lake, dt.date(2026, 6, 2)) == 650_020
    assert landed_bytes(lake, dt.date(2026, 6, 1)) == 650_021
    assert landed_bytes(lake, dt.date(2026, 6, 4)) == 0


def test_compare__growth_below_what_athena_bills__is_told_too(target: Path) -> None:
    """On a small lake every query is billed the minimum: a lost filter shows in what is scanned."""
    (fact, _) = read(target)
    before = replace(fact, scanned_bytes=40_000, billed_bytes=10_000_000)
    now = replace(before, scanned_bytes=400_000)
    assert [bool(row.excess) for row in compare([before], [now])] == [True]


def test_price__a_terabyte__is_five_dollars() -> None:
    assert price_usd(10**12) == 5.0
    assert price_usd(10_000_000) == pytest.approx(0.00005)
