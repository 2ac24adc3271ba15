"""Settings of one server, read once at the edge."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_athena.access import is_loopback
from local_athena.errors import ConfigError

ACCOUNT_ID = "123456789012"
DEFAULT_PORT = 4566
LOADING_THREAD = "local-athena loading"
"""Name of the daemon thread that imports the engine and moto."""
QUERY_THREADS = "local-athena query"
"""First part of the names of the threads that run queries."""
QUERY_SECONDS = 1800
"""Athena's limit for DML (user guide, "Service quotas": DML query timeout, 30 minutes)."""
RESULT_ROWS = 100_000_000
_MANY = 1 << 50
DEFAULT_DATA = Path(".local-athena")
ENGINES = ("duckdb", "trino")
"""The embedded engine, and a real Trino."""
DECIMAL_LITERALS = ("decimal", "double")
"""What a number with a point and without an exponent is: Trino's type, and Athena's."""
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  (recognised, not chosen)


@dataclass(frozen=True, slots=True)
class Settings:
    """Facts that the server, the API and the engine share.

    `data` is the folder with all durable state. `memory_limit`, `spill_limit` (what it may write
    to disk for want of memory) and `threads` bound the engine (None: its own choice);
    `trino_memory` is the Java heap of the engine `trino`.
    `query_threads` bounds statements that run at the same time; more wait in the queue.
    `poll_wait_seconds` is how long GetQueryExecution may wait for a running query.
    A query ends after `query_seconds`, when its result has more than `result_rows` rows, or when
    this process holds more than `process_memory` bytes (then the one that runs longest ends).
    `decimal_literals` is the type of a literal such as 0.1.
    `hosts` are names other than the loopback's by which clients may reach the server.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    region: str = "us-east-1"
    account_id: str = ACCOUNT_ID
    query_threads: int = 8
    poll_wait_seconds: float = 1.0
    memory_limit: str | None = None
    spill_limit: str | None = None
    threads: int | None = None
    query_seconds: int = QUERY_SECONDS
    result_rows: int = RESULT_ROWS
    process_memory: int = field(default_factory=lambda: default_process_memory())
    hosts: frozenset[str] = frozenset()
    engine: str = "duckdb"
    trino_memory: str = "2g"
    decimal_literals: str = "decimal"
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def client_host(self) -> str:
        """The host part of a url for clients on this machine."""
        host = "127.0.0.1" if self.host in EVERY_ADDRESS else self.host
        return f"[{host}]" if ":" in host else host

    @property
    def url(self) -> str:
        """Where clients on this machine find the server, once its port is known."""
        return f"http://{self.client_host}:{self.port}"

    @property
    def results(self) -> Path:
        """Folder of the private rows files."""
        return self.data / "results"

    @property
    def temporary(self) -> Path:
        """Folder for temporary files, on the same file system as the objects."""
        return self.data / "tmp"

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **given: object) -> "Settings":
        """Settings from variables, overridden by what is given (None means not given).

        Variables: LOCAL_ATHENA_DATA, LOCAL_ATHENA_HOST, LOCAL_ATHENA_PORT, AWS_REGION,
        LOCAL_ATHENA_QUERY_THREADS, LOCAL_ATHENA_MEMORY_LIMIT, LOCAL_ATHENA_SPILL_LIMIT,
        LOCAL_ATHENA_THREADS,
        LOCAL_ATHENA_QUERY_SECONDS, LOCAL_ATHENA_RESULT_ROWS, LOCAL_ATHENA_PROCESS_MEMORY (bytes),
        LOCAL_ATHENA_ALLOW_HOSTS (names, separated by commas), LOCAL_ATHENA_ENGINE,
        LOCAL_ATHENA_TRINO_MEMORY, LOCAL_ATHENA_DECIMAL_LITERALS.

        Raises:
            ConfigError: a number is not one, or out of range; an unknown engine or type of
                literals; a host that is not the loopback while no names are allowed.
        """
        values: dict[str, object] = {
            "data": Path(environ.get("LOCAL_ATHENA_DATA") or DEFAULT_DATA),
            "host": environ.get("LOCAL_ATHENA_HOST") or "127.0.0.1",
            "port": _number(environ, "LOCAL_ATHENA_PORT", DEFAULT_PORT, 0, 65535),
            "region": environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1",
            "query_threads": _number(environ, "LOCAL_ATHENA_QUERY_THREADS", 8, 1, 256),
            "memory_limit": environ.get("LOCAL_ATHENA_MEMORY_LIMIT") or None,
            "spill_limit": environ.get("LOCAL_ATHENA_SPILL_LIMIT") or None,
            "threads": _number(environ, "LOCAL_ATHENA_THREADS", None, 1, 1024),
            "query_seconds": _number(environ, "LOCAL_ATHENA_QUERY_SECONDS", None, 1, _MANY),
            "result_rows": _number(environ, "LOCAL_ATHENA_RESULT_ROWS", None, 1, _MANY),
            "process_memory": _number(environ, "LOCAL_ATHENA_PROCESS_MEMORY", None, 1 << 28, _MANY),
            "hosts": _names(environ.get("LOCAL_ATHENA_ALLOW_HOSTS") or ""),
            "engine": environ.get("LOCAL_ATHENA_ENGINE") or "duckdb",
            "decimal_literals": environ.get("LOCAL_ATHENA_DECIMAL_LITERALS") or "decimal",
            "trino_memory": _heap(environ, "LOCAL_ATHENA_TRINO_MEMORY", "2g"),
        }
        values.update({name: value for name, value in given.items() if value is not None})
        for name, known in (("engine", ENGINES), ("decimal_literals", DECIMAL_LITERALS)):
            if values[name] not in known:
                raise ConfigError(
                    f"LOCAL_ATHENA_{name.upper()}",
                    f"{values[name]!r} is none of {', '.join(known)}",
                )
        return cls(**{name: value for name, value in values.items() if value is not None})  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and not self.hosts:
            raise ConfigError(
                "--host",
                f"{self.host} can be reached from other machines, and whoever reaches it may do "
                "anything with the data: name the hosts that clients call it by with --allow-host "
                "(* for any) if that is meant",
            )


def default_process_memory() -> int:
    """4 GiB, or half of a smaller machine's memory."""
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 4 << 30
    return min(4 << 30, physical // 2)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())


def _heap(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name) or default
    if not re.fullmatch(r"[1-9][0-9]*[mMgG]", text):
        raise ConfigError(name, f"{text!r} is not a size such as 2g or 1500m")
    return text


def _number(
    environ: Mapping[str, str], name: str, default: int | None, low: int, high: int
) -> int | None:
    text = environ.get(name)
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        raise ConfigError(name, f"{text!r} is not a whole number") from None
    if not low <= number <= high:
        raise ConfigError(name, f"{number} is not between {low} and {high}")
    return number
