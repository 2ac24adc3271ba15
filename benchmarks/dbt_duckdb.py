"""The whole `dbt build` of the project by dbt-duckdb: its models and tests as transpiled SQL.

The compiled SQL of the last build (`target/manifest.json`) becomes a dbt project of its own, with
the same names, schemas, seeds and dependencies; sources are views of the endpoint's raw Parquet.
Snapshots and incremental models are plain tables, as in a first build. Unit tests are left out. A
test that fails (Athena's names of types) only warns: it is run, and what comes after it too.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import sqlglot

from benchmarks import bare_duckdb, endpoints
from benchmarks.demonstration import PROJECT

_PROJECT = """
name: transpiled
version: "1.0"
profile: transpiled
flags: {send_anonymous_usage_stats: false}
data_tests: {+severity: warn}
"""
_PROFILE = """
transpiled:
  target: duckdb
  outputs: {duckdb: {type: duckdb, path: %s, threads: 2}}
"""
_SCHEMA = (
    "{% macro generate_schema_name(custom_schema_name, node) %}"
    "{{ custom_schema_name or target.schema }}{% endmacro %}"
)


def seconds_of_build(folder: Path, data: Path) -> tuple[float, int, int]:
    """(seconds that dbt-duckdb's build took, nodes in it, nodes that failed).

    dbt counts the seconds itself, from the first node to the last.
    """
    database = folder / "dbt.duckdb"
    bare_duckdb.open_database(database, data).close()
    project = folder / "dbt_duckdb"
    _write(project, database)
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--profiles-dir", "."]
    done = endpoints.finished(command, cwd=project)
    results = project / "target" / "run_results.json"
    if not results.exists():
        raise RuntimeError(f"dbt-duckdb did not build: {done[-2000:]}")
    return seconds_in(results)


def seconds_in(results: Path) -> tuple[float, int, int]:
    """(seconds, nodes, nodes that failed) of a `run_results.json`."""
    said: dict[str, Any] = json.loads(results.read_text("utf-8"))
    bad = sum(node["status"] in ("error", "skipped") for node in said["results"])
    return float(said["elapsed_time"]), len(said["results"]), bad


def _write(project: Path, database: Path) -> None:
    for folder in ("models", "tests", "seeds", "macros"):
        (project / folder).mkdir(parents=True)
    (project / "dbt_project.yml").write_text(_PROJECT, "utf-8")
    (project / "profiles.yml").write_text(_PROFILE % database, "utf-8")
    (project / "macros" / "schema.sql").write_text(_SCHEMA, "utf-8")
    nodes = bare_duckdb.manifest()["nodes"]
    seeds = {}
    for node in nodes.values():
        kind = node["resource_type"]
        if kind == "seed":
            seeds[node["name"]] = node["schema"]
            shutil.copy(PROJECT / node["original_file_path"], project / "seeds")
        elif kind == "test":
            _write_sql(project / "tests", node, nodes, "")
        elif kind in ("model", "snapshot") and node["config"]["materialized"] != "ephemeral":
            _write_sql(
                project / "models",
                node,
                nodes,
                f"{{{{ config(materialized='table', schema='{node['schema']}', "
                f"alias='{node['alias']}') }}}}\n",
            )
    lines = [
        f"  - {{name: {name}, config: {{schema: {schema}}}}}" for name, schema in seeds.items()
    ]
    (project / "seeds" / "seeds.yml").write_text("\n".join(["seeds:", *lines, ""]), "utf-8")


def _write_sql(folder: Path, node: dict[str, Any], nodes: dict[str, Any], head: str) -> None:
    try:
        text = bare_duckdb.transpiled(node["compiled_code"])
    except sqlglot.errors.SqlglotError as error:
        print(f"left out: {node['name']}: {error}"[:200], file=sys.stderr)
        return
    after = "".join(
        f"-- depends_on: {{{{ ref('{name}') }}}}\n" for name in sorted(_refs(node, nodes))
    )
    (folder / f"{node['name']}.sql").write_text(
        f"{head}{after}{{% raw %}}{text}{{% endraw %}}\n", "utf-8"
    )


def _refs(node: dict[str, Any], nodes: dict[str, Any]) -> set[str]:
    """Names of the nodes that a node reads; those of an ephemeral one in its place."""
    found: set[str] = set()
    for key in node["depends_on"]["nodes"]:
        other = nodes.get(key)
        if other is None:
            continue
        if other["config"]["materialized"] == "ephemeral":
            found |= _refs(other, nodes)
        else:
            found.add(other["name"])
    return found
