"""The golden statements in process: shares that may only rise, and nothing silently other.

Expected values are a real Trino's (README.md).
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location(
    "golden_harness", Path(__file__).with_name("harness.py")
)
assert _spec is not None
assert _spec.loader is not None
harness = importlib.util.module_from_spec(_spec)
sys.modules["golden_harness"] = harness
_spec.loader.exec_module(harness)
Measured = list[tuple[dict[str, Any], Any, dict[str, bool]]]

# What is not reached yet, as of 2026-11-28: MATCH_RECOGNIZE is refused by name.
LEAST = {"value": 2161, "type": 2162, "named": 469}
CASES = 2636
LEAST_GENERATED = 2_900
LEAST_MESSAGES = 431
# Answers that differ from Trino's and why; anything else that differs is a defect.
KNOWN_DIFFERENCES = frozenset(
    (
        # depends on the day it runs
        "SELECT CAST(TIME '13:14:15.678' AS timestamp(0))",
    )
)


@pytest.fixture(scope="module")
def measured() -> Measured:
    return list(harness.measure())


def test_golden__expressions__shares_do_not_fall(
    measured: Measured,
) -> None:
    reached: Counter[str] = Counter()
    for _, _, levels in measured:
        for level, ok in levels.items():
            reached[level] += ok

    assert len(measured) == CASES
    assert {level: reached[level] >= least for level, least in LEAST.items()} == dict.fromkeys(
        LEAST, True
    ), dict(reached)


def test_golden__expressions__differ_only_where_known(
    measured: Measured,
) -> None:
    wrong = [
        (case["sql"], outcome.rows, case["rows"])
        for case, outcome, levels in measured
        if "rows" in case
        and outcome.rows is not None
        and not levels["value"]
        and case["sql"] not in KNOWN_DIFFERENCES
    ]

    assert wrong == []


def test_golden__expressions__failures_are_named(
    measured: Measured,
) -> None:
    unnamed = [
        (case["sql"], outcome.error, outcome.message)
        for case, outcome, _ in measured
        if outcome.error in ("DEFECT", "GENERIC_INTERNAL_ERROR")
        and case.get("error", {}).get("name") != "GENERIC_INTERNAL_ERROR"
    ]

    assert unnamed == []


def test_golden__expressions__messages_are_trinos(measured: Measured) -> None:
    """With the position; the share may only rise."""
    same = [
        outcome.message == f"{case['error']['name']}: {case['error']['message']}"
        for case, outcome, levels in measured
        if levels.get("named")
    ]

    assert sum(same) >= LEAST_MESSAGES, (sum(same), len(same))


def test_golden__generated__are_whole() -> None:
    """Ids are hashes in order: a lost end shows in the first digits, a large hole in the number."""
    ids = [case["id"] for case in harness.cases(harness.GENERATED)]

    assert ids == sorted(set(ids))
    assert "".join(sorted({id_[0] for id_ in ids})) == "0123456789abcdef"
    assert len(ids) > LEAST_GENERATED


def test_golden__generated__ids_tell_the_statements() -> None:
    wrong = [
        case["sql"]
        for case in harness.cases(harness.GENERATED)
        if case["id"]
        != sha1(
            "\n".join([case["sql"], *case.get("parameters", ())]).encode(), usedforsecurity=False
        ).hexdigest()[:12]
    ]

    assert wrong == []


def test_golden__generated__agree_in_type_value_and_error() -> None:
    cases = harness.cases(harness.GENERATED)

    wrong = [
        (case["sql"], outcome.rows or outcome.error, case.get("rows") or case.get("error"))
        for case, outcome, levels in harness.measure(among=cases)
        if not all(levels.values())
    ]

    assert wrong == []
