"""Start an exported job on another machine, by the OpenSSH client of this one.

The client is the system's, so its configuration holds: jump hosts, agents, known hosts. The job is
the head of a process group there; the group's number is the first line that comes back, and what
a stop ends, over a connection of its own.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.orchestration.talend.errors import TalendError, TalendJobError
from lakehouse.orchestration.talend.launcher import ProcessGroup

_CONNECT_SECONDS = 30
_STOP_SECONDS = 60
_LOST = 255
"""The status of an OpenSSH client whose connection failed, which a job's own may be too."""
_REFUSED = ("Permission denied", "Host key verification failed", "Too many authentication failures")
_EXTRAS = frozenset({"key_file", "host_key"})
_GROUP = "talend-group "
_NO_LAUNCHER = "talend-no-launcher"
_START = (
    f'[ -f "$0" ] || {{ echo {_NO_LAUNCHER}; exit 1; }}; '
    f'setsid sh -c \'echo "{_GROUP}$$"; exec sh "$0" "$@" 2>&1\' "$0" "$@" & '
    "wait $!; exit $?"
)
_STOP = (
    'kill -TERM "-$0" 2>/dev/null || exit 0; n=0; '
    'while kill -0 "-$0" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done; '
    'kill -KILL "-$0" 2>/dev/null; exit 0'
)


@dataclass(frozen=True, slots=True)
class Host:
    """A machine and how to log in there: by key, never by password.

    Attributes:
        name: host name or address; `user` and `port` None for what the client's configuration says.
        key_file: path of a private key; None for the agent or the client's own.
        host_key: the machine's public key (`ssh-ed25519 AAAA…`); None for the known hosts.
    """

    name: str
    user: str | None = None
    port: int | None = None
    key_file: str | None = None
    host_key: str | None = None

    def __str__(self) -> str:
        return self.name

    @contextmanager
    def options(self) -> Iterator[list[str]]:
        """The client's arguments up to the command; what they name lies there until the end."""
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "ConnectTimeout": str(_CONNECT_SECONDS),
            # A connection that is silently gone is noticed within a minute.
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "3",
        }
        with tempfile.TemporaryDirectory(prefix="talend-ssh-") as folder:
            if self.host_key is not None:
                known = Path(folder) / "known_hosts"
                name = f"[{self.name}]:{self.port}" if self.port not in (None, 22) else self.name
                known.write_text(f"{name} {self.host_key}\n", "utf-8")
                options |= {"UserKnownHostsFile": str(known), "GlobalKnownHostsFile": "/dev/null"}
            if self.key_file is not None:
                options |= {"IdentityFile": self.key_file, "IdentitiesOnly": "yes"}
            if self.user is not None:
                options["User"] = self.user
            if self.port is not None:
                options["Port"] = str(self.port)
            pairs = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
            yield ["ssh", "-T", *pairs, "--", self.name]


def read_host(connection: Any) -> Host:
    """A machine out of an Airflow connection of type `ssh`.

    Raises:
        TalendError: it has no host, a password, or an extra that is not known here.
    """
    name = connection.conn_id
    extra: Mapping[str, str] = connection.extra_dejson
    if not connection.host or connection.host.startswith("-"):
        raise TalendError(f"connection {name} has no host: put the machine's name there")
    if connection.password:
        raise TalendError(
            f"connection {name} has a password set, which is not used: log in by key, with the "
            "extra key_file or an agent"
        )
    unknown = sorted(set(extra) - _EXTRAS)
    if unknown:
        raise TalendError(
            f"connection {name} has the extra {', '.join(unknown)}; known are "
            f"{', '.join(sorted(_EXTRAS))}: all else belongs into the worker's ~/.ssh/config"
        )
    return Host(
        name=connection.host,
        user=connection.login or None,
        port=connection.port,
        key_file=extra.get("key_file"),
        host_key=extra.get("host_key"),
    )


class RemoteJob:
    """A job on another machine, which `follow` starts.

    Args:
        host: where it runs; there are `sh`, and `setsid` and `kill` of Linux.
        launcher: path of the launcher there.
        arguments: of the launcher; every user of that machine sees them.
    """

    def __init__(self, host: Host, launcher: str, arguments: Sequence[str]) -> None:
        self._host, self._launcher, self._arguments = host, launcher, arguments
        self._group: int | None = None
        self._client: ProcessGroup | None = None
        self.place = f"host {host}"

    def follow(self, tell: Callable[[str], None]) -> int:
        """Start the job, hand each line that it prints to `tell`, return its status at its end.

        Raises:
            TalendJobError: the machine does not answer, or the connection broke while the job ran.
            TalendError: the machine refused the login, is another one than the known, or has no
                such launcher.
        """
        before: list[str] = []
        with self._host.options() as client:
            command = shlex.join(["sh", "-c", _START, self._launcher, *self._arguments])
            self._client = ProcessGroup([*client, command])
            with self._client.lines as lines:
                for line in map(str.rstrip, lines):
                    if self._group is not None:
                        tell(line)
                    elif line.startswith(_GROUP):
                        self._group = int(line.removeprefix(_GROUP))
                    else:
                        before.append(line)
            status = self._client.wait()
        if self._group is None:
            raise self._not_started(status, before)
        if status == _LOST:
            self.stop()
            raise TalendJobError(
                f"the connection to {self._host} broke while {self._launcher} ran (or it ended "
                f"with status {_LOST}); it was stopped if the machine could be reached. Starting "
                "it again is safe",
                retryable=True,
            )
        return status

    def stop(self) -> None:
        """Ask the job and all that it started to end, and end them after ten seconds.

        A machine that does not answer keeps its job; the next run of it changes nothing twice.
        """
        if self._group is not None:
            with self._host.options() as client:
                command = shlex.join(["sh", "-c", _STOP, str(self._group)])
                with suppress(subprocess.TimeoutExpired):
                    subprocess.run(
                        [*client, command],
                        stdin=subprocess.DEVNULL,
                        capture_output=True,
                        check=False,
                        timeout=_STOP_SECONDS,
                    )
        if self._client is not None:
            self._client.stop()

    def _not_started(self, status: int, printed: Sequence[str]) -> TalendError:
        if _NO_LAUNCHER in printed:
            return TalendError(
                f"there is no launcher {self._launcher} on {self._host}: unpack the exported job "
                "there"
            )
        said = " / ".join(printed[-3:]) or f"status {status}"
        if status == _LOST and not any(word in line for line in printed for word in _REFUSED):
            return TalendJobError(f"{self._host} cannot be reached: {said}", retryable=True)
        return TalendError(f"{self._host} did not start {self._launcher}: {said}")
