"""The dbt project as Airflow tasks: one that builds it, and one of every node with its tests.

Cosmos renders them from a manifest built before (`dbt parse`), so parsing a DAG file runs no
dbt. One factory, so that a change of mode or profile is one edit. Tests that are no single node's
are two tasks more: those of raw, before every node, and those between tables, after all of them.
Unit tests, which read no data, are not the DAG's.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import airflow  # noqa: F401  (Cosmos reads Airflow's version when its constants are imported)
from airflow.sdk import TaskGroup
from cosmos import (
    DbtTaskGroup,
    ExecutionConfig,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
)
from cosmos import settings as cosmos_settings
from cosmos.constants import (
    DbtResourceType,
    ExecutionMode,
    InvocationMode,
    LoadMode,
    TestBehavior,
)
from cosmos.dbt.graph import DbtNode
from cosmos.operators.local import DbtRunOperationLocalOperator

from lakehouse.orchestration.dbt_artifacts import (
    before_dbt,
    manifest_path,
    note_event,
    push_results,
)
from lakehouse.orchestration.dbt_nodes import NodeOfBuild, ProjectBuild, TestsOfBuild
from lakehouse.settings import find_project_dir, stage_of

_NODES = (DbtResourceType.MODEL, DbtResourceType.SEED, DbtResourceType.SNAPSHOT)
_OF_RAW, _BETWEEN = "tests_of_raw", "tests_between_tables"
_EXCLUDED = (
    "resource_type:unit_test {{ '' if macros.datetime.fromisoformat(dag_run.partition_key or "
    "params.business_date).weekday() == 6 else 'config.meta.scan:history' }}"
)
"""What reads the whole history is built and tested on Sundays only."""


_EVERY_COMMAND: dict[str, Any] = {
    "install_deps": False,
    "dbt_cmd_global_flags": ["--no-write-json"],
    "pre_execute": before_dbt,
}


def _profile(project: Path) -> ProfileConfig:
    return ProfileConfig(
        profile_name="lakehouse",
        target_name=os.environ.get("DBT_TARGET")
        or stage_of(os.environ.get("LAKEHOUSE_ENV", "local")),
        profiles_yml_filepath=project / "profiles.yml",
    )


def dbt_operation(
    task_id: str, macro: str, timeout: timedelta = timedelta(hours=4)
) -> DbtRunOperationLocalOperator:
    """Return a task that runs a macro as it is without arguments (`dbt run-operation`)."""
    project = find_project_dir(os.environ)
    return DbtRunOperationLocalOperator(
        task_id=task_id,
        macro_name=macro,
        project_dir=project,
        profile_config=_profile(project),
        manifest_filepath=manifest_path(project),
        cache_dir=cosmos_settings.cache_dir / "lakehouse_operations",
        invocation_mode=InvocationMode.DBT_RUNNER,
        execution_timeout=timeout,
        **_EVERY_COMMAND,
    )


def group_tests(manifest: Path) -> dict[str, list[str]]:
    """The ids of the data tests, under the id of the one node that each reads; those of raw alone
    under `tests_of_raw`, those of several nodes under `tests_between_tables`."""
    found: dict[str, list[str]] = {_OF_RAW: [], _BETWEEN: []}
    for test, node in json.loads(manifest.read_text("utf-8"))["nodes"].items():
        if node["resource_type"] == "test":
            parents = sorted(set(node["depends_on"]["nodes"]))
            if all(parent.startswith("source.") for parent in parents):
                found[_OF_RAW].append(test)
            elif len(parents) > 1:
                found[_BETWEEN].append(test)
            else:
                found.setdefault(parents[0], []).append(test)
    return found


def _zone(node: DbtNode) -> str:
    """The zone of a model, which its folder decides; `seeds` and `snapshots` of the others."""
    if node.resource_type == DbtResourceType.MODEL:
        folder: str = node.fqn[1]
        return folder
    return f"{node.resource_type.value}s"


def _child_group(parent: TaskGroup, name: str) -> TaskGroup:
    found = parent.children.get(parent.child_id(name))
    return found or TaskGroup(group_id=name, parent_group=parent)


def dbt_group(group_id: str, business_date: str) -> DbtTaskGroup:
    """Return a task group that builds and tests the project for a business date.

    Args:
        group_id: the group's name in the DAG.
        business_date: template or text of the day that models read (`run_date`).
    """
    project = find_project_dir(os.environ)
    manifest = manifest_path(project)
    profile = _profile(project)
    tests = group_tests(manifest)
    told_by = f"{group_id}.build"
    every_command = {
        **_EVERY_COMMAND,
        "vars": {"run_date": business_date},
        "exclude": _EXCLUDED,
        "callback": push_results,
        "dbt_runner_callbacks": [note_event],
    }

    def node_task(*, task_group: TaskGroup, node: DbtNode, task_args: Any, **_: Any) -> NodeOfBuild:
        return NodeOfBuild(
            **task_args,
            task_id=node.resource_name.split(".")[0],
            task_group=_child_group(task_group, _zone(node)),
            owner=node.owner,
            select=f"fqn:{'.'.join(node.fqn)}",
            indirect_selection="cautious",
            node_ids=[node.unique_id, *tests.get(node.unique_id, [])],
            told_by=told_by,
        )

    group = DbtTaskGroup(
        group_id=group_id,
        project_config=ProjectConfig(
            dbt_project_path=project, manifest_path=manifest, project_name="lakehouse"
        ),
        profile_config=profile,
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.LOCAL, invocation_mode=InvocationMode.DBT_RUNNER
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.BUILD,
            node_converters=dict.fromkeys(_NODES, node_task),
        ),
        operator_args=every_command,
    )
    nodes = list(group.iter_tasks())
    common = {
        **every_command,
        "task_group": group,
        "project_dir": project,
        "profile_config": profile,
        "manifest_filepath": manifest,
        "cache_dir": nodes[0].cache_dir,
        "invocation_mode": InvocationMode.DBT_RUNNER,
    }

    def tests_task(name: str) -> TestsOfBuild:
        select = " ".join(test.split(".")[2] for test in tests[name])
        return TestsOfBuild(
            task_id=name, select=select, node_ids=tests[name], told_by=told_by, **common
        )

    build = ProjectBuild(task_id="build", execution_timeout=timedelta(hours=4), **common)
    build >> tests_task(_OF_RAW) >> [task for task in nodes if not task.upstream_task_ids]
    [task for task in nodes if not task.downstream_task_ids] >> tests_task(_BETWEEN)
    return group
