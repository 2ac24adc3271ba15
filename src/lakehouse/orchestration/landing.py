"""The source systems as their contracts tell of them: what a landing DAG is made of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from lakehouse.contracts import Contract, load_contracts
from lakehouse.settings import find_project_dir


@dataclass(frozen=True, slots=True)
class SourceSystem:
    """A system that delivers feeds; `team` answers for it, `pool` bounds who asks it at a time."""

    name: str
    contracts: tuple[Contract, ...]

    @property
    def team(self) -> str:
        """The team that owns the system's contracts."""
        return self.contracts[0].team

    @property
    def pool(self) -> str:
        """The name of the system's pool in Airflow."""
        return pool_of(self.name)

    @property
    def docs(self) -> str:
        """The DAG's page in Airflow: what the system delivers, and how often."""
        lines = [
            f"Lands what **{self.name}** delivers for a business date.",
            "",
            "| feed | a row is | loaded | every | contract |",
            "|---|---|---|---|---|",
        ]
        for contract in self.contracts:
            every = f"{contract.frequency.count} {contract.frequency.unit}"
            lines.append(
                f"| {contract.feed} | {contract.grain} | {contract.loading.mode} | {every} "
                f"| {contract.version} |"
            )
        return "\n".join(lines)


def feed_docs(contract: Contract) -> str:
    """A task's page in Airflow: what its feed is, what for, and what it is no good for."""
    return "\n\n".join(
        (
            contract.description,
            f"**For:** {contract.purpose}",
            f"**Limits:** {contract.limitations}",
            f"Owner: {contract.owner}. Contract: `contracts/{contract.file}` {contract.version}.",
        )
    )


def source_systems(environ: Mapping[str, str] = os.environ) -> list[SourceSystem]:
    """The systems that the contracts of the checkout name, and their feeds, by name.

    Raises:
        ContractError: a contract is malformed.
    """
    contracts = load_contracts(find_project_dir(environ) / "contracts").values()
    by_system = sorted(contracts, key=lambda contract: (contract.source.system, contract.feed))
    return [
        SourceSystem(name, tuple(each))
        for name, each in groupby(by_system, key=lambda contract: contract.source.system)
    ]


def pool_of(system: str) -> str:
    """The name of a source system's pool in Airflow."""
    return f"source_{system}"
