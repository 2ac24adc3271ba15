"""dbt's artifacts as tasks share them: the manifest, what a dbt task leaves, what the run cost."""

from __future__ import annotations

import datetime as dt
import gc
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lakehouse.settings import Settings

if TYPE_CHECKING:
    from lakehouse.cost import RunResults

_log = logging.getLogger(__name__)
RESULTS = "dbt_results"
"""The XCom that holds what a dbt command made of its nodes."""
_RUNBOOK = "docs/en/runbooks/transform.md"


_QUIET = ("success", "pass", "skipped")
_FAILURES = ("error", "fail", "runtime error")

Outcome = Literal["built", "left out", "skipped", "failed"]


@dataclass(slots=True)
class _Command:
    began: dt.datetime
    ended: dt.datetime
    results: list[dict[str, Any]] = field(default_factory=list)


_commands: dict[str, _Command] = {}
"""dbt commands of this process whose results no task has taken yet, by invocation id."""


def manifest_path(project: Path) -> Path:
    """Where the manifest lies: LAKEHOUSE_DBT_MANIFEST, else the project's target folder."""
    return Path(os.environ.get("LAKEHOUSE_DBT_MANIFEST", project / "target" / "manifest.json"))


def before_dbt(context: Any) -> None:
    """What a dbt task does first.

    Cosmos collects garbage after each dbt command: a second's work over the objects of Airflow and,
    where one process runs many tasks, of the commands before, which are no garbage.
    """
    from lakehouse.shared_clients import share_clients

    del context
    share_clients()
    gc.freeze()


def note_event(event: Any) -> None:
    """dbt's event callback: a task writes no artifacts, as the manifest is most of its time. A test
    that warns leaves a line in the task's log, where it would be green and silent."""
    at = event.info.ts.ToDatetime(tzinfo=dt.UTC)
    command = _commands.setdefault(event.info.invocation_id, _Command(at, at))
    command.ended = at
    if event.info.name == "NodeFinished":
        result = event.data.run_result
        if result.status == "warn":
            _log.warning(
                "event=test_warned test=%s failures=%s runbook=%s",
                event.data.node_info.node_name,
                result.num_failures,
                _RUNBOOK,
            )
        command.results.append(
            {
                "unique_id": event.data.node_info.unique_id,
                "status": result.status,
                "message": result.message if result.status not in _QUIET else "",
                "execution_time": result.execution_time,
                "adapter_response": {
                    "rows_affected": dict(result.adapter_response).get("rows_affected")
                },
            }
        )


def push_results(project_dir: str, context: Any) -> None:
    """Cosmos's callback after a dbt command, failed or not: leave its results as an XCom."""
    del project_dir
    while _commands:
        invocation, command = _commands.popitem()
        if command.results:
            ended, seconds = command.ended, (command.ended - command.began).total_seconds()
            results = {
                "metadata": {"invocation_id": invocation, "generated_at": ended.isoformat()},
                "elapsed_time": seconds,
                "args": {"vars": context["task"].vars or {}},
                "results": command.results,
            }
            context["ti"].xcom_push(key=RESULTS, value=results)


def judge(results: Iterable[Mapping[str, Any]], node_ids: Sequence[str]) -> tuple[Outcome, str]:
    """What became of some nodes in a build, and why where one failed.

    Args:
        results: what dbt says of each node (`unique_id`, `status`, `message`).
        node_ids: a node and its tests, or some tests.
    """
    wanted = set(node_ids)
    ours = [result for result in results if result["unique_id"] in wanted]
    failed = [result for result in ours if result["status"] in _FAILURES]
    if failed:
        return "failed", "; ".join(f"{each['unique_id']}: {each['message']}" for each in failed)
    if any(result["status"] == "skipped" for result in ours):
        return "skipped", ""
    return ("built" if ours else "left out"), ""


def record_cost() -> str:
    """The task that keeps what the run's dbt tasks scanned, as far as they went; says how much, and
    which tests warned.

    Raises:
        QueryError: Athena did not take the rows.
    """
    settings = Settings.from_env()
    from airflow.sdk import get_current_context

    from lakehouse.cost import record_build

    context = get_current_context()
    tasks = sorted(task for task in context["dag"].task_ids if task.startswith("dbt."))
    found: list[RunResults | None] = context["ti"].xcom_pull(task_ids=tasks, key=RESULTS) or []
    commands = [results for results in found if results]
    if not commands:
        return "no dbt command left results"
    run_id = context["dag_run"].run_id
    costs = record_build(commands, manifest_path(settings.project_dir), run_id, settings)
    scanned = sum(cost.scanned_bytes for cost in costs)
    _log.info("event=cost_kept run_id=%s nodes=%s scanned_bytes=%s", run_id, len(costs), scanned)
    line = f"{len(costs)} nodes scanned {scanned:,} bytes"
    warned = warned_tests(commands)
    return f"{line}; tests that warn: {', '.join(warned)}" if warned else line


def warned_tests(commands: Iterable[RunResults]) -> list[str]:
    """The names of the tests of dbt commands that ended with a warning, sorted."""
    return sorted(
        result["unique_id"].split(".")[2]
        for command in commands
        for result in command["results"]
        if result.get("status") == "warn"
    )
