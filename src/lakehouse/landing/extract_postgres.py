"""Changed rows of a PostgreSQL table, by watermark, as the CSV that COPY writes, in parts.

The window is [end of the previous run, end of the business date) in the contract's zone, which is
that of instants without one. A row without a watermark, or with an infinite one, can never be found
by it, so such rows are always read, and the door refuses them where everybody sees them.

A transaction may commit after a run with a watermark before its end, and a clock may go back. So
every run keeps the snapshot that it read; the next one reads as well the rows of the LOOK_BACK
before its window that were written by transactions which that snapshot may not have seen. See
docs/adr/0014.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import SimpleQueue
from select import select
from threading import Timer
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from lakehouse.contracts import Contract
from lakehouse.errors import ConfigError, SourceError, SourceSchemaError, SourceUnavailableError
from lakehouse.landing.model import Manifest
from lakehouse.landing.ordered import in_order
from lakehouse.landing.source_schema import check_columns
from lakehouse.landing.stage import Stage

LOOK_BACK = timedelta(days=7)
"""How long before its commit a transaction, or a clock that went back, may have set a watermark."""

_CONNECT_SECONDS = 10
_SILENCE_SECONDS = 300.0
"""How long a server may say nothing: it may have to sort a table before its first row."""
# A server whose machine is gone is noticed by TCP within a minute and a half.
_KEEPALIVE: Mapping[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 15,
    "keepalives_count": 4,
    "tcp_user_timeout": 90_000,
}
_PART_BYTES = 8 * 1024 * 1024
_RANGE_PAGES = 2_048
"""Pages of a table that one connection reads at a time: 16 MiB."""
_MOST_CONNECTIONS = 2

_WHOLE = frozenset({"smallint", "integer", "bigint"})
# Types of PostgreSQL in which a value of a contract's family may lie without loss.
_TYPES: Mapping[str, frozenset[str]] = {
    "varchar": frozenset(
        {
            *("text", "character varying", "character", '"char"', "name", "citext", "enum"),
            *("uuid", "json", "jsonb", "xml", "inet", "cidr", "macaddr"),
        }
    ),
    "integer": _WHOLE,
    "bigint": _WHOLE,
    "decimal": _WHOLE | {"numeric"},
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
    "timestamp": frozenset({"timestamp without time zone", "timestamp with time zone"}),
}
# A domain counts as what it is made of.
_COLUMN_TYPES = """
with recursive made_of (name, type) as (
    select attname::text, atttypid
    from pg_attribute where attrelid = %s and attnum > 0 and not attisdropped
    union all
    select name, typbasetype from made_of join pg_type on pg_type.oid = type where typtype = 'd'
)
select name, case typtype when 'e' then 'enum' else format_type(type, null) end
from made_of join pg_type on pg_type.oid = type where typtype <> 'd'
"""


_SESSION = sql.SQL(
    "set local timezone to {zone}; set local datestyle to 'ISO, YMD'; "
    "set local client_encoding to 'UTF8'; set local row_security to off"
)


@dataclass(frozen=True, slots=True)
class _Window:
    """What a run reads: watermarks from `start` (None for all) to before `until`; and those of the
    LOOK_BACK before `start` that were written by the transaction `unseen_from` or a later one
    (None where it is not known)."""

    start: datetime | None
    until: datetime
    unseen_from: int | None


def copy_changes(
    contract: Contract, until: datetime, url: str, previous: Manifest | None, stage: Stage
) -> tuple[Mapping[str, str | None], tuple[str, ...]]:
    """Write `part-00001-001.csv` and so on to the stage; return the window as the run's watermark,
    and the columns that the contract does not mention, which are not read.

    Memory is that of a part a connection, however many rows there are. All connections see one
    snapshot.

    Raises:
        ConfigError: the address is malformed.
        SourceUnavailableError: the server does not answer.
        SourceSchemaError: table or columns are missing, or of another type; nothing was staged.
        SourceError: the server refuses the query.
    """
    _require_address(url)
    local_until = until.astimezone(ZoneInfo(contract.format.time_zone)).replace(tzinfo=None)
    local_from = previous.watermark.get("until") if previous else None
    stage.clear()
    with _named(contract), _connect(url, contract) as connection:
        new = _require_columns(connection, contract)
        current = _ask(connection, "select pg_current_snapshot()::text")
        window = _Window(
            start=datetime.fromisoformat(local_from) if local_from else None,
            until=local_until,
            unseen_from=_find_unseen(connection, contract, previous, current),
        )
        ranges = _split(connection, contract, window)
        if len(ranges) == 1:
            for name in _copy_range(connection, contract, window, 1, ranges[0], stage):
                stage.tell(name)
        else:
            _copy_ranges(connection, contract, window, ranges, url, stage)
    end = local_until.isoformat(sep=" ")
    return {"from": local_from, "until": end, "snapshot": current}, new


def _find_unseen(
    connection: psycopg.Connection[Any], contract: Contract, previous: Manifest | None, current: str
) -> int | None:
    """The oldest transaction that the previous run may not have seen: the oldest that ran then.

    0, for all, when the server's transactions count less than then: it is another one, restored or
    replaced. None when no run kept it, or for a view, whose rows do not tell who wrote them.
    """
    text = previous.watermark.get("snapshot") if previous else None
    kind = _ask(
        connection,
        "select relkind from pg_class where oid = to_regclass(%s)",
        contract.source.object,
    )
    if text is None or kind not in ("r", "p"):
        return None
    oldest, end = _parse_snapshot(text)
    return oldest if end <= _parse_snapshot(current)[1] else 0


def _parse_snapshot(text: str) -> tuple[int, int]:
    """The oldest transaction that ran, and the first that was not begun, of a pg_snapshot's text
    such as `10:20:10,14,15`."""
    oldest, end, _ = text.split(":")
    return int(oldest), int(end)


@contextmanager
def _named(contract: Contract) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise SourceUnavailableError(
            contract.feed, f"PostgreSQL broke the query off: {_first_line(error)}"
        ) from error
    except psycopg.OperationalError as error:
        raise SourceUnavailableError(
            contract.feed, f"PostgreSQL does not answer: {_first_line(error)}"
        ) from error
    except psycopg.Error as error:
        raise SourceError(
            contract.feed, f"PostgreSQL refused the query: {_first_line(error)}"
        ) from error


def _require_address(url: str) -> None:
    """Raise ConfigError for what is no address; what libpq says of it may hold a password."""
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigError(
            "LAKEHOUSE_POSTGRES_URL is no address of a PostgreSQL: "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or libpq's name=value pairs",
            variable="LAKEHOUSE_POSTGRES_URL",
        ) from None


@contextmanager
def _connect(url: str, contract: Contract) -> Iterator[psycopg.Connection[Any]]:
    """A read-only transaction that sees one snapshot; nothing of it is to be committed.

    Whatever role, database or server are set to: instants are in the contract's zone, and rows that
    a policy hides fail the query.
    """
    connection = psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, **_KEEPALIVE)
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        zone = sql.Literal(contract.format.time_zone)
        _run(connection, _SESSION.format(zone=zone))
        yield connection
    finally:
        connection.close()


def _run(
    connection: psycopg.Connection[Any], query: str | sql.Composed, parameters: Sequence[Any] = ()
) -> psycopg.Cursor[Any]:
    """Run a statement whose answer is short; a server that says nothing is hung up on."""
    timer = Timer(_SILENCE_SECONDS, _hang_up, [connection.fileno()])
    timer.start()
    try:
        return connection.execute(query, parameters or None)
    finally:
        timer.cancel()


def _hang_up(descriptor: int) -> None:
    """End a connection under whoever waits for it, which then fails."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as line:
        line.shutdown(socket.SHUT_RDWR)


