"""SIGKILLs at random instants of landing, over all kinds of sources; `make kills` runs 300.

A batch is killed first right before or after a random one of its writes to S3; of the instants
after that half are random in time.

Each business date is landed undisturbed into one lake, then again and again into another one, whose
loaders are killed and started anew until they end. A thread looks at what readers see meanwhile.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.contracts import Lake, bootstrap_lake, connect_lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.landing import Manifest, published_days, run_id_of, verify_manifest
from lakehouse.landing.claim import list_claims
from lakehouse.landing.publish import MANIFEST, SUCCESS
from lakehouse.landing.store import Bucket
from lakehouse.landing.verify import find_count_problems, is_confirmed_by
from lakehouse.marketplace import World, advance, running_sources
from lakehouse.marketplace.sources import MariaDb, find_mariadb
from lakehouse.marketplace.sources.topic import TOPIC, _records
from lakehouse.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]
WORLD = World(seed=11, scale=0.02)
DAYS = 2
REPLAYS = 0.2
"""The share of trials in which a published batch is damaged, then rebuilt from its stage."""
ONE_OF_A_KIND = (
    "orders", "sellers", "payments", "order_events", "geolocation", "reviews", "marketing_leads"
)  # fmt: skip
"""A feed for each kind of source and of files."""
_MOST_ATTEMPTS = 60
_NEVER = {"kill_after": None, "kill_at_write": None}


class Loader:
    """`kill_loader` as a process, over one lake."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.python.landing.kill_loader"],
                cwd=PROJECT,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the loader ended: {self._log.read_text('utf-8')[-2000:]}")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def run(self, do: str, feed: str, day: date, **when: float) -> dict[str, Any]:
        """As `attempt`, of what may be killed and may not fail."""
        ended = self.attempt(do, feed, day, **when)
        if not ended["killed"] and ended["status"] != 0:
            raise AssertionError(f"{do} {feed} {day} failed: {self.last_words()}")
        return ended

    def attempt(self, do: str, feed: str, day: date, **when: float) -> dict[str, Any]:
        """Let a child do something, kill it after so many seconds (`kill_after`) or at a write
        (`kill_at_write`), and say how it ended."""
        assert self._process.stdin
        command = {"do": do, "feed": feed, "day": day.isoformat(), **_NEVER, **when}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def last_words(self) -> str:
        """The last lines of its log."""
        return " ".join(self._log.read_text("utf-8").splitlines()[-3:])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch must be: its rows in all columns but `_run_id`, in order, and its counts."""

    rows: pa.Table
    counts: tuple[int, int, int, tuple[tuple[str, int], ...]]


@dataclass(slots=True)
class Summary:
    """What was done: kills by feed, batches that were landed whole, looks of the reader;
    and the kinds of sources that this machine lacks."""

    kills: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    replays: int = 0
    looks: int = 0
    checks: int = 0
    seconds: float = 0.0
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        feeds = ", ".join(f"{feed} {count}" for feed, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({feeds}) in {self.seconds:.0f} s: {self.batches} batches "
            f"and {self.replays} replays came out equal; a reader looked {self.looks} times at "
            f"{self.checks} visible batches" + "".join(f"; {lack}" for lack in self.missing)
        )


def read_rows(content: bytes) -> pa.Table:
    """The rows of a Parquet file but for `_run_id`, in an order that no loader decides."""
    table = pq.read_table(io.BytesIO(content)).drop_columns(["_run_id"])
    return table.sort_by([("_source_file", "ascending"), ("_row_number", "ascending")])


def read_batch(lake: Lake, feed: str, day: date) -> Batch:
    """A published batch, verified."""
    folder = f"{feed_prefix(lake.contract(feed))}ingest_date={day.isoformat()}/"
    manifest = verify_manifest(lake, f"s3://{lake.bucket('raw')}/{folder}{MANIFEST}")
    content = Bucket(lake.s3, lake.bucket("raw")).get(f"{folder}{run_id_of(feed, day)}.parquet")
    rows = read_rows(content) if content is not None else pa.table({})
    return Batch(rows, _counts(manifest))


def _counts(manifest: Manifest) -> tuple[int, int, int, tuple[tuple[str, int], ...]]:
    rules = tuple(sorted(manifest.rejected_by_rule.items()))
    return (manifest.read_count, manifest.written_count, manifest.rejected_count, rules)


class Reader(threading.Thread):
    """Looks at a lake over and over: a batch is visible whole or not at all."""

    def __init__(self, lake: Lake, expected: Mapping[tuple[str, str], Batch]) -> None:
        super().__init__(name="reader", daemon=True)
        self._lake = lake
        self._raw = Bucket(lake.s3, lake.bucket("raw"))
        self._expected = expected
        self._known: set[str] = set()
        self._ended = threading.Event()
        self.pause = threading.Lock()
        self.problems: list[str] = []
        self.looks = 0
        self.checks = 0

    def run(self) -> None:
        """Look until `end`, or until something is wrong."""
        while not self._ended.is_set() and not self.problems:
            with self.pause:
                self.look()

    def require_whole(self) -> None:
        """Raise AssertionError with what was wrong so far."""
        if self.problems:
            raise AssertionError("; ".join(self.problems))

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        if self.is_alive():
            self.join()

    def look(self) -> None:
        """Check all that is visible now."""
        self.looks += 1
        for key in self._raw.list(""):
            folder, _, name = key.rpartition("/")
            feed, day = folder.split("/")[1], folder.rpartition("=")[2]
            if name == SUCCESS:
                self._check_confirmed(f"{folder}/")
            elif name == MANIFEST:
                self._check_counts(key)
            elif not name.startswith("_"):
                self._check_rows(key, self._expected[feed, day])

    def _check_rows(self, key: str, expected: Batch) -> None:
        content = self._raw.get(key)
        if content is None:
            return
        digest = hashlib.sha256(content).hexdigest()
        self.checks += 1
        if digest not in self._known:
            if not read_rows(content).equals(expected.rows):
                self.problems.append(f"{key} shows other rows than the undisturbed run")
            self._known.add(digest)

    def _check_counts(self, key: str) -> None:
        content = self._raw.get(key)
        if content is not None:
            self.problems += find_count_problems(Manifest.from_json(content, key))

    def _check_confirmed(self, folder: str) -> None:
        success = self._raw.get(folder + SUCCESS)
        manifest = self._raw.get(folder + MANIFEST)
        if success is None or self._raw.get(folder + SUCCESS) != success:
            return  # it was taken back meanwhile
        if manifest is None or not is_confirmed_by(manifest, success):
            self.problems.append(f"{folder} has a {SUCCESS} that confirms no manifest")


@dataclass(slots=True)
class Run:
    """Two lakes over the same sources: one that is left alone, one whose loaders are killed."""

    calm: Lake
    torn: Lake
    calm_loader: Loader
    torn_loader: Loader
    random: random.Random
    most_kills: int
    tell: Callable[[str], None]
    expected: dict[tuple[str, str], Batch] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)

    def land_calmly(self, day: date, feeds: Sequence[str]) -> list[str]:
        """Land feeds undisturbed; return those that have a batch of that day."""
        found = []
        for feed in feeds:
            ended = self.calm_loader.run("land", feed, day)
            self.seconds[feed], self.writes[feed] = ended["seconds"], ended["writes"]
            if day in published_days(self.calm, self.calm.contract(feed)):
                self.expected[feed, day.isoformat()] = read_batch(self.calm, feed, day)
                found.append(feed)
        return found

    def tear(self, feed: str, day: date, reader: Reader) -> None:
        """Land a batch anew, killing its loader again and again, and compare what came of it."""
        before = self.summary.kills[feed]
        with reader.pause:
            self._erase(feed, day, ("raw", "stage", "ops"))
        self._repeat("land", feed, day)
        self._compare(feed, day)
        self.summary.batches += 1
        if self.random.random() < REPLAYS:
            with reader.pause:
                self._erase(feed, day, ("raw",))
            self._repeat("replay", feed, day)
            self._compare(feed, day)
            self.summary.replays += 1
        killed, total = self.summary.kills[feed] - before, self.summary.kills.total()
        self.tell(f"{feed} {day}: equal after {killed} kills, {total} in all")

    def _repeat(self, do: str, feed: str, day: date) -> None:
        for attempt in range(_MOST_ATTEMPTS):
            when: dict[str, float] = {}
            if 0 < attempt < self.most_kills and self.random.random() < 0.5:
                longest = self.seconds[feed] * (1 + attempt / 4)
                when = {"kill_after": self.random.uniform(0, longest)}
            elif attempt < self.most_kills:
                write = self.random.randint(1, self.writes[feed])
                when = {"kill_at_write": self.random.choice((write, -write))}
            if not self.torn_loader.run(do, feed, day, **when)["killed"]:
                return
            self.summary.kills[feed] += 1
        raise AssertionError(f"{do} {feed} {day} did not end in {_MOST_ATTEMPTS} attempts")

    def _erase(self, feed: str, day: date, zones: tuple[str, ...]) -> None:
        """Take a batch out of the torn lake, `_SUCCESS` first."""
        for zone in zones:
            bucket = Bucket(self.torn.s3, self.torn.bucket(zone))
            contract = self.torn.contract(feed)
            keys = [
                key
                for key in bucket.list("")
                if f"ingest_date={day.isoformat()}/" in key
                and key.startswith((feed_prefix(contract), *_notes(feed)))
            ]
            for key in sorted(keys, key=lambda key: not key.endswith(SUCCESS)):
                bucket.delete(key)

    def _compare(self, feed: str, day: date) -> None:
        found, expected = read_batch(self.torn, feed, day), self.expected[feed, day.isoformat()]
        assert found.counts == expected.counts, f"{feed} {day}: {found.counts} {expected.counts}"
        assert found.rows.equals(expected.rows), f"{feed} {day}: raw is not that of the calm run"
        assert feed not in list_claims(self.torn), f"{feed} {day}: a claim was left"


def _notes(feed: str) -> tuple[str, ...]:
    return (f"batches/feed={feed}/", f"rejected_rows/feed={feed}/")


@contextmanager
def small_parts() -> Iterator[None]:
    """Let the endpoint take parts of any size, as loaders send small ones here."""
    from moto.s3 import models

    least = models.S3_UPLOAD_PART_MIN_SIZE
    models.S3_UPLOAD_PART_MIN_SIZE = 1
    try:
        yield
    finally:
        models.S3_UPLOAD_PART_MIN_SIZE = least


def tear_landing(
    kills: int,
    seed: int,
    folder: Path,
    environ: Mapping[str, str],
    *,
    feeds: Sequence[str] = (),
    days: int = DAYS,
    most_kills: int = _MOST_ATTEMPTS,
    tell: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Kill loaders so many times, at most `most_kills` times a batch; return what was done.

    `environ` points to an endpoint; no `feeds` are all; `tell` hears of each batch. Raises
    AssertionError with what is not as it must be.
    """
    from tests.python.landing.test_extract_kafka import Brokers

    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(small_parts())
        sources = stack.enter_context(running_sources(WORLD, folder / "sources"))
        if find_mariadb() is not None:
            server = stack.enter_context(MariaDb(folder / "mariadb"))
            sources = replace(sources, mysql_url=server.url)
            missing: tuple[str, ...] = ()
        else:
            missing = ("no MySQL, its feeds came as files: MariaDB is not installed",)
        brokers = Brokers()
        addresses = {
            **sources.variables(),
            "LAKEHOUSE_KAFKA_BOOTSTRAP": brokers.cluster.bootstrap,
        }
        lakes, loaders = [], []
        for prefix in ("calm", "torn"):
            own = {**environ, **addresses, "LAKEHOUSE_BUCKET_PREFIX": prefix}
            lake = connect_lake(Settings.from_env(own))
            bootstrap_lake(lake)
            lakes.append(lake)
            loaders.append(Loader(own, folder / f"{prefix}.log"))
            stack.callback(loaders[-1].close)
        chance = random.Random(seed)
        run = Run(lakes[0], lakes[1], loaders[0], loaders[1], chance, most_kills, tell)
        run.summary.missing = missing
        for number in range(1, days + 1):
            day = WORLD.first_day + timedelta(days=number - 1)
            advance(WORLD, day, sources)
            sent = _send_events(brokers, WORLD.first + number - 1)
            landed = run.land_calmly(day, feeds or sorted(run.calm.contracts))
            if number == 1:
                _require_counts(run.expected, day, sources.postgres_url, sent)
            reader = Reader(run.torn, run.expected)
            reader.start()
            stack.callback(reader.end)
            waiting: list[str] = []
            while run.summary.kills.total() < kills * number // days or waiting:
                if not waiting:
                    waiting = run.random.sample(landed, len(landed))
                run.tear(waiting.pop(), day, reader)
                reader.require_whole()
            reader.end()
            reader.require_whole()
            run.summary.looks += reader.looks
            run.summary.checks += reader.checks
        run.summary.seconds = time.monotonic() - began
        return run.summary


