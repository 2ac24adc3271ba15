"""Rows of OpenCSVSerde files: fields as text, None for NULL.

OpenCSV's parser, one record a line: an escape character counts within a field only, before a quote
or itself, and vanishes elsewhere; a field whose quotes stay open is NULL, as are missing ones, and
an empty line is a row of NULLs. Source: Trino's CsvDeserializer ("bug for bug compatible with
OpenCSVSerde"), read 2026-11; defaults from the Athena user guide, "Open CSV SerDe".
"""

from collections.abc import Callable, Mapping

from local_athena.sql.errors import SqlError


def open_csv(parameters: Mapping[str, str], width: int) -> Callable[[str], list[str | None]]:
    """The splitter of lines into `width` fields.

    Raises:
        SqlError: HIVE_INVALID_METADATA when two of the three characters are the same.
    """
    separator = _character(parameters, "separatorChar", ",")
    quote = _character(parameters, "quoteChar", '"')
    escape = _character(parameters, "escapeChar", "\\")
    if len({separator, quote, escape}) < 3 and not quote == escape == "\0":
        raise SqlError(
            "HIVE_INVALID_METADATA",
            "The separator, quote, and escape characters must be different!",
        )

    def split(line: str) -> list[str | None]:
        if not line:
            return [None] * width
        if quote not in line and escape not in line:
            row: list[str | None] = list(line.split(separator)[:width])
        else:
            row = _parse(line, separator, quote, escape)[:width]
        return row + [None] * (width - len(row))

    return split


def _character(parameters: Mapping[str, str], name: str, default: str) -> str:
    return parameters.get(name, default)[:1] or default


def _parse(line: str, separator: str, quote: str, escape: str) -> list[str | None]:
    fields: list[str | None] = []
    field: list[str] = []
    in_quotes = in_field = False
    position = 0
    while position < len(line):
        char = line[position]
        following = line[position + 1 : position + 2]
        if char == escape:
            if (in_quotes or in_field) and following in (quote, escape):
                field.append(following)
                position += 1
        elif char == quote:
            if (in_quotes or in_field) and following == quote:
                field.append(quote)
                position += 1
            else:
                if _is_inner(line, position, separator):
                    if field and "".join(field).isspace():
                        field = []
                    else:
                        field.append(quote)
                in_quotes = not in_quotes
            in_field = not in_field
        elif char == separator and not in_quotes:
            fields.append("".join(field))
            field = []
            in_field = False
        else:
            field.append(char)
            in_field = True
        position += 1
    fields.append(None if in_quotes else "".join(field))
    return fields


def _is_inner(line: str, position: int, separator: str) -> bool:
    """A quote in the middle of a field, `a"b"c`, stands for itself (OpenCSV, not strict)."""
    return (
        position > 2
        and line[position - 1] != separator
        and position + 1 < len(line)
        and line[position + 1] != separator
    )
