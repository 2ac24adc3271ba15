"""The protocol of a batch: once, whole, checked, whatever kills it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from lakehouse.contracts import Lake
from lakehouse.errors import (
    BatchHeldError,
    ConfigError,
    LakeError,
    LandingError,
    ManifestError,
    SourceMissingError,
    SourceSchemaError,
)
from lakehouse.landing import (
    Manifest,
    NotDue,
    Sources,
    find_runs,
    land,
    read_rejects,
    verify_manifest,
)

DAY = date(2026, 6, 1)
HEADER = "seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"
GOOD = "".join(f"s{n},0131{n},são paulo,SP,,\n" for n in range(5))
PREFIX = "catalogue/sellers/ingest_date=2026-06-01/"
RAW = "lakehouse-local-raw"


@pytest.fixture
def drop(tmp_path: Path) -> Callable[[str], Sources]:
    """Writes the sellers of DAY and returns the sources that deliver them."""

    def write(text: str, feed: str = "sellers", name: str = "sellers.csv") -> Sources:
        folder = tmp_path / "drop" / feed / DAY.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
        return Sources(drop_dir=tmp_path / "drop")

    return write


def objects_of(lake: Lake) -> dict[str, bytes]:
    """Every object of the three buckets that landing writes, without what the clock decides."""
    found = {}
    for zone in ("stage", "raw", "ops"):
        bucket = lake.bucket(zone)
        for item in lake.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            body = lake.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            found[f"{zone}/{item['Key']}"] = body
    return without_times(found)


def without_times(objects: dict[str, bytes]) -> dict[str, bytes]:
    """The same objects, of manifests all but `timing`; of `_SUCCESS` whether it confirms them."""
    found = dict(objects)
    for name, body in objects.items():
        folder, _, last = name.rpartition("/")
        if last == "_manifest.json":
            document = json.loads(body)
            document.pop("timing", None)
            found[name] = json.dumps(document).encode()
        elif last == "_SUCCESS":
            digest = hashlib.sha256(objects.get(f"{folder}/_manifest.json", b"")).hexdigest()
            found[name] = b"confirms" if body.decode().strip() == digest else body
    return found


def visible_in_raw(lake: Lake) -> list[str]:
    """What Athena would read: names that do not begin with `_` or `.`."""
    return [
        name
        for name in objects_of(lake)
        if name.startswith("raw/") and not name.rpartition("/")[2].startswith(("_", "."))
    ]


def test_land__a_day__writes_stage_data_manifest_and_success(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    text = HEADER + GOOD + "s9,,x,SP,,\n"
    manifest = land("sellers", DAY, drop(text), lake)
    assert isinstance(manifest, Manifest)
    objects = objects_of(lake)
    stage = "stage/" + PREFIX + "run_id=sellers-2026-06-01/"
    assert set(objects) == {
        stage + "sellers.csv",
        stage + "_stage.json",
        f"raw/{PREFIX}sellers-2026-06-01.parquet",
        f"raw/{PREFIX}_rejected.parquet",
        f"raw/{PREFIX}_manifest.json",
        f"raw/{PREFIX}_SUCCESS",
        "ops/batches/feed=sellers/ingest_date=2026-06-01/sellers-2026-06-01.parquet",
        "ops/rejected_rows/feed=sellers/ingest_date=2026-06-01/sellers-2026-06-01.parquet",
    }
    assert objects[stage + "sellers.csv"] == text.encode()
    assert (manifest.read_count, manifest.written_count, manifest.rejected_count) == (6, 5, 1)
    stored = objects[f"raw/{PREFIX}_manifest.json"]
    assert Manifest.from_json(stored, "") == manifest
    assert json.loads(stored)["protocol"] == 1
    assert manifest.timing is not None
    assert manifest.timing.extraction_seconds is not None
    note = "ops/batches/feed=sellers/ingest_date=2026-06-01/sellers-2026-06-01.parquet"
    assert pq.read_table(io.BytesIO(objects[note])).to_pylist() == [
        {
            "state": "published",
            "read_count": 6,
            "written_count": 5,
            "rejected_count": 1,
            "contract_version": manifest.contract_version,
            "run_id": "sellers-2026-06-01",
            "reason": None,
        }
    ]
    rows = pq.read_table(io.BytesIO(objects[f"raw/{PREFIX}sellers-2026-06-01.parquet"]))
    assert rows.num_rows == 5
    first = rows.to_pylist()[0]
    # 2026-06-01 ends in America/Sao_Paulo (UTC-3) at 03:00 UTC of the next day.
    assert first["_ingested_at"].isoformat() == "2026-06-02T03:00:00"
    assert first["_run_id"] == "sellers-2026-06-01"
    assert first["_source_file"] == (stage + "sellers.csv").removeprefix("stage/")
    columns = lake.contract("sellers").columns
    assert rows.schema.names[: len(columns)] == [column.name for column in columns]
    copy = pq.read_table(
        io.BytesIO(
            objects[
                "ops/rejected_rows/feed=sellers/ingest_date=2026-06-01/sellers-2026-06-01.parquet"
            ]
        )
    )
    assert copy.schema.names == [
        "rule", "column_name", "value", "row_json", "row_number", "source_file", "run_id",
    ]  # fmt: skip


def test_land__twice__changes_nothing(lake: Lake, drop: Callable[..., Sources]) -> None:
    first = land("sellers", DAY, drop(HEADER + GOOD), lake)
    before = objects_of(lake)
    again = land("sellers", DAY, drop(HEADER + "other,1,x,SP,,\n"), lake)
    assert isinstance(again, Manifest)
    assert list(again.warnings) == ["late_files"]
    assert replace(again, warnings={}) == first
    assert objects_of(lake) == before


class _MemoryS3:
    """The calls landing makes, over a dictionary; dies at the n-th write, before or after it."""

    def __init__(self, dies_at: int = 0, *, after: bool = False) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.dies_at = dies_at
        self.after = after

    def _write(self, action: Callable[[], Any]) -> None:
        self.dies_at -= 1
        if self.dies_at == 0 and not self.after:
            raise KeyboardInterrupt
        action()
        if self.dies_at == 0:
            raise KeyboardInterrupt

    def _check(self, place: tuple[str, str], condition: dict[str, str]) -> None:
        found = self.objects.get(place)
        if condition.get("IfNoneMatch") == "*" and found is not None:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        if "IfMatch" in condition and condition["IfMatch"] != _etag(found or b""):
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")

    def put_object(self, Bucket: str, Key: str, Body: bytes, **more: str) -> None:  # noqa: N803
        checksum = more.get("ChecksumSHA256")
        assert checksum is None or base64.b64decode(checksum) == hashlib.sha256(Body).digest()
        self._check((Bucket, Key), more)
        self._write(lambda: self.objects.__setitem__((Bucket, Key), Body))

    def delete_object(self, Bucket: str, Key: str, **more: str) -> None:  # noqa: N803
        self._check((Bucket, Key), more)
        self._write(lambda: self.objects.pop((Bucket, Key), None))

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if (Bucket, Key) not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        body = self.objects[Bucket, Key]
        return {
            "Body": io.BytesIO(body),
            "ETag": _etag(body),
            "ContentLength": len(body),
            "LastModified": datetime(2026, 6, 1, tzinfo=UTC),
        }

    def get_paginator(self, name: str) -> Any:
        assert name == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        found = {
            key: body
            for (bucket, key), body in sorted(self.objects.items())
            if bucket == Bucket and key.startswith(Prefix)
        }
        return [{"Contents": [{"Key": key, "ETag": _etag(body)} for key, body in found.items()]}]

    def lasting(self) -> dict[str, bytes]:
        """What a claim left behind aside, and without times."""
        named = {f"{bucket}/{key}": body for (bucket, key), body in self.objects.items()}
        kept = {name: body for name, body in named.items() if "/claims/" not in name}
        return without_times(kept)


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def test_land__killed_at_any_write__a_second_run_gives_the_same_objects(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    sources = drop(HEADER + GOOD + "s9,,x,SP,,\n")
    whole: Any = _MemoryS3()
    land("sellers", DAY, sources, replace(lake, s3=whole))
    writes = -whole.dies_at
    assert writes >= 12, "claim, stage, its mark, two copies of rejects, data, manifest, success"
    for write in range(1, writes + 1):
        for after in (False, True):
            dying: Any = _MemoryS3(write, after=after)
            with pytest.raises(KeyboardInterrupt):
                land("sellers", DAY, sources, replace(lake, s3=dying))
            for (bucket, key), body in dying.objects.items():
                if bucket == RAW and not key.rpartition("/")[2].startswith("_"):
                    assert body == whole.objects[bucket, key]
            land("sellers", DAY, sources, replace(lake, s3=dying))
            assert dying.lasting() == whole.lasting(), (write, after)


def test_land__source_moved_after_the_stage_was_complete__raw_comes_from_the_stage(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    land("sellers", DAY, drop(HEADER + GOOD), lake)
    expected = objects_of(lake)
    for name in expected:
        zone, _, key = name.partition("/")
        if zone == "raw":
            lake.s3.delete_object(Bucket=RAW, Key=key)
    land("sellers", DAY, drop(HEADER + "other,1,x,SP,,\n"), lake)
    assert objects_of(lake) == expected


def test_land__stage_altered__publishes_nothing(lake: Lake, drop: Callable[..., Sources]) -> None:
    sources = drop(HEADER + GOOD)
    land("sellers", DAY, sources, lake)
    for key in ("_SUCCESS", "_manifest.json", "sellers-2026-06-01.parquet"):
        lake.s3.delete_object(Bucket=RAW, Key=PREFIX + key)
    staged = f"{PREFIX}run_id=sellers-2026-06-01/sellers.csv"
    lake.s3.put_object(Bucket=lake.bucket("stage"), Key=staged, Body=b"altered")
    with pytest.raises(ManifestError, match=r"sellers\.csv has SHA-256 .* the stage was altered"):
        land("sellers", DAY, sources, lake)
    mark = f"{PREFIX}run_id=sellers-2026-06-01/_stage.json"
    lake.s3.put_object(Bucket=lake.bucket("stage"), Key=mark, Body=b"{")
    with pytest.raises(ManifestError, match=r"_stage\.json cannot be read"):
        land("sellers", DAY, sources, lake)
    assert visible_in_raw(lake) == []
    assert land("sellers", DAY, sources, lake, again=True).written_count == 5


class _Garbles:
    """An S3 client that stores the data file with one byte changed."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def put_object(self, **arguments: Any) -> Any:
        if arguments["Key"].endswith("sellers-2026-06-01.parquet"):
            arguments.pop("ChecksumSHA256")
            arguments["Body"] = arguments["Body"][:-1] + b"?"
        return self._s3.put_object(**arguments)