def _wait_for_bytes(wire: PGconn) -> None:
    if not select([wire.socket], [], [], _SILENCE_SECONDS)[0]:
        raise psycopg.OperationalError(f"it said nothing for {_SILENCE_SECONDS:.0f} s")
    wire.consume_input()


def _ask(connection: psycopg.Connection[Any], query: str, *parameters: Any) -> Any:
    """The first column of the first row; None without a row."""
    row = _run(connection, query, parameters).fetchone()
    return row[0] if row else None


def _split(
    connection: psycopg.Connection[Any], contract: Contract, window: _Window
) -> list[tuple[int, int | None] | None]:
    """Ranges of a table's pages, from one to before another, None for the end; or [None] for what
    one query reads: an increment, which an index on the watermark finds, and what has no pages."""
    if window.start is not None:
        return [None]
    pages = _ask(
        connection,
        "select pg_relation_size(oid) / current_setting('block_size')::int from pg_class "
        "where oid = to_regclass(%s) and relkind in ('r', 'm')",
        contract.source.object,
    )
    count = (pages or 0) // _RANGE_PAGES
    if count < 2:
        return [None]
    starts = [number * _RANGE_PAGES for number in range(count)]
    # The last range has no end: pages that were added since are empty in this snapshot.
    return list(zip(starts, [*starts[1:], None], strict=True))


