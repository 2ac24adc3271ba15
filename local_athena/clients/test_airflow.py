"""Airflow's Athena operator, sensor and hook, run as a worker would, without a scheduler."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import json
import os
from airflow.providers.amazon.aws.hooks.athena import AthenaHook
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.sensors.athena import AthenaSensor

database, output, endless = (os.environ[name] for name in ("DATABASE", "OUTPUT", "ENDLESS"))
facts = {}

class Instance:
    pushed = {}
    def xcom_push(self, key, value, **more):
        self.pushed[key] = value

def operate(name, query, **more):
    return AthenaOperator(
        task_id=name, query=query, database=database, output_location=output, sleep_time=0,
        aws_conn_id=None, **more,
    )

context = {"ti": Instance(), "task_instance": Instance()}
numbers = operate("ok", "select n from unnest(sequence(1, 2500)) t (n) order by n")
query_id = numbers.execute(context)
hook = AthenaHook(aws_conn_id=None)
facts["state"] = hook.check_query_status(query_id)
facts["location"] = hook.get_output_location(query_id) == f"{output}{query_id}.csv"
facts["first"] = len(hook.get_query_results(query_id)["ResultSet"]["Rows"])
pages = hook.get_query_results_paginator(query_id, max_items=1500, page_size=500)
facts["paged"] = sum(len(page["ResultSet"]["Rows"]) for page in pages)
facts["sensed"] = AthenaSensor(
    task_id="sense", query_execution_id=query_id, aws_conn_id=None, sleep_time=0
).poke(context)
try:
    operate("bad", "select 1 / 0").execute(context)
except Exception as error:
    facts["error"] = str(error)
killed = operate("killed", endless)
killed.query_execution_id = hook.run_query(
    endless, {"Database": database}, {"OutputLocation": output}
)
killed.on_kill()
facts["killed"] = hook.check_query_status(killed.query_execution_id)
facts["reason"] = hook.get_state_change_reason(killed.query_execution_id)
waiter = hook.get_waiter("query_complete")
waiter.wait(QueryExecutionId=query_id, WaiterConfig={"Delay": 0, "MaxAttempts": 5})
facts["waited"] = True
print(json.dumps(facts))
"""
ENDLESS = (
    "select count(*) from unnest(sequence(1, 10000)) a (x) "
    "cross join unnest(sequence(1, 10000)) b (y) cross join unnest(sequence(1, 10000)) c (z) "
    "where x + y + z = 0"
)


@pytest.fixture
def facts(environ: dict[str, str], tmp_path: Path) -> Any:
    """What the script saw, in a process with an Airflow of its own."""
    pytest.importorskip("airflow", reason="Airflow is not installed")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    settings = {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "ENDLESS": ENDLESS,
    }
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_operator_sensor_hook(facts: Any) -> None:
    assert "DIVISION_BY_ZERO" in facts.pop("error")
    assert facts == {
        "state": "SUCCEEDED",
        "location": True,
        "first": 1000,
        "paged": 1500,
        "sensed": True,
        "killed": "CANCELLED",
        "reason": "Query cancelled by user",
        "waited": True,
    }
