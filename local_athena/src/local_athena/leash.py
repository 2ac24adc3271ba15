"""A command that must not outlive this process, however this process ends.

A signal that can be caught is passed on by whoever started the command; SIGKILL cannot. A shell
waits at the end of a pipe whose other end only this process has: when the pipe breaks without a
word, it sends the command SIGTERM. That works on every POSIX system.
"""

import contextlib
import subprocess
from collections.abc import Iterator

_WATCH = 'read -r word || kill -TERM "$1"'


@contextlib.contextmanager
def leash(pid: int) -> Iterator[None]:
    """While the block runs, the end of this process ends the process `pid`."""
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "sh", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C on a terminal is for the command
    )
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            watcher.communicate(b"done\n")
