"""Waiting for an execution in the triggerer, for as long as it takes.

What a triggerer needs to go on where another one stopped is serialised: ids, the deadline as an
instant, the waits. The token is not; it is read from the connection each time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from lakehouse.orchestration.talend.api import (
    AsyncTmcClient,
    Patience,
    read_execution,
    status_request,
    terminate_request,
)
from lakehouse.orchestration.talend.errors import TalendError, TalendUnavailableError
from lakehouse.orchestration.talend.hook import TalendHook
from lakehouse.orchestration.talend.statuses import RUNNING

ENDED, OVERDUE, LOST, REFUSED = "ended", "overdue", "lost", "refused"
"""Outcomes of an event: a final status came; the deadline passed and the execution was stopped; the
Management Console did not answer for long; it refused to."""


class TalendExecutionTrigger(BaseTrigger):
    """Fires once, with a plain dictionary: `execution_id`, `outcome`, `status`, `message`.

    Args:
        talend_conn_id: the connection of the Management Console.
        execution_id: the execution to wait for.
        deadline: instant (ISO 8601, with offset) at which it is stopped; None waits for ever.
        poll_seconds: wait between two questions.
        lost_seconds: how long there may be no answer before the execution counts as lost.
        attempts: tries of each question.
        first_wait: seconds before the second try.
    """

    def __init__(
        self,
        talend_conn_id: str,
        execution_id: str,
        deadline: str | None = None,
        poll_seconds: float = 15.0,
        lost_seconds: float = 1800.0,
        attempts: int = 6,
        first_wait: float = 0.5,
    ) -> None:
        super().__init__()
        self.talend_conn_id = talend_conn_id
        self.execution_id = execution_id
        self.deadline = deadline
        self.poll_seconds = poll_seconds
        self.lost_seconds = lost_seconds
        self.attempts = attempts
        self.first_wait = first_wait

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments that make this trigger again."""
        return (
            "lakehouse.orchestration.talend.trigger.TalendExecutionTrigger",
            {
                "talend_conn_id": self.talend_conn_id,
                "execution_id": self.execution_id,
                "deadline": self.deadline,
                "poll_seconds": self.poll_seconds,
                "lost_seconds": self.lost_seconds,
                "attempts": self.attempts,
                "first_wait": self.first_wait,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask until the execution ends, its deadline passes or nothing is to be heard of it."""
        try:
            async with await self._connect() as client:
                yield self._event(**await self._wait(client))
        except TalendError as error:
            yield self._event(REFUSED, message=str(error))

    async def on_kill(self) -> None:
        """Stop the execution, as its task was cleared, or marked failed or successful."""
        async with await self._connect() as client:
            await client.send(terminate_request(self.execution_id))
        self.log.info("event=talend_terminated execution_id=%s reason=killed", self.execution_id)

    async def _connect(self) -> AsyncTmcClient:
        access = await TalendHook(self.talend_conn_id).aget_access()
        return AsyncTmcClient(access, Patience(self.attempts, self.first_wait))

    async def _wait(self, client: AsyncTmcClient) -> dict[str, Any]:
        heard_at = time.monotonic()
        last = ""
        while True:
            try:
                document = await client.send(status_request(self.execution_id))
                execution = read_execution(document, self.execution_id)
                heard_at = time.monotonic()
                if execution.status != last:
                    last = execution.status
                    self.log.info(
                        "event=talend_status execution_id=%s status=%s", self.execution_id, last
                    )
                if execution.status not in RUNNING:
                    reason = [execution.error_type, execution.error_message]
                    message = ": ".join(each for each in reason if each)
                    return {"outcome": ENDED, "status": execution.status, "message": message}
                if self._is_overdue():
                    await client.send(terminate_request(self.execution_id))
                    return {"outcome": OVERDUE, "status": last, "message": str(self.deadline)}
            except TalendUnavailableError as error:
                silent = time.monotonic() - heard_at
                if silent >= self.lost_seconds or self._is_overdue():
                    return {"outcome": LOST, "status": last, "message": str(error)}
                self.log.warning(
                    "event=talend_silent execution_id=%s seconds=%.0f: %s",
                    self.execution_id,
                    silent,
                    error,
                )
            await asyncio.sleep(self.poll_seconds)

    def _is_overdue(self) -> bool:
        return self.deadline is not None and (
            datetime.now(UTC) >= datetime.fromisoformat(self.deadline)
        )

    def _event(self, outcome: str, status: str = "", message: str = "") -> TriggerEvent:
        return TriggerEvent(
            {
                "execution_id": self.execution_id,
                "outcome": outcome,
                "status": status,
                "message": message,
            }
        )
