"""The engine: one statement in, one outcome out.

The road: parse -> classify -> bind -> plan scans -> rewrite -> run -> result file -> statistics.
`dispatch` says which step does which statement.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import duckdb

from local_athena.catalog import Catalog
from local_athena.engine.answer import Kind, TextAnswer, WriteAnswer, classify
from local_athena.engine.contract import (
    ColumnInfo,
    QueryCancelled,
    QueryControl,
    QueryFailed,
    QueryOutcome,
    QueryRequest,
)
from local_athena.engine.dispatch import Answer, QueryAnswer, run_statement
from local_athena.engine.errors import catalog_failure, failure, location_failure
from local_athena.engine.iceberg.lake import Lake
from local_athena.engine.job import Job
from local_athena.engine.outputs import write_location, write_manifest, write_text
from local_athena.engine.prepared import open_statement
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Session
from local_athena.engine.syntax import parsed, refusal
from local_athena.errors import CatalogError, InvalidUriError, NoSuchBucketError
from local_athena.failures import log_failure
from local_athena.settings import Settings
from local_athena.sql.errors import DdlFault, SqlError
from local_athena.storage import ObjectStore

log = logging.getLogger(__name__)

ROWS_COLUMN = ColumnInfo(name="rows", type="bigint", precision=19)


class Engine:
    """`contract.EngineProtocol` over an object store and a catalog. Safe for threads."""

    def __init__(self, store: ObjectStore, catalog: Catalog, settings: Settings) -> None:
        self._store = store
        self._catalog = catalog
        self._settings = settings
        self._session = Session(
            memory_limit=settings.memory_limit,
            threads=settings.threads,
            temporary=settings.temporary / "duckdb",
            folder=settings.data,
            spill_limit=settings.spill_limit,
        )
        self._lake = Lake(store, catalog)
        self._planner = ScanPlanner()

    def close(self) -> None:
        """Give back memory and files."""
        self._session.close()
        self._lake.close()

    def refusal(self, sql: str) -> str | None:
        """Why no execution is made of a text; None when one is."""
        return refusal(sql)

    def execute(self, request: QueryRequest, control: QueryControl) -> QueryOutcome:
        """Run one statement to its end.

        Raises:
            QueryFailed: in Athena's words.
            QueryCancelled: the control was cancelled.
        """
        started = time.monotonic()
        kind: Kind | None = None
        try:
            with self._job(request, control) as job:
                kind, run = self.open(job)
                return _outcome(job, kind, run(), started)
        except QueryCancelled:
            raise
        except Exception as error:
            if control.cancelled.is_set():
                raise control.end() from error
            failed = _failure(error, _milliseconds(started))
            if failed is None:
                log_failure(log, error, "statement failed by a defect id=%s", request.query_id)
                raise
            if kind is not None:
                failed.statement_type = kind.statement
                failed.substatement_type = kind.substatement
            raise failed from error

    def open(self, job: Job) -> tuple[Kind, Callable[[], Answer]]:
        """What a statement is, and how it is run.

        Raises:
            SqlError: it is no statement, or its parameters do not fit.
        """
        statement, parameters = open_statement(job, parsed(job.request.sql))

        def run() -> Answer:
            with self._session.cursor(job.control) as cursor:
                return run_statement(job, cursor, self._planner, statement, parameters)

        return classify(statement), run

    @contextmanager
    def _job(self, request: QueryRequest, control: QueryControl) -> Iterator[Job]:
        """The statement's world; what it wrote and did not commit goes when it fails."""
        with self._store.statement(request.query_id, control.begin_commit) as store:
            yield Job(
                request=request,
                control=control,
                catalog=self._catalog,
                store=store,
                settings=self._settings,
                session=self._session,
                lake=self._lake.over(store),
            )


def _outcome(job: Job, kind: Kind, answer: Answer, started: float) -> QueryOutcome:
    base = QueryOutcome(
        statement_type=kind.statement,
        substatement_type=kind.substatement,
        columns=(),
        output_location=f"{job.request.output_location}{job.request.query_id}",
        scanned_bytes=job.control.scanned_bytes,
        planning_ms=job.planning_ms,
    )
    if isinstance(answer, TextAnswer):
        location = write_text(job, answer)
        base = replace(
            base,
            columns=answer.columns,
            output_location=location,
            row_count=len(answer.rows),
            output_rows=len(answer.rows),
        )
    elif isinstance(answer, WriteAnswer):
        location = write_location(job, kind)
        files = answer.files
        manifest = None if files is None else write_manifest(job, location, files)
        base = replace(
            base,
            columns=(ROWS_COLUMN,),
            output_location=location,
            update_count=answer.update_count,
            data_manifest_location=manifest,
            output_rows=answer.update_count,
            output_bytes=answer.output_bytes,
        )
    else:
        base = _query_outcome(base, answer)
    return replace(base, engine_ms=max(_milliseconds(started), 1))


def _query_outcome(base: QueryOutcome, answer: QueryAnswer) -> QueryOutcome:
    return replace(
        base,
        columns=answer.columns,
        output_location=answer.output_location,
        row_count=answer.row_count,
        has_header=True,
        output_rows=answer.row_count,
        output_bytes=answer.output_bytes,
        deterministic=answer.deterministic,
    )


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


_FAILURES: tuple[tuple[type[Exception], Callable[..., QueryFailed]], ...] = (
    (CatalogError, catalog_failure),
    (InvalidUriError, location_failure),
    (NoSuchBucketError, location_failure),
)


def _failure(error: Exception, planning_ms: int) -> QueryFailed | None:
    """The failure that clients see; None for a defect of the engine."""
    if isinstance(error, QueryFailed):
        return error
    if isinstance(error, DdlFault):
        return QueryFailed("", str(error), planning_ms=planning_ms)
    if isinstance(error, SqlError):
        return failure(error, planning_ms)
    if isinstance(error, RecursionError):
        return failure(
            SqlError("STACK_OVERFLOW", "The statement is nested too deeply"), planning_ms
        )
    if isinstance(error, duckdb.Error):
        return failure(SqlError("GENERIC_INTERNAL_ERROR", str(error)), planning_ms)
    for kind, word in _FAILURES:
        if isinstance(error, kind):
            return word(error)
    return None
