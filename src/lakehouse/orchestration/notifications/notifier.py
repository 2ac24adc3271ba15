"""Who tells: events go into the shared state of their incident, and one worker sends for all.

State lies in the ops bucket (`notifications/<incident>.json`), changed by conditional writes. Told
at least once: an incident is settled after a channel took the message, so a worker that dies
between the two leaves a lease that runs out, and the next one sends again.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce

from lakehouse.orchestration.notifications.airflow_events import describe
from lakehouse.orchestration.notifications.bounded import run_bounded
from lakehouse.orchestration.notifications.channels import Send
from lakehouse.orchestration.notifications.event import RANK, Event
from lakehouse.orchestration.notifications.incident import (
    Incident,
    claim,
    is_due,
    note_failed_run,
    record,
    release,
    renew,
    settle,
)
from lakehouse.orchestration.notifications.message import Message, compose
from lakehouse.orchestration.notifications.settings import NotifySettings
from lakehouse.shared_state import Document, SharedState

PREFIX = "notifications/"
SEND_SECONDS = 10.0
SPARE_SECONDS = 30.0
"""What reading and writing the state, and asking for connections, may take besides."""
_MOST_MESSAGES = 3

Step = Callable[[Incident], Incident]

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


def message_of(incident: Incident, settings: NotifySettings, environment: str) -> Message:
    """What is to be sent of an incident now."""
    return compose(incident, settings.language, environment=environment, docs_url=settings.docs_url)


def send_all(channels: Mapping[str, Send], message: Message) -> bool:
    """Send by every channel at once; whether any took it. Failures are logged, not raised."""
    outcomes = deliver(channels, message)
    for name, reason in outcomes.items():
        if reason is None:
            _log.info("event=notified channel=%s title=%s", name, message.title)
        else:
            _log.error("event=not_notified channel=%s error=%s", name, reason)
    return None in outcomes.values()


def deliver(channels: Mapping[str, Send], message: Message) -> dict[str, str | None]:
    """Send by every channel at once; for each why it did not take the message, None when it did."""
    works = {name: _bind(send, message) for name, send in channels.items()}
    return {
        name: None if error is None else describe(f"{type(error).__name__}: {error}")
        for name, error in run_bounded(works, SEND_SECONDS).items()
    }


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells of events by all channels that are on; who is about to send asks `connect` for them."""

    settings: NotifySettings
    environment: str
    state: SharedState
    connect: Callable[[], Mapping[str, Send]]
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep

    def tell(self, *events: Event) -> None:
        """Add events to their incidents, and send where that is due and nobody else does."""
        for key in dict.fromkeys(event.incident for event in events):
            mine = [event for event in events if event.incident == key]
            self._send(key, lambda incident: reduce(record, mine, incident), gathers=True)  # noqa: B023

    def run_failed(self, event: Event, most_failed_runs: int) -> None:
        """A run of a DAG failed for good: tell it unless its tasks were told, tell that Airflow
        pauses the DAG when it was one too many in a row (0: it never does), and what is overdue.
        """
        told_elsewhere = any(
            event.run_id in incident.failed_runs
            for incident in self._incidents()
            if incident.key != event.incident
        )

        def add(incident: Incident) -> Incident:
            after = (
                note_failed_run(incident, event.run_id)
                if told_elsewhere
                else record(incident, event)
            )
            if 0 < most_failed_runs <= len(after.failed_runs):
                after = record(after, _paused(event))
            return after

        self._send(event.incident, add, gathers=True)
        self.sweep()

    def run_succeeded(self, event: Event, answers: Callable[[str], bool]) -> None:
        """A run of a DAG succeeded: its incident is over, and those of the sources that it met and
        that answer again; `answers` says it of a source."""
        self.tell(event)
        for incident in self._incidents():
            of, _, name = incident.key.partition(".")
            if of == "source" and event.dag_id in incident.dags and answers(name):
                self.tell(_moved(event, incident))
        self.sweep()

    def sweep(self) -> None:
        """Send what is overdue: summaries after a quiet time, and what a dead worker left."""
        for incident in self._incidents():
            if is_due(incident, self.clock(), self.settings.quiet):
                self._send(incident.key, _as_it_is, gathers=False)

    def _send(self, key: str, step: Step, *, gathers: bool) -> None:
        """Change an incident, and send what is pending of it where that is due."""
        sender = uuid.uuid4().hex
        claimed = self._claim(key, sender, step)
        if claimed is None:
            return
        if gathers and claimed.rank <= RANK["failure"]:
            self.sleep(self.settings.gather.total_seconds())
        for _ in range(_MOST_MESSAGES):
            now = self._change(key, lambda incident: renew(incident, sender, self._lease()))
            if now.sender != sender:
                return
            if not now.pending or not self._send_now(now):
                self._change(key, lambda incident: release(incident, sender))
                return
            told = now.pending
            self._change(key, lambda incident: settle(incident, sender, told, self.clock()))  # noqa: B023
            if self._claim(key, sender, _as_it_is) is None:
                return

    def _send_now(self, incident: Incident) -> bool:
        return send_all(self.connect(), message_of(incident, self.settings, self.environment))

    def _claim(self, key: str, sender: str, step: Step) -> Incident | None:
        """Change an incident and claim it where it is due then; None where it is not, or another
        one has it."""

        def decide(incident: Incident) -> Incident:
            changed = step(incident)
            due = is_due(changed, self.clock(), self.settings.quiet)
            return claim(changed, sender, self._lease() + self.settings.gather) if due else changed

        after = self._change(key, decide)
        return after if after.sender == sender else None

    def _lease(self) -> datetime:
        return self.clock() + timedelta(seconds=SEND_SECONDS + SPARE_SECONDS)

    def _incidents(self) -> list[Incident]:
        names = self.state.names()
        return [Incident.from_document(name, self.state.read(name)) for name in names]

    def _change(self, key: str, step: Step) -> Incident:
        def decide(document: Document | None) -> tuple[Document | None, Incident]:
            before = Incident.from_document(key, document)
            after = step(before)
            return None if after == before else after.to_document(), after

        return self.state.change(key, decide)


def _as_it_is(incident: Incident) -> Incident:
    return incident


def _paused(event: Event) -> Event:
    return replace(event, kind="paused", task_id="", map_index=-1, try_number=0)


def _moved(event: Event, incident: Incident) -> Event:
    return replace(event, incident=incident.key)


def _bind(send: Send, message: Message) -> Callable[[], None]:
    return lambda: send(message)
