"""Which batches there are and how far each came."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.contracts import Lake
from lakehouse.errors import BatchHeldError, ManifestError
from lakehouse.landing import Manifest, Sources, land, published_days, read_rejects
from lakehouse.landing.claim import Claim
from lakehouse.landing.rebuild import staged_days
from lakehouse.landing.retention import expire
from lakehouse.landing.runs import Run, find_runs
from lakehouse.landing.watermark import find_malformed
from tests.python.landing.test_bad_files import HEADER, ROWS

BAD = b"".join(b"b%d,,x,SP,,\n" % number for number in range(90))


def days_of(runs: list[Run]) -> dict[str, str]:
    return {f"{run.feed} {run.business_date.day}": run.state for run in runs}


def deliver(folder: Path, day: int, content: bytes) -> Sources:
    place = folder / "sellers" / f"2026-06-{day:02}"
    place.mkdir(parents=True)
    (place / "sellers.csv").write_bytes(content)
    return Sources(drop_dir=folder)


@pytest.fixture
def sellers(lake: Lake, tmp_path: Path) -> Lake:
    """Days of sellers: 1 published, 2 held, 3 staged in part, 4 not confirmed."""
    for day in (1, 4):
        land("sellers", date(2026, 6, day), deliver(tmp_path, day, HEADER + ROWS), lake)
    with pytest.raises(BatchHeldError):
        land("sellers", date(2026, 6, 2), deliver(tmp_path, 2, HEADER + BAD), lake)
    folder = "catalogue/sellers/ingest_date=2026-06-{}/"
    lake.s3.put_object(
        Bucket=lake.bucket("stage"),
        Key=folder.format("03") + "run_id=sellers-2026-06-03/sellers.csv",
        Body=HEADER,
    )
    lake.s3.delete_object(Bucket=lake.bucket("raw"), Key=folder.format("04") + "_SUCCESS")
    return lake


def test_find_runs__newest_first__each_with_its_state(sellers: Lake) -> None:
    began = datetime.now(UTC)
    with (
        Claim(sellers, "products", "products-2026-06-01"),
        Claim(sellers, "sellers", "sellers-2026-06-03"),
    ):
        runs = find_runs(sellers, sellers.contracts.values())
        assert list(days_of(runs).items()) == [
            ("sellers 4", "abandoned"),
            ("sellers 3", "in_progress"),
            ("sellers 2", "held"),
            ("products 1", "in_progress"),
            ("sellers 1", "published"),
        ]
    runs = find_runs(sellers, [sellers.contract("sellers")], date(2026, 6, 3), date(2026, 6, 3))
    assert days_of(runs) == {"sellers 3": "abandoned"}
    (run,) = find_runs(sellers, [sellers.contract("sellers")], last=date(2026, 6, 1))
    assert run.manifest is not None
    assert run.manifest.timing is not None
    assert run.published_at is not None
    started = datetime.fromisoformat(str(run.started_at))
    assert began - timedelta(minutes=5) < started < began
    assert abs(run.published_at - started) < timedelta(minutes=5)


def test_names__that_are_not_of_the_protocol__are_told_once_and_stop_nothing(
    sellers: Lake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    contract = sellers.contract("sellers")
    before, rejects = find_runs(sellers, [contract]), read_rejects(sellers, contract, None)
    assert len(rejects) == 90
    foreign = (
        "ingest_date=garbage/_SUCCESS",
        "ingest_date=2026-06-01_old/_SUCCESS",
        "ingest_date=2026-06-01/old/_SUCCESS",
        "ingest_date=2026-06-02/old/_rejected.parquet",
        "ingest_date=2026-13-01/_rejected.parquet",
        "ingest_date=__HIVE_DEFAULT_PARTITION__/_manifest.json",
        "ingest_date=２０２６-06-01/_stage.json",
        "notes.txt",
    )
    for zone in ("raw", "stage"):
        for name in foreign:
            key = f"catalogue/sellers/{name}"
            sellers.s3.put_object(Bucket=sellers.bucket(zone), Key=key, Body=b"x")
    for _ in range(2):
        assert find_runs(sellers, [contract]) == before
        assert published_days(sellers, contract) == [date(2026, 6, 1)]
        assert read_rejects(sellers, contract, None) == rejects
        assert staged_days(sellers, "sellers") == [date(2026, 6, day) for day in (1, 2, 4)]
    land("sellers", date(2026, 6, 5), deliver(tmp_path, 5, HEADER + ROWS), sellers)
    expire(sellers, date(2026, 6, 6), dry_run=True)
    told = [line for line in caplog.messages if "2026-06-01_old/_SUCCESS" in line]
    assert told == [
        'event=foreign_object key="catalogue/sellers/ingest_date=2026-06-01_old/_SUCCESS"'
    ]


def test_find_runs__manifest_that_is_none__is_damaged_and_hides_no_other(sellers: Lake) -> None:
    key = "catalogue/sellers/ingest_date=2026-06-01/_manifest.json"
    sellers.s3.put_object(Bucket=sellers.bucket("raw"), Key=key, Body=b"garbage")
    *others, damaged = find_runs(sellers, [sellers.contract("sellers")])
    assert [run.state for run in others] == ["abandoned", "abandoned", "held"]
    assert (damaged.state, damaged.manifest) == ("damaged", None)
    assert f"{key}: is not a manifest" in str(damaged.to_dict()["reason"])
    result = CliRunner().invoke(cli, ["runs", "sellers"])
    assert (result.exit_code, result.output.count("damaged")) == (0, 1)


def test_manifest__of_before_times_were_kept__is_read(sellers: Lake) -> None:
    (run,) = find_runs(sellers, [sellers.contract("sellers")], last=date(2026, 6, 1))
    assert run.manifest is not None
    document = json.loads(run.manifest.to_json())
    del document["timing"]
    older = Manifest.from_json(json.dumps(document).encode(), "")
    assert older.timing is None
    assert older == run.manifest
    assert replace(run, manifest=older).started_at is None
    with_null = Manifest.from_json(older.to_json(), "")
    assert with_null.timing is None


@pytest.mark.parametrize("watermark", [None, [], "2026-06-02", {"until": 5}, {"until": {}}])
def test_manifest__watermark_of_other_values_than_texts__is_none(
    sellers: Lake, watermark: Any
) -> None:
    (run,) = find_runs(sellers, [sellers.contract("sellers")], last=date(2026, 6, 1))
    assert run.manifest is not None
    document = {**run.manifest.to_dict(), "watermark": watermark}
    with pytest.raises(ManifestError, match="is not a manifest: watermark is no object of texts"):
        Manifest.from_json(json.dumps(document).encode(), "")


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [("", []), ("0:17 1:4", []), ("garbage", ["offsets"]), ("0:17 1", ["offsets"])],
)
def test_watermark__of_a_topic__is_offsets_by_partition(offsets: str, expected: list[str]) -> None:
    assert find_malformed("kafka", {"topic": "t", "offsets": offsets}) == expected


def test_runs__command__lists_and_filters(sellers: Lake) -> None:
    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(cli, ["runs", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    lines = [line.split() for line in run().splitlines()[1:]]
    assert [(line[1], line[2]) for line in lines] == [
        ("2026-06-04", "abandoned"),
        ("2026-06-03", "abandoned"),
        ("2026-06-02", "held"),
        ("2026-06-01", "published"),
    ]
    (published,) = json.loads(run("sellers", "--date", "2026-06-01", "--json"))
    assert (published["state"], published["written_count"]) == ("published", 30)
    assert published["published_at"].endswith("Z")
    assert published["timing"]["door_seconds"] > 0
    (begun,) = json.loads(run("--from", "2026-06-03", "--to", "2026-06-03", "--json"))
    assert (begun["run_id"], begun["state"]) == ("sellers-2026-06-03", "abandoned")
    assert "no batch of these feeds and days" in run("orders")
