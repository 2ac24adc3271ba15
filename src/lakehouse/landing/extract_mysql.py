"""A whole MySQL or MariaDB table, as CSV, out of one consistent read.

The server writes each row as a line of CSV, as PostgreSQL's COPY does: every value leaves it as
its own text, so that no client type rounds a decimal, drops a zero date or moves an instant. NULL
is nothing, an empty text is `""`. Values of columns that may be long come beside the line and are
quoted here: the server's `replace` takes the square of their length, and gives NULL for what is
longer than max_allowed_packet. Such columns are the last of a line. A DATETIME is a wall clock of
the contract's zone; a TIMESTAMP, which the server keeps as an instant, gets the offset `+00:00`.
Bytes of a binary column stay as they are. Checked on MariaDB 10.11.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

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
_LONG_BYTES = 16_384
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
                types, new = _read_types(cursor, contract)
                columns = _Columns.of(contract, types)
                query = _build_query(cursor, contract, columns)
            _copy_rows(connection, query, columns, contract, stage)
        finally:
            connection.close()
    except pymysql.Error as error:
        raise _translate(error, contract, place_of(url)) from error
    return new


@dataclass(frozen=True, slots=True)
class _Columns:
    """Expressions of the texts of columns, by name: `short` ones make the server's line, `long`
    ones come beside it."""

    short: Mapping[str, str]
    long: Mapping[str, str]

    @classmethod
    def of(cls, contract: Contract, types: Mapping[str, _Type]) -> _Columns:
        """The columns of a contract, whose types are known by their names in lower case."""
        short: dict[str, str] = {}
        long: dict[str, str] = {}
        for column in contract.delivered:
            found = types[column.source_path.lower()]
            chosen = long if found.octets > _LONG_BYTES else short
            chosen[column.source_path] = _as_text(_name(column.source_path), found.kind)
        return cls(short, long)


@dataclass(frozen=True, slots=True)
class _Type:
    """A column's type, in lower case, and the bytes that a text in it may have; 0 where it has
    none."""

    kind: str
    octets: int


def _copy_rows(
    connection: Any, query: str, columns: _Columns, contract: Contract, stage: Stage
) -> None:
    cursor = SSCursor(connection)
    try:
        cursor.execute(query)
        header = _join(contract, (*columns.short, *columns.long))
        is_begun = False
        lines = _lines(cursor, contract, columns)
        for number, part in enumerate(_cut(header, lines), start=1):
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


def _lines(cursor: SSCursor, contract: Contract, columns: _Columns) -> Iterator[bytes]:
    """The lines of all rows; a row is its line, then of each long column whether it is NULL, and
    its text."""
    quote, delimiter = contract.format.quote.encode(), contract.format.delimiter.encode()
    while rows := cursor.fetchmany(_ROWS):
        if not columns.long:
            for (line,) in rows:
                yield line if line is not None else _refuse_row(contract)
            continue
        for line, *rest in rows:
            values = [line if line is not None else _refuse_row(contract)] if columns.short else []
            for name, is_null, text in zip(columns.long, rest[::2], rest[1::2], strict=True):
                if text is not None:
                    values.append(quote + text.replace(quote, quote + quote) + quote)
                else:
                    values.append(b"" if is_null == b"1" else _refuse_value(contract, name))
            yield delimiter.join(values)


def _refuse_row(contract: Contract) -> NoReturn:
    _refuse_long(contract, f"a row of {contract.source.object}")


def _refuse_value(contract: Contract, column: str) -> NoReturn:
    _refuse_long(contract, f"a value of {column} in {contract.source.object}")


def _refuse_long(contract: Contract, what: str) -> NoReturn:
    raise SourceError(
        contract.feed, f"{what} is longer than MySQL's max_allowed_packet: raise it on the server"
    )


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


def _build_query(cursor: Any, contract: Contract, columns: _Columns) -> str:
    """The statement that reads the table.

    `concat` is NULL where anything in it is, and of a column's NULL it sees nothing: a NULL line
    is one that the server could not make.
    """
    schema, table = _split(contract.source.object)
    quote, doubled = _literal(contract.format.quote), _literal(contract.format.quote * 2)
    quoted = (
        f"if({_name(name)} is null, '', "
        f"concat({quote}, replace({text}, {quote}, {doubled}), {quote}))"
        for name, text in columns.short.items()
    )
    line = f", {_literal(contract.format.delimiter)}, ".join(quoted) or "''"
    beside = "".join(f", {_name(name)} is null, {text}" for name, text in columns.long.items())
    name = f"{_name(schema)}.{_name(table)}" if schema else _name(table)
    cursor.execute(
        "select column_name from information_schema.key_column_usage "
        f"where table_schema = {_schema(schema)} and table_name = {_literal(table)} "
        "and constraint_name = 'PRIMARY' order by ordinal_position"
    )
    key = ", ".join(_name(column.decode()) for (column,) in cursor.fetchall())
    order = f" order by {key}" if key else ""
    return f"select concat({line}){beside} from {name}{order}"


def _read_types(cursor: Any, contract: Contract) -> tuple[Mapping[str, _Type], tuple[str, ...]]:
    """Types by column in lower case, and the columns that the contract does not mention.

    Raises SourceSchemaError for all that does not fit.
    """
    schema, table = _split(contract.source.object)
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
    cursor.execute(
        "select column_name, data_type, ifnull(character_octet_length, 0) "
        f"from information_schema.columns {where}"
    )
    found_types = {
        name.decode(): _Type(kind.decode().lower(), int(octets))
        for name, kind, octets in cursor.fetchall()
    }
    kinds = {name: found.kind for name, found in found_types.items()}
    new = check_columns(contract, kinds, _TYPES, str.lower)
    return {name.lower(): found for name, found in found_types.items()}, new


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


def _join(contract: Contract, names: Iterable[str]) -> bytes:
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
