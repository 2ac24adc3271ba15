"""The dbt project as Airflow tasks: every model with its tests one task, as a start of dbt is dear.

Cosmos renders them from a manifest built before (`dbt parse`), so parsing a DAG file runs no
dbt. One factory, so that a change of mode or profile is one edit. Tests that are no single model's
are two tasks more: those of raw, before every model, and those between tables, after all of them.
Unit tests, which read no data, are not the DAG's.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import airflow  # noqa: F401  (Cosmos reads Airflow's version when its constants are imported)
from cosmos import (
    DbtTaskGroup,
    ExecutionConfig,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
)
from cosmos import settings as cosmos_settings
from cosmos.constants import (
    ExecutionMode,
    InvocationMode,
    LoadMode,
    TestBehavior,
    TestIndirectSelection,
)
from cosmos.dbt.graph import DbtNode
from cosmos.operators.local import DbtRunOperationLocalOperator, DbtTestLocalOperator

from lakehouse.orchestration.dbt_artifacts import (
    before_dbt,
    manifest_path,
    note_event,
    push_results,
)
from lakehouse.orchestration.skips import skip_without_sources
from lakehouse.settings import find_project_dir, stage_of

_EXCLUDED = (
    "resource_type:unit_test {{ '' if macros.datetime.fromisoformat(ds).weekday() == 6 "
    "else 'config.meta.scan:history' }}"
)
"""What reads the whole history is built and tested on Sundays only."""


_EVERY_COMMAND: dict[str, Any] = {
    "install_deps": False,
    "dbt_cmd_global_flags": ["--no-write-json"],
    "pre_execute": before_dbt,
}


def _before_raw(context: Any) -> None:
    skip_without_sources(context)
    before_dbt(context)


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


def _task_id(node: DbtNode) -> str:
    """The name that dbt knows it by."""
    name: str = node.resource_name.split(".")[0]
    return name


def find_shared_tests(manifest: Path) -> tuple[list[str], list[str]]:
    """The names of the data tests that are no single model's: of raw alone, and between tables."""
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    of_raw, between = [], []
    for node in nodes:
        if node["resource_type"] == "test":
            parents = set(node["depends_on"]["nodes"])
            if all(parent.startswith("source.") for parent in parents):
                of_raw.append(node["name"])
            elif len(parents) > 1:
                between.append(node["name"])
    return sorted(of_raw), sorted(between)


def dbt_group(group_id: str, business_date: str) -> DbtTaskGroup:
    """Return a task group that builds and tests the project for a business date.

    Args:
        group_id: the group's name in the DAG.
        business_date: template or text (`{{ ds }}`) of the day that models read (`run_date`).
    """
    project = find_project_dir(os.environ)
    manifest = manifest_path(project)
    profile = _profile(project)
    every_command = {
        **_EVERY_COMMAND,
        "vars": {"run_date": business_date},
        "exclude": _EXCLUDED,
        "callback": push_results,
        "dbt_runner_callbacks": [note_event],
    }
    group = DbtTaskGroup(
        group_id=group_id,
        project_config=ProjectConfig(
            dbt_project_path=project, manifest_path=manifest, project_name="lakehouse"
        ),
        profile_config=profile,
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.LOCAL,
            invocation_mode=InvocationMode.DBT_RUNNER,
            test_indirect_selection=TestIndirectSelection.CAUTIOUS,
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.BUILD,
            normalize_task_id=_task_id,
        ),
        operator_args=every_command,
    )
    models = list(group.children.values())
    first = [task for task in models if not task.upstream_task_ids]
    last = [task for task in models if not task.downstream_task_ids]

    def tests_of(name: str, tests: list[str], **more: Any) -> DbtTestLocalOperator:
        return DbtTestLocalOperator(
            task_id=name,
            task_group=group,
            select=" ".join(tests),
            project_dir=project,
            profile_config=profile,
            manifest_filepath=manifest,
            cache_dir=models[0].cache_dir,
            invocation_mode=InvocationMode.DBT_RUNNER,
            **{**every_command, **more},
        )

    raw, shared = find_shared_tests(manifest)
    # It runs although a feed was skipped, to say why nothing is built; the others follow it.
    of_raw = tests_of("tests_of_raw", raw, trigger_rule="none_failed", pre_execute=_before_raw)
    between = tests_of("tests_between_tables", shared)
    of_raw >> first
    last >> between
    return group
