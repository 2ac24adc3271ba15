"""Threads that run queries: as many as allowed, the others wait in order.

A query that does not notice its end (it is inside one call of a library) may be given up: its
thread goes on for a while, and another one takes its place.
"""

import threading
from collections import deque
from collections.abc import Callable


class Workers:
    """At most `limit` daemon threads, started when needed; `submit` never waits."""

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._waiting: deque[Callable[[], object]] = deque()
        self._wake = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def submit(self, job: Callable[[], object]) -> None:
        """Run a job as soon as a thread is free."""
        with self._wake:
            if self._closed:
                return
            self._waiting.append(job)
            if self._idle >= len(self._waiting):
                self._wake.notify()
            elif self._threads < self._limit:
                self._threads += 1
                threading.Thread(
                    target=self._work, name=f"{self._name}-{self._threads}", daemon=True
                ).start()

    def give_up(self) -> None:
        """One of the threads is stuck: let another one start in its place."""
        with self._wake:
            self._limit += 1
            if self._waiting and not self._closed:
                self._threads += 1
                threading.Thread(
                    target=self._work, name=f"{self._name}-{self._threads}", daemon=True
                ).start()

    def came_back(self) -> None:
        """A thread that was given up is done after all: one of them ends."""
        with self._wake:
            self._limit -= 1

    def close(self) -> None:
        """Forget what waits; threads end after their present job."""
        with self._wake:
            self._closed = True
            self._waiting.clear()
            self._wake.notify_all()

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._waiting:
                    if self._closed:
                        return
                    self._idle += 1
                    self._wake.wait()
                    self._idle -= 1
                job = self._waiting.popleft()
            job()
            with self._wake:
                if self._threads > self._limit:
                    self._threads -= 1
                    return
