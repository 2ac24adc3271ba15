"""What a dbt task notes of its nodes, from events of dbt's own kinds."""

from __future__ import annotations

import logging
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
        "event=test_warned test=assert_b failures=7 runbook=docs/en/runbooks/marketplace_daily.md"
    )

    instance = Instance()
    dbt_artifacts.push_results("", {"task": Task(), "ti": instance})
    assert dbt_artifacts.warned_tests(instance.pushed) == ["assert_b"]
