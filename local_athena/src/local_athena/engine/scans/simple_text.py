"""Rows of LazySimpleSerDe files: fields as text, or nested lists of text, None for NULL.

No quotes; an optional escape character; the null sequence (`\\N`) is NULL; missing fields are
NULL and extra ones are dropped. Collections use the next delimiters: items of an array, entries
of a map and fields of a struct take one level, a map's keys the next. Source: Trino's
SimpleDeserializer and text encodings ("bug for bug compatible with LazySimpleSerDe"), read
2026-11.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from local_athena.engine.scans.timestamps import timestamp_reader
from local_athena.sql.representation import element_of, entry_of, fields_of
from local_athena.sql.types import Type

Split = Callable[[str], list[Any]]
_Decode = Callable[[str], Any]
_DEEPER = tuple(map(chr, (4, 5, 6, 7, 8)))
_COLLECTIONS = frozenset({"array", "map", "row"})


@dataclass(frozen=True, slots=True)
class SimpleOptions:
    """The delimiters by depth, the escape character, and NULL's text."""

    separators: tuple[str, ...]
    escape: str | None
    null: str
    takes_rest: bool

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "SimpleOptions":
        """From the serde's parameters; Hive 1 misspells the one of collections."""
        collection = parameters.get("collection.delim", parameters.get("colelction.delim"))
        separators = (
            delimiter_of(parameters),
            one_character(collection) or "\x02",
            one_character(parameters.get("mapkey.delim")) or "\x03",
            *_DEEPER,
        )
        rest = parameters.get("serialization.last.column.takes.rest", "false")
        return cls(
            separators,
            one_character(parameters.get("escape.delim")),
            parameters.get("serialization.null.format", "\\N"),
            rest.lower() == "true",
        )


def lazy_simple(parameters: Mapping[str, str], types: Sequence[Type]) -> Split:
    """The splitter of lines into the fields of a table's columns."""
    options = SimpleOptions.of(parameters)
    delimiter, escape, null = options.separators[0], options.escape, options.null
    width = len(types)
    decoders = [_decoder(type_, 1, options, parameters) for type_ in types]
    odd = [(index, decode) for index, decode in enumerate(decoders) if decode is not None]

    def split(line: str) -> list[Any]:
        if escape is not None and escape in line:
            parts = _split_escaped(line, delimiter, escape, width - 1 if options.takes_rest else -1)
        else:
            parts = line.split(delimiter, width - 1 if options.takes_rest else -1)
        row: list[Any] = [None if part == null else part for part in parts[:width]]
        row += [None] * (width - len(row))
        for index, decode in odd:
            if row[index] is not None:
                row[index] = decode(row[index])
        return row

    return split


def text_arrow_type(type_: Type) -> pa.DataType:
    """The Arrow type of a field: text, or collections of text."""
    if type_.base == "array":
        return pa.list_(text_arrow_type(element_of(type_)))
    if type_.base == "map":
        key, value = entry_of(type_)
        return pa.map_(text_arrow_type(key), text_arrow_type(value))
    if type_.base == "row":
        return pa.struct(
            [(f"f{index}", text_arrow_type(part)) for index, part in enumerate(fields_of(type_))]
        )
    return pa.string()


def delimiter_of(parameters: Mapping[str, str]) -> str:
    """The field delimiter of a LazySimpleSerDe table; Hive's own is \\x01."""
    text = parameters.get("field.delim", parameters.get("serialization.format"))
    return one_character(text) or "\x01"


def one_character(text: str | None) -> str | None:
    """A delimiter parameter: the number of a character (`9`), or its first character."""
    if not text:
        return None
    named = {"\\t": "\t", "\\n": "\n", "\\\\": "\\", "\\'": "'", '\\"': '"', "\\0": "\0"}
    if text in named:
        return named[text]
    if text.startswith("\\u"):
        return chr(int(text.removeprefix("\\u"), 16))
    if text.startswith("\\") and text[1:].isdigit():
        return chr(int(text[1:], 8))
    if text.isdigit():
        return chr(int(text) % 256)
    return text[0]


def _decoder(
    type_: Type, level: int, options: SimpleOptions, parameters: Mapping[str, str]
) -> _Decode | None:
    """What turns a field's raw text into its value; None where that is the text itself."""
    if type_.base in ("varchar", "char"):
        return None if options.escape is None else partial(_unescape, options.escape)
    if type_.base == "timestamp":
        return timestamp_reader(parameters)
    if type_.base not in _COLLECTIONS:
        return None
    separator, escape, null = options.separators[level], options.escape, options.null

    def parts_of(text: str) -> list[str]:
        if escape is not None and escape in text:
            return _split_escaped(text, separator, escape)
        return text.split(separator)

    def item(decode: _Decode | None) -> Callable[[str | None], Any]:
        return lambda text: (
            None if text is None or text == null else text if decode is None else decode(text)
        )

    if type_.base == "array":
        element = item(_decoder(element_of(type_), level + 1, options, parameters))
        return lambda text: [element(part) for part in parts_of(text)] if text else []
    if type_.base == "row":
        fields = [item(_decoder(t, level + 1, options, parameters)) for t in fields_of(type_)]
        return lambda text: _struct(parts_of(text), fields)
    between = options.separators[level + 1]
    key, value = (item(_decoder(t, level + 2, options, parameters)) for t in entry_of(type_))

    def entries(text: str) -> list[tuple[Any, Any]]:
        found: dict[str, Any] = {}
        for part in parts_of(text) if text else ():
            name, *rest = _key_and_value(part, between, escape)
            read = key(name)
            if read is not None:
                found.setdefault(read, value(rest[0] if rest else None))
        return list(found.items())

    return entries


def _struct(parts: list[str], fields: Sequence[Callable[[str | None], Any]]) -> dict[str, Any]:
    padded = [*parts[: len(fields)], *[None] * (len(fields) - len(parts))]
    return {
        f"f{index}": read(part)
        for index, (read, part) in enumerate(zip(fields, padded, strict=True))
    }


def _key_and_value(text: str, between: str, escape: str | None) -> list[str]:
    if escape is not None and escape in text:
        return _split_escaped(text, between, escape, 1)
    return text.split(between, 1)


def _split_escaped(text: str, separator: str, escape: str, most: int = -1) -> list[str]:
    """Split at separators that are not escaped, at most so often; escapes stay in the parts."""
    parts: list[str] = []
    start = index = 0
    while index < len(text) and len(parts) != most:
        if text[index] == escape:
            index += 2
            continue
        if text[index] == separator:
            parts.append(text[start:index])
            start = index + 1
        index += 1
    parts.append(text[start:])
    return parts


def _unescape(escape: str, text: str) -> str:
    """Without the escapes before other characters; one at the end stays."""
    if escape not in text:
        return text
    characters = iter(text)
    return "".join(next(characters, escape) if char == escape else char for char in characters)
