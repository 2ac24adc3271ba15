import os
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from lakehouse.errors import ConfigError
from lakehouse.orchestration.standalone import (
    PASSWORDS,
    airflow_environment,
    check_port_is_free,
    find_login,
)
from lakehouse.orchestration.standalone_command import ENVIRONMENT, keep_environment

PROJECT = Path(__file__).resolve().parents[3]


def test_check_port_is_free__something_listens__names_port_and_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} .* is taken .* stop what listens"):
            check_port_is_free(port)


def test_check_port_is_free__nothing_listens__says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    check_port_is_free(port)


def test_find_login__asked_twice__is_the_same_and_nobody_elses_to_read(tmp_path: Path) -> None:
    login = find_login(tmp_path)
    assert len(login) >= 12
    assert find_login(tmp_path) == login
    assert (tmp_path / PASSWORDS).stat().st_mode & 0o777 == 0o600


def test_airflow_environment__a_slow_api__has_longer_than_airflow_waits_by_itself(
    tmp_path: Path,
) -> None:
    spec = find_spec("airflow")
    assert spec is not None
    (place,) = spec.submodule_search_locations or []
    known = yaml.safe_load((Path(place) / "config_templates" / "config.yml").read_text("utf-8"))
    ordinary = int(known["core"]["options"]["task_success_overtime"]["default"])
    environment = airflow_environment(tmp_path, tmp_path)
    assert int(environment["AIRFLOW__CORE__TASK_SUCCESS_OVERTIME"]) > 10 * ordinary
    assert {"worker_log_server_port", "trigger_log_server_port"} <= known["logging"][
        "options"
    ].keys()


def test_airflow_environment__log_servers__listen_where_nobody_does(tmp_path: Path) -> None:
    ordinary = {"8793", "8794"}
    found = airflow_environment(tmp_path, tmp_path)
    ports = {found[f"AIRFLOW__LOGGING__{each}_LOG_SERVER_PORT"] for each in ("WORKER", "TRIGGER")}
    assert len(ports) == 2
    assert ports.isdisjoint(ordinary)
    for port in ports:
        check_port_is_free(int(port))


def test_scripts_airflow__anywhere__is_the_airflow_that_make_airflow_opened(tmp_path: Path) -> None:
    home = tmp_path / "sources" / "airflow"
    home.mkdir(parents=True)
    environ = {
        **{name: value for name, value in os.environ.items() if name[:3] not in ("AIR", "AWS")},
        "LAKEHOUSE_SOURCES_DIR": str(tmp_path / "sources"),
    }
    command = [PROJECT / "scripts" / "airflow", "config", "get-value"]

    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *words], env=environ, cwd=tmp_path, capture_output=True, text=True
        )

    before = ask("core", "dags_folder")
    assert before.returncode == 2
    assert "make airflow" in before.stderr
    assert "Traceback" not in before.stderr
    keep_environment(home, airflow_environment(home, PROJECT))
    assert (home / ENVIRONMENT).stat().st_mode & 0o777 == 0o600
    answer = ask("database", "sql_alchemy_conn")
    assert answer.stdout.split()[-1] == f"sqlite:///{home}/airflow.db", answer.stderr
