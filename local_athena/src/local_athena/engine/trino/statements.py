"""Which statements are Trino's business, and Trino's words for them.

Queries, EXPLAIN and DML go as they are written; what Athena writes otherwise is put into Trino's
form, and what is Athena's alone (Hive's DDL, PREPARE, OPTIMIZE, VACUUM) is none of them. Texts of
queries are not parsed here: Trino judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from local_athena.engine.answer import SELECT, Kind, classify
from local_athena.engine.job import Job
from local_athena.engine.prepared import find_prepared, given_value
from local_athena.engine.trino.creating import hive_table_as, iceberg_table_as
from local_athena.engine.writes.properties import is_iceberg
from local_athena.engine.writes.unload import literal_value
from local_athena.sql import nodes
from local_athena.sql.errors import SeveralStatements
from local_athena.sql.nodes import At
from local_athena.sql.parser import parse_statement
from local_athena.sql.parser.lexer import DECIMAL, END, Tokens
from local_athena.sql.representation import quote_text

_QUERY_WORDS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "("})
_WRITES = {
    "INSERT": Kind("DML", "INSERT"),
    "DELETE": Kind("DML", "DELETE"),
    "UPDATE": Kind("DML", "UPDATE"),
    "MERGE": Kind("DML", "MERGE"),
}
_EXPLAIN = Kind("DML", "EXPLAIN")
_PLACE = re.compile(r"^line (\d+):(\d+): ")
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TrinoStatement:
    """A statement in Trino's words.

    `arguments` are SQL texts for its `?`. `table` is (database, name) whose rows it writes, if any.
    `dropped`: that table only served to write files and is forgotten afterwards. `start` is where
    the statement's query stands in the user's text, `prefix` how many characters precede it here.
    """

    kind: Kind
    answer: Literal["rows", "text", "update"]
    sql: str
    arguments: tuple[str, ...] = ()
    table: Name | None = None
    dropped: bool = False
    session: Mapping[str, str] = field(default_factory=dict)
    prefix: int = 0
    start: At = field(default_factory=At)

    def in_user_words(self, message: str) -> str:
        """An error's message with its place in the user's text."""
        found = _PLACE.match(message)
        if found is None or not self.prefix:
            return message
        line, column = int(found[1]), int(found[2])
        if line > 1:
            line += self.start.line - 1
        elif column > self.prefix:
            line, column = self.start.line, column - self.prefix + self.start.column - 1
        else:
            return message[found.end() :]
        return f"line {line}:{column}: {message[found.end() :]}"


def in_trino_words(job: Job, text: str, arguments: tuple[str, ...]) -> TrinoStatement | None:
    """The statement for Trino, or None when it is not Trino's business.

    Raises:
        SqlError: more than one statement, a syntax or property that is refused.
    """
    arguments = tuple(map(_argument, arguments))
    if job.settings.decimal_literals == "double":
        text, arguments = _with_doubles(text), tuple(map(_with_doubles, arguments))
    tokens = Tokens(text)
    word, second = tokens.keys[0], tokens.keys[1] if len(tokens.keys) > 1 else END
    if word == "EXECUTE":
        return _execute(job, tokens, arguments)
    if word in _QUERY_WORDS:
        return TrinoStatement(SELECT, "rows", _only(tokens), arguments)
    if word == "EXPLAIN":
        return TrinoStatement(_EXPLAIN, "text", _only(tokens), arguments)
    if word in _WRITES:
        table = job.qualify(_target(tokens))
        return TrinoStatement(_WRITES[word], "update", _only(tokens), arguments, table)
    if word == "UNLOAD" or (word == "CREATE" and second in ("TABLE", "VIEW", "OR")):
        return _created(job, tokens, arguments)
    return None


def _with_doubles(text: str) -> str:
    """The text with an exponent after every decimal literal, which makes it a double."""
    tokens, parts, start = Tokens(text), [], 0
    for index, key in enumerate(tokens.keys):
        if key == DECIMAL:
            parts.append(text[start : tokens.end_of(index)])
            start = tokens.end_of(index)
    return "E0".join([*parts, text[start:]])


def _argument(text: str) -> str:
    """A text of ExecutionParameters or USING in SQL; a bare word is a string."""
    value = given_value(text)
    return quote_text(value.value) if isinstance(value, nodes.StringLiteral) else text


def _execute(job: Job, tokens: Tokens, arguments: tuple[str, ...]) -> TrinoStatement | None:
    """EXECUTE name [USING …]: the prepared statement with these arguments."""
    statement = parse_statement(tokens.text)
    if not isinstance(statement, nodes.Execute):
        return None
    if statement.arguments:
        first = tokens.keys.index("USING") + 1
        arguments = _separated(tokens, first)
    return in_trino_words(job, find_prepared(job, statement.name).sql, arguments)


def _separated(tokens: Tokens, first: int) -> tuple[str, ...]:
    """The texts between commas that stand outside brackets, from a token to the end."""
    found, start, index = [], first, first
    while True:
        key = tokens.keys[index]
        if key in (",", ";", END):
            found.append(tokens.text[tokens.offsets[start] : tokens.end_of(index - 1)])
            if key != ",":
                return tuple(found)
            start = index + 1
        index = tokens.partner.get(index, index) + 1


def _created(job: Job, tokens: Tokens, arguments: tuple[str, ...]) -> TrinoStatement | None:
    statement = parse_statement(tokens.text)
    match statement:
        case nodes.CreateView():
            return TrinoStatement(classify(statement), "update", _only(tokens))
        case nodes.CreateTableAs():
            return _create_table_as(job, tokens, statement, arguments)
        case nodes.Unload():
            return _unload(job, tokens, statement, arguments)
    return None


def _create_table_as(
    job: Job, tokens: Tokens, statement: nodes.CreateTableAs, arguments: tuple[str, ...]
) -> TrinoStatement:
    given = [(item.name, literal_value(item.value)) for item in statement.properties]
    name = job.qualify(statement.table)
    made = iceberg_table_as(name, given) if is_iceberg(given) else hive_table_as(job, name, given)
    end_of_name, query = _parts_of_table_as(tokens)
    exists = "IF NOT EXISTS " if statement.if_not_exists else ""
    prefix = f"CREATE TABLE {exists}{made.name}{end_of_name} WITH ({made.properties}) AS "
    return TrinoStatement(
        classify(statement),
        "update",
        prefix + _only(tokens, query),
        arguments,
        name,
        session=made.session,
        prefix=len(prefix),
        start=tokens.at(query),
    )


def _parts_of_table_as(tokens: Tokens) -> tuple[str, int]:
    """What stands between the table's name and WITH or AS, and the query's first token."""
    index = 2
    while tokens.keys[index] in ("IF", "NOT", "EXISTS"):
        index += 1
    while tokens.keys[index + 1] == ".":
        index += 2
    first = index = index + 1
    while tokens.keys[index] not in ("WITH", "AS"):
        index = tokens.partner.get(index, index) + 1
    between = tokens.text[tokens.end_of(first - 1) : tokens.end_of(index - 1)]
    while tokens.keys[index] != "AS":
        index = tokens.partner.get(index, index) + 1
    return between.replace("\n", " "), index + 1


def _unload(
    job: Job, tokens: Tokens, statement: nodes.Unload, arguments: tuple[str, ...]
) -> TrinoStatement:
    """UNLOAD as a table of files at the location; the table's entry goes, the files stay."""
    given = [(item.name, literal_value(item.value)) for item in statement.properties]
    given.append(("external_location", statement.location))
    name = (job.database, f"unload_{job.request.query_id.replace('-', '_')}")
    made = hive_table_as(job, name, given)
    close = tokens.partner[1]
    query = tokens.text[tokens.offsets[2] : tokens.offsets[close]]
    prefix = f"CREATE TABLE {made.name} WITH ({made.properties}) AS "
    return TrinoStatement(
        classify(statement),
        "update",
        prefix + query,
        arguments,
        name,
        dropped=True,
        session=made.session,
        prefix=len(prefix),
        start=tokens.at(2),
    )


