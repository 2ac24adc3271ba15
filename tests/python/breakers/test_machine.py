"""The state machine of a breaker against a plain model, with a clock that is only a number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lakehouse.breakers import Breaker, admit, fail, release, reset, succeed
from lakehouse.contracts.inventory import BreakerLimits

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMITS = BreakerLimits(failures=3, open_seconds=60, probe_seconds=200)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class PlainModel:
    """The same rules as one would tell them: a row of failures, a time of rest, one scout."""

    def __init__(self, failures: int, rest: int, patience: int) -> None:
        self.failures, self.rest, self.patience = failures, rest, patience
        self.in_a_row = 0
        self.nobody_before: int | None = None
        self.scout: str | None = None

    def may_go(self, now: int, who: str) -> bool:
        if self.nobody_before is not None:
            if now < self.nobody_before:
                return False
            self.scout, self.nobody_before = who, now + self.patience
        return True

    def comes_back(self, now: int, who: str, how: str) -> None:
        is_resting = self.nobody_before is not None
        if is_resting and who != self.scout:
            return
        if how == "answered":
            self.in_a_row, self.nobody_before, self.scout = 0, None, None
        elif how == "failed":
            self.in_a_row += 1
            if is_resting or self.in_a_row == self.failures:
                self.scout, self.nobody_before = None, now + self.rest
        elif is_resting:
            self.scout, self.nobody_before = None, now

    def word(self) -> str:
        if self.nobody_before is None:
            return "closed"
        return "half_open" if self.scout else "open"


class Machine(RuleBasedStateMachine):
    """Callers come and go, some never come back, time passes."""

    @initialize(failures=st.integers(1, 4), rest=st.integers(1, 100), patience=st.integers(1, 100))
    def begin(self, failures: int, rest: int, patience: int) -> None:
        self.limits = BreakerLimits(failures, rest, patience)
        self.model = PlainModel(failures, rest, patience)
        self.breaker = Breaker("pay")
        self.now = self.count = 0
        self.away: list[str] = []
        self.probing: dict[str, int] = {}

    @rule(seconds=st.integers(0, 120))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def a_caller_comes(self) -> None:
        self.count += 1
        who = f"call {self.count}"
        was = self.breaker.state
        self.breaker, is_let_in = admit(self.breaker, self.limits, at(self.now), who)
        assert is_let_in == self.model.may_go(self.now, who)
        if is_let_in:
            self.away.append(who)
            if was != "closed":
                assert not [end for end in self.probing.values() if self.now < end]
                self.probing = {who: self.now + self.limits.probe_seconds}

    @precondition(lambda self: self.away)
    @rule(data=st.data(), how=st.sampled_from(["answered", "failed", "not asked"]))
    def a_call_ends(self, data: st.DataObject, how: str) -> None:
        who = data.draw(st.sampled_from(self.away))
        self.away.remove(who)
        moment = at(self.now)
        if how == "answered":
            self.breaker = succeed(self.breaker, moment, who)
        elif how == "failed":
            self.breaker = fail(self.breaker, self.limits, moment, who, "TimeoutError")
        else:
            self.breaker = release(self.breaker, moment, who)
        self.model.comes_back(self.now, who, how)
        self.probing.pop(who, None)

    @precondition(lambda self: self.away)
    @rule(data=st.data())
    def a_process_dies(self, data: st.DataObject) -> None:
        self.away.remove(data.draw(st.sampled_from(self.away)))

    @rule()
    def a_person_resets(self) -> None:
        self.breaker = reset(self.breaker, at(self.now))
        self.model.__init__(  # type: ignore[misc]
            self.limits.failures, self.limits.open_seconds, self.limits.probe_seconds
        )
        self.probing = {}

    @invariant()
    def both_agree(self) -> None:
        if hasattr(self, "model"):
            assert self.breaker.state == self.model.word()
            assert self.breaker.failures == self.model.in_a_row
            assert self.breaker.probe == self.model.scout
            until = self.model.nobody_before
            assert self.breaker.until == (None if until is None else at(until))


TestMachine = Machine.TestCase


def _opened() -> Breaker:
    breaker = Breaker("pay")
    for number in range(3):
        breaker = fail(breaker, LIMITS, at(number), f"c{number}", "TimeoutError")
    return breaker


def test_fail__third_in_a_row__opens_for_a_minute() -> None:
    assert _opened() == Breaker(
        "pay", "open", failures=3, since=at(2), until=at(62), reason="TimeoutError"
    )


def test_succeed__between_failures__begins_the_row_anew() -> None:
    breaker = fail(Breaker("pay"), LIMITS, at(0), "a", "x")
    breaker = fail(succeed(breaker, at(1), "b"), LIMITS, at(2), "c", "x")
    assert (breaker.state, breaker.failures) == ("closed", 1)


@pytest.mark.parametrize(("second", "is_let_in"), [(61, False), (62, True)])
def test_admit__open__lets_one_in_when_its_time_is_over(second: int, is_let_in: bool) -> None:
    breaker, found = admit(_opened(), LIMITS, at(second), "probe")
    assert found is is_let_in
    assert breaker.probe == ("probe" if is_let_in else None)
    if is_let_in:
        assert breaker.until == at(62 + 200)
        assert admit(breaker, LIMITS, at(261), "other") == (breaker, False)
        assert admit(breaker, LIMITS, at(262), "other")[1]


def test_fail__of_the_probe__opens_anew_and_of_a_late_caller_changes_nothing() -> None:
    probing, _ = admit(_opened(), LIMITS, at(100), "probe")
    assert fail(probing, LIMITS, at(101), "late", "x") == probing
    assert succeed(probing, at(101), "late") == probing
    failed = fail(probing, LIMITS, at(101), "probe", "ConnectionTimeout")
    assert (failed.state, failed.until, failed.failures) == ("open", at(161), 4)
    assert failed.reason == "ConnectionTimeout"


def test_succeed__of_the_probe__closes() -> None:
    probing, _ = admit(_opened(), LIMITS, at(100), "probe")
    assert succeed(probing, at(103), "probe") == Breaker("pay", since=at(103))


def test_release__of_the_probe__lets_the_next_one_probe_at_once() -> None:
    probing, _ = admit(_opened(), LIMITS, at(100), "probe")
    released = release(probing, at(101), "probe")
    assert admit(released, LIMITS, at(101), "next")[1]
    assert release(released, at(102), "nobody") == released
