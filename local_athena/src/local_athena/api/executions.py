"""Query executions: what is known of each query, running or from history, and how it is kept.

An `Execution` is mutable while its query runs (under its `lock`) and stored in SQLite at every
change of state. Epochs are seconds, durations milliseconds.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local_athena.engine.contract import QueryControl
from local_athena.errors import InvalidRequestError
from local_athena.failures import log_failure
from local_athena.storage.database import Database

Json = dict[str, Any]
log = logging.getLogger(__name__)

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = (
    "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED",
)  # fmt: skip
FINAL = frozenset({SUCCEEDED, FAILED, CANCELLED})


@dataclass
class Execution:
    """One query. `facts` is what is stored; see `new_facts` for its members.

    `done`: it has its end. `returned`: its thread works for it no more. `held_before`: bytes that
    the process held when it began to run.
    """

    id: str
    workgroup: str
    submitted: float
    facts: Json
    token: str | None = None
    reuse_key: str | None = None
    state: str = QUEUED
    control: QueryControl = field(default_factory=QueryControl)
    is_ddl: bool = False
    given_up: bool = False
    held_before: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    returned: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


def new_facts(query: str, **more: Any) -> Json:
    """Facts of a query that has just been submitted."""
    return {
        "query": query,
        "context": {},
        "result_configuration": {},
        "reuse": None,
        "managed": False,
        "parameters": None,
        "fingerprint": None,
        "statement_type": None,
        "substatement_type": None,
        "output_file": None,
        "manifest": None,
        "reason": None,
        "error": None,
        "completed": None,
        "started": None,
        "planning_ms": 0,
        "engine_ms": 0,
        "scanned_bytes": 0,
        "input_rows": 0,
        "output_rows": 0,
        "output_bytes": 0,
        "plan": "",
        "columns": [],
        "has_header": False,
        "row_count": 0,
        "update_count": None,
        "rows_of": None,
        "reused": False,
        **more,
    }


class Executions:
    """All executions: live ones in memory, finished ones in SQLite."""

    def __init__(self, state: Database) -> None:
        self._state = state
        self._live: dict[str, Execution] = {}
        self._lock = threading.Lock()

    def fail_interrupted(self, completed: float) -> int:
        """Mark what a dead server left queued or running as FAILED; returns how many."""
        rows = self._state.rows(
            "SELECT id, body FROM athena_queries WHERE state IN (?, ?)", (QUEUED, RUNNING)
        )
        message = "INTERNAL_ERROR: the server stopped while the query was running"
        for query_id, body in rows:
            facts = {
                **json.loads(body),
                "reason": message,
                "completed": completed,
                "error": {
                    "ErrorCategory": 1,
                    "ErrorType": 1,
                    "Retryable": True,
                    "ErrorMessage": message,
                },
            }
            self._state.run(
                "UPDATE athena_queries SET state = ?, body = ?, reuse_key = NULL WHERE id = ?",
                (FAILED, json.dumps(facts), query_id),
            )
        return len(rows)

    def add(self, execution: Execution) -> None:
        """Store a new execution and keep it live."""
        self._state.run(
            "INSERT INTO athena_queries VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                execution.id,
                execution.workgroup,
                execution.submitted,
                execution.state,
                execution.token,
                execution.reuse_key,
                json.dumps(execution.facts),
            ),
        )
        with self._lock:
            self._live[execution.id] = execution

    def finish(self, execution: Execution, state: str, **facts: Any) -> None:
        """Store its end, then tell it. The caller holds the execution's lock.

        Raises:
            sqlite3.Error: a success cannot be stored (the disk is full); nothing is told. Another
                end is told all the same: after a restart it is a failure too.
        """
        facts = {**execution.facts, **facts}
        try:
            self._store(execution, state, facts)
        except sqlite3.Error as error:
            if state == SUCCEEDED:
                raise
            log_failure(log, error, "the end of a query cannot be stored id=%s", execution.id)
        else:
            with self._lock:
                self._live.pop(execution.id, None)
        execution.facts, execution.state = facts, state
        execution.done.set()

    def _store(self, execution: Execution, state: str, facts: Json) -> None:
        self._state.run(
            "UPDATE athena_queries SET state = ?, reuse_key = ?, body = ? WHERE id = ?",
            (state, execution.reuse_key, json.dumps(facts), execution.id),
        )

    def get(self, query_id: str) -> Execution:
        """One execution, live or from history.

        Raises:
            InvalidRequestError: there is none.
        """
        found = self.find(query_id)
        if found is None:
            raise InvalidRequestError(
                f"QueryExecution {query_id} was not found", "QUERY_EXECUTION_NOT_FOUND"
            )
        return found

    def find(self, query_id: str) -> Execution | None:
        """One execution, or None."""
        with self._lock:
            live = self._live.get(query_id)
        if live is not None:
            return live
        return self._load("id = ?", (query_id,))

    def by_token(self, token: str) -> Execution | None:
        """The execution that a ClientRequestToken made, or None."""
        return self._load("token = ?", (token,))

    def reusable(self, reuse_key: str, since: float) -> Execution | None:
        """The latest success of the same query submitted at or after `since`, or None."""
        return self._load(
            "reuse_key = ? AND state = 'SUCCEEDED' AND submitted >= ? ORDER BY submitted DESC",
            (reuse_key, since),
        )

    def ids(self, workgroup: str) -> list[str]:
        """Ids of a workgroup's executions, newest first."""
        rows = self._state.rows(
            "SELECT id FROM athena_queries WHERE workgroup = ? ORDER BY submitted DESC, id",
            (workgroup,),
        )
        return [query_id for (query_id,) in rows]

    def live(self) -> list[Execution]:
        """Executions that are queued or running."""
        with self._lock:
            return list(self._live.values())

    def forget_workgroup(self, workgroup: str) -> list[str]:
        """Remove a deleted workgroup's history; returns the ids."""
        gone = self.ids(workgroup)
        self._state.run("DELETE FROM athena_queries WHERE workgroup = ?", (workgroup,))
        return gone

    def forget_before(self, submitted: float) -> list[str]:
        """Remove history older than that; returns the ids."""
        rows = self._state.rows("SELECT id FROM athena_queries WHERE submitted < ?", (submitted,))
        self._state.run("DELETE FROM athena_queries WHERE submitted < ?", (submitted,))
        return [query_id for (query_id,) in rows]

    def _load(self, where: str, values: Sequence[Any]) -> Execution | None:
        row = self._state.row(
            "SELECT id, workgroup, submitted, state, token, reuse_key, body FROM athena_queries "
            f"WHERE {where} LIMIT 1",
            values,
        )
        if row is None:
            return None
        query_id, workgroup, submitted, state, token, reuse_key, body = row
        with self._lock:
            live = self._live.get(query_id)
        if live is not None:
            return live
        loaded = Execution(
            query_id, workgroup, submitted, json.loads(body), token, reuse_key, state
        )
        if state in FINAL:
            loaded.done.set()
        return loaded
