"""What a dbt task notes of its nodes, from events of dbt's own kinds."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest
from dbt.events.types import NodeFinished
from dbt_common.events.base_types import EventLevel, EventMsg, msg_from_base_event

from lakehouse.orchestration import dbt_artifacts


def finished(name: str, status: str, failures: int) -> EventMsg:
    """What dbt tells its callbacks when a test ended."""
    node = {"unique_id": f"test.lakehouse.{name}", "node_name": name}
    result = {"status": status, "num_failures": failures, "execution_time": 0.1}
    event = NodeFinished(node_info=node, run_result=result)
    return msg_from_base_event(event, EventLevel.DEBUG)


class Task:
    vars = None


class Instance:
    def __init__(self) -> None:
        self.pushed: list[dict[str, Any]] = []

    def xcom_push(self, key: str, value: dict[str, Any]) -> None:
        self.pushed.append(value)


def test_note_event__a_test_that_warns__is_in_the_log_and_named_by_the_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        dbt_artifacts.note_event(finished("assert_a", "pass", 0))
        dbt_artifacts.note_event(finished("assert_b", "warn", 7))
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == (
        "event=test_warned test=assert_b failures=7 runbook=docs/en/runbooks/transform.md"
    )

    instance = Instance()
    dbt_artifacts.push_results("", {"task": Task(), "ti": instance})
    assert dbt_artifacts.warned_tests(instance.pushed) == ["assert_b"]


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ({"model.a": "success", "test.a1": "pass", "test.a2": "warn"}, "built"),
        ({"model.a": "success", "test.a1": "fail", "test.a2": "pass"}, "failed"),
        ({"model.a": "error", "test.a1": "skipped", "test.a2": "skipped"}, "failed"),
        ({"model.a": "skipped", "test.a1": "skipped", "model.b": "fail"}, "skipped"),
        ({"model.a": "success", "test.a1": "skipped"}, "skipped"),
        ({"model.b": "fail"}, "left out"),
    ],
)
def test_judge__a_node_and_its_tests__the_worst_of_them_counts(
    statuses: dict[str, str], outcome: str
) -> None:
    results = [
        {"unique_id": name, "status": status, "message": f"{name} it is"}
        for name, status in statuses.items()
    ]
    found, why = dbt_artifacts.judge(results, ["model.a", "test.a1", "test.a2"])
    assert found == outcome
    assert bool(why) == (outcome == "failed")
    assert "model.b" not in why


_TELL = """
import asyncio, types
from lakehouse.orchestration import dbt_nodes, dbt_outcomes
from lakehouse.orchestration.dbt_artifacts import judge
class Store(dict):
    def get_one(self, *, key, dag_id, run_id, task_id):
        assert (dag_id, run_id, task_id) == ("transform", "r", "dbt.build")
        return self.get(key)
    def delete(self, *, key, dag_id, run_id, task_id):
        del self[key]
dbt_outcomes.XCom = store = Store()
ran = []
class Dbt:
    def __init__(self, **arguments): self.said = f"ran dbt on {arguments['select']}"
    def add_cmd_flags(self): return []
    def build_and_run_cmd(self, context, cmd_flags): ran.append(self.said)
dbt_nodes.DbtBuildLocalOperator = Dbt
node = dbt_nodes.NodeOfBuild(
    task_id="a", node_ids=["model.a"], told_by="dbt.build", select="fqn:a", exclude="", vars={},
    command={},
)
ti = types.SimpleNamespace(dag_id="transform", run_id="r", task_id="a")
async def first(trigger):
    async for event in trigger.run():
        return event
for status in ("success", "error", "skipped"):
    for is_tried_again in (False, True):
        if not is_tried_again:
            results = [{"unique_id": "model.a", "status": status, "message": "no such column"}]
            store["a"] = judge(results, node.node_ids)
        arguments = node.start_trigger_args
        assert arguments.trigger_cls == "lakehouse.orchestration.dbt_outcomes.OutcomeTrigger"
        trigger = dbt_outcomes.OutcomeTrigger(**arguments.trigger_kwargs)
        trigger.task_instance = ti
        event = asyncio.run(first(trigger))
        if isinstance(event, dbt_outcomes.TaskSuccessEvent):
            print("TOLD", status, "ended in the triggerer")
            continue
        try:
            getattr(node, arguments.next_method)({}, event=event.payload)
            print("TOLD", status, ran.pop())
        except Exception as error:
            print("TOLD", status, type(error).__name__, error)
store["a"] = ("built", "")
print("TOLD", node.execute({"ti": ti}))
node.execute({"ti": ti})
print("TOLD", ran.pop())
"""


def test_node__takes_its_outcome_once__and_builds_itself_when_asked_again() -> None:
    """In a process of its own, as Airflow's settings come from the environment at import."""
    answer = subprocess.run([sys.executable, "-c", _TELL], capture_output=True, text=True)
    told = [line[5:] for line in answer.stdout.splitlines() if line.startswith("TOLD ")]
    assert told == [
        "success ended in the triggerer",
        "success ran dbt on fqn:a",
        "error CosmosDbtRunError in the build of dbt.build: model.a: no such column",
        "error ran dbt on fqn:a",
        "skipped ran dbt on fqn:a",
        "skipped ran dbt on fqn:a",
        "built",
        "ran dbt on fqn:a",
    ], answer.stderr