def _copy_ranges(
    connection: psycopg.Connection[Any],
    contract: Contract,
    window: _Window,
    ranges: list[tuple[int, int | None] | None],
    url: str,
    stage: Stage,
) -> None:
    """Read the ranges over several connections, all of which see what this one sees.

    A connection that is done with a range takes the next one.
    """
    exported = _ask(connection, "select pg_export_snapshot()")
    with ExitStack() as stack:
        idle: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
        for _ in range(min(_MOST_CONNECTIONS, os.cpu_count() or 1, len(ranges))):
            own = stack.enter_context(_connect(url, contract))
            _run(own, sql.SQL("set transaction snapshot {}").format(sql.Literal(exported)))
            idle.put(own)

        def read(numbered: tuple[int, tuple[int, int | None] | None]) -> list[str]:
            number, pages = numbered
            own = idle.get()
            try:
                return list(_copy_range(own, contract, window, number, pages, stage))
            finally:
                idle.put(own)

        for _, names in in_order(read, enumerate(ranges, start=1)):
            stage.tell(*names)


def _copy_range(
    connection: psycopg.Connection[Any],
    contract: Contract,
    window: _Window,
    number: int,
    pages: tuple[int, int | None] | None,
    stage: Stage,
) -> Iterator[str]:
    """Read a range into parts, each with the header; one part without rows when there are none.

    The next part is read while those before it are on their way to the stage. Gives the names of
    the parts that are there, of which the stage has not told yet.
    """

    def store(part: tuple[int, bytes]) -> str:
        name = _part_name(number, part[0])
        stage.put(name, part[1], is_next=False)
        return name

    parts = enumerate(_copy(connection, _query(contract, window, pages)), start=1)
    for _, name in in_order(store, parts):
        yield name


def _copy(connection: psycopg.Connection[Any], query: sql.Composed) -> Iterator[bytes]:
    """What COPY writes, in parts that begin with the header; there is always one.

    Rows are taken from libpq itself: psycopg's own loop over them takes twice the time.
    """
    wire = connection.pgconn
    wire.send_query(query.as_bytes(connection))
    _require_status(_wait_for_result(wire), ExecStatus.COPY_OUT)
    header, content, count = b"", bytearray(), 0
    while True:
        size, row = wire.get_copy_data(1)
        if size > 0:
            content += row
            if not header:
                header = bytes(row)
            elif len(content) >= _PART_BYTES:
                yield bytes(content)
                count += 1
                content = bytearray(header)
        elif size == 0:
            _wait_for_bytes(wire)
        else:
            break
    _require_status(_wait_for_result(wire), ExecStatus.COMMAND_OK)
    while _wait_for_result(wire) is not None:
        pass
    if count == 0 or len(content) > len(header):
        yield bytes(content)


