"""Extraction of whole MySQL tables: a consistent read, exact texts, parts, changed schemas."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pymysql
import pytest

import lakehouse.landing.extract_mysql as extract_mysql
from lakehouse.contracts import Contract, Lake
from lakehouse.contracts.model import ColumnType
from lakehouse.errors import (
    ConfigError,
    SourceError,
    SourceMissingError,
    SourceSchemaError,
    SourceUnavailableError,
)
from lakehouse.landing import Manifest, Sources, land, read_rejects
from lakehouse.marketplace import World
from lakehouse.marketplace.rates import Rates
from lakehouse.marketplace.sources import load_catalogue, write_drops
from lakehouse.mysql_client import connect_mysql

D1, D2 = date(2026, 6, 1), date(2026, 6, 2)
PRODUCTS = """
create table products (
    product_id varchar(32) primary key, product_category_name varchar(60),
    product_name_lenght int, product_description_lenght int, product_photos_qty int,
    product_weight_g varchar(40), product_length_cm int, product_height_cm int,
    product_width_cm int, not_ours text
) default charset = utf8mb4
"""


@pytest.fixture
def database(mysql_url: str) -> Iterator[Any]:
    """A cursor on a database without tables."""
    with connect_mysql(mysql_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("show full tables")
        for name, kind in cursor.fetchall():
            cursor.execute(f"drop {'view' if kind == 'VIEW' else 'table'} `{name}`")
        yield cursor


class Shelf:
    """The part of a stage that extraction uses."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = files or {}

    def clear(self) -> None:
        self.files.clear()

    def put(self, name: str, content: bytes) -> None:
        self.files[name] = content

    def rows(self) -> list[dict[str, str | None]]:
        """The rows of all files, with None for what stands unquoted and empty."""
        found: list[dict[str, str | None]] = []
        for name in sorted(self.files):
            text = self.files[name].decode().replace(",,", ",\x00,").replace(",,", ",\x00,")
            lines = list(csv.DictReader(io.StringIO(text)))
            found += [{k: None if v == "\x00" else v for k, v in line.items()} for line in lines]
        return found


def columns(contract: Contract, **types: ColumnType) -> Contract:
    """The contract with columns of these names and types alone."""
    like = contract.columns[0]
    made = tuple(
        replace(like, name=name, source_path=name, type=kind, key_position=None)
        for name, kind in types.items()
    )
    return replace(contract, columns=made)


def of_table(contract: Contract, table: str) -> Contract:
    return replace(contract, source=replace(contract.source, object=table))


def raw(lake: Lake, manifest: Manifest) -> pa.Table:
    tables = []
    for file in manifest.files:
        if file.role == "data":
            bucket, _, key = file.uri.removeprefix("s3://").partition("/")
            body = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            tables.append(pq.read_table(io.BytesIO(body)))
    return pa.concat_tables(tables)


TEXT, STAMP = ColumnType("varchar"), ColumnType("timestamp")
MONEY = ColumnType("decimal", 18, 2)


