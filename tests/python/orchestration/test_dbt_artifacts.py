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
import sys
from lakehouse.orchestration.dbt_nodes import _Told
class Base:
    def execute(self, context): return "ran dbt"
class Node(_Told, Base):
    node_ids, told_by = ["model.a"], "dbt.build"
class Instance:
    def __init__(self, invocation, status):
        results = [{"unique_id": "model.a", "status": status, "message": "no such column"}]
        self.build = {"metadata": {"invocation_id": invocation}, "results": results}
    def xcom_pull(self, task_ids, key):
        assert (task_ids, key) == ("dbt.build", "dbt_results")
        return self.build
class Memory(dict):
    def set(self, key, value): self[key] = value
for builds in ("1 success|1 success|2 success", "1 error|1 error", "1 skipped"):
    memory = Memory()
    for build in builds.split("|"):
        context = {"ti": Instance(*build.split()), "task_state_store": memory}
        try:
            print(build, Node().execute(context))
        except Exception as error:
            print(build, type(error).__name__, error)
"""


def test_node__tells_of_each_build_once__and_builds_itself_when_asked_again() -> None:
    """In a process of its own, as Airflow's settings come from the environment at import."""
    answer = subprocess.run([sys.executable, "-c", _TELL], capture_output=True, text=True)
    told = [
        line for line in answer.stdout.splitlines() if line[:1].isdigit() and "-" not in line[:9]
    ]
    assert told == [
        "1 success built",
        "1 success ran dbt",
        "2 success built",
        "1 error CosmosDbtRunError in the build of dbt.build: model.a: no such column",
        "1 error ran dbt",
        "1 skipped ran dbt",
    ], answer.stderr
