"""The catalogue: products, sellers and category_translations in MySQL or MariaDB.

The tables show the snapshot of a business date, row for row what the dropped files of that day
have. Table `lakehouse_demo_state` remembers which world and which date.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import pymysql

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.catalogue_feeds import (
    PRODUCT_COLUMNS,
    SELLER_COLUMNS,
    TRANSLATION_COLUMNS,
    product_snapshot,
    seller_snapshot,
    translation_snapshot,
)
from lakehouse.marketplace.world import World, day_date
from lakehouse.mysql_client import connect_mysql

# `line` is the place in the catalogue. Weights are typed by hand, and names come from an older
# program: both columns hold what nobody checked.
_TABLES = {
    "products": """
        create table if not exists products (
            line int unsigned primary key,
            product_id varchar(32),
            product_category_name varchar(60),
            product_name_lenght int,
            product_description_lenght int,
            product_photos_qty int,
            product_weight_g varchar(40),
            product_length_cm int,
            product_height_cm int,
            product_width_cm int
        ) engine = InnoDB default charset = utf8mb4""",
    "sellers": """
        create table if not exists sellers (
            line int unsigned primary key,
            seller_id varchar(32),
            seller_zip_code_prefix char(5),
            seller_city varchar(60),
            seller_state char(2),
            seller_name varbinary(160),
            seller_cnpj varchar(20)
        ) engine = InnoDB default charset = utf8mb4""",
    "category_translations": """
        create table if not exists category_translations (
            line int unsigned primary key,
            product_category_name varchar(60),
            product_category_name_english varchar(60)
        ) engine = InnoDB default charset = utf8mb4""",
}
_STATE = """
    create table if not exists lakehouse_demo_state (
        only_row tinyint primary key default 1,
        world text not null,
        business_date date not null
    ) engine = InnoDB default charset = utf8mb4"""
_COLUMNS = {
    "products": PRODUCT_COLUMNS,
    "sellers": SELLER_COLUMNS,
    "category_translations": TRANSLATION_COLUMNS,
}
_LOCK = "lakehouse_demo"
_LOCK_SECONDS = 30
_NO_TEXT = b"\xff"


def load_catalogue(world: World, day: int, url: str) -> None:
    """Bring the tables to the snapshot of the business date `day`, in one transaction.

    Raises:
        MarketplaceError: the server does not answer or refuses, or the tables are somebody's.
    """
    try:
        with connect_mysql(url) as connection, connection.cursor() as cursor:
            cursor.execute("select get_lock(%s, %s)", (_LOCK, _LOCK_SECONDS))
            if cursor.fetchone() != (1,):
                raise MarketplaceError("another process fills the catalogue: try again later")
            for statement in (*_TABLES.values(), _STATE):
                cursor.execute(statement)
            connection.begin()
            if not _is_due(cursor, world, day):
                return
            for table, text in _snapshots(world, day):
                _replace(cursor, table, text)
            cursor.execute(
                "replace into lakehouse_demo_state (only_row, world, business_date) "
                "values (1, %s, %s)",
                (repr(world), day_date(day)),
            )
            connection.commit()
    except pymysql.Error as error:
        raise MarketplaceError(f"MySQL does not take the catalogue: {error.args[-1]}") from error


def _is_due(cursor: Any, world: World, day: int) -> bool:
    """Whether the tables show something else; raises MarketplaceError when they are not ours."""
    cursor.execute("select world, business_date from lakehouse_demo_state")
    state = cursor.fetchone()
    if state is None:
        for table in _TABLES:
            cursor.execute(f"select 1 from {table} limit 1")
            if cursor.fetchone() is not None:
                raise MarketplaceError(
                    f"the MySQL database holds {table} that no demonstration made, and they would "
                    "be replaced: give an empty database by LAKEHOUSE_MYSQL_URL, or unset it"
                )
    return bool(state != (repr(world), day_date(day)))


def _snapshots(world: World, day: int) -> Iterator[tuple[str, str]]:
    yield "products", product_snapshot(world, day)
    yield "sellers", seller_snapshot(world, day)
    yield "category_translations", translation_snapshot()


def _replace(cursor: Any, table: str, text: str) -> None:
    columns = _COLUMNS[table]
    _, *lines = csv.reader(io.StringIO(text))
    rows = [(n, *_row(columns, line)) for n, line in enumerate(lines, start=1)]
    places = ", ".join(["%s"] * (len(columns) + 1))
    cursor.execute(f"delete from {table}")
    cursor.executemany(f"insert into {table} (line, {', '.join(columns)}) values ({places})", rows)


def _row(columns: Sequence[str], line: Sequence[str]) -> list[str | bytes | None]:
    """A line of the snapshot as values. A table cannot have a field too many: such a line gets
    a name whose bytes are no text, and is refused by the same rule."""
    values: list[str | bytes | None] = [value or None for value in line[: len(columns)]]
    if len(line) > len(columns):
        name = columns.index("seller_name")
        values[name] = line[name].encode() + _NO_TEXT
    return values
