"""Rows on a terminal: an aligned table, CSV as Athena writes it, or JSON."""

import json
from collections.abc import Callable
from itertools import islice

from local_athena.client import Answer, typed

Echo = Callable[[str], object]

SAMPLE = 1000
"""Rows that decide the widths of a table's columns."""


def show(answer: Answer, style: str, echo: Echo) -> None:
    """Print an answer in a style: `table`, `csv` or `json`; no columns, no output."""
    {"table": _table, "csv": _csv, "json": _json}[style](answer, echo)


def _table(answer: Answer, echo: Echo) -> None:
    if not answer.names:
        return
    rows = iter(answer.rows)
    first = [_cells(row) for row in islice(rows, SAMPLE)]
    widths = [
        max([len(name), *(len(row[index]) for row in first)])
        for index, name in enumerate(answer.names)
    ]
    right = [_is_number(kind) for kind in answer.types]

    def line(cells: tuple[str, ...]) -> str:
        padded = [
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(cells, widths, right, strict=True)
        ]
        return "  ".join(padded).rstrip()

    echo(line(answer.names))
    echo("  ".join("-" * width for width in widths))
    for row in first:
        echo(line(row))
    count = len(first)
    for values in rows:
        echo(line(_cells(values)))
        count += 1
    echo(f"({count} row{'' if count == 1 else 's'})")


def _csv(answer: Answer, echo: Echo) -> None:
    if not answer.names:
        return
    echo(",".join(_quoted(name) for name in answer.names))
    for row in answer.rows:
        echo(",".join("" if value is None else _quoted(value) for value in row))


def _json(answer: Answer, echo: Echo) -> None:
    opened = False
    for row in answer.rows:
        values = [typed(value, kind) for value, kind in zip(row, answer.types, strict=True)]
        body = json.dumps(dict(zip(answer.names, values, strict=True)), ensure_ascii=False)
        echo(f"{',' if opened else '['}{body}")
        opened = True
    echo("]" if opened else "[]")


def _cells(row: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple("NULL" if value is None else value.replace("\n", "\\n") for value in row)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _is_number(kind: str) -> bool:
    return kind in ("tinyint", "smallint", "integer", "bigint", "double", "float", "decimal")
