"""Records out of the lines that `extract_kafka` stages: the value of each, and its place.

A record that has no value (a tombstone), or whose value is no JSON object, is unreadable; it is
kept with its whole line, so that it can be found in the topic.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import IO, Any

from lakehouse.contracts import Contract
from lakehouse.landing.read_json import build_records, decode_json
from lakehouse.landing.records import Records, Unreadable

_LINES = json.JSONDecoder()
_FRAME_BYTES = 5
_LINES_AT_A_TIME = 10_000


def iter_kafka_lines(file: IO[bytes], source_file: str, contract: Contract) -> Iterator[Records]:
    """Read one staged file, which is no larger than a part, some lines at a time; `_row_number`
    counts its lines. There is always a chunk."""
    lines = file.read().decode("utf-8").split("\n")[:-1]
    for before in range(0, max(len(lines), 1), _LINES_AT_A_TIME):
        part = lines[before : before + _LINES_AT_A_TIME]
        yield _read_lines(part, before, source_file, contract)


def _read_lines(lines: list[str], before: int, source_file: str, contract: Contract) -> Records:
    source = contract.source
    partition_path = contract.column(source.partition_column).source_path
    offset_path = contract.column(source.offset_column).source_path
    readable: list[dict[str, Any]] = []
    numbers: list[int] = []
    unreadable: list[Unreadable] = []
    for number, line in enumerate(lines, start=before + 1):
        record, _ = _LINES.raw_decode(line)
        try:
            value = _decode_value(record)
        except ValueError as error:
            unreadable.append(Unreadable(number, source_file, line, str(error)))
            continue
        value[partition_path] = str(record["partition"])
        value[offset_path] = str(record["offset"])
        readable.append(value)
        numbers.append(number)
    return build_records(readable, numbers, unreadable, source_file, contract)


def _decode_value(record: dict[str, Any]) -> dict[str, Any]:
    """The value of a record; raises ValueError with what is wrong with it."""
    text = record.get("value")
    if "value_base64" in record:
        content = base64.b64decode(record["value_base64"])
        raise ValueError(_describe_frame(content) or "bytes that are not UTF-8")
    if text is None:
        raise ValueError("a tombstone: the record has no value")
    try:
        value = decode_json(text)
    except ValueError as error:
        raise ValueError(_describe_frame(text.encode()) or f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _describe_frame(content: bytes) -> str | None:
    """What a value says that names a schema of a registry: byte 0, then the schema's number in four
    bytes. Source: Confluent's wire format, as its documentation had it in November 2026."""
    if len(content) <= _FRAME_BYTES or content[0] != 0:
        return None
    number = int.from_bytes(content[1:_FRAME_BYTES], "big")
    return f"framed for a schema registry (schema {number}), and the contract says plain JSON"
