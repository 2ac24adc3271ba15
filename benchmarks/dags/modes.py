"""The dbt project as Cosmos renders it by itself, a DAG for each of its ways to run a node."""

import os
from pathlib import Path

import airflow  # noqa: F401  (Cosmos reads Airflow's version when its constants are imported)
import pendulum
from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior

PROJECT = Path(os.environ["LAKEHOUSE_PROJECT_DIR"])
MODES = {
    "local_dbt_runner": (ExecutionMode.LOCAL, InvocationMode.DBT_RUNNER, TestBehavior.BUILD),
    "local_subprocess": (ExecutionMode.LOCAL, InvocationMode.SUBPROCESS, TestBehavior.BUILD),
    "watcher": (ExecutionMode.WATCHER, InvocationMode.DBT_RUNNER, TestBehavior.AFTER_EACH),
}

for name, (mode, invocation, tests) in MODES.items():
    globals()[name] = DbtDag(
        dag_id=name,
        schedule=None,
        start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
        project_config=ProjectConfig(
            dbt_project_path=PROJECT,
            manifest_path=Path(os.environ["LAKEHOUSE_DBT_MANIFEST"]),
            project_name="lakehouse",
        ),
        profile_config=ProfileConfig(
            profile_name="lakehouse",
            target_name="local",
            profiles_yml_filepath=PROJECT / "profiles.yml",
        ),
        execution_config=ExecutionConfig(execution_mode=mode, invocation_mode=invocation),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=tests,
            should_detach_multiple_parents_tests=tests == TestBehavior.AFTER_EACH,
        ),
        operator_args={
            "install_deps": False,
            "vars": {"run_date": os.environ["BENCH_DAY"]},
            "exclude": "resource_type:unit_test config.meta.scan:history",
        },
    )
