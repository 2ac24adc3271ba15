"""Reading files as received: awkward CSV and JSON."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.contracts import Contract, load_contracts
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.read_csv import iter_csv
from lakehouse.landing.read_json import iter_json_lines, read_json_page
from lakehouse.landing.read_parquet import iter_parquet
from lakehouse.landing.records import Records, concat_records

CONTRACTS = load_contracts(Path(__file__).resolve().parents[3] / "contracts")
MIB = 1024 * 1024
TRANSLATIONS = CONTRACTS["category_translations"]


def read_csv(content: bytes, name: str, contract: Contract) -> Records:
    return concat_records(list(iter_csv(io.BytesIO(content), name, contract)))


def read_json_lines(content: bytes, name: str, contract: Contract) -> Records:
    return concat_records(list(iter_json_lines(io.BytesIO(content), name, contract)))


def read_parquet(content: bytes, name: str, contract: Contract) -> Records:
    return concat_records(list(iter_parquet(io.BytesIO(content), name, contract)))


PT, EN = "product_category_name", "product_category_name_english"


def test_read_csv__awkward_but_valid__is_read_as_written() -> None:
    content = f'\ufeff{EN},extra,{PT}\r\n"a ""b""\r\nc",,x\r\n"",1,"d,e"\r\n'.encode()
    records = read_csv(content, "f.csv", TRANSLATIONS)
    assert records.columns.to_pylist() == [{PT: "x", EN: 'a "b"\r\nc'}, {PT: "d,e", EN: ""}]
    assert records.ignored == ("extra",)
    assert records.row_number.to_pylist() == [1, 2]
    assert records.read_count == 2


def test_read_csv__wrong_number_of_fields__takes_only_those_rows_out() -> None:
    content = f'{PT},{EN}\na,b\nc\n"d\nd",e\nf,g,h\ni,j\n'.encode()
    records = read_csv(content, "f.csv", TRANSLATIONS)
    assert records.columns[PT].to_pylist() == ["a", "d\nd", "i"]
    assert records.row_number.to_pylist() == [1, 3, 5]
    assert [(r.row_number, r.problem, r.text) for r in records.unreadable] == [
        (2, "1 fields instead of 2", "c"),
        (4, "3 fields instead of 2", "f,g,h"),
    ]


def test_read_csv__bytes_that_are_no_utf8__take_only_those_rows_out() -> None:
    content = f"{PT},{EN}\na,b\n".encode() + b"caf\xe9,x\n" + "é,y\n".encode()
    records = read_csv(content, "f.csv", TRANSLATIONS)
    assert records.columns[PT].to_pylist() == ["a", "é"]
    assert records.row_number.to_pylist() == [1, 3]
    (bad,) = records.unreadable
    assert (bad.row_number, bad.text) == (2, "caf\\xe9,x")


def test_read_csv__other_encoding_and_delimiter__follow_the_contract() -> None:
    latin = replace(TRANSLATIONS.format, encoding="latin-1", delimiter=";")
    contract = replace(TRANSLATIONS, format=latin)
    records = read_csv(f"{PT};{EN}\nmóveis;x\n".encode("latin-1"), "f.csv", contract)
    assert records.columns.to_pylist() == [{PT: "móveis", EN: "x"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.csv is empty"),
        (b"\n", "f.csv is empty"),
        (f"{PT}\n".encode(), f"f.csv lacks the columns {EN}; it has {PT}"),
        (f"{PT},{PT},{EN}\n".encode(), "f.csv has columns of the same name: 1, 2"),
    ],
)
def test_read_csv__no_usable_header__is_refused_by_name(content: bytes, message: str) -> None:
    with pytest.raises(SourceSchemaError, match=message):
        read_csv(content, "f.csv", TRANSLATIONS)


def test_read_json_lines__numbers__keep_their_digits() -> None:
    contract = CONTRACTS["reviews"]
    lines = b'{"review_id": 12345678901234567890, "score": 1.10, "order": {"id": true}}\r\n\r\n'
    records = read_json_lines(b"\xef\xbb\xbf" + lines, "f.jsonl", contract)
    (row,) = records.columns.to_pylist()
    assert (row["review_id"], row["review_score"]) == ("12345678901234567890", "1.10")
    assert row["order_id"] == "true"
    assert row["review_comment_title"] is None


@pytest.mark.parametrize("line", [b"{", b"NaN", b'{"score": NaN}', b"1", b"null", b"\xff{}", b'""'])
def test_read_json_lines__no_object__is_unreadable(line: bytes) -> None:
    records = read_json_lines(line + b"\n", "f.jsonl", CONTRACTS["reviews"])
    assert (records.columns.num_rows, len(records.unreadable)) == (0, 1)


def test_read_json_lines__lone_surrogate__becomes_text() -> None:
    line = b'{"comment": {"title": "a\\ud800"}}'
    records = read_json_lines(line, "f.jsonl", CONTRACTS["reviews"])
    assert records.columns["review_comment_title"].to_pylist() == ["a\\ud800"]


def test_read_json_page__money__is_never_floating_point() -> None:
    page = (
        b'{"data": [{"order_id": "o", "payment_value": 90071992547409.93}, 7], "next_cursor": null}'
    )
    records = read_json_page(page, "p.json", CONTRACTS["payments"])
    assert records.columns["payment_value"].to_pylist() == ["90071992547409.93"]
    assert [r.row_number for r in records.unreadable] == [2]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"1E1", "10"),
        (b"-1.50e+2", "-150"),
        (b"25e-3", "0.025"),
        (b"1e39", "1e39"),
        (b"1e99999999999999999999", "1e99999999999999999999"),
    ],
)
def test_read_json_lines__exponent__is_written_out_as_far_as_a_type_reaches(
    written: bytes, read: str
) -> None:
    records = read_json_lines(b'{"score": %b}' % written, "f.jsonl", CONTRACTS["reviews"])
    assert records.columns["review_score"].to_pylist() == [read]


@pytest.mark.parametrize("line", [b'{"score": 5, "score": 1}', b'{"order": {"id": 1, "id": 2}}'])
def test_read_json_lines__field_named_twice__is_unreadable(line: bytes) -> None:
    records = read_json_lines(line + b'\n{"score": 3}\n', "f.jsonl", CONTRACTS["reviews"])
    assert records.columns["review_score"].to_pylist() == ["3"]
    ((row, text, problem),) = ((u.row_number, u.text, u.problem) for u in records.unreadable)
    assert (row, text) == (1, line.decode())
    assert re.search(r"names a field more than once: (score|id)$", problem)


def test_read_json_page__record_that_names_a_field_twice__is_unreadable() -> None:
    twice = b'{"order_id": "o", "payment_value": "1.00", "payment_value": "99.00"}'
    nested = b'{"order_id": "p", "more": [{"a": 1, "a": 2}]}'
    page = b'{"data": [{"order_id": "n"}, %b, %b], "next_cursor": null}' % (twice, nested)
    records = read_json_page(page, "p.json", CONTRACTS["payments"])
    assert records.columns["order_id"].to_pylist() == ["n"]
    assert [(u.row_number, u.problem) for u in records.unreadable] == [
        (2, "names a field more than once: payment_value"),
        (3, "names a field more than once: a"),
    ]
    assert records.unreadable[0].text == twice.decode()


@pytest.mark.parametrize(
    "page",
    [
        b'{"data": [{"order_id": "o"}], "next_cursor": null, "data": []}',
        b'{"data": [], "next_cursor": "7", "next_cursor": null}',
    ],
)
def test_read_json_page__page_that_names_a_field_twice__is_refused(page: bytes) -> None:
    with pytest.raises(SourceSchemaError, match=r"p\.json names a field more than once: (data|ne)"):
        read_json_page(page, "p.json", CONTRACTS["payments"])


def test_read_json_page__mark_of_byte_order__is_no_part_of_it() -> None:
    page = b'\xef\xbb\xbf{"data": [{"order_id": "o"}], "next_cursor": null}'
    records = read_json_page(page, "p.json", CONTRACTS["payments"])
    assert records.columns["order_id"].to_pylist() == ["o"]


@pytest.mark.parametrize("page", [b"", b"[]", b'{"error": "x"}', b'{"data": {}}', b"<html>"])
def test_read_json_page__no_page__is_refused_by_name(page: bytes) -> None:
    with pytest.raises(SourceSchemaError, match=r"p\.json is not"):
        read_json_page(page, "p.json", CONTRACTS["payments"])


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array(["é", None, ""]), ["é", None, ""]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([1, None, -3], pa.int16()), ["1", None, "-3"]),
        (pa.array([0.1, 2.5, None]), ["0.1", "2.5", None]),
        (pa.array([Decimal("1.50"), None, Decimal("-0.01")]), ["1.50", None, "-0.01"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([date(2026, 6, 1), None, None]), ["2026-06-01", None, None]),
        (pa.nulls(3), [None, None, None]),
        (
            pa.array([datetime(2026, 6, 1, 3, 4, 5, tzinfo=UTC), None, None]),
            ["2026-06-01 03:04:05.000000Z", None, None],
        ),
        (
            pa.array([datetime(2026, 6, 1, 3, 4, 5), None, None], pa.timestamp("ms")),  # noqa: DTZ001
            ["2026-06-01 03:04:05.000", None, None],
        ),
        (
            # A zone other than UTC says how to show the instant, which is UTC in the file.
            pa.array([0, None, None], pa.timestamp("s", "America/Sao_Paulo")),
            ["1970-01-01 00:00:00.000Z", None, None],
        ),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_read_parquet__each_type__is_text_that_the_door_reads(
    values: Any, texts: list[str | None]
) -> None:
    records = read_parquet(parquet(**{EN: values, PT: values, "more": values}), "f", TRANSLATIONS)
    assert records.columns[PT].to_pylist() == texts
    assert records.columns.column_names == [PT, EN]
    assert records.ignored == ("more",)
    assert records.row_number.to_pylist() == [1, 2, 3]


def test_read_parquet__bytes_that_are_no_utf8__take_only_those_rows_out() -> None:
    content = parquet(**{PT: pa.array([b"a", b"caf\xe9", "é".encode()]), EN: ["x", "y", "z"]})
    records = read_parquet(content, "f.parquet", TRANSLATIONS)
    assert records.columns[PT].to_pylist() == ["a", "é"]
    assert records.row_number.to_pylist() == [1, 3]
    (bad,) = records.unreadable
    assert (bad.row_number, bad.text, bad.problem) == (2, "caf\\xe9,y", "bytes that are not UTF-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not Parquet that can be read"),
        (b"PAR1 and no more", "is not Parquet that can be read"),
        (parquet(**{PT: ["a"]}), f"f lacks the columns {EN}; it has {PT}"),
        (parquet(**{PT: [["a"]], EN: ["b"]}), "product_category_name is list<"),
    ],
)
def test_read_parquet__what_cannot_be_read__is_refused_by_name(
    content: bytes, message: str
) -> None:
    with pytest.raises(SourceSchemaError, match=message):
        read_parquet(content, "f", TRANSLATIONS)


def written(table: pa.Table) -> bytes:
    """Parquet as writers other than Arrow leave it, without Arrow's own types beside."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
    return sink.getvalue()


