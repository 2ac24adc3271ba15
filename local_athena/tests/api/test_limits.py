"""Queries that take too long, hold too much, hang, or stand in the way of others."""

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from local_athena.api import limits
from local_athena.api.executions import Execution, new_facts
from local_athena.api.limits import Limits
from local_athena.api.workers import Workers
from local_athena.engine.contract import QueryCancelled, QueryControl, QueryFailed
from local_athena.server import Endpoint
from local_athena.settings import Settings


def running(started: float) -> Execution:
    return Execution("q", "primary", started, new_facts("x", started=started), state="RUNNING")


def watch(settings: Settings, executions: list[Execution], held: int, now: float) -> list[Any]:
    given_up: list[Any] = []
    looked = Limits(settings, lambda: executions, given_up.append, lambda: now, lambda: held)
    assert looked.look() is True
    return given_up


def test_look__query_past_its_time__fails_with_trinos_name(tmp_path: Path) -> None:
    old, young = running(100.0), running(1000.0)
    settings = Settings(data=tmp_path, query_seconds=1800)
    watch(settings, [old, young], 0, 1901.0)
    assert not young.control.cancelled.is_set()
    with pytest.raises(QueryFailed, match=r"EXCEEDED_TIME_LIMIT: .* limit of 30\.00m"):
        old.control.check()


def test_look__process_too_large__ends_the_oldest_query_alone(tmp_path: Path) -> None:
    old, young = running(100.0), running(200.0)
    settings = Settings(data=tmp_path, process_memory=1 << 30)
    watch(settings, [young, old], 1 << 30, 300.0)
    assert not old.control.cancelled.is_set()
    watch(settings, [young, old], (1 << 30) + 1, 300.0)
    with pytest.raises(QueryFailed, match="EXCEEDED_LOCAL_MEMORY_LIMIT"):
        old.control.check()
    watch(settings, [young, old], (1 << 30) + 1, 300.0)  # it is still giving back
    assert not young.control.cancelled.is_set()


