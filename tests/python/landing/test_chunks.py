"""A batch in chunks is the batch in one piece; and whatever its size, little of it is in memory."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lakehouse.landing.door as door
import lakehouse.landing.draft as draft
import lakehouse.landing.intake as intake
import lakehouse.landing.read_csv as read_csv
import lakehouse.landing.read_json as read_json
import lakehouse.landing.read_parquet as read_parquet
import lakehouse.landing.repeats as repeats
import lakehouse.landing.store as store
from lakehouse.contracts import Lake, load_contracts
from lakehouse.landing import Manifest, Sources, land, read_rejects
from lakehouse.landing.door import Admission, Past, admit
from lakehouse.landing.ordered import in_order
from lakehouse.landing.records import Records, Unreadable, concat_records
from lakehouse.landing.repeats import Repeats
from lakehouse.landing.row_hash import hash_rows
from lakehouse.landing.store import Bucket

CONTRACTS = load_contracts(Path(__file__).resolve().parents[3] / "contracts")
DAY = date(2026, 6, 1)
SELLERS = "seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"


def records_of(rows: list[dict[str, Any]], before: int = 0) -> Records:
    contract = CONTRACTS["category_translations"]
    return Records(
        columns=pa.table(
            {c.name: pa.array([row[c.name] for row in rows], pa.string()) for c in contract.columns}
        ),
        row_number=pa.chunked_array(
            [pa.array(range(before + 1, before + len(rows) + 1), pa.int64())]
        ),
        source_file=pa.chunked_array([pa.array(["f.csv"] * len(rows), pa.string())]),
    )


def whole(parts: list[Admission]) -> dict[str, Any]:
    return {
        "rows": [row for part in parts for row in part.rows.to_pylist()],
        "rejected": [row for part in parts for row in part.rejected.to_pylist()],
        "read": sum(part.read_count for part in parts),
    }


PT, EN = "product_category_name", "product_category_name_english"
WORDS = st.sampled_from(["a", "b", " a", "", None, "x" * 300, "x" * 299 + "y", "ação", "aaaaaaaa"])


@given(st.lists(st.tuples(WORDS, WORDS), max_size=40), st.lists(st.integers(0, 40), max_size=5))
@settings(deadline=None, max_examples=60)
@pytest.mark.parametrize("hashed", [hash_rows, lambda columns: np.zeros(columns.num_rows, "u8")])
def test_admit__any_cut_into_chunks__decides_as_on_the_whole(
    hashed: Callable[[pa.Table], Any], texts: list[tuple[Any, Any]], cuts: list[int]
) -> None:
    """Also when all hashes are equal: no row is refused for the hash of another."""
    contract = CONTRACTS["category_translations"]
    rows = [{PT: pt, EN: en} for pt, en in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "hash_rows", hashed)
        expected = whole([admit(records_of(rows), contract)])
        bounds = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
        chunks = [records_of(rows[a:b], a) for a, b in pairwise(bounds)]
        with Past(lambda: (chunk.columns for chunk in chunks)) as past:
            found = whole([admit(chunk, contract, past=past) for chunk in chunks])
    assert found == expected
    seen: set[tuple[Any, Any]] = set()
    copies = [n for n, row in enumerate(texts, 1) if row in seen or seen.add(row)]  # type: ignore[func-returns-value]
    refused = {row["row_number"]: row["rule"] for row in found["rejected"]}
    assert {n for n in copies if refused.get(n) != "required"} == {
        n for n, rule in refused.items() if rule == "duplicate_row"
    }


def test_find__copies_far_behind__are_found_in_the_chunks_that_went_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repeats, "_BATCH_ROWS", 7)
    monkeypatch.setattr(repeats, "_LONGEST_MERGED", 120)
    chosen = random.Random(7)
    texts = [str(chosen.randrange(400)) for _ in range(1000)]
    columns = pa.table({"a": pa.array(texts), "b": pa.array([f"{t}!" for t in texts])})
    seen: set[str] = set()
    expected = [n for n, text in enumerate(texts) if text in seen or seen.add(text)]  # type: ignore[func-returns-value]
    found: list[int] = []
    start = 0

    def again() -> Iterator[pa.Table]:
        """In other pieces, and some of the rows that follow too."""
        return (columns.slice(0, start + 20).slice(at, 70) for at in range(0, start + 20, 70))

    with Repeats(again) as rows:
        for start in range(0, 1000, 50):
            part = columns.slice(start, 50)
            hashes = hash_rows(part)
            positions = rows.find(part, hashes, np.ones(50, dtype=np.bool_))
            found += [start + int(position) for position in positions]
    assert found == expected


def test_hash_rows__nulls_and_borders__are_told_apart() -> None:
    rows = [("ab", "c"), ("a", "bc"), (None, "abc"), ("", "abc"), ("abc", None), ("a\0", ""),
            ("a", "\0"), ("x" * 300, ""), ("x" * 301, "")]  # fmt: skip
    table = pa.table({"a": [a for a, _ in rows], "b": [b for _, b in rows]})
    hashes = hash_rows(table)
    assert len(set(hashes.tolist())) == len(rows)
    # A row's hash depends on nothing but the row.
    assert [hash_rows(table.slice(n, 1))[0] for n in range(len(rows))] == hashes.tolist()
    assert hash_rows(pa.concat_tables([table, table])).tolist() == hashes.tolist() * 2


def test_hash_rows__numbers__are_told_apart_by_place_and_null() -> None:
    whole: list[int | None] = [1, 2, 0, None, None, 2]
    other: list[int | None] = [2, 1, None, 0, None, 2]
    for kind in (pa.int32(), pa.int64(), pa.decimal128(38, 0), pa.timestamp("ms"), pa.date32()):
        width = pa.int32() if kind == pa.date32() else pa.int64()
        if pa.types.is_decimal(kind):
            width = kind
        a, b = (pa.array(each, width).cast(kind) for each in (whole, other))
        table = pa.table({"a": a, "b": b})
        hashes = hash_rows(table)
        assert len(set(hashes.tolist())) == len(whole), kind
        assert [hash_rows(table.slice(n, 1))[0] for n in range(len(whole))] == hashes.tolist()
    far = pa.table({"a": pa.array([Decimal(2**64), Decimal(0)], pa.decimal128(38, 0))})
    assert len(set(hash_rows(far).tolist())) == 2


def test_admit__rows_that_say_the_same_in_other_words__are_no_repeats() -> None:
    contract = CONTRACTS["order_items"]
    row: dict[str, Any] = {
           "order_id": "o", "order_item_id": "1", "product_id": "p", "seller_id": "s",
           "shipping_limit_date": "2026-01-01", "price": "1.50", "freight_value": "0.00",
           "updated_at": "2026-01-01 00:00:00", "deleted_at": None}  # fmt: skip
    short: dict[str, Any] = {"price": "1.5"}
    more: list[dict[str, Any]] = [
        {},
        short,
        {"order_item_id": "01"},
        {"updated_at": "2026-01-01"},
        short,
    ]
    rows = [row | change for change in more]
    columns = pa.table(
        {c.name: pa.array([row[c.name] for row in rows], pa.string()) for c in contract.delivered}
    )
    numbers = pa.chunked_array([pa.array(range(1, 6), pa.int64())])
    files = pa.chunked_array([pa.array(["f.csv"] * 5, pa.string())])
    rejected = admit(Records(columns, numbers, files), contract).rejected.to_pylist()
    assert [(row["rule"], row["row_number"]) for row in rejected] == [("duplicate_row", 5)]


def test_in_order__results__come_as_the_items_and_errors_in_their_turn() -> None:
    assert list(in_order(lambda n: n * n, range(20))) == [(n, n * n) for n in range(20)]
    done: list[int] = []

    def work(n: int) -> int:
        done.append(n)
        return 1 // (n - 5)

    results = in_order(work, range(20))
    assert [item for item, _ in islice(results, 5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(done) < 20, "what comes after an error is not begun"


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and chunks of some hundred bytes, so that small batches have many."""
    monkeypatch.setattr(intake, "CHUNK_BYTES", 600)
    monkeypatch.setattr(read_csv, "BLOCK_BYTES", 400)
    monkeypatch.setattr(read_json, "_LINES_BYTES", 300)
    monkeypatch.setattr(read_parquet, "_ROWS", 9)
    monkeypatch.setattr(draft, "_GROUP_BYTES", 3_000)