def test_land__stored_data_differs__is_taken_back_and_not_published(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    garbling: Any = _Garbles(lake.s3)
    sources = drop(HEADER + GOOD)
    with pytest.raises(ManifestError, match=r"not published: .*parquet has SHA-256"):
        land("sellers", DAY, sources, replace(lake, s3=garbling))
    assert visible_in_raw(lake) == []
    assert f"raw/{PREFIX}_SUCCESS" not in objects_of(lake)
    assert land("sellers", DAY, sources, lake).written_count == 5


def test_land__counts_do_not_add_up__is_not_published(
    lake: Lake, drop: Callable[..., Sources], monkeypatch: pytest.MonkeyPatch
) -> None:
    import lakehouse.landing.filling as module

    honest = module.admit

    def loses_a_row(*arguments: Any, **options: Any) -> Any:
        admission = honest(*arguments, **options)
        return replace(admission, rows=admission.rows.slice(1))

    monkeypatch.setattr(module, "admit", loses_a_row)
    with pytest.raises(ManifestError, match="read 5 is not written 4 \\+ rejected 0"):
        land("sellers", DAY, drop(HEADER + GOOD), lake)
    assert not [name for name in objects_of(lake) if name.startswith("raw/")]


def test_land__too_many_refused__is_held_until_the_source_is_repaired(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    bad = "".join(f"b{n},,x,SP,,\n" for n in range(21))
    with pytest.raises(BatchHeldError, match="21 of 26 rows were refused") as caught:
        land("sellers", DAY, drop(HEADER + GOOD + bad), lake)
    assert caught.value.rejected_by_rule == {"required": 21}
    assert visible_in_raw(lake) == []
    (run,) = find_runs(lake, [lake.contract("sellers")])
    assert run.manifest is not None
    assert (run.state, run.manifest.rejected_count) == ("held", 21)
    assert len(read_rejects(lake, lake.contract("sellers"), DAY)) == 21
    repaired = land("sellers", DAY, drop(HEADER + GOOD), lake)
    assert (repaired.state, repaired.rejected_count) == ("published", 0)
    assert read_rejects(lake, lake.contract("sellers"), DAY) == []
    assert not [name for name in objects_of(lake) if name.startswith("ops/rejected_rows/")]


def test_land__a_few_refused_of_a_small_batch__are_no_reason_to_hold(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    bad = "".join(f"b{n},,x,SP,,\n" for n in range(20))
    assert land("sellers", DAY, drop(HEADER + GOOD + bad), lake).rejected_count == 20


@pytest.mark.parametrize("text", [HEADER, HEADER + "s1,,x,SP,,\n"])
def test_land__snapshot_without_a_valid_row__is_held(
    lake: Lake, drop: Callable[..., Sources], text: str
) -> None:
    with pytest.raises(BatchHeldError, match="would delete everything"):
        land("sellers", DAY, drop(text), lake)
    assert visible_in_raw(lake) == []


def test_land__no_delivery__says_where_it_looked(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"no \*\.csv in .*/sellers/2026-06-01") as caught:
        land("sellers", DAY, Sources(drop_dir=tmp_path), lake)
    assert caught.value.retryable
    assert objects_of(lake) == {}


def test_land__no_address__names_the_variable(lake: Lake) -> None:
    with pytest.raises(ConfigError, match="set LAKEHOUSE_MYSQL_URL or LAKEHOUSE_DROP_DIR"):
        land("sellers", DAY, Sources(), lake)
    with pytest.raises(ConfigError, match="set LAKEHOUSE_POSTGRES_URL"):
        land("orders", DAY, Sources(), lake)


def test_land__column_missing__names_it_and_leaves_raw_alone(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    with pytest.raises(SourceSchemaError, match="lacks the columns seller_state, seller_cnpj"):
        land(
            "sellers", DAY, drop("seller_id,seller_zip_code_prefix,seller_city,seller_name\n"), lake
        )
    assert visible_in_raw(lake) == []
    assert land("sellers", DAY, drop(HEADER + GOOD), lake).written_count == 5


def test_land__unknown_feed__lists_those_there_are(lake: Lake) -> None:
    with pytest.raises(ConfigError, match="no feed 'seller': the feeds are category_translations"):
        land("seller", DAY, Sources(), lake)


@pytest.mark.parametrize("day", [date(2024, 12, 31), datetime.now(UTC).date() + timedelta(days=2)])
def test_land__day_outside_of_projection__is_refused(lake: Lake, day: date) -> None:
    with pytest.raises(LandingError, match="Athena would not see a batch of"):
        land("sellers", day, Sources(), lake)


def test_land__bucket_missing__says_who_makes_it(lake: Lake, drop: Callable[..., Sources]) -> None:
    lake.s3.delete_bucket(Bucket=RAW)
    with pytest.raises(LakeError, match=f"the bucket {RAW} does not exist"):
        land("sellers", DAY, drop(HEADER + GOOD), lake)


def test_land__manifest_altered_after_publication__is_noticed(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    sources = drop(HEADER + GOOD)
    land("sellers", DAY, sources, lake)
    key = PREFIX + "_manifest.json"
    body = lake.s3.get_object(Bucket=RAW, Key=key)["Body"].read()
    lake.s3.put_object(
        Bucket=RAW, Key=key, Body=body.replace(b'"read_count": 5', b'"read_count": 6')
    )
    with pytest.raises(ManifestError, match="was altered after publication"):
        land("sellers", DAY, sources, lake)


def test_verify_manifest__good_batch__passes(lake: Lake, drop: Callable[..., Sources]) -> None:
    manifest = land("sellers", DAY, drop(HEADER + GOOD + "s9,,x,SP,,\n"), lake)
    assert verify_manifest(lake, f"s3://{RAW}/{PREFIX}_manifest.json") == manifest


def test_verify_manifest__every_difference__is_said(
    lake: Lake, drop: Callable[..., Sources], tmp_path: Path
) -> None:
    manifest = land("sellers", DAY, drop(HEADER + GOOD + "s9,,x,SP,,\n"), lake)
    data = f"{PREFIX}sellers-2026-06-01.parquet"
    body = lake.s3.get_object(Bucket=RAW, Key=data)["Body"].read()
    lake.s3.put_object(Bucket=RAW, Key=data, Body=body[:-1] + b"?")
    lake.s3.delete_object(Bucket=RAW, Key=f"{PREFIX}_rejected.parquet")
    local = tmp_path / "manifest.json"
    local.write_bytes(manifest.to_json().replace(b'"written_count": 5', b'"written_count": 4'))
    with pytest.raises(ManifestError) as caught:
        verify_manifest(lake, str(local))
    message = str(caught.value)
    assert "read 6 is not written 4 + rejected 1" in message
    assert "written 4 is not the sum over data files 5" in message
    assert f"{data} has SHA-256" in message
    assert "_rejected.parquet is missing" in message


@pytest.mark.parametrize("content", [b"", b"[]", b'{"protocol": 2}', b'{"protocol": 1}'])
def test_verify_manifest__no_manifest__says_so(lake: Lake, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match="is not a manifest"):
        verify_manifest(lake, str(path))
    with pytest.raises(ManifestError, match="cannot be read"):
        verify_manifest(lake, str(tmp_path / "none.json"))
    with pytest.raises(ManifestError, match="no such object"):
        verify_manifest(lake, f"s3://{RAW}/none.json")


def test_land__several_files__are_one_batch_in_the_order_of_names(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    drop(HEADER + "s1,1,x,SP,,\ns2,1,x,SP,,\n", name="b.csv")
    drop(HEADER + "s3,1,x,SP,,\n", name="a.csv")
    sources = drop("not ours", name="notes.txt")
    land("sellers", DAY, sources, lake)
    body = objects_of(lake)[f"raw/{PREFIX}sellers-2026-06-01.parquet"]
    rows = pq.read_table(io.BytesIO(body)).to_pylist()
    seen = [(r["seller_id"], r["_row_number"], r["_source_sequence"]) for r in rows]
    assert seen == [("s3", 1, 1), ("s1", 1, 2), ("s2", 2, 3)]


def test_land__json_lines__are_read_by_their_nested_paths(
    lake: Lake, drop: Callable[..., Sources]
) -> None:
    created = '"created_at": "2026-06-01T10:00:00-03:00"'
    comment = '"comment": {"title": null, "message": "ótimo"}'
    lines = [
        f'{{"review_id": "r1", "order": {{"id": "o1"}}, "score": 5, {comment}, {created}}}',
        '{"review_id": "r2", "order": {"id": "o1"}, "sco',
        '["r3"]',
        f'{{"review_id": "r4", "order": "o1", "score": 4, {created}}}',
        f'{{"review_id": "r5", "order": {{"id": "o1"}}, "score": 4.5, {created}, "mood": "x"}}',
    ]
    sources = drop("\n".join(lines) + "\n", feed="reviews", name="reviews.jsonl")
    manifest = land("reviews", DAY, sources, lake)
    assert manifest.rejected_by_rule == {"shape": 2, "required": 1, "type": 1}
    assert manifest.ignored_fields == ("mood",)
    rejected = read_rejects(lake, lake.contract("reviews"), DAY)
    assert [(r["row_number"], r["rule"], r["column_name"]) for r in rejected] == [
        (2, "shape", None),
        (3, "shape", None),
        (4, "required", "order_id"),
        (5, "type", "review_score"),
    ]


POINTS = (
    "geolocation_zip_code_prefix;geolocation_lat;geolocation_lng;geolocation_city;"
    "geolocation_state\n"
    "1037;-23,54562128115268;-46,63929204800168;São Paulo;SP\n"
    "1037;-23,54562128115268;-46,63929204800168;São Paulo;SP\n"
    "69900;-9,97;-67,81;Rio Branco;AC\n"
)


def test_land__a_monthly_list__is_not_due_for_a_month_and_then_missed(
    lake: Lake, tmp_path: Path
) -> None:
    sources = Sources(drop_dir=tmp_path)

    def deliver(day: date) -> None:
        folder = tmp_path / "geolocation" / day.isoformat()
        folder.mkdir(parents=True)
        (folder / "list.csv").write_text(POINTS, "iso-8859-1")

    with pytest.raises(SourceMissingError):  # nothing was ever delivered
        land("geolocation", date(2026, 1, 30), sources, lake)
    deliver(date(2026, 1, 31))
    manifest = land("geolocation", date(2026, 1, 31), sources, lake)
    assert not isinstance(manifest, NotDue)
    assert (manifest.written_count, manifest.rejected_by_rule) == (2, {"duplicate_row": 1})
    before = objects_of(lake)
    for day in (date(2026, 2, 1), date(2026, 2, 27)):
        answer = land("geolocation", day, sources, lake)
        assert answer == NotDue("geolocation", day, date(2026, 1, 31), date(2026, 2, 28))
    assert objects_of(lake) == before
    with pytest.raises(SourceMissingError, match=r"no \*\.csv in"):
        land("geolocation", date(2026, 2, 28), sources, lake)
    deliver(date(2026, 2, 20))  # early, and landed all the same
    assert not isinstance(land("geolocation", date(2026, 2, 20), sources, lake), NotDue)
    assert isinstance(land("geolocation", date(2026, 3, 19), sources, lake), NotDue)


def test_land__latin_1_with_decimal_commas__is_read_to_the_last_digit(
    lake: Lake, tmp_path: Path
) -> None:
    folder = tmp_path / "geolocation" / DAY.isoformat()
    folder.mkdir(parents=True)
    (folder / "list.csv").write_bytes(POINTS.encode("iso-8859-1"))
    manifest = land("geolocation", DAY, Sources(drop_dir=tmp_path), lake)
    assert not isinstance(manifest, NotDue)
    (data,) = (file for file in manifest.files if file.role == "data")
    key = data.uri.partition(f"{RAW}/")[2]
    body = lake.s3.get_object(Bucket=RAW, Key=key)["Body"].read()
    first, second = pq.read_table(io.BytesIO(body)).to_pylist()
    assert first["geolocation_zip_code_prefix"] == "01037"
    assert first["geolocation_city"] == "São Paulo"
    assert str(first["geolocation_lat"]).startswith("-23.54562128115268000")
    assert second["geolocation_lng"] == -Decimal("67.81")
