"""A query's road: bind, plan scans, rewrite, run, write the result."""

import time
from dataclasses import dataclass, replace

from local_athena.engine.binding import bind_context
from local_athena.engine.contract import ColumnInfo
from local_athena.engine.determinism import is_deterministic
from local_athena.engine.job import Job
from local_athena.engine.prepared import Arguments
from local_athena.engine.reading import plan_reading
from local_athena.engine.results import ResultWriter, column_info
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Cursor
from local_athena.sql import nodes
from local_athena.sql.binder import bind_query, result_names
from local_athena.sql.bound import BoundQuery
from local_athena.sql.errors import SqlError
from local_athena.storage.rows import RowsWriter


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """A query's result, already written. `output_location` is the CSV's uri."""

    columns: tuple[ColumnInfo, ...]
    output_location: str
    row_count: int
    output_bytes: int
    deterministic: bool = True


def run_query(
    job: Job, cursor: Cursor, planner: ScanPlanner, query: nodes.Query, parameters: Arguments
) -> QueryAnswer:
    """Answer a query: its rows go to the CSV object and to the rows file.

    Raises:
        SqlError: it does not bind, or fails on its data.
        QueryCancelled: it was stopped; nothing is published.
    """
    started = time.monotonic()
    bound = bind_query(query, bind_context(job, parameters))
    reading = plan_reading(job, cursor, planner, bound)
    job.planning_ms = round((time.monotonic() - started) * 1000)
    answer = write_result(job, cursor, reading.sql, bound)
    return replace(answer, deterministic=is_deterministic(query, bound))


def write_result(job: Job, cursor: Cursor, sql: str, bound: BoundQuery) -> QueryAnswer:
    """Run SQL whose columns are the bound query's and write its rows.

    The CSV is published when it is whole; a failure leaves no object.
    """
    names = result_names(bound)
    types = tuple(column.type for column in bound.columns)
    uri = f"{job.request.output_location}{job.request.query_id}.csv"
    with (
        job.store.new_file(uri, durable=False) as path,
        RowsWriter(job.settings.results, job.request.query_id) as rows,
        ResultWriter(path, names, types, rows) as writer,
    ):
        for batch in cursor.batches(sql):
            job.control.check()
            if batch.num_rows:
                writer.write(batch)
            if writer.row_count > job.settings.result_rows:
                raise result_too_long(job)
        job.control.check()
    columns = tuple(column_info(name, type_) for name, type_ in zip(names, types, strict=True))
    return QueryAnswer(columns, uri, writer.row_count, job.store.size(uri))


def result_too_long(job: Job) -> SqlError:
    """A result has more rows than the settings allow."""
    return SqlError(
        "EXCEEDED_WRITE_LIMIT",
        f"Query exceeded the result limit of {job.settings.result_rows} rows",
    )
