"""Every bad input that ends a delivery: the reason lasts, in its manifest, and `lakehouse runs`
shows it. The other feeds go on, and the day itself when what was wrong was put right.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.contracts import Lake
from lakehouse.errors import LakehouseError, SourceSchemaError
from lakehouse.landing import Sources, find_runs, land
from lakehouse.landing.publish import Publication
from tests.python.landing.test_bad_files import HEADER, MIB, ROWS, bomb, few_refused_rows
from tests.python.landing.test_bad_input import reviews
from tests.python.landing.test_extract import Service, add, orders, server_url, service
from tests.python.landing.test_extract_kafka import END_OF_D1, POISON, Brokers, brokers, event
from tests.python.landing.test_extract_mysql import PRODUCTS, database

__all__ = ["brokers", "database", "few_refused_rows", "orders", "server_url", "service"]
DAY = date(2026, 6, 1)
Fixture = Callable[[str], Any]
Deliver = Callable[[Fixture, Path], Sources]


def file(feed: str, name: str, content: bytes) -> Deliver:
    """A file in the drop folder."""

    def deliver(fixture: Fixture, folder: Path) -> Sources:
        place = folder / feed / DAY.isoformat()
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
        return Sources(drop_dir=folder)

    return deliver


def link(fixture: Fixture, folder: Path) -> Sources:
    """A name in the drop folder that leads out of it."""
    (folder / "elsewhere.csv").write_bytes(HEADER + ROWS)
    place = folder / "sellers" / DAY.isoformat()
    place.mkdir(parents=True)
    (place / "s.csv").symlink_to("../../elsewhere.csv")
    return Sources(drop_dir=folder)


def answers(what: Callable[[dict[str, str]], tuple[int, Any]]) -> Deliver:
    """A payment service that answers so."""

    def deliver(fixture: Fixture, folder: Path) -> Sources:
        rest: Service = fixture("service")
        rest.answers = what
        return Sources(payments_url=rest.url)

    return deliver


def postgres(change: str) -> Deliver:
    """The table `orders` with a row, changed."""

    def deliver(fixture: Fixture, folder: Path) -> Sources:
        connection = fixture("orders")
        add(connection, "o1", "2026-06-01 10:00:00")
        connection.execute(f"alter table orders {change}")
        return Sources(postgres_url=fixture("server_url"))

    return deliver


def mysql(change: str) -> Deliver:
    """The table `products` with a row, changed."""

    def deliver(fixture: Fixture, folder: Path) -> Sources:
        cursor = fixture("database")
        cursor.execute(PRODUCTS)
        cursor.execute("insert into products (product_id) values ('1')")
        cursor.execute(f"alter table products {change}")
        return Sources(mysql_url=fixture("mysql_url"))

    return deliver


def kafka(*kinds: str) -> Deliver:
    """A topic with thirty records of some kinds, and a good one."""

    def deliver(fixture: Fixture, folder: Path) -> Sources:
        brokers: Brokers = fixture("brokers")
        at = END_OF_D1 - timedelta(hours=1)
        for number in range(30):
            brokers.send(POISON[kinds[number % len(kinds)]][0], at)
        brokers.send(event("good"), at)
        return Sources(kafka=brokers.cluster)

    return deliver


def no_page(query: dict[str, str]) -> tuple[int, Any]:
    return 200, b"<html>maintenance</html>"


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@dataclass(frozen=True, slots=True)
class Case:
    """What a feed is delivered, and what must be told of it; `error` is None of held batches."""

    what: str
    feed: str
    deliver: Deliver
    error: str | None
    reason: str


SCHEMA = "SourceSchemaError"
CSV = HEADER + ROWS
WIDE = b",".join(b"c%d" % n for n in range(10_000)) + b"\n"
OF_31 = "30 of 31 rows were refused"
CASES = [
    Case("empty", "sellers", file("sellers", "s.csv", b""), SCHEMA, "s.csv is empty"),
    Case(
        "truncated gzip",
        "sellers",
        file("sellers", "s.csv.gz", gzip.compress(CSV)[:-9]),
        SCHEMA,
        "s.csv.gz is no whole gzip",
    ),
    Case(
        "wrong delimiter",
        "sellers",
        file("sellers", "s.csv", CSV.replace(b",", b";")),
        SCHEMA,
        "s.csv lacks the columns seller_id, ",
    ),
    Case(
        "wrong encoding, of the header too",
        "sellers",
        file("sellers", "s.csv", CSV.decode().encode("utf-16")),
        SCHEMA,
        "s.csv has no header: ",
    ),
    Case(
        "wrong encoding, of all rows",
        "sellers",
        file("sellers", "s.csv", CSV.decode().encode("latin-1")),
        None,
        "a full snapshot without a single valid row would delete everything",
    ),
    Case(
        "wrong encoding, decoded before",
        "reviews",
        file("reviews", "r.jsonl", lines(reviews(1, 25, comment={"title": "nÃ£o"}))),
        None,
        "25 of 25 rows hold text of a wrong encoding",
    ),
    Case("10,000 columns", "sellers", file("sellers", "s.csv", WIDE), SCHEMA, "s.csv lacks the"),
    Case(
        "a line without end",
        "sellers",
        file("sellers", "s.csv", HEADER + b"x" * (40 * MIB)),
        SCHEMA,
        "s.csv cannot be read as CSV",
    ),
    Case(
        "a zip bomb",
        "sellers",
        file("sellers", "s.csv.gz", bomb()),
        SCHEMA,
        "s.csv.gz unpacks to more than 200 times its size",
    ),
    Case("a path that climbs out", "sellers", link, "SourceError", "s.csv is no file of that fol"),
    Case("HTML", "payments", answers(no_page), SCHEMA, "a page of HTML, which is not JSON"),
    Case(
        "a cursor that leads to itself",
        "payments",
        answers(lambda query: (200, {"data": [], "next_cursor": "7"})),
        "SourceError",
        "page-00002.json leads to where the service was asked before: cursor 7",
    ),
    Case(
        "a token that is refused",
        "payments",
        answers(lambda query: (401, b"")),
        "SourceError",
        "answered status 401 and wants a token",
    ),
    Case(
        "a column dropped (PostgreSQL)",
        "orders",
        postgres("drop column order_status"),
        SCHEMA,
        "the table orders lacks the columns order_status",
    ),
    Case(
        "a type changed (PostgreSQL)",
        "orders",
        postgres("alter column order_status type integer using 1"),
        SCHEMA,
        "order_status is integer, not varchar",
    ),
    Case(
        "a column dropped (MySQL)",
        "products",
        mysql("drop column product_width_cm"),
        SCHEMA,
        "the table products lacks the columns product_width_cm",
    ),
    Case(
        "a type changed (MySQL)",
        "products",
        mysql("modify product_id int"),
        SCHEMA,
        "product_id is int, not varchar",
    ),
    Case("tombstones", "order_events", kafka("tombstone"), None, OF_31),
    Case("unknown schemas", "order_events", kafka("avro", "framed"), None, OF_31),
    Case("poison", "order_events", kafka("cut", "bytes", "list"), None, OF_31),
]


def notes(lake: Lake) -> list[dict[str, Any]]:
    """The rows that the table of batches has."""
    bucket = lake.bucket("ops")
    found = lake.s3.list_objects_v2(Bucket=bucket, Prefix="batches/").get("Contents", [])
    bodies = [lake.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in found]
    return [row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_land__bad_input__its_reason_lasts_and_is_listed(
    lake: Lake, tmp_path: Path, request: pytest.FixtureRequest, case: Case
) -> None:
    sources = case.deliver(request.getfixturevalue, tmp_path)
    with pytest.raises(LakehouseError) as caught:
        land(case.feed, DAY, sources, lake)
    (run,) = find_runs(lake, [lake.contract(case.feed)])
    state = "refused" if case.error else "held"
    told = run.to_dict()
    assert (told["state"], told["error"], told["published_at"]) == (state, case.error, None)
    assert case.reason in told["reason"]
    assert told["reason"] in str(caught.value), "log, notification and list say the same"
    (note,) = notes(lake)
    assert (note["state"], note["reason"]) == (state, told["reason"])


def test_land__refused_and_put_right__is_published_and_forgets_the_reason(
    lake: Lake, tmp_path: Path
) -> None:
    bad, good = (file("sellers", "s.csv", content) for content in (b"", CSV))
    sources = bad(str, tmp_path)
    file("reviews", "r.jsonl", lines(reviews(1, 3)))(str, tmp_path)
    status = land_command(tmp_path, "sellers", "reviews")
    assert status == SourceSchemaError.exit_code
    states = {run.feed: run.state for run in find_runs(lake, lake.contracts.values())}
    assert states == {"sellers": "refused", "reviews": "published"}, "the other feeds go on"
    shown = CliRunner().invoke(cli, ["runs", "sellers"]).stdout.splitlines()[1]
    assert shown.split()[:3] == ["sellers", DAY.isoformat(), "refused"]
    assert shown.endswith("s.csv is empty: not even a header line")
    rejects = CliRunner().invoke(cli, ["rejects", "sellers", "--date", DAY.isoformat()])
    assert "the delivery of 2026-06-01 was refused whole: " in rejects.stdout
    assert "s.csv is empty" in rejects.stdout
    good(str, tmp_path)
    manifest = land("sellers", DAY, sources, lake)
    (run,) = find_runs(lake, [lake.contract("sellers")])
    assert (run.state, run.manifest, run.reason) == ("published", manifest, None)
    assert {(note["state"], note["reason"]) for note in notes(lake)} == {("published", None)}


def land_command(folder: Path, *feeds: str) -> int:
    arguments = ["land", *feeds, "--date", DAY.isoformat()]
    environ = {"LAKEHOUSE_DROP_DIR": str(folder)}
    return int(CliRunner().invoke(cli, arguments, env=environ).exit_code)


def test_land__held_before_and_refused_now__has_no_refused_row_any_more(
    lake: Lake, tmp_path: Path
) -> None:
    bad_rows = b"".join(b"b%d,,x,SP,,\n" % number for number in range(90))
    sources = file("sellers", "s.csv", HEADER + bad_rows)(str, tmp_path)
    for content in (None, b""):
        if content is not None:
            file("sellers", "s.csv", content)(str, tmp_path)
        with pytest.raises(LakehouseError):
            land("sellers", DAY, sources, lake)
    (note,) = notes(lake)
    assert (note["state"], note["rejected_count"]) == ("refused", 0)
    found = lake.s3.list_objects_v2(Bucket=lake.bucket("ops"))["Contents"]
    assert [item["Key"] for item in found if item["Key"].startswith("rejected_rows/")] == []


def test_land__reason_that_cannot_be_kept__takes_the_place_of_no_error(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*arguments: Any, **more: Any) -> None:
        raise ConnectionError("S3 is away")

    monkeypatch.setattr(Publication, "hold", refuse)
    sources = file("sellers", "s.csv", b"")(str, tmp_path)
    with pytest.raises(SourceSchemaError, match="is empty"):
        land("sellers", DAY, sources, lake)
    assert "event=refusal_not_kept run_id=sellers-2026-06-01 error=ConnectionError" in caplog.text


def test_land__source_that_is_away__is_no_refusal(lake: Lake, tmp_path: Path) -> None:
    for sources in (
        Sources(postgres_url="postgresql://somebody@127.0.0.1:1/none"),
        Sources(drop_dir=tmp_path),
    ):
        feed = "orders" if sources.postgres_url else "sellers"
        with pytest.raises(LakehouseError):
            land(feed, DAY, sources, lake)
    assert find_runs(lake, lake.contracts.values()) == []
