"""The source systems as their contracts tell of them: what a landing DAG is made of.

Only what Airflow shows is read here, as DAG files are parsed over and over; `make check` and every
task of landing hold the contracts to all of their rules.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from lakehouse.errors import ContractError
from lakehouse.settings import find_project_dir

_SUFFIX = ".odcs.yaml"
# The same safe loader in C is eight times as fast, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as Airflow shows it; `team` answers for it."""

    name: str
    system: str
    team: str
    version: str
    grain: str
    mode: str
    every: str
    description: str
    purpose: str
    limitations: str

    @property
    def docs(self) -> str:
        """A task's page: what the feed is, what for, and what it is no good for."""
        return "\n\n".join(
            (
                self.description,
                f"**For:** {self.purpose}",
                f"**Limits:** {self.limitations}",
                f"Owner: {self.team}. Contract: `contracts/{self.name}{_SUFFIX}` {self.version}.",
            )
        )


@dataclass(frozen=True, slots=True)
class SourceSystem:
    """A system that delivers feeds; `pool` bounds who asks it at a time."""

    name: str
    feeds: tuple[Feed, ...]

    @property
    def team(self) -> str:
        """The team that answers for the system's feeds."""
        return self.feeds[0].team

    @property
    def pool(self) -> str:
        """The name of the system's pool in Airflow."""
        return pool_of(self.name)

    @property
    def docs(self) -> str:
        """The DAG's page: what the system delivers, and how often."""
        lines = [
            f"Lands what **{self.name}** delivers for a business date.",
            "",
            "| feed | a row is | loaded | every | contract |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {feed.name} | {feed.grain} | {feed.mode} | {feed.every} | {feed.version} |"
            for feed in self.feeds
        ]
        return "\n".join(lines)


def pool_of(system: str) -> str:
    """The name of a source system's pool in Airflow."""
    return f"source_{system}"


def source_systems(environ: Mapping[str, str] = os.environ) -> list[SourceSystem]:
    """The systems that the contracts of the checkout name, and their feeds, by name.

    Raises:
        ContractError: a contract lacks what a DAG is made of.
    """
    folder = find_project_dir(environ) / "contracts"
    feeds = [_read(path) for path in folder.glob(f"*{_SUFFIX}")]
    by_system = sorted(feeds, key=lambda feed: (feed.system, feed.name))
    return [
        SourceSystem(name, tuple(each))
        for name, each in groupby(by_system, key=lambda feed: feed.system)
    ]


def _read(path: Path) -> Feed:
    try:
        contract = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
        own = _by_name(contract["customProperties"], "value")
        frequency = _by_name(contract["slaProperties"], None)["frequency"]
        table, about = contract["schema"][0], contract["description"]
        return Feed(
            name=path.name.removesuffix(_SUFFIX),
            system=own["source"]["system"],
            team=contract["team"]["name"],
            version=str(contract["version"]),
            grain=table["dataGranularityDescription"],
            mode=own["loading"]["mode"],
            every=f"{frequency['value']} {frequency['unit']}",
            description=table["description"],
            purpose=about["purpose"],
            limitations=about["limitations"],
        )
    except (KeyError, TypeError, IndexError, yaml.YAMLError) as error:
        problem = f"is no contract that a DAG can be made of: {type(error).__name__} {error}"
        raise ContractError(path.name, "", problem, "see `lakehouse contracts check`") from error


def _by_name(properties: list[dict[str, Any]], value: str | None) -> dict[str, Any]:
    return {each["property"]: each[value] if value else each for each in properties}