def repeated_text(length: int, rows: int) -> Any:
    """One text of a dictionary in all rows."""
    places = pa.array([0] * rows, pa.int32())
    return pa.DictionaryArray.from_arrays(places, pa.array(["y" * length]))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({PT: ["a"], EN: ["z" * 20 * MIB]}, "f unpacks to more than 200 times its size"),
        ({PT: ["a"] * 65_536, EN: repeated_text(MIB, 65_536)}, "f unpacks to more than 200 times"),
        ({PT: pa.nulls(20 * MIB), EN: pa.nulls(20 * MIB)}, "f unpacks to more than 200 times"),
        (
            {PT: [random.Random(1).randbytes(17 * MIB)], EN: ["a"]},
            "f has a row of more than 16777216 bytes",
        ),
    ],
    ids=["packed", "dictionary", "nulls", "a long value"],
)
def test_read_parquet__bomb__is_refused_before_it_is_unpacked(
    columns: dict[str, Any], message: str
) -> None:
    content = written(pa.table(columns))
    before, limit = pa.total_allocated_bytes(), pa.default_memory_pool().max_memory()
    with pytest.raises(SourceSchemaError, match=message):
        read_parquet(content, "f", TRANSLATIONS)
    assert pa.default_memory_pool().max_memory() <= max(limit, before + 192 * MIB)


