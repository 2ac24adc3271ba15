"""The states of a breaker, as functions of a state and an instant: nothing here knows a clock.

    closed ──enough failures in a row──> open ──after its time──> half_open ──answered──> closed
                                          ^                          │
                                          └──────not answered────────┘

While it is half open one caller probes the source and all others are refused. A probe that says
nothing (its process died) is replaced when its time is over. Whoever was let in before the breaker
opened and comes back afterwards changes nothing: the newer state knows better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from lakehouse.contracts.inventory import BreakerLimits

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """A breaker at rest.

    `failures`: calls in a row that were not answered. `since`: when it came into this state, None
    before it ever changed. `until`: open, when it may be probed; half open, when another may take
    the probe's place. `probe`: who probes. `reason`: what the last failure was, without its data.
    Instants are UTC.
    """

    source: str
    state: State = "closed"
    failures: int = 0
    since: datetime | None = None
    until: datetime | None = None
    probe: str | None = None
    reason: str = ""


def admit(
    breaker: Breaker, limits: BreakerLimits, now: datetime, caller: str
) -> tuple[Breaker, bool]:
    """Let a caller in, or not; who is let in by a breaker that is not closed becomes its probe.

    `caller` names one call, and no other has its name.
    """
    if breaker.state == "closed":
        return breaker, True
    if breaker.until is not None and now < breaker.until:
        return breaker, False
    lease = now + timedelta(seconds=limits.probe_seconds)
    return replace(breaker, state="half_open", since=now, until=lease, probe=caller), True


def succeed(breaker: Breaker, now: datetime, caller: str) -> Breaker:
    """The source answered the caller."""
    if breaker.state == "closed":
        return replace(breaker, failures=0, reason="") if breaker.failures else breaker
    return Breaker(breaker.source, since=now) if breaker.probe == caller else breaker


def fail(
    breaker: Breaker, limits: BreakerLimits, now: datetime, caller: str, reason: str
) -> Breaker:
    """The source did not answer the caller."""
    if breaker.state == "closed":
        failed = replace(breaker, failures=breaker.failures + 1, reason=reason)
        return _opened(failed, limits, now) if failed.failures >= limits.failures else failed
    if breaker.probe == caller:
        failed = replace(breaker, failures=breaker.failures + 1, reason=reason)
        return _opened(failed, limits, now)
    return breaker


def release(breaker: Breaker, now: datetime, caller: str) -> Breaker:
    """The caller never asked the source: if it was to probe, another may."""
    if breaker.state == "half_open" and breaker.probe == caller:
        return replace(breaker, state="open", since=now, until=now, probe=None)
    return breaker


def reset(breaker: Breaker, now: datetime) -> Breaker:
    """A person says that the source is back."""
    return Breaker(breaker.source, since=now)


def _opened(breaker: Breaker, limits: BreakerLimits, now: datetime) -> Breaker:
    until = now + timedelta(seconds=limits.open_seconds)
    return replace(breaker, state="open", since=now, until=until, probe=None)
