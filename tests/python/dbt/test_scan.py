"""What each node of the dbt project reads on a business day, as its `meta.scan` says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.python.dbt.test_project import _dbt, read_manifest

SCANS = {"day", "dimension", "history"}
DAY_PARTS = {None, "landed", "purchased"}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Models, seeds, snapshots and data tests by their unique id, parsed as on a business day."""
    folder: Path = tmp_path_factory.mktemp("scan")
    run = _dbt(folder, "parse", "--vars", "{run_date: 2026-06-02}")
    assert run.returncode == 0, run.stdout
    kinds = ("model", "seed", "snapshot", "test")
    found = read_manifest(folder)["nodes"]
    return {key: node for key, node in found.items() if node["resource_type"] in kinds}


def _scan(node: dict[str, Any]) -> Any:
    return node["config"]["meta"].get("scan")


def test_scan__every_node__declares_what_it_reads(nodes: dict[str, Any]) -> None:
    undeclared = {
        node["name"]
        for node in nodes.values()
        if _scan(node) not in SCANS or node["config"]["meta"].get("day_part") not in DAY_PARTS
    }
    assert not undeclared


def test_scan__facts__are_read_by_the_day(nodes: dict[str, Any]) -> None:
    facts = [node for node in nodes.values() if node["name"].startswith("fct_")]
    models = [node for node in facts if node["resource_type"] == "model"]
    assert len(models) >= 3
    assert {_scan(node) for node in models} == {"day"}


def test_scan__big_tables__are_partitioned_by_what_bounds_a_day(nodes: dict[str, Any]) -> None:
    """A table of which tests read a part must be laid out so that the part can be told."""
    for node in nodes.values():
        part = node["config"]["meta"].get("day_part")
        if part is not None:
            (transform,) = node["config"]["partitioned_by"]
            allowed = {
                "landed": ("month(created_at)", "month(_order_created_at)"),
                "purchased": ("month(purchased_at)", "month(purchase_date_br)"),
            }
            assert transform in allowed[part], node["name"]


SHOWN_AS_LAST_BUILT = {"dim_customers"}
"""Customers show the segment of the last weekly run; they are built without it too."""


def test_scan__what_the_day_builds__never_needs_what_the_week_builds(nodes: dict[str, Any]) -> None:
    for node in nodes.values():
        if _scan(node) != "history" and node["name"] not in SHOWN_AS_LAST_BUILT:
            for parent in node["depends_on"].get("nodes", []):
                if parent in nodes and nodes[parent]["resource_type"] != "test":
                    assert _scan(nodes[parent]) != "history", f"{node['name']} reads {parent}"


def test_columns__of_facts_and_aggregates__are_sums_and_months_are_days(
    nodes: dict[str, Any],
) -> None:
    """Ratios do not add up: they are metrics, or stand in a report (`rpt_…`)."""
    tables = [node for node in nodes.values() if node["name"].startswith(("fct_", "agg_"))]
    columns = [
        (node["name"], name, column["data_type"])
        for node in tables
        if node["resource_type"] == "model"
        for name, column in node["columns"].items()
    ]
    assert len(columns) > 100
    ratio = re.compile(r"_(rate|ratio|share|pct|avg|average|mean|growth)$")
    assert [each for each in columns if ratio.search(each[1])] == []
    months = {each for each in columns if re.search(r"(?<!year)_month$|month_start_date$", each[1])}
    assert len(months) >= 4
    assert {kind for _, _, kind in months} == {"date"}


@pytest.mark.parametrize(
    ("selector", "scans", "shown"),
    [("daily", SCANS - {"history"}, set()), ("weekly", {"history"}, SHOWN_AS_LAST_BUILT)],
)
def test_selectors__daily_and_weekly__are_told_apart_by_scan(
    tmp_path: Path, nodes: dict[str, Any], selector: str, scans: set[str], shown: set[str]
) -> None:
    """The weekly one builds, and tests by itself, what shows its outcome besides."""
    run = _dbt(
        tmp_path, "--quiet", "ls", "--selector", selector, "--output", "json",
        "--output-keys", "unique_id", "--resource-types", "model", "test", "seed", "snapshot",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    listed = {line.split('"')[3] for line in run.stdout.splitlines() if '"unique_id"' in line}
    models = {key for key, node in nodes.items() if node["name"] in shown}
    their_tests = {
        key
        for key, node in nodes.items()
        if node["resource_type"] == "test"
        and (parents := set(node["depends_on"]["nodes"]))
        and parents <= models
    }
    by_scan = {key for key, node in nodes.items() if _scan(node) in scans}
    assert listed == by_scan | models | their_tests
