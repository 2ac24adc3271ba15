"""When an incident is told: the rules, one by one, then as laws over any course of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.orchestration.notifications import Incident
from lakehouse.orchestration.notifications.incident import (
    claim,
    is_due,
    note_failed_run,
    record,
    release,
    renew,
    settle,
)
from tests.python.orchestration.notifications.samples import NOON, event

QUIET = timedelta(minutes=15)
KEY = "dag.land_payments"


def _told(*events: Any, at: Any = NOON) -> Incident:
    """An incident of which these events were told."""
    incident = Incident(KEY)
    for each in events:
        incident = record(incident, each)
    incident = claim(incident, "me", at + timedelta(minutes=1))
    return settle(incident, "me", incident.pending, at)


def _recovery() -> Any:
    return event("recovery", task_id="", run_id="next", try_number=0)


def test_record__the_same_failure_told_by_two_workers__counts_once() -> None:
    once = record(Incident(KEY), event())
    assert record(once, event(at=NOON + timedelta(seconds=3), error="told otherwise")) == once
    assert len(record(once, event(try_number=4)).pending) == 2
    assert len(record(once, event(map_index=1)).pending) == 2


def test_record__a_failed_run__is_told_only_when_no_task_of_it_was() -> None:
    run = event(task_id="", try_number=0)
    assert record(Incident(KEY), run).pending == (run,)
    assert record(_told(event()), run).pending == ()


def test_is_due__first_failure__now_and_one_worker_only() -> None:
    incident = record(Incident(KEY), event())
    assert not is_due(Incident(KEY), NOON, QUIET)
    assert is_due(incident, NOON, QUIET)
    claimed = claim(incident, "me", NOON + timedelta(minutes=1))
    assert not is_due(claimed, NOON + timedelta(seconds=59), QUIET)
    assert is_due(claimed, NOON + timedelta(minutes=1), QUIET), "a dead worker is replaced"


@pytest.mark.parametrize(
    ("told", "next_kind", "is_told_at_once"),
    [
        ("failure", "failure", False),
        ("failure", "retry", False),
        ("failure", "deadline", False),
        ("failure", "open", False),
        ("retry", "failure", True),
        ("retry", "deadline", True),
        ("deadline", "failure", True),
        ("deadline", "deadline", False),
        ("failure", "paused", True),
        ("failure", "recovery", True),
        ("deadline", "recovery", True),
    ],
)
def test_is_due__in_the_quiet_time__only_what_is_worse_or_the_recovery(
    told: str, next_kind: str, is_told_at_once: bool
) -> None:
    incident = record(_told(event(told)), event(next_kind, task_id="other", run_id="next"))
    assert is_due(incident, NOON + timedelta(minutes=14), QUIET) is is_told_at_once
    assert is_due(incident, NOON + timedelta(minutes=15), QUIET)


def test_recovery__after_a_told_failure__is_told_once_and_ends_the_incident() -> None:
    incident = record(record(_told(event()), _recovery()), _recovery())
    assert [each.kind for each in incident.pending] == ["recovery"]
    over = settle(incident, "me", incident.pending, NOON)
    assert not over.is_open
    assert record(over, replace(_recovery(), at=NOON + timedelta(hours=1))).pending == ()


@pytest.mark.parametrize("incident", [Incident(KEY), _told(event("retry", try_number=2))])
def test_recovery__where_nothing_bad_was_told__is_not_told(incident: Incident) -> None:
    after = record(incident, _recovery())
    assert after.pending == ()
    assert not after.is_open


def test_recovery__of_a_failure_that_nobody_told_yet__is_told_with_it() -> None:
    incident = record(record(Incident(KEY), event()), _recovery())
    assert [each.kind for each in incident.pending] == ["failure", "recovery"]
    assert is_due(incident, NOON, QUIET)


def test_recovery__ends_the_count_of_failed_runs_also_of_those_told_elsewhere() -> None:
    counted = note_failed_run(Incident(KEY), "first")
    assert counted.failed_runs == ("first",)
    assert record(counted, _recovery()).failed_runs == ()
    assert settle(record(_told(event()), _recovery()), "me", [_recovery()], NOON).failed_runs == ()


def test_settle__what_came_while_it_was_sent__stays() -> None:
    incident = claim(record(Incident(KEY), event()), "me", NOON + timedelta(minutes=1))
    late = event(task_id="late")
    after = settle(record(incident, late), "me", incident.pending, NOON)
    assert (after.pending, after.told_count, after.sender) == ((late,), 1, None)


def test_settle__a_failure_that_came_while_the_recovery_was_sent__begins_a_new_incident() -> None:
    incident = record(_told(event()), _recovery())
    late = event(run_id="after")
    after = settle(record(incident, late), "me", incident.pending, NOON)
    assert (after.pending, after.told_rank, after.failed_runs) == ((late,), 0, ("after",))


def test_claim__one_whose_lease_ran_out__neither_renews_nor_releases_anothers() -> None:
    mine = claim(record(Incident(KEY), event()), "me", NOON)
    theirs = claim(mine, "they", NOON + timedelta(minutes=1))
    assert renew(theirs, "me", NOON + timedelta(hours=1)) == theirs
    assert release(theirs, "me") == theirs
    assert release(theirs, "they").sender is None


def test_record__a_storm__keeps_a_hundred_and_counts_the_rest() -> None:
    incident = Incident(KEY)
    for number in range(250):
        incident = record(incident, event(task_id=f"t{number}"))
    assert (len(incident.pending), incident.overflow) == (100, 150)
    told = settle(incident, "me", incident.pending, NOON)
    assert (told.told_count, told.overflow) == (250, 0)


KINDS = st.sampled_from(["retry", "deadline", "failure", "skip", "paused", "recovery"])
STEPS = st.lists(st.tuples(KINDS, st.integers(0, 3), st.integers(0, 40)), max_size=40)


@given(STEPS)
def test_laws__any_course_of_events__no_storm_nothing_lost_recovery_only_of_what_was_told(
    steps: list[tuple[Any, int, int]],
) -> None:
    incident, now, told, messages = Incident(KEY), NOON, 0, []
    recorded: set[str] = set()
    for kind, task, minutes in steps:
        now += timedelta(minutes=minutes)
        each = event(kind, task_id=f"t{task}", at=now)
        before = incident
        incident = record(incident, each)
        if incident != before and kind != "recovery":
            recorded.add(each.identity)
        assert Incident.from_document(KEY, incident.to_document()) == incident
        if is_due(incident, now, QUIET):
            sent = incident.pending
            messages.append((now, max(one.kind == "recovery" for one in sent), incident))
            told += sum(one.kind != "recovery" for one in sent)
            incident = settle(claim(incident, "me", now), "me", sent, now)
    pairs = list(pairwise(messages))
    for (_, was_over, _), (_, is_recovery, then) in pairs:
        if is_recovery and was_over:
            assert any(one.kind != "recovery" for one in then.pending)
    within = [(first, second) for first, second in pairs if second[0] - first[0] < QUIET]
    for first, second in within:
        assert first[1] or second[2].rank > second[2].told_rank
    waiting = {one.identity for one in incident.pending if one.kind != "recovery"}
    forgotten = len(recorded) - told - len(waiting)
    retries = sum(identity.startswith("retry") for identity in recorded)
    assert 0 <= forgotten <= retries, "only retries that a good run made no news of"
