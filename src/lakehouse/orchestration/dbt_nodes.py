"""Operators of the dbt project: one builds all of it, the others tell what became of each node.

A start of dbt costs more than most nodes do, so a run starts it once. The task of a node then tells
what that build made of the node and its tests. Where it was skipped, because another one failed
that is right by now, and where it has told of that build before, as it was cleared or is tried
again, it builds and tests the node itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cosmos.exceptions import CosmosDbtRunError
from cosmos.operators.local import DbtBuildLocalOperator, DbtTestLocalOperator

from lakehouse.orchestration.dbt_artifacts import RESULTS, judge

if TYPE_CHECKING:
    from lakehouse.cost import RunResults

_TOLD = "told"


class ProjectBuild(DbtBuildLocalOperator):
    """Builds and tests the whole project. Nodes that fail do not fail it: their own tasks tell."""

    def handle_exception_dbt_runner(self, result: Any) -> None:
        """Fail when dbt broke off, and not for a node."""
        if result.exception is not None:
            super().handle_exception_dbt_runner(result)


class _Told:
    """Tells what became of `node_ids` in the build of the task `told_by`."""

    node_ids: Sequence[str]
    told_by: str

    def execute(self, context: Any, **more: Any) -> Any:
        build: RunResults = context["ti"].xcom_pull(task_ids=self.told_by, key=RESULTS)
        invocation = build["metadata"]["invocation_id"]
        memory = context["task_state_store"]
        is_told = memory.get(_TOLD) == invocation
        memory.set(_TOLD, invocation)
        outcome, why = judge(build["results"], self.node_ids)
        if is_told or outcome == "skipped":
            return super().execute(context, **more)  # type: ignore[misc]
        if outcome == "failed":
            raise CosmosDbtRunError(f"in the build of {self.told_by}: {why}")
        return outcome


class NodeOfBuild(_Told, DbtBuildLocalOperator):
    """A model, seed or snapshot and its tests."""

    def __init__(self, *, node_ids: Sequence[str], told_by: str, **more: Any) -> None:
        self.node_ids, self.told_by = node_ids, told_by
        super().__init__(**more)


class TestsOfBuild(_Told, DbtTestLocalOperator):
    """Tests that are no single node's."""

    def __init__(self, *, node_ids: Sequence[str], told_by: str, **more: Any) -> None:
        self.node_ids, self.told_by = node_ids, told_by
        super().__init__(**more)
