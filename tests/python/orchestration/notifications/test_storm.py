"""Many workers at once, and workers that die: one message, and none lost."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lakehouse.breakers import circuit_of
from lakehouse.orchestration.notifications import Event, Incident, Message, Notifier, NotifySettings
from lakehouse.orchestration.notifications.notifier import PREFIX
from lakehouse.shared_state import SharedState
from tests.python.orchestration.notifications.conftest import PROJECT, Office, Worker
from tests.python.orchestration.notifications.samples import NOON, event

pytestmark = pytest.mark.integration

KEY = "dag.land_payments"


def _incident(lake: Any, key: str = KEY) -> Incident:
    state = SharedState(lake.s3, lake.bucket("ops"), PREFIX)
    return Incident.from_document(key, state.read(key))


def _notifier(lake: Any, sent: list[Message], now: datetime = NOON, **settings: Any) -> Notifier:
    state = SharedState(lake.s3, lake.bucket("ops"), PREFIX, sleep=lambda _: None)
    return Notifier(
        NotifySettings(**settings),
        "ci",
        state,
        lambda: {"list": sent.append},
        clock=lambda: now,
        sleep=lambda _: None,
    )


@pytest.mark.parametrize("error", ["unknown", "away"])
def test_storm__forty_tasks_of_three_processes_fail_at_once__one_message_by_each_channel(
    office: Office, workers: list[Worker], lake: Any, error: str
) -> None:
    """Of one run, or of one source that is away: the payment gateway's, of two DAGs."""
    case = {"call": "on_failure", "error": error}
    environ = {**office.environ, "LAKEHOUSE_NOTIFY_GATHER_SECONDS": "6"}
    for number, (worker, at_once) in enumerate(zip(workers, (14, 13, 13), strict=True)):
        dag = "land_rates" if error == "away" and number == 2 else "land_payments"
        dag = {"dag_id": dag, "task_id": f"t{number}", "at_once": at_once}
        worker.begin({**case, **dag}, environ)
    logs = [worker.end()[1] for worker in workers]
    assert office.counts() == {"slack": 1, "email": 1, "sns": 1}
    (note,) = office.notes()
    key = KEY if error == "unknown" else "source.payment_gateway"
    incident = _incident(lake, key)
    told = int(re.findall(r"(\d+) tasks", note["Subject"])[0])
    assert told == incident.told_count >= 2, logs
    assert len(re.findall(r"^- land_\w+\.t\d_\d+: failed", note["Message"], re.MULTILINE)) == told
    assert told + len(incident.pending) == 40
    assert set(incident.dags) == {"land_payments", "land_rates"} - (
        {"land_rates"} if error == "unknown" else set()
    )


_DIES = """
import os, signal, sys
import boto3
from lakehouse.orchestration.notifications import Notifier, NotifySettings
from lakehouse.shared_state import SharedState
from tests.python.orchestration.notifications.samples import event

where, bucket, path = sys.argv[1:]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def send(message):
    with open(path, "a") as file:
        file.write(message.title + "\\n")
    if where == "after sending":
        die()
state = SharedState(boto3.client("s3"), bucket, "notifications/")
sleep = die if where == "before sending" else (lambda _: None)
Notifier(NotifySettings(), "ci", state, lambda: {"file": send}, sleep=sleep).tell(event())
"""


@pytest.mark.parametrize(("where", "sent_before"), [("before sending", 0), ("after sending", 1)])
def test_kill__the_sender__the_next_run_of_any_dag_tells_it_when_the_lease_is_over(
    lake: Any, tmp_path: Any, where: str, sent_before: int
) -> None:
    """At least once: killed after it sent and before it could say so, it is told again."""
    path = tmp_path / "sent.txt"
    path.touch()
    command = [sys.executable, "-c", _DIES, where, lake.bucket("ops"), str(path)]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == -9
    assert len(path.read_text().splitlines()) == sent_before
    sent: list[Message] = []
    now = datetime.now(UTC)
    other = event("recovery", incident="dag.other", dag_id="other", task_id="")
    _notifier(lake, sent, now).run_succeeded(other, lambda _: True)
    assert sent == [], "its lease still runs"
    _notifier(lake, sent, now + timedelta(minutes=2)).run_succeeded(other, lambda _: True)
    assert [message.title for message in sent] == ["DAG land_payments failed: 1 task"]
    _notifier(lake, sent, now + timedelta(minutes=4)).run_succeeded(other, lambda _: True)
    assert len(sent) == 1


def test_quiet__later_failures__are_told_as_one_summary_by_whoever_comes_after(lake: Any) -> None:
    sent: list[Message] = []
    for minute in range(14):
        _notifier(lake, sent, NOON + timedelta(minutes=minute)).tell(event(task_id=f"t{minute}"))
    assert len(sent) == 1
    _notifier(lake, sent, NOON + timedelta(minutes=15)).sweep()
    assert [message.title for message in sent[1:]] == [
        "DAG land_payments failed: 13 tasks (since 2026-06-01 12:00 UTC)"
    ]


def _run(kind: Any, run: str, dag: str = "land_payments") -> Event:
    return event(kind, incident=f"dag.{dag}", dag_id=dag, run_id=run, task_id="", try_number=0)