def test_look__memory_that_was_held_before_a_query__is_not_its_fault(tmp_path: Path) -> None:
    limit = 1 << 30
    after_another, settings = running(100.0), Settings(data=tmp_path, process_memory=limit)
    after_another.held_before = limit + 1
    watch(settings, [after_another], limit + limit // limits.SHARE_OF_BLAME, 200.0)
    assert not after_another.control.cancelled.is_set()
    watch(settings, [after_another], limit + limit // limits.SHARE_OF_BLAME + 2, 200.0)
    assert after_another.control.cancelled.is_set()


def test_look__query_that_ignores_its_end__is_given_up_after_a_grace(tmp_path: Path) -> None:
    stuck = running(100.0)
    stuck.control.cancel()
    ended = stuck.control.ended_at
    settings = Settings(data=tmp_path)
    assert watch(settings, [stuck], 0, ended + limits.GRACE_SECONDS - 1) == []
    assert watch(settings, [stuck], 0, ended + limits.GRACE_SECONDS + 1) == [stuck]


def test_look__memory_of_a_query_that_was_given_up__ends_no_other(tmp_path: Path) -> None:
    stuck = running(100.0)
    stuck.control.cancel()
    live, now = [stuck], stuck.control.ended_at + limits.GRACE_SECONDS + 1
    young = running(now)
    settings = Settings(data=tmp_path, process_memory=1 << 30)
    looked = Limits(
        settings, lambda: live, lambda one: one.done.set(), lambda: now, lambda: 1 << 40
    )
    looked.look()
    live.append(young)
    looked.look()
    assert not young.control.cancelled.is_set()
    stuck.returned.set()
    looked.look()
    assert young.control.cancelled.is_set()


def test_look__query_that_still_waits__goes_on_looking(tmp_path: Path) -> None:
    """The thread must not sleep while a query is about to run: nobody would wake it."""
    waiting = Execution("q", "primary", 100.0, new_facts("x"))
    looked = Limits(Settings(data=tmp_path), lambda: [waiting], print, lambda: 0.0, lambda: 0)
    assert looked.look() is True
    waiting.done.set()
    assert looked.look() is False


def test_control__that_commits__cannot_be_ended_any_more() -> None:
    control = QueryControl()
    control.begin_commit()
    assert control.cancel() is False
    control.check()
    ended = QueryControl()
    assert ended.cancel() is True
    with pytest.raises(QueryCancelled):
        ended.begin_commit()
    failed = QueryControl()
    failed.fail(QueryFailed("EXCEEDED_TIME_LIMIT", "too long"))
    failed.cancel()
    with pytest.raises(QueryFailed, match="EXCEEDED_TIME_LIMIT"):
        failed.begin_commit()


def test_workers__one_stuck__another_takes_its_place() -> None:
    workers = Workers(1, "test")
    stuck, started, done = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        started.set()
        stuck.wait(30)

    workers.submit(hang)
    assert started.wait(10)
    workers.submit(done.set)
    assert not done.wait(0.05)
    workers.give_up()
    assert done.wait(10)
    stuck.set()
    workers.close()


def test_workers__jobs__run_in_order_and_at_most_as_many_as_allowed() -> None:
    workers = Workers(2, "test")
    lock, now, most, seen = threading.Lock(), [0], [0], []
    over = threading.Event()

    def job(number: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            seen.append(number)
        with lock:
            now[0] -= 1
            if len(seen) == 50:
                over.set()

    for number in range(50):
        workers.submit(lambda number=number: job(number))
    assert over.wait(20)
    assert sorted(seen) == list(range(50))
    assert most[0] <= 2
    workers.close()


def start(athena: Any, sql: str) -> str:
    given = {"OutputLocation": "s3://results/"}
    answer = athena.start_query_execution(QueryString=sql, ResultConfiguration=given)
    query_id: str = answer["QueryExecutionId"]
    return query_id


def state(athena: Any, query_id: str) -> dict[str, Any]:
    while True:
        answer = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        if answer["State"] not in ("QUEUED", "RUNNING"):
            return dict(answer)


def test_query__past_the_time_limit__fails_and_others_go_on(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any], tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path / "data", port=0, query_seconds=1, query_threads=1)
    athena = client_of(start_endpoint(settings=settings), "athena")
    slow, behind = start(athena, "wait"), start(athena, "select 1")
    ended = state(athena, slow)
    assert ended["State"] == "FAILED"
    assert ended["StateChangeReason"].startswith("EXCEEDED_TIME_LIMIT: ")
    assert ended["AthenaError"]["ErrorCategory"] == 2
    assert state(athena, behind)["State"] == "SUCCEEDED"


def test_ddl__behind_long_queries__does_not_wait(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any], tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path / "data", port=0, query_threads=1)
    athena = client_of(start_endpoint(settings=settings), "athena")
    slow = start(athena, "wait and select")
    assert state(athena, start(athena, "create 1"))["State"] == "SUCCEEDED"
    athena.stop_query_execution(QueryExecutionId=slow)
    assert state(athena, slow)["State"] == "CANCELLED"


def test_success__that_cannot_be_stored__is_told_once_it_is(
    start_endpoint: Callable[..., Endpoint],
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from local_athena.api.executions import Executions

    store, tries = Executions._store, []

    def full(self: Executions, execution: Execution, state: str, facts: Any) -> None:
        tries.append(state)
        if len(tries) < 3:
            raise sqlite3.OperationalError("database or disk is full")
        store(self, execution, state, facts)

    monkeypatch.setattr(Executions, "_store", full)
    monkeypatch.setattr("local_athena.api.runner.STORE_AGAIN_SECONDS", 0.01)
    athena = client_of(start_endpoint(), "athena")
    assert state(athena, start(athena, "select 1"))["State"] == "SUCCEEDED"
    assert tries == ["SUCCEEDED"] * 3
    del tries[:]
    assert state(athena, start(athena, "fail"))["State"] == "FAILED"  # known, though not stored
    assert tries == ["FAILED"]


def test_stuck_query__that_was_stopped__is_told_as_cancelled(
    start_endpoint: Callable[..., Endpoint],
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr("local_athena.api.runner.STOP_SECONDS", 0.1)
    released, began = threading.Event(), threading.Event()

    class Stubborn:
        def refusal(self, sql: str) -> str | None:
            return None

        def execute(self, request: Any, control: QueryControl) -> Any:
            began.set()
            released.wait(30)
            control.check()

        def close(self) -> None:
            """Nothing to give back."""

    athena = client_of(start_endpoint(engine_factory=lambda *_: Stubborn()), "athena")
    query = start(athena, "x")
    assert began.wait(10)
    athena.stop_query_execution(QueryExecutionId=query)
    asked = time.monotonic()
    assert state(athena, query)["State"] == "CANCELLED"
    assert time.monotonic() - asked < 10
    released.set()
