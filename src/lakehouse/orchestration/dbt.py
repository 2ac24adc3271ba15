"""The dbt project as Airflow tasks: one that builds it, and one of every node with its tests.

Cosmos renders them from a manifest built before (`dbt parse`), so parsing a DAG file runs no
dbt. One factory, so that a change of mode or profile is one edit. Tests that are no node's are two
tasks more: those of raw, before every node, and those between tables, after all of them. Unit
tests, which read no data, are not the DAG's.
"""

from __future__ import annotations

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

from lakehouse.orchestration.business_date import DAY_EXPRESSION
from lakehouse.orchestration.dbt_artifacts import (
    before_dbt,
    manifest_path,
    note_event,
    push_results,
)
from lakehouse.orchestration.dbt_nodes import NodeOfBuild, ProjectBuild
from lakehouse.orchestration.dbt_tests import group_tests
from lakehouse.orchestration.tasks import WEEKLY_WEEKDAY
from lakehouse.settings import find_project_dir, stage_of

_NODES = (DbtResourceType.MODEL, DbtResourceType.SEED, DbtResourceType.SNAPSHOT)
_OF_RAW, _BETWEEN = "tests_of_raw", "tests_between_tables"
_EXCLUDED = (
    f"resource_type:unit_test {{{{ '' if macros.datetime.fromisoformat({DAY_EXPRESSION})"
    f".weekday() == {WEEKLY_WEEKDAY} else 'config.meta.scan:history' }}}}"
)
"""What reads the whole history is built and tested once a week only."""


_EVERY_COMMAND: dict[str, Any] = {
    "install_deps": False,
    "dbt_cmd_global_flags": ["--no-write-json"],
    # Assets are the DAG's, and an operator that belongs to no DAG cannot tell of any.
    "emit_datasets": False,
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
        pre_execute=before_dbt,
        **_EVERY_COMMAND,
    )


def _zone(node: DbtNode) -> str:
    """The zone of a model, which its folder decides; `seeds` and `snapshots` of the others."""
    if node.resource_type == DbtResourceType.MODEL:
        folder: str = node.fqn[1]
        return folder
    return f"{node.resource_type.value}s"


def _test_name(test: str) -> str:
    return test.split(".")[2]


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
    told_by = f"{group_id}.build"
    every_command = {
        **_EVERY_COMMAND,
        "project_dir": project,
        "profile_config": profile,
        "manifest_filepath": manifest,
        "cache_dir": cosmos_settings.cache_dir / "lakehouse_build",
        "invocation_mode": InvocationMode.DBT_RUNNER,
        "callback": push_results,
        "dbt_runner_callbacks": [note_event],
    }
    variables = {"run_date": business_date}
    project_config = ProjectConfig(dbt_project_path=project, project_name="lakehouse")
    # Given to its constructor it would be a path of Airflow's object stores, which loads plugins.
    project_config.manifest_path = manifest

    def telling(task_id: str, select: str, node_ids: list[str], **more: Any) -> NodeOfBuild:
        return NodeOfBuild(
            task_id=task_id,
            node_ids=node_ids,
            told_by=told_by,
            select=select,
            exclude=_EXCLUDED,
            vars=variables,
            command={**every_command, "indirect_selection": "cautious"},
            **more,
        )

    def node_task(*, task_group: TaskGroup, node: DbtNode, **_: Any) -> NodeOfBuild:
        return telling(
            node.resource_name.split(".")[0],
            f"fqn:{'.'.join(node.fqn)}",
            [node.unique_id],
            task_group=_child_group(task_group, _zone(node)),
            owner=node.owner,
        )

    group = DbtTaskGroup(
        group_id=group_id,
        project_config=project_config,
        profile_config=profile,
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.LOCAL, invocation_mode=InvocationMode.DBT_RUNNER
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.BUILD,
            node_converters=dict.fromkeys(_NODES, node_task),
        ),
        operator_args={"install_deps": False},
    )
    nodes = list(group.iter_tasks())
    project_nodes = group.dbt_graph.nodes
    tests = group_tests(project_nodes)
    for node_id, node in group.tasks_map.items():
        node.node_ids += (own := tests.of_nodes.get(node_id, []))
        # The others dbt selects with their node.
        read_more = [test for test in own if len(set(project_nodes[test].depends_on)) > 1]
        node.select = " ".join([node.select, *map(_test_name, read_more)])
        node.set_upstream([group.tasks_map[each] for each in tests.waits.get(node_id, ())])

    def tests_task(name: str, node_ids: list[str]) -> NodeOfBuild:
        return telling(name, " ".join(map(_test_name, node_ids)), node_ids, task_group=group)

    of_raw, between = tests_task(_OF_RAW, tests.of_raw), tests_task(_BETWEEN, tests.between)
    build = ProjectBuild(
        task_id="build",
        told={task.task_id: task.node_ids for task in (of_raw, *nodes, between)},
        task_group=group,
        exclude=_EXCLUDED,
        vars=variables,
        pre_execute=before_dbt,
        execution_timeout=timedelta(hours=4),
        **every_command,
    )
    build >> of_raw >> [task for task in nodes if not task.upstream_task_ids]
    [task for task in nodes if not task.downstream_task_ids] >> between
    return group
