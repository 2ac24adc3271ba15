"""Records of a Kafka topic, as JSON lines, from where the previous published run ended.

The manifest is what says how far a topic was landed; the consumer group is only told afterwards,
for those who watch its lag. The window of a partition ends before its first record whose
timestamp lies at the end of the business date or later, else where the partition ended when the
run began. Partitions are read one after the other, so that the same window is the same files.

A line holds one record as received: `topic`, `partition`, `offset`, `timestamp` (milliseconds
since 1970 UTC, null where there is none), `timestamp_type` (`create`, `append`), `key`, `value`,
and `headers` where there are some. Bytes that are not UTF-8 stand in base64 under `key_base64`,
`value_base64`; a record without value (a tombstone) has the value null.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring
from typing import Any, NoReturn

from confluent_kafka import (
    OFFSET_INVALID,
    TIMESTAMP_LOG_APPEND_TIME,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from lakehouse.contracts import Contract
from lakehouse.errors import (
    ConfigError,
    SourceError,
    SourceSchemaError,
    SourceUnavailableError,
)
from lakehouse.kafka_client import CONFIG, Cluster
from lakehouse.landing.extract import end_of_day
from lakehouse.landing.model import Manifest
from lakehouse.landing.stage import Stage
from lakehouse.observability import format_facts

logger = logging.getLogger(__name__)

PART_BYTES = 32 * 1024 * 1024
IDLE_SECONDS = 60.0
_ANSWER_SECONDS = 20.0
_DOWN_SECONDS = 5.0
"""How long brokers may refuse every connection, as while they start."""
_LOOK_SECONDS = 1.0
_RECORDS = 10_000
_WAIT_SECONDS = 0.2
# A record from so far ahead was stamped by a clock that is wrong: it ends no window.
_CLOCK_TOLERANCE = timedelta(hours=1)
# Of brokers before Kafka 3.1 every topic has this one.
_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
_TELLS_NO_ID = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNSUPPORTED_VERSION,
        KafkaError._UNSUPPORTED_FEATURE,
    }
)
_AWAY = frozenset(
    {
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._RESOLVE,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.REQUEST_TIMED_OUT,
    }
)


@dataclass(frozen=True, slots=True)
class _Window:
    """Offsets of a partition: from `start` up to, not including, `end`."""

    partition: int
    start: int
    end: int


class _Topic:
    """A consumer of one topic that stores nothing with the brokers by itself."""

    def __init__(self, contract: Contract, cluster: Cluster) -> None:
        self.name = contract.source.object
        self.position = 0
        self._contract, self._cluster = contract, cluster
        self._complaint, self._code = "", KafkaError.NO_ERROR
        try:
            self._consumer = Consumer(
                cluster.client(
                    group_id=f"{cluster.group}.{contract.feed}",
                    enable_auto_commit=False,
                    enable_auto_offset_store=False,
                    enable_partition_eof=True,
                    auto_offset_reset="error",
                    isolation_level="read_committed",
                    queued_max_messages_kbytes=32_768,
                )
                | {"error_cb": self._hear, "logger": _Quiet("kafka")}
            )
        except KafkaException as error:
            raise ConfigError(
                f"Kafka's client refuses its configuration: {error.args[0].str()}",
                variable=CONFIG,
            ) from error

    def _hear(self, error: KafkaError) -> None:
        self._complaint, self._code = error.str(), error.code()

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def ask(self, question: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """What a call answers; raises SourceError as `_refuse` says.

        Nobody waits for the whole time while the client knows that all brokers are down.
        """
        begun, look = time.monotonic(), _LOOK_SECONDS
        while True:
            try:
                return question(*arguments, timeout=look, **more)
            except KafkaException as error:
                limit = _DOWN_SECONDS if self._are_down() else _ANSWER_SECONDS
                left = limit - (time.monotonic() - begun)
                if error.args[0].code() not in _AWAY or left <= 0:
                    self._refuse(error.args[0])
                look = min(2 * look, left)

    def _are_down(self) -> bool:
        self._consumer.poll(0)  # lets the client tell what it knows
        return self._code == KafkaError._ALL_BROKERS_DOWN

    def _refuse(self, error: KafkaError) -> NoReturn:
        reason = error.str() + (f" ({self._complaint})" if self._complaint else "")
        if error.code() in _AWAY or error.retriable():
            raise SourceUnavailableError(self._contract.feed, f"Kafka does not answer: {reason}")
        raise SourceError(self._contract.feed, f"Kafka refused the topic {self.name}: {reason}")

    def ends(self) -> dict[int, tuple[int, int]]:
        """The first offset that is kept, and the one after the last record, by partition."""
        metadata = self.ask(self._consumer.list_topics, self.name)
        topic = metadata.topics[self.name]
        if topic.error is not None and topic.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise SourceSchemaError(self._contract.feed, f"Kafka has no topic {self.name}")
        if topic.error is not None:
            self._refuse(topic.error)
        return {
            partition: self.ask(
                self._consumer.get_watermark_offsets, TopicPartition(self.name, partition)
            )
            for partition in sorted(topic.partitions)
        }

    def find_id(self) -> str | None:
        """What tells the topic from one of the same name that is made after it; None where there
        is no topic, or the brokers tell no ids."""
        metadata = self.ask(self._consumer.list_topics, self.name)
        if metadata.controller_id not in metadata.brokers:
            return None  # who would be asked
        admin = AdminClient(self._cluster.client() | {"logger": _Quiet("kafka")})

        def describe(*, timeout: float) -> Any:
            wanted = TopicCollection([self.name])
            try:
                return admin.describe_topics(wanted, request_timeout=timeout)[self.name].result()
            except KafkaException as error:
                if error.args[0].code() in _TELLS_NO_ID:
                    return None
                raise

        found = self.ask(describe)
        topic_id = str(found.topic_id) if found is not None else _NO_ID
        return topic_id if topic_id != _NO_ID else None

    def first_at(self, instant: datetime, partitions: Mapping[int, Any]) -> dict[int, int | None]:
        """The offset of each partition's first record from an instant on; None for no record."""
        millis = round(instant.timestamp() * 1000)
        wanted = [TopicPartition(self.name, partition, millis) for partition in partitions]
        found = self.ask(self._consumer.offsets_for_times, wanted) if wanted else []
        return {each.partition: each.offset if each.offset >= 0 else None for each in found}

    def read(self, window: _Window) -> Iterator[Any]:
        """The records of a window, in order; afterwards `position` is where the next one begins.

        That is the window's end; or before it, where a transaction is still open.
        """
        self.position = window.start
        if window.start >= window.end:
            return
        self._consumer.assign([TopicPartition(self.name, window.partition, window.start)])
        quiet_since = time.monotonic()
        while self.position < window.end:
            wanted = min(_RECORDS, window.end - self.position)
            records: list[Any] = self._consumer.consume(wanted, timeout=_WAIT_SECONDS)
            for record in records:
                error = record.error()
                if record.partition() != window.partition:
                    continue
                if error is None:
                    if record.offset() >= window.end:
                        self.position = window.end
                        return
                    self.position = record.offset() + 1
                    yield record
                elif error.code() == KafkaError._PARTITION_EOF:
                    # Between the last record and the end may be marks of transactions.
                    self.position = max(self.position, min(record.offset(), window.end))
                    return
                elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                    self._refuse_lost(window.partition, self.position, None)
                elif error.code() not in _AWAY and not error.retriable():
                    self._refuse(error)
            if records:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > IDLE_SECONDS:
                raise SourceUnavailableError(
                    self._contract.feed,
                    f"Kafka sent nothing of {self.name}[{window.partition}] for "
                    f"{IDLE_SECONDS:.0f} s, at offset {self.position} of {window.end}"
                    + (f": {self._complaint}" if self._complaint else ""),
                )

    def _refuse_lost(self, partition: int, start: int, low: int | None) -> NoReturn:
        span = f"from {start} to {low - 1}" if low is not None else f"from {start} on"
        raise SourceError(
            self._contract.feed,
            f"the offsets {span} of {self.name}[{partition}] are no longer kept: records that "
            "were never landed are lost. Deliver that day as files, with the topic's address "
            "unset, and lengthen the topic's retention",
        )

    def window(self, partition: int, start: int | None, ends: tuple[int, int]) -> _Window:
        """The window from an offset (None: the first that is kept) to the end of a partition.

        Raises:
            SourceError: the offset is no longer, or not yet, there.
        """
        low, high = ends
        if start is None:
            return _Window(partition, low, high)
        if start < low:
            self._refuse_lost(partition, start, low)
        if start > high:
            self.refuse_new(
                f"{self.name}[{partition}] ends at offset {high}, and was landed up to {start}"
            )
        return _Window(partition, start, high)

    def refuse_new(self, difference: str) -> NoReturn:
        """Raise SourceError: this is not the topic that was landed."""
        raise SourceError(
            self._contract.feed,
            f"{difference}: the topic was made anew. Give it another name in the contract's source",
        )

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Tell the consumer group, forwards only.

        Raises:
            KafkaException: it cannot be told.
        """
        places = [TopicPartition(self.name, partition) for partition in offsets]
        told = {
            each.partition: each.offset
            for each in self._consumer.committed(places, timeout=_ANSWER_SECONDS)
        }
        due = [
            TopicPartition(self.name, partition, offset)
            for partition, offset in offsets.items()
            if offset > told.get(partition, OFFSET_INVALID)
        ]
        if due:
            self._consumer.commit(offsets=due, asynchronous=False)


class _Quiet(logging.Logger):
    """librdkafka writes to standard error by itself: its lines are for those who debug."""

    def handle(self, record: logging.LogRecord) -> None:
        logger.debug("%s", record.getMessage())


def copy_records(
    contract: Contract,
    until: datetime,
    cluster: Cluster,
    previous: Manifest | None,
    stage: Stage,
    *,
    now: datetime | None = None,
) -> Mapping[str, str | None]:
    """Write `part-00001.jsonl` and so on, at most 32 MiB each; return where the next run goes on.

    Without a previous run a topic is read from its beginning; after a run whose rows came as
    files, from the first record of the day after it.

    Raises:
        ConfigError: the client's properties cannot be used.
        SourceUnavailableError: the brokers do not answer.
        SourceSchemaError: there is no such topic.
        SourceError: the brokers refuse, or records that were never landed are no longer kept.
    """
    topic = _Topic(contract, cluster)
    try:
        topic_id = topic.find_id()
        ends = topic.ends()
        windows = _plan(topic, contract, previous, topic_id, ends)
        limit = _Limit(until, (now or datetime.now(UTC)) + _CLOCK_TOLERANCE)
        reached: dict[int, int] = {}
        parts = _cut(_lines(topic, windows, limit, reached))
        stage.clear()
        number = 0
        for number, part in enumerate(parts, start=1):
            stage.put(f"part-{number:05d}.jsonl", part)
    finally:
        topic.close()
    facts = format_facts(event="topic", feed=contract.feed, partitions=len(windows), parts=number)
    logger.info("%s", facts)
    return {
        "topic": topic.name,
        "topic_id": topic_id,
        "from": _show({window.partition: window.start for window in windows}),
        "offsets": _show(reached),
    }


def acknowledge(contract: Contract, cluster: Cluster, manifest: Manifest) -> None:
    """Tell the consumer group how far a published run has landed; a group that cannot be told is
    told by a later run, as nothing but a display depends on it."""
    offsets = _landed(contract, manifest)
    if offsets is None:
        return
    try:
        topic = _Topic(contract, cluster)
        try:
            topic.commit(offsets)
        finally:
            topic.close()
    except (KafkaException, ConfigError) as error:
        facts = format_facts(event="not_acknowledged", run_id=manifest.run_id, error=str(error))
        logger.warning("%s", facts)


@dataclass(frozen=True, slots=True)
class _Limit:
    """Where a window ends by time: from `until` on, unless the stamp lies beyond `possible`."""

    until: datetime
    possible: datetime

    def millis(self) -> tuple[int, int]:
        """Both in milliseconds since 1970."""
        return round(self.until.timestamp() * 1000), round(self.possible.timestamp() * 1000)


def _plan(
    topic: _Topic,
    contract: Contract,
    previous: Manifest | None,
    topic_id: str | None,
    ends: Mapping[int, tuple[int, int]],
) -> list[_Window]:
    """The windows of all partitions, whose ends by time are not known yet.

    Raises:
        SourceError: the topic is not the one that was landed, or offsets are gone.
    """
    landed = _landed(contract, previous) if previous is not None else {}
    if landed is None and previous is not None:
        firsts = topic.first_at(end_of_day(previous.business_date), ends)
        landed = {
            partition: ends[partition][1] if first is None else first
            for partition, first in firsts.items()
        }
    known: Mapping[int, int] = landed or {}
    before = previous.watermark.get("topic_id") if previous is not None and known else None
    if before is not None and topic_id is not None and topic_id != before:
        topic.refuse_new(f"{topic.name} has the id {topic_id}, and was landed with the id {before}")
    gone = sorted(set(known) - set(ends))
    if gone:
        names = ", ".join(map(str, gone))
        topic.refuse_new(f"{topic.name} has no partition {names} any more")
    return [topic.window(partition, known.get(partition), ends[partition]) for partition in ends]


def _lines(
    topic: _Topic, windows: list[_Window], limit: _Limit, reached: dict[int, int]
) -> Iterator[bytes]:
    """The records as lines; `reached` gets the offset at which each partition goes on."""
    until, possible = limit.millis()
    name = encode_basestring(topic.name)
    for window in windows:
        for record in topic.read(window):
            kind, stamp = record.timestamp()
            if until <= stamp < possible and kind != TIMESTAMP_NOT_AVAILABLE:
                reached[window.partition] = record.offset()
                break
            yield _line(name, record, kind, stamp)
        else:
            reached[window.partition] = topic.position


def _line(topic: str, record: Any, kind: int, stamp: int) -> bytes:
    if kind == TIMESTAMP_NOT_AVAILABLE:
        when = '"timestamp":null'
    else:
        how = "append" if kind == TIMESTAMP_LOG_APPEND_TIME else "create"
        when = f'"timestamp":{stamp},"timestamp_type":"{how}"'
    headers = record.headers()
    return (
        f'{{"topic":{topic},"partition":{record.partition()},"offset":{record.offset()},{when},'
        f"{_bytes('key', record.key())},{_bytes('value', record.value())}"
        f"{_headers(headers) if headers else ''}}}\n"
    ).encode()


def _bytes(name: str, content: bytes | None) -> str:
    """`"name":"text"`, or in base64 what is no text, or null."""
    if content is None:
        return f'"{name}":null'
    try:
        return f'"{name}":{encode_basestring(content.decode())}'
    except UnicodeDecodeError:
        return f'"{name}_base64":"{base64.b64encode(content).decode("ascii")}"'


def _headers(headers: list[tuple[str, bytes | None]]) -> str:
    items = (f'{{{_bytes("value", value)},"name":{encode_basestring(n)}}}' for n, value in headers)
    return f',"headers":[{",".join(items)}]'


def _cut(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines as files below the limit; one empty file when there are none."""
    kept: list[bytes] = []
    size, is_first = 0, True
    for line in lines:
        if size + len(line) > PART_BYTES and kept:
            yield b"".join(kept)
            kept, size, is_first = [], 0, False
        kept.append(line)
        size += len(line)
    if kept or is_first:
        yield b"".join(kept)


def _show(offsets: Mapping[int, int]) -> str:
    """`0:17 1:4`: the offset of each partition."""
    return " ".join(f"{partition}:{offset}" for partition, offset in sorted(offsets.items()))


def _landed(contract: Contract, manifest: Manifest) -> dict[int, int] | None:
    """The offsets at which a run ended, by partition; None when it was no run of this topic."""
    text = manifest.watermark.get("offsets")
    if text is None or manifest.watermark.get("topic") != contract.source.object:
        return None
    pairs = (pair.partition(":") for pair in text.split())
    return {int(partition): int(offset) for partition, _, offset in pairs}
