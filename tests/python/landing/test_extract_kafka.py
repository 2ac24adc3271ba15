"""Extraction of a Kafka topic: windows by offset and time, refused records, nothing lost or twice.

The brokers are librdkafka's own mock cluster, which needs no Java; tests marked `kafka` start a
real broker.
"""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from confluent_kafka import Consumer, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

import lakehouse.landing.batch as batch
import lakehouse.landing.extract_kafka as extract_kafka
from lakehouse.contracts import Lake
from lakehouse.errors import (
    BatchHeldError,
    ConfigError,
    LandingError,
    SourceError,
    SourceSchemaError,
    SourceUnavailableError,
)
from lakehouse.kafka_client import Cluster
from lakehouse.landing import Manifest, Sources, land, read_rejects, replay
from lakehouse.landing.history import published_days
from lakehouse.landing.store import Bucket
from lakehouse.marketplace import World
from lakehouse.marketplace.rates import Rates
from lakehouse.marketplace.sources import write_drops
from lakehouse.marketplace.sources.kafka import KafkaBroker
from lakehouse.marketplace.sources.topic import STATE, TOPIC, load_order_events

D1, D2, D3 = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)
# Business date 1 ends at this instant: midnight in São Paulo.
END_OF_D1 = datetime(2026, 6, 2, 3, tzinfo=UTC)


