"""Runs queries: a pool of threads between StartQueryExecution and the engine.

A query goes QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED; each step is stored. What
follows a success: `<result file>.metadata` beside the result file.
"""

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from local_athena.api.describe import column_to_json
from local_athena.api.executions import CANCELLED, FAILED, RUNNING, SUCCEEDED, Execution, Executions
from local_athena.engine.contract import (
    SYSTEM,
    EngineProtocol,
    PreparedStatements,
    QueryCancelled,
    QueryFailed,
    QueryOutcome,
    QueryRequest,
)
from local_athena.errors import LocalAthenaError, internal_text
from local_athena.settings import QUERY_THREADS, Settings
from local_athena.storage import ObjectStore
from local_athena.storage.rows import delete_rows

log = logging.getLogger(__name__)

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
        self._pool = ThreadPoolExecutor(settings.query_threads, thread_name_prefix=QUERY_THREADS)

    def submit(self, execution: Execution, job: Job) -> None:
        """Queue a stored execution."""
        self._pool.submit(self._run, execution, job)

    def stop(self, execution: Execution) -> None:
        """Cancel a query; a finished one stays as it is."""
        with execution.lock:
            if execution.done.is_set():
                return
            waiting = execution.state != RUNNING
            if waiting:
                self._cancelled(execution)
        execution.control.cancel()

    def close(self) -> None:
        """Cancel everything and wait until the queries have ended, at most STOP_SECONDS."""
        for execution in self._executions.live():
            self.stop(execution)
        self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + STOP_SECONDS
        for execution in self._executions.live():
            execution.done.wait(max(0.0, deadline - time.monotonic()))
        self._engine.close()

    def _run(self, execution: Execution, job: Job) -> None:
        with execution.lock:
            if execution.done.is_set():
                return
            execution.state = RUNNING
            execution.facts["started"] = self._clock()
        try:
            outcome = self._engine.execute(self._request(execution, job), execution.control)
            self._write_metadata(outcome)
        except Exception as error:  # noqa: BLE001  (the outermost edge of a query)
            self._ended(execution, error)
        else:
            self._succeeded(execution, outcome)

    def _ended(self, execution: Execution, error: Exception) -> None:
        """Turn what the engine raised into a final state."""
        if isinstance(error, QueryCancelled) or execution.control.cancelled.is_set():
            with execution.lock:
                self._cancelled(execution)
        elif isinstance(error, QueryFailed):
            self._failed(execution, error)
        elif isinstance(error, LocalAthenaError):
            self._failed(execution, QueryFailed("", str(error)))
        else:  # a defect of the engine: its traceback goes to the log, not to the client
            log.error("query failed id=%s", execution.id, exc_info=error)
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
        )

    def _write_metadata(self, outcome: QueryOutcome) -> None:
        columns = [column_to_json(column) for column in outcome.columns]
        with self._store.new_file(f"{outcome.output_location}.metadata", durable=False) as path:
            path.write_text(json.dumps({"columns": columns}), encoding="utf-8")

    def _succeeded(self, execution: Execution, outcome: QueryOutcome) -> None:
        with execution.lock:
            if execution.control.cancelled.is_set():
                # the engine was faster than the cancellation: the work is done and stays done
                log.info("query finished before it could be cancelled id=%s", execution.id)
            execution.state = SUCCEEDED
            if not outcome.deterministic or outcome.substatement_type != "SELECT":
                execution.reuse_key = None
            execution.facts.update(
                completed=self._clock(),
                statement_type=outcome.statement_type,
                substatement_type=outcome.substatement_type,
                output_file=outcome.output_location,
                manifest=outcome.data_manifest_location,
                planning_ms=outcome.planning_ms,
                engine_ms=outcome.engine_ms,
                scanned_bytes=outcome.scanned_bytes,
                input_rows=outcome.input_rows,
                output_rows=outcome.output_rows,
                output_bytes=outcome.output_bytes,
                plan=outcome.plan_text,
                columns=[column_to_json(column) for column in outcome.columns],
                has_header=outcome.has_header,
                row_count=outcome.row_count,
                update_count=outcome.update_count,
                rows_of=execution.id,
            )
            self._executions.save(execution)

    def _failed(self, execution: Execution, failure: QueryFailed) -> None:
        message = failure.message
        if failure.name and failure.name not in message:
            message = f"{failure.name}: {message}"
        with execution.lock:
            execution.state = FAILED
            execution.reuse_key = None
            facts = execution.facts
            facts.update(
                completed=self._clock(),
                reason=message,
                error={
                    "ErrorCategory": failure.category,
                    "ErrorType": failure.error_type,
                    "Retryable": failure.retryable,
                    "ErrorMessage": message,
                },
                planning_ms=failure.planning_ms,
                scanned_bytes=execution.control.scanned_bytes,
            )
            if failure.statement_type:
                facts["statement_type"] = failure.statement_type
            if failure.substatement_type:
                facts["substatement_type"] = failure.substatement_type
            facts["engine_ms"] = int((facts["completed"] - facts["started"]) * 1000)
            self._executions.save(execution)
        delete_rows(self._settings.results, execution.id)

    def _cancelled(self, execution: Execution) -> None:
        """Mark as cancelled; the caller holds the execution's lock."""
        facts = execution.facts
        facts["completed"] = self._clock()
        facts["reason"] = "Query cancelled by user"
        facts["scanned_bytes"] = execution.control.scanned_bytes
        if facts["started"]:
            facts["engine_ms"] = int((facts["completed"] - facts["started"]) * 1000)
        execution.state = CANCELLED
        execution.reuse_key = None
        self._executions.save(execution)
        delete_rows(self._settings.results, execution.id)
