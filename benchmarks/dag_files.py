"""What DAG files cost the scheduler: each besides Airflow's own imports, all, and `transform` of a
generated manifest of 1,000 models.

Seconds of a processor, in processes of their own, as Airflow parses each file in one.
"""

from __future__ import annotations

import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
ROUNDS, MODELS = 3, 1000
_MEASURE = """
import sys, time
import airflow, airflow.sdk
from airflow.dag_processing.dagbag import DagBag
begin = time.process_time()
bag = DagBag(sys.argv[1])
seconds = time.process_time() - begin
assert bag.dags and not bag.import_errors, bag.import_errors
print("\\n", seconds, sum(len(dag.tasks) for dag in bag.dags.values()))
"""


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: seconds, the bar, their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = folder / "target" / "manifest.json"
        environ = {
            **os.environ,
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_TARGET": "ci",
            "LAKEHOUSE_ENV": "ci",
            "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
            "LAKEHOUSE_DBT_MANIFEST": str(manifest),
        }
        dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "parse"]
        subprocess.run(
            [*dbt, "--target-path", str(manifest.parent)], cwd=PROJECT, env=environ, check=True
        )
        rows = [_row("all DAG files", PROJECT / "dags", 5, environ)]
        files = sorted((PROJECT / "dags").glob("*.py"))
        rows += [_row(file.name, file, 0.7, environ) for file in files]
        models = int(MODELS * scale)
        wide = folder / "wide.json"
        wide.write_text(json.dumps(widen(json.loads(manifest.read_text("utf-8")), models)))
        environ["LAKEHOUSE_DBT_MANIFEST"] = str(wide)
        label = f"transform.py with {models} models"
        rows.append(_row(label, PROJECT / "dags" / "transform.py", 3, environ))
        return rows


def widen(manifest: dict[str, Any], models: int) -> dict[str, Any]:
    """A manifest with as many models: copies of the project's, with their tests and edges."""
    nodes = manifest["nodes"]
    kinds = {key: node["resource_type"] for key, node in nodes.items()}
    own = [key for key, kind in kinds.items() if kind == "model"]
    count, number = len(own), 0
    found = dict(nodes)
    while count < models:
        number += 1
        for key in own[: models - count]:
            found[_copied(key, number)] = _copy(nodes[key], number, set(own))
            count += 1
        for key, kind in kinds.items():
            if kind == "test":
                copied = _copy(nodes[key], number, set(own))
                if set(copied["depends_on"]["nodes"]) <= set(found):
                    found[_copied(key, number)] = copied
    return {**manifest, "nodes": found}


def _copied(key: str, number: int) -> str:
    kind, package, name, *rest = key.split(".")
    return ".".join((kind, package, f"{name}_{number}", *rest))


def _copy(node: dict[str, Any], number: int, models: set[str]) -> dict[str, Any]:
    copied = copy.deepcopy(node)
    copied["unique_id"] = _copied(node["unique_id"], number)
    copied["name"] = f"{node['name']}_{number}"
    copied["alias"] = f"{node['alias']}_{number}"
    copied["fqn"] = [*node["fqn"][:-1], copied["name"]]
    parents = node["depends_on"]["nodes"]
    copied["depends_on"]["nodes"] = [
        _copied(parent, number) if parent in models else parent for parent in parents
    ]
    return copied


def _row(
    label: str, place: Path, bar: float, environ: dict[str, str]
) -> tuple[str, float, float, float]:
    found = []
    for _ in range(ROUNDS):
        run = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(place)],
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        )
        seconds, tasks = run.stdout.split("\n")[-2].split()
        found.append(float(seconds))
    middle = statistics.median(found)
    return f"{label}: {tasks} tasks, s (bar {bar})", middle, bar, middle / bar
