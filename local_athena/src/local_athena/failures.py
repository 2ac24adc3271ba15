"""Unexpected failures in the log: a defect with its traceback, a full disk in one line a minute.

A full disk fails everything that is asked, and none of it is a defect: what to do is said once.
"""

import logging
import threading
import time

from local_athena.errors import FULL_DISK, is_full_disk

_PAUSE_SECONDS = 60.0
_lock = threading.Lock()
_said: dict[str, float] = {}


def log_failure(log: logging.Logger, error: BaseException, text: str, *arguments: object) -> None:
    """Log an error with its traceback, or, when the disk is full, that it is, once a minute."""
    if not is_full_disk(error):
        log.error(text, *arguments, exc_info=error)
        return
    now = time.monotonic()
    with _lock:
        last = _said.get(FULL_DISK)
        if last is not None and now - last < _PAUSE_SECONDS:
            return
        _said[FULL_DISK] = now
    log.error(FULL_DISK)
