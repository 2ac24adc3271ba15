"""Which failures Airflow tries again: those that `lakehouse.errors` calls retryable."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from lakehouse.errors import LakehouseError

P = ParamSpec("P")
R = TypeVar("R")


def fails_for_good(work: Callable[P, R]) -> Callable[P, R]:
    """Let a task's work end its task at once when trying again cannot help.

    Errors that are no LakehouseError keep the task's retries.

    Raises:
        AirflowFailException: in place of a LakehouseError that is not retryable.
    """

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from airflow.sdk.exceptions import AirflowFailException

        try:
            return work(*args, **kwargs)
        except LakehouseError as error:
            if error.retryable:
                raise
            raise AirflowFailException(f"{type(error).__name__}: {error}") from error

    return run
