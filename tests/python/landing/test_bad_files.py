"""Files that no source should deliver: each is refused, held or left alone, with a reason, and
never read into memory as a whole."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lakehouse.landing.asking as asking
import lakehouse.landing.extract_drop as extract_drop
import lakehouse.landing.read_csv as read_csv
from lakehouse.contracts import Lake, load_contracts
from lakehouse.errors import (
    BatchHeldError,
    LandingError,
    SourceError,
    SourceMissingError,
    SourceSchemaError,
    SourceUnavailableError,
)
from lakehouse.landing import Manifest, Sources, land
from lakehouse.landing.extract_drop import find_delivered
from lakehouse.landing.read_csv import iter_csv
from lakehouse.landing.read_json import iter_json_lines
from lakehouse.landing.stage import Stage
from lakehouse.landing.store import Bucket
from lakehouse.landing.streams import BLOCK_BYTES, Summed, plain
from tests.python.landing.test_bad_input import assert_refused, reviews

CONTRACTS = load_contracts(Path(__file__).resolve().parents[3] / "contracts")
DAY = date(2026, 6, 1)
HEADER = b"seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"
ROW = b"s%d,01310,s\xc3\xa3o paulo,SP,,\n"
ROWS = b"".join(ROW % n for n in range(30))
MIB = 1024 * 1024


def deliver(lake: Lake, folder: Path, name: str, content: bytes, feed: str = "sellers") -> Manifest:
    place = folder / feed / DAY.isoformat()
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)
    manifest = land(feed, DAY, Sources(drop_dir=folder), lake)
    assert isinstance(manifest, Manifest)
    return manifest


BAD: list[tuple[str, bytes, str]] = [
    ("empty", b"", "is empty: not even a header"),
    ("wrong delimiter", (HEADER + ROWS).replace(b",", b";"), "lacks the columns seller_id, "),
    ("UTF-16", (HEADER + ROWS).decode().encode("utf-16"), "no header: .* can't decode byte 0xff"),
    ("UTF-16, no mark", (HEADER + ROWS).decode().encode("utf-16-le"), "lacks the columns seller_"),
    ("10,000 columns", b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "has 10000 fields"),
    ("10,000 others", b"seller_id" + b",c%d" * 9_999 % tuple(range(9_999)) + b"\n", "9950 more"),
    (
        "10,000 times one column",
        b",".join([b"a"] * 10_000) + b"\n",
        "columns of the same name: 1, 2, ",
    ),
    ("a long header", b"x" * (17 * MIB), "has a first line of more than 16777216 bytes"),
    ("a long field in the header", b"x" * (200_000) + b"\n", "has no header"),
    ("a long line", HEADER + b"x" * (40 * MIB), "cannot be read as CSV"),
    (
        "an open quote",
        HEADER + b's1,01310,"x,SP,,\n' + ROW % 7 * (1024 * 1024),
        "a quote that is never",
    ),
    ("no row of its form", HEADER + b"a,b\n" * (20 * MIB), "cannot be read as CSV"),
]


@pytest.mark.parametrize(("what", "content", "message"), BAD, ids=[each[0] for each in BAD])
def test_csv__bad_file__is_refused_by_name_and_raw_stays_empty(
    lake: Lake, tmp_path: Path, what: str, content: bytes, message: str
) -> None:
    with pytest.raises(SourceSchemaError, match=message) as caught:
        deliver(lake, tmp_path, "s.csv", content)
    assert "s.csv" in str(caught.value)
    assert len(str(caught.value)) < 2_000
    assert_refused(lake, message)
    # The stage is open again: a repaired file is taken.
    assert deliver(lake, tmp_path, "s.csv", HEADER + ROWS).written_count == 30


def test_csv__rows_of_10_000_fields__are_refused_one_by_one(lake: Lake, tmp_path: Path) -> None:
    wide = b",".join([b"x"] * 10_000) + b"\n"
    manifest = deliver(lake, tmp_path, "s.csv", HEADER + ROWS + wide * 3)
    assert (manifest.written_count, manifest.rejected_by_rule) == (30, {"shape": 3})


def test_csv__mark_of_byte_order_and_newlines_in_quotes__are_read(
    lake: Lake, tmp_path: Path
) -> None:
    content = b"\xef\xbb\xbf" + HEADER + b's1,01310,"s\xc3\xa3o\npaulo",SP,,\r\ns2,01310,x,SP,,\r\n'
    manifest = deliver(lake, tmp_path, "s.csv", content)
    assert (manifest.written_count, manifest.rejected_count) == (2, 0)


def test_csv__bytes_of_another_encoding_in_all_rows__are_held(lake: Lake, tmp_path: Path) -> None:
    content = (HEADER + ROWS).decode().encode("latin-1")
    with pytest.raises(BatchHeldError, match="without a single valid row"):
        deliver(lake, tmp_path, "s.csv", content)


def test_csv__encoding_that_has_no_such_byte__says_where(lake: Lake) -> None:
    contract = CONTRACTS["sellers"]
    contract = replace(contract, format=replace(contract.format, encoding="cp1252"))
    content = HEADER + b"s1,01310," + b"x" * (2 * MIB) + b"\x81,SP,,\n"
    with pytest.raises(SourceSchemaError, match=f"is not cp1252: byte {content.index(0x81)} "):
        list(iter_csv(io.BytesIO(content), "f", contract))


class Endless(io.RawIOBase):
    """A stream of one byte over and over: 2 GiB of it, made as it is read."""

    def __init__(self, start: bytes, size: int = 2 * 1024 * MIB) -> None:
        super().__init__()
        self._start = start
        self.left = size
        self.size = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        start, self._start = self._start[: len(buffer)], self._start[len(buffer) :]
        count = min(len(buffer), self.left)
        buffer[:count] = start + b"x" * (count - len(start))
        self.left -= count
        return count


@pytest.mark.parametrize(
    ("reader", "feed", "start", "message"),
    [
        (iter_csv, "sellers", HEADER, "cannot be read as CSV"),
        (iter_csv, "sellers", b"", "first line of more than"),
        (iter_json_lines, "reviews", b"{", "has a line of more than"),
    ],
)
def test_line_of_2_gib__is_given_up_after_some_blocks(
    reader: Any, feed: str, start: bytes, message: str
) -> None:
    stream = Endless(start)
    with pytest.raises(SourceSchemaError, match=message):
        list(reader(io.BufferedReader(stream), "f", CONTRACTS[feed]))
    assert (
        stream.size - stream.left <= 16 * BLOCK_BYTES
    )  # Arrow reads ahead, more or less  # some are read ahead


def test_gzip__csv_and_json_lines__are_read_packed_and_staged_as_received(
    lake: Lake, tmp_path: Path
) -> None:
    packed = gzip.compress(HEADER + ROWS[:200]) + gzip.compress(ROWS[200:])
    manifest = deliver(lake, tmp_path, "s.csv.gz", packed)
    assert manifest.written_count == 30
    (staged,) = (file for file in manifest.files if file.role == "stage")
    assert (staged.size_bytes, staged.row_count) == (len(packed), 30)
    lines = "".join(json.dumps(row) + "\n" for row in reviews(1, 5)).encode()
    assert deliver(lake, tmp_path, "r.jsonl.gz", gzip.compress(lines), "reviews").read_count == 5


def bomb() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        file.write(HEADER)
        for _ in range(60):
            file.write(ROW % 1 * 40_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(HEADER + ROWS)[:-9], "is no whole gzip"),
        (gzip.compress(HEADER + ROWS)[:60], "is no whole gzip"),
        (HEADER + ROWS, "is no whole gzip"),
        (b"", "has no bytes"),
        (gzip.compress(HEADER + ROWS) + b"more", "is no whole gzip"),
        (bomb(), "unpacks to more than 200 times its size"),
    ],
    ids=["cut", "cut early", "not packed", "empty", "garbage behind", "bomb"],
)
def test_gzip__bad__is_refused_by_name(
    lake: Lake, tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(SourceSchemaError, match=message):
        deliver(lake, tmp_path, "s.csv.gz", content)
    assert_refused(lake, message)


def test_plain__bomb__is_not_unpacked_further_than_its_bound() -> None:
    packed = gzip.compress(b"\0" * (256 * MIB), 9)
    with plain(Summed(io.BytesIO(packed)), "f.gz", "f") as file:
        blocks = iter(lambda: file.read(MIB), b"")
        sizes: list[int] = []
        with pytest.raises(SourceSchemaError):
            sizes.extend(map(len, blocks))
    assert sum(sizes) <= max(BLOCK_BYTES, 200 * len(packed))


@pytest.mark.parametrize("cut", [4, 100, -1])
def test_parquet__half_a_file__is_refused_by_name(lake: Lake, tmp_path: Path, cut: int) -> None:
    sink = io.BytesIO()
    names = [column.source_path for column in CONTRACTS["marketing_leads"].columns]
    pq.write_table(pa.table({name: ["x"] for name in names}), sink)
    with pytest.raises(SourceSchemaError, match="is not Parquet that can be read"):
        deliver(lake, tmp_path, "l.parquet", sink.getvalue()[:cut], "marketing_leads")


def test_find_delivered__unfinished_and_hidden_names__are_left_alone(tmp_path: Path) -> None:
    names = [
        "a.csv", "b.csv.gz", "c.csv.tmp", "d.csv.part", ".e.csv", "_f.csv", "g.csv.filepart",
        "h.txt", "i.csv.gz.part",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert find_delivered(tmp_path, "*.csv") == ["a.csv", "b.csv.gz"]
    assert find_delivered(tmp_path, "*") == ["a.csv", "b.csv.gz", "h.txt"]
    assert find_delivered(tmp_path / "none", "*") == []


def test_drop__file_that_grows__is_left_for_later(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_file = Stage.put_file

    def meanwhile(self: Stage, name: str, file: Any) -> int:
        size = put_file(self, name, file)
        with (tmp_path / "sellers" / DAY.isoformat() / name).open("ab") as more:
            more.write(ROWS)
        return size

    with monkeypatch.context() as patch:
        patch.setattr(Stage, "put_file", meanwhile)
        with pytest.raises(SourceMissingError, match="is still being written") as caught:
            deliver(lake, tmp_path, "s.csv", HEADER)
    assert caught.value.retryable
    assert lake.s3.list_objects_v2(Bucket=lake.bucket("stage")).get("Contents", []) == []
    assert land("sellers", DAY, Sources(drop_dir=tmp_path), lake).written_count == 30  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("age", "waits"),
    [(0, [60]), (20, [40]), (61, []), (-3_600, [60])],
    ids=lambda value: str(value),
)
def test_drop__young_file__is_looked_at_again_when_it_has_settled(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int, waits: list[int]
) -> None:
    place = tmp_path / "sellers" / DAY.isoformat()
    place.mkdir(parents=True)
    path = place / "s.csv"
    slept: list[float] = []
    sources = Sources(drop_dir=tmp_path, drop_settle_seconds=60)

    def deliver_half() -> None:
        path.write_bytes(HEADER + ROWS[:100])
        os.utime(path, (time.time() - age,) * 2)

    def write_the_rest(seconds: float) -> None:
        slept.append(seconds)
        with path.open("ab") as more:
            more.write(ROWS)

    deliver_half()
    with monkeypatch.context() as patch:
        patch.setattr(extract_drop.time, "sleep", write_the_rest)
        if waits:
            with pytest.raises(SourceMissingError, match="is still being written"):
                land("sellers", DAY, sources, lake)
        else:
            assert land("sellers", DAY, sources, lake).state == "published"  # type: ignore[union-attr]
    assert slept == pytest.approx(waits, abs=10)
    if waits:
        monkeypatch.setattr(extract_drop.time, "sleep", slept.append)
        manifest = land("sellers", DAY, sources, lake)
        assert isinstance(manifest, Manifest)
        (staged,) = [file for file in manifest.files if file.role == "stage"]
        assert staged.size_bytes == path.stat().st_size


def test_drop__files_that_come_after_publication__are_told_until_the_next_day(
    lake: Lake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    half = HEADER + ROWS[: len(ROWS) // 2]
    first = deliver(lake, tmp_path, "s.csv", half)
    sources, place = Sources(drop_dir=tmp_path), tmp_path / "sellers" / DAY.isoformat()
    assert land("sellers", DAY, sources, lake) == first
    assert "late_files" not in caplog.text

    (place / "s.csv").write_bytes(HEADER + ROWS)
    (place / "t.csv").write_bytes(HEADER)
    (place / "u.csv.part").write_bytes(HEADER)
    told = land("sellers", DAY, sources, lake)
    assert isinstance(told, Manifest)
    assert replace(told, warnings={}) == first
    assert told.warnings["late_files"].startswith(
        f"{place} has files that are not in the published batch: s.csv ({len(HEADER + ROWS)} "
        f"bytes, landed {len(half)}), t.csv ({len(HEADER)} bytes). Have"
    )
    caplog.clear()
    tomorrow = tmp_path / "sellers" / "2026-06-02"
    tomorrow.mkdir()
    (tomorrow / "s.csv").write_bytes(HEADER + ROWS)
    manifest = land("sellers", date(2026, 6, 2), sources, lake)
    assert isinstance(manifest, Manifest)
    assert "late_files" not in manifest.warnings
    (line,) = [record.message for record in caplog.records if "late_files" in record.message]
    assert "sellers-2026-06-01" in line
    assert "t.csv" in line


def test_drop__folder_that_cannot_be_looked_at__does_not_fail_a_published_day(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = deliver(lake, tmp_path, "s.csv", HEADER + ROWS)

    def refuse(self: Path) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert land("sellers", DAY, Sources(drop_dir=tmp_path), lake) == first
    assert "event=late_files_unknown" in caplog.text
    assert land("sellers", DAY, Sources(), lake) == first


def test_drop__name_that_leads_elsewhere__is_refused(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(HEADER + ROWS)
    place = tmp_path / "sellers" / DAY.isoformat()
    place.mkdir(parents=True)
    (place / "s.csv").symlink_to("../../secret.txt")
    with pytest.raises(SourceError, match="is no file of that folder"):
        land("sellers", DAY, Sources(drop_dir=tmp_path), lake)
    (place / "s.csv").unlink()
    (place / "s.csv").mkdir()
    with pytest.raises(SourceError, match="is no file of that folder"):
        land("sellers", DAY, Sources(drop_dir=tmp_path), lake)


@pytest.mark.parametrize(
    "name", ["s\nx.csv", "s\r.csv", "s\x01.csv", "s\x1b[31m.csv", "s\u202e.csv"]
)
def test_drop__name_that_does_not_show__is_refused(lake: Lake, tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="has characters that do not show") as caught:
        deliver(lake, tmp_path, name, HEADER + ROWS)
    assert str(caught.value).isprintable()
    assert_refused(lake, "has characters that do not show")


@pytest.mark.parametrize(
    ("code", "is_worth_it"), [(errno.EACCES, False), (errno.EIO, False), (errno.ESTALE, True)]
)
@pytest.mark.parametrize("method", ["iterdir", "open"])
def test_drop__what_cannot_be_read__is_told_with_path_and_reason(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    code: int,
    is_worth_it: bool,
) -> None:
    place = tmp_path / "sellers" / DAY.isoformat()
    place.mkdir(parents=True)
    (place / "s.csv").write_bytes(HEADER + ROWS)
    plain = getattr(Path, method)

    def fail(self: Path, *arguments: Any) -> Any:
        if place in (self, self.parent):
            raise OSError(code, os.strerror(code), str(self))
        return plain(self, *arguments)

    monkeypatch.setattr(Path, method, fail)
    monkeypatch.setattr(asking, "_ATTEMPTS", 1)
    says = f"{re.escape(str(place))}.* cannot be read: {os.strerror(code)}"
    with pytest.raises(SourceError, match=says) as caught:
        land("sellers", DAY, Sources(drop_dir=tmp_path), lake)
    assert (caught.value.retryable, isinstance(caught.value, SourceUnavailableError)) == (
        is_worth_it,
        is_worth_it,
    )


@pytest.mark.parametrize("name", ["", ".", "..", "../x.csv", "a/b.csv", "a\\b.csv", "/etc/x"])
def test_stage__name_that_leads_elsewhere__is_refused(lake: Lake, name: str) -> None:
    stage = Stage(Bucket(lake.s3, lake.bucket("stage")), CONTRACTS["sellers"], DAY, "run")
    with pytest.raises(LandingError, match="is no name of a file"):
        stage.put(name, b"")
    assert lake.s3.list_objects_v2(Bucket=lake.bucket("stage")).get("Contents", []) == []


@pytest.fixture(autouse=True)
def few_refused_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without a single row of its form is given up earlier, so that the test is short."""
    monkeypatch.setattr(read_csv, "_MOST_REFUSED_BYTES", 2 * MIB)


