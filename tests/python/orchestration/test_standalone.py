import socket
from pathlib import Path

import pytest

from lakehouse.errors import ConfigError
from lakehouse.orchestration.standalone import PASSWORDS, check_port_is_free, find_login


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
