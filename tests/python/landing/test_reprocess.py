"""Published batches through the door once more, under a contract that was put right."""

from __future__ import annotations

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
from lakehouse.errors import BatchHeldError, LandingError
from lakehouse.landing import Manifest, Sources, land, read_rejects, reprocess
from lakehouse.landing.olist import land_olist
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
    before, after = reprocess("reviews", DAY, with_maximum(lake, 10))
    assert before == landed
    assert (after.written_count, after.rejected_count) == (30, 0)
    assert scores_of(lake, after) == [5] * 27 + [7] * 3
    assert read_rejects(lake, lake.contract("reviews"), DAY) == []
    assert not [name for name in objects_of(lake) if name.startswith("ops/rejected_rows/")]
    # It is a published batch like any other: landing it again changes nothing.
    assert land("reviews", DAY, Sources(), with_maximum(lake, 10)) == after


def test_reprocess__same_contract__changes_no_object(lake: Lake, landed: Manifest) -> None:
    objects = objects_of(lake)
    before, after = reprocess("reviews", DAY, lake)
    assert before == after == landed
    assert objects_of(lake) == objects


def test_reprocess__would_be_held__stays_published_as_it_is(lake: Lake, landed: Manifest) -> None:
    objects = objects_of(lake)
    with pytest.raises(BatchHeldError, match="would be held, nothing was changed: 30 of 30"):
        reprocess("reviews", DAY, with_maximum(lake, 1))
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


@pytest.mark.parametrize("writes", range(6))
def test_reprocess__killed__shows_the_old_rows_or_the_new_and_is_finished_by_land(
    lake: Lake, landed: Manifest, writes: int
) -> None:
    dying: Any = _Dies(lake.s3, writes)
    changed = with_maximum(lake, 10)
    with pytest.raises(KeyboardInterrupt):
        reprocess("reviews", DAY, replace(changed, s3=dying))
    assert len(scores_of(lake, landed)) in (27, 30)
    # Either nothing was begun and the batch is published as before, or landing finishes it.
    finished = land("reviews", DAY, Sources(), changed)
    assert isinstance(finished, Manifest)
    assert finished.written_count == (27 if writes == 0 else 30)
    assert reprocess("reviews", DAY, changed)[1].written_count == 30


def expire_stage(lake: Lake) -> None:
    for name in objects_of(lake):
        zone, _, key = name.partition("/")
        if zone == "stage":
            lake.s3.delete_object(Bucket=lake.bucket("stage"), Key=key)


def test_reprocess__nothing_to_read_again__says_why(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(LandingError, match="has no published batch"):
        reprocess("reviews", DAY, lake)
    land_olist(write(tmp_path / "olist", PUBLISHED), DAY, lake)
    with pytest.raises(LandingError, match="its delivery was read as olist"):
        reprocess("reviews", DAY, lake)


def test_reprocess__stage_expired__says_so(lake: Lake, landed: Manifest) -> None:
    expire_stage(lake)
    with pytest.raises(LandingError, match="the stage no longer holds its delivery"):
        reprocess("reviews", DAY, lake)


def test_reprocess__command__shows_counts_and_what_to_do_next(lake: Lake, landed: Manifest) -> None:
    result = CliRunner().invoke(
        cli, ["reprocess", "reviews", "--from", "2026-05-30", "--to", "2026-06-03"]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].split() == ["reviews", "2026-06-01", "27", "27", "3", "3"]
    assert "lakehouse backfill --from 2026-05-30 --to 2026-06-03" in result.stdout
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
