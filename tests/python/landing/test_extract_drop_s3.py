"""Files below a prefix of a bucket, against the same files in a folder."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lakehouse.backoff import retrying
from lakehouse.contracts import Lake
from lakehouse.drop_place import S3Prefix, parse_place
from lakehouse.errors import (
    ConfigError,
    LakehouseError,
    SourceError,
    SourceMissingError,
    SourceSchemaError,
    SourceUnavailableError,
)
from lakehouse.landing import Manifest, Sources, land
from lakehouse.landing.extract_drop_s3 import copy_objects
from lakehouse.landing.stage import Stage
from lakehouse.landing.store import PART_BYTES, Bucket
from lakehouse.marketplace import World
from lakehouse.marketplace.sources import write_drops
from lakehouse.marketplace.sources.bucket import copy_drops

DAY = date(2026, 6, 1)
WORLD = World(scale=0.002)
PLACE = S3Prefix("acme-drop", "market/in/")
HEADER = b"seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"
ROW = b"s1,01310,sao paulo,SP,Ana,00000000000191\n"


@pytest.fixture
def drop(lake: Lake) -> Iterator[Any]:
    """An empty bucket of somebody who delivers; put objects by name."""
    lake.s3.create_bucket(Bucket=PLACE.bucket)

    def put(name: str, content: bytes, feed: str = "sellers") -> None:
        key = f"{PLACE.prefix}{feed}/{DAY}/{name}"
        lake.s3.put_object(Bucket=PLACE.bucket, Key=key, Body=content)

    yield put
    for item in lake.s3.list_objects_v2(Bucket=PLACE.bucket).get("Contents", []):
        lake.s3.delete_object(Bucket=PLACE.bucket, Key=item["Key"])
    lake.s3.delete_bucket(Bucket=PLACE.bucket)


def _facts(manifest: Any) -> Any:
    assert isinstance(manifest, Manifest)
    return {**json.loads(manifest.to_json()), "timing": None}


def test_land__files_of_a_bucket__are_those_of_a_folder(
    lake: Lake, drop: Any, tmp_path: Path
) -> None:
    write_drops(WORLD, WORLD.first, tmp_path)
    copy_drops(tmp_path, DAY, PLACE)
    for feed in ("sellers", "reviews", "geolocation", "marketing_leads"):
        from_bucket = _facts(land(feed, DAY, Sources(drop_dir=PLACE), lake))
        (file,) = (tmp_path / feed / str(DAY)).iterdir()
        (staged,) = [each for each in from_bucket["files"] if each["role"] == "stage"]
        assert staged["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        for zone in ("stage", "raw"):
            for item in lake.s3.list_objects_v2(Bucket=lake.bucket(zone)).get("Contents", []):
                lake.s3.delete_object(Bucket=lake.bucket(zone), Key=item["Key"])
        assert _facts(land(feed, DAY, Sources(drop_dir=tmp_path), lake)) == from_bucket


def test_land__unfinished_hidden_and_foreign_names__are_left_alone(lake: Lake, drop: Any) -> None:
    for name in ("a.csv.tmp", ".b.csv", "_c.csv", "d.csv.part", "notes.txt", ""):
        drop(name, b"not ours")
    with pytest.raises(
        SourceMissingError, match=r"no \*\.csv in s3://acme-drop/market/in/sellers/"
    ):
        land("sellers", DAY, Sources(drop_dir=PLACE), lake)
    drop("s.csv", HEADER + ROW)
    assert _facts(land("sellers", DAY, Sources(drop_dir=PLACE), lake))["written_count"] == 1


def test_land__objects_that_come_after_publication__are_told(lake: Lake, drop: Any) -> None:
    drop("s.csv", HEADER + ROW)
    first = _facts(land("sellers", DAY, Sources(drop_dir=PLACE), lake))
    assert _facts(land("sellers", DAY, Sources(drop_dir=PLACE), lake)) == first
    drop("t.csv", b"12345")
    told = _facts(land("sellers", DAY, Sources(drop_dir=PLACE), lake))["warnings"]["late_files"]
    assert "sellers/2026-06-01/ has files that are not in the published batch: t.csv (5 " in told


@pytest.mark.parametrize("name", ["s.csv/inner.csv", "a\\..\\s.csv"])
def test_land__name_that_is_no_plain_file__is_refused(lake: Lake, drop: Any, name: str) -> None:
    drop(name, HEADER + ROW)
    with pytest.raises(SourceError, match="is no file of that folder"):
        land("sellers", DAY, Sources(drop_dir=PLACE), lake)
    assert lake.s3.list_objects_v2(Bucket=lake.bucket("stage")).get("Contents", []) == []


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", SourceSchemaError), (b"x;y\n1;2\n", SourceSchemaError)],
    ids=["empty", "delimiter"],
)
def test_land__bad_object__is_refused_as_a_bad_file_is(
    lake: Lake, drop: Any, tmp_path: Path, content: bytes, error: type[LakehouseError]
) -> None:
    drop("s.csv", content)
    folder = tmp_path / "sellers" / str(DAY)
    folder.mkdir(parents=True)
    (folder / "s.csv").write_bytes(content)
    said = []
    for place in (PLACE, tmp_path):
        with pytest.raises(error) as caught:
            land("sellers", DAY, Sources(drop_dir=place), lake, again=True)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_land__object_that_is_replaced_meanwhile__is_left_for_later(
    lake: Lake, drop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("s.csv", HEADER + ROW)
    put_file = Stage.put_file

    def meanwhile(self: Stage, name: str, file: Any) -> int:
        size = put_file(self, name, file)
        drop("s.csv", HEADER + ROW + b"s2" + ROW[2:])
        return size

    with monkeypatch.context() as patch:
        patch.setattr(Stage, "put_file", meanwhile)
        with pytest.raises(SourceMissingError, match="is still being written"):
            land("sellers", DAY, Sources(drop_dir=PLACE), lake)
    assert lake.s3.list_objects_v2(Bucket=lake.bucket("stage")).get("Contents", []) == []
    assert _facts(land("sellers", DAY, Sources(drop_dir=PLACE), lake))["written_count"] == 2


def test_land__bucket_that_is_not_there__is_named(lake: Lake) -> None:
    with pytest.raises(
        SourceError, match="refused the drop folder s3://nobody/sellers/2026-06-01/: NoSuchBucket"
    ):
        land("sellers", DAY, Sources(drop_dir=S3Prefix("nobody", "")), lake)


def test_copy_objects__body_that_breaks_off__is_no_answer_of_the_source(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store reads blocks, never the whole object; half of one is not taken for the whole."""
    from botocore.response import StreamingBody

    asked: list[int] = []

    class Half(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(-1 if size is None else size)
            return super().read(size)

    class Broken:
        def get_object(self, **_: Any) -> Any:
            body = StreamingBody(Half(HEADER + ROW), 1000)
            return {"Body": body, "ETag": "x", "LastModified": 0, "ContentLength": 1000}

        def head_object(self, **_: Any) -> Any:
            raise AssertionError("the body was taken for whole")

    monkeypatch.setitem(retrying.__kwdefaults__, "sleep", lambda seconds: None)
    stage = Stage(Bucket(lake.s3, lake.bucket("stage")), lake.contract("sellers"), DAY, "run")
    with pytest.raises(SourceUnavailableError, match="IncompleteReadError"):
        copy_objects(Broken(), PLACE, ["s.csv"], lake.contract("sellers"), stage)  # type: ignore[arg-type]
    assert max(asked) <= PART_BYTES
    assert min(asked) > 0


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/srv/drop", Path("/srv/drop")),
        ("s3://acme-drop", S3Prefix("acme-drop", "")),
        ("s3://acme-drop/", S3Prefix("acme-drop", "")),
        ("s3://acme-drop/a/b", S3Prefix("acme-drop", "a/b/")),
    ],
)
def test_parse_place__both_forms__are_known(text: str, place: Any) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize("text", ["s3://", "s3://A/b", "http://x/y", "s3:///b", "s3://a_b/c"])
def test_parse_place__another_form__names_the_variable(text: str) -> None:
    with pytest.raises(ConfigError, match="LAKEHOUSE_DROP_DIR is"):
        parse_place(text)
