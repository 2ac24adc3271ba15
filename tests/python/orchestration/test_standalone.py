import socket

import pytest

from lakehouse.errors import ConfigError
from lakehouse.orchestration.standalone import check_port_is_free


def test_check_port_is_free__something_listens__names_port_and_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} .* is taken .* stop what listens"):
            check_port_is_free(port)


def test_check_port_is_free__nothing_listens__says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    check_port_is_free(port)
