"""The dbt project as Airflow tasks: every model a task, its tests after it.

Cosmos renders them from a manifest built before (`dbt parse`), so parsing a DAG file runs no
dbt. One factory, so that a change of mode or profile is one edit.
"""

from __future__ import annotations

import os
from pathlib import Path

import airflow  # noqa: F401  (Cosmos reads Airflow's version when its constants are imported)
from cosmos import (
    DbtTaskGroup,
    ExecutionConfig,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
)
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior

from lakehouse.settings import find_project_dir, stage_of

_EXCLUDED = (
    "{{ 'config.meta.scan:none' if macros.datetime.fromisoformat(ds).weekday() == 6 "
    "else 'config.meta.scan:history' }}"
)
"""What reads the whole history is built and tested on Sundays only; no node says `none`."""


def manifest_path(project: Path) -> Path:
    """Where the manifest lies: LAKEHOUSE_DBT_MANIFEST, else the project's target folder."""
    return Path(os.environ.get("LAKEHOUSE_DBT_MANIFEST", project / "target" / "manifest.json"))


def dbt_group(group_id: str, business_date: str, select: list[str] | None = None) -> DbtTaskGroup:
    """Return a task group that builds the selected models (all of them by default).

    Args:
        group_id: the group's name in the DAG.
        business_date: template or text (`{{ ds }}`) of the day that models read (`run_date`).
        select: dbt selectors, joined by OR.
    """
    project = find_project_dir(os.environ)
    environment = os.environ.get("LAKEHOUSE_ENV", "local")
    return DbtTaskGroup(
        group_id=group_id,
        project_config=ProjectConfig(
            dbt_project_path=project,
            manifest_path=manifest_path(project),
            project_name="lakehouse",
        ),
        profile_config=ProfileConfig(
            profile_name="lakehouse",
            target_name=os.environ.get("DBT_TARGET") or stage_of(environment),
            profiles_yml_filepath=project / "profiles.yml",
        ),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.LOCAL, invocation_mode=InvocationMode.DBT_RUNNER
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.AFTER_EACH,
            should_detach_multiple_parents_tests=True,
            select=select or [],
        ),
        operator_args={
            "vars": {"run_date": business_date},
            "exclude": _EXCLUDED,
            "install_deps": False,
        },
    )
