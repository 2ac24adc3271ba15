"""From a bound query to the DuckDB SQL that answers it: scans planned, the rest rewritten."""

from collections.abc import Callable
from dataclasses import dataclass

from local_athena.engine.job import Job
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Cursor
from local_athena.sql.bound import BoundQuery
from local_athena.sql.pruning import plan_scans, scans_of
from local_athena.sql.rewrite import write_query


@dataclass(frozen=True, slots=True)
class Reading:
    """DuckDB SQL (columns c0, c1...), bytes that it scans, and data files that it opens."""

    sql: str
    scanned_bytes: int
    files: int


def plan_reading(
    job: Job, cursor: Cursor, planner: ScanPlanner, query: BoundQuery, *, counted: bool = True
) -> Reading:
    """Plan every scan of the query and write its SQL; counts the bytes as scanned if `counted`.

    Raises:
        SqlError: something in it is not supported, or a table cannot be read.
        QueryFailed: the workgroup's limit of bytes is passed.
    """
    sources, scanned, files = plan_sources(job, cursor, planner, query, counted=counted)
    return Reading(write_query(query, sources), scanned, files)


def reader(job: Job, cursor: Cursor, planner: ScanPlanner) -> Callable[[BoundQuery], str]:
    """What Iceberg's statements read with: a query's SQL, its scans planned and counted."""
    return lambda query: plan_reading(job, cursor, planner, query).sql


def plan_sources(
    job: Job, cursor: Cursor, planner: ScanPlanner, query: BoundQuery, *, counted: bool = True
) -> tuple[dict[int, str], int, int]:
    """(SQL of each scan's relation by the scan's id, bytes, files)."""
    needs = plan_scans(query)
    sources: dict[int, str] = {}
    scanned = files = 0
    for scan in scans_of(query):
        if scan.id in sources:
            continue
        planned = planner.plan(job, cursor, scan, needs[scan.id])
        if counted:
            job.control.add_scanned(planned.scanned_bytes)
        job.control.check()
        sources[scan.id] = planned.sql
        scanned += planned.scanned_bytes
        files += planned.files
    return sources, scanned, files
