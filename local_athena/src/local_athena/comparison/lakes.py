"""Two endpoints on two copies of a data folder, and what is in them after the same work."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from local_athena.client import AthenaClient, Json
from local_athena.comparison.differences import differences
from local_athena.comparison.outcomes import Outcome, error_name, run
from local_athena.server import Endpoint, serve
from local_athena.settings import Settings

_CATALOG = "AwsDataCatalog"
_PASSING = ("lock", "endpoint.json", "users", "tmp")
_CHANCE = re.compile(r"[0-9a-f]{8}[-_][0-9a-f-_]{20,}|\d{8,}|\d+(?=:\d)")
Table = tuple[str, str]


@contextmanager
def two_lakes(settings: Settings) -> Iterator[tuple[Endpoint, Endpoint]]:
    """An endpoint of the embedded engine and one of Trino, each on its own copy of the folder.

    Raises:
        EngineUnavailableError: Trino cannot run here.
    """
    with TemporaryDirectory(prefix="local-athena-diff-") as name:
        folders = Path(name, "duckdb"), Path(name, "trino")
        for folder in folders:
            if settings.data.is_dir():
                shutil.copytree(settings.data, folder, ignore=shutil.ignore_patterns(*_PASSING))
        ours = replace(settings, data=folders[0], port=0, engine="duckdb")
        theirs = replace(settings, data=folders[1], port=0, engine="trino")
        with (
            serve(ours.data, settings=ours) as embedded,
            serve(theirs.data, settings=theirs) as trino,
        ):
            yield embedded, trino


def table_differences(
    embedded: AthenaClient, trino: AthenaClient, ignored: Sequence[str] = ()
) -> Iterator[tuple[str, int, list[str]]]:
    """(name, rows, differences) of every table and view, in each lake read by its own engine.

    `ignored` are patterns of `database.table.column`.
    """
    ours, theirs = set(_tables(embedded)), set(_tables(trino))
    for database, name in sorted(ours | theirs):
        shown = f"{database}.{name}"
        if (database, name) not in theirs or (database, name) not in ours:
            side = "embedded engine" if (database, name) in ours else "Trino"
            yield shown, 0, [f"tables: only on the {side} side"]
            continue
        sql = f'SELECT * FROM "{database}"."{name}"'
        left = _without(run(embedded, sql, database), shown, ignored)
        right = _without(run(trino, sql, database), shown, ignored)
        if left.error:  # of both, perhaps the same one: nothing was compared
            yield shown, 0, [f"unreadable: {left.message} | {right.message or 'readable'}"]
        else:
            yield shown, len(right.rows), differences(left, right)


def failure_differences(embedded: AthenaClient, trino: AthenaClient) -> list[str]:
    """Statements that failed on one side only, by their text without ids and their error."""
    ours, theirs = _failures(embedded), _failures(trino)
    return [
        *(f"only the embedded engine: {text}" for text in (ours - theirs).elements()),
        *(f"only Trino: {text}" for text in (theirs - ours).elements()),
    ]


def _without(outcome: Outcome, table: str, ignored: Sequence[str]) -> Outcome:
    kept = [
        index
        for index, name in enumerate(outcome.names)
        if not any(fnmatchcase(f"{table}.{name}", pattern) for pattern in ignored)
    ]
    return replace(
        outcome,
        names=tuple(outcome.names[index] for index in kept),
        types=tuple(outcome.types[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in outcome.rows),
    )


def _tables(client: AthenaClient) -> Iterator[Table]:
    for database in _all(client, "ListDatabases", "DatabaseList", CatalogName=_CATALOG):
        for table in _all(
            client,
            "ListTableMetadata",
            "TableMetadataList",
            CatalogName=_CATALOG,
            DatabaseName=database["Name"],
        ):
            yield database["Name"], table["Name"]


def _failures(client: AthenaClient) -> Counter[str]:
    found: Counter[str] = Counter()
    for query_id in _all(client, "ListQueryExecutions", "QueryExecutionIds"):
        answer = client.call("GetQueryExecution", QueryExecutionId=query_id)
        execution = answer["QueryExecution"]
        if execution["Status"]["State"] == "FAILED":
            name = error_name(execution["Status"].get("StateChangeReason") or "")
            text = _CHANCE.sub("…", " ".join(execution["Query"].split()))
            found[f"{name}: {text}"] += 1
    return found


def _all(client: AthenaClient, operation: str, member: str, **body: str) -> Iterator[Json]:
    """Every item of an operation that answers in pages."""
    page = client.call(operation, **body)
    yield from page[member]
    while page.get("NextToken"):
        page = client.call(operation, **body, NextToken=page["NextToken"])
        yield from page[member]