def test_copy_table__values__leave_the_server_as_its_own_text(
    lake: Lake,
    database: Any,
    mysql_url: str,
) -> None:
    database.execute(
        "create table odd (id varchar(9) primary key, empty varchar(9), nothing varchar(9), "
        "quoted varchar(40), emoji varchar(9) charset utf8mb4, old varchar(9) charset latin1, "
        "price decimal(38,18), whole bigint, wall datetime(6), instant timestamp(3) null, "
        "zero datetime, zero_instant timestamp not null, day date)"
    )
    database.execute("set time_zone = '-03:00', sql_mode = ''")
    database.execute(
        "insert into odd values ('a', '', null, 'say \"x\",\\n\\\\N', '🛒ção', 'ação', "
        "12345678901234567890.123456789012345678, -9223372036854775808, "
        "'2018-11-04 00:30:00.123456', '2018-02-17 23:30:00.250', '0000-00-00', 0, '2026-06-31')"
    )
    kinds = dict.fromkeys(("id", "empty", "nothing", "quoted", "emoji", "old"), TEXT) | {
        "price": MONEY,
        "whole": ColumnType("bigint"),
        "wall": STAMP,
        "instant": STAMP,
        "zero": STAMP,
        "zero_instant": STAMP,
        "day": ColumnType("date"),
    }
    shelf = Shelf()
    contract = of_table(columns(lake.contract("products"), **kinds), "odd")
    assert extract_mysql.copy_table(contract, mysql_url, shelf) == ()
    text = shelf.files["part-00001.csv"].decode()
    assert text.splitlines()[1].startswith('"a","",,"say ""x"",')
    (row,) = shelf.rows()
    assert row == {
        "id": "a",
        "empty": "",
        "nothing": None,
        "quoted": 'say "x",\n\\N',
        "emoji": "🛒ção",
        "old": "ação",
        "price": "12345678901234567890.123456789012345678",
        "whole": "-9223372036854775808",
        "wall": "2018-11-04 00:30:00.123456",
        "instant": "2018-02-18 02:30:00.250+00:00",
        "zero": "0000-00-00 00:00:00",
        "zero_instant": "0000-00-00 00:00:00",
        "day": "0000-00-00",
    }


def test_copy_table__long_values__come_whole_and_at_once(
    lake: Lake, database: Any, mysql_url: str
) -> None:
    """Nine million quotes, which the server itself would double for hours; and a value of as many
    bytes as max_allowed_packet lets in, whose quotes have no room there."""
    database.execute(
        "create table odd (id varchar(9) primary key, note longtext, short varchar(9))"
    )
    database.execute(
        "insert into odd values ('quotes', repeat('\"', 9000000), 'a'), ('empty', '', 'b'), "
        "('long', repeat('y', 16777215), null), ('nothing', null, 'd'), ('some', 'say \"x\"', 'e')"
    )
    contract = columns(lake.contract("products"), note=TEXT, id=TEXT, short=TEXT)
    shelf = Shelf()
    extract_mysql.copy_table(of_table(contract, "odd"), mysql_url, shelf)
    parts = [shelf.files[name] for name in sorted(shelf.files)]
    assert {part.partition(b"\n")[0] for part in parts} == {b'"id","short","note"'}
    assert b"".join(part.partition(b"\n")[2] for part in parts) == b"\n".join(
        [
            b'"empty","b",""',
            b'"long",,"' + b"y" * 16_777_215 + b'"',
            b'"nothing","d",',
            b'"quotes","a","' + b'""' * 9_000_000 + b'"',
            b'"some","e","say ""x"""',
            b"",
        ]
    )
    text = columns(lake.contract("products"), note=TEXT)
    extract_mysql.copy_table(of_table(text, "odd"), mysql_url, shelf)
    assert shelf.files["part-00001.csv"].startswith(b'"note"\n""\n"yyy')


@pytest.mark.parametrize(
    ("filling", "most", "named"),
    [
        ("repeat('y', 16777215)", 2**40, "a row of odd"),  # and two quotes
        ("repeat(_latin1 x'e7', 9000000)", 16_384, "a value of note in odd"),  # 18 MB of UTF-8
    ],
)
def test_copy_table__value_that_the_server_cannot_give__is_an_error_and_no_null(
    lake: Lake,
    database: Any,
    mysql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    filling: str,
    most: int,
    named: str,
) -> None:
    monkeypatch.setattr(extract_mysql, "_LONG_BYTES", most)
    database.execute("create table odd (id varchar(9) primary key, note longtext charset latin1)")
    database.execute(f"insert into odd values ('a', {filling})")
    contract = of_table(columns(lake.contract("products"), id=TEXT, note=TEXT), "odd")
    with pytest.raises(SourceError, match=f"{named} is longer than MySQL's max_allowed_packet"):
        extract_mysql.copy_table(contract, mysql_url, Shelf())


