"""Types from text and to text: Trino's own spelling, the parser's TypeName, and Hive's as Glue
keeps it.

Trino: `array(row(a integer, "b c" varchar(3)))`, `timestamp(3) with time zone`.
Hive:  `array<struct<a:int,b:string>>`, `decimal(10,2)`, `timestamp`.

Errors are SqlError: TYPE_MISMATCH `Unknown type: x`, and what Trino says of lengths out of range.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Field, Type

MAX_VARCHAR = 2_147_483_646
MAX_CHAR = 65_536
MAX_DECIMAL = 38
MAX_FRACTION_DIGITS = 12

_PLAIN = {
    str(plain): plain
    for plain in (
        *(t.BOOLEAN, t.TINYINT, t.SMALLINT, t.INTEGER, t.BIGINT, t.REAL, t.DOUBLE, t.DATE),
        *(t.VARBINARY, t.JSON, t.UUID, t.IPADDRESS, t.UNKNOWN),
        *(t.INTERVAL_DAY_TO_SECOND, t.INTERVAL_YEAR_TO_MONTH),
    )
} | {"int": t.INTEGER, "double precision": t.DOUBLE}

_OPAQUE = frozenset(
    (
        *("hyperloglog", "p4hyperloglog", "setdigest", "tdigest", "geometry", "sphericalgeography"),
        *("bingtile", "kdbtree", "color", "joniregexp", "jsonpath", "codepoints", "json2016"),
        "objectid",
    )
)
"""Types that are only names here: no values of theirs have literals."""

_INSTANT = {
    "time": t.time,
    "timestamp": t.timestamp,
    "time with time zone": t.time_tz,
    "timestamp with time zone": t.timestamp_tz,
}

Argument = int | Type | Field


def make_type(name: str, arguments: Sequence[Argument] = (), shown: str | None = None) -> Type:
    """The type of that lower-case name, Trino's defaults filled in (`decimal` is decimal(38, 0)).

    Raises:
        SqlError: TYPE_MISMATCH for names and argument lists that are no type;
        NUMERIC_VALUE_OUT_OF_RANGE
            and INVALID_FUNCTION_ARGUMENT for lengths and precisions outside their range.
    """
    plain = _PLAIN.get(name)
    if plain is None and name.startswith("interval "):
        raise SqlError("NOT_SUPPORTED", f"{name.upper()} type not supported")
    if plain is not None and not arguments:
        return plain
    if name in _OPAQUE and not arguments:
        return Type(name)
    numbers = [argument for argument in arguments if isinstance(argument, int)]
    inner = [argument for argument in arguments if isinstance(argument, Type)]
    only_numbers = len(numbers) == len(arguments)
    only_types = len(inner) == len(arguments)
    if name == "varchar" and only_numbers and len(numbers) < 2:
        return _varchar(numbers)
    if name == "char" and only_numbers and len(numbers) < 2:
        length = numbers[0] if numbers else 1
        if not 0 <= length <= MAX_CHAR:
            raise SqlError("TYPE_MISMATCH", f"Unknown type: char({length})")
        return t.char(length)
    if name in ("decimal", "dec", "numeric") and only_numbers and len(numbers) < 3:
        return _decimal(numbers)
    if name in _INSTANT and only_numbers and len(numbers) < 2:
        digits = numbers[0] if numbers else 3
        if not 0 <= digits <= MAX_FRACTION_DIGITS:
            base, _, zone = name.partition(" ")
            shown = f"{base}({digits})" + (f" {zone}" if zone else "")
            raise SqlError("TYPE_MISMATCH", f"Unknown type: {shown}")
        return _INSTANT[name](digits)
    if name in ("array", "qdigest") and only_types and len(inner) == 1:
        return Type(name, (inner[0],))
    if name == "map" and only_types and len(inner) == 2:
        return t.map_(inner[0], inner[1])
    if name == "row" and arguments and not numbers:
        return t.row(
            *(
                a if isinstance(a, Field) else Field(None, a)
                for a in arguments
                if not isinstance(a, int)
            )
        )
    raise SqlError("TYPE_MISMATCH", f"Unknown type: {shown or name}")


def _varchar(numbers: list[int]) -> Type:
    if not numbers or numbers[0] == MAX_VARCHAR + 1:
        return t.VARCHAR
    if numbers[0] > MAX_VARCHAR:
        raise SqlError("TYPE_MISMATCH", f"Unknown type: varchar({numbers[0]})")
    return t.varchar(numbers[0])


def _decimal(numbers: list[int]) -> Type:
    precision = numbers[0] if numbers else MAX_DECIMAL
    scale = numbers[1] if len(numbers) > 1 else 0
    if not 1 <= precision <= MAX_DECIMAL:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            f"DECIMAL precision must be in range [1, {MAX_DECIMAL}]: {precision}",
        )
    if scale > precision:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            f"DECIMAL scale must be in range [0, precision ({precision})]: {scale}",
        )
    return t.decimal(precision, scale)


def type_of_name(node: nodes.TypeName) -> Type:
    """The type that a statement names, errors at its place."""
    arguments: list[Argument] = []
    for argument in node.arguments:
        if isinstance(argument, nodes.RowField):
            # Trino keeps the letters of quoted field names and of no others.
            name = argument.name
            label = None if name is None else name.value if name.quoted else name.value.lower()
            arguments.append(Field(label, type_of_name(argument.type)))
        elif isinstance(argument, nodes.TypeName):
            arguments.append(type_of_name(argument))
        else:
            arguments.append(argument)
    try:
        return make_type(node.name, arguments)
    except SqlError as error:
        raise SqlError(error.name, error.message, node.at) from None


_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[A-Za-z_$@\u0080-\uffff][\w$@\u0080-\uffff]*|\d+|[(),])')


@lru_cache(maxsize=4096)
def parse_type(text: str) -> Type:
    """The type that Trino's text means; letters' case does not matter outside quotes.

    Raises:
        SqlError: TYPE_MISMATCH, `Unknown type: …`.
    """
    tokens = _tokens(text)
    found, end = _read(tokens, 0, text)
    if end != len(tokens):
        raise SqlError("TYPE_MISMATCH", f"Unknown type: {text}")
    return found


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise SqlError("TYPE_MISMATCH", f"Unknown type: {text}")
        tokens.append(match[1])
        at = match.end()
    return tokens


def _read(tokens: list[str], at: int, text: str) -> tuple[Type, int]:
    """Read one type from tokens[at:]; returns it and the index behind it."""
    words: list[str] = []
    while at < len(tokens) and tokens[at] not in "(),":
        words.append(tokens[at].lower())
        at += 1
    arguments: list[Argument] = []
    name = " ".join(words)
    if at < len(tokens) and tokens[at] == "(":
        at += 1
        while at < len(tokens) and tokens[at] != ")":
            argument, at = _read_argument(tokens, at, name, text)
            arguments.append(argument)
            if at < len(tokens) and tokens[at] == ",":
                at += 1
        at += 1
        if tokens[at : at + 3] and [word.lower() for word in tokens[at : at + 3]] == [
            "with",
            "time",
            "zone",
        ]:
            name, at = f"{name} with time zone", at + 3
    return make_type(name, arguments, text), at


def _read_argument(tokens: list[str], at: int, name: str, text: str) -> tuple[Argument, int]:
    token = tokens[at]
    if token.isdigit():
        return int(token), at + 1
    if name == "row":
        following = tokens[at + 1] if at + 1 < len(tokens) else ")"
        whole = token.lower() in ("interval", "double") and following.lower() in (
            *("day", "year"),
            "precision",
        )
        zoned = token.lower() in ("time", "timestamp") and following.lower() == "with"
        if following not in "()," and not whole and not zoned:
            label = token[1:-1].replace('""', '"') if token.startswith('"') else token.lower()
            inner, at = _read(tokens, at + 1, text)
            return Field(label, inner), at
    return _read(tokens, at, text)


# ---------------------------------------------------------------- Hive

_HIVE_NAMES = {
    "string": t.VARCHAR,
    "binary": t.VARBINARY,
    "float": t.REAL,
    "int": t.INTEGER,
} | {
    str(plain): plain
    for plain in (t.BOOLEAN, t.TINYINT, t.SMALLINT, t.INTEGER, t.BIGINT, t.REAL, t.DOUBLE, t.DATE)
}
_TO_HIVE = {t.REAL: "float", t.INTEGER: "int", t.VARCHAR: "string", t.VARBINARY: "binary"} | {
    plain: str(plain) for plain in (t.BOOLEAN, t.TINYINT, t.SMALLINT, t.BIGINT, t.DOUBLE, t.DATE)
}


@lru_cache(maxsize=4096)
def parse_hive_type(text: str, timestamp_digits: int = 3) -> Type:
    """The Trino type of a column whose Glue type is `text`.

    A timestamp has `timestamp_digits` digits: 3 in Hive tables, 6 in Iceberg ones.

    Raises:
        SqlError: TYPE_MISMATCH, `Unknown type: …`.
    """
    reader = _HiveText(text, timestamp_digits)
    found = reader.read()
    if reader.rest():
        raise SqlError("TYPE_MISMATCH", f"Unknown type: {text}")
    return found


class _HiveText:
    """A Hive type's text being read from left to right."""

    def __init__(self, text: str, timestamp_digits: int) -> None:
        self._text = text
        self._at = 0
        self._digits = timestamp_digits

    def rest(self) -> str:
        return self._text[self._at :].strip()

    def _fail(self) -> SqlError:
        return SqlError("TYPE_MISMATCH", f"Unknown type: {self._text}")

    def _take(self, pattern: str) -> str | None:
        match = re.compile(r"\s*" + pattern).match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        return match[0].strip()

    def _need(self, pattern: str) -> str:
        taken = self._take(pattern)
        if taken is None:
            raise self._fail()
        return taken

    def read(self) -> Type:
        name = self._need(r"[A-Za-z_]\w*").lower()
        if name == "array":
            self._need("<")
            element = self.read()
            self._need(">")
            return t.array(element)
        if name == "map":
            self._need("<")
            key = self.read()
            self._need(",")
            value = self.read()
            self._need(">")
            return t.map_(key, value)
        if name == "struct":
            return self._struct()
        numbers = self._numbers()
        if name in _HIVE_NAMES and not numbers:
            return _HIVE_NAMES[name]
        if name in ("decimal", "numeric"):
            return make_type("decimal", numbers or [10, 0], self._text)
        if name in ("varchar", "char"):
            return make_type(name, numbers, self._text)
        if name == "timestamp" and not numbers:
            zoned = self._take(r"with\s+(?:local\s+)?time\s+zone")
            return t.timestamp_tz(self._digits) if zoned else t.timestamp(self._digits)
        if name == "timestamptz" and not numbers:
            return t.timestamp_tz(self._digits)
        raise self._fail()

    def _struct(self) -> Type:
        self._need("<")
        fields: list[Field] = []
        while self._take(">") is None:
            if fields:
                self._need(",")
            name = self._need(r"[^:<>,]+")
            self._need(":")
            fields.append(Field(name.strip("`").lower(), self.read()))
        return t.row(*fields)

    def _numbers(self) -> list[int]:
        if self._take(r"\(") is None:
            return []
        numbers = [int(self._need(r"\d+"))]
        while self._take(",") is not None:
            numbers.append(int(self._need(r"\d+")))
        self._need(r"\)")
        return numbers


