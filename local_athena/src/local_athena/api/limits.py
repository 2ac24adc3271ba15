"""Ends queries that take too long or make the process too large, and gives up those that hang.

One thread looks at the running queries while there are any, or some that wait for their turn.
Trino's names for what it ends: EXCEEDED_TIME_LIMIT, EXCEEDED_LOCAL_MEMORY_LIMIT.
"""

import threading
from collections.abc import Callable

from local_athena import memory
from local_athena.api.executions import RUNNING, Execution
from local_athena.engine.contract import USER, QueryFailed
from local_athena.settings import Settings

PAUSE_SECONDS = 0.25
GRACE_SECONDS = 5.0
"""How long a query may take to notice its end. One call of a library cannot be interrupted."""
SHARE_OF_BLAME = 8
"""A query ends for memory only after the process grew by limit / 8 since it began: allocators keep
for a while what an earlier query gave back, and that is no fault of the next one."""
_RESOURCES_EXHAUSTED = 0


class Limits:
    """`watch` after a query was submitted; it sleeps when none runs."""

    def __init__(
        self,
        settings: Settings,
        live: Callable[[], list[Execution]],
        give_up: Callable[[Execution], object],
        clock: Callable[[], float],
        held: Callable[[], int] = memory.held,
    ) -> None:
        self._settings = settings
        self._live = live
        self._give_up = give_up
        self._clock = clock
        self.held = held
        self._wake = threading.Event()
        self._stuck: list[Execution] = []
        self._closed = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def watch(self) -> None:
        """There is something to look at."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._loop, name="limits", daemon=True)
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        self._wake.set()

    def look(self) -> bool:
        """End what is past a limit; whether any query runs or waits."""
        live = [one for one in self._live() if not one.done.is_set()]
        running = [one for one in live if one.state == RUNNING]
        now = self._clock()
        ended = [one for one in running if one.control.cancelled.is_set()]
        for execution in ended:
            if now - execution.control.ended_at > GRACE_SECONDS:
                self._give_up(execution)
                self._stuck.append(execution)
        going = [one for one in running if not one.control.cancelled.is_set()]
        for execution in going:
            if now - execution.facts["started"] > self._settings.query_seconds:
                execution.control.fail(_too_long(self._settings.query_seconds))
        # Memory of one that is still within its last call is not the others' fault.
        self._stuck = [one for one in self._stuck if not one.returned.is_set()]
        if going and not ended and not self._stuck:
            self._hold_to_memory(going)
        return bool(live)

    def _hold_to_memory(self, going: list[Execution]) -> None:
        limit, held = self._settings.process_memory, self.held()
        grown = [one for one in going if held - one.held_before > limit // SHARE_OF_BLAME]
        if grown and held > limit:
            oldest = min(grown, key=lambda one: one.facts["started"])
            oldest.control.fail(_too_large(limit))

    def _loop(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            while not self._closed and self.look():
                self._wake.wait(PAUSE_SECONDS)
                self._wake.clear()


def _too_long(seconds: int) -> QueryFailed:
    shown = f"{seconds / 60:.2f}m" if seconds >= 60 else f"{seconds:.2f}s"
    return QueryFailed(
        "EXCEEDED_TIME_LIMIT",
        f"Query exceeded the maximum execution time limit of {shown}",
        USER,
        _RESOURCES_EXHAUSTED,
    )


def _too_large(limit: int) -> QueryFailed:
    return QueryFailed(
        "EXCEEDED_LOCAL_MEMORY_LIMIT",
        f"Query exceeded per-node memory limit of {limit / (1 << 20):.0f}MB",
        USER,
        _RESOURCES_EXHAUSTED,
    )
