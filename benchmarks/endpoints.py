"""Servers to measure, each in a process of its own, and the memory that a process reached."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import duckdb
from botocore.config import Config

_IMPORTS = """
import re
import local_athena.cli, local_athena.server, local_athena.engine.engine, moto.iam, moto.sts
import local_athena.storage.moto_app
print(int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""
OUTPUT = "s3://bench-results/out/"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client(service: str, url: str) -> Any:
    """A boto3 client of the endpoint; no retries, so that nothing hides."""
    config = Config(retries={"max_attempts": 0}, read_timeout=600, max_pool_connections=16)
    session = boto3.Session("local", "local", region_name="us-east-1")
    made: Any = session.client(service, endpoint_url=url, config=config)  # type: ignore[call-overload]
    return made


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server until the block ends; gives address and process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"did not start: {' '.join(command)}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def local_athena(data: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A local_athena on that data folder, with further options of `serve`."""
    port = free_port()
    command = ["local-athena", "serve", "--data", str(data), "--port", str(port)]
    bucket = OUTPUT.split("/")[2]
    command += ["--bucket", bucket, *options]
    with running([str(Path(sys.executable).with_name(command[0])), *command[1:]], port) as server:
        while not (data / "s3" / bucket).is_dir():  # made once the port is open
            if server[1].poll() is not None:
                raise RuntimeError(f"ended before it was ready: {' '.join(command)}")
            time.sleep(0.005)
        yield server


@contextlib.contextmanager
def moto() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """moto's own server."""
    port = free_port()
    with running([sys.executable, "-m", "moto.server", "-p", str(port)], port) as server:
        yield server


def finished(command: list[str], **more: Any) -> str:
    """Run a command to its end, whatever that is; gives what it said."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, **more)
    said: str = done.stdout + done.stderr
    return said


def checked(command: list[str], **more: Any) -> None:
    """Run a command to its end; raises with the end of what it said when it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, **more)
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}: {said}")


def peak_memory_mib(process: subprocess.Popen[bytes]) -> float:
    """The most resident memory the process has had so far (Linux; 0 where unknown)."""
    return _status_mib(process.pid, "VmHWM")


def memory_mib(process: subprocess.Popen[bytes]) -> float:
    """The resident memory of the process now (Linux; 0 where unknown)."""
    return _status_mib(process.pid, "VmRSS")


def _status_mib(process: int | str, name: str) -> float:
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def import_of_packages() -> tuple[float, float]:
    """(Seconds, MiB) of a process that imports what a server imports, and does nothing else."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTS], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - begin, float(done.stdout)


def load_extension(connection: duckdb.DuckDBPyConnection, wheel: ModuleType) -> None:
    """Load a DuckDB extension from its wheel."""
    (file,) = Path(str(wheel.__file__)).parent.glob("extensions/*/*.duckdb_extension")
    connection.execute(f"load '{file}'")


def run(athena: Any, sql: str, database: str = "default") -> tuple[str, dict[str, Any]]:
    """Run a statement to its end; gives its id and execution, raises when it failed."""
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": OUTPUT},
    )
    while True:
        query = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
        execution = query["QueryExecution"]
        state = execution["Status"]["State"]
        if state == "SUCCEEDED":
            return started["QueryExecutionId"], execution
        if state in {"FAILED", "CANCELLED"}:
            raise RuntimeError(f"{execution['Status'].get('StateChangeReason')}: {sql[:200]}")
        time.sleep(0.005)
