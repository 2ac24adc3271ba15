"""The dbt project without a lake: its macros, its targets, its refusals."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from lakehouse.contracts import find_inventory
from lakehouse.settings import Settings, stage_of

PROJECT = Path(__file__).resolve().parents[3]
DBT = str(Path(sys.executable).with_name("dbt"))


def _dbt(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LAKEHOUSE_", "DBT_"))
    }
    environ = {
        **kept,
        **variables,
        "DO_NOT_TRACK": "1",
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_TARGET_PATH": str(folder / "target"),
    }
    command = [DBT, "--no-use-colors", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )


def read_manifest(folder: Path) -> Any:
    """What dbt parsed last."""
    return json.loads((folder / "target" / "manifest.json").read_text("utf-8"))


def test_macros__all_their_assertions__hold(tmp_path: Path) -> None:
    run = _dbt(tmp_path, "run-operation", "test_all")
    assert run.returncode == 0, run.stdout
    assert "macros: every assertion holds" in run.stdout


def test_generate_schema_name__table_without_a_zone__is_an_error(tmp_path: Path) -> None:
    arguments = "{env: local, zone: null, node_name: lost}"
    run = _dbt(tmp_path, "run-operation", "_database_of", "--args", arguments)
    assert run.returncode != 0
    assert "'lost' has no zone" in run.stdout


def _settings(**variables: str) -> Settings:
    return Settings.from_env({"LAKEHOUSE_PROJECT_DIR": str(PROJECT), **variables})


@pytest.mark.parametrize(
    ("environment", "target"),
    [("local", "local"), ("ci", "ci"), ("dev_ana", "dev"), ("prod", "prod")],
)
def test_parse__every_environment__has_the_names_that_the_lake_has(
    tmp_path: Path, environment: str, target: str
) -> None:
    variables = {"LAKEHOUSE_ENV": environment, "AWS_REGION": "sa-east-1"}
    if target in ("dev", "prod"):
        variables["LAKEHOUSE_BUCKET_PREFIX"] = "acme"
    run = _dbt(tmp_path, "parse", **variables)
    assert run.returncode == 0, run.stdout
    manifest = read_manifest(tmp_path)
    inventory = find_inventory(_settings(**variables))

    tables = 0
    for node in manifest["nodes"].values():
        if node["resource_type"] not in ("model", "seed", "snapshot"):
            continue
        (zone,) = [tag[5:] for tag in node["config"]["tags"] if tag.startswith("zone:")]
        assert node["schema"] == inventory.database(environment, zone), node["name"]
        location = f"s3://{inventory.bucket(environment, zone)}/"
        assert node["config"]["s3_data_dir"] == location, node["name"]
        tables += 1
    assert tables > 20
    sources = {source["schema"] for source in manifest["sources"].values()}
    assert sources == {inventory.database(environment, zone) for zone in ("raw", "ops")}

    profile = _profile(variables)
    results = inventory.bucket(environment, "athena-results")
    assert profile.credentials.s3_staging_dir == f"s3://{results}/dbt/"
    assert profile.target_name == target == stage_of(environment)
    if target in ("dev", "prod"):
        assert profile.credentials.work_group == inventory.workgroup(environment)


def _profile(variables: dict[str, str]) -> Any:
    """The target that dbt itself renders from profiles.yml."""
    from dbt.config.profile import Profile, read_profile
    from dbt.config.renderer import ProfileRenderer
    from dbt.flags import set_from_args
    from dbt_common.context import set_invocation_context

    set_invocation_context(variables)
    set_from_args(argparse.Namespace(which="parse"), {})
    raw = read_profile(str(PROJECT))["lakehouse"]
    with warnings.catch_warnings():
        # The adapter's package warns of its own name when it is imported.
        warnings.simplefilter("ignore", DeprecationWarning)
        return Profile.from_raw_profile_info(raw, "lakehouse", ProfileRenderer({}))


def test_dev__environment_of_another_stage__is_refused(tmp_path: Path) -> None:
    variables = {"LAKEHOUSE_ENV": "prod", "LAKEHOUSE_BUCKET_PREFIX": "acme", "AWS_REGION": "x"}
    run = _dbt(tmp_path, "parse", "--target", "dev", **variables)
    assert run.returncode != 0
    assert "LAKEHOUSE_ENV is 'prod' and the target is dev" in run.stdout


@pytest.mark.parametrize(("command", "target"), [("build", "local"), ("compile", "ci")])
def test_local_target__no_endpoint__is_refused_before_anything_connects(
    tmp_path: Path, command: str, target: str
) -> None:
    run = _dbt(tmp_path, command, "--target", target)
    assert run.returncode != 0
    said = " ".join((run.stdout + run.stderr).split())
    assert "AWS_ENDPOINT_URL: the targets local and ci speak to a local Athena" in said
    assert "`local-athena exec -- dbt …`" in said
    assert "Traceback" not in said


def test_parse__variable_missing__names_it(tmp_path: Path) -> None:
    run = _dbt(tmp_path, "parse", "--target", "prod", LAKEHOUSE_BUCKET_PREFIX="acme")
    assert run.returncode != 0
    assert "AWS_REGION" in run.stdout + run.stderr