def _target(tokens: Tokens) -> nodes.Name:
    """The table that INSERT, DELETE, UPDATE or MERGE writes."""
    index = 1 if tokens.keys[0] == "UPDATE" else 2
    parts = []
    while index < len(tokens.keys) and tokens.names[index]:
        text = tokens.texts[index]
        quoted = text.startswith('"')
        value = text[1:-1].replace('""', '"') if quoted else text
        parts.append(nodes.Identifier(tokens.at(index), value, quoted))
        if tokens.keys[index + 1] != ".":
            break
        index += 2
    return nodes.Name(tokens.at(min(index, len(tokens.keys) - 1)), tuple(parts))


def _only(tokens: Tokens, first: int = 0) -> str:
    """The one statement from a token on, without the semicolon that may end it.

    Raises:
        SeveralStatements: something stands after a semicolon.
    """
    last = len(tokens.keys) - 1
    if last > first and tokens.keys[last - 1] == ";":
        last -= 1
    for index in range(first, last):
        if tokens.keys[index] == ";":
            raise SeveralStatements(tokens.text, tokens.at(index))
    start = tokens.offsets[first] if first else 0
    end = tokens.end_of(last - 1) if last else 0
    return _versions(tokens, first, last, start, end)


def _versions(tokens: Tokens, first: int, last: int, start: int, end: int) -> str:
    """The text with Athena's older words for time travel as Trino has them, of the same length."""
    text = tokens.text
    for index in range(first + 1, last):
        word = _OLD_WORDS.get(tokens.keys[index])
        if word and tokens.keys[index - 1] == "FOR" and tokens.keys[index + 1] == "AS":
            at, size = tokens.offsets[index], len(tokens.texts[index])
            text = text[:at] + word.ljust(size) + text[at + size :]
    return text[start:end]


_OLD_WORDS = {"SYSTEM_TIME": "TIMESTAMP", "SYSTEM_VERSION": "VERSION"}
