"""Work that must not hold anybody up: it is waited for so long, and not longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping


def run_bounded(
    works: Mapping[str, Callable[[], None]], seconds: float
) -> dict[str, BaseException | None]:
    """Run all at once; give for each what it raised, None when it ended well.

    What is not done in time gets TimeoutError and goes on in a daemon thread, which ends with the
    process.
    """
    outcomes: dict[str, BaseException | None] = {}

    def run(name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (it is handed to the caller)
            outcomes[name] = error
        else:
            outcomes[name] = None

    threads = [
        threading.Thread(target=run, args=each, name=f"notify-{each[0]}", daemon=True)
        for each in works.items()
    ]
    end = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = TimeoutError(f"not done within {seconds:g} s")
    done = dict(outcomes)
    return {name: done.get(name, late) for name in works}
