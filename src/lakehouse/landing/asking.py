"""Asking a source system: with patience for what passes within seconds, and not at all while it is
known to be away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lakehouse.backoff import retrying
from lakehouse.breakers import Circuit, circuit_of
from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.errors import SourceError, SourceMissingError, SourcePausedError
from lakehouse.redaction import redact
from lakehouse.transience import is_transient

T = TypeVar("T")

_ATTEMPTS = 3
_REASON_LENGTH = 200
_TRY_AGAIN_THEMSELVES = ("rest",)
"""Kinds of sources whose loader tries each of its calls again, cheaper than all of them anew."""


def ask_source(
    lake: Lake,
    contract: Contract,
    ask: Callable[[], T],
    *,
    circuit: Circuit | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Return what a source answers; ask again, a few times, where it did not and that may pass.

    A delivery that is not there does not come within seconds: nobody waits for it here. The
    source's breaker (`circuit`, by default the lake's) counts the calls that were not answered.

    Raises:
        SourcePausedError: the breaker is open; the source was not asked.
        SourceError, ConfigError: as `ask` does, from the last time that it was called.
    """
    source = contract.source.system
    breaker = circuit or circuit_of(lake, source)
    caller, state = breaker.enter()
    if caller is None:
        until = state.until.isoformat(timespec="seconds") if state.until else "then"
        raise SourcePausedError(contract.feed, source, until, state.reason)
    attempts = 1 if contract.source.kind in _TRY_AGAIN_THEMSELVES else _ATTEMPTS
    again = retrying(contract.feed, attempts=attempts, is_worth_it=_is_worth_it, sleep=sleep)
    try:
        answer = again(ask)
    except BaseException as error:
        _tell(breaker, caller, error)
        raise
    breaker.answered(caller)
    return answer


def _is_worth_it(error: BaseException) -> bool:
    return is_transient(error) and not isinstance(error, SourceMissingError)


def _tell(breaker: Circuit, caller: str, error: BaseException) -> None:
    """Tell the breaker what an error says of the source: an S3 that is away says nothing of it."""
    is_the_sources = isinstance(error, SourceError | OSError)
    if not is_the_sources:
        breaker.not_asked(caller)
    elif _is_worth_it(error):
        breaker.failed(caller, _reason(error))
    else:
        breaker.answered(caller)


def _reason(error: BaseException) -> str:
    """What was wrong, for people: the first line of the error, without secrets and not long."""
    lines = redact(str(error)).splitlines()
    return lines[0][:_REASON_LENGTH] if lines else type(error).__name__