def test_csv__header_with_a_line_break_in_quotes__keeps_every_text(
    lake: Lake, tmp_path: Path
) -> None:
    """What the header names is read as text: a tax number keeps its zeros."""
    header = b'"note\nof it",' + HEADER
    row = b"x,s1,01310,007,SP,00112,00000000000191\n"
    manifest = deliver(lake, tmp_path, "sellers.csv", header + row)
    assert (manifest.written_count, manifest.ignored_fields) == (1, ("note\nof it",))
    (data,) = (file for file in manifest.files if file.role == "data")
    bucket, _, key = data.uri.removeprefix("s3://").partition("/")
    (found,) = pq.read_table(io.BytesIO(Bucket(lake.s3, bucket).get(key) or b"")).to_pylist()
    texts = [found[name] for name in ("seller_city", "seller_name", "seller_cnpj")]
    assert texts == ["007", "00112", "00000000000191"]


def test_json__a_field_whose_name_is_no_text__is_named_by_its_escape(
    lake: Lake, tmp_path: Path
) -> None:
    (review,) = reviews(1, 1)
    content = json.dumps({**review, "\ud800": 1}).encode("ascii") + b"\n"
    manifest = deliver(lake, tmp_path, "reviews.jsonl", content, "reviews")
    assert (manifest.written_count, manifest.ignored_fields) == (1, ("\\ud800",))


