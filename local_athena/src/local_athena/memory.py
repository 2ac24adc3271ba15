"""The memory of this process: how much it holds, and a bound that the system enforces.

A query is ended when the process holds too much, but a single call of a library cannot be
interrupted. The bound makes such a call fail for want of memory, and not the machine.
"""

import resource
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")
_PAGE = resource.getpagesize()
_ON_LINUX = sys.platform == "linux"


def held() -> int:
    """Bytes that this process holds; 0 where the system does not say (only Linux does)."""
    try:
        return int(_STATM.read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def bound(limit: int) -> None:
    """Let allocations fail when the process would have twice `limit` bytes (Linux only).

    Twice, because what is allocated is not all used.
    """
    if _ON_LINUX:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = 2 * limit
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def unbound(pid: int) -> None:
    """Take the bound from a process that was started by this one."""
    if _ON_LINUX:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.prlimit(pid, resource.RLIMIT_DATA, (hard, hard))
