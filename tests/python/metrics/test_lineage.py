"""The graph of the project: from every source to those who read the curated tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def manifest(artifacts: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((artifacts / "manifest.json").read_text("utf-8"))
    return document


def reached(start: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
    """Every node that the edges lead to, the first ones included."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(edges[node])
    return seen


def test_exposures__each__has_an_owner_and_comes_from_sources(manifest: dict[str, Any]) -> None:
    assert len(manifest["exposures"]) >= 3
    for name, exposure in manifest["exposures"].items():
        assert exposure["owner"]["name"], name
        assert "@" in exposure["owner"]["email"], name
        assert exposure["description"].strip(), name
        read = [node for node in exposure["depends_on"]["nodes"] if node.startswith("model.")]
        assert read, name
        assert {manifest["nodes"][node]["schema"] for node in read} == {"local_curated"}, name
        for node in read:
            ancestors = reached([node], manifest["parent_map"])
            roots = {each for each in ancestors if not manifest["parent_map"][each]}
            assert roots
            assert all(root.startswith(("source.", "seed.")) for root in roots), node


def test_nodes__without_a_reader_at_the_end__are_these_and_no_others(
    manifest: dict[str, Any],
) -> None:
    tables = [
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed", "snapshot")
    ]
    unread = {
        name
        for name in [*manifest["sources"], *tables]
        if not any(node.startswith("exposure.") for node in reached([name], manifest["child_map"]))
    }
    # `lakehouse rejects` reads refused rows, a test reads the notes; whoever asks, these histories.
    assert unread == {
        "source.lakehouse.ops.batches",
        "source.lakehouse.ops.rejected_rows",
        "snapshot.lakehouse.snp_products",
        "snapshot.lakehouse.snp_sellers",
    }


def test_metrics__each__comes_from_a_source(manifest: dict[str, Any]) -> None:
    assert len(manifest["metrics"]) >= 30
    for name in manifest["metrics"]:
        ancestors = reached([name], manifest["parent_map"])
        assert "source.lakehouse.order_management.orders" in ancestors, name
        assert any(node.startswith("semantic_model.") for node in ancestors), name


def test_sources__every_raw_table__has_a_test_that_its_rows_are_kept_or_superseded(
    manifest: dict[str, Any],
) -> None:
    tests = [
        node["depends_on"]["nodes"]
        for node in manifest["nodes"].values()
        if node["name"].startswith("assert_every_raw_")
    ]
    raw = [key for key, source in manifest["sources"].items() if source["source_name"] != "ops"]
    assert len(raw) == 12
    for key in raw:
        (parents,) = [parents for parents in tests if key in parents]
        assert any(parent.startswith("model.lakehouse.int_") for parent in parents)
