"""Many workers, one state: real processes over the S3 of a local endpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse.breakers import Breaker, Circuit, circuit_of
from lakehouse.cli import cli
from lakehouse.contracts import Lake
from lakehouse.contracts.inventory import BreakerLimits
from lakehouse.errors import LakeError
from lakehouse.shared_state import SharedState

WORKERS = 6
ROUNDS = 8
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMITS = BreakerLimits(failures=3, open_seconds=600, probe_seconds=1800)

_WORKER = """
import json, sys
from datetime import datetime
import boto3
from lakehouse.breakers import Circuit
from lakehouse.contracts.inventory import BreakerLimits
from lakehouse.shared_state import SharedState

bucket, limits = sys.argv[1], BreakerLimits(3, 600, 1800)
state = SharedState(boto3.client("s3"), bucket, "breakers/")
print("ready", flush=True)
for line in sys.stdin:
    do, source, now = json.loads(line)
    circuit = Circuit(source, limits, state, lambda: datetime.fromisoformat(now))
    if do == "count":
        state.change(source, lambda found: ({"count": (found or {"count": 0})["count"] + 1}, None))
        print(json.dumps(True), flush=True)
    else:
        print(json.dumps(circuit.enter()[0]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Workers:
    """Processes that are told what to do, all at once."""

    processes: list[subprocess.Popen[str]]

    def all_do(self, *command: str) -> list[Any]:
        """Give every worker a command before reading any answer."""
        for process in self.processes:
            assert process.stdin
            process.stdin.write(json.dumps(command) + "\n")
            process.stdin.flush()
        return [json.loads(self._line(process)) for process in self.processes]

    @staticmethod
    def _line(process: subprocess.Popen[str]) -> str:
        assert process.stdout
        return process.stdout.readline()


@pytest.fixture
def workers(lake: Lake) -> Iterator[Workers]:
    command = [sys.executable, "-c", _WORKER, lake.bucket("ops")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(WORKERS)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    yield Workers(processes)
    for process in processes:
        process.communicate()


def _open(lake: Lake, source: str) -> Circuit:
    circuit = circuit_of(lake, source, clock=lambda: NOON)
    for _ in range(circuit.limits.failures):
        caller, _state = circuit.enter()
        circuit.failed(str(caller), "ConnectionTimeout")
    assert circuit.read().state == "open"
    return circuit


@pytest.mark.integration
def test_enter__many_workers_as_the_open_time_ends__one_of_them_probes(
    lake: Lake, workers: Workers
) -> None:
    later = (NOON + timedelta(hours=1)).isoformat()
    for number in range(ROUNDS):
        source = f"system_{number}"
        circuit = _open(lake, source)
        callers = [caller for caller in workers.all_do("enter", source, later) if caller]
        assert len(callers) == 1, f"round {number}: {len(callers)} probes"
        assert circuit.read().probe == callers[0]


@pytest.mark.integration
def test_change__many_workers_count__no_change_is_lost(lake: Lake, workers: Workers) -> None:
    for _ in range(ROUNDS):
        workers.all_do("count", "counter", NOON.isoformat())
    state = SharedState(lake.s3, lake.bucket("ops"), "breakers/")
    assert state.read("counter") == {"count": WORKERS * ROUNDS}


class _Echo:
    """An S3 whose client sends each write twice, as one that lost the answer does."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def put_object(self, **request: Any) -> Any:
        self.calls["put_object"] += 1
        self._s3.put_object(**request)
        return self._s3.put_object(**request)


def test_change__answer_lost_and_write_sent_again__counts_once(lake: Lake) -> None:
    echo: Any = _Echo(lake.s3)
    circuit = Circuit(
        "pay", LIMITS, SharedState(echo, lake.bucket("ops"), "breakers/"), lambda: NOON
    )
    caller, _ = circuit.enter()
    assert circuit.failed(str(caller), "x").failures == 1
    assert circuit.read().failures == 1
    assert echo.calls["put_object"] == 1


def test_change__others_are_quicker_for_ever__gives_up_and_names_the_object(lake: Lake) -> None:
    bucket = lake.bucket("ops")
    other = SharedState(lake.s3, bucket, "breakers/")
    state = SharedState(lake.s3, bucket, "breakers/", sleep=lambda _: None)
    numbers = iter(range(1000))

    def decide(found: Any) -> tuple[dict[str, Any], None]:
        other.change("pay", lambda _: ({"number": next(numbers)}, None))
        return {"mine": True}, None

    with pytest.raises(LakeError, match=r"s3://.*/breakers/pay\.json was changed by others 50"):
        state.change("pay", decide)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{"])
def test_read__object_of_another_kind__is_named(lake: Lake, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bucket("ops"), Key="breakers/pay.json", Body=content)
    with pytest.raises(LakeError, match=r"/breakers/pay\.json is not a state"):
        circuit_of(lake, "pay").read()


NO_ZONE = b"""{"source": "pay", "state": "open", "failures": 5, "probe": null, "reason": "",
"since": "2026-06-01T12:00:00", "until": "2026-06-01T12:10:00"}"""


@pytest.mark.parametrize(
    "content", [b"{}", b'{"state": "ajar", "since": null, "until": null}', NO_ZONE]
)
def test_read__document_that_is_no_breaker__says_how_to_go_on(lake: Lake, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bucket("ops"), Key="breakers/pay.json", Body=content)
    circuit = circuit_of(lake, "pay")
    for ask in (circuit.read, circuit.enter):
        with pytest.raises(LakeError, match=r"breaker of pay cannot be read .*breakers reset pay"):
            ask()


@pytest.mark.parametrize("content", [b"{}", b"{", NO_ZONE])
def test_reset__state_that_cannot_be_read__is_closed(lake: Lake, content: bytes) -> None:
    system = "payment_gateway"
    lake.s3.put_object(Bucket=lake.bucket("ops"), Key=f"breakers/{system}.json", Body=content)
    result = CliRunner().invoke(cli, ["breakers", "reset", system])
    assert (result.exit_code, result.stdout) == (0, f"{system}: closed\n"), result.output
    assert circuit_of(lake, system).read().state == "closed"
    assert circuit_of(lake, system).enter()[0] is not None


def test_circuit__what_it_keeps__is_what_it_reads(lake: Lake) -> None:
    circuit = _open(lake, "pay")
    assert circuit.read() == Breaker(
        source="pay",
        state="open",
        failures=5,
        since=NOON,
        until=NOON + timedelta(minutes=10),
        reason="ConnectionTimeout",
    )
    assert circuit.reset() == circuit.read() == Breaker("pay", since=NOON)
