"""Published batches through the door once more, under a contract that was put right."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.contracts import Check, Lake
from lakehouse.errors import BatchHeldError, LandingError, ManifestError
from lakehouse.landing import Manifest, Sources, find_runs, land, read_rejects, replay
from lakehouse.landing.olist import land_olist
from lakehouse.landing.rebuild import claim_days, rebuild_day
from tests.python.landing.test_bad_input import reviews
from tests.python.landing.test_olist import PUBLISHED, write
from tests.python.landing.test_protocol import objects_of

DAY = date(2026, 6, 1)


def with_maximum(lake: Lake, maximum: int) -> Lake:
    """The lake whose contract of reviews takes scores up to another maximum."""
    contract = lake.contract("reviews")
    checks = (Check("minimum", Decimal(1), "error", ""),)
    checks = (*checks, Check("maximum", Decimal(maximum), "error", ""))
    columns = tuple(
        replace(column, checks=checks) if column.name == "review_score" else column
        for column in contract.columns
    )
    changed = replace(contract, columns=columns, sha256=f"maximum {maximum}")
    return replace(lake, contracts={**lake.contracts, "reviews": changed})


@pytest.fixture
def landed(lake: Lake, tmp_path: Path) -> Manifest:
    """Thirty reviews of DAY, three of which the door refused for their score."""
    folder = tmp_path / "reviews" / DAY.isoformat()
    folder.mkdir(parents=True)
    rows = reviews(1, 27) + reviews(2, 3, score=7)
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    manifest = land("reviews", DAY, Sources(drop_dir=tmp_path), lake)
    assert isinstance(manifest, Manifest)
    assert (manifest.written_count, manifest.rejected_by_rule) == (27, {"maximum": 3})
    return manifest


def scores_of(lake: Lake, manifest: Manifest) -> list[int]:
    (file,) = [file for file in manifest.files if file.role == "data"]
    bucket, _, key = file.uri.removeprefix("s3://").partition("/")
    content = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return sorted(pq.read_table(io.BytesIO(content))["review_score"].to_pylist())


def test_reprocess__rule_put_right__refused_rows_enter(lake: Lake, landed: Manifest) -> None:
    rebuilt = replay("reviews", DAY, with_maximum(lake, 10))
    after = rebuilt.after
    assert (rebuilt.before, rebuilt.changed, rebuilt.damage) == (landed, True, ())
    assert rebuilt.contract_changed == landed.contract_version
    assert (after.written_count, after.rejected_count) == (30, 0)
    assert scores_of(lake, after) == [5] * 27 + [7] * 3
    assert read_rejects(lake, lake.contract("reviews"), DAY) == []
    assert not [name for name in objects_of(lake) if name.startswith("ops/rejected_rows/")]
    # It is a published batch like any other: landing it again changes nothing.
    assert land("reviews", DAY, Sources(), with_maximum(lake, 10)) == after


def test_reprocess__same_contract__changes_no_object(lake: Lake, landed: Manifest) -> None:
    objects = objects_of(lake)
    rebuilt = replay("reviews", DAY, lake)
    assert rebuilt.before == rebuilt.after == landed
    assert (rebuilt.changed, rebuilt.contract_changed) == (False, None)
    assert objects_of(lake) == objects


def test_reprocess__would_be_held__stays_published_as_it_is(lake: Lake, landed: Manifest) -> None:
    objects = objects_of(lake)
    with pytest.raises(BatchHeldError, match="would be held, nothing was changed: 30 of 30"):
        replay("reviews", DAY, with_maximum(lake, 1))
    assert objects_of(lake) == objects


class _Dies:
    """An S3 client that is gone after a number of writes."""

    def __init__(self, s3: Any, writes: int) -> None:
        self._s3 = s3
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._s3, name)
        return self._counted(call) if name in ("put_object", "delete_object") else call

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(**arguments: Any) -> Any:
            self._writes -= 1
            if self._writes < 0:
                raise KeyboardInterrupt
            return call(**arguments)

        return counted


@pytest.mark.parametrize("finish", ["land", "replay"])
@pytest.mark.parametrize("writes", range(2, 11))
def test_reprocess__killed__shows_the_old_rows_or_the_new_and_is_finished_by_both(
    lake: Lake, landed: Manifest, writes: int, finish: str
) -> None:
    """The first write is the claim, the second its renewal; the claim of the dead is taken over."""
    dying: Any = _Dies(lake.s3, writes)
    changed = with_maximum(lake, 10)
    with pytest.raises(KeyboardInterrupt):
        replay("reviews", DAY, replace(changed, s3=dying))
    assert len(scores_of(lake, landed)) in (27, 30)
    is_untouched = writes <= 2
    if finish == "replay":
        finished: Any = replay("reviews", DAY, changed).after
        assert finished.written_count == 30
    else:
        # Either nothing was begun and the batch is published as before, or landing finishes it.
        finished = land("reviews", DAY, Sources(), changed)
        assert finished.written_count == (27 if is_untouched else 30)
    rebuilt = replay("reviews", DAY, changed)
    assert rebuilt.after.written_count == 30
    assert rebuilt.changed == (finished.written_count == 27)
    assert scores_of(lake, rebuilt.after) == [5] * 27 + [7] * 3


def expire_stage(lake: Lake) -> None:
    for name in objects_of(lake):
        zone, _, key = name.partition("/")
        if zone == "stage":
            lake.s3.delete_object(Bucket=lake.bucket("stage"), Key=key)


def test_reprocess__nothing_to_read_again__says_why(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(LandingError, match="never held it whole"):
        replay("reviews", DAY, lake)
    land_olist(write(tmp_path / "olist", PUBLISHED), DAY, lake)
    with pytest.raises(LandingError, match="its delivery was read as olist"):
        replay("reviews", DAY, lake)


def test_reprocess__stage_expired__says_so(lake: Lake, landed: Manifest) -> None:
    expire_stage(lake)
    with pytest.raises(LandingError, match="the stage no longer holds its delivery"):
        replay("reviews", DAY, lake)


def test_reprocess__command__shows_counts_and_what_to_do_next(lake: Lake, landed: Manifest) -> None:
    result = CliRunner().invoke(
        cli, ["reprocess", "reviews", "--from", "2026-05-30", "--to", "2026-06-03"]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].split() == ["reviews", "2026-06-01", "27", "27", "3", "3"]
    assert "backfill" not in result.stdout
    (data,) = (key for key in keys_of(lake, "raw") if key.endswith("2026-06-01.parquet"))
    lake.s3.delete_object(Bucket=lake.bucket("raw"), Key=data)
    result = CliRunner().invoke(cli, ["reprocess", "reviews", "--from", "2026-06-01"])
    assert "lakehouse backfill --from 2026-06-01 --to 2026-06-01" in result.stdout
    # A batch that cannot be read again leaves the others done, and says so by the status.
    expire_stage(lake)
    result = CliRunner().invoke(cli, ["reprocess", "reviews", "--from", "2026-06-01"])
    assert result.exit_code == 1
    assert "error: reviews 2026-06-01: " in result.stderr
    assert "the stage no longer holds its delivery" in result.stderr
    assert "now build them" not in result.stdout
    for arguments, message in (
        (["--from", "2026-06-02"], "no batch of reviews was published in these days"),
        (["--from", "2026-06-02", "--to", "2026-06-01"], "lies before --from"),
    ):
        result = CliRunner().invoke(cli, ["reprocess", "reviews", *arguments])
        assert result.exit_code == 2
        assert message in result.stderr


def keys_of(lake: Lake, zone: str) -> list[str]:
    return [name.partition("/")[2] for name in objects_of(lake) if name.startswith(f"{zone}/")]


@pytest.mark.parametrize("lost", ["all", "data", "_SUCCESS", "altered", "_manifest.json"])
def test_replay__raw_damaged__is_rebuilt_as_it_was(lake: Lake, landed: Manifest, lost: str) -> None:
    objects = objects_of(lake)
    for key in keys_of(lake, "raw"):
        if lost == "altered" and key.endswith(".parquet"):
            lake.s3.put_object(Bucket=lake.bucket("raw"), Key=key, Body=b"altered")
        elif lost in ("all", key.rpartition("/")[2]) or (
            lost == "data" and key.endswith("reviews-2026-06-01.parquet")
        ):
            lake.s3.delete_object(Bucket=lake.bucket("raw"), Key=key)
    rebuilt = replay("reviews", DAY, lake)
    assert rebuilt.changed
    assert bool(rebuilt.damage) == (lost != "all")
    assert objects_of(lake) == objects
    assert not replay("reviews", DAY, lake).changed


def test_replay__held_batch_whose_rule_was_put_right__is_published(
    lake: Lake, tmp_path: Path
) -> None:
    folder = tmp_path / "reviews" / DAY.isoformat()
    folder.mkdir(parents=True)
    rows = reviews(2, 30, score=7)
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    with pytest.raises(BatchHeldError):
        land("reviews", DAY, Sources(drop_dir=tmp_path), lake)
    with pytest.raises(BatchHeldError, match="nothing was changed"):
        replay("reviews", DAY, lake)
    rebuilt = replay("reviews", DAY, with_maximum(lake, 10))
    assert (rebuilt.after.state, rebuilt.after.written_count) == ("published", 30)
    assert scores_of(lake, rebuilt.after) == [7] * 30
    assert read_rejects(lake, lake.contract("reviews"), DAY) == []


def test_replay__stage_altered__changes_nothing(lake: Lake, landed: Manifest) -> None:
    (file,) = (file for file in landed.files if file.role == "stage")
    key = file.uri.partition(f"{lake.bucket('stage')}/")[2]
    lake.s3.put_object(Bucket=lake.bucket("stage"), Key=key, Body=b"{}\n")
    objects = objects_of(lake)
    with pytest.raises(ManifestError, match="the stage was altered"):
        replay("reviews", DAY, lake)
    assert objects_of(lake) == objects


def test_replay__command__tells_what_was_wrong_and_what_changed(
    lake: Lake, landed: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = CliRunner().invoke(cli, ["land", "--replay", "reviews-2026-06-01"])
    assert result.exit_code == 0, result.output
    assert "nothing was written" in result.stderr
    for key in keys_of(lake, "raw"):
        if key.endswith("_SUCCESS"):
            lake.s3.delete_object(Bucket=lake.bucket("raw"), Key=key)
    (manifest,) = (key for key in keys_of(lake, "raw") if key.endswith("_manifest.json"))
    content = lake.s3.get_object(Bucket=lake.bucket("raw"), Key=manifest)["Body"].read()
    older = json.dumps({**json.loads(content), "contract_version": "0.9", "contract_sha256": "x"})
    lake.s3.put_object(Bucket=lake.bucket("raw"), Key=manifest, Body=older.encode())
    result = CliRunner().invoke(cli, ["land", "--replay", "reviews-2026-06-01"])
    assert result.exit_code == 0, result.output
    assert "repaired: it was not confirmed: a loader was killed" in result.stderr
    assert "the contract changed: version 0.9 let the rows in before" in result.stderr
    for run_id, message in (
        ("reviews", "is no run id"),
        ("reviews-2026-06-31", "is no run id"),
        ("review-2026-06-01", "there is no feed 'review'"),
        ("reviews-2026-06-02", "never held it whole"),
    ):
        result = CliRunner().invoke(cli, ["land", "--replay", run_id])
        assert result.exit_code in (2, 6)
        assert message in result.stderr


def test_rebuild__a_manifest_with_other_warnings__is_changed_then_unchanged(
    lake: Lake, landed: Manifest
) -> None:
    odd = replace(landed, warnings={"unusual_volume": "told once"}).to_json()
    success = f"{hashlib.sha256(odd).hexdigest()}\n".encode()
    for name, content in (("_manifest.json", odd), ("_SUCCESS", success)):
        (key,) = (key for key in keys_of(lake, "raw") if key.endswith(name))
        lake.s3.put_object(Bucket=lake.bucket("raw"), Key=key, Body=content)
    with claim_days(lake, "reviews", DAY) as claim:
        assert rebuild_day(lake, "reviews", DAY, claim.token).outcome == "changed"
        (run,) = find_runs(lake, [lake.contract("reviews")])
        assert run.manifest == landed
        assert rebuild_day(lake, "reviews", DAY, claim.token).outcome == "unchanged"


def test_replay__only_gain_where_raw_is_empty__loses_nothing(lake: Lake, landed: Manifest) -> None:
    """What a kill before the first write to raw leaves: no row had entered."""
    assert landed.rejected_count > 0
    for key in keys_of(lake, "raw"):
        lake.s3.delete_object(Bucket=lake.bucket("raw"), Key=key)
    assert replay("reviews", DAY, lake, only_gain=True).after == landed


def test_readmit__of_one_rule__is_refused(lake: Lake, landed: Manifest) -> None:
    objects = objects_of(lake)
    result = command("rejects", "reviews", "--rule", "maximum", "--readmit")
    assert (result.exit_code, objects_of(lake)) == (2, objects)
    assert "--readmit takes whole batches" in result.output


def command(*arguments: str) -> Any:
    return CliRunner().invoke(cli, list(arguments))


def test_readmit__rule_put_right__rows_that_pass_enter_and_the_others_stay(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reviews" / DAY.isoformat()
    folder.mkdir(parents=True)
    rows = reviews(1, 27) + reviews(2, 3, score=7) + reviews(3, 2, score=99)
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    land("reviews", DAY, Sources(drop_dir=tmp_path), lake)
    assert command("rejects", "reviews", "--readmit").exit_code == 0  # nothing passes yet
    assert len(read_rejects(lake, lake.contract("reviews"), DAY)) == 5
    monkeypatch.setattr(
        "lakehouse.cli.rejects.connect_lake", lambda settings: with_maximum(lake, 10)
    )
    for _ in range(2):
        result = command("rejects", "reviews", "--readmit")
        assert result.exit_code == 0, result.output
        (run,) = find_runs(lake, [lake.contract("reviews")])
        manifest = run.manifest
        assert manifest is not None
        assert (manifest.read_count, manifest.written_count, manifest.rejected_count) == (32, 30, 2)
        assert scores_of(lake, manifest) == [5] * 27 + [7] * 3
    assert result.stdout.splitlines()[1].split() == ["reviews", "2026-06-01", "30", "30", "2", "2"]
    assert {row["value"] for row in read_rejects(lake, lake.contract("reviews"), DAY)} == {"99"}


def test_readmit__a_row_that_had_entered_would_be_refused__changes_nothing(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many enter as would leave: the counts alone would not show it."""
    folder = tmp_path / "reviews" / DAY.isoformat()
    folder.mkdir(parents=True)
    rows = reviews(1, 27) + reviews(2, 1, score=7) + reviews(3, 1, score=1)
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    land("reviews", DAY, Sources(drop_dir=tmp_path), lake)
    objects = objects_of(lake)
    changed = with_minimum(with_maximum(lake, 10), 2)
    monkeypatch.setattr("lakehouse.cli.rejects.connect_lake", lambda settings: changed)
    result = command("rejects", "reviews", "--readmit")
    assert result.exit_code == 1
    assert "1 rows that had entered would be refused now, such as row 29 of" in result.stderr
    assert objects_of(lake) == objects
    after = replay("reviews", DAY, changed).after
    assert (after.written_count, after.rejected_count) == (28, 1)


def with_minimum(lake: Lake, minimum: int) -> Lake:
    contract = lake.contract("reviews")
    columns = tuple(
        replace(
            column, checks=(Check("minimum", Decimal(minimum), "error", ""), *column.checks[1:])
        )
        if column.name == "review_score"
        else column
        for column in contract.columns
    )
    changed = replace(contract, columns=columns, sha256=f"{contract.sha256} minimum {minimum}")
    return replace(lake, contracts={**lake.contracts, "reviews": changed})
