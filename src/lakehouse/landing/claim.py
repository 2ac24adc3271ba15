"""One loader of a feed at a time, on whatever machine: a claim with a lease, in the ops bucket.

The claim is `claims/<feed>.json`, written and removed under conditions only, so that of two loaders
one gets it. Its holder writes it anew while it works. A claim that was not written for its lease is
another's to take; one whose process is known to be gone, at once. Who lost its claim finds that out
before it shows anything. See docs/adr/0018-one-loader-of-a-feed-at-a-time.md.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

from lakehouse.contracts.lake import Lake
from lakehouse.errors import FeedClaimedError
from lakehouse.observability import format_facts
from lakehouse.shared_state import Document, SharedState

logger = logging.getLogger(__name__)

PREFIX = "claims/"
LEASE = timedelta(minutes=2)
_BEATS_PER_LEASE = 4
_POSSIBLE_SECONDS = 1e9

_held: set[str] = set()
"""Tokens of the claims that this process holds."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a claim. `machine` names what a process id is unique in; instants are UTC."""

    feed: str
    run_id: str
    token: str
    host: str
    machine: str
    pid: int
    taken_at: str
    renewed_at: str
    lease_seconds: float

    @property
    def lease(self) -> timedelta:
        """How long it may stay silent: no loader asks for more than LEASE."""
        return timedelta(seconds=min(self.lease_seconds, LEASE.total_seconds()))

    @property
    def is_sound(self) -> bool:
        """Whether each value is of its type: who may write to the bucket may have written it."""
        texts = (self.feed, self.run_id, self.token, self.host, self.machine)
        return (
            all(isinstance(text, str) for text in (*texts, self.taken_at, self.renewed_at))
            and type(self.pid) is int
            and 0 < self.pid < 2**31
            and type(self.lease_seconds) in (int, float)
            and abs(self.lease_seconds) < _POSSIBLE_SECONDS
        )

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def is_gone(self) -> bool:
        """Whether it is known that its process ended, or forgot the claim; on its machine only."""
        if self.machine != _machine():
            return False
        if self.pid == os.getpid():
            return self.token not in _held
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


class Fence:
    """A claim as whoever works under it sees it: what must hold before anything becomes visible.

    By its token another process may work for the one that holds the claim and renews it.
    """

    def __init__(self, lake: Lake, feed: str, run_id: str, token: str) -> None:
        self.token = token
        self._state = _state_of(lake)
        self._feed = feed
        self._run_id = run_id
        self._lost_to: Holder | str | None = None

    def check(self) -> None:
        """Raise FeedClaimedError when it is known already that the claim was lost."""
        if self._lost_to is not None:
            raise FeedClaimedError(
                self._run_id,
                f"the claim on {self._feed} was not renewed for long, and {self._lost_to} took it "
                "over: this loader gives up",
                holder=str(self._lost_to),
            )

    def confirm(self) -> None:
        """Renew the claim, to be called before anything becomes visible.

        Raises:
            FeedClaimedError: another loader has taken it over, or it was removed.
        """
        self.check()
        self._renew()
        self.check()

    def _renew(self) -> None:
        def decide(found: Document | None) -> tuple[Document | None, Holder | str | None]:
            if found is None or not self._is_mine(found):
                return None, _parse(found or {}) or "nobody"
            return {**found, "renewed_at": _now()}, None

        self._lost_to = self._state.change(self._feed, decide)

    def _is_mine(self, found: Document) -> bool:
        return found.get("token") == self.token


