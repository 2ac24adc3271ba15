import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.cli._endpoint import needs_endpoint
from lakehouse.cli._output import ends_with_status

PROJECT = Path(__file__).resolve().parents[3]
COMMANDS = (
    "demo",
    "land",
    "reprocess",
    "backfill",
    "retention",
    "reconcile",
    "metrics",
    "contracts",
    "runs",
    "notify",
    "rejects",
)


def test_help__all_commands__are_listed() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_help__each_command__shows_an_example(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    if command == "contracts":
        result = CliRunner().invoke(cli, [command, "check", "--help"])
    assert "Example" in result.output
    assert f"lakehouse {command}" in result.output


def test_help__of_the_whole__imports_no_command() -> None:
    code = (
        "import sys, lakehouse.cli as c\n"
        "from click.testing import CliRunner\n"
        "assert CliRunner().invoke(c.cli, ['--help']).exit_code == 0\n"
        "slow = {'boto3', 'dbt', 'metricflow', 'numpy', 'pyarrow', 'psycopg', 'rich'}\n"
        "slow &= set(sys.modules)\n"
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_main__unknown_command__says_so() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "lakehouse.cli", "conquer"], capture_output=True, text=True
    )
    assert answer.returncode == 2
    assert "No such command 'conquer'" in answer.stderr


def test_reconcile__no_ledger__exits_with_its_status_and_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKEHOUSE_SOURCES_DIR", str(tmp_path))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    result = CliRunner().invoke(cli, ["reconcile"])
    assert result.exit_code == 9
    assert "run `lakehouse demo` first" in result.stderr


def test_reconcile__no_endpoint__names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = [{"figure": "customer_history", "grain": {"as_of": "2026-06-01"}, "value": 1}]
    document = {"date": "2026-06-01", "figures": figures}
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "2026-06-01.json").write_text(json.dumps(document))
    monkeypatch.setenv("LAKEHOUSE_SOURCES_DIR", str(tmp_path))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    result = CliRunner().invoke(cli, ["reconcile"])
    assert result.exit_code == 2
    assert "AWS_ENDPOINT_URL" in result.stderr


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({}, True),
        ({"LAKEHOUSE_ENV": "local"}, True),
        ({"LAKEHOUSE_ENV": "prod"}, False),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, False),
    ],
)
def test_needs_endpoint__the_local_lake_without_an_address__only(
    environ: dict[str, str], needed: bool
) -> None:
    assert needs_endpoint(environ) is needed


def lakehouse(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program on a lake and sources below `folder`, without an endpoint."""
    foreign = ("AWS_", "LAKEHOUSE_", "LOCAL_ATHENA_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    places = {"LOCAL_ATHENA_DATA": folder / "lake", "LAKEHOUSE_SOURCES_DIR": folder / "sources"}
    return subprocess.run(
        [sys.executable, "-m", "lakehouse.cli", *arguments],
        env=environ | {name: str(place) for name, place in places.items()},
        capture_output=True,
        text=True,
        cwd=PROJECT,
    )


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["land", "sellers", "--date", "yesterday"], 2, "'yesterday' is no day of the calendar"),
        (["land", "sellers"], 2, "say which day"),
        (["demo", "--dayz", "3"], 2, "No such option"),
        (["demo", "--from", "nowhere"], 5, "nowhere is not a folder"),
        (["runs", "--help"], 0, ""),
    ],
)
def test_main__arguments_that_cannot_be__make_no_lake(
    tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    answer = lakehouse(tmp_path, *arguments)
    assert answer.returncode == status
    assert message in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_demo__more_days_than_there_were__are_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    answer = lakehouse(tmp_path, "demo", "--days", "400")
    largest = (dt.datetime.now(dt.UTC).date() - dt.date(2026, 6, 1)).days + 1
    assert answer.returncode == 10
    assert f"The largest is --days {largest} today" in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["nonsense", "http://127.0.0.1:abc", "ftp://x", "http://:80"])
def test_demo__address_that_is_none__names_the_variable(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    result = CliRunner().invoke(cli, ["demo"])
    assert result.exit_code == 2
    assert f"AWS_ENDPOINT_URL is {address!r}: it must be an address" in result.stderr


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", ""])
def test_demo__a_shared_environment__is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("LAKEHOUSE_ENV", "prod")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    result = CliRunner().invoke(cli, ["demo"])
    assert result.exit_code == 10
    assert "LAKEHOUSE_ENV is 'prod'" in result.stderr
    assert "working on" not in result.output


@pytest.mark.parametrize("option", [["--days", "0"], ["--scale", "0"], ["--seed", "x"]])
def test_demo__impossible_options__are_refused(option: list[str]) -> None:
    assert CliRunner().invoke(cli, ["demo", *option]).exit_code == 2


def aws_error(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (aws_error("SlowDown", 503), 75, "error: AWS answered: .*SlowDown"),
        (aws_error("AccessDenied", 403), 4, "error: AWS answered: .*AccessDenied"),
        (PermissionError(13, "Permission denied", "/x/y"), 1, r"error: .*denied: '/x/y'$"),
        (OSError(36, "File name too long"), 1, "error: .*File name too long$"),
    ],
)
def test_command__error_of_aws_or_machine__ends_with_its_status_and_one_line(
    error: Exception, status: int, says: str
) -> None:
    @click.command()
    @ends_with_status
    def fail() -> None:
        raise error

    answer = CliRunner().invoke(fail)
    assert answer.exit_code == status
    assert re.search(says, answer.output.strip())
    assert len(answer.output.splitlines()) == 1
