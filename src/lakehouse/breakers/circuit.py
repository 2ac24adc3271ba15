"""A source system's breaker around the calls of a worker, shared with all other workers.

The state is a document of the ops bucket (`breakers/<source system>.json`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from lakehouse.breakers.machine import Breaker, admit, fail, release, reset, succeed
from lakehouse.contracts.inventory import BreakerLimits
from lakehouse.contracts.lake import Lake
from lakehouse.errors import LakeError
from lakehouse.shared_state import Document, SharedState

PREFIX = "breakers/"


def utc_now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Circuit:
    """The breaker of one source system."""

    source: str
    limits: BreakerLimits
    state: SharedState
    clock: Callable[[], datetime] = utc_now

    def read(self) -> Breaker:
        """The breaker as it is; closed where nothing was ever written."""
        return _load(self.source, self.state.read(self.source))

    def enter(self) -> tuple[str | None, Breaker]:
        """Ask to be let in: the name of the call, None where it is refused; and the breaker."""
        caller = uuid.uuid4().hex

        def decide(document: Document | None) -> tuple[Document | None, tuple[str | None, Breaker]]:
            before = _load(self.source, document)
            after, is_let_in = admit(before, self.limits, self.clock(), caller)
            return _changed(before, after), (caller if is_let_in else None, after)

        return self.state.change(self.source, decide)

    def answered(self, caller: str) -> Breaker:
        """The source answered the call, if only by a refusal."""
        return self._change(lambda breaker: succeed(breaker, self.clock(), caller))

    def failed(self, caller: str, reason: str) -> Breaker:
        """The source did not answer the call."""
        return self._change(
            lambda breaker: fail(breaker, self.limits, self.clock(), caller, reason)
        )

    def not_asked(self, caller: str) -> Breaker:
        """The call ended before the source was asked, or says nothing of it."""
        return self._change(lambda breaker: release(breaker, self.clock(), caller))

    def reset(self) -> Breaker:
        """Close the breaker, whatever it was; a state that cannot be read too."""
        closed = reset(Breaker(self.source), self.clock())
        self.state.write(self.source, to_document(closed))
        return closed

    def _change(self, step: Callable[[Breaker], Breaker]) -> Breaker:
        def decide(document: Document | None) -> tuple[Document | None, Breaker]:
            before = _load(self.source, document)
            after = step(before)
            return _changed(before, after), after

        return self.state.change(self.source, decide)


def circuit_of(lake: Lake, source: str, *, clock: Callable[[], datetime] = utc_now) -> Circuit:
    """The breaker of a source system of a lake, with the limits that infra/lake.yml declares."""
    state = SharedState(lake.s3, lake.bucket("ops"), PREFIX)
    return Circuit(source, lake.inventory.breaker_limits(source), state, clock)


def list_breakers(lake: Lake) -> list[Breaker]:
    """The breakers of all source systems that contracts name, by name."""
    sources = sorted({contract.source.system for contract in lake.contracts.values()})
    return [circuit_of(lake, source).read() for source in sources]


def _changed(before: Breaker, after: Breaker) -> Document | None:
    return None if after == before else to_document(after)


def to_document(breaker: Breaker) -> Document:
    """A breaker as plain values, instants as ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(breaker).items()
    }


def _load(source: str, document: Mapping[str, Any] | None) -> Breaker:
    if document is None:
        return Breaker(source)
    try:
        times = {name: _parse_instant(document[name]) for name in ("since", "until")}
        if document["state"] not in ("closed", "open", "half_open"):
            raise ValueError(f"state {document['state']!r}")
        return Breaker(**{**document, **times})
    except (KeyError, TypeError, ValueError) as error:
        raise LakeError(
            f"the breaker of {source} cannot be read ({error}): close it by `lakehouse breakers "
            f"reset {source}`"
        ) from error


def _parse_instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return instant