def _wait_for_result(wire: PGconn) -> PGresult | None:
    while wire.is_busy():
        _wait_for_bytes(wire)
    return wire.get_result()


def _require_status(result: PGresult | None, status: ExecStatus) -> None:
    if result is None:
        raise psycopg.OperationalError("the connection ended in the middle of COPY")
    if result.status != status:
        raise psycopg.errors.error_from_result(result)


def _part_name(number: int, part: int) -> str:
    return f"part-{number:05d}-{part:03d}.csv"


def _query(
    contract: Contract, window: _Window, pages: tuple[int, int | None] | None
) -> sql.Composed:
    watermark = sql.Identifier(contract.column(contract.loading.watermark or "").source_path)
    return sql.SQL(
        "copy (select {columns} from {table} where (({window}) or {watermark} is null "
        "or {watermark} in ('infinity', '-infinity')){pages}"
        "{order}) to stdout (format csv, header true)"
    ).format(
        columns=sql.SQL(", ").join(sql.Identifier(c.source_path) for c in contract.delivered),
        table=sql.Identifier(*contract.source.object.split(".")),
        window=_in_window(window, watermark),
        watermark=watermark,
        pages=sql.SQL("") if pages is None else _on_pages(pages),
        order=sql.SQL("") if pages is not None else _order(contract, watermark),
    )


def _order(contract: Contract, watermark: sql.Identifier) -> sql.Composed:
    keys = [sql.Identifier(contract.column(name).source_path) for name in contract.key]
    return sql.SQL(" order by {}").format(sql.SQL(", ").join([watermark, *keys]))


def _on_pages(pages: tuple[int, int | None]) -> sql.Composed:
    first, end = pages
    condition = sql.SQL(" and ctid >= {}").format(sql.Literal(f"({first},0)"))
    if end is not None:
        condition += sql.SQL(" and ctid < {}").format(sql.Literal(f"({end},0)"))
    return condition


def _in_window(window: _Window, watermark: sql.Identifier) -> sql.Composed:
    before = sql.SQL("{} < {}").format(watermark, sql.Literal(window.until))
    if window.start is None:
        return before
    after = sql.SQL("{} >= {}").format(watermark, sql.Literal(window.start))
    if window.unseen_from is not None:
        after = sql.SQL("({after} or {watermark} >= {back} and {unseen})").format(
            after=after,
            watermark=watermark,
            back=sql.Literal(window.start - LOOK_BACK),
            unseen=_written_from(window.unseen_from),
        )
    return sql.SQL("{} and {}").format(before, after)


def _written_from(transaction: int) -> sql.Composed:
    """Whether a transaction of that number or a later one wrote a row.

    A row has the lower 32 bits of the number, and a snapshot does not list subtransactions: so all
    within 2^31 after the oldest one count. 1 and 2 stand for transactions of long ago.
    """
    return sql.SQL(
        "(xmin::text::bigint > 2 and "
        "((xmin::text::bigint - {}) % 4294967296 + 4294967296) % 4294967296 < 2147483648)"
    ).format(sql.Literal(transaction))


def _require_columns(connection: psycopg.Connection[Any], contract: Contract) -> tuple[str, ...]:
    """The columns of the table that the contract does not mention."""
    table = contract.source.object
    oid = _ask(connection, "select to_regclass(%s)::oid", table)
    if oid is None:
        raise SourceSchemaError(contract.feed, f"PostgreSQL has no table {table}")
    rows = _run(connection, _COLUMN_TYPES, (oid,))
    return check_columns(contract, dict(rows), _TYPES)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
