"""Run in a process of its own: Airflow's settings come from the environment at import.

Reads cases (JSON) from TALEND_CASES and writes to its argument what became of each.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import airflow  # noqa: F401  (its settings, before all others)
from airflow.sdk import DAG

from lakehouse.orchestration.talend.operators import TalendJobOperator, TalendScriptOperator

_OPERATORS = {"job": TalendJobOperator, "script": TalendScriptOperator}


def build_dag() -> DAG:
    """One DAG with a task for each case that is a task's; what they raise goes into a file."""
    cases, failures = _read(os.environ["TALEND_CASES"]), os.environ["TALEND_FAILURES"]

    def on_failure(context: Any) -> None:
        error, instance = context["exception"], context["ti"]
        kind = _decide(instance.task, error)
        line = {"task": instance.task_id, "error": str(error), "kind": kind}
        with open(failures, "a") as file:  # noqa: PTH123
            file.write(json.dumps(line) + "\n")

    with DAG(
        dag_id="talend_cases", schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC)
    ) as dag:
        for case in cases:
            if case["case"] == "task":
                arguments = dict(case["arguments"])
                if "execution_timeout" in arguments:
                    arguments["execution_timeout"] = timedelta(
                        seconds=arguments["execution_timeout"]
                    )
                _OPERATORS[case["operator"]](
                    task_id=case["name"], on_failure_callback=on_failure, retries=0, **arguments
                )
    return dag


def _decide(operator: Any, error: BaseException) -> str:
    """What the retry policy of a task makes of an error: lasting, transient or unknown."""
    decision = operator.retry_policy.evaluate(error, 1, 3)
    return {"FAIL": "lasting", "RETRY": "transient"}.get(decision.action.name, "unknown")


def run_tasks() -> dict[str, Any]:
    """Every task of the DAG through `DAG.test`: its state, what it returned, what it raised."""
    # The file in the folder of DAGs, as a worker imports it.
    sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    import talend_dag

    run = talend_dag.dag.test(logical_date=datetime(2026, 6, 1, tzinfo=UTC))
    found: dict[str, Any] = {}
    for instance in run.get_task_instances():
        found[instance.task_id] = {
            "state": str(instance.state),
            "error": None,
            "kind": None,
            "returned": instance.xcom_pull(task_ids=instance.task_id),
            "log": instance.xcom_pull(task_ids=instance.task_id, key="talend_log"),
        }
    with open(os.environ["TALEND_FAILURES"]) as file:  # noqa: PTH123
        for line in map(json.loads, file):
            found[line.pop("task")].update(line)
    return found


def _read(path: str) -> Any:
    with open(path) as file:  # noqa: PTH123
        return json.load(file)


def kill_after_start(case: dict[str, Any]) -> dict[str, Any]:
    """A worker that is killed between the start of the execution and its deferral."""
    from airflow.sdk.exceptions import TaskDeferred

    class _Instance:
        def xcom_push(self, key: str, value: Any) -> None:
            """A worker's instance keeps it."""

    operator = TalendJobOperator(task_id="land", **case["arguments"])
    try:
        operator.execute({"ti": _Instance()})
    except TaskDeferred as deferred:
        path, arguments = deferred.trigger.serialize()
        operator.on_kill()
        return {"state": "killed", "trigger": path, "arguments": arguments}
    return {"state": "not deferred"}


def run_trigger(case: dict[str, Any]) -> dict[str, Any]:
    """A trigger as the triggerer runs it: stopped by a restart, by a user, or left to its end."""
    return asyncio.run(_run_trigger(case))


async def _run_trigger(case: dict[str, Any]) -> dict[str, Any]:
    from airflow.jobs.triggerer_job_runner import _USER_ACTION_CANCEL_MSG, TriggerRunner
    from airflow.models.trigger import Trigger
    from airflow.sdk.module_loading import import_string

    from lakehouse.orchestration.talend.trigger import TalendExecutionTrigger

    runner = TriggerRunner()
    first = TalendExecutionTrigger(**case["arguments"])
    path, arguments = first.serialize()
    # What the database holds of it, and what another triggerer makes of that.
    encrypted = Trigger(classpath=path, kwargs=arguments)
    again = import_string(encrypted.classpath)(**encrypted.kwargs)
    stop = case["stop"]
    if stop is not None:
        runner.triggers[1] = {"task": None, "is_watcher": False, "name": "first", "events": 0}
        task = asyncio.create_task(runner.run_trigger(1, first))
        while _asked(case) < 2:
            await asyncio.sleep(0.02)
        task.cancel(*([_USER_ACTION_CANCEL_MSG] if stop == "user" else []))
        await asyncio.gather(task, return_exceptions=True)
    if stop == "user":
        return {"state": "cancelled", "arguments": arguments}
    runner.triggers[2] = {"task": None, "is_watcher": False, "name": "again", "events": 0}
    await runner.run_trigger(2, again)
    return {"state": "fired", "arguments": arguments, "event": runner.events[0].event.payload}


def _asked(case: dict[str, Any]) -> int:
    """How often the console was asked for the execution, by its own count."""
    with open(case["counter"]) as counter:  # noqa: PTH123
        return len(counter.read())


def resume(case: dict[str, Any]) -> dict[str, Any]:
    """What a task makes of an event of its trigger."""
    operator = TalendJobOperator(task_id="land", executable="x", **case["arguments"])
    try:
        return {"state": "success", "returned": operator.resume({}, case["event"])}
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return {"state": "failed", "kind": _decide(operator, error), "error": str(error)}


_CASES = {"kill": kill_after_start, "trigger": run_trigger, "resume": resume}


def main() -> None:
    """Run the cases and write what became of them."""
    found = {}
    for case in _read(os.environ["TALEND_CASES"]):
        if case["case"] in _CASES:
            try:
                found[case["name"]] = _CASES[case["case"]](case)
            except Exception:  # noqa: BLE001 - the test that looks at the case shows it
                found[case["name"]] = {"state": "error", "error": traceback.format_exc()}
    found |= run_tasks()
    with open(sys.argv[1], "w") as file:  # noqa: PTH123
        json.dump(found, file, default=str)


if __name__ == "__main__":
    main()
