"""SIGKILLs of a real Kafka broker and of the loader at random, while a topic is landed.

`make topic-kills` lands a million records of ten days under 40 kills. Each record is then in raw
once, and none was refused.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import Producer
from local_athena.server import serve

from lakehouse.contracts import Lake, bootstrap_lake, connect_lake
from lakehouse.kafka_client import Cluster
from lakehouse.landing import verify_manifest
from lakehouse.landing.extract import end_of_day
from lakehouse.landing.publish import MANIFEST
from lakehouse.landing.store import Bucket
from lakehouse.marketplace.events import PARTITIONS
from lakehouse.marketplace.sources.kafka import KafkaBroker
from lakehouse.marketplace.sources.kafka_jars import fetch_jars
from lakehouse.marketplace.sources.topic import TOPIC
from lakehouse.settings import Settings
from tests.python.landing.kills import PROJECT, Loader, small_parts

FEED = "order_events"
FIRST_DAY = date(2026, 6, 1)
RECORDS_A_SECOND = 20_000
"""Of a loader, about: kills fall into the time that a day takes, and somewhat after it."""
_MOST_ATTEMPTS = 40


@dataclass(slots=True)
class Summary:
    """What was done; `failures` are loaders that gave up while the broker was away."""

    records: int
    loader_kills: int = 0
    broker_kills: int = 0
    failures: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.records:,} records are in raw once each after {self.loader_kills} kills of the "
            f"loader and {self.broker_kills} of the broker, while which it gave up {self.failures} "
            f"times, in {self.seconds:.0f} s"
        )


def send(cluster: Cluster, numbers: range, day: date) -> None:
    """Write the records of a day: events whose ids are these numbers."""
    producer = Producer(cluster.client(compression_type="lz4", linger_ms=50))
    stamp = round((end_of_day(day) - timedelta(hours=1)).timestamp() * 1000)
    for number in numbers:
        event = {
            "event_id": f"{number:032x}",
            "order_id": f"{number // 6:032x}",
            "event_type": "created",
            "occurred_at": f"{day}T10:00:00Z",
            "recorded_at": f"{day}T10:00:01Z",
        }
        while True:
            try:
                producer.produce(
                    TOPIC, json.dumps(event), partition=number % PARTITIONS, timestamp=stamp
                )
                break
            except BufferError:
                producer.poll(0.05)
    assert producer.flush(120) == 0


@contextmanager
def killed_after(broker: KafkaBroker, seconds: float) -> Iterator[None]:
    """Kill the broker at that instant of what happens inside, and start it again."""

    def strike() -> None:
        broker.kill()
        broker.start()

    timer = threading.Timer(seconds, strike)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def tear_topic(
    broker: KafkaBroker,
    lake: Lake,
    environ: Mapping[str, str],
    folder: Path,
    *,
    records: int,
    days: int,
    kills: int,
    seed: int,
) -> Summary:
    """Land so many days of a topic, killing broker or loader so many times; return what was done.

    Raises AssertionError with what is not as it must be.
    """
    began, dice, summary = time.monotonic(), random.Random(seed), Summary(records)
    each = records // days
    dates = [FIRST_DAY + timedelta(days=number) for number in range(days)]
    for number, day in enumerate(dates):
        send(Cluster(broker.bootstrap), range(number * each, (number + 1) * each), day)
    loader = Loader({**environ, "LAKEHOUSE_KAFKA_BOOTSTRAP": broker.bootstrap}, folder / "log")
    with closing(loader), small_parts():
        for number, day in enumerate(dates, start=1):
            left = kills * number // days - summary.loader_kills - summary.broker_kills
            _land(loader, broker, day, left, each / RECORDS_A_SECOND + 1, dice, summary)
    found = pa.concat_arrays([_ids(lake, day) for day in dates]).sort()
    assert found.equals(pa.array([f"{number:032x}" for number in range(each * days)]))
    summary.seconds = time.monotonic() - began
    return summary


def _land(
    loader: Loader,
    broker: KafkaBroker,
    day: date,
    kills: int,
    longest: float,
    dice: random.Random,
    summary: Summary,
) -> None:
    """Land a day. Loaders are killed while the broker is well, or killed too; the one that is left
    alone at the end sees the broker killed."""
    for attempt in range(_MOST_ATTEMPTS):
        is_last = attempt >= kills - 1
        strikes = kills > 0 and (attempt == kills - 1 or dice.random() < 0.3)
        at = dice.uniform(0, longest)
        when = {} if is_last else {"kill_after": dice.uniform(0, longest)}
        with killed_after(broker, at) if strikes else nullcontext():
            ended = loader.attempt("land", FEED, day, **when)
        summary.broker_kills += strikes
        summary.loader_kills += ended["killed"]
        if ended["status"] == 0:
            return
        if not ended["killed"]:
            assert "SourceUnavailableError" in loader.last_words(), loader.last_words()
            summary.failures += 1
    raise AssertionError(f"{day} did not land in {_MOST_ATTEMPTS} attempts")


def _ids(lake: Lake, day: date) -> pa.Array:
    """The event ids of a day in raw, whose manifest is verified."""
    prefix = next(
        key.removesuffix(MANIFEST)
        for key in Bucket(lake.s3, lake.bucket("raw")).list("")
        if f"ingest_date={day}/" in key and key.endswith(MANIFEST)
    )
    manifest = verify_manifest(lake, f"s3://{lake.bucket('raw')}/{prefix}{MANIFEST}")
    assert manifest.read_count == manifest.written_count, manifest
    raw = Bucket(lake.s3, lake.bucket("raw"))
    contents = [raw.get(key) or b"" for key in raw.list(prefix) if key.endswith(".parquet")]
    columns = [
        pq.read_table(io.BytesIO(content), columns=["event_id"]).column(0) for content in contents
    ]
    return pa.concat_arrays([chunk for column in columns for chunk in column.chunks])


def main() -> None:
    """`make topic-kills`: records, days, kills and the seed as options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    jars = fetch_jars(os.environ, lambda text: print(text, flush=True))  # noqa: T201
    with tempfile.TemporaryDirectory(prefix="lakehouse-topic-kills-") as name:
        folder = Path(name)
        with serve(folder / "lake") as endpoint, KafkaBroker(folder / "kafka", jars) as broker:
            environ = {
                **{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LAKEHOUSE_"))},
                **endpoint.environ,
                "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
            }
            os.environ.update(environ)
            lake = connect_lake(Settings.from_env(environ))
            bootstrap_lake(lake)
            print(  # noqa: T201
                tear_topic(
                    broker,
                    lake,
                    environ,
                    folder,
                    records=options.records,
                    days=options.days,
                    kills=options.kills,
                    seed=options.seed,
                )
            )


if __name__ == "__main__":
    main()