def rows_of(lake: Lake, manifest: Manifest) -> list[dict[str, Any]]:
    (data,) = (file for file in manifest.files if file.role == "data")
    bucket, _, key = data.uri.removeprefix("s3://").partition("/")
    body = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(body)).to_pylist()
    return found


def sellers(count: int) -> str:
    lines = []
    for n in range(count):
        line = f's{n},0131{n % 10},"são\npaulo, {n % 7}",SP,,'
        lines.append(line)
        if n % 11 == 0:
            lines.append(f"s{n},,x,SP,,")
        if n % 13 == 0:
            lines.append(line)
        if n % 17 == 0:
            lines.append(f"s{n},x")
        if n % 19 == 0:
            lines += ["", lines[0]]
    return SELLERS + "\n".join(lines) + "\n"


def land_file(lake: Lake, folder: Path, feed: str, name: str, content: bytes) -> Manifest:
    place = folder / feed / DAY.isoformat()
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)
    manifest = land(feed, DAY, Sources(drop_dir=folder), lake)
    assert isinstance(manifest, Manifest)
    return manifest


def emptied(lake: Lake) -> None:
    for zone in ("stage", "raw", "ops"):
        for item in lake.s3.list_objects_v2(Bucket=lake.bucket(zone)).get("Contents", []):
            lake.s3.delete_object(Bucket=lake.bucket(zone), Key=item["Key"])


