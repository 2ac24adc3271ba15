"""The event store: records of order events in a Kafka topic, one transaction a business date.

A record has the value that the dropped file of that day has as a line, without the place in the
topic, which the broker gives; the order's identifier is its key where it can be read. The topic
`lakehouse_demo_state` remembers which world and which date, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from lakehouse.errors import MarketplaceError
from lakehouse.kafka_client import Cluster
from lakehouse.marketplace.deliveries import event_file
from lakehouse.marketplace.events import PARTITIONS
from lakehouse.marketplace.world import World, day_date

TOPIC = "order_events"
STATE = "lakehouse_demo_state"
_PLACE = re.compile(r',"kafka_partition":(\d+),"kafka_offset":(\d+)}$')
_KEY = re.compile(r'"order_id":"([0-9a-f]{32})"')
_ZONE = ZoneInfo("America/Sao_Paulo")
_SECONDS = 30.0
_DAY_MILLIS = 86_400_000
_TRANSACTION_MILLIS = 900_000


def load_order_events(world: World, day: int, cluster: Cluster) -> None:
    """Write the records of every business date up to `day` that the topic does not have yet.

    Raises:
        MarketplaceError: the brokers do not answer or refuse, or the topic is another world's.
    """
    try:
        made = _make_topics(cluster)
        if STATE in made and TOPIC not in made and not _is_empty(cluster):
            raise MarketplaceError(
                f"the topic {TOPIC} holds records that no demonstration made: give other brokers "
                "by LAKEHOUSE_KAFKA_BOOTSTRAP, or unset it"
            )
        last = None if STATE in made else _last_day(world, cluster)
        if last is not None and last >= day:
            return
        producer = Producer(
            cluster.client(
                transactional_id=f"lakehouse-demo-{uuid.uuid4()}",
                transaction_timeout_ms=_TRANSACTION_MILLIS,
                compression_type="lz4",
                linger_ms=20,
            )
            | {"log_level": 3}
        )
        producer.init_transactions(_SECONDS)
        for number in range(world.first if last is None else last + 1, day + 1):
            producer.begin_transaction()
            for partition, key, value, stamp in _records(world, number):
                _produce(producer, TOPIC, partition, key, value, stamp)
            state = json.dumps({"world": repr(world), "day": number})
            _produce(producer, STATE, 0, None, state, None)
            producer.commit_transaction(_TRANSACTION_MILLIS / 1000)
    except KafkaException as error:
        raise MarketplaceError(f"Kafka does not take the events: {error.args[0].str()}") from error


def _records(world: World, day: int) -> Iterator[tuple[int, str | None, str, int]]:
    """Partition, key, value and timestamp of the records of a day, in the order of the topic.

    A line that was cut belongs to the one before it. The file's exact repeats of a line are one
    record: a topic has one at each offset.
    """
    lines = [line for piece in event_file(world, day) for line in piece.to_pylist()]
    midnight = dt.datetime.combine(day_date(day), dt.time(), _ZONE)
    start = round(midnight.timestamp() * 1000)
    partition, before = 0, ""
    for number, line in enumerate(lines):
        place = _PLACE.search(line)
        if place is not None:
            partition = int(place[1])
        if line != before:
            key = _KEY.search(line)
            value = _PLACE.sub("}", line)
            stamp = start + number * (_DAY_MILLIS - 1) // len(lines)
            yield partition, key[1] if key else None, value, stamp
        before = line


def _produce(
    producer: Any, topic: str, partition: int, key: str | None, value: str, stamp: int | None
) -> None:
    more = {} if stamp is None else {"timestamp": stamp}
    while True:
        try:
            producer.produce(topic, value=value, key=key, partition=partition, **more)
            return
        except BufferError:
            producer.poll(0.1)


def _make_topics(cluster: Cluster) -> list[str]:
    """Make the topics that are not there; return their names."""
    admin = AdminClient(cluster.client())
    known = admin.list_topics(timeout=_SECONDS).topics
    wanted = [
        NewTopic(name, num_partitions=count, replication_factor=1)
        for name, count in ((TOPIC, PARTITIONS), (STATE, 1))
        if name not in known
    ]
    for made in admin.create_topics(wanted).values() if wanted else []:
        made.result(_SECONDS)
    return [topic.topic for topic in wanted]


def _is_empty(cluster: Cluster) -> bool:
    consumer = Consumer(cluster.client(group_id="lakehouse-demo", enable_auto_commit=False))
    try:
        partitions = consumer.list_topics(TOPIC, timeout=_SECONDS).topics[TOPIC].partitions
        ends = (
            consumer.get_watermark_offsets(TopicPartition(TOPIC, partition), timeout=_SECONDS)
            for partition in partitions
        )
        return all(low == high for low, high in ends)
    finally:
        consumer.close()


def _last_day(world: World, cluster: Cluster) -> int | None:
    """The last day that the topic has, by the last state that was committed."""
    consumer = Consumer(
        cluster.client(
            group_id="lakehouse-demo",
            enable_auto_commit=False,
            enable_partition_eof=True,
            isolation_level="read_committed",
        )
    )
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(STATE, 0), timeout=_SECONDS)
        consumer.assign([TopicPartition(STATE, 0, low)])
        state: dict[str, Any] | None = None
        while low < high:
            record: Any = consumer.poll(_SECONDS)
            if record is None or record.error() is not None:
                break
            state, low = json.loads(record.value()), record.offset() + 1
    finally:
        consumer.close()
    if state is not None and state["world"] != repr(world):
        raise MarketplaceError(
            f"the topic {TOPIC} holds another marketplace: give other brokers by "
            "LAKEHOUSE_KAFKA_BOOTSTRAP, or remove their data folder"
        )
    return None if state is None else int(state["day"])
