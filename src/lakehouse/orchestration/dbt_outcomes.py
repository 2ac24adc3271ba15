"""What a build left for the tasks of its nodes, and the trigger that takes it.

Apart from the operators: a triggerer has no need of Cosmos.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.sdk.execution_time.xcom import XCom
from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

DONE = ("built", "left out")
"""Outcomes that leave nothing to do."""


class OutcomeTrigger(BaseTrigger):
    """Ends a task whose node the build has built; else fires with the outcome that it took, if any.

    Args:
        told_by: the task of the build.
    """

    def __init__(self, told_by: str) -> None:
        super().__init__()
        self.told_by = told_by

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments that make this trigger again."""
        return f"{type(self).__module__}.{type(self).__name__}", {"told_by": self.told_by}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Take the outcome."""
        outcome = await asyncio.to_thread(take_outcome, self.task_instance, self.told_by)
        self.log.info("event=node_told outcome=%s", outcome)
        is_done = outcome is not None and outcome[0] in DONE
        yield TaskSuccessEvent() if is_done else TriggerEvent(outcome)


def take_outcome(instance: Any, told_by: str) -> Sequence[str] | None:
    """What the build left for a task, outcome and reason; None where that was taken before."""
    place = {
        "dag_id": instance.dag_id,
        "run_id": instance.run_id,
        "task_id": told_by,
        "key": instance.task_id,
    }
    outcome: Sequence[str] | None = XCom.get_one(**place)
    if outcome is not None:
        XCom.delete(**place)
    return outcome
