"""The source systems of the contracts, as landing DAGs are made of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.contracts import load_contracts
from lakehouse.errors import ContractError
from lakehouse.orchestration.landing import source_systems
from lakehouse.orchestration.pools import pools

PROJECT = Path(__file__).resolve().parents[3]
ENVIRON = {**os.environ, "LAKEHOUSE_PROJECT_DIR": str(PROJECT)}


def test_source_systems__checkout__say_what_the_contracts_say() -> None:
    contracts = load_contracts(PROJECT / "contracts")
    systems = source_systems(ENVIRON)
    assert [system.name for system in systems] == sorted(
        {contract.source.system for contract in contracts.values()}
    )
    assert sorted(feed.name for system in systems for feed in system.feeds) == sorted(contracts)
    for system in systems:
        for feed in system.feeds:
            contract = contracts[feed.name]
            assert (feed.system, feed.team) == (contract.source.system, contract.team)
            assert (feed.version, feed.grain) == (contract.version, contract.grain)
            assert feed.mode == contract.loading.mode
            assert feed.every == f"{contract.frequency.count} {contract.frequency.unit}"
            assert contract.limitations in feed.docs


def test_source_system__its_page__has_a_line_a_feed() -> None:
    orders = next(each for each in source_systems(ENVIRON) if each.name == "order_management")
    assert orders.team == "order-management"
    assert [line.split(" |")[0] for line in orders.docs.splitlines()[4:]] == [
        "| customers",
        "| order_items",
        "| orders",
    ]


def test_source_systems__a_contract_that_says_no_system__is_named(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "lake.yml").touch()
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "orders.odcs.yaml").write_text("customProperties: []\n", "utf-8")
    with pytest.raises(ContractError, match=r"orders\.odcs\.yaml: is no contract that a DAG"):
        source_systems({**ENVIRON, "LAKEHOUSE_PROJECT_DIR": str(tmp_path)})


def test_pools__every_system__has_one_with_the_slots_of_the_inventory() -> None:
    found = pools(PROJECT)
    assert sorted(found) == [system.pool for system in source_systems(ENVIRON)]
    assert {pool["slots"] for pool in found.values()} == {2}