def test_gzip__without_a_byte__is_no_empty_day(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceSchemaError, match=r"reviews\.jsonl\.gz has no bytes"):
        deliver(lake, tmp_path, "reviews.jsonl.gz", b"", "reviews")
    manifest = deliver(lake, tmp_path, "reviews.jsonl.gz", gzip.compress(b""), "reviews")
    assert (manifest.state, manifest.read_count) == ("published", 0)


def test_drop__a_name_that_is_not_in_utf8__is_told_by_its_escape(
    lake: Lake, tmp_path: Path
) -> None:
    folder = tmp_path / "sellers" / DAY.isoformat()
    folder.mkdir(parents=True)
    (folder / "sellers\udce9.csv").write_bytes(HEADER + ROWS)
    with pytest.raises(SourceError, match=r"'sellers\\udce9.csv' in .* is no name in UTF-8"):
        land("sellers", DAY, Sources(drop_dir=tmp_path), lake)


class _Slow(io.BytesIO):
    """A file whose reads take a moment, and that knows when one is under way."""

    reading = 0
    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reading += 1
        self.reads += 1
        threading.Event().wait(0.1)
        content = super().read(size)
        self.reading -= 1
        return content


@pytest.mark.parametrize("good", [0, 40 * MIB])
def test_csv__given_up__is_read_no_further(monkeypatch: pytest.MonkeyPatch, good: int) -> None:
    """A thread of Arrow that reads while the interpreter ends aborts the process (status 134)."""
    monkeypatch.setattr(read_csv, "_MOST_REFUSED_BYTES", 1024)
    source = _Slow(HEADER + ROW % 1 * (good // len(ROW)) + b"a,b\n" * (30 * MIB))
    with pytest.raises(SourceSchemaError, match="cannot be read as CSV") as caught:
        for _ in iter_csv(source, "sellers.csv", CONTRACTS["sellers"]):
            pass
    reads = source.reads
    assert source.reading == 0
    threading.Event().wait(0.3)
    assert (source.reads, source.reading) == (reads, 0)
    assert caught.tb is not None  # what keeps the reader's frame alive


PERSON = b"Zuleica Plantada"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"s1,01310,%s,SP,Rua,9\n" % PERSON * 30,
            "its first line has 6 fields, and none is one of",
        ),
        (b"%s,%s,x\n" % (PERSON, PERSON), "columns of the same name: 1, 2"),
        (HEADER + b"%s,x\n" % PERSON * 200_000, r"CSV: .*Expected 6 columns, got 2\. A record"),
    ],
    ids=["no header", "no header and alike", "broken rows"],
)
def test_csv__a_row_where_the_header_should_be__is_in_no_error(
    lake: Lake, tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(SourceSchemaError, match=message) as caught:
        deliver(lake, tmp_path, "s.csv", content)
    assert "Zuleica" not in str(caught.value)
