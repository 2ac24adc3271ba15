"""The wheel in an empty environment: its command, its plugin, its types."""

import os
import subprocess
from pathlib import Path

import pytest

TEST = """
import boto3

def test_rows(athena_database):
    athena_database.run("create table t with (format = 'ORC') as select 7 as a")
    assert athena_database.run("select a from t") == [{"a": 7}]
    assert boto3.client("glue").get_table(DatabaseName=athena_database.name, Name="t")
"""


@pytest.fixture
def clean(wheel_environment: Path, tmp_path: Path) -> dict[str, str]:
    """Variables that show nothing but that environment."""
    return {"PATH": f"{wheel_environment}/bin:{os.defpath}", "HOME": str(tmp_path)}


def run(command: list[str], folder: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_command__answers(clean: dict[str, str], tmp_path: Path) -> None:
    sql = "select 1/2 as a, date_diff('day', date '2020-02-01', date '2020-03-01') as b"
    assert run(["local-athena", "sql", "--format", "csv", sql], tmp_path, clean) == (
        '"a","b"\n"0","29"\n'
    )


def test_exec__points_clients_to_it(clean: dict[str, str], tmp_path: Path) -> None:
    code = "import boto3; print(boto3.client('athena').list_work_groups()['WorkGroups'][0]['Name'])"
    found = run(["local-athena", "exec", "--", "python", "-c", code], tmp_path, clean)
    assert found == "primary\n"


def test_plugin__is_found(clean: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    assert "1 passed" in run(["pytest", "-q", "-p", "no:cacheprovider"], tmp_path, clean)


def test_types__are_shipped(clean: dict[str, str], tmp_path: Path) -> None:
    code = (
        "from importlib.resources import files; print(files('local_athena').joinpath('py.typed')"
        ".is_file())"
    )
    assert run(["python", "-c", code], tmp_path, clean) == "True\n"
