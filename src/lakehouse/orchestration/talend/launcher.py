"""Start an exported job by its launcher, `<job>_run.sh`, follow it and stop it.

The launcher and all that it starts are one process group, so that a kill leaves nothing behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from lakehouse.orchestration.talend.errors import TalendError

_GRACE_SECONDS = 10.0


def build_arguments(context: str, parameters: Mapping[str, str]) -> list[str]:
    """The arguments of a launcher, as Talend's exported jobs read them."""
    arguments = [f"--context={context}"]
    for name, value in parameters.items():
        arguments += ["--context_param", f"{name}={value}"]
    return arguments


class LocalJob:
    """A job on this machine, started at once.

    Raises:
        TalendError: there is no such launcher, or the system did not start it.
    """

    def __init__(
        self, launcher: Path, arguments: list[str], environment: Mapping[str, str] | None = None
    ) -> None:
        if not launcher.is_file():
            raise TalendError(f"there is no launcher {launcher}: unpack the exported job there")
        try:
            self._process = subprocess.Popen(
                ["sh", str(launcher), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise TalendError(f"{launcher} was not started: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """The process id of the launcher, which is that of its group."""
        return self._process.pid

    def follow(self, tell: Callable[[str], None]) -> int:
        """Hand each line that the job prints to `tell`; return its exit status when it ends.

        A job that a signal ended has the status that a shell shows, 128 and the signal's number.
        """
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        with self._process.stdout as lines:
            for line in lines:
                tell(line.rstrip("\n"))
        status = self._process.wait()
        return status if status >= 0 else 128 - status

    def stop(self) -> None:
        """Ask the job to end, and end it when it does not within ten seconds."""
        for each in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, each)
            except ProcessLookupError:
                return
            try:
                self._process.wait(_GRACE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        # What the launcher left behind ends too.
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
