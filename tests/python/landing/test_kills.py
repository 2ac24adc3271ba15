"""A short run of `make kills`: a loader of every kind of source killed at a random write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.contracts import Lake
from tests.python.landing.kills import ONE_OF_A_KIND, tear_landing


@pytest.mark.integration
def test_land__killed_at_random_instants__raw_is_that_of_the_undisturbed_run(
    lake: Lake, tmp_path: Path
) -> None:
    summary = tear_landing(
        len(ONE_OF_A_KIND),
        20260601,
        tmp_path,
        os.environ,
        feeds=ONE_OF_A_KIND,
        days=1,
        most_kills=1,
    )
    assert set(summary.kills) == set(ONE_OF_A_KIND), summary
    assert summary.batches == len(ONE_OF_A_KIND)
    assert summary.checks
    if summary.missing:
        pytest.skip(f"all others are equal: {summary}")
