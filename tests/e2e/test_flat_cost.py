"""What a business day scans does not grow with the history before it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from benchmarks.history import SHORTEST_DAYS, Day, measure_day

SCALE = 0.01
MOST_GROWTH = 1.15
MOST_OF_RAW = 6


@pytest.fixture(scope="module")
def days() -> Iterator[tuple[Day, Day]]:
    """A day after a history as long as an order can change, and after ten times as much."""
    with mock.patch.dict(os.environ):
        yield measure_day(SCALE, SHORTEST_DAYS), measure_day(SCALE, 10 * SHORTEST_DAYS)


def test_day__a_history_ten_times_as_long__scans_hardly_more(days: tuple[Day, Day]) -> None:
    short, long = (sum(day.scanned.values()) for day in days)
    assert short > 0
    grown = {
        node: (days[0].scanned.get(node, 0), size)
        for node, size in days[1].scanned.items()
        if size > days[0].scanned.get(node, 0) + 2_000
    }
    assert long <= MOST_GROWTH * short, grown


def test_day__in_relation_to_what_landed__stays_below_the_bar(days: tuple[Day, Day]) -> None:
    for day in days:
        assert sum(day.scanned.values()) <= MOST_OF_RAW * day.raw


def test_week__a_history_ten_times_as_long__is_read_by_the_weekly_nodes_alone(
    days: tuple[Day, Day],
) -> None:
    """The measure sees growth where there is some."""
    short, long = (sum(day.history.values()) for day in days)
    assert long > 3 * short
