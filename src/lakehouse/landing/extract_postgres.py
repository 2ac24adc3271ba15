"""Changed rows of a PostgreSQL table, by watermark, as the CSV that COPY writes.

The window is [end of the previous run, end of the business date) on the source's own clock,
which has no zone. A row without a watermark can never be found by it, so such rows are always
read, and the door refuses them where everybody sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from lakehouse.contracts import Contract
from lakehouse.errors import SourceError, SourceSchemaError, SourceUnavailableError
from lakehouse.landing.model import Manifest
from lakehouse.landing.stage import Stage

_CONNECT_SECONDS = 10


def copy_changes(
    contract: Contract, until: datetime, url: str, previous: Manifest | None, stage: Stage
) -> Mapping[str, str | None]:
    """Write `<table>.csv` to the stage; return the window as the run's watermark.

    Raises:
        SourceUnavailableError: the server does not answer.
        SourceSchemaError: table or columns are missing.
        SourceError: the server refuses the query.
    """
    local_until = until.astimezone(ZoneInfo(contract.format.time_zone)).replace(tzinfo=None)
    local_from = previous.watermark.get("until") if previous else None
    try:
        with psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, autocommit=False) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            _require_columns(connection, contract)
            content = _copy(connection, contract, local_from, local_until)
    except psycopg.OperationalError as error:
        raise SourceUnavailableError(
            contract.feed, f"PostgreSQL does not answer: {_first_line(error)}"
        ) from error
    except psycopg.Error as error:
        raise SourceError(
            contract.feed, f"PostgreSQL refused the query: {_first_line(error)}"
        ) from error
    stage.clear()
    stage.put(f"{contract.source.object}.csv", content)
    return {"from": local_from, "until": local_until.isoformat(sep=" ")}


def _copy(
    connection: psycopg.Connection, contract: Contract, start: str | None, until: datetime
) -> bytes:
    watermark = sql.Identifier(contract.loading.watermark or "")
    condition = sql.SQL("{0} < {1}").format(watermark, sql.Literal(until))
    if start is not None:
        condition = sql.SQL("{0} and {1} >= {2}").format(
            condition, watermark, sql.Literal(datetime.fromisoformat(start))
        )
    query = sql.SQL(
        "copy (select {columns} from {table} where ({condition}) or {watermark} is null "
        "order by {watermark}, {key}) to stdout (format csv, header true)"
    ).format(
        columns=sql.SQL(", ").join(sql.Identifier(c.source_path) for c in contract.columns),
        table=sql.Identifier(*contract.source.object.split(".")),
        condition=condition,
        watermark=watermark,
        key=sql.SQL(", ").join(
            sql.Identifier(contract.column(n).source_path) for n in contract.key
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("set local client_encoding to 'UTF8'")
        cursor.execute("set local datestyle to 'ISO, YMD'")
        with cursor.copy(query) as copy:
            return b"".join(bytes(block) for block in copy)


def _require_columns(connection: psycopg.Connection, contract: Contract) -> None:
    table = contract.source.object
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass(%s)::oid", (table,))
        found = cursor.fetchone()
        if found is None or found[0] is None:
            raise SourceSchemaError(contract.feed, f"PostgreSQL has no table {table}")
        cursor.execute(
            "select attname from pg_attribute "
            "where attrelid = %s and attnum > 0 and not attisdropped",
            (found[0],),
        )
        present = {row[0] for row in cursor.fetchall()}
    missing = [c.source_path for c in contract.columns if c.source_path not in present]
    if missing:
        raise SourceSchemaError(
            contract.feed,
            f"the table {table} lacks the columns {', '.join(missing)}. Deliver them, or change "
            f"{contract.file}",
        )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
