"""How often a source is asked, and when it is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from click.testing import CliRunner

from lakehouse.breakers import Breaker, Circuit, circuit_of
from lakehouse.cli import cli
from lakehouse.contracts import Lake
from lakehouse.errors import (
    ConfigError,
    SourceError,
    SourceMissingError,
    SourcePausedError,
    SourceUnavailableError,
)
from lakehouse.landing import Manifest, Sources, land
from lakehouse.landing.asking import ask_source

DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _raises(error: Exception) -> Callable[[], None]:
    def ask() -> None:
        raise error

    return ask


@pytest.mark.parametrize(
    ("feed", "error", "calls"),
    [
        ("orders", SourceUnavailableError("orders", "x"), 3),
        ("orders", ConnectionResetError(), 3),
        ("orders", SourceError("orders", "x"), 1),
        ("reviews", SourceMissingError("reviews", "x"), 1),
        ("payments", SourceUnavailableError("payments", "x"), 1),
    ],
    ids=["away", "cut off", "refuses", "no delivery", "tried six times by its loader"],
)
def test_ask_source__it_fails__is_asked_again_only_where_seconds_may_help(
    lake: Lake, feed: str, error: Exception, calls: int
) -> None:
    asked = []

    def ask() -> None:
        asked.append(feed)
        raise error

    with pytest.raises(type(error)):
        ask_source(lake, lake.contract(feed), ask, sleep=lambda _: None)
    assert len(asked) == calls


def test_ask_source__it_comes_back__gives_its_answer(lake: Lake) -> None:
    answers = [ConnectionResetError(), "rows"]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    orders = lake.contract("orders")
    assert ask_source(lake, orders, ask, sleep=lambda _: None) == "rows"
    assert circuit_of(lake, "order_management").read() == Breaker("order_management")


@pytest.mark.parametrize(
    ("error", "failures"),
    [
        (SourceUnavailableError("orders", "x"), 2),
        (ConnectionResetError(), 2),
        (SourceError("orders", "refused"), 0),
        (SourceMissingError("orders", "not there"), 0),
        (EndpointConnectionError(endpoint_url="http://s3"), 1),
        (ConfigError("no address"), 1),
        (KeyboardInterrupt(), 1),
    ],
    ids=repr,
)
def test_ask_source__after_one_failure__the_breaker_learns_what_the_error_says_of_the_source(
    lake: Lake, error: BaseException, failures: int
) -> None:
    """An answer begins the row anew; what says nothing of the source leaves it as it is."""
    orders = lake.contract("orders")
    with pytest.raises(SourceUnavailableError):
        ask_source(
            lake, orders, _raises(SourceUnavailableError("orders", "x")), sleep=lambda _: None
        )

    def ask() -> None:
        raise error

    with pytest.raises(type(error)):
        ask_source(lake, orders, ask, sleep=lambda _: None)
    assert circuit_of(lake, "order_management").read().failures == failures


def test_ask_source__probe_that_never_asked__leaves_the_probe_to_the_next(lake: Lake) -> None:
    now = [NOON]
    circuit = circuit_of(lake, "order_management", clock=lambda: now[0])
    _open(circuit)
    now[0] += timedelta(seconds=circuit.limits.open_seconds)
    orders = lake.contract("orders")
    with pytest.raises(ConfigError):
        ask_source(lake, orders, _raises(ConfigError("no address")), circuit=circuit)
    assert ask_source(lake, orders, lambda: "rows", circuit=circuit) == "rows"
    assert circuit.read().state == "closed"


def _open(circuit: Circuit) -> None:
    for _ in range(circuit.limits.failures):
        caller, _state = circuit.enter()
        circuit.failed(str(caller), "status 503")


class _Gateway(BaseHTTPRequestHandler):
    """A payment service that is away until it is told to come back; it counts who asks."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked += 1
        content = json.dumps({"data": [], "next_cursor": None}).encode()
        self.send_response(200 if server.is_back else 503)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Gateway) as server:
        server.asked, server.is_back = 0, False  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _breakers(*arguments: str) -> Any:
    result = CliRunner().invoke(cli, ["breakers", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_land__service_away__is_left_alone_until_a_person_or_time_lets_one_ask(
    lake: Lake, gateway: Any
) -> None:
    sources = Sources(payments_url=f"http://127.0.0.1:{gateway.server_port}")
    limit = lake.inventory.breaker_limits("payment_gateway").failures
    for number in range(limit):
        feed = ("payments", "exchange_rates")[number % 2]
        with pytest.raises(SourceUnavailableError):
            land(feed, DAY, sources, lake)
    assert gateway.asked == 6 * limit
    for feed in ("payments", "exchange_rates"):
        with pytest.raises(SourcePausedError) as caught:
            land(feed, DAY, sources, lake)
        assert (caught.value.exit_code, caught.value.retryable) == (75, True)
        assert caught.value.source == "payment_gateway"
        assert "did not answer in 6 tries: status 503) and is left alone" in str(caught.value)
    assert gateway.asked == 6 * limit

    (row,) = [each for each in json.loads(_breakers("--json")) if each["state"] != "closed"]
    assert (row["source"], row["state"], row["failures"]) == ("payment_gateway", "open", limit)
    assert "payment_gateway   open    5" in _breakers()
    assert "customer_service  closed  0" in _breakers()

    gateway.is_back = True
    assert _breakers("reset", "payment_gateway") == "payment_gateway: closed\n"
    answer = land("payments", DAY, sources, lake)
    assert isinstance(answer, Manifest)
    assert answer.state == "published"


def test_breakers__reset_of_no_source__names_those_that_there_are(lake: Lake) -> None:
    result = CliRunner().invoke(cli, ["breakers", "reset", "payments"])
    assert result.exit_code == 2
    assert "no source system 'payments': they are catalogue, customer_service" in result.output


def test_land__published_batch__is_not_kept_from_its_reader_by_an_open_breaker(
    lake: Lake, gateway: Any
) -> None:
    gateway.is_back = True
    sources = Sources(payments_url=f"http://127.0.0.1:{gateway.server_port}")
    first = land("payments", DAY, sources, lake)
    _open(circuit_of(lake, "payment_gateway"))
    assert land("payments", DAY, sources, lake) == first
