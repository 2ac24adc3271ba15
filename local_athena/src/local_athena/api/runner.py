"""Runs queries: a pool of threads between StartQueryExecution and the engine.

A query goes QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED; each step is stored. What
follows a success: `<result file>.metadata` beside the result file, when there are columns.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from local_athena.api.describe import column_to_json
from local_athena.api.executions import (
    CANCELLED,
    FAILED,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    Execution,
    Executions,
)
from local_athena.api.limits import Limits
from local_athena.api.metadata_file import metadata_bytes
from local_athena.api.workers import Workers
from local_athena.engine.contract import (
    SYSTEM,
    EngineProtocol,
    PreparedStatements,
    QueryCancelled,
    QueryFailed,
    QueryOutcome,
    QueryRequest,
    result_uri,
)
from local_athena.errors import LocalAthenaError, internal_text
from local_athena.failures import log_failure
from local_athena.settings import QUERY_THREADS, Settings
from local_athena.storage import ObjectStore
from local_athena.storage.rows import delete_rows

log = logging.getLogger(__name__)

STORE_AGAIN_SECONDS = 0.5
STOP_SECONDS = 10.0
"""How long the end of the server waits for cancelled queries."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the engine needs of a submitted query beyond its facts."""

    sql: str
    catalog: str
    database: str | None
    output_location: str
    parameters: tuple[str, ...]
    prepared: PreparedStatements
    location_enforced: bool = False