def test_read_parquet__long_texts__come_in_slices_and_whole() -> None:
    texts = [random.Random(number).randbytes(MIB).hex() for number in range(20)]
    content = written(pa.table({PT: [str(number) for number in range(20)], EN: texts}))
    parts = list(iter_parquet(io.BytesIO(content), "f", TRANSLATIONS))
    assert max(part.nbytes for part in parts) < 17 * MIB
    assert [row for part in parts for row in part.columns[EN].to_pylist()] == texts
    assert [n for part in parts for n in part.row_number.to_pylist()] == list(range(1, 21))


def test_read_parquet__column_twice__is_refused_by_name() -> None:
    table = pa.Table.from_arrays([pa.array(["a"])] * 3, names=[PT, EN, PT])
    with pytest.raises(SourceSchemaError, match=f"f has columns of the same name: {PT}$"):
        read_parquet(written(table), "f", TRANSLATIONS)


def test_iter_json_lines__nested_without_end__is_refused_as_one_row() -> None:
    """Also in a process whose recursion limit was raised: the parser is not asked."""
    deep = b'{"a":' * 150_000
    records = read_json_lines(deep + b"\n{}\n", "f.jsonl", CONTRACTS["reviews"])
    (row,) = records.unreadable
    assert (row.row_number, row.problem) == (1, "not JSON: nested more than 200 deep")
    assert records.columns.num_rows == 1
