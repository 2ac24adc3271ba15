"""How fast records of a Kafka topic come to raw, with the broker on the same machine.

    python -m benchmarks.topic --bootstrap 127.0.0.1:9092 [--records 1000000]

Records of some 300 bytes in four partitions of a topic of its own, which is removed at the end; the
lake is a local one, in a process of its own and a temporary folder. Prints records a second of
producing, of extraction to the stage, and of the whole landing (extraction, reading, door, Parquet,
publication).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks import endpoints
from lakehouse.contracts import bootstrap_lake, connect_lake
from lakehouse.kafka_client import Cluster
from lakehouse.landing import Sources, land
from lakehouse.landing.extract import end_of_day
from lakehouse.landing.extract_kafka import copy_records
from lakehouse.settings import Settings

DAY = date(2026, 6, 1)
PARTITIONS = 4
NOTE = "n" * 110


class Nowhere:
    """A stage that only counts."""

    def __init__(self) -> None:
        self.size = 0

    def clear(self) -> None:
        """Forget nothing: nothing is kept."""

    def put(self, name: str, content: bytes) -> None:
        """Count the bytes."""
        self.size += len(content)


def produce(cluster: Cluster, topic: str, count: int) -> int:
    """Write the records; return the mean size of a value in bytes."""
    producer = Producer(cluster.client(compression_type="lz4", linger_ms=50))
    stamp = round(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
    size = 0
    for number in range(count):
        order = f"{number // 6:032x}"
        value = json.dumps(
            {
                "event_id": f"{number:032x}",
                "order_id": order,
                "event_type": "created",
                "occurred_at": "2026-06-01T12:00:00Z",
                "recorded_at": "2026-06-01T12:00:05Z",
                "note": NOTE[: number % 111],
            }
        )
        size += len(value)
        while True:
            try:
                producer.produce(topic, value, key=order, partition=number % PARTITIONS,
                                 timestamp=stamp)  # fmt: skip
                break
            except BufferError:
                producer.poll(0.05)
    producer.flush()
    return size // count


def main() -> None:
    """Measure once and print a line for each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--records", type=int, default=1_000_000)
    options = parser.parse_args()
    cluster, topic = Cluster(options.bootstrap), f"bench-{uuid.uuid4()}"
    admin = AdminClient(cluster.client())
    for made in admin.create_topics([NewTopic(topic, PARTITIONS, 1)]).values():
        made.result(60)
    count = options.records
    try:
        size, _ = timed("produce", count, produce, cluster, topic, count)
        print(f"a value has {size} bytes")
        with tempfile.TemporaryDirectory() as name, endpoints.local_athena(Path(name)) as (url, _):
            os.environ |= {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_REGION": "us-east-1",
            }
            lake = connect_lake(Settings.from_env())
            bootstrap_lake(lake)
            contract = lake.contract("order_events")
            contract = replace(contract, source=replace(contract.source, object=topic))
            lake = replace(lake, contracts={**lake.contracts, "order_events": contract})
            end = end_of_day(DAY)
            stage: Any = Nowhere()
            timed("extract", count, copy_records, contract, end, cluster, None, stage)
            landed, _ = timed(
                "land", count, land, "order_events", DAY, Sources(kafka=cluster), lake
            )
            print(f"rows written: {landed.written_count:,} of {landed.read_count:,}")
    finally:
        for gone in admin.delete_topics([topic]).values():
            gone.result(60)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process: {peak:,.0f} MiB")


def timed(name: str, count: int, work: Any, *arguments: Any) -> tuple[Any, float]:
    """Do something, print records a second, return its answer and the seconds."""
    begin, used = time.perf_counter(), time.process_time()
    answer = work(*arguments)
    seconds, used = time.perf_counter() - begin, time.process_time() - used
    print(f"{name}: {count / seconds:,.0f} records/s ({seconds:.1f} s, {used:.1f} s of processor)")
    return answer, seconds


if __name__ == "__main__":
    main()