class Claim(Fence):
    """The claim of a run on its feed, in a `with`.

    Raises:
        FeedClaimedError: another loader holds the feed.
    """

    def __init__(self, lake: Lake, feed: str, run_id: str, *, lease: timedelta = LEASE) -> None:
        super().__init__(lake, feed, run_id, uuid.uuid4().hex)
        self._lease = lease
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name=f"claim-{feed}", daemon=True)

    def __enter__(self) -> Self:
        self._take()
        self._heart.start()
        return self

    def __exit__(self, *of_error: object) -> None:
        self._ended.set()
        self._heart.join()
        _held.discard(self.token)
        try:
            self._state.remove(self._feed, self._is_mine)
        except Exception as error:  # noqa: BLE001  (the batch is what it is; the lease runs out)
            self._tell("claim_not_released", error)

    def _take(self) -> None:
        seen = self._state.read(self._feed)
        is_free = seen is not None and self._is_over(seen)
        mine = self._document()

        def decide(found: Document | None) -> tuple[Document | None, Document | None]:
            if found is None or (is_free and found == seen):
                return mine, None
            return None, found

        _held.add(self.token)
        other: Document | None = mine
        try:
            other = self._state.change(self._feed, decide)
        finally:
            if other is not None:
                _held.discard(self.token)
        if other is not None:
            raise self._refusal(_parse(other))
        if is_free:
            facts = {"run_id": self._run_id, "feed": self._feed, "before": str(_parse(seen or {}))}
            logger.warning("%s", format_facts(event="claim_taken_over", **facts))

    def _refusal(self, holder: Holder | None) -> FeedClaimedError:
        who = f"{holder} (run {holder.run_id})" if holder else "a loader that did not sign"
        since = holder.taken_at if holder else ""
        lease = (holder.lease if holder else self._lease).total_seconds()
        return FeedClaimedError(
            self._run_id,
            f"{self._feed} is being landed by {who} since {since or 'an unknown instant'}. Try "
            f"again when it has ended; a claim without a sign of life ends after {lease:.0f} s",
            holder=who,
            since=since,
        )

    def _is_over(self, seen: Document) -> bool:
        """Whether a claim is free to be taken, as long as it is not written anew meanwhile."""
        holder = _parse(seen)
        if holder is not None and holder.is_gone:
            return True
        age = self._state.age(self._feed)
        lease = holder.lease if holder else self._lease
        return age is not None and age > lease

    def _beat(self) -> None:
        while self._lost_to is None:
            if self._ended.wait(self._lease.total_seconds() / _BEATS_PER_LEASE):
                return
            try:
                self._renew()
            except Exception as error:  # noqa: BLE001  (S3 may be back at the next beat)
                self._tell("claim_not_renewed", error)

    def _document(self) -> Document:
        now = _now()
        holder = Holder(
            feed=self._feed,
            run_id=self._run_id,
            token=self.token,
            host=platform.node(),
            machine=_machine(),
            pid=os.getpid(),
            taken_at=now,
            renewed_at=now,
            lease_seconds=self._lease.total_seconds(),
        )
        return asdict(holder)

    def _tell(self, event: str, error: Exception) -> None:
        facts: dict[str, Any] = {"run_id": self._run_id, "error": type(error).__name__}
        logger.warning("%s", format_facts(event=event, **facts))


def list_claims(lake: Lake) -> dict[str, Holder]:
    """Who lands which feed at this moment; of loaders that are known to be gone nothing is said."""
    state = _state_of(lake)
    found = {}
    for feed in filter(lake.contracts.__contains__, state.names()):
        document = state.read(feed)
        holder = _parse(document) if document else None
        age = state.age(feed)
        if holder is None or age is None or holder.is_gone:
            continue
        if age <= holder.lease:
            found[feed] = holder
    return found


def _state_of(lake: Lake) -> SharedState:
    return SharedState(lake.s3, lake.bucket("ops"), PREFIX)


def _parse(document: Document) -> Holder | None:
    """Who signed; None where nobody did in a form that can be believed."""
    try:
        holder = Holder(**document)
    except TypeError:
        return None
    return holder if holder.is_sound else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


@cache
def _machine() -> str:
    """What process ids are unique in: a boot of a machine and, of it, a space of process ids.

    Containers may share the name of a host and see none of each other's processes.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return platform.node()
