"""A whole MySQL or MariaDB table, as CSV, out of one consistent read.

The server writes each row as a line of CSV, as PostgreSQL's COPY does: every value leaves it as
its own text, so that no client type rounds a decimal, drops a zero date or moves an instant. NULL
is nothing, an empty text is `""`. A DATETIME is a wall clock of the contract's zone; a TIMESTAMP,
which the server keeps as an instant, gets the offset `+00:00`. Bytes of a binary column stay as
they are. Checked on MariaDB 10.11.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pymysql
from pymysql.constants import CR, ER
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from lakehouse.contracts import Contract
from lakehouse.errors import SourceError, SourceSchemaError, SourceUnavailableError
from lakehouse.landing.source_schema import check_columns
from lakehouse.landing.stage import Stage
from lakehouse.mysql_client import connect_mysql, place_of
from lakehouse.observability import format_facts

logger = logging.getLogger(__name__)

PART_BYTES = 32 * 1024 * 1024
_ROWS = 1_000
_BINARY = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_TEXT = _BINARY | {
    *("char", "varchar", "tinytext", "text", "mediumtext", "longtext"),
    *("enum", "set", "json", "uuid"),
}
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "year"})
# Types of MySQL in which a value of a contract's family may lie without loss.
_TYPES: Mapping[str, frozenset[str]] = {
    "varchar": _TEXT,
    "integer": _WHOLE,
    "bigint": _WHOLE,
    "decimal": _WHOLE | {"decimal"},
    "boolean": frozenset({"tinyint", "bit"}),
    "date": frozenset({"date"}),
    "timestamp": frozenset({"datetime", "timestamp"}),
}
# Engines whose tables a transaction sees as they were when it began; a view has none of its own.
_CONSISTENT = frozenset({"innodb", "rocksdb", None})
_SCHEMA_ERRORS = frozenset({ER.NO_SUCH_TABLE, ER.BAD_FIELD_ERROR})
# Cured by another try: nobody there, too busy, gone in the middle, or altered since the check.
_PASSING = frozenset(
    {
        CR.CR_CONNECTION_ERROR,
        CR.CR_CONN_HOST_ERROR,
        CR.CR_SERVER_GONE_ERROR,
        CR.CR_SERVER_LOST,
        ER.CON_COUNT_ERROR,
        ER.SERVER_SHUTDOWN,
        ER.TOO_MANY_USER_CONNECTIONS,
        ER.LOCK_WAIT_TIMEOUT,
        ER.LOCK_DEADLOCK,
        ER.TABLE_DEF_CHANGED,
        ER.QUERY_INTERRUPTED,
        1927,  # MariaDB: the connection was killed
    }
)
_SESSION = (
    "set session sql_mode = '', time_zone = '+00:00', net_write_timeout = 600",
    "set session transaction isolation level repeatable read",
    "start transaction with consistent snapshot, read only",
)


def copy_table(contract: Contract, url: str, stage: Stage) -> tuple[str, ...]:
    """Write `part-00001.csv` and so on to the stage, each with a header and at most 32 MiB.

    Rows come in the order of the table's primary key, if it has one. Returns the columns that the
    contract does not mention, which are not read.

    Raises:
        ConfigError: the address is malformed.
        SourceUnavailableError: the server does not answer, or went away.
        SourceSchemaError: table or columns are missing, or of another type; nothing was staged.
        SourceError: the server refuses the query.
    """
    try:
        connection = connect_mysql(url, conv=encoders, use_unicode=False)
        try:
            with connection.cursor() as cursor:
                for statement in _SESSION:
                    cursor.execute(statement)
                query, new = _build_query(cursor, contract)
            _copy_rows(connection, query, contract, stage)
        finally:
            connection.close()
    except pymysql.Error as error:
        raise _translate(error, contract, place_of(url)) from error
    return new


def _copy_rows(connection: Any, query: str, contract: Contract, stage: Stage) -> None:
    cursor = SSCursor(connection)
    try:
        cursor.execute(query)
        names = (column.source_path for column in contract.delivered)
        header = _join(contract, names)
        is_begun = False
        for number, part in enumerate(_cut(header, _lines(cursor, contract)), start=1):
            if not is_begun:
                stage.clear()
                is_begun = True
            stage.put(f"part-{number:05d}.csv", part)
    except BaseException:
        _abandon(cursor)
        raise
    cursor.close()
    logger.info("%s", format_facts(event="snapshot", feed=contract.feed, parts=number))


def _abandon(cursor: Any) -> None:
    """Forget the rest of a result: PyMySQL would read the whole table before it lets go."""
    result = cursor._result
    if result is not None:
        result.unbuffered_active = False
        result.connection = None
    cursor.connection = None


def _lines(cursor: SSCursor, contract: Contract) -> Iterator[bytes]:
    while rows := cursor.fetchmany(_ROWS):
        for (line,) in rows:
            if line is None:
                raise SourceError(
                    contract.feed,
                    f"a row of {contract.source.object} is longer than MySQL's max_allowed_packet: "
                    "raise it on the server",
                )
            yield line


def _cut(header: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines as files below the limit, each with the header; one file when there are none.

    A line that alone is beyond the limit becomes a file of its own.
    """
    kept, size, is_first = [header], len(header) + 1, True
    for line in lines:
        if size + len(line) + 1 > PART_BYTES and len(kept) > 1:
            yield b"\n".join([*kept, b""])
            kept, size, is_first = [header], len(header) + 1, False
        kept.append(line)
        size += len(line) + 1
    if len(kept) > 1 or is_first:
        yield b"\n".join([*kept, b""])


