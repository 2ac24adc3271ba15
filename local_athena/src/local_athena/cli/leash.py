"""A command that must not outlive this process, however this process ends.

A signal that can be caught is passed on by whoever started the command; SIGKILL cannot. A shell
waits at the end of a pipe whose other end only this process has: when the pipe breaks without a
word, it sends SIGTERM to the command, which said by a pipe of its own who it is (`leashed`). That
works on every POSIX system.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local_athena.cli import leashed

_WATCH = 'read -r pid <"/dev/fd/$1" && { read -r word || kill -TERM "$pid"; }'


@contextlib.contextmanager
def leash(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command; until the block ends, the end of this process ends the command.

    A command that is not there ends with the status 127, one that cannot be run with 126.
    """
    hear, tell = os.pipe()
    with os.fdopen(hear, "rb"), os.fdopen(tell, "wb"):
        watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "sh", str(hear)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[hear],
            start_new_session=True,  # Ctrl-C on a terminal is for the command
        )
        start = [sys.executable, "-I", "-S", str(Path(leashed.__file__)), str(tell)]
        child = subprocess.Popen([*start, *command], env=environ, pass_fds=[tell])
    try:
        yield child
    finally:
        with contextlib.suppress(OSError):
            watcher.communicate(b"done\n")
