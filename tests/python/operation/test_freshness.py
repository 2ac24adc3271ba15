"""A feed that stopped delivering: the test of every business date, and dbt's own by the clock."""

from __future__ import annotations

import pytest

from tests.python.operation.conftest import Shop

pytestmark = [pytest.mark.recipes, pytest.mark.filterwarnings("ignore")]  # dbt has its own
TEST = "assert_feeds_are_fresh"


def verdict(shop: Shop, day: int) -> str:
    """PASS, WARN or FAIL, as dbt says it of the business date."""
    _, said = shop.try_dbt("test", "--select", TEST, run_date=f"2026-06-{day:02}")
    words = [line.split()[3] for line in said if TEST in line and " START " not in line]
    assert words, said
    return words[0]


def test_freshness__days_without_a_batch__warn_after_26_hours_and_fail_after_50(
    shop: Shop,
) -> None:
    shop.deliver(1, {"a": 1})
    assert [verdict(shop, day) for day in (1, 2, 3, 4)] == ["PASS", "PASS", "WARN", "FAIL"]
    shop.deliver(4, {"a": 1})
    assert verdict(shop, 4) == "PASS"

    # By the clock, what was delivered in June 2026 is older than its contract allows.
    success, said = shop.try_dbt(
        "source", "freshness", "--select", "source:*.category_translations"
    )
    assert not success
    assert any("ERROR STALE" in line for line in said), said
