"""Personal data keep their class on their way from raw: `meta.personal_data`, column by column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakehouse.contracts import load_contracts
from tests.python.dbt.test_project import _dbt, read_manifest

PROJECT = Path(__file__).resolve().parents[3]
# Names of people, addresses, numbers, texts that may name somebody; and names and tax numbers of
# companies, which are those of a person where the company is one person.
KINDS = {"person_name", "email", "phone", "national_id", "free_text", "sole_trader"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("personal")
    run = _dbt(folder, "parse")
    assert run.returncode == 0, run.stdout
    return read_manifest(folder)


def kinds(column: dict[str, Any]) -> list[str]:
    found: list[str] = column["config"]["meta"].get("personal_data", [])
    return found


def descendants(manifest: dict[str, Any], key: str) -> set[str]:
    found: set[str] = set()
    frontier = {key}
    while frontier:
        frontier = {c for k in frontier for c in manifest["child_map"].get(k, [])} - found
        found |= frontier
    return found


def test_personal_data__of_a_source__keep_their_class_in_what_reads_it(
    manifest: dict[str, Any],
) -> None:
    """A column that is called like a personal one of raw, or like its end, is that column."""
    lost, followed = [], 0
    for key, source in manifest["sources"].items():
        personal = {name: kinds(column) for name, column in source["columns"].items()}
        for node_id in descendants(manifest, key):
            columns = manifest["nodes"].get(node_id, {}).get("columns", {})
            for name, column in columns.items():
                for raw_name, expected in personal.items():
                    is_same = name == raw_name or raw_name.endswith(f"_{name}")
                    if not expected or name.startswith("_") or not is_same:
                        continue
                    followed += 1
                    if kinds(column) != expected:
                        lost.append(f"{node_id}.{name}: {kinds(column)}, {raw_name}: {expected}")
    assert not lost
    assert followed >= 18


def test_personal_data__curated_tables_have_none(manifest: dict[str, Any]) -> None:
    assert [
        (node["name"], name)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "curated"
        for name, column in node["columns"].items()
        if kinds(column)
    ] == []


def test_personal_data__texts_of_whole_rows__have_every_kind_of_their_feeds(
    manifest: dict[str, Any],
) -> None:
    contracts = load_contracts(PROJECT / "contracts")
    said: dict[str, set[str]] = {}
    for source in manifest["sources"].values():
        columns = source["columns"]
        if source["source_name"] == "ops":
            if source["name"] == "rejected_rows":
                assert set(kinds(columns["value"])) == set(kinds(columns["row_json"])) == KINDS
            continue
        personal = {
            tag for c in contracts[source["name"]].columns if c.is_personal for tag in c.tags
        }
        assert set(kinds(columns["_source_values"])) == personal
        said[source["name"]] = personal
    assert {feed for feed, personal in said.items() if personal} == {
        "customers", "marketing_leads", "reviews", "sellers",
    }  # fmt: skip
