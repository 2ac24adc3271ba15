"""Work on items side by side, in threads, whose results come in the order of the items."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_MOST_THREADS = 4


def in_order(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Each item with what `work` made of it. At most one item a thread, and one more, is there at
    a time; a single item is worked on without a thread.

    What `work` or `items` raise is raised when its turn comes.
    """
    source = iter(items)
    first = list(islice(source, 2))
    if len(first) < 2:
        for item in first:
            yield item, work(item)
        return
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[T, Future[R]]] = deque()
        for item in chain(first, source):
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > threads:
                done, result = waiting.popleft()
                yield done, result.result()
        while waiting:
            done, result = waiting.popleft()
            yield done, result.result()
