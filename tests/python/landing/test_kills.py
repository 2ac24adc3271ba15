"""Short runs of `make kills` and `make topic-kills`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.contracts import Lake
from lakehouse.marketplace.sources.kafka import KafkaBroker
from tests.python.landing.kills import ONE_OF_A_KIND, tear_landing
from tests.python.landing.topic_kills import tear_topic


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


@pytest.mark.kafka
def test_land__broker_and_loader_killed_at_random__loses_and_repeats_nothing(
    lake: Lake, kafka_jars: Path, tmp_path: Path
) -> None:
    with KafkaBroker(tmp_path / "kafka", kafka_jars) as broker:
        summary = tear_topic(
            broker, lake, os.environ, tmp_path, records=10_000, days=1, kills=4, seed=3
        )
    assert summary.loader_kills
    assert summary.broker_kills
