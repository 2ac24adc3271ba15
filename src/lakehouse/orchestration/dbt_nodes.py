"""Operators of the dbt project: one builds all of it, the others tell what became of each node.

A start of dbt costs more than most nodes do, and a start of a task's process too. So a run starts
dbt once, and that build leaves an outcome for the task of each node. The scheduler begins these
tasks in the triggerer, which takes the outcome and ends the task where the node was built. Else the
task goes on in a worker: it fails as its node did, or builds and tests the node itself, where dbt
skipped it because of another one that is right by now, or where its outcome has been taken before,
as it was cleared or is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import StartTriggerArgs
from cosmos.exceptions import CosmosDbtRunError
from cosmos.operators.local import DbtBuildLocalOperator

from lakehouse.orchestration.dbt_artifacts import RESULTS, before_dbt, judge
from lakehouse.orchestration.dbt_outcomes import DONE, OutcomeTrigger, take_outcome

if TYPE_CHECKING:
    from lakehouse.cost import RunResults


class ProjectBuild(DbtBuildLocalOperator):
    """Builds and tests the whole project. Nodes that fail do not fail it: their own tasks tell.

    Args:
        told: nodes and tests, by the id of the task that tells of them.
    """

    def __init__(self, *, told: Mapping[str, Sequence[str]], **more: Any) -> None:
        self.told = told
        super().__init__(**more)

    def execute(self, context: Any, **more: Any) -> None:
        """Build, and leave an outcome for each task that tells."""
        super().execute(context, **more)
        build: RunResults = context["ti"].xcom_pull(task_ids=self.task_id, key=RESULTS)
        for task_id, node_ids in self.told.items():
            context["ti"].xcom_push(key=task_id, value=judge(build["results"], node_ids))

    def handle_exception_dbt_runner(self, result: Any) -> None:
        """Fail when dbt broke off, and not for a node."""
        if result.exception is not None:
            super().handle_exception_dbt_runner(result)


class NodeOfBuild(BaseOperator):
    """Tells of a node and its tests, or of tests that are no single node's.

    Args:
        node_ids: of what it tells.
        told_by: the task whose build it was.
        select: dbt's selection of the same.
        exclude: dbt's selection of what is left out.
        vars: dbt's variables.
        command: the other arguments of Cosmos's operator of `dbt build`.
    """

    template_fields = ("select", "exclude", "vars")
    start_from_trigger = True

    def __init__(
        self,
        *,
        node_ids: Sequence[str],
        told_by: str,
        select: str,
        exclude: str,
        vars: Mapping[str, str],  # noqa: A002  (as dbt's option is named)
        command: Mapping[str, Any],
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.node_ids, self.told_by, self.command = node_ids, told_by, command
        self.select, self.exclude, self.vars = select, exclude, vars
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=f"{OutcomeTrigger.__module__}.{OutcomeTrigger.__name__}",
            trigger_kwargs={"told_by": told_by},
            next_method="tell",
        )

    def execute(self, context: Any) -> str:
        """Tell where no triggerer has: in `dag.test()`."""
        return self.tell(context, take_outcome(context["ti"], self.told_by))

    def tell(self, context: Any, event: Sequence[str] | None) -> str:
        """Go on from what the triggerer took.

        Raises:
            CosmosDbtRunError: the build failed, of the whole project or of this node alone.
        """
        outcome, why = event or ("taken before", "")
        if outcome == "failed":
            raise CosmosDbtRunError(f"in the build of {self.told_by}: {why}")
        if outcome in DONE:
            return outcome
        self.log.info("event=node_builds_itself outcome=%s", outcome)
        before_dbt(context)
        build = DbtBuildLocalOperator(
            task_id=self.task_id,
            select=self.select,
            exclude=self.exclude,
            vars=self.vars,
            **self.command,
        )
        build.build_and_run_cmd(context=context, cmd_flags=build.add_cmd_flags())
        return "built by itself"