def test_land__mysql_zero_date__is_null_where_the_contract_says_so_else_refused(
    lake: Lake,
    database: Any,
    mysql_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database.execute(PRODUCTS.replace("product_name_lenght int", "seen datetime"))
    database.execute("set sql_mode = ''")
    database.execute("insert into products (product_id, seen) values ('p', 0), ('q', null)")
    contract = lake.contract("products")
    like = contract.column("product_name_lenght")
    seen = replace(like, name="product_name_lenght", source_path="seen", type=STAMP, checks=())
    plain = replace(
        contract,
        columns=tuple(seen if c is like else c for c in contract.columns),
        loading=replace(contract.loading, reject_allowance=5),
    )
    for zeros, rejected, nulls in (((), {"type": 1}, 1), (("0000-00-00 00:00:00",), {}, 2)):
        mine = replace(plain, format=replace(plain.format, null_tokens=zeros))
        monkeypatch.setitem(lake.contracts, "products", mine)
        day = date(2026, 6, 1 + len(zeros))
        manifest = land("products", day, Sources(mysql_url=mysql_url), lake)
        assert manifest.rejected_by_rule == rejected
        assert raw(lake, manifest)["product_name_lenght"].null_count == nulls


def test_copy_table__while_others_write__sees_one_moment(
    lake: Lake,
    database: Any,
    mysql_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database.execute(PRODUCTS)
    rows = [(f"p{n:05d}", n) for n in range(5_000)]
    database.executemany(
        "insert into products (product_id, product_length_cm) values (%s, %s)", rows
    )
    monkeypatch.setattr(extract_mysql, "PART_BYTES", 20_000)
    shelf = Shelf()

    def put(name: str, content: bytes) -> None:
        if not shelf.files:  # while the first part is stored, somebody rewrites the table
            database.execute("update products set product_length_cm = -1")
            database.execute("delete from products where product_id > 'p02500'")
        shelf.files[name] = content

    monkeypatch.setattr(shelf, "put", put)
    extract_mysql.copy_table(lake.contract("products"), mysql_url, shelf)
    seen = [(row["product_id"], int(row["product_length_cm"] or 0)) for row in shelf.rows()]
    assert seen == rows
    assert len(shelf.files) > 5
    assert max(len(content) for content in shelf.files.values()) <= 20_000


def test_copy_table__first_statement_after_the_check__sees_the_moment_of_the_check(
    lake: Lake,
    database: Any,
    mysql_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database.execute(PRODUCTS)
    database.execute("insert into products (product_id) values ('before')")
    build = extract_mysql._build_query

    def build_slowly(*arguments: Any) -> str:
        query = build(*arguments)
        database.execute("insert into products (product_id) values ('after')")
        return query

    monkeypatch.setattr(extract_mysql, "_build_query", build_slowly)
    shelf = Shelf()
    extract_mysql.copy_table(lake.contract("products"), mysql_url, shelf)
    assert [row["product_id"] for row in shelf.rows()] == ["before"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("drop column product_width_cm", "lacks the columns product_width_cm"),
        ("modify product_photos_qty varchar(9)", "product_photos_qty is varchar, not integer"),
        ("modify product_id int", "product_id is int, not varchar"),
        ("engine = MyISAM", "kept by MyISAM, which gives no consistent read"),
    ],
)
def test_land__mysql_changed_schema__is_named_before_anything_is_staged(
    lake: Lake,
    database: Any,
    mysql_url: str,
    change: str,
    message: str,
) -> None:
    database.execute(PRODUCTS)
    database.execute("insert into products (product_id) values ('1')")
    database.execute(f"alter table products {change}")
    with pytest.raises(SourceSchemaError, match=message):
        land("products", D1, Sources(mysql_url=mysql_url), lake)
    assert "Contents" not in lake.s3.list_objects_v2(Bucket=lake.bucket("stage"))
    database.execute("drop table products")
    with pytest.raises(SourceSchemaError, match="MySQL has no table products"):
        land("products", D1, Sources(mysql_url=mysql_url), lake)


def test_land__mysql_column_that_is_new__is_told_and_not_read(
    lake: Lake, database: Any, mysql_url: str
) -> None:
    database.execute(PRODUCTS)
    database.execute("insert into products (product_id) values ('1')")
    first = land("products", D1, Sources(mysql_url=mysql_url), lake)
    database.execute("alter table products add column Added_Later int default 7")
    second = land("products", D2, Sources(mysql_url=mysql_url), lake)
    assert isinstance(first, Manifest)
    assert isinstance(second, Manifest)
    assert (first.ignored_fields, first.warnings) == (("not_ours",), {})
    assert second.ignored_fields == ("Added_Later", "not_ours")
    assert second.warnings == {
        "new_fields": "the source has Added_Later, which no contract mentions"
    }


def test_copy_table__altered_since_the_check__is_worth_another_try(
    lake: Lake,
    database: Any,
    mysql_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database.execute(PRODUCTS)
    build = extract_mysql._build_query

    def build_slowly(*arguments: Any) -> str:
        query = build(*arguments)
        database.execute("alter table products modify not_ours int")
        return query

    monkeypatch.setattr(extract_mysql, "_build_query", build_slowly)
    with pytest.raises(SourceUnavailableError, match="definition has changed"):
        extract_mysql.copy_table(
            lake.contract("products"),
            mysql_url,
            Shelf(),
        )


def test_copy_table__stage_that_fails__leaves_the_rest_of_the_table_unread(
    lake: Lake,
    database: Any,
    mysql_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database.execute(PRODUCTS)
    rows = [(f"p{n:05d}", "x" * 1000) for n in range(20_000)]
    database.executemany("insert into products (product_id, not_ours) values (%s, %s)", rows)
    monkeypatch.setattr(extract_mysql, "PART_BYTES", 4_000)
    shelf = Shelf()
    monkeypatch.setattr(shelf, "put", lambda name, content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        extract_mysql.copy_table(
            lake.contract("products"),
            mysql_url,
            shelf,
        )
    # The server sees that nobody reads any more when it writes next, not at once.
    running, until = None, time.monotonic() + 30
    while running != (1,) and time.monotonic() < until:
        database.execute(
            "select count(*) from information_schema.processlist where command = 'Query'"
        )
        running = database.fetchone()
    assert running == (1,)


def test_land__mysql_empty_table__is_held(
    lake: Lake,
    database: Any,
    mysql_url: str,
) -> None:
    database.execute(PRODUCTS)
    with pytest.raises(Exception, match="would delete everything"):
        land("products", D1, Sources(mysql_url=mysql_url), lake)


def test_land__mysql_down_or_closed__hides_the_password(
    lake: Lake,
    database: Any,
    mysql_url: str,
) -> None:
    url = "mysql://somebody:secret-word@127.0.0.1:1/catalogue"
    with pytest.raises(SourceUnavailableError, match="MySQL does not answer") as down:
        land("products", D1, Sources(mysql_url=url), lake)
    assert down.value.retryable
    host = mysql_url.rpartition("@")[2]
    with pytest.raises(SourceError, match="Access denied") as closed:
        land("products", D1, Sources(mysql_url=f"mysql://somebody:secret-word@{host}"), lake)
    assert not closed.value.retryable
    shown = str(down.value) + str(closed.value) + repr(Sources(mysql_url=url))
    assert "secret-word" not in shown


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://u:secret@h/d", "does not begin with mysql://"),
        ("mysql://u:secret@h:port/d", "has a malformed host or port"),
        ("mysql://u:secret@h", "names no database"),
        ("mysql://u:secret@h/d?ssl=yes", "has the options ssl, known are unix_socket, ssl_ca"),
    ],
)
def test_connect_mysql__malformed_address__is_refused_without_the_password(
    url: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        connect_mysql(url)
    assert caught.value.variable == "LAKEHOUSE_MYSQL_URL"
    assert "secret" not in str(caught.value)


def test_connect_mysql__authority__must_be_proved(
    mysql_url: str,
    tmp_path: Path,
) -> None:
    import certifi

    with pytest.raises(pymysql.OperationalError, match="SSL"):
        connect_mysql(f"{mysql_url}?ssl_ca={certifi.where()}")


def test_cut__lines__never_pass_the_limit_unless_one_alone_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extract_mysql, "PART_BYTES", 10)
    lines = [b"aaa", b"bb", b"c" * 20, b"dd"]
    assert list(extract_mysql._cut(b"h", iter(lines))) == [
        b"h\naaa\nbb\n",
        b"h\n" + b"c" * 20 + b"\n",
        b"h\ndd\n",
    ]
    assert list(extract_mysql._cut(b"h", iter([]))) == [b"h\n"]


# Enough of every mistake, and in no feed more than a batch may have.
WORLD = World(
    seed=42,
    scale=0.01,
    rates=Rates(
        malformed_product_ppm=20_000,
        duplicate_product_ppm=10_000,
        malformed_seller_ppm=150_000,
        duplicate_seller_ppm=50_000,
    ),
)
FEEDS = ("products", "sellers", "category_translations")
TECHNICAL = {"_source_file"}


def test_land__through_mysql_and_through_files__gives_the_same_raw(
    lake: Lake,
    database: Any,
    mysql_url: str,
    tmp_path: Path,
) -> None:
    tables: dict[str, list[Any]] = {}
    for door, sources in (
        ("files", Sources(drop_dir=tmp_path)),
        ("mysql", Sources(drop_dir=tmp_path / "none", mysql_url=mysql_url)),
    ):
        for offset in range(3):
            day = date(2026, 6, 1 + offset)
            if door == "files":
                write_drops(WORLD, WORLD.first + offset, tmp_path)
            else:
                load_catalogue(WORLD, WORLD.first + offset, mysql_url)
            for feed in FEEDS:
                manifest = land(feed, day, sources, lake)
                names = [file.uri.rpartition("/")[2] for file in manifest.files]
                assert names[0] == ("part-00001.csv" if door == "mysql" else f"{feed}.csv")
                rows = raw(lake, manifest).drop_columns(list(TECHNICAL))
                rejects = [
                    (row["rule"], row["column_name"], row["value"], row["row_number"])
                    for row in read_rejects(lake, lake.contract(feed), day)
                    if row["rule"] != "shape"
                ]
                facts = (rows, rejects, dict(manifest.rejected_by_rule), manifest.read_count)
                tables.setdefault(door, []).append(facts)
        _empty(lake)
    for files, mysql in zip(tables["files"], tables["mysql"], strict=True):
        assert files[0].equals(mysql[0])
        assert files[1:] == mysql[1:]
    rules = {rule for _, _, by_rule, _ in tables["mysql"] for rule in by_rule}
    assert rules == {"required", "type", "shape", "duplicate_row"}
    assert sum(rows.num_rows for rows, *_ in tables["mysql"]) > 500


def _empty(lake: Lake) -> None:
    for zone in ("stage", "raw"):
        for item in lake.s3.list_objects_v2(Bucket=lake.bucket(zone)).get("Contents", []):
            lake.s3.delete_object(Bucket=lake.bucket(zone), Key=item["Key"])


def test_load_catalogue__tables_of_others__are_left_alone(
    database: Any,
    mysql_url: str,
) -> None:
    from lakehouse.errors import MarketplaceError

    database.execute("create table products (line int primary key)")
    database.execute("insert into products values (7)")
    with pytest.raises(MarketplaceError, match="holds products that no demonstration made"):
        load_catalogue(WORLD, WORLD.first, mysql_url)
    database.execute("select line from products")
    assert database.fetchall() == ((7,),)


def test_land__neither_mysql_nor_files__names_both_variables(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set LAKEHOUSE_MYSQL_URL or LAKEHOUSE_DROP_DIR"):
        land("products", D1, Sources(), lake)
    with pytest.raises(SourceMissingError, match=r"no \*\.csv in"):
        land("products", D1, Sources(drop_dir=tmp_path), lake)
