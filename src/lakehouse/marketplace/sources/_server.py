"""A server program of the demonstration: started over a folder of its own, watched, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lakehouse.errors import MarketplaceError

_STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_TAIL_LINES = 5


class Server:
    """A program that runs until `stop`; it belongs to a session of its own, so that an
    interruption from the terminal reaches it through `stop` alone."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        """`folder` takes `server.log` and `server.pid`; a server that a killed process left behind
        there is ended first."""
        self.name = name
        self.log = folder / "server.log"
        self._pid_file = folder / "server.pid"
        self._end_leftover(command[0])
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._process.pid))

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def wait_ready(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Return when `is_ready` is true; raises MarketplaceError when the server ends or is late,
        which is then ended."""
        deadline = time.monotonic() + seconds
        try:
            while not is_ready():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_LOOK_SECONDS)
                    raise MarketplaceError(f"{self.name} did not start: {self._last_lines()}")
                if time.monotonic() > deadline:
                    raise MarketplaceError(
                        f"{self.name} was not ready after {seconds:.0f} s: {self._last_lines()}"
                    )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and wait for it; more than once does no harm."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._process.kill()
        self._process.wait()

    def _last_lines(self) -> str:
        lines = self.log.read_text("utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        return f"{' / '.join(line.strip() for line in lines)} (see {self.log})"

    def _end_leftover(self, program: str) -> None:
        try:
            pid = int(self._pid_file.read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return
        if os.fsencode(program) != words[0]:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_running(pid):
            if time.monotonic() > deadline:
                raise MarketplaceError(
                    f"{self.name} of an earlier run (process {pid}) does not end: end it by hand"
                )
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(_LOOK_SECONDS)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
