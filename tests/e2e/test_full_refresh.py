"""What days build is what a full refresh builds from all that landed, row by row."""

import json
import os
import subprocess
import sys
from pathlib import Path

from faults.rare import tell
from tests.python.demo.contents import differences
from tests.python.demo.refresh import athena_of, before_and_after_full_refresh

PROGRAMS = Path(sys.executable).parent
PROJECT = Path(__file__).parents[2]


def environ_of(folder: Path) -> dict[str, str]:
    """An environment whose lake and sources lie below `folder`."""
    foreign = ("AWS_", "LAKEHOUSE_", "LOCAL_ATHENA_", "DBT_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return clean | {
        "LOCAL_ATHENA_DATA": str(folder / "lake"),
        "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def run(environ: dict[str, str], program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the project; its output is text."""
    return subprocess.run(
        [PROGRAMS / program, *arguments],
        env=environ,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


def test_full_refresh__after_days_with_rare_events__every_table_has_the_same_rows(
    tmp_path: Path,
) -> None:
    """Deleted, corrected, late: what a small marketplace seldom has happens on the last day."""
    from local_athena.server import serve

    environ, last = environ_of(tmp_path), "2026-06-05"
    made = run(environ, "lakehouse", "demo", "--days", "4", "--scale", "0.02", "--tested-days", "1")
    assert made.returncode == 0, made.stdout + made.stderr
    with serve(tmp_path / "lake") as endpoint:
        environ |= endpoint.environ
        tell(athena_of(endpoint), "local_raw", last)
        dated = ("--vars", json.dumps({"run_date": last}))
        untested = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
        built = run(environ, "dbt", "build", *untested, *dated)
        assert built.returncode == 0, built.stdout
        before, after = before_and_after_full_refresh(
            endpoint, lambda *arguments: run(environ, "dbt", *arguments), last
        )
    manifest = json.loads((tmp_path / "target" / "manifest.json").read_text("utf-8"))
    tables = {
        f"{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and node["config"]["materialized"] != "ephemeral"
    }
    assert set(before) == tables
    assert differences(before, after) == []
