"""What the tables of a lake hold, row by row, to compare before and after."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lakehouse.athena import Athena

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a table, whatever their order, as lines of Athena's result file: NULL is nothing
    there, the empty text a pair of quotes."""

    columns: tuple[str, ...]
    rows: Counter[str]


def read_contents(
    athena: Athena, glue: Any, s3: Any, databases: Iterable[str]
) -> dict[str, Content]:
    """Every table of the databases, by `database.table`."""
    names = [
        (database, table["Name"])
        for database in databases
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database)
        for table in page["TableList"]
    ]
    return {
        f"{database}.{name}": _read(athena, s3, f'select * from "{database}"."{name}"')
        for database, name in sorted(names)
    }


def _read(athena: Athena, s3: Any, sql: str) -> Content:
    query = athena.client.start_query_execution(
        QueryString=sql,
        WorkGroup=athena.workgroup,
        ResultConfiguration={"OutputLocation": athena.output or ""},
    )["QueryExecutionId"]
    place = urlsplit(athena.wait(query)["ResultConfiguration"]["OutputLocation"])
    body = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    header, *rows = _records(body.decode("utf-8"))
    return Content(tuple(next(csv.reader([header]))), Counter(rows))


def _records(text: str) -> Iterator[str]:
    """The records of a CSV text; a line feed within quotes ends none."""
    record = ""
    for line in text.splitlines(keepends=True):
        record += line
        if record.count('"') % 2 == 0:
            yield record
            record = ""


def differences(before: Mapping[str, Content], after: Mapping[str, Content]) -> list[str]:
    """A line for each table whose rows are not the same, with the columns that explain it."""
    lines = []
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            lines.append(f"{name} is only in the one {'before' if name in before else 'after'}")
            continue
        old, new = before[name], after[name]
        if old.columns != new.columns:
            lines.append(f"{name} has other columns: {old.columns} before, {new.columns} after")
        elif old.rows != new.rows:
            gone, come = old.rows - new.rows, new.rows - old.rows
            lines.append(
                f"{name}: {gone.total()} rows before are not after, {come.total()} the other way, "
                f"of {old.rows.total()}; differing in {_differing(old.columns, gone, come)}: "
                f"{sorted(gone)[:_SHOWN]} {sorted(come)[:_SHOWN]}"
            )
    return lines


def _differing(columns: tuple[str, ...], gone: Counter[str], come: Counter[str]) -> str:
    """The columns whose values are not the same on both sides."""
    sides = [list(csv.reader(rows.elements())) for rows in (gone, come)]
    found = [
        column
        for place, column in enumerate(columns)
        if Counter(row[place] for row in sides[0]) != Counter(row[place] for row in sides[1])
    ]
    return ", ".join(found) or "how values go together"
