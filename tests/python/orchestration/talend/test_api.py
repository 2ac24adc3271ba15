"""The client of the Management Console, against a console on the loopback.

Expected values are those of the Processing API's documentation (2021-03), not of the code.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse.orchestration.talend.api import (
    Access,
    AsyncTmcClient,
    Patience,
    TmcClient,
    TmcRequest,
    read_execution,
    read_execution_id,
    region_url,
    start_request,
    status_request,
    terminate_request,
)
from lakehouse.orchestration.talend.errors import TalendError, TalendUnavailableError
from lakehouse.orchestration.talend.statuses import FAILURES, RUNNING, STATUSES, SUCCESS
from tests.python.orchestration.talend.tmc import TOKEN, Fault, Task, Tmc, serve_tmc

QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.05)


@pytest.fixture
def tmc(tmp_path: Path) -> Iterator[Tmc]:
    with serve_tmc({}, tmp_path) as console:
        yield console


class _Blocking:
    def __init__(self, access: Access) -> None:
        self.access = access

    def send(self, request: TmcRequest) -> Any:
        with TmcClient(self.access, QUICK) as client:
            return client.send(request)


class _Awaiting(_Blocking):
    def send(self, request: TmcRequest) -> Any:
        async def run() -> Any:
            async with AsyncTmcClient(self.access, QUICK) as client:
                return await client.send(request)

        return asyncio.run(run())


@pytest.fixture(params=[_Blocking, _Awaiting])
def client(request: pytest.FixtureRequest, tmc: Tmc) -> Any:
    return request.param(Access(tmc.url, TOKEN))


def test_statuses__all__are_the_documented_ones() -> None:
    documented = {
        "dispatching",
        "executing",
        "execution_successful",
        "execution_failed",
        "execution_rejected",
        "deploy_failed",
        "terminated",
        "terminated_timeout",
        "terminated_shutdown",
    }
    assert set(STATUSES) == documented
    assert {*RUNNING, SUCCESS, *FAILURES} == documented
    assert {"dispatching", "executing"} == RUNNING


def test_region_url__a_region__is_its_documented_address() -> None:
    assert region_url("us-west") == "https://api.us-west.cloud.talend.com"
    with pytest.raises(TalendError, match="ap, au, eu, us, us-west"):
        region_url("br")


def test_start__a_task__sends_id_parameters_and_minutes(client: Any, tmc: Tmc) -> None:
    task = tmc.add(Task("land_orders", script=("dispatching", "executing", "execution_successful")))
    request = start_request(
        task, {"run_id": "orders-2026-06-01"}, timeout_minutes=0, log_level="WARN"
    )
    execution = read_execution_id(client.send(request))
    assert tmc.requests == [
        (
            "POST",
            "/processing/executions",
            {
                "executable": task,
                "parameters": {"run_id": "orders-2026-06-01"},
                "timeout": 1,
                "logLevel": "WARN",
            },
        )
    ]
    seen = [
        read_execution(client.send(status_request(execution)), execution).status for _ in range(4)
    ]
    assert seen == ["dispatching", "executing", "execution_successful", "execution_successful"]


def test_terminate__a_running_execution__ends_terminated(client: Any, tmc: Tmc) -> None:
    task = tmc.add(Task("land_orders", script=("executing",)))
    execution = read_execution_id(client.send(start_request(task, {})))
    assert client.send(terminate_request(execution)) is None
    assert read_execution(client.send(status_request(execution)), execution).status == "terminated"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, None])
def test_status__a_fault_that_may_pass__is_asked_again(
    client: Any, tmc: Tmc, status: int | None
) -> None:
    execution = read_execution_id(
        client.send(start_request(tmc.add(Task("a", script=("executing",))), {}))
    )
    tmc.faults = [Fault("GET", status), Fault("GET", status)]
    assert read_execution(client.send(status_request(execution)), execution).status == "executing"
    assert tmc.count("GET") == 3


def test_status__no_answer_in_three_tries__is_unavailable(client: Any, tmc: Tmc) -> None:
    tmc.faults = [Fault("GET", 503)] * 4
    with pytest.raises(TalendUnavailableError, match="no answer in 3 tries: status 503") as caught:
        client.send(status_request("x"))
    assert caught.value.retryable
    assert tmc.count("GET") == 3


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "parameter"),
        (401, "token"),
        (403, "grant"),
        (404, "no such"),
        (405, "405"),
        (501, "501"),
    ],
)
def test_status__a_refusal__is_not_asked_again(
    client: Any, tmc: Tmc, status: int, advice: str
) -> None:
    tmc.faults = [Fault("GET", status)]
    with pytest.raises(TalendError, match=advice) as caught:
        client.send(status_request("x"))
    assert not caught.value.retryable
    assert caught.value.status == status
    assert tmc.count("GET") == 1


@pytest.mark.parametrize("status", [429, 503])
def test_start__refused_for_now__is_sent_again(client: Any, tmc: Tmc, status: int) -> None:
    tmc.faults = [Fault("POST", status, retry_after="0")]
    client.send(start_request(tmc.add(Task("a", script=("executing",))), {}))
    assert len(tmc.runs) == 1
    assert tmc.count("POST") == 2


@pytest.mark.parametrize("status", [500, 502, 504, None])
def test_start__the_answer_is_lost__starts_no_second_execution(
    client: Any, tmc: Tmc, status: int | None
) -> None:
    tmc.faults = [Fault("POST", status, after=True)]
    with pytest.raises(TalendUnavailableError, match="whether the execution started is not known"):
        client.send(start_request(tmc.add(Task("a", script=("executing",))), {}))
    assert len(tmc.runs) == 1


def test_start__nobody_listens__is_tried_again_and_unavailable() -> None:
    access = Access("http://127.0.0.1:9", TOKEN)
    for client in (_Blocking(access), _Awaiting(access)):
        with pytest.raises(TalendUnavailableError, match="no answer in 3 tries: Connect"):
            client.send(start_request("a", {}))


def test_start__wrong_token__says_what_to_renew_and_not_the_token(tmc: Tmc) -> None:
    access = Access(tmc.url, "wrong-secret")
    assert "wrong-secret" not in repr(access)
    with pytest.raises(TalendError, match=r"401.*renew") as caught:
        _Blocking(access).send(start_request("a", {}))
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize("document", [None, {}, {"status": "EXECUTION_SUCCESS"}, ["executing"]])
def test_read_execution__not_a_documented_status__is_an_error(document: Any) -> None:
    with pytest.raises(TalendError, match="none of those documented"):
        read_execution(document, "x")


_INDEPENDENT = """
import sys
from talend_task import StaticTokenCredential, TalendClient
url, token = sys.argv[1:]
with TalendClient(url, StaticTokenCredential(token)) as client:
    for name, job in client.get_jobs():
        print(name, client.run(job, wait=True, timeout=20, poll_interval=0.02))
    print(len(client.get_executions(client.get_job_id("land_a"))))
"""


def test_console__an_independent_client__sees_the_documented_life(tmc: Tmc) -> None:
    """talend-task 0.1.18 knows nothing of this project and follows executions here."""
    pytest.importorskip("talend_task", reason="talend-task is not installed")
    tmc.add(Task("land_a", script=("dispatching", "executing", "execution_successful")))
    tmc.add(Task("land_b", script=("dispatching", "deploy_failed")))
    command = [sys.executable, "-c", _INDEPENDENT, tmc.url, TOKEN]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["land_a execution_successful", "land_b deploy_failed", "1"]
    command[-1] = "another token"
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "401 Client Error" in run.stderr
