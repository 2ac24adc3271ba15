"""One loader of a feed at a time: many real processes at once, dead holders, lost claims."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import lakehouse.landing.publish as publish
import lakehouse.landing.store as store
import lakehouse.shared_state as shared_state
from lakehouse.contracts import Lake
from lakehouse.errors import FeedClaimedError
from lakehouse.landing import Manifest, Sources, land, replay
from lakehouse.landing.claim import LEASE, Claim, list_claims
from lakehouse.landing.rebuild import claim_days, rebuild_day
from lakehouse.landing.runs import find_runs
from lakehouse.landing.store import Bucket, OvertakenError
from lakehouse.landing.verify import find_mismatches
from lakehouse.transience import is_transient
from tests.python.landing.test_bad_files import HEADER, ROW, ROWS, deliver
from tests.python.landing.test_protocol import objects_of

DAY = date(2026, 6, 1)
LOADERS = 6
ROUNDS = 4
DOCUMENT = "claims/sellers.json"

_LOADER = """
import json, sys
from datetime import date
from pathlib import Path
from lakehouse.contracts import connect_lake
from lakehouse.errors import LandingError
from lakehouse.landing import Sources, land
from lakehouse.landing.claim import Claim
from lakehouse.settings import Settings

lake, sources = connect_lake(Settings.from_env()), Sources(drop_dir=Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    do, day = line.split()
    if do == "claim":
        Claim(lake, "sellers", f"sellers-{day}").__enter__()
        print("claimed", flush=True)
        continue
    try:
        land("sellers", date.fromisoformat(day), sources, lake)
        print("landed", flush=True)
    except LandingError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _LOADER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def say(process: subprocess.Popen[str], *words: str) -> None:
    assert process.stdin
    process.stdin.write(" ".join(words) + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.fixture
def loaders(lake: Lake, tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that wait for days to land, each out of a delivery of its own."""
    processes = []
    for number in range(LOADERS):
        for day in range(1, ROUNDS + 1):
            folder = tmp_path / f"{number}" / "sellers" / f"2026-06-0{day}"
            folder.mkdir(parents=True)
            rows = b"".join(b"of%d-%d,01310,x,SP,,\n" % (number, row) for row in range(number + 3))
            (folder / f"of{number}.csv").write_bytes(HEADER + rows)
        processes.append(start(tmp_path / f"{number}"))
    for process in processes:
        assert hear(process) == "ready"
    yield processes
    for process in processes:
        process.communicate()


def rows_of(lake: Lake, manifest: Manifest) -> list[str]:
    (data,) = (file for file in manifest.files if file.role == "data")
    bucket, _, key = data.uri.removeprefix("s3://").partition("/")
    table = pq.read_table(io.BytesIO(Bucket(lake.s3, bucket).get(key) or b""))
    return [str(each) for each in table["seller_id"].to_pylist()]


@pytest.mark.integration
def test_land__many_processes_at_once__one_batch_of_one_delivery(
    lake: Lake, loaders: list[subprocess.Popen[str]]
) -> None:
    answers: list[str] = []
    for day in range(1, ROUNDS + 1):
        for process in loaders:
            say(process, "land", f"2026-06-0{day}")
        answers += [hear(process) for process in loaders]
        manifest = land("sellers", date(2026, 6, day), Sources(), lake)
        assert isinstance(manifest, Manifest)
        assert find_mismatches(manifest, lake.s3) == []
        rows = rows_of(lake, manifest)
        number = int(rows[0][2 : rows[0].index("-")])
        assert rows == [f"of{number}-{row}" for row in range(number + 3)]
        (staged,) = (file for file in manifest.files if file.role == "stage")
        assert staged.uri.endswith(f"/of{number}.csv")
    refused = [answer for answer in answers if answer.startswith("FeedClaimedError")]
    assert len(refused) + answers.count("landed") == len(answers), answers
    assert refused, "no two loaders ever met"
    assert " is being landed by process " in refused[0]
    assert list_claims(lake) == {}
    assert not [name for name in objects_of(lake) if name.startswith("ops/claims/")]


def test_claim__held__is_refused_by_name_for_every_day_of_the_feed(lake: Lake) -> None:
    with Claim(lake, "sellers", "sellers-2026-06-01"):
        with pytest.raises(FeedClaimedError) as caught:
            land("sellers", date(2026, 6, 2), Sources(), lake)
        with pytest.raises(FeedClaimedError):
            replay("sellers", DAY, lake)
        (holder,) = list_claims(lake).values()
        assert caught.value.since == holder.taken_at
        assert str(holder) in str(caught.value)
        assert f"run {holder.run_id}" in str(caught.value)
        assert caught.value.exit_code == 75
        assert is_transient(caught.value)
        with Claim(lake, "products", "products-2026-06-01"):
            assert sorted(list_claims(lake)) == ["products", "sellers"]
    assert list_claims(lake) == {}


@pytest.mark.integration
def test_claim__its_process_was_killed__is_taken_at_once(
    lake: Lake, loaders: list[subprocess.Popen[str]]
) -> None:
    first, second, *_ = loaders
    say(first, "claim", "2026-06-01")
    assert hear(first) == "claimed"
    say(second, "land", "2026-06-01")
    assert hear(second).startswith("FeedClaimedError")
    first.kill()
    first.wait()
    say(second, "land", "2026-06-01")
    assert hear(second) == "landed"


def write_claim(lake: Lake, **facts: Any) -> None:
    """A claim that a loader of another machine holds."""
    holder = {
        "feed": "sellers", "run_id": "sellers-2026-06-01", "token": "t", "host": "elsewhere",
        "machine": "elsewhere", "pid": 1, "taken_at": "2026-06-01T00:00:00+00:00",
        "renewed_at": "2026-06-01T00:00:00+00:00", "lease_seconds": 3600.0,
    }  # fmt: skip
    body = json.dumps({**holder, **facts}).encode()
    lake.s3.put_object(Bucket=lake.bucket("ops"), Key=DOCUMENT, Body=body)


def test_claim__of_another_machine__is_taken_when_its_lease_is_over(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clock of S3 alone: that of this machine is a day ahead."""

    class _Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(days=1)

    monkeypatch.setattr(shared_state, "datetime", _Ahead)
    write_claim(lake)
    with pytest.raises(FeedClaimedError, match="process 1 on elsewhere"):
        deliver(lake, tmp_path, "sellers.csv", HEADER + ROWS)
    write_claim(lake, lease_seconds=-1.0)
    assert deliver(lake, tmp_path, "sellers.csv", HEADER + ROWS).written_count == 30


@pytest.mark.parametrize(
    "facts",
    [
        {"pid": "abc"},
        {"pid": 10**30},
        {"pid": None},
        {"pid": 0},
        {"lease_seconds": "x"},
        {"lease_seconds": None},
        {"lease_seconds": 3600.0},
        {"host": 5},
        {"run_id": ["x"]},
        {"run_id": "x", "lease_seconds": 1e300},
    ],
    ids=str,
)
def test_claim__with_a_value_of_no_such_form__is_in_the_way_as_long_as_any(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    write_claim(lake, **{"host": "elsewhere", "machine": "elsewhere", **facts})
    contracts = [lake.contract("sellers")]
    find_runs(lake, contracts)  # raises nothing
    with pytest.raises(FeedClaimedError, match="ends after 120 s"), claim(lake):
        pass
    monkeypatch.setattr(shared_state.SharedState, "age", lambda *_: LEASE + timedelta(seconds=1))
    assert (list_claims(lake), find_runs(lake, contracts)) == ({}, [])
    with claim(lake):
        pass


def claim(lake: Lake) -> Claim:
    return Claim(lake, "sellers", "sellers-2026-06-01")


def test_list_claims__of_what_is_no_feed__are_not_read(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("f1", "f2"):
        lake.s3.put_object(Bucket=lake.bucket("ops"), Key=f"claims/{name}.json", Body=b"{}")
    write_claim(lake, machine="elsewhere")
    read, names = shared_state.SharedState.read, []

    def note(self: Any, name: str) -> Any:
        names.append(name)
        return read(self, name)

    monkeypatch.setattr(shared_state.SharedState, "read", note)
    assert list(list_claims(lake)) == names == ["sellers"]


@pytest.mark.parametrize("confirmed", [1, 2, 3])
def test_land__other_loader_comes_while_this_one_sleeps__its_batch_stays(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, confirmed: int
) -> None:
    """The first loader sleeps through its lease right after it was confirmed, when it cannot
    notice: before it completes the stage, before its data and before `_SUCCESS`."""
    confirm = Claim.confirm
    calls = []

    def sleep_after(claim: Claim) -> None:
        confirm(claim)
        calls.append(claim)
        if len(calls) == confirmed:
            lake.s3.delete_object(Bucket=lake.bucket("ops"), Key=DOCUMENT)
            for key in Bucket(lake.s3, lake.bucket("stage")).list(""):
                lake.s3.delete_object(Bucket=lake.bucket("stage"), Key=key)
            assert deliver(lake, tmp_path, "sellers.csv", HEADER + ROWS + ROW % 99)

    monkeypatch.setattr(Claim, "confirm", sleep_after)
    with pytest.raises(FeedClaimedError, match=r"meanwhile: this one gives up|took it over"):
        deliver(lake, tmp_path, "sellers.csv", HEADER + ROWS)
    manifest = land("sellers", DAY, Sources(drop_dir=tmp_path), lake)
    assert isinstance(manifest, Manifest)
    assert manifest.written_count == 31
    assert find_mismatches(manifest, lake.s3) == []
    note = "batches/feed=sellers/ingest_date=2026-06-01/sellers-2026-06-01.parquet"
    noted = io.BytesIO(Bucket(lake.s3, lake.bucket("ops")).get(note) or b"")
    assert pq.read_table(noted)["read_count"].to_pylist() == [31]
    assert not replay("sellers", DAY, lake).changed


def test_land__claim_lost__is_noticed_before_anything_is_shown(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "require_counts", lambda manifest: write_claim(lake))
    with pytest.raises(FeedClaimedError, match="process 1 on elsewhere took it over"):
        deliver(lake, tmp_path, "sellers.csv", HEADER + ROWS)
    assert not [name for name in objects_of(lake) if name.startswith("raw/")]


def test_claim__while_its_holder_works__is_renewed(lake: Lake) -> None:
    with Claim(lake, "sellers", "sellers-2026-06-01", lease=timedelta(seconds=0.04)):
        began = datetime.now(UTC)
        seen = set()
        while len(seen) < 3:
            body = lake.s3.get_object(Bucket=lake.bucket("ops"), Key=DOCUMENT)["Body"].read()
            seen.add(json.loads(body)["renewed_at"])
            assert datetime.now(UTC) - began < timedelta(seconds=60)
    assert objects_of(lake) == {}


def test_rebuild__days_side_by_side__are_restored_under_one_claim(
    lake: Lake, tmp_path: Path
) -> None:
    days = [date(2026, 6, day) for day in (1, 2, 3, 4)]
    for number, day in enumerate(days):
        place = tmp_path / "sellers" / day.isoformat()
        place.mkdir(parents=True)
        (place / "sellers.csv").write_bytes(HEADER + ROWS + ROW % (40 + number))
        land("sellers", day, Sources(drop_dir=tmp_path), lake)
    whole = objects_of(lake)
    raw = lake.bucket("raw")
    for key in Bucket(lake.s3, raw).list(""):
        lake.s3.delete_object(Bucket=raw, Key=key)
    with claim_days(lake, "sellers", DAY) as claim, ThreadPoolExecutor(len(days)) as pool:
        with pytest.raises(FeedClaimedError, match="run sellers-2026-06-01"):
            land("sellers", date(2026, 6, 5), Sources(drop_dir=tmp_path), lake)
        done = list(pool.map(lambda day: rebuild_day(lake, "sellers", day, claim.token), days))
    assert [each.outcome for each in done] == ["restored"] * len(days)
    assert objects_of(lake) == whole


def test_rebuild__claim_was_taken_over__fails_and_changes_nothing(
    lake: Lake, tmp_path: Path
) -> None:
    deliver(lake, tmp_path, "sellers.csv", HEADER + ROWS)
    for key in Bucket(lake.s3, lake.bucket("raw")).list(""):
        lake.s3.delete_object(Bucket=lake.bucket("raw"), Key=key)
    with claim_days(lake, "sellers", DAY) as claim:
        write_claim(lake)
        before = objects_of(lake)
        done = rebuild_day(lake, "sellers", DAY, claim.token)
    assert (done.outcome, done.problem.partition(":")[0]) == ("failed", "FeedClaimedError")
    assert objects_of(lake) == before


def test_put_file__another_writer_aborted_the_upload__is_told_as_overtaken(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both write one key in parts: the second removes what it takes for the leftovers of a kill."""
    monkeypatch.setattr(store, "PART_BYTES", 5 * 1024 * 1024)
    bucket = Bucket(lake.s3, lake.bucket("raw"))

    class _Meanwhile(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() == 2 * store.PART_BYTES:
                bucket.put_file("k", io.BytesIO(b"theirs" * store.PART_BYTES))
            return super().read(size)

    with pytest.raises(OvertakenError):
        bucket.put_file("k", _Meanwhile(b"ours" * store.PART_BYTES))
    body = bucket.get("k") or b""
    assert body == b"theirs" * store.PART_BYTES
    assert "Uploads" not in lake.s3.list_multipart_uploads(Bucket=bucket.name)
