"""Trying again: how often, how long, and what not."""

from __future__ import annotations

import logging

import pytest

from lakehouse.backoff import retrying
from lakehouse.errors import BatchHeldError, SourceUnavailableError


class _Source:
    """Fails with the given errors, one a call, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def ask(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "rows"


def test_retrying__two_failures_that_pass__answers_on_the_third_try(
    caplog: pytest.LogCaptureFixture,
) -> None:
    waits: list[float] = []
    source = _Source(SourceUnavailableError("orders", "x"), ConnectionResetError())
    with caplog.at_level(logging.WARNING, logger="lakehouse.backoff"):
        answer = retrying("orders", first_seconds=2, sleep=waits.append)(source.ask)
    assert (answer, source.calls, len(waits)) == ("rows", 3, 2)
    assert "event=try_again what=orders failed=1" in caplog.text
    assert "reason=ConnectionResetError" in caplog.text


def test_retrying__waits__double_at_the_most_are_random_and_have_a_longest() -> None:
    seen: list[list[float]] = []
    for _ in range(40):
        waits: list[float] = []
        with pytest.raises(ConnectionResetError):
            retrying("x", attempts=6, first_seconds=1, longest_seconds=5, sleep=waits.append)(
                _Source(*[ConnectionResetError()] * 6).ask
            )
        seen.append(waits)
    highest = [max(each) for each in zip(*seen, strict=True)]
    assert len(highest) == 5
    for high, bound in zip(highest, (1, 2, 4, 5, 5), strict=True):
        assert bound / 2 < high <= bound
    assert len({round(each, 9) for waits in seen for each in waits}) == 200


def test_retrying__an_error_that_lasts__is_raised_at_once_as_it_is() -> None:
    source = _Source(BatchHeldError("run", "x"))
    with pytest.raises(BatchHeldError):
        retrying("orders", sleep=lambda _: pytest.fail("waited"))(source.ask)
    assert source.calls == 1


def test_retrying__every_try_fails__raises_the_last_error() -> None:
    source = _Source(*[SourceUnavailableError("orders", str(number)) for number in range(5)])
    with pytest.raises(SourceUnavailableError, match="orders: 2"):
        retrying("orders", sleep=lambda _: None)(source.ask)
    assert source.calls == 3
