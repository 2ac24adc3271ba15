"""One Trino server: a child process from `start` to `stop`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from local_athena.engine.trino.client import Session, TrinoClient
from local_athena.engine.trino.configuration import Facts, write_configuration
from local_athena.engine.trino.distribution import cache_folder, install
from local_athena.engine.trino.java import find_java
from local_athena.errors import EngineUnavailableError

START_SECONDS = 600.0
STOP_SECONDS = 15.0
DEFAULT_MEMORY = "2g"
_PAUSE_SECONDS = 0.25
_FLAGS = (
    "-server",
    "-XX:+UseG1GC",
    "-XX:G1HeapRegionSize=8M",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:ReservedCodeCacheSize=256M",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
    "--add-modules=jdk.incubator.vector",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
"""What Trino 476 asks of Java 24 and later (the jvm.config of its documentation)."""


_ACTIVE_NODES = "SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'"
_SYSTEM = Session("local-athena", "system", None)


class TrinoProcess:
    """A running server; `url` is where it answers."""

    def __init__(self, url: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self._folder = folder
        self._process = process
        self._guard = subprocess.Popen(
            ["sh", "-c", 'read _; kill "$1"', "sh", str(process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        """Ends the server when this process is gone, however it ended: its pipe closes then."""

    def stop(self) -> None:
        """End it and remove its folder; harmless when repeated."""
        self._guard.kill()
        self._guard.communicate()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def start(
    folder: Path,
    endpoint: str,
    region: str,
    memory: str = DEFAULT_MEMORY,
    say: Callable[[str], object] = lambda text: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> TrinoProcess:
    """Start a server whose Glue and S3 are `endpoint`, and wait until it answers queries.

    `folder` is its own: configuration, data and `server.log`. `memory` is Java's heap (`2g`).

    Raises:
        EngineUnavailableError: no Java, no Trino, or it does not come up.
    """
    java = find_java()
    server = install(cache_folder(), say)
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    facts = Facts(port, endpoint, region, server / "plugin", folder, _half(memory))
    write_configuration(folder / "etc", facts)
    command = [
        str(java.program),
        f"-Xmx{memory}",
        *_FLAGS,
        f"-Dconfig={folder / 'etc' / 'config.properties'}",
        f"-Dlog.levels-file={folder / 'etc' / 'log.properties'}",
        f"-Dnode.data-dir={folder / 'data'}",
        f"-Djava.io.tmpdir={folder}",
        "-cp",
        str(server / "lib" / "*"),
        "io.trino.server.TrinoServer",
    ]
    say(f"starting Trino with Java {java.version} (takes half a minute)")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TZ": "UTC"},
            start_new_session=True,  # Ctrl-C is for the endpoint, which then stops this
        )
    running = TrinoProcess(f"http://127.0.0.1:{port}", folder, process)
    try:
        _wait_until_ready(running, process, folder / "server.log", cancelled)
    except BaseException:
        running.stop()
        raise
    return running


def _wait_until_ready(
    running: TrinoProcess,
    process: subprocess.Popen[bytes],
    log: Path,
    cancelled: Callable[[], bool],
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(running.url):
        if cancelled():
            raise EngineUnavailableError("the endpoint ended while Trino was starting")
        if process.poll() is not None:
            raise EngineUnavailableError(f"Trino ended while starting: {_last_error(log)}")
        if time.monotonic() > deadline:
            raise EngineUnavailableError(f"Trino did not start in {START_SECONDS:.0f} seconds")
        time.sleep(_PAUSE_SECONDS)


def _is_ready(url: str) -> bool:
    """Whether it can run queries: it answers long before it has found its own node."""
    try:
        with urllib.request.urlopen(f"{url}/v1/info", timeout=5) as answer:  # noqa: S310
            if json.load(answer).get("starting") is not False:
                return False
        pages = list(TrinoClient(url).run(_ACTIVE_NODES, _SYSTEM))
    except (OSError, ValueError, EngineUnavailableError):
        return False
    return [row for page in pages for row in page.rows] == [[1]]


def _last_error(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if "ERROR" in line or line.lstrip().startswith("1) ")]
    return (errors or lines or ["its log is empty"])[-1].strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _half(memory: str) -> str:
    """Half of a heap size as Trino writes sizes: `2g` is 1024MB."""
    number, unit = int(memory[:-1]), memory[-1].lower()
    megabytes = number * 1024 if unit == "g" else number
    return f"{megabytes // 2}MB"
