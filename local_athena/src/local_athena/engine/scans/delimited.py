"""Rows of LazySimpleSerDe and OpenCSVSerde files, every field as text or None.

LazySimpleSerDe: no quotes; an optional escape character; `\\N` is NULL; missing fields are NULL and
extra ones are dropped. OpenCSVSerde: OpenCSV's parser, one record a line; a backslash stands for
itself nowhere: it escapes a quote or itself within quotes and vanishes elsewhere; missing fields
are NULL. Source: Trino's io.trino.hive.formats.line (openx, simple, openCsv), read 2026-11.
"""

from collections.abc import Callable, Iterator, Mapping

from local_athena.sql.errors import SqlError

Split = Callable[[str], list[str | None]]


def lazy_simple(parameters: Mapping[str, str], width: int) -> Split:
    """The splitter of a LazySimpleSerDe table of `width` columns.

    The last column takes the rest of the line only with `serialization.last.column.takes.rest`.
    """
    delimiter = delimiter_of(parameters)
    escape = one_character(parameters.get("escape.delim"))
    null = parameters.get("serialization.null.format", "\\N")
    takes_rest = parameters.get("serialization.last.column.takes.rest", "false").lower() == "true"

    def split(line: str) -> list[str | None]:
        if escape is not None and escape in line:
            parts = _split_escaped(line, delimiter, escape)
        elif takes_rest:
            parts = line.split(delimiter, width - 1)
        else:
            parts = line.split(delimiter)
        row: list[str | None] = [None if part == null else part for part in parts[:width]]
        row += [None] * (width - len(row))
        if escape is not None:
            row = [None if part is None else _unescape(part, escape) for part in row]
        return row

    return split


def open_csv(parameters: Mapping[str, str], width: int) -> Split:
    """The splitter of an OpenCSVSerde table of `width` columns."""
    separator = one_character(parameters.get("separatorChar")) or ","
    quote = one_character(parameters.get("quoteChar")) or '"'
    escape = one_character(parameters.get("escapeChar")) or "\\"
    if len({separator, quote, escape}) < 3 and quote != escape:
        raise SqlError(
            "HIVE_INVALID_METADATA",
            "The separator, quote, and escape characters must be different",
        )

    def split(line: str) -> list[str | None]:
        if quote not in line and escape not in line:
            fields: list[str] = line.split(separator)
        else:
            fields = _parse_csv(line, separator, quote, escape)
        row: list[str | None] = list(fields[:width])
        return row + [None] * (width - len(row))

    return split


def delimiter_of(parameters: Mapping[str, str]) -> str:
    """The field delimiter of a LazySimpleSerDe table; Hive's own is \\x01."""
    text = parameters.get("field.delim", parameters.get("serialization.format"))
    if text is None or (text == "1" and "field.delim" not in parameters):
        return "\x01"
    return one_character(text) or "\x01"


def one_character(text: str | None) -> str | None:
    """A delimiter parameter: a character, or the number of one (`9`, `\\001`)."""
    if not text:
        return None
    if len(text) == 1:
        return text
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


def _split_escaped(line: str, delimiter: str, escape: str) -> list[str]:
    """Split at delimiters that are not escaped; escapes stay in the parts."""
    parts, start, index = [], 0, 0
    while index < len(line):
        if line[index] == escape:
            index += 2
            continue
        if line[index] == delimiter:
            parts.append(line[start:index])
            start = index + 1
        index += 1
    parts.append(line[start:])
    return parts


def _unescape(text: str, escape: str) -> str:
    if escape not in text:
        return text
    out: list[str] = []
    characters = iter(text)
    for char in characters:
        if char == escape:
            following = next(characters, "")
            out.append({"n": "\n", "r": "\r"}.get(following, following))
        else:
            out.append(char)
    return "".join(out)


def _parse_csv(line: str, separator: str, quote: str, escape: str) -> list[str]:
    fields: list[str] = []
    current: list[str] = []
    in_quotes = False
    index = 0
    while index < len(line):
        char = line[index]
        following = line[index + 1] if index + 1 < len(line) else ""
        if char == escape and char != quote:
            if in_quotes and following in (quote, escape) and following:
                current.append(following)
                index += 1
        elif char == quote:
            if in_quotes and following == quote:
                current.append(quote)
                index += 1
            else:
                in_quotes = not in_quotes
                if _is_inner_quote(line, index, separator, current, in_quotes):
                    current.append(char)
        elif char == separator and not in_quotes:
            fields.append("".join(current))
            current = []
        else:
            current.append(char)
        index += 1
    fields.append("".join(current))
    return fields


def _is_inner_quote(
    line: str, index: int, separator: str, current: list[str], now_in_quotes: bool
) -> bool:
    """A quote in the middle of a field, `a"b"c`, stands for itself (OpenCSV, not strict)."""
    if index <= 2 or index + 1 >= len(line):
        return False
    return line[index - 1] != separator and line[index + 1] != separator and bool(current)


def rows_of(lines: Iterator[str], split: Split) -> Iterator[list[str | None]]:
    """Split every line."""
    return map(split, lines)
