"""A payment service that demands tokens and misbehaves as a plan says: what landing makes of it.

What must arrive is what lies in the service's log, which is read here without any of our code.
"""

from __future__ import annotations

import io
import json
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import tenacity.nap

import lakehouse.landing.rest_calls as rest_calls
from lakehouse.contracts import Lake
from lakehouse.errors import (
    ConfigError,
    LakehouseError,
    MarketplaceError,
    SourceError,
    SourceSchemaError,
    SourceUnavailableError,
)
from lakehouse.landing import Manifest, Sources, find_runs, land
from lakehouse.landing.rest_calls import asked_wait
from lakehouse.marketplace.sources.gateway import PaymentGateway
from lakehouse.marketplace.sources.gateway_faults import Fault, read_faults

DAY = date(2026, 6, 1)
PLAN = Path(__file__).resolve().parents[3] / "faults" / "sources" / "payment_gateway.yml"
Start = Callable[..., PaymentGateway]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited between tries; nobody waits."""
    asked: list[float] = []
    monkeypatch.setattr(tenacity.nap.time, "sleep", asked.append)
    return asked


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a service over a log of 40 payments, with faults."""
    services: list[PaymentGateway] = []
    (tmp_path / "payments").mkdir()
    lines = [json.dumps(_payment(number)) for number in range(40)]
    (tmp_path / "payments" / f"{DAY}.jsonl").write_text("".join(f"{line}\n" for line in lines))

    def begin(*faults: Fault, **more: Any) -> PaymentGateway:
        services.append(PaymentGateway(tmp_path, str(DAY), faults=faults, **more).start())
        return services[-1]

    yield begin
    for service in services:
        service.stop()


@pytest.fixture
def small(lake: Lake) -> Lake:
    """The lake with pages of seven payments, at most twenty a run."""
    payments = lake.contract("payments")
    source = replace(payments.source, page_size=7, most_pages=20)
    contracts = {**lake.contracts, "payments": replace(payments, source=source)}
    return replace(lake, contracts=contracts)


def _payment(number: int) -> dict[str, Any]:
    return {
        "order_id": f"o{number:02d}",
        "payment_sequential": 1,
        "payment_type": "boleto",
        "payment_installments": 1,
        "payment_value": 10.5,
        "updated_at": "2026-06-01T10:00:00Z",
    }


def _sources(service: PaymentGateway, **more: Any) -> Sources:
    return Sources(payments_url=service.url, payments_login=replace(service.credentials, **more))


def _orders(lake: Lake, manifest: Any) -> list[str]:
    assert isinstance(manifest, Manifest)
    (file,) = [file for file in manifest.files if file.role == "data"]
    bucket, _, key = file.uri.removeprefix("s3://").partition("/")
    body = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return list(pq.read_table(io.BytesIO(body))["order_id"].to_pylist())


def _published(lake: Lake) -> list[str]:
    """What raw has besides the manifest that says why the delivery was refused."""
    found = lake.s3.list_objects_v2(Bucket=lake.bucket("raw")).get("Contents", [])
    return [item["Key"] for item in found if not item["Key"].endswith("/_manifest.json")]


ALL = [f"o{number:02d}" for number in range(40)]


def test_land__service_on_a_bad_day__brings_what_lies_in_its_log(
    small: Lake, start: Start, waits: list[float]
) -> None:
    service = start(*read_faults(PLAN))
    assert _orders(small, land("payments", DAY, _sources(service), small)) == ALL
    assert service.faults.calls("/v1/payments") > max(
        fault.call for fault in read_faults(PLAN) if fault.path == "/v1/payments"
    )
    assert [wait for wait in waits if wait == 1.0] == [1.0]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", call=3, times=5, status=500),
        Fault("status", call=1, status=429, retry_after=7),
        Fault("status", call=6, status=408),
        Fault("status", path="/oauth/token", times=3),
        Fault("cut_json", path="/oauth/token", times=1),
        Fault("html", call=2, times=5),
        Fault("truncated", call=4, times=2),
        Fault("short_length", call=1),
        Fault("cut_json", call=5),
        Fault("expired_token", call=3),
        Fault("expired_token", call=6),
    ],
    ids=lambda fault: f"{fault.fault}-{fault.path.rpartition('/')[2]}-{fault.call}",
)
def test_land__fault_that_passes__costs_no_row_and_doubles_none(
    small: Lake, start: Start, waits: list[float], fault: Fault
) -> None:
    service = start(fault)
    assert _orders(small, land("payments", DAY, _sources(service), small)) == ALL


@pytest.mark.parametrize(
    ("faults", "error", "says"),
    [
        ([Fault("status", times=9, status=500)], SourceUnavailableError, "in 6 tries: status 500"),
        ([Fault("truncated", times=9)], SourceUnavailableError, "in 6 tries"),
        ([Fault("html", times=9)], SourceSchemaError, "a page of HTML, which is not JSON"),
        ([Fault("cut_json", times=9)], SourceSchemaError, r"page-00001\.json is not JSON"),
        ([Fault("same_cursor", call=3, times=9)], SourceError, r"page-00003.*cursor 2026-06-01\."),
        ([Fault("endless", times=99)], SourceError, "has sent 20 pages .* cursor 2000-01-01.20"),
        (
            [Fault("status", status=503, retry_after=3600)],
            SourceUnavailableError,
            "asks to be left alone for 3600 s",
        ),
        ([Fault("status", status=400)], SourceError, "answered status 400"),
    ],
    ids=["500", "truncated", "html", "cut", "same", "endless", "pause", "400"],
)
def test_land__fault_that_stays__publishes_nothing_and_is_named(
    small: Lake,
    start: Start,
    waits: list[float],
    faults: Sequence[Fault],
    error: type[LakehouseError],
    says: str,
) -> None:
    service = start(*faults)
    with pytest.raises(error, match=says):
        land("payments", DAY, _sources(service), small)
    assert _published(small) == []
    runs = find_runs(small, [small.contract("payments")])
    if not error.retryable:
        ((state, reason),) = ((run.state, str(run.reason)) for run in runs)
        assert (state, re.search(says, reason) is not None) == ("refused", True), reason
    assert all(wait <= 30 for wait in waits)


