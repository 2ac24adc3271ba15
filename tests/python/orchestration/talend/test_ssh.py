"""Jobs on another machine: the OpenSSH client against asyncssh's server, which runs real shells."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncssh
import pytest

from lakehouse.orchestration.talend.errors import TalendError, TalendJobError
from lakehouse.orchestration.talend.ssh import Host, RemoteJob, read_host
from tests.python.orchestration.talend.machine import Machine, serve_machine

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no OpenSSH client"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with serve_machine(tmp_path_factory.mktemp("ssh"), os.environ) as machine:
        yield machine


def write(folder: Path, text: str) -> str:
    """A launcher of a name that a shell must not take apart."""
    path = folder / "land it's $HOME_run.sh"
    path.write_text(text)
    return str(path)


def test_follow__a_job_that_ends__gives_its_lines_arguments_and_status(
    machine: Machine, tmp_path: Path
) -> None:
    launcher = write(tmp_path, 'for each in "$@"; do echo "<$each>"; done; echo broken >&2; exit 6')
    lines: list[str] = []
    job = RemoteJob(machine.host, launcher, ["--context=Ci", "a b", "$(touch x)", "it's"])
    assert job.follow(lines.append) == 6
    assert lines == ["<--context=Ci>", "<a b>", "<$(touch x)>", "<it's>", "broken"]


def test_follow__no_launcher__fails_for_good(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(TalendError, match=r"no launcher .* on 127\.0\.0\.1") as found:
        RemoteJob(machine.host, str(tmp_path / "none_run.sh"), []).follow(print)
    assert not found.value.retryable


def test_follow__nobody_answers__may_be_tried_again(machine: Machine) -> None:
    closed = replace(machine.host, port=1)
    with pytest.raises(TalendJobError, match=r"cannot be reached: .*refused") as found:
        RemoteJob(closed, "x", []).follow(print)
    assert found.value.retryable


def test_follow__another_machine_answers__fails_for_good(machine: Machine) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    with pytest.raises(TalendError, match="Host key verification failed") as found:
        RemoteJob(replace(machine.host, host_key=other), "x", []).follow(print)
    assert not found.value.retryable


def test_follow__a_key_that_is_not_known_there__fails_for_good(
    machine: Machine, tmp_path: Path
) -> None:
    key = tmp_path / "id"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(key)
    key.chmod(0o600)
    with pytest.raises(TalendError, match="Permission denied") as found:
        RemoteJob(replace(machine.host, key_file=str(key)), "x", []).follow(print)
    assert not found.value.retryable


def test_stop__a_job_at_work__ends_it_and_its_children(machine: Machine, tmp_path: Path) -> None:
    launcher = write(tmp_path, 'sleep 300 & echo "$!"; wait')
    children: list[int] = []
    job = RemoteJob(machine.host, launcher, [])

    def tell(line: str) -> None:
        if line.isdigit():
            children.append(int(line))
            job.stop()

    assert job.follow(tell) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)


def test_follow__the_connection_breaks__stops_the_job_and_may_be_tried_again(
    machine: Machine, tmp_path: Path
) -> None:
    launcher = write(tmp_path, 'sleep 300 & echo "$!"; wait')
    children: list[int] = []

    def tell(line: str) -> None:
        if line.isdigit():
            children.append(int(line))
            machine.cut()

    with pytest.raises(TalendJobError, match="broke while") as found:
        RemoteJob(machine.host, launcher, []).follow(tell)
    assert found.value.retryable
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)


def connection(**values: Any) -> Any:
    """An Airflow connection, as far as it is read."""
    whole = {"conn_id": "etl", "host": "etl.example", "login": None, "password": None, "port": None}
    return SimpleNamespace(**{**whole, "extra_dejson": {}, **values})


def test_read_host__login_port_and_keys__are_taken() -> None:
    extra = {"key_file": "/k", "host_key": "ssh-ed25519 AAAA"}
    assert read_host(connection(login="etl", port=2222, extra_dejson=extra)) == Host(
        "etl.example", "etl", 2222, "/k", "ssh-ed25519 AAAA"
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"host": None}, "has no host"),
        ({"host": "-oProxyCommand=x"}, "has no host"),
        ({"password": "secret"}, "log in by key"),
        ({"extra_dejson": {"no_host_key_check": "true"}}, "no_host_key_check; known are"),
    ],
)
def test_read_host__what_is_not_safe_or_known__is_refused(
    values: dict[str, Any], words: str
) -> None:
    with pytest.raises(TalendError, match=words) as found:
        read_host(connection(**values))
    assert "secret" not in str(found.value)


def test_host__the_client__takes_the_options(machine: Machine) -> None:
    with machine.host.options() as client:
        shown = subprocess.run(
            [client[0], "-G", *client[1:]], capture_output=True, text=True, check=True
        ).stdout.splitlines()
    assert {"batchmode yes", "stricthostkeychecking true", "user etl"} <= set(shown)
