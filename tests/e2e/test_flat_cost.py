"""What business days scan does not grow with the history before them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from benchmarks.history import SHORTEST_DAYS, Cost, measure_days

SCALE = 0.01
MOST_GROWTH = 1.15
MOST_OF_RAW = 6


@pytest.fixture(scope="module")
def costs() -> Iterator[tuple[Cost, Cost]]:
    """Days after a history as long as an order can change, and after ten times as much."""
    with mock.patch.dict(os.environ):
        yield measure_days(SCALE, SHORTEST_DAYS), measure_days(SCALE, 10 * SHORTEST_DAYS)


def test_day__a_history_ten_times_as_long__scans_hardly_more(costs: tuple[Cost, Cost]) -> None:
    short, long = (sum(cost.scanned.values()) for cost in costs)
    assert short > 0
    grown = {
        node: (costs[0].scanned.get(node, 0), size)
        for node, size in costs[1].scanned.items()
        if size > costs[0].scanned.get(node, 0) + 2_000
    }
    assert long <= MOST_GROWTH * short, grown


def test_day__in_relation_to_what_landed__stays_below_the_bar(costs: tuple[Cost, Cost]) -> None:
    for cost in costs:
        assert sum(cost.scanned.values()) <= MOST_OF_RAW * cost.raw


def test_week__a_history_ten_times_as_long__is_read_by_the_weekly_nodes_alone(
    costs: tuple[Cost, Cost],
) -> None:
    """The measure sees growth where there is some."""
    short, long = (sum(cost.history.values()) for cost in costs)
    assert long > 3 * short