def test_land__endless_cursor_that_was_repaired__begins_anew(
    small: Lake, start: Start, waits: list[float]
) -> None:
    with pytest.raises(SourceError, match="has sent 20 pages"):
        land("payments", DAY, _sources(start(Fault("endless", times=99))), small)
    assert _orders(small, land("payments", DAY, _sources(start()), small)) == ALL


def test_land__wrong_secret__ends_at_once_and_names_the_setting_not_the_secret(
    small: Lake, start: Start, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    service = start()
    wrong = _sources(service, client_secret="not-the-secret-at-all")
    with pytest.raises(ConfigError, match=r"\(invalid_client\)\. Correct LAKEHOUSE_") as caught:
        land("payments", DAY, wrong, small)
    assert caught.value.variable == "LAKEHOUSE_PAYMENTS_CLIENT_SECRET"
    assert waits == []
    said = str(caught.value) + caplog.text + repr(wrong)
    assert "not-the-secret-at-all" not in said
    assert service.credentials.client_secret not in said


def test_land__no_credentials_where_a_token_is_wanted__says_what_to_set(
    small: Lake, start: Start
) -> None:
    service = start()
    with pytest.raises(SourceError, match=r"wants a token\. Set LAKEHOUSE_PAYMENTS"):
        land("payments", DAY, Sources(payments_url=service.url), small)


def test_land__token_that_never_holds__is_renewed_once_and_then_refused(
    small: Lake, start: Start, waits: list[float]
) -> None:
    service = start(token_seconds=0)
    with pytest.raises(SourceError, match="status 401 to a new token of lakehouse-demo"):
        land("payments", DAY, _sources(service), small)
    assert waits == []
    assert service.faults.calls("/oauth/token") == 2
    assert service.faults.calls("/v1/payments") == 2


def test_land__user_and_password_in_the_address__give_way_to_the_token(
    small: Lake, start: Start
) -> None:
    service = start()
    url = service.url.replace("://", "://somebody:of-no-use@")
    manifest = land("payments", DAY, replace(_sources(service), payments_url=url), small)
    assert _orders(small, manifest) == ALL


def test_land__service_that_falls_silent__is_asked_again(
    small: Lake, start: Start, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_calls, "_SILENCE_SECONDS", 0.2)
    service = start(Fault("stall", call=2))
    assert _orders(small, land("payments", DAY, _sources(service), small)) == ALL


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = OK + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (OK + b"Content-Length: 300\r\n\r\n", b" "),
        (b"", b"X"),
        (OK, b"X"),
        (CHUNKED + b"1;", b"x"),
        (CHUNKED, b"1\r\n \r\n"),
        (PACKED + zlib.compressobj(wbits=31).flush(zlib.Z_SYNC_FLUSH), EMPTY_BLOCK),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "status", "header", "chunk_size", "chunks", "empty_blocks", "continue"],
)
def test_get__answer_that_comes_in_drops__is_given_up_in_time(
    small: Lake, waits: list[float], monkeypatch: pytest.MonkeyPatch, first: bytes, drop: bytes
) -> None:
    """Each drop comes within the limit of silence; the whole answer has a limit too."""
    monkeypatch.setattr(rest_calls, "_ANSWER_SECONDS", 0.05)
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                try:
                    connection.sendall(first)
                    while not over.wait(0.01):
                        connection.sendall(drop)
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        begun = time.monotonic()
        try:
            with pytest.raises(SourceUnavailableError, match="not finished after"):
                land("payments", DAY, Sources(payments_url=url), small)
            assert time.monotonic() - begun < 5
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Mon, 01 Jun 2026 12:00:30 GMT", 30.0),
        ("Monday, 01-Jun-26 12:00:30 GMT", 30.0),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
    ],
)
def test_asked_wait__forms_of_rfc_9110__are_seconds(text: str, seconds: float | None) -> None:
    assert asked_wait(text, datetime(2026, 6, 1, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fault: html", "is no list"),
        ("- {fault: fire}", "entry 1: fault must be one of status, stall"),
        ("- {fault: html, path: /v2}", "path must be one of"),
        ("- {fault: html, when: 3}", "may have the keys call, fault"),
        ("- {fault: html, call: 0}", "call must be a number from 1 on"),
        ("- {fault: status, status: 200}", "status must be a number from 400 on"),
        ("- {fault: [", "cannot be read"),
    ],
)
def test_read_faults__no_plan__is_refused_with_its_place(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "plan.yml").write_text(text)
    with pytest.raises(MarketplaceError, match=says):
        read_faults(tmp_path / "plan.yml")