def _build_query(cursor: Any, contract: Contract) -> tuple[str, tuple[str, ...]]:
    """The statement that reads the table, once its columns are known to be as the contract says;
    and the columns that it leaves."""
    schema, table = _split(contract.source.object)
    types, new = _read_types(cursor, contract, schema, table)
    form = contract.format
    values = ", ".join(
        f"ifnull(concat({_literal(form.quote)}, replace("
        f"{_as_text(_name(column.source_path), types[column.source_path.lower()])}, "
        f"{_literal(form.quote)}, {_literal(form.quote * 2)}), {_literal(form.quote)}), '')"
        for column in contract.delivered
    )
    name = f"{_name(schema)}.{_name(table)}" if schema else _name(table)
    cursor.execute(
        "select column_name from information_schema.key_column_usage "
        f"where table_schema = {_schema(schema)} and table_name = {_literal(table)} "
        "and constraint_name = 'PRIMARY' order by ordinal_position"
    )
    key = ", ".join(_name(column.decode()) for (column,) in cursor.fetchall())
    order = f" order by {key}" if key else ""
    return f"select concat_ws({_literal(form.delimiter)}, {values}) from {name}{order}", new


def _read_types(
    cursor: Any, contract: Contract, schema: str | None, table: str
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Types by column, both in lower case, and the columns that the contract does not mention.

    Raises SourceSchemaError for all that does not fit.
    """
    where = f"where table_schema = {_schema(schema)} and table_name = {_literal(table)}"
    cursor.execute(f"select engine from information_schema.tables {where}")
    found = cursor.fetchone()
    if found is None:
        raise SourceSchemaError(contract.feed, f"MySQL has no table {contract.source.object}")
    engine = found[0].decode() if found[0] else None
    if (engine.lower() if engine else None) not in _CONSISTENT:
        raise SourceSchemaError(
            contract.feed,
            f"the table {contract.source.object} is kept by {engine}, which gives no consistent "
            "read: alter it to InnoDB",
        )
    cursor.execute(f"select column_name, data_type from information_schema.columns {where}")
    found_types = {name.decode(): kind.decode().lower() for name, kind in cursor.fetchall()}
    new = check_columns(contract, found_types, _TYPES, str.lower)
    return {name.lower(): kind for name, kind in found_types.items()}, new


def _as_text(name: str, kind: str) -> str:
    """The expression of a column's text, as bytes of UTF-8."""
    if kind in _BINARY:
        return name
    if kind == "timestamp":
        instant = f"concat(cast({name} as char), '+00:00')"
        return f"cast(if({name} = 0, '0000-00-00 00:00:00', {instant}) as binary)"
    if kind == "bit":
        return f"cast(cast({name} + 0 as char) as binary)"
    return f"cast(convert({name} using utf8mb4) as binary)"


def _join(contract: Contract, names: Iterator[str]) -> bytes:
    quote = contract.format.quote
    quoted = (f"{quote}{name.replace(quote, quote * 2)}{quote}" for name in names)
    return contract.format.delimiter.join(quoted).encode()


def _split(table: str) -> tuple[str | None, str]:
    schema, dot, name = table.partition(".")
    return (schema, name) if dot else (None, table)


def _schema(name: str | None) -> str:
    return "database()" if name is None else _literal(name)


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _literal(text: str) -> str:
    """A text that means the same whatever `sql_mode` says of backslashes."""
    return (
        f"_utf8mb4 x'{text.encode().hex()}'"
        if "\\" in text
        else "'" + text.replace("'", "''") + "'"
    )


def _translate(error: pymysql.Error, contract: Contract, place: str) -> SourceError:
    arguments: Sequence[Any] = error.args
    code = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    reason = " ".join(str(arguments[-1]).split()) if arguments else type(error).__name__
    if code in _PASSING or (not code and isinstance(error, pymysql.InterfaceError)):
        return SourceUnavailableError(contract.feed, f"MySQL does not answer at {place}: {reason}")
    if code in _SCHEMA_ERRORS:
        return SourceSchemaError(contract.feed, f"MySQL at {place} refused the query: {reason}")
    return SourceError(contract.feed, f"MySQL at {place} refused the query: {reason}")