def lenient(lake: Lake, feed: str) -> Lake:
    contract = lake.contract(feed)
    loading = replace(contract.loading, reject_threshold=0.9)
    return replace(lake, contracts={**lake.contracts, feed: replace(contract, loading=loading)})


def test_land__csv_in_chunks__is_the_csv_in_one_piece(
    lake: Lake, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lake = lenient(lake, "sellers")
    content = sellers(120).encode()
    expected = land_file(lake, tmp_path, "sellers", "s.csv", content)
    rows = rows_of(lake, expected)
    rejects = read_rejects(lake, lake.contract("sellers"), DAY)
    emptied(lake)
    request.getfixturevalue("small_chunks")
    found = land_file(lake, tmp_path, "sellers", "s.csv", content)
    assert rows_of(lake, found) == rows
    assert read_rejects(lake, lake.contract("sellers"), DAY) == rejects
    # Only the row groups of the data file differ.
    assert replace(found, files=()) == replace(expected, files=())
    assert (expected.written_count, expected.rejected_by_rule) == (
        120, {"shape": 8, "required": 11, "duplicate_row": 17},
    )  # fmt: skip
    (data,) = (file for file in found.files if file.role == "data")
    body = lake.s3.get_object(Bucket=lake.bucket("raw"), Key=data.uri.split("/", 3)[3])["Body"]
    assert pq.read_metadata(io.BytesIO(body.read())).num_row_groups > 3
    emptied(lake)
    assert land_file(lake, tmp_path, "sellers", "s.csv", content) == found


def test_land__json_lines_in_chunks__are_those_in_one_piece(
    lake: Lake, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lake = lenient(lake, "reviews")
    good = (
        '{{"review_id": "r{0}", "order": {{"id": "o"}}, "score": 5, "mood": 1, '
        '"created_at": "2026-05-20T10:00:00-03:00"}}'
    )
    lines = ["\ufeff" + good.format(0), "", "[1]", '{"review_id": ']
    lines += [good.format(n % 60) for n in range(90)]
    content = "\n".join(lines).encode()
    expected = land_file(lake, tmp_path, "reviews", "r.jsonl", content)
    rows = rows_of(lake, expected)
    rejects = read_rejects(lake, lake.contract("reviews"), DAY)
    emptied(lake)
    request.getfixturevalue("small_chunks")
    found = land_file(lake, tmp_path, "reviews", "r.jsonl", content)
    assert rows_of(lake, found) == rows
    assert read_rejects(lake, lake.contract("reviews"), DAY) == rejects
    assert replace(found, files=()) == replace(expected, files=())
    assert (expected.written_count, expected.rejected_by_rule) == (
        60, {"shape": 2, "duplicate_row": 31},
    )  # fmt: skip


def test_iter_parquet__batches__number_their_rows_on(small_chunks: None) -> None:
    sink = io.BytesIO()
    values = [f"v{n}" for n in range(40)]
    pq.write_table(pa.table({PT: values, EN: values}), sink)
    sink.seek(0)
    parts = list(read_parquet.iter_parquet(sink, "f", CONTRACTS["category_translations"]))
    assert len(parts) > 4
    joined = concat_records(parts)
    assert joined.columns[PT].to_pylist() == values
    assert joined.row_number.to_pylist() == list(range(1, 41))


def test_iter_csv__refused_rows_between_blocks__keep_their_numbers(small_chunks: None) -> None:
    lines = [f"{PT},{EN}"] + [f"a{n},b" if n % 9 else f"a{n}" for n in range(200)]
    source = io.BytesIO("\n".join(lines).encode())
    parts = list(read_csv.iter_csv(source, "f", CONTRACTS["category_translations"]))
    assert len(parts) > 3
    joined = concat_records(parts)
    expected = [n for n in range(200) if n % 9]
    assert joined.columns[PT].to_pylist() == [f"a{n}" for n in expected]
    assert joined.row_number.to_pylist() == [n + 1 for n in expected]
    refused = [(record.row_number, record.text) for record in joined.unreadable]
    assert refused == [(n + 1, f"a{n}") for n in range(0, 200, 9)]


class _Dies:
    """An S3 client whose process is gone after a number of writes: it says nothing more."""

    def __init__(self, s3: Any, writes: int) -> None:
        self._s3 = s3
        self.writes = writes

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._s3, name)
        is_write = name.startswith(("put_", "delete_", "create_", "upload_", "complete_", "abort_"))
        return self._counted(call) if is_write else call

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(**arguments: Any) -> Any:
            self.writes -= 1
            if self.writes < 0:
                raise KeyboardInterrupt
            return call(**arguments)

        return counted


def test_put_file__killed_in_any_part__shows_nothing_and_is_cleared_away(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PART_BYTES", 5 * 1024 * 1024)
    content = random.Random(1).randbytes(11 * 1024 * 1024)
    name = lake.bucket("raw")
    for writes in range(5):  # create, three parts, complete
        dying: Any = _Dies(lake.s3, writes)
        with pytest.raises(KeyboardInterrupt):
            Bucket(dying, name).put_file("f", io.BytesIO(content))
        assert Bucket(lake.s3, name).get("f") is None
        assert len(lake.s3.list_multipart_uploads(Bucket=name).get("Uploads", [])) <= 1
    size, _ = Bucket(lake.s3, name).put_file("f", io.BytesIO(content))
    assert (size, Bucket(lake.s3, name).get("f")) == (len(content), content)
    assert lake.s3.list_multipart_uploads(Bucket=name).get("Uploads", []) == []


def test_unreadable__texts__count_as_memory() -> None:
    records = replace(records_of([]), unreadable=(Unreadable(1, "f", "x" * 100, "p"),))
    assert records.nbytes >= 100
