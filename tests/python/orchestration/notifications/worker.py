"""A worker of Airflow as notifications see it, in a process of its own. Reads cases (JSON, one a
line); answers each with the seconds that it took and what it logged.

A case has `environ`, the variables; `call`, the callback; `error`, what was raised; and what else
the context holds. `at_once` makes so many calls, each in a thread of its own, of as many tasks.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import airflow.sdk  # noqa: F401  (it sets up logging, so it comes before what is set up here)
from airflow.providers.amazon.aws.hooks import sns  # noqa: F401
from airflow.providers.slack.hooks import slack_webhook  # noqa: F401
from airflow.providers.smtp.hooks import smtp  # noqa: F401

from lakehouse.errors import BatchHeldError, SourceUnavailableError
from lakehouse.orchestration import callbacks

ERRORS: dict[str, BaseException] = {
    "held": BatchHeldError("payments-2026-06-01", "held, nothing was published: 3 of 4 rows"),
    "away": SourceUnavailableError("payments", "https://api:hunter2-secret@gateway: status 503"),
    "unknown": RuntimeError("token=abcdef123456 of ana@example.com, CPF 123.456.789-09"),
}


def context_of(case: dict[str, Any], task_id: str) -> dict[str, Any]:
    """The parts of Airflow's context that callbacks read."""
    dag_id, run_id = case.get("dag_id", "land_payments"), case.get("run_id", "run-1")
    instance = SimpleNamespace(
        dag_id=dag_id,
        run_id=run_id,
        task_id=task_id,
        map_index=-1,
        try_number=case.get("try_number", 3),
        task=SimpleNamespace(owner="payments"),
        log_url=f"http://airflow.example/dags/{dag_id}/runs/{run_id}/tasks/{task_id}",
    )
    dag = SimpleNamespace(
        dag_id=dag_id, owner="payments", max_consecutive_failed_dag_runs=case.get("most", 0)
    )
    error = ERRORS.get(case.get("error", ""))
    return {
        "ti": instance, "dag": dag, "run_id": run_id, "exception": error, "reason": "task_failure",
    }  # fmt: skip


def main() -> None:
    """Do what is told until there is no more."""
    # Airflow writes lines of its own to standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    log = io.StringIO()
    logging.basicConfig(level=logging.INFO, stream=log, force=True)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        call = getattr(callbacks, case["call"])
        names = [f"{case.get('task_id', 'land')}_{n}" for n in range(case.get("at_once", 1))]
        os.environ.clear()
        os.environ.update(case["environ"])
        begin = time.monotonic()
        threads = [threading.Thread(target=call, args=[context_of(case, name)]) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
        answer = json.dumps({"seconds": seconds, "log": log.getvalue()})
        print(answer, file=answers, flush=True)
        log.seek(0)
        log.truncate()


if __name__ == "__main__":
    main()
