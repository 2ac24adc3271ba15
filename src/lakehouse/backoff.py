"""Trying again what may pass by itself: exponential back-off with jitter, for loaders.

Airflow waits minutes between the tries of a task; this waits seconds within one, so that a dropped
connection does not cost a task.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from lakehouse.observability import format_facts
from lakehouse.transience import classify, is_transient

logger = logging.getLogger(__name__)


def retrying(
    what: str,
    *,
    attempts: int = 3,
    first_seconds: float = 0.5,
    longest_seconds: float = 30.0,
    is_worth_it: Callable[[BaseException], bool] = is_transient,
    sleep: Callable[[float], None] = time.sleep,
) -> Retrying:
    """Return what calls a function up to `attempts` times and raises its last error as it is.

    The wait before try n + 1 is a random part of `first_seconds` * 2^(n-1), and of
    `longest_seconds` at the most, so that callers that failed together do not come back together.
    `what` names the work in the log; each failed try that is followed by another is a warning.
    """

    def log_wait(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        reason = classify(error).reason if error else ""
        logger.warning(
            "%s",
            format_facts(
                event="try_again", what=what, failed=state.attempt_number, wait=wait, reason=reason
            ),
        )

    return Retrying(
        retry=retry_if_exception(is_worth_it),
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=first_seconds, max=longest_seconds),
        before_sleep=log_wait,
        sleep=sleep,
        reraise=True,
    )
