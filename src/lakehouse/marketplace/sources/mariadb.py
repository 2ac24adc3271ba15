"""The catalogue's database server: a MariaDB of our own, where the machine has its programs.

Debian's package `mariadb-server` brings them. The server listens on 127.0.0.1 alone; its one
account gets another password at every start.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pymysql

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.sources._server import Server, free_port
from lakehouse.mysql_client import connect_mysql

DATABASE = "catalogue"
_ACCOUNT = "lakehouse"
_READY_SECONDS = 120.0
_PROGRAMS = ("mariadbd", "mariadb-install-db")


def find_mariadb() -> tuple[str, str] | None:
    """The paths of the server and of the program that makes its tables, None where one is missing:
    some packages have the server alone."""
    server, installer = (shutil.which(name, path=_search_path()) for name in _PROGRAMS)
    return (server, installer) if server and installer else None


class MariaDb:
    """A server over the folder `data`; use as a context manager.

    Raises:
        MarketplaceError: MariaDB is not installed, or did not start.
    """

    def __init__(self, data: Path, port: int | None = None) -> None:
        self._data = data.resolve()
        self._port = port
        self._server: Server | None = None
        self._url = ""
        self._command: list[str] = []

    @property
    def url(self) -> str:
        """Address of the database, with the password of this start."""
        return self._url

    def __enter__(self) -> Self:
        programs = find_mariadb()
        if programs is None:
            raise MarketplaceError(
                f"MariaDB is not installed, with {' and '.join(_PROGRAMS)} (Debian: apt-get "
                "install mariadb-server); or name any server by LAKEHOUSE_MYSQL_URL"
            )
        program, installer = programs
        tables = self._data / "tables"
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        if not (tables / "mysql").is_dir():
            self._install(installer, tables)
        port = self._port or free_port()
        password = secrets.token_urlsafe(18)
        self._url = f"mysql://{_ACCOUNT}:{password}@127.0.0.1:{port}/{DATABASE}"
        init = self._data / "init.sql"
        init.touch(0o600)
        init.write_text(_init_sql(password), encoding="utf-8")
        self._command = [
            program,
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={tables}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--socket=mysql.sock",  # in the folder of tables: a whole path may be too long for one
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--innodb-buffer-pool-size=64M",
        ]
        try:
            self.start(f"--init-file={init}")
        finally:
            init.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *more: str) -> None:
        """Start the server, or start it again after `stop` or `kill`."""
        self._server = Server("MariaDB", [*self._command, *more], self._data)
        self._server.wait_ready(self._answers, _READY_SECONDS)

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def stop(self) -> None:
        """Stop the server and wait for it; more than once does no harm."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _answers(self) -> bool:
        with contextlib.suppress(pymysql.Error):
            connect_mysql(self._url).close()
            return True
        return False

    def _install(self, installer: str, tables: Path) -> None:
        answer = subprocess.run(
            [
                installer,
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={tables}",
                "--auth-root-authentication-method=socket",
                "--skip-test-db",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:]
            raise MarketplaceError(f"MariaDB's tables cannot be made in {tables}: {reason}")


def _search_path() -> str:
    """Where programs are, and the folder of servers, which few people have on their path."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))


def _init_sql(password: str) -> str:
    """One statement a line, as `--init-file` wants them."""
    account = f"'{_ACCOUNT}'@'127.0.0.1'"
    return (
        f"create database if not exists {DATABASE} character set utf8mb4;\n"
        f"create or replace user {account} identified by '{password}';\n"
        f"grant all on {DATABASE}.* to {account};\n"
    )
