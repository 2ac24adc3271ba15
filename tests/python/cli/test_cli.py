import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.cli._endpoint import needs_endpoint

COMMANDS = ("demo", "land", "reconcile", "contracts", "runs", "rejects")


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
        "slow = {'numpy', 'pyarrow', 'boto3', 'psycopg', 'dbt', 'rich'} & set(sys.modules)\n"
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
    ("arguments", "environ", "needed"),
    [
        (["demo", "--days", "1"], {}, True),
        (["reconcile"], {"LAKEHOUSE_ENV": "local"}, True),
        (["reconcile"], {"LAKEHOUSE_ENV": "prod"}, False),
        (["reconcile"], {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, False),
        (["demo", "--help"], {}, False),
        (["contracts", "check"], {}, False),
        ([], {}, False),
    ],
)
def test_needs_endpoint__commands_of_the_local_lake__only(
    arguments: list[str], environ: dict[str, str], needed: bool
) -> None:
    assert needs_endpoint(arguments, environ) is needed


def test_demo__a_shared_environment__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_ENV", "prod")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    result = CliRunner().invoke(cli, ["demo"])
    assert result.exit_code == 10
    assert "LAKEHOUSE_ENV is 'prod'" in result.stderr


@pytest.mark.parametrize("option", [["--days", "0"], ["--scale", "0"], ["--seed", "x"]])
def test_demo__impossible_options__are_refused(option: list[str]) -> None:
    assert CliRunner().invoke(cli, ["demo", *option]).exit_code == 2