class Runner:
    """The worker threads; `close` cancels what runs and waits for it, though not for ever."""

    def __init__(
        self,
        engine: EngineProtocol,
        store: ObjectStore,
        executions: Executions,
        settings: Settings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._store = store
        self._executions = executions
        self._settings = settings
        self._clock = clock
        self._closing = threading.Event()
        # As in Athena, DDL does not wait behind DML (user guide, "Service quotas").
        self._dml = Workers(settings.query_threads, f"{QUERY_THREADS} dml")
        self._ddl = Workers(settings.query_threads, f"{QUERY_THREADS} ddl")
        self._limits = Limits(settings, executions.live, self._give_up, clock)

    def refusal(self, sql: str) -> str | None:
        """Why no execution is made of a text; None when one is."""
        return self._engine.refusal(sql)

    def submit(self, execution: Execution, job: Job) -> None:
        """Queue a stored execution."""
        self._workers(execution).submit(lambda: self._run(execution, job))
        self._limits.watch()

    def _workers(self, execution: Execution) -> Workers:
        return self._ddl if execution.is_ddl else self._dml

    def _give_up(self, execution: Execution) -> None:
        """A query that was ended does not notice it: say so, its thread counts no more."""
        with execution.lock:
            if execution.done.is_set():
                return
            execution.given_up = True
        self._workers(execution).give_up()
        self._ended(execution, execution.control.end())

    def stop(self, execution: Execution) -> None:
        """Cancel a query; a finished one stays as it is."""
        execution.control.cancel()
        if execution.state == QUEUED:
            self._cancelled(execution)

    def close(self) -> None:
        """Cancel everything and wait until the queries have ended, at most STOP_SECONDS."""
        self._closing.set()
        for execution in self._executions.live():
            self.stop(execution)
        self._limits.close()
        self._dml.close()
        self._ddl.close()
        deadline = time.monotonic() + STOP_SECONDS
        for execution in self._executions.live():
            execution.done.wait(max(0.0, deadline - time.monotonic()))
        self._engine.close()

    def _run(self, execution: Execution, job: Job) -> None:
        with execution.lock:
            if execution.done.is_set():
                return
            execution.facts["started"] = self._clock()
            execution.held_before = self._limits.held()
            execution.state = RUNNING
        try:
            outcome = self._engine.execute(self._request(execution, job), execution.control)
            self._write_metadata(execution, outcome)
        except Exception as error:  # noqa: BLE001  (the outermost edge of a query)
            self._ended(execution, error)
        else:
            self._succeeded(execution, outcome)
        finally:
            execution.returned.set()
            if execution.given_up:
                self._workers(execution).came_back()

    def _ended(self, execution: Execution, error: Exception) -> None:
        """Turn what the engine raised into a final state."""
        if execution.control.cancelled.is_set():
            error = execution.control.end()
        if isinstance(error, QueryCancelled):
            self._cancelled(execution)
        elif isinstance(error, QueryFailed):
            self._failed(execution, error)
        elif isinstance(error, LocalAthenaError):
            self._failed(execution, QueryFailed("", str(error)))
        else:  # a defect of the engine: its traceback goes to the log, not to the client
            log_failure(log, error, "query failed id=%s", execution.id)
            text = internal_text(error, detail=True)
            self._failed(
                execution,
                QueryFailed("GENERIC_INTERNAL_ERROR", text, category=SYSTEM, error_type=1),
            )

    def _request(self, execution: Execution, job: Job) -> QueryRequest:
        return QueryRequest(
            query_id=execution.id,
            sql=job.sql,
            catalog=job.catalog,
            database=job.database,
            output_location=job.output_location,
            workgroup=execution.workgroup,
            parameters=job.parameters,
            started_at=datetime.fromtimestamp(execution.facts["started"], UTC),
            prepared=job.prepared,
            location_enforced=job.location_enforced,
        )

    def _write_metadata(self, execution: Execution, outcome: QueryOutcome) -> None:
        """Describe the columns beside the result; most DDL has none, and no such object."""
        if not outcome.columns:
            return
        content = metadata_bytes(
            execution.id, outcome.substatement_type, outcome.columns, outcome.update_count
        )
        with self._store.new_file(f"{outcome.output_location}.metadata", durable=False) as path:
            path.write_bytes(content)

    def _succeeded(self, execution: Execution, outcome: QueryOutcome) -> None:
        facts = {
            "statement_type": outcome.statement_type,
            "substatement_type": outcome.substatement_type,
            "output_file": outcome.output_location,
            "manifest": outcome.data_manifest_location,
            "planning_ms": outcome.planning_ms,
            "engine_ms": outcome.engine_ms,
            "scanned_bytes": outcome.scanned_bytes,
            "input_rows": outcome.input_rows,
            "output_rows": outcome.output_rows,
            "output_bytes": outcome.output_bytes,
            "plan": outcome.plan_text,
            "columns": [column_to_json(column) for column in outcome.columns],
            "has_header": outcome.has_header,
            "row_count": outcome.row_count,
            "update_count": outcome.update_count,
            "rows_of": execution.id,
        }
        if not outcome.deterministic or outcome.substatement_type != "SELECT":
            execution.reuse_key = None
        while not self._closing.is_set():
            try:
                self._finish(execution, SUCCEEDED, **facts)
            except sqlite3.Error as error:
                # What was written is written: to call it a failure would have it done twice.
                log_failure(log, error, "a success cannot be stored yet id=%s", execution.id)
                self._closing.wait(STORE_AGAIN_SECONDS)
            else:
                return

    def _failed(self, execution: Execution, failure: QueryFailed) -> None:
        message = failure.message
        if failure.name and failure.name not in message:
            message = f"{failure.name}: {message}"
        given = {
            "statement_type": failure.statement_type,
            "substatement_type": failure.substatement_type,
        }
        execution.reuse_key = None
        self._finish(
            execution,
            FAILED,
            reason=message,
            error={
                "ErrorCategory": failure.category,
                "ErrorType": failure.error_type,
                "Retryable": failure.retryable,
                "ErrorMessage": message,
            },
            planning_ms=failure.planning_ms,
            scanned_bytes=execution.control.scanned_bytes,
            engine_ms=self._elapsed(execution),
            **{name: value for name, value in given.items() if value},
            **_place(execution, failure),
        )
        delete_rows(self._settings.results, execution.id)

    def _cancelled(self, execution: Execution) -> None:
        execution.reuse_key = None
        self._finish(
            execution,
            CANCELLED,
            reason="Query cancelled by user",
            scanned_bytes=execution.control.scanned_bytes,
            engine_ms=self._elapsed(execution),
        )
        delete_rows(self._settings.results, execution.id)

    def _finish(self, execution: Execution, state: str, **facts: object) -> None:
        """Give it its end, unless it has one (it was given up before)."""
        with execution.lock:
            if not execution.done.is_set():
                self._executions.finish(execution, state, completed=self._clock(), **facts)

    def _elapsed(self, execution: Execution) -> int:
        started = execution.facts["started"]
        return int((self._clock() - started) * 1000) if started else 0


def _place(execution: Execution, failure: QueryFailed) -> dict[str, str]:
    """Where the result would lie, once it is known what kind of statement failed."""
    if failure.statement_type is None or failure.substatement_type is None:
        return {}
    location = execution.facts["output_file"].rpartition(execution.id)[0]
    kind = failure.statement_type, failure.substatement_type
    return {"output_file": result_uri(location, execution.id, *kind)}
