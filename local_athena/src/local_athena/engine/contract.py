"""The seam between the Athena API (`local_athena.api`) and the engine (`local_athena.engine`).

    engine = Engine(store, catalog, settings)
    outcome = engine.execute(request, control)      # on a worker thread, one per running query

The engine writes `<output_location><query_id>.csv` (rows) or `.txt` (DDL, SHOW, EXPLAIN) to the
store, `<query_id>-manifest.csv` for what wrote files of a Hive table or an UNLOAD, and the private
rows file from which GetQueryResults pages (`local_athena.storage.rows`: format, writer and reader).
The API writes `.metadata`, keeps the state of queries, and answers clients.

`execute` raises QueryFailed for anything the user or the data did wrong and QueryCancelled when it
stopped because `control.cancelled` was set. Any other exception is a defect of the engine: the API
reports it as a system error (category 1) without its traceback.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

StatementType = Literal["DDL", "DML", "UTILITY"]

SYSTEM, USER, OTHER = 1, 2, 3
"""AthenaError.ErrorCategory (API reference, AthenaError)."""


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column of a result, as ResultSetMetadata shows it.

    `type` is Athena's lower-case text: `varchar`, `integer`, `float` for real, `decimal`,
    `timestamp`, `array`, `row`... `precision` and `scale`: integer 10/0, bigint 19/0,
    double 17/0, decimal p/s, varchar n or 2147483647.
    """

    name: str
    type: str
    precision: int = 0
    scale: int = 0
    nullable: Literal["NOT_NULL", "NULLABLE", "UNKNOWN"] = "UNKNOWN"
    case_sensitive: bool = False
    label: str | None = None
    schema: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """A named text with `?` in it, kept per workgroup."""

    name: str
    sql: str


