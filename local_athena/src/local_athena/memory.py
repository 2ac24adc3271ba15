"""The memory that this process holds, and the bound that the system sets it."""

import resource
from pathlib import Path

_STATM = Path("/proc/self/statm")
_PAGE = resource.getpagesize()
ROOM = 1 << 30
"""What stacks and allocators reserve beyond what is held: the bound counts that, too."""


def held() -> int:
    """Bytes that are resident; 0 where the system does not say (only Linux does)."""
    try:
        return int(_STATM.read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def bound(limit: int) -> None:
    """Let allocations fail that would make this process much larger than `limit` bytes.

    One call of a library can be neither interrupted nor bounded by DuckDB's own limit. With this
    it fails, and its query with it. Only for a process of our own; Linux counts all private memory.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = limit + ROOM
    if hard == resource.RLIM_INFINITY or soft < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
