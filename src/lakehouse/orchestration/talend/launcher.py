"""Start an exported job by its launcher, `<job>_run.sh`, follow it and stop it.

The launcher and all that it starts are one process group, so that a kill leaves nothing behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from lakehouse.orchestration.talend.errors import TalendError

_GRACE_SECONDS = 10.0


class Job(Protocol):
    """A job, wherever it runs."""

    @property
    def place(self) -> str:
        """Where it runs, as a log names it."""

    def follow(self, tell: Callable[[str], None]) -> int:
        """Start the job, hand each line that it prints to `tell`, return its status at its end."""

    def stop(self) -> None:
        """Ask the job and all that it started to end, and end them after ten seconds."""


def build_arguments(context: str, parameters: Mapping[str, str]) -> list[str]:
    """The arguments of a launcher, as Talend's exported jobs read them."""
    arguments = [f"--context={context}"]
    for name, value in parameters.items():
        arguments += ["--context_param", f"{name}={value}"]
    return arguments


class ProcessGroup:
    """A command on this machine, started at once as the head of a process group of its own.

    Raises:
        TalendError: the system did not start it.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        try:
            self._process = subprocess.Popen(
                command,
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
            raise TalendError(f"{command[0]} was not started: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """The process id of the command, which is that of its group."""
        return self._process.pid

    @property
    def lines(self) -> IO[str]:
        """What it prints, on both of its streams."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        return self._process.stdout

    def wait(self) -> int:
        """Its status when it ends, as a shell has it: 128 and the number of a signal's."""
        status = self._process.wait()
        return status if status >= 0 else 128 - status

    def stop(self) -> None:
        """Ask the group to end, and end it when it does not within ten seconds."""
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
        # What the command left behind ends too.
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class LocalJob:
    """A job on this machine, which `follow` starts."""

    place = "this machine"

    def __init__(
        self, launcher: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self._launcher, self._arguments, self._environment = launcher, arguments, environment
        self._group: ProcessGroup | None = None

    def follow(self, tell: Callable[[str], None]) -> int:
        """Start the job, hand each line that it prints to `tell`, return its status at its end.

        Raises:
            TalendError: there is no such launcher, or the system did not start it.
        """
        if not Path(self._launcher).is_file():
            raise TalendError(
                f"there is no launcher {self._launcher}: unpack the exported job there"
            )
        self._group = ProcessGroup(["sh", self._launcher, *self._arguments], self._environment)
        with self._group.lines as lines:
            for line in lines:
                tell(line.rstrip("\n"))
        return self._group.wait()

    def stop(self) -> None:
        """Ask the job and all that it started to end, and end them after ten seconds."""
        if self._group is not None:
            self._group.stop()
