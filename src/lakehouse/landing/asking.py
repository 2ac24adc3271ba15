"""Asking a source system, with patience for what passes within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lakehouse.backoff import retrying
from lakehouse.contracts import Contract
from lakehouse.errors import SourceMissingError
from lakehouse.transience import is_transient

T = TypeVar("T")

_ATTEMPTS = 3
_TRY_AGAIN_THEMSELVES = ("rest",)
"""Kinds of sources whose loader tries each of its calls again, cheaper than all of them anew."""


def ask_source(
    contract: Contract, ask: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep
) -> T:
    """Return what a source answers; ask again, a few times, where it did not and that may pass.

    A delivery that is not there does not come within seconds: nobody waits for it here.

    Raises:
        SourceError, ConfigError: as `ask` does, from the last time that it was called.
    """
    attempts = 1 if contract.source.kind in _TRY_AGAIN_THEMSELVES else _ATTEMPTS
    return retrying(contract.feed, attempts=attempts, is_worth_it=_is_worth_it, sleep=sleep)(ask)


def _is_worth_it(error: BaseException) -> bool:
    return is_transient(error) and not isinstance(error, SourceMissingError)
