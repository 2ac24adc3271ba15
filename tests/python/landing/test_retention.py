"""What goes and what stays when the lake is cleared of what it need not keep."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.contracts import Lake
from lakehouse.landing.retention import expire

PROJECT = Path(__file__).resolve().parents[3]
TODAY = date(2026, 11, 29)


def put(lake: Lake, zone: str, key: str) -> None:
    lake.s3.put_object(Bucket=lake.bucket(zone), Key=key, Body=b"12345")


def keys(lake: Lake, zone: str) -> list[str]:
    listing = lake.s3.list_objects_v2(Bucket=lake.bucket(zone))
    return [item["Key"] for item in listing.get("Contents", [])]


def kept_days(zone: str) -> int:
    document = yaml.safe_load((PROJECT / "infra" / "lake.yml").read_text("utf-8"))
    return int(document["zones"][zone]["retention_days"])


def test_expire__batches__go_by_the_date_of_their_folder(lake: Lake) -> None:
    last_kept = TODAY - timedelta(days=kept_days("stage"))
    old = f"catalogue/sellers/ingest_date={last_kept - timedelta(days=1)}/run_id=x/s.csv"
    young = f"catalogue/sellers/ingest_date={last_kept}/run_id=x/s.csv"
    for key in (old, young, "demonstration.json"):
        put(lake, "stage", key)
    # Raw has no retention_days: what is of no feed stays, however old.
    put(lake, "raw", "catalogue/buyers/ingest_date=2001-01-01/s.parquet")
    of_none, dry = [each for each in expire(lake, TODAY, dry_run=True) if each.zone == "stage"]
    assert (of_none.feed, of_none.object_count) == ("", 0)
    assert (dry.feed, dry.object_count, dry.size_bytes) == ("sellers", 1, 5)
    assert dry.before == last_kept
    assert len(keys(lake, "stage")) == 3
    expire(lake, TODAY)
    assert keys(lake, "stage") == [young, "demonstration.json"]
    assert keys(lake, "raw") == ["catalogue/buyers/ingest_date=2001-01-01/s.parquet"]
    (again,) = [each for each in expire(lake, TODAY) if each.zone == "stage"]
    assert again.object_count == 0


def promised_days(feed: str) -> int:
    path = PROJECT / "contracts" / f"{feed}.odcs.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    (found,) = (p for p in document["slaProperties"] if p["property"] == "retention")
    assert found["unit"] == "d"
    return int(found["value"])


def test_expire__contracts__say_how_long_a_feed_is_kept(lake: Lake) -> None:
    days = {feed: promised_days(feed) for feed in ("customers", "orders")}
    assert days["customers"] < days["orders"]
    for feed in days:
        for age in (days["customers"], days["customers"] + 1, days["orders"] + 1, 0):
            day = TODAY - timedelta(days=age)
            put(lake, "raw", f"order_management/{feed}/ingest_date={day}/{feed}.parquet")
            put(lake, "ops", f"rejected_rows/feed={feed}/ingest_date={day}/r.parquet")
    found = {(each.zone, each.feed): each for each in expire(lake, TODAY)}
    assert found["raw", "customers"].object_count == 2
    assert found["raw", "customers"].before == TODAY - timedelta(days=days["customers"])
    assert found["raw", "orders"].object_count == 1
    kept = [key.split("/")[1:3] for key in keys(lake, "raw")]
    ages = {
        feed: [(TODAY - date.fromisoformat(day[12:])).days for name, day in kept if name == feed]
        for feed in days
    }
    assert ages == {
        "customers": [days["customers"], 0],
        "orders": [days["customers"] + 1, days["customers"], 0],
    }
    # What was refused goes with its zone, which keeps it for less.
    assert found["ops", "orders"].object_count == 3
    assert len(keys(lake, "ops")) == 2


def test_expire__newest_batch_of_a_feed__stays_in_raw(lake: Lake) -> None:
    """The next extraction goes on from its manifest; the source stopped long ago."""
    folder = "order_management/orders/ingest_date=2001-01-02"
    for name in (f"{folder}/_manifest.json", f"{folder}/_SUCCESS"):
        put(lake, "raw", name)
    put(lake, "raw", "order_management/orders/ingest_date=2001-01-01/_SUCCESS")
    (gone,) = [each for each in expire(lake, TODAY) if each.zone == "raw"]
    assert (gone.feed, gone.object_count) == ("orders", 1)
    assert keys(lake, "raw") == [f"{folder}/_SUCCESS", f"{folder}/_manifest.json"]


def test_expire__a_zone_with_tables__loses_no_file_of_a_table(lake: Lake) -> None:
    """Files of an Iceberg table of years ago may be the only copy of what is current."""
    rejected = "rejected_rows/feed=reviews/ingest_date=2020-01-01/r.parquet"
    older = "batches/feed=reviews/ingest_date=2020-01-01/r.parquet"
    newest = "batches/feed=reviews/ingest_date=2020-01-02/r.parquet"
    kept = [newest, "model_runs/data/00000.parquet"]
    for key in (rejected, older, *kept):
        put(lake, "ops", key)
    expire(lake, datetime.now(UTC).date() + timedelta(days=10_000))
    assert keys(lake, "ops") == kept


def test_expire__results_of_queries__go_by_the_day_they_were_stored(lake: Lake) -> None:
    put(lake, "athena-results", "lakehouse/a.csv")
    today = datetime.now(UTC).date()
    days = kept_days("athena-results")
    expire(lake, today + timedelta(days=days))
    assert keys(lake, "athena-results") == ["lakehouse/a.csv"]
    # A day more, and one for midnight between storing and asking.
    expire(lake, today + timedelta(days=days + 2))
    assert keys(lake, "athena-results") == []


def test_retention__command__is_dry_when_asked(lake: Lake) -> None:
    put(lake, "stage", "a/b/ingest_date=2001-01-01/c")
    dry = CliRunner().invoke(cli, ["retention", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "nothing was deleted" in dry.stdout
    assert keys(lake, "stage") == ["a/b/ingest_date=2001-01-01/c"]
    answer = json.loads(CliRunner().invoke(cli, ["retention", "--json"]).stdout)
    counts = {(each["zone"], each["feed"]): each["object_count"] for each in answer}
    assert counts["stage", ""] == 1
    assert keys(lake, "stage") == []