def test_recovery__after_a_failed_run__is_told_once(lake: Any) -> None:
    sent: list[Message] = []
    notifier = _notifier(lake, sent)
    notifier.run_succeeded(_run("recovery", "r0"), lambda _: True)
    notifier.tell(event(run_id="r1"))
    notifier.run_failed(_run("failure", "r1"), 3)
    notifier.run_succeeded(_run("recovery", "r2"), lambda _: True)
    notifier.run_succeeded(_run("recovery", "r3"), lambda _: True)
    assert [message.tone for message in sent] == ["bad", "good"]


def test_paused__the_third_failed_run_on_end__is_told_at_once(lake: Any) -> None:
    sent: list[Message] = []
    notifier = _notifier(lake, sent)
    for run in ("r1", "r2", "r2", "r3"):
        notifier.run_failed(_run("failure", run), 3)
    assert [message.title.split(" (")[0] for message in sent] == [
        "DAG land_payments failed",
        "DAG land_payments failed again and again and was paused",
    ]


def test_paused__a_good_run_between__begins_the_count_anew(lake: Any) -> None:
    sent: list[Message] = []
    notifier = _notifier(lake, sent)
    for run in ("r1", "r2"):
        notifier.run_failed(_run("failure", run), 3)
    notifier.run_succeeded(_run("recovery", "good"), lambda _: True)
    notifier.run_failed(_run("failure", "r3"), 3)
    assert not [message for message in sent if "paused" in message.title]


def test_source__its_feeds_failures__are_its_incident_and_no_other_message(lake: Any) -> None:
    sent: list[Message] = []
    notifier = _notifier(lake, sent)
    source = "source.payment_gateway"
    notifier.tell(event("open", incident=source, dag_id="", run_id="", task_id=""))
    for feed in ("payments", "exchange_rates"):
        notifier.tell(event(incident=source, task_id=f"land_{feed}", run_id="r1"))
    notifier.run_failed(_run("failure", "r1"), 3)
    notifier.tell(event("skip", incident=source, run_id="r2"))
    assert [message.title for message in sent] == [
        "Source payment_gateway does not answer and is left alone"
    ]
    notifier.run_succeeded(_run("recovery", "r2"), lambda _: False)
    assert len(sent) == 1, "the run skipped its feeds: the source does not answer yet"
    notifier.run_succeeded(_run("recovery", "r3", "transform"), lambda _: True)
    assert len(sent) == 1, "a DAG that reads nothing of it says nothing of it"
    notifier.run_succeeded(_run("recovery", "r3"), lambda _: True)
    assert sent[1].tone == "good"
    assert sent[1].title.startswith("Source payment_gateway answers again")
    assert _incident(lake, source) == Incident(source, seen=_incident(lake, source).seen)


def test_breaker__opens_and_closes__is_told_by_the_callbacks_of_its_feeds(
    office: Office, lake: Any
) -> None:
    circuit = circuit_of(lake, "payment_gateway")
    for _ in range(circuit.limits.failures):
        caller, _ = circuit.enter()
        assert caller
        circuit.failed(caller, "status 503")
    office.run({"call": "on_retry", "error": "away", "try_number": 1})
    (note,) = office.notes()
    assert note["Subject"] == "Source payment_gateway does not answer and is left alone"
    assert "- payment_gateway: left alone: status 503" in note["Message"]
    assert "runbooks/errors.md#75-sourcepausederror" in note["Message"]
    office.run({"call": "on_failure", "error": "away"})
    office.run({"call": "on_dag_failure"})
    office.run({"call": "on_dag_success", "run_id": "skipped"})
    assert len(office.notes()) == 1
    circuit.reset()
    office.run({"call": "on_dag_success", "run_id": "good"})
    office.run({"call": "on_dag_success", "run_id": "better"})
    assert [each["Subject"].split(" (")[0] for each in office.notes()[1:]] == [
        "Source payment_gateway answers again"
    ]


def test_breaker__seen_by_a_first_retry_alone__its_closing_is_told_too(
    office: Office, lake: Any
) -> None:
    circuit = circuit_of(lake, "payment_gateway")
    for _ in range(circuit.limits.failures):
        caller, _ = circuit.enter()
        circuit.failed(str(caller), "status 503")
    office.run({"call": "on_retry", "error": "away", "try_number": 1})
    circuit.reset()
    office.run({"call": "on_dag_success"})
    assert [each["Subject"].split(" (")[0] for each in office.notes()] == [
        "Source payment_gateway does not answer and is left alone",
        "Source payment_gateway answers again",
    ]


def test_retry__the_first__is_no_news_and_the_second_is(office: Office) -> None:
    office.run({"call": "on_retry", "error": "unknown", "try_number": 1})
    assert office.notes() == []
    office.run({"call": "on_retry", "error": "unknown", "try_number": 2})
    office.run({"call": "on_dag_success"})
    assert [note["Subject"] for note in office.notes()] == [
        "DAG land_payments: 1 task failed, tried again"
    ]


def test_retry__the_first_where_it_is_asked_for__is_one_message_for_all_that_fail_at_once(
    office: Office,
) -> None:
    asked = {"LAKEHOUSE_NOTIFY_FIRST_RETRY": "1"}
    case = {"call": "on_retry", "error": "unknown", "try_number": 1}
    office.run({**case, "at_once": 10}, LAKEHOUSE_NOTIFY_GATHER_SECONDS="1", **asked)
    office.run({**case, "task_id": "later"}, **asked)
    (note,) = office.notes()
    assert re.fullmatch(r"DAG land_payments: \d+ tasks? failed, tried again", note["Subject"])