def hive_type(type_: Type) -> str:
    """The Glue text of a column of that type.

    Raises:
        SqlError: NOT_SUPPORTED, `Unsupported Hive type: time(3)`.
    """
    known = _TO_HIVE.get(type_)
    if known is not None:
        return known
    writer: Callable[[Type], str] | None = {
        "varchar": lambda v: f"varchar({v.arguments[0]})",
        "char": lambda v: f"char({v.arguments[0]})",
        "decimal": lambda v: f"decimal({v.arguments[0]},{v.arguments[1]})",
        "timestamp": lambda v: "timestamp",
        "array": lambda v: f"array<{hive_type(t.element_of(v, 0))}>",
        "map": lambda v: f"map<{hive_type(t.element_of(v, 0))},{hive_type(t.element_of(v, 1))}>",
        "row": _hive_struct,
    }.get(type_.base)
    if writer is None:
        raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: {type_}")
    return writer(type_)


def _hive_struct(type_: Type) -> str:
    parts: list[str] = []
    for argument in type_.arguments:
        if not isinstance(argument, Field) or argument.name is None:
            raise SqlError(
                "NOT_SUPPORTED",
                "Anonymous row type is not supported in Hive. "
                f"Please give each field a name: {type_}",
            )
        parts.append(f"{argument.name}:{hive_type(argument.type)}")
    return f"struct<{','.join(parts)}>"
