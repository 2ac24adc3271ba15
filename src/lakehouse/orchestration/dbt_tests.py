"""Which task tells of which test: as dbt builds nothing that follows a test that failed, so must
the tasks of what follows come after the task that tells of the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cosmos.constants import DbtResourceType
from cosmos.dbt.graph import DbtNode


@dataclass(slots=True)
class TestsByTask:
    """The ids of the data tests, by the task that tells of them.

    `of_raw` are those of sources alone. `of_nodes` has those of a node: of all that such a test
    reads, the last one that is built, which `waits` for the others. `between` are those of several
    nodes that no node follows.
    """

    of_raw: list[str] = field(default_factory=list)
    of_nodes: dict[str, list[str]] = field(default_factory=dict)
    between: list[str] = field(default_factory=list)
    waits: dict[str, set[str]] = field(default_factory=dict)


def group_tests(nodes: Mapping[str, DbtNode]) -> TestsByTask:
    """Group the data tests of a project; `nodes` are all of it, by id."""
    ancestors: dict[str, set[str]] = {}

    def before(node_id: str) -> set[str]:
        if node_id not in ancestors:
            parents = set(nodes[node_id].depends_on) & nodes.keys() if node_id in nodes else set()
            ancestors[node_id] = parents.union(*map(before, parents))
        return ancestors[node_id]

    def order(node_id: str) -> tuple[int, str]:
        return len(before(node_id)), node_id

    tests = {key for key, node in nodes.items() if node.resource_type == DbtResourceType.TEST}
    followed = [before(node_id) for node_id in nodes.keys() - tests]
    found = TestsByTask()
    for test in sorted(tests):
        read = {each for each in nodes[test].depends_on if not each.startswith("source.")}
        if not read:
            found.of_raw.append(test)
            continue
        last = max(read, key=order)
        others = read - {last} - before(last)
        if others and not any(read <= each for each in followed):
            found.between.append(test)
            continue
        found.of_nodes.setdefault(last, []).append(test)
        found.waits.setdefault(last, set()).update(others)
    return found
