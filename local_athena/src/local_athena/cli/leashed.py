"""The start of a command on a leash: a program of its own, which becomes the command.

It tells its process id to whoever watches before anything of the command runs, so that no moment
is left in which the command runs unwatched. Arguments: the file descriptor to write the id to,
then the command. Statuses are a shell's: 127 for a command that is not there, 126 for one that
cannot be run.
"""

import os
import resource
import signal
import sys

# What Python changes for itself at its start, and a command would inherit.
_ITS_OWN = (signal.SIGPIPE, signal.SIGXFSZ)


def main() -> int:
    """Become the command; the exit status if that cannot be."""
    watcher, command = int(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGINT, _without_python(signal.getsignal(signal.SIGINT)))
    for number in _ITS_OWN:
        signal.signal(number, signal.SIG_DFL)
    # The bound on this process's parent is not for the command.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    os.write(watcher, b"%d\n" % os.getpid())
    os.close(watcher)
    try:
        os.execvp(command[0], command)  # noqa: S606 - what the user asks to run
    except FileNotFoundError:
        return _refuse(command[0], "command not found", 127)
    except OSError as error:
        return _refuse(command[0], os.strerror(error.errno or 0), 126)


def _refuse(command: str, why: str, status: int) -> int:
    sys.stderr.write(f"local-athena: {command}: {why}\n")
    return status


def _without_python(handler: object) -> signal.Handlers:
    return signal.SIG_IGN if handler is signal.SIG_IGN else signal.SIG_DFL


if __name__ == "__main__":
    sys.exit(main())