class PreparedStatements(Protocol):
    """The workgroup's prepared statements, for PREPARE, EXECUTE and DEALLOCATE."""

    def get(self, name: str) -> PreparedStatement | None:
        """The statement, or None."""

    def put(self, name: str, sql: str) -> None:
        """Create or replace it."""

    def delete(self, name: str) -> bool:
        """Remove it; False when there was none."""


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What to run.

    `output_location` is an s3 uri that ends in `/`; result files are named
    `<output_location><query_id>...`. `parameters` are the texts of ExecutionParameters, one
    literal in SQL syntax for each `?`, in order. `started_at` is the session's instant, aware,
    UTC: `now()` and `current_date` say this for the whole statement. `location_enforced`: the
    workgroup decides where results and new tables lie.
    """

    query_id: str
    sql: str
    catalog: str
    database: str | None
    output_location: str
    workgroup: str
    parameters: tuple[str, ...]
    started_at: datetime
    prepared: PreparedStatements | None = None
    location_enforced: bool = False


class QueryControl:
    """The running query's rope: cancellation, and figures that the API may show meanwhile.

    `on_cancel` registers a callback (DuckDB's `connection.interrupt`, for one); it is called at
    once if the query is cancelled already. Callbacks run on the thread that cancels. A query ends
    by its user's wish (`cancel`) or by a limit (`fail`), and either before it commits or not at
    all: `begin_commit` is the point of no return.
    """

    def __init__(self, bytes_scanned_limit: int | None = None) -> None:
        self.cancelled = threading.Event()
        self.bytes_scanned_limit = bytes_scanned_limit
        self.scanned_bytes = 0
        self.failure: QueryFailed | None = None
        self.ended_at = 0.0
        self._committing = False
        self._callbacks: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the query is cancelled; now, if it already is."""
        with self._lock:
            if not self.cancelled.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def forget(self, callback: Callable[[], object]) -> None:
        """Unregister what `on_cancel` registered, when the thing to interrupt is gone."""
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

    def cancel(self) -> bool:
        """Set `cancelled`, then call every callback; harmless when repeated. False: too late."""
        return self._end(None)

    def fail(self, failure: "QueryFailed") -> bool:
        """End the query by a limit that it passed. False: too late."""
        return self._end(failure)

    def begin_commit(self) -> None:
        """What follows makes the statement's work visible: nothing ends the query any more.

        Raises:
            QueryCancelled, QueryFailed: it was ended before.
        """
        with self._lock:
            if not self.cancelled.is_set():
                self._committing = True
        self.check()

    def check(self) -> None:
        """Raise what ended the query, if anything did: call it between steps."""
        if self.cancelled.is_set():
            raise self.end()

    def end(self) -> "QueryFailed | QueryCancelled":
        """What ended the query: a limit, or its user."""
        return self.failure or QueryCancelled()

    def _end(self, failure: "QueryFailed | None") -> bool:
        with self._lock:
            if self._committing:
                return False
            if not self.cancelled.is_set():
                self.failure, self.ended_at = failure, time.time()
            self.cancelled.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
        return True

    def add_scanned(self, size_bytes: int) -> None:
        """Count bytes about to be read; the workgroup's limit ends the query.

        Raises:
            QueryFailed: BytesScannedCutoffPerQuery of the workgroup is passed.
        """
        with self._lock:
            self.scanned_bytes += size_bytes
            limit = self.bytes_scanned_limit
        if limit is not None and self.scanned_bytes > limit:
            raise QueryFailed(
                "EXCEEDED_BYTES_SCANNED_LIMIT",
                "Query exhausted resources at this scale factor: Bytes scanned limit was exceeded",
                category=USER,
                error_type=2,
            )


@dataclass(frozen=True, slots=True)
class QueryOutcome:
    """What a finished statement was and did.

    `output_location` is the full uri of the result file (Athena's
    ResultConfiguration.OutputLocation). `has_header`: rows of a SELECT carry the column names as
    first row of the first page; DDL, SHOW, DESCRIBE and EXPLAIN do not. `row_count` counts data
    rows in the rows file. Durations in milliseconds, sizes in bytes. `substatement_type` as
    Athena names it: SELECT, INSERT, CREATE_TABLE_AS_SELECT, MERGE, SHOW_TABLES...
    """

    statement_type: StatementType
    substatement_type: str
    columns: tuple[ColumnInfo, ...]
    output_location: str
    update_count: int | None = None
    data_manifest_location: str | None = None
    scanned_bytes: int = 0
    planning_ms: int = 0
    engine_ms: int = 0
    row_count: int = 0
    has_header: bool = False
    input_rows: int = 0
    output_rows: int = 0
    output_bytes: int = 0
    deterministic: bool = True
    plan_text: str = field(default="", repr=False)


_WITHOUT_OBJECT = frozenset({"INSERT", "UNLOAD", "OPTIMIZE"})


def result_uri(
    location: str, query_id: str, statement_type: StatementType, substatement_type: str
) -> str:
    """Where Athena says that a statement's result lies (measured in September 2026).

    CREATE TABLE AS, INSERT, UPDATE, DELETE and MERGE write nothing there.
    """
    if substatement_type == "CREATE_TABLE_AS_SELECT":
        return f"{location}tables/{query_id}"
    if substatement_type in _WITHOUT_OBJECT:
        return f"{location}{query_id}"
    rows = statement_type == "DML" and substatement_type != "EXPLAIN"
    return f"{location}{query_id}{'.csv' if rows else '.txt'}"


class QueryFailed(Exception):  # noqa: N818  (the name of a state, not of a defect)
    """The statement failed by its user's or its data's fault, in Athena's words.

    `name` is Trino's error name (SYNTAX_ERROR, DIVISION_BY_ZERO, ICEBERG_COMMIT_ERROR...); if the
    message does not carry it yet, the state change reason becomes `NAME: message`. `category` is
    SYSTEM, USER or OTHER; `error_type` a number of Athena's error catalog (233 for Iceberg commit
    conflicts).
    """

    def __init__(
        self,
        name: str,
        message: str,
        category: int = USER,
        error_type: int = 1006,
        retryable: bool = False,
        planning_ms: int = 0,
        statement_type: StatementType | None = None,
        substatement_type: str | None = None,
    ) -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.name = name
        self.message = message
        self.category = category
        self.error_type = error_type
        self.retryable = retryable
        self.planning_ms = planning_ms
        self.statement_type = statement_type
        self.substatement_type = substatement_type


class QueryCancelled(Exception):  # noqa: N818
    """The engine stopped because `QueryControl.cancelled` was set."""


class EngineProtocol(Protocol):
    """What the API needs of an engine; tests pass a small one of their own."""

    def refusal(self, sql: str) -> str | None:
        """Why no execution is made of a text (StartQueryExecution fails); None when one is."""

    def execute(self, request: QueryRequest, control: QueryControl) -> QueryOutcome:
        """Run one statement to its end."""

    def close(self) -> None:
        """Give back memory and files; no query runs any more."""


Row = Sequence[str | None]
"""A row of a result in text form, as the result CSV has it; None is NULL."""