class Brokers:
    """librdkafka's mock cluster and a producer for it."""

    def __init__(self) -> None:
        self.producer = Producer(
            {"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0}
        )
        for topic in (TOPIC, STATE):
            self.producer.list_topics(topic, timeout=10)  # makes it, with four partitions
        brokers = self.producer.list_topics(timeout=10).brokers.values()
        self.cluster = Cluster(",".join(f"{each.host}:{each.port}" for each in brokers))

    def send(self, value: Any, at: datetime, partition: int = 0, **more: Any) -> None:
        content = json.dumps(value).encode() if isinstance(value, dict) else value
        stamp = round(at.timestamp() * 1000)
        self.producer.produce(TOPIC, content, partition=partition, timestamp=stamp, **more)
        self.producer.flush(10)

    def committed(self, partition: int = 0) -> int:
        group = {"group.id": "lakehouse.order_events"}
        consumer = Consumer({"bootstrap.servers": self.cluster.bootstrap, **group})
        try:
            (place,) = consumer.committed([TopicPartition(TOPIC, partition)], timeout=10)
            return place.offset
        finally:
            consumer.close()


@pytest.fixture
def brokers() -> Brokers:
    return Brokers()


@pytest.fixture
def sources(brokers: Brokers) -> Sources:
    return Sources(kafka=brokers.cluster)


def event(key: str, **more: Any) -> dict[str, Any]:
    return {
        "event_id": key,
        "order_id": "o1",
        "event_type": "created",
        "occurred_at": "2026-06-01T10:00:00Z",
        "recorded_at": "2026-06-01T10:00:01Z",
        **more,
    }


def raw(lake: Lake, manifest: Any) -> pa.Table:
    tables = [
        pq.read_table(io.BytesIO(content_of(lake, file.uri)))
        for file in manifest.files
        if file.role == "data"
    ]
    return pa.concat_tables(tables)


def content_of(lake: Lake, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def ids(lake: Lake, manifest: Any) -> list[str]:
    if not any(file.role == "data" for file in manifest.files):
        return []
    return raw(lake, manifest)["event_id"].to_pylist()


def staged(lake: Lake, manifest: Any) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for file in manifest.files:
        if file.role == "stage":
            lines += [json.loads(line) for line in content_of(lake, file.uri).splitlines()]
    return lines


def test_land__kafka_day_by_day__takes_each_record_once_in_its_day(
    lake: Lake, brokers: Brokers, sources: Sources
) -> None:
    brokers.send(event("a"), END_OF_D1 - timedelta(days=40), partition=1)
    brokers.send(event("b"), END_OF_D1 - timedelta(milliseconds=1))
    brokers.send(event("c"), END_OF_D1)
    brokers.send(event("late"), END_OF_D1 - timedelta(hours=1))
    first = land("order_events", D1, sources, lake)
    assert ids(lake, first) == ["b", "a"]
    assert isinstance(first, Manifest)
    assert first.watermark == {
        "topic": "order_events",
        "topic_id": None,  # the mock cluster tells none
        "from": "0:0 1:0 2:0 3:0",
        "offsets": "0:1 1:1 2:0 3:0",
    }
    places = raw(lake, first).select(["kafka_partition", "kafka_offset"]).to_pylist()
    assert places == [
        {"kafka_partition": 0, "kafka_offset": 0},
        {"kafka_partition": 1, "kafka_offset": 0},
    ]
    # Day 2 was never landed: day 3 goes on where day 1 ended.
    brokers.send(event("d"), END_OF_D1 + timedelta(days=1), partition=3)
    third = land("order_events", D3, sources, lake)
    assert ids(lake, third) == ["c", "late", "d"]
    assert third.watermark["from"] == "0:1 1:1 2:0 3:0"  # type: ignore[union-attr]
    again = land("order_events", D3, sources, lake)
    assert again == third


@pytest.mark.parametrize("before", [".parquet", "_manifest.json", "_SUCCESS"])
def test_land__kafka_day_before_was_killed__is_finished_first(
    lake: Lake,
    brokers: Brokers,
    sources: Sources,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
) -> None:
    """Killed before a write to raw: going on from before that day would bring its records twice."""
    brokers.send(event("a"), END_OF_D1 - timedelta(hours=1))
    brokers.send(event("b"), END_OF_D1)
    kill_before(monkeypatch, before, lambda: land("order_events", D1, sources, lake))
    expected = "order_events-2026-06-01 goes before it and is not finished"
    for _ in range(2):
        with pytest.raises(LandingError, match=expected):
            land("order_events", D2, sources, lake)
    assert ids(lake, land("order_events", D1, sources, lake)) == ["a"]
    assert ids(lake, land("order_events", D2, sources, lake)) == ["b"]


def kill_before(monkeypatch: pytest.MonkeyPatch, name: str, work: Callable[[], object]) -> None:
    """Let work end right before it writes an object of that name to raw."""

    def dying(method: Callable[..., Any]) -> Callable[..., Any]:
        def write(self: Bucket, key: str, *arguments: Any) -> Any:
            if self.name.endswith("raw") and key.endswith(name):
                raise KeyboardInterrupt
            return method(self, key, *arguments)

        return write

    with monkeypatch.context() as patch:
        for method in ("put", "put_file"):
            patch.setattr(Bucket, method, dying(getattr(Bucket, method)))
        with pytest.raises(KeyboardInterrupt):
            work()


def test_land__kafka_day_before_is_held__its_records_come_with_the_next_and_never_again(
    lake: Lake, brokers: Brokers, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.send(event("a"), END_OF_D1 - timedelta(hours=2))
    for _ in range(21):
        brokers.send(b"poison", END_OF_D1 - timedelta(hours=1))
    for number in range(5000):
        key, stamp = f"b{number}", round(END_OF_D1.timestamp() * 1000)
        brokers.producer.produce(TOPIC, json.dumps(event(key)), partition=0, timestamp=stamp)
    brokers.producer.flush(10)
    with pytest.raises(BatchHeldError):
        land("order_events", D1, sources, lake)
    kill_before(
        monkeypatch, "_manifest.json", lambda: land("order_events", D1, sources, eager(lake))
    )
    with pytest.raises(LandingError, match="is not finished"):
        land("order_events", D2, sources, lake)  # raw shows data of a batch that was held
    with pytest.raises(BatchHeldError):
        land("order_events", D1, sources, lake)
    second = land("order_events", D2, sources, lake)
    assert ids(lake, second) == ["a", *(f"b{number}" for number in range(5000))]
    with pytest.raises(LandingError, match="order_events-2026-06-02, which is published, read"):
        replay("order_events", D1, eager(lake))
    assert published_days(lake, lake.contract("order_events")) == [D2]


def eager(lake: Lake) -> Lake:
    """The lake whose contract of order events takes whatever is refused."""
    contract = lake.contract("order_events")
    loading = replace(contract.loading, reject_threshold=1.0)
    return replace(
        lake, contracts={**lake.contracts, "order_events": replace(contract, loading=loading)}
    )


def test_land__kafka_without_news__publishes_a_batch_without_rows(
    lake: Lake, brokers: Brokers, sources: Sources
) -> None:
    manifest: Any = land("order_events", D1, sources, lake)
    assert (manifest.state, manifest.read_count) == ("published", 0)


def test_land__kafka_record__is_staged_as_received(
    lake: Lake, brokers: Brokers, sources: Sources
) -> None:
    value = '{"event_id": "ação 🛒", "note": "a\\nb",\n "order_id": "o"}'.encode()
    at = END_OF_D1 - timedelta(seconds=1)
    brokers.send(value, at, key=b"\xff\x00", headers={"source": b"app", "odd": b"\xfe"})
    brokers.send(event("a"), at)
    manifest: Any = land("order_events", D1, sources, lake)
    record, other = staged(lake, manifest)
    assert record == {
        "topic": "order_events",
        "partition": 0,
        "offset": 0,
        "timestamp": round(at.timestamp() * 1000),
        "timestamp_type": "create",
        "key_base64": base64.b64encode(b"\xff\x00").decode(),
        "value": value.decode(),
        "headers": [
            {"name": "source", "value": "app"},
            {"name": "odd", "value_base64": base64.b64encode(b"\xfe").decode()},
        ],
    }
    assert (other["key"], "headers" in other) == (None, False)


POISON = {
    "tombstone": (None, "a tombstone: the record has no value"),
    "cut": (b'{"event_id":"x', "not JSON: Unterminated string"),
    "list": (b"[1]", "not a JSON object"),
    "bytes": (b'{"event_id":"\xff"}', "bytes that are not UTF-8"),
    "avro": (b"\x00\x00\x00\x00\x2a\x02\xff", "framed for a schema registry (schema 42)"),
    "framed": (b'\x00\x00\x00\x00\x07{"event_id":"x"}', "framed for a schema registry (schema 7)"),
    "two": (b'{"event_id":"x"} {}', "not JSON: Extra data"),
    "infinite": (b'{"event_id":"x","n":NaN}', "NaN is no JSON number"),
    "deep": (b'{"a":' * 150_000, "nested more than 200 deep"),
}


def test_land__kafka_poison__is_refused_with_a_reason_and_stops_nothing(
    lake: Lake, brokers: Brokers, sources: Sources
) -> None:
    at = END_OF_D1 - timedelta(seconds=1)
    for content, _ in POISON.values():
        brokers.send(content, at)
    brokers.send(b"\n " + json.dumps(event("good", event_type="teleported")).encode() + b" ", at)
    brokers.send(event("good", kafka_offset=99, amount=1.10, note="[" * 300, many=[[]] * 300), at)
    manifest: Any = land("order_events", D1, sources, lake)
    assert manifest.rejected_by_rule == {"shape": len(POISON), "allowed_values": 1}
    (row,) = raw(lake, manifest).to_pylist()
    assert (row["event_id"], row["kafka_offset"], row["_row_number"]) == ("good", 10, 11)
    rejects = read_rejects(lake, lake.contract("order_events"), D1)
    shapes = [each for each in rejects if each["rule"] == "shape"]
    for refused, (_, reason) in zip(shapes, POISON.values(), strict=True):
        assert reason in refused["value"]
    line = json.loads(json.loads(shapes[1]["row_json"])["text"])
    assert (line["offset"], line["value"]) == (1, '{"event_id":"x')


def test_land__kafka_clock_far_ahead__does_not_hold_up_its_partition(
    lake: Lake, brokers: Brokers, sources: Sources
) -> None:
    brokers.send(event("a"), END_OF_D1 - timedelta(hours=2))
    brokers.send(event("of_2099"), datetime(2099, 1, 1, tzinfo=UTC))
    brokers.send(event("b"), END_OF_D1 - timedelta(hours=1))
    assert ids(lake, land("order_events", D1, sources, lake)) == ["a", "of_2099", "b"]


def test_land__kafka_group__is_told_after_publication_only_and_never_backwards(
    lake: Lake, brokers: Brokers, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        brokers.send(event(f"e{number}"), END_OF_D1 - timedelta(hours=1) + timedelta(days=number))

    def settle(*arguments: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch, "settle", settle)
        with pytest.raises(KeyboardInterrupt):
            land("order_events", D1, sources, lake)
    assert brokers.committed() < 0
    land("order_events", D1, sources, lake)
    assert brokers.committed() == 1
    third: Any = land("order_events", D3, sources, lake)
    assert brokers.committed() == 3
    extract_kafka.acknowledge(
        lake.contract("order_events"),
        brokers.cluster,
        replace(third, watermark={**third.watermark, "offsets": "0:1"}),
    )
    assert brokers.committed() == 3


def test_land__kafka_loader_killed_while_staging__loses_and_repeats_nothing(
    lake: Lake, brokers: Brokers, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract_kafka, "PART_BYTES", 2_000)
    sent = [f"e{number:03d}" for number in range(100)]
    for number, key in enumerate(sent):
        brokers.producer.produce(
            TOPIC, json.dumps(event(key)), partition=number % 4,
            timestamp=round(END_OF_D1.timestamp() * 1000) - 1000,
        )  # fmt: skip
    brokers.producer.flush(10)
    put, count = batch.Stage.put, 0

    def put_some(self: Any, name: str, content: bytes) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        put(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(batch.Stage, "put", put_some)
        with pytest.raises(KeyboardInterrupt):
            land("order_events", D1, sources, lake)
    brokers.send(event("after"), END_OF_D1 - timedelta(seconds=1), partition=2)
    manifest: Any = land("order_events", D1, sources, lake)
    assert sorted(ids(lake, manifest)) == ["after", *sent]
    parts = [file for file in manifest.files if file.role == "stage"]
    assert len(parts) > 10
    assert max(file.size_bytes for file in parts) <= 2_000
    assert sum(file.row_count for file in parts) == 101


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (9, 20, r"the offsets from 7 to 8 of order_events\[0\] are no longer kept"),
        (0, 6, r"order_events\[0\] ends at offset 6, and was landed up to 7: the topic was made"),
    ],
)
def test_land__kafka_offsets_that_are_not_there__are_named(
    lake: Lake, brokers: Brokers, sources: Sources, monkeypatch: pytest.MonkeyPatch,
    low: int, high: int, message: str,
) -> None:  # fmt: skip
    for number in range(7):
        brokers.send(event(f"e{number}"), END_OF_D1 - timedelta(hours=1))
    land("order_events", D1, sources, lake)
    ends = extract_kafka._Topic.ends
    monkeypatch.setattr(extract_kafka._Topic, "ends", lambda self: {**ends(self), 0: (low, high)})
    with pytest.raises(SourceError, match=message):
        land("order_events", D2, sources, lake)
    monkeypatch.setattr(extract_kafka._Topic, "ends", lambda self: {0: (0, 7)})
    with pytest.raises(SourceError, match="has no partition 1, 2, 3 any more"):
        land("order_events", D2, sources, lake)


def test_land__kafka_without_the_topic__is_named(
    lake: Lake, brokers: Brokers, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = lake.contract("order_events")
    other = replace(contract, source=replace(contract.source, object="nowhere"))
    monkeypatch.setitem(lake.contracts, "order_events", other)  # type: ignore[arg-type]
    with pytest.raises(SourceSchemaError, match="Kafka has no topic nowhere"):
        land("order_events", D1, sources, lake)


def test_land__kafka_down__is_worth_another_try(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract_kafka, "_ANSWER_SECONDS", 1.0)
    with pytest.raises(SourceUnavailableError, match="Kafka does not answer"):
        land("order_events", D1, Sources(kafka=Cluster("127.0.0.1:1")), lake)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sasl.password", "line 1 is no name=value"),
        ("# mine\nenable.auto.commit=true", "line 2: enable.auto.commit is set by the platform"),
        ("no.such.thing=very-secret", "Kafka's client refuses its configuration"),
        (None, "which cannot be read"),
    ],
)
def test_land__kafka_properties_that_cannot_be_used__are_named_without_secrets(
    lake: Lake, tmp_path: Path, text: str | None, message: str
) -> None:
    path = tmp_path / "client.properties"
    if text is not None:
        path.write_text(text + "\nsasl.username=me\nssl.key.password=very-secret\n", "utf-8")
    cluster = Cluster("127.0.0.1:1", path)
    with pytest.raises(ConfigError, match=message) as caught:
        land("order_events", D1, Sources(kafka=cluster), lake)
    assert caught.value.variable == "LAKEHOUSE_KAFKA_CONFIG"
    assert "very-secret" not in str(caught.value) + repr(Sources(kafka=cluster))


@pytest.mark.parametrize("bootstrap", ["::::", "", "h:9092,,i:9092", "h:port", "h:123456", "a b"])
def test_cluster__brokers_that_are_no_addresses__are_refused_at_once(bootstrap: str) -> None:
    with pytest.raises(ConfigError, match="it must look like host:9092") as caught:
        Cluster(bootstrap).client()
    assert caught.value.variable == "LAKEHOUSE_KAFKA_BOOTSTRAP"


@pytest.mark.parametrize(
    "bootstrap", ["h", "h:9092, i-1.b_c.example:9093", "[::1]:9092", "SSL://h:9"]
)
def test_cluster__addresses_of_brokers__are_taken(bootstrap: str) -> None:
    assert Cluster(bootstrap).client()["bootstrap.servers"] == bootstrap


# Enough of every mistake, and no more of them than a batch may have.
WORLD = World(
    seed=42, scale=0.005, rates=Rates(malformed_event_ppm=5_000, duplicate_event_ppm=3_000)
)
# Where a record was: the file's own offsets are made up, the broker's are its own.
PLACES = ["_source_file", "_row_number", "_source_sequence", "kafka_offset"]


def test_land__through_the_topic_and_through_files__gives_the_same_raw(
    lake: Lake, brokers: Brokers, tmp_path: Path
) -> None:
    assert_same_through_both_doors(lake, brokers.cluster, tmp_path)


@pytest.mark.kafka
def test_land__through_a_real_topic_and_through_files__gives_the_same_raw(
    lake: Lake, broker: KafkaBroker, tmp_path: Path
) -> None:
    assert_same_through_both_doors(lake, Cluster(broker.bootstrap), tmp_path)


@pytest.mark.kafka
def test_land__real_broker_killed_while_read__loses_and_repeats_nothing(
    lake: Lake, broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first part, as a power cut would, and started again."""
    monkeypatch.setattr(extract_kafka, "PART_BYTES", 4_000_000)
    monkeypatch.setattr(extract_kafka, "_RECORDS", 500)
    cluster, contract = Cluster(broker.bootstrap), lake.contract("order_events")
    other = replace(contract, source=replace(contract.source, object="killed"))
    monkeypatch.setitem(lake.contracts, "order_events", other)  # type: ignore[arg-type]
    sent = [f"e{number:06d}" for number in range(100_000)]
    send(cluster, "killed", sent, END_OF_D1 - timedelta(hours=1))
    send(cluster, "killed", ["next"], END_OF_D1)
    put, killed = batch.Stage.put, []

    def put_and_kill(self: Any, name: str, content: bytes) -> None:
        put(self, name, content)
        if name == "part-00001.jsonl" and not killed:
            broker.kill()
            killed.append(name)
            broker.start()

    monkeypatch.setattr(batch.Stage, "put", put_and_kill)
    manifest: Any = land("order_events", D1, Sources(kafka=cluster), lake)
    assert killed
    assert len([file for file in manifest.files if file.role == "stage"]) > 3
    assert sorted(ids(lake, manifest)) == sent
    assert ids(lake, land("order_events", D2, Sources(kafka=cluster), lake)) == ["next"]


@pytest.mark.kafka
def test_land__real_transactions__aborted_is_skipped_and_open_is_waited_for(
    lake: Lake, broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, contract = Cluster(broker.bootstrap), lake.contract("order_events")
    other = replace(contract, source=replace(contract.source, object="transactions"))
    monkeypatch.setitem(lake.contracts, "order_events", other)  # type: ignore[arg-type]
    stamp = round(END_OF_D1.timestamp() * 1000) - 3_600_000
    writer = Producer(cluster.client(transactional_id="writer"))
    writer.init_transactions(60)

    def write(key: str) -> None:
        writer.begin_transaction()
        content = json.dumps(event(key))
        writer.produce("transactions", content, partition=0, timestamp=stamp)
        writer.flush(30)

    write("kept")
    writer.commit_transaction(60)
    write("aborted")
    writer.abort_transaction(60)
    write("open")
    send(cluster, "transactions", ["behind"], END_OF_D1 - timedelta(hours=1))
    first: Any = land("order_events", D1, Sources(kafka=cluster), lake)
    assert ids(lake, first) == ["kept"]
    writer.commit_transaction(60)
    second: Any = land("order_events", D2, Sources(kafka=cluster), lake)
    assert ids(lake, second) == ["open", "behind"]


@pytest.mark.kafka
def test_land__real_topic_made_anew_and_longer__is_refused(
    lake: Lake, broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its offsets alone it cannot be told from the topic before it."""
    cluster, contract = Cluster(broker.bootstrap), lake.contract("order_events")
    other = replace(contract, source=replace(contract.source, object="remade"))
    monkeypatch.setitem(lake.contracts, "order_events", other)  # type: ignore[arg-type]
    sources, admin = Sources(kafka=cluster), AdminClient(cluster.client())
    send(cluster, "remade", ["old0", "old1", "old2"], END_OF_D1 - timedelta(hours=1))
    first: Any = land("order_events", D1, sources, lake)
    old = admin.describe_topics(TopicCollection(["remade"]))["remade"].result().topic_id
    assert first.watermark["topic_id"] == str(old)
    admin.delete_topics(["remade"], operation_timeout=30)["remade"].result()
    await_absence(admin, "remade")
    send(cluster, "remade", [f"new{number}" for number in range(8)], END_OF_D1)
    with pytest.raises(SourceError, match=f"was landed with the id {old}: the topic was made anew"):
        land("order_events", D2, sources, lake)
    # A manifest of before ids were kept: offsets are all there is to go by.
    older = replace(first, watermark={**first.watermark, "topic_id": None})
    monkeypatch.setattr(batch, "find_previous", lambda *_: older)
    assert ids(lake, land("order_events", D2, sources, lake)) == [f"new{n}" for n in range(3, 8)]


def await_absence(admin: AdminClient, topic: str) -> None:
    """Until the broker, which deletes by and by, has no such topic."""
    deadline = time.monotonic() + 60
    while topic in admin.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline, f"{topic} is still there"


@pytest.mark.kafka
def test_land__real_topic_after_a_day_that_came_as_a_file__goes_on_with_the_next_day(
    lake: Lake, broker: KafkaBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, contract = Cluster(broker.bootstrap), lake.contract("order_events")
    other = replace(contract, source=replace(contract.source, object="switched"))
    monkeypatch.setitem(lake.contracts, "order_events", other)  # type: ignore[arg-type]
    send(cluster, "switched", ["of_d1"], END_OF_D1 - timedelta(hours=1))
    send(cluster, "switched", ["of_d2"], END_OF_D1)
    folder = tmp_path / "order_events" / "2026-06-01"
    folder.mkdir(parents=True)
    line = json.dumps(event("of_d1", kafka_partition=0, kafka_offset=0))
    (folder / "order_events.jsonl").write_text(line, "utf-8")
    land("order_events", D1, Sources(drop_dir=tmp_path), lake)
    second: Any = land("order_events", D2, Sources(kafka=cluster), lake)
    assert ids(lake, second) == ["of_d2"]
    assert second.watermark["from"].startswith("0:1 ")


def send(cluster: Cluster, topic: str, keys: list[str], at: datetime) -> None:
    producer = Producer(cluster.client())
    for key in keys:
        while True:
            try:
                stamp = round(at.timestamp() * 1000)
                producer.produce(topic, json.dumps(event(key)), partition=0, timestamp=stamp)
                break
            except BufferError:
                producer.poll(0.05)
    assert producer.flush(60) == 0


def assert_same_through_both_doors(lake: Lake, cluster: Cluster, folder: Path) -> None:
    doors: dict[str, list[Any]] = {"files": [], "topic": []}
    for door, found in doors.items():
        for offset in range(3):
            day = D1 + timedelta(days=offset)
            if door == "files":
                write_drops(WORLD, WORLD.first + offset, folder)
                sources = Sources(drop_dir=folder)
            else:
                load_order_events(WORLD, WORLD.first + offset, cluster)
                sources = Sources(drop_dir=folder / "none", kafka=cluster)
            manifest: Any = land("order_events", day, sources, lake)
            rows = raw(lake, manifest).drop_columns(PLACES).to_pylist()
            rules = dict(manifest.rejected_by_rule)
            # A file may tell a line twice; a topic has one record at each offset.
            repeats = rules.pop("duplicate_row", 0)
            found.append((sorted(rows, key=repr), rules, manifest.read_count - repeats))
        for zone in ("stage", "raw"):
            for item in lake.s3.list_objects_v2(Bucket=lake.bucket(zone)).get("Contents", []):
                lake.s3.delete_object(Bucket=lake.bucket(zone), Key=item["Key"])
    assert doors["topic"] == doors["files"]
    rules = {rule for _, by_rule, _ in doors["topic"] for rule in by_rule}
    assert rules == {"shape", "allowed_values", "required", "type"}
    assert sum(len(rows) for rows, *_ in doors["topic"]) > 1_000
