"""One life of an endpoint: started by `serve` or by `exec`, ended by SIGKILL."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "local_athena.cli"]
START_SECONDS = 120


class Life:
    """A server process on a folder; `url` is known once it is ready."""

    def __init__(self, data: Path, *, by_exec: bool, log: Path) -> None:
        self.data = data
        self.url = ""
        tail = ["--", "sleep", "100000"] if by_exec else ["--port", "0"]
        kind = "exec" if by_exec else "serve"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*COMMAND, kind, "--data", str(data), *tail],
                stdout=errors,
                stderr=errors,
                env={**kept, "LOCAL_ATHENA_QUERY_THREADS": "8"},
                start_new_session=True,
            )

    def wait(self) -> str:
        """Wait until it is ready; its address."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError, KeyError):
                facts = json.loads((self.data / "endpoint.json").read_text())
                if facts["pid"] == self._process.pid:
                    self.url = facts["url"]
                    return self.url
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended with {self._process.returncode}")
            time.sleep(0.02)
        raise AssertionError("the server does not start")

    def kill(self) -> None:
        """End it at once, with the command that `exec` runs."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
