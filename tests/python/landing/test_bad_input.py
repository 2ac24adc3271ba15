"""Every row of the table "Bad input" in docs/en/landing.md, over the real door and a real store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.contracts import Lake, load_contracts
from lakehouse.errors import (
    BatchHeldError,
    LandingError,
    SourceMissingError,
    SourceSchemaError,
)
from lakehouse.landing import Manifest, Sources, find_runs, land, published_days
from lakehouse.landing.door import admit
from lakehouse.landing.read_json import read_json_page

PROJECT = Path(__file__).resolve().parents[3]
FIRST = date(2026, 6, 1)
Deliver = Callable[..., Manifest]


@pytest.fixture
def deliver(lake: Lake, tmp_path: Path) -> Deliver:
    """Drops reviews of a day, lands them and returns the manifest."""

    def do(day: int, rows: list[dict[str, Any]]) -> Manifest:
        when = FIRST + timedelta(days=day - 1)
        folder = tmp_path / "reviews" / when.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / "reviews.jsonl").write_text(text, "utf-8")
        manifest = land("reviews", when, Sources(drop_dir=tmp_path), lake)
        assert isinstance(manifest, Manifest)
        return manifest

    return do


def reviews(day: int, count: int, **changes: Any) -> list[dict[str, Any]]:
    """Reviews as the source writes them, all right and none like another day's."""
    return [
        {
            "review_id": f"r{day}-{number}",
            "order": {"id": f"o{day}-{number}"},
            "score": 5,
            "comment": {"title": "bom", "message": "São João, coração"},
            "created_at": "2026-05-20T10:00:00-03:00",
            "answered_at": "2026-05-21T10:00:00-03:00",
            **changes,
        }
        for number in range(count)
    ]


def assert_refused(lake: Lake, reason: str) -> None:
    """The one batch that there is was refused, which its manifest says, and raw has no row."""
    (run,) = find_runs(lake, lake.contracts.values())
    assert (run.state, published_days(lake, lake.contract(run.feed))) == ("refused", [])
    assert re.search(reason, str(run.reason))
    found = lake.s3.list_objects_v2(Bucket=lake.bucket("raw"))["Contents"]
    assert [item["Key"].rpartition("/")[2] for item in found] == ["_manifest.json"]


def test_own_rows__enter(deliver: Deliver) -> None:
    """The premise of every case below: without its change the batch is nothing to speak of."""
    for day in range(1, 8):
        manifest = deliver(day, reviews(day, 30))
        assert (manifest.written_count, manifest.rejected_count) == (30, 0)
        assert manifest.warnings == {}


def test_did_not_arrive__waits_and_touches_nothing(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError) as caught:
        land("reviews", FIRST, Sources(drop_dir=tmp_path), lake)
    assert caught.value.retryable
    assert find_runs(lake, lake.contracts.values()) == []


def test_arrived_twice__same_date_is_skipped_and_a_copy_of_another_day_is_told(
    deliver: Deliver,
) -> None:
    rows = reviews(1, 5)
    first = deliver(1, rows)
    again = deliver(1, reviews(9, 50))
    assert list(again.warnings) == ["late_files"]
    assert replace(again, warnings={}) == first
    copy = deliver(2, rows)
    assert copy.state == "published"
    assert copy.warnings == {
        "repeated_delivery": "the files are those of 2026-06-01, byte for byte"
    }
    assert deliver(3, rows + rows).rejected_by_rule == {"duplicate_row": 5}
    assert deliver(4, []).warnings == deliver(5, []).warnings == {}


def test_out_of_order__enters_and_says_from_where_to_rebuild(deliver: Deliver) -> None:
    assert deliver(1, reviews(1, 5)).warnings == {}
    assert deliver(3, reviews(3, 5)).warnings == {}
    late = deliver(2, reviews(2, 5))
    assert late.state == "published"
    assert list(late.warnings) == ["late_batch"]
    assert "2026-06-03 was landed before it" in late.warnings["late_batch"]
    assert "lakehouse backfill --from 2026-06-02" in late.warnings["late_batch"]


def test_new_column__is_left_out_and_told_once(deliver: Deliver) -> None:
    deliver(1, reviews(1, 5))
    second = deliver(2, reviews(2, 5, mood="happy"))
    assert second.written_count == 5
    assert second.ignored_fields == ("mood",)
    assert second.warnings == {"new_fields": "the source has mood, which no contract mentions"}
    assert deliver(3, reviews(3, 5, mood="sad")).warnings == {}


