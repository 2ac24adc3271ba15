"""An incident: what went wrong with one DAG or one source system and was, or was not yet, told.

Functions of a state and an instant; nothing here knows a clock, a store or a channel.

    record   an event joins the incident, once, whoever tells of it
    is_due   whether somebody should send a message now
    claim    one worker takes that on, for a limited time
    settle   what it sent is told; a recovery ends the incident
    release  nothing could be sent: another may try

After a message the incident is quiet for a while: what comes meanwhile is gathered and told as one
summary. Only what is worse than all that was told, and the recovery, do not wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lakehouse.orchestration.notifications.event import BAD, RANK, Event

_KEPT_EVENTS = 100
_KEPT_IDENTITIES = 500


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident at rest; `Incident(key)` is one that is over, or never was.

    `pending` is not told yet, `overflow` counts what was too much to keep. `dags` and `failed_runs`
    are those that it touched since it began. `told_rank`, `told_count` and `told_at` are of what
    was told. `sender` may send until `lease` (UTC).
    """

    key: str
    pending: tuple[Event, ...] = ()
    overflow: int = 0
    dags: tuple[str, ...] = ()
    failed_runs: tuple[str, ...] = ()
    told_rank: int = 0
    told_count: int = 0
    told_at: datetime | None = None
    since: datetime | None = None
    seen: tuple[str, ...] = ()
    sender: str | None = None
    lease: datetime | None = None

    @property
    def rank(self) -> int:
        """The worst of what is pending."""
        return max((RANK[event.kind] for event in self.pending), default=0)

    @property
    def is_open(self) -> bool:
        """Whether anything happened since it was over."""
        return self.since is not None

    def to_document(self) -> dict[str, Any]:
        """The incident as plain values, instants as ISO 8601."""
        plain = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }
        return {**plain, "pending": [event.to_document() for event in self.pending]}

    @classmethod
    def from_document(cls, key: str, document: dict[str, Any] | None) -> Incident:
        """Read what `to_document` gave; one that is over where there is none."""
        if document is None:
            return cls(key)
        times = {
            name: datetime.fromisoformat(document[name]) if document[name] else None
            for name in ("told_at", "since", "lease")
        }
        lists = {name: tuple(document[name]) for name in ("dags", "failed_runs", "seen")}
        pending = tuple(map(Event.from_document, document["pending"]))
        return cls(**{**document, **times, **lists, "pending": pending})


def record(incident: Incident, event: Event) -> Incident:
    """Add an event; the same incident where it is known, or says that all is well when it is."""
    if event.identity in incident.seen:
        return incident
    if event.kind == "recovery":
        return _recovering(incident, event)
    if event.kind == "failure" and not event.task_id and event.run_id in incident.failed_runs:
        return incident
    is_failure = event.kind == "failure" and event.run_id
    fits = len(incident.pending) < _KEPT_EVENTS
    return replace(
        incident,
        pending=(*incident.pending, event) if fits else incident.pending,
        overflow=incident.overflow + (not fits),
        dags=_with(incident.dags, event.dag_id),
        failed_runs=_with(incident.failed_runs, event.run_id if is_failure else ""),
        since=incident.since or event.at,
        seen=(*incident.seen, event.identity)[-_KEPT_IDENTITIES:],
    )


def note_failed_run(incident: Incident, run_id: str) -> Incident:
    """Count a run of a DAG whose failures are told as another incident."""
    return replace(incident, failed_runs=_with(incident.failed_runs, run_id))


def is_due(incident: Incident, now: datetime, quiet: timedelta) -> bool:
    """Whether a message should be sent now, by whoever asks."""
    if not incident.pending or _is_leased(incident, now):
        return False
    is_quiet = incident.told_at is not None and now < incident.told_at + quiet
    return not is_quiet or incident.rank > incident.told_rank


def claim(incident: Incident, sender: str, until: datetime) -> Incident:
    """Let one worker send, until an instant: after it another may, as the worker must have died."""
    return replace(incident, sender=sender, lease=until)


def renew(incident: Incident, sender: str, until: datetime) -> Incident:
    """The sender is about to send what is pending; the same where another took its place."""
    return replace(incident, lease=until) if incident.sender == sender else incident


def settle(incident: Incident, sender: str, told: Iterable[Event], now: datetime) -> Incident:
    """What was sent is told. After a recovery the incident is over, but for what came since.

    It holds also for a sender whose lease ran out: what it sent was sent.
    """
    identities = {event.identity for event in told}
    sent = [event for event in incident.pending if event.identity in identities]
    rest = [event for event in incident.pending if event.identity not in identities]
    mine = incident.sender == sender
    left = replace(
        incident,
        sender=None if mine else incident.sender,
        lease=None if mine else incident.lease,
    )
    if any(event.kind == "recovery" for event in sent):
        return _over(left, rest)
    return replace(
        left,
        pending=tuple(rest),
        overflow=0,
        told_rank=max([incident.told_rank, *(RANK[event.kind] for event in sent)]),
        told_count=incident.told_count + len(sent) + incident.overflow,
        told_at=now,
    )


def release(incident: Incident, sender: str) -> Incident:
    """The sender sent nothing: another may try."""
    return replace(incident, sender=None, lease=None) if incident.sender == sender else incident


def _recovering(incident: Incident, event: Event) -> Incident:
    """All is well: worth telling where something bad was told, or is about to be."""
    if not incident.is_open:
        return replace(incident, failed_runs=())
    if max(incident.told_rank, incident.rank) < BAD:
        return _over(incident, ())
    if any(each.kind == "recovery" for each in incident.pending):
        return incident
    return replace(
        incident,
        pending=(*incident.pending, event),
        seen=(*incident.seen, event.identity)[-_KEPT_IDENTITIES:],
    )


def _over(incident: Incident, rest: Iterable[Event]) -> Incident:
    fresh = Incident(incident.key, seen=incident.seen, sender=incident.sender, lease=incident.lease)
    for event in rest:
        fresh = record(replace(fresh, seen=_without(fresh.seen, event.identity)), event)
    return fresh


def _is_leased(incident: Incident, now: datetime) -> bool:
    return incident.sender is not None and incident.lease is not None and now < incident.lease


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if not name or name in names else (*names, name)


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in names if each != name)
