"""What changed since the previous contracts, who is concerned, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lakehouse.contracts.compare import Difference, Level, compare_contracts
from lakehouse.contracts.loader import SUFFIX
from lakehouse.contracts.model import Contract
from lakehouse.contracts.previous import Previous
from lakehouse.contracts.readers import Node, Readers, find_readers, read_nodes


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `naming`, `others` and `downstream` are the readers of `Readers`, and empty
    where nobody can be hurt (below `major`)."""

    feed: str
    column: str | None
    level: Level
    what: str
    naming: tuple[str, ...]
    others: tuple[str, ...]
    downstream: tuple[str, ...]

    def __str__(self) -> str:
        """Some lines for a person."""
        place = f"{self.feed}.{self.column}" if self.column else self.feed
        lines = [f"{self.level}: {place}: {self.what}"]
        verb = "named by" if self.column else "read by"
        for word, names in (
            (verb, self.naming),
            ("table read by", self.others),
            ("built on these", self.downstream),
        ):
            if names:
                lines.append(f"    {word}: {', '.join(names)}")
        return "\n".join(lines)


def judge_changes(
    project: Path, previous: Previous, contracts: Mapping[str, Contract]
) -> tuple[list[Change], list[str]]:
    """The changes since `previous`, and a sentence for each that may not stay as it is."""
    differences, versions = compare_contracts(previous.contracts, contracts)
    is_breaking = any(each.level == "major" for each in differences)
    nodes = read_nodes(project) if is_breaking else []
    changes = [_describe(each, previous, nodes) for each in differences]
    problems = []
    for problem in versions:
        which = "; ".join(
            f"{f'{each.column}: ' if each.column else ''}{each.what}"
            for each in differences
            if each.feed == problem.feed
        )
        problems.append(
            f"{problem.feed}{SUFFIX}: version: is {problem.new!r}, after {problem.old!r} in "
            f"{previous.name} (at least {problem.expected}" + (f": {which})" if which else ")")
        )
    for difference, change in zip(differences, changes, strict=True):
        if difference.takes_away and change.naming:
            place = f"{change.feed}.{change.column}" if change.column else change.feed
            problems.append(
                f"{place}: {change.what} and still named by {', '.join(change.naming)} "
                "(change these first)"
            )
    return changes, problems


def _describe(difference: Difference, previous: Previous, nodes: list[Node]) -> Change:
    readers = Readers((), (), ())
    if difference.level == "major":
        system = previous.contracts[difference.feed].source.system
        readers = find_readers(nodes, system, difference.feed, difference.column)
    return Change(
        difference.feed,
        difference.column,
        difference.level,
        difference.what,
        readers.naming,
        readers.others,
        readers.downstream,
    )