def test_missing_column__of_a_file_is_refused_by_name(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "sellers" / FIRST.isoformat()
    folder.mkdir(parents=True)
    (folder / "s.csv").write_text("seller_id,seller_city\ns1,x\n", "utf-8")
    with pytest.raises(SourceSchemaError, match="lacks the columns seller_zip_code_prefix"):
        land("sellers", FIRST, Sources(drop_dir=tmp_path), lake)
    assert_refused(lake, "lacks the columns seller_zip_code_prefix")


def test_missing_column__of_json_is_refused_when_required_and_told_when_not(
    deliver: Deliver,
) -> None:
    for day in range(1, 7):
        deliver(day, reviews(day, 30))
    without = [{k: v for k, v in row.items() if k != "answered_at"} for row in reviews(7, 30)]
    seventh = deliver(7, without)
    assert seventh.written_count == 30
    assert list(seventh.warnings) == ["vanished_columns"]
    assert seventh.warnings["vanished_columns"].startswith("review_answer_timestamp had values")
    without = [{k: v for k, v in row.items() if k != "score"} for row in reviews(8, 30)]
    with pytest.raises(BatchHeldError) as caught:
        deliver(8, without)
    assert caught.value.rejected_by_rule == {"required": 30}


def test_changed_type__holds_the_batch_and_some_rows_are_refused(deliver: Deliver) -> None:
    with pytest.raises(BatchHeldError) as caught:
        deliver(1, reviews(1, 30, score="five"))
    assert caught.value.rejected_by_rule == {"type": 30}
    mixed = deliver(2, reviews(2, 100) + reviews(3, 3, score="five"))
    assert (mixed.written_count, mixed.rejected_by_rule) == (100, {"type": 3})


def test_empty_day__is_published_and_told_after_days_that_were_not(deliver: Deliver) -> None:
    assert deliver(1, []).warnings == {}
    for day in range(2, 8):
        deliver(day, reviews(day, 30))
    empty = deliver(8, [])
    assert (empty.state, empty.read_count) == ("published", 0)
    assert empty.warnings == {
        "unusual_volume": "0 rows were read; in the middle of the 7 batches before it is 30"
    }


def test_empty_day__of_a_full_list_is_held(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "sellers" / FIRST.isoformat()
    folder.mkdir(parents=True)
    header = ",".join(column.source_path for column in lake.contract("sellers").columns)
    (folder / "s.csv").write_text(header + "\n", "utf-8")
    with pytest.raises(BatchHeldError, match="would delete everything"):
        land("sellers", FIRST, Sources(drop_dir=tmp_path), lake)


def test_rule_that_warns__rows_enter_and_are_counted(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "sellers" / FIRST.isoformat()
    folder.mkdir(parents=True)
    header = ",".join(column.source_path for column in lake.contract("sellers").columns)
    lines = ["s1,01001,são paulo,SP,,", "s2,1001,são paulo,São Paulo,,", "s3,0100-1,x,sp,,"]
    (folder / "s.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")
    manifest = land("sellers", FIRST, Sources(drop_dir=tmp_path), lake)
    assert isinstance(manifest, Manifest)
    assert (manifest.written_count, manifest.rejected_count) == (3, 0)
    counts = {
        "sellers__seller_zip_code_prefix__five_digits": 1,
        "sellers__seller_state__two_letters": 1,
    }
    assert manifest.warned_by_rule == counts
    assert list(manifest.warnings) == ["broken_rules"]
    (run,) = find_runs(lake, [lake.contract("sellers")])
    assert run.manifest == manifest
    shown = CliRunner().invoke(cli, ["runs", "sellers"]).stdout
    assert ", ".join(f"{rule} {count}" for rule, count in counts.items()) in shown


@pytest.mark.parametrize(("count", "is_odd"), [(300, True), (4, True), (140, False), (8, False)])
def test_ten_times_day__is_published_and_told(deliver: Deliver, count: int, is_odd: bool) -> None:
    for day in range(1, 7):
        deliver(day, reviews(day, 30))
    manifest = deliver(7, reviews(7, count))
    assert manifest.written_count == count
    assert list(manifest.warnings) == (["unusual_volume"] if is_odd else [])


def test_future__a_batch_of_tomorrow_is_refused(lake: Lake, tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    with pytest.raises(LandingError, match="Athena would not see a batch of"):
        land("reviews", tomorrow, Sources(drop_dir=tmp_path), lake)


def test_future__a_watermark_after_the_day_is_refused_with_its_rule() -> None:
    contract = load_contracts(PROJECT / "contracts")["payments"]
    names = [column.source_path for column in contract.columns]
    whole = {
        "payment_sequential": 1, "payment_type": "boleto", "payment_installments": 1,
        "payment_value": "1.00", "created_at": "2026-06-01T10:00:00Z",
    }  # fmt: skip
    instants = ["2026-06-02T02:59:59.999999Z", "2026-06-02T03:00:00Z", "2099-01-01T00:00:00Z"]
    page = {
        "data": [
            {k: v for k, v in {**whole, "order_id": at, "updated_at": at}.items() if k in names}
            for at in instants
        ],
        "next_cursor": None,
    }
    records = read_json_page(json.dumps(page).encode(), "p.json", contract)
    # The business date 2026-06-01 ends at midnight in America/Sao_Paulo, 03:00 UTC.
    admission = admit(records, contract, until=datetime(2026, 6, 2, 3, tzinfo=UTC))
    assert admission.rows["order_id"].to_pylist() == instants[:1]
    assert admission.rejected_by_rule == {"future": 2}
    assert set(admission.rejected["column_name"].to_pylist()) == {"updated_at"}


def test_future__another_time_after_the_day_enters_and_is_told(deliver: Deliver) -> None:
    deliver(1, reviews(1, 5))
    second = deliver(2, reviews(2, 5, created_at="2099-01-01T00:00:00-03:00"))
    assert second.written_count == 5
    assert second.warnings == {
        "future_times": "review_creation_date lies after 2026-06-02 in some rows"
    }


# What a reader of the wrong encoding makes of "São João", "não" and "R$ 5 – já".
GARBLED = ("SÃ£o JoÃ£o", "nÃ£o", "R$ 5 â€“ jÃ¡", "N\ufffdo")
RIGHT = ("São João", "NÃO", "“IRMÔ", "café”", "amanhã…", "€ 5 – já", "Ânimo")


def test_mojibake__some_rows_enter_and_are_counted(deliver: Deliver) -> None:
    rows = [
        {**row, "comment": {"title": text, "message": None}}
        for row, text in zip(reviews(1, 4), GARBLED, strict=True)
    ]
    manifest = deliver(1, rows + reviews(2, 10))
    assert manifest.written_count == 14
    assert manifest.warnings == {
        "garbled_text": "text of a wrong encoding, by column: review_comment_title 4"
    }


def test_mojibake__right_portuguese__is_none(deliver: Deliver) -> None:
    rows = [
        {**row, "comment": {"title": text, "message": text}}
        for row, text in zip(reviews(1, len(RIGHT)), RIGHT, strict=True)
    ]
    assert deliver(1, rows).warnings == {}


def test_mojibake__a_whole_file_is_held(deliver: Deliver) -> None:
    with pytest.raises(BatchHeldError, match="25 of 25 rows hold text of a wrong encoding"):
        deliver(1, reviews(1, 25, comment={"title": "nÃ£o", "message": "x"}))


def test_mojibake__a_utf8_file_under_a_latin1_contract_is_held(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "geolocation" / FIRST.isoformat()
    folder.mkdir(parents=True)
    contract = lake.contract("geolocation")
    header = ";".join(column.source_path for column in contract.columns)
    lines = [header, *(f"{number:05d};-23,5;-46,6;são paulo;SP" for number in range(1001, 1031))]
    path = folder / "geolocation.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    sources = Sources(drop_dir=tmp_path)
    with pytest.raises(BatchHeldError, match="30 of 30 rows hold text of a wrong encoding"):
        land("geolocation", FIRST, sources, lake)
    path.write_text("\n".join(lines) + "\n", "iso-8859-1")
    manifest = land("geolocation", FIRST, sources, lake)
    assert isinstance(manifest, Manifest)
    assert (manifest.written_count, manifest.warnings) == (30, {})


def test_mojibake__bytes_of_another_encoding_are_refused(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "reviews" / FIRST.isoformat()
    folder.mkdir(parents=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in reviews(1, 3)]
    content = "\n".join(lines[:2]).encode() + b"\n" + lines[2].encode("iso-8859-1")
    (folder / "r.jsonl").write_bytes(content)
    manifest = land("reviews", FIRST, Sources(drop_dir=tmp_path), lake)
    assert isinstance(manifest, Manifest)
    assert (manifest.written_count, manifest.rejected_by_rule) == (2, {"shape": 1})


def test_land__warnings__are_printed_and_listed(
    deliver: Deliver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(1, reviews(1, 5))
    deliver(2, reviews(2, 5, mood="happy"))
    monkeypatch.setenv("LAKEHOUSE_DROP_DIR", str(tmp_path))
    result = CliRunner().invoke(cli, ["land", "reviews", "--date", "2026-06-02"])
    assert result.exit_code == 0
    assert result.stderr == "warning: reviews: the source has mood, which no contract mentions\n"
    assert "new_fields" in CliRunner().invoke(cli, ["runs", "reviews"]).stdout


def test_manifest__of_before_there_were_warnings__is_read(deliver: Deliver) -> None:
    manifest = deliver(1, reviews(1, 1))
    document = json.loads(manifest.to_json())
    for name in ("warnings", "null_columns", "future_columns"):
        document.pop(name)
    old = Manifest.from_json(json.dumps(document).encode(), "old")
    assert old == replace(manifest, warnings={}, null_columns=(), future_columns=())
