"""Settings, errors and logging: what the edge of every command relies on."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path

import pytest

import lakehouse.errors as errors
from lakehouse.errors import ConfigError, ContractError, LakehouseError
from lakehouse.observability import format_facts, timed_step
from lakehouse.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]


def test_from_env__nothing_set__has_the_local_defaults() -> None:
    settings = Settings.from_env({"LAKEHOUSE_PROJECT_DIR": str(PROJECT)})
    assert (settings.environment, settings.region) == ("local", "us-east-1")
    assert settings.endpoint_url is None
    assert settings.project_dir == PROJECT


@pytest.mark.parametrize("name", ["Local", "1st", "dev-ana", "", "a b"])
def test_from_env__malformed_environment__names_the_variable(name: str) -> None:
    with pytest.raises(ConfigError, match="LAKEHOUSE_ENV is") as caught:
        Settings.from_env({"LAKEHOUSE_ENV": name, "LAKEHOUSE_PROJECT_DIR": str(PROJECT)})
    assert caught.value.variable == "LAKEHOUSE_ENV"


def test_from_env__project_dir_is_none__names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LAKEHOUSE_PROJECT_DIR is"):
        Settings.from_env({"LAKEHOUSE_PROJECT_DIR": str(tmp_path)})


def test_from_env__below_a_checkout__finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "lake.yml").write_text("version: 1\n")
    (tmp_path / "contracts").mkdir()
    below = tmp_path / "models" / "raw"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Settings.from_env({}).project_dir == tmp_path


def test_settings__shown__hide_the_password() -> None:
    url = "postgresql://ana:secret-word@db:5432/shop"
    environ = {"LAKEHOUSE_PROJECT_DIR": str(PROJECT), "LAKEHOUSE_POSTGRES_URL": url}
    settings = Settings.from_env(environ)
    assert settings.postgres_url == url
    assert "secret-word" not in repr(settings)
    assert "postgresql://ana:***@db:5432/shop" in repr(settings)


def test_errors__every_class__is_in_the_tree_of_the_docstring_with_its_status() -> None:
    classes = [
        value
        for _, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, LakehouseError)
    ]
    assert len(classes) > 10
    lines = (errors.__doc__ or "").splitlines()
    for value in classes:
        assert value.__name__.endswith("Error")
        assert value.__doc__
        (line,) = [line for line in lines if line.strip("│├└─ ").startswith(f"{value.__name__} ")]
        assert str(value.exit_code) in line.split(), line


def test_contract_error__says_file_place_problem_and_advice() -> None:
    error = ContractError("orders.odcs.yaml", "version", "is missing", "add version")
    assert str(error) == "orders.odcs.yaml: version: is missing (add version)"


def test_format_facts__awkward_values__are_quoted() -> None:
    assert format_facts(feed="orders", seconds=1.23456, why='a "b"\nc', empty="") == (
        'feed=orders seconds=1.235 why="a \\"b\\"\\nc" empty=""'
    )


def test_timed_step__failure__is_logged_as_failed(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("lakehouse.test")
    with (
        caplog.at_level(logging.INFO, logger="lakehouse.test"),
        pytest.raises(ValueError, match="x"),
        timed_step(logger, "land", feed="orders") as step,
    ):
        raise ValueError("x")
    assert "step=land outcome=failed" in caplog.text
    assert step.seconds > 0
