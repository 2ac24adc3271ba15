"""A connection to MySQL or MariaDB from an address, for whoever reads or fills such a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from lakehouse.errors import ConfigError

if TYPE_CHECKING:
    from pymysql.connections import Connection

VARIABLE = "LAKEHOUSE_MYSQL_URL"
_FORM = "mysql://user:password@host:3306/database"
_OPTIONS = ("unix_socket", "ssl_ca", "ssl_cert", "ssl_key")
_CONNECT_SECONDS = 10
_SILENCE_SECONDS = 300
"""How long a server may say nothing: it may have to sort a table before its first row."""


def connect_mysql(url: str, **options: Any) -> Connection[Any]:
    """Connect to the database that `url` names; `options` go to PyMySQL.

    The address may end in `?unix_socket=…`, or in `?ssl_ca=…` (with `ssl_cert` and `ssl_key` where
    the server asks for them): then the server must prove its name by that authority. Without it,
    TLS is used where the server offers it, and nothing is proved.

    Raises:
        ConfigError: the address is malformed; it is not shown, as it holds a password.
        pymysql.Error: the server does not answer, or refuses.
    """
    import pymysql  # a tenth of a second, and most commands need none

    connection = pymysql.connect(
        **_parse(url),
        charset="utf8mb4",
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=min(_CONNECT_SECONDS, _SILENCE_SECONDS),
        write_timeout=_SILENCE_SECONDS,
        **options,
    )
    # PyMySQL greets with the same limit as it reads, and a greeting takes no minutes.
    connection._read_timeout = _SILENCE_SECONDS  # type: ignore[attr-defined]
    return connection


def place_of(url: str) -> str:
    """Host and port of an address, or its socket, for people."""
    known = _parse(url)
    return str(known.get("unix_socket") or f"{known['host']}:{known['port']}")


def _parse(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port or 3306
    except ValueError as error:
        raise _malformed("has a malformed host or port") from error
    query = parse_qs(parts.query)
    unknown = sorted(set(query) - set(_OPTIONS))
    database = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("mysql", "mariadb"):
        raise _malformed("does not begin with mysql://")
    if not database or "/" in database:
        raise _malformed("names no database")
    if unknown:
        raise _malformed(f"has the options {', '.join(unknown)}, known are {', '.join(_OPTIONS)}")
    chosen: dict[str, Any] = {name: values[-1] for name, values in query.items()}
    if "ssl_ca" in chosen:
        chosen |= {"ssl_verify_cert": True, "ssl_verify_identity": True}
    return {
        "host": parts.hostname or "localhost",
        "port": port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": database,
        **chosen,
    }


def _malformed(problem: str) -> ConfigError:
    return ConfigError(f"{VARIABLE} {problem}: it must look like {_FORM}", variable=VARIABLE)