def _send_events(brokers: Any, number: int) -> int:
    """Send the order events of a day; return how many."""
    count = 0
    for partition, key, value, stamp in _records(WORLD, number):
        brokers.producer.produce(TOPIC, value, key=key, partition=partition, timestamp=stamp)
        count += 1
    brokers.producer.flush(30)
    return count


def _require_counts(
    expected: Mapping[tuple[str, str], Batch], day: date, postgres_url: str, sent: int
) -> None:
    """The undisturbed run read what its sources have, by the sources' own count."""
    assert expected["order_events", day.isoformat()].counts[0] == sent
    with psycopg.connect(postgres_url) as connection:
        for feed in {"customers", "orders", "order_items"} & {feed for feed, _ in expected}:
            row = connection.execute(f"select count(*) from {feed}").fetchone()  # type: ignore[arg-type]
            assert row == (expected[feed, day.isoformat()].counts[0],), feed


def main() -> None:
    """`make kills`: the number of kills and the seed as options."""
    from local_athena.server import serve

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    tell = partial(print, flush=True)
    tell(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="lakehouse-kills-") as name:
        folder = Path(name)
        with serve(folder / "lake") as endpoint:
            environ = {
                **{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAKEHOUSE_"))},
                **endpoint.environ,
                "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
            }
            os.environ.update(environ)
            tell(str(tear_landing(options.kills, options.seed, folder, environ, tell=tell)))


if __name__ == "__main__":
    main()
