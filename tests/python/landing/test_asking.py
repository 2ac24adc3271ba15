"""How often a source is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.contracts import load_contracts
from lakehouse.errors import SourceError, SourceMissingError, SourceUnavailableError
from lakehouse.landing.asking import ask_source

CONTRACTS = load_contracts(Path(__file__).resolve().parents[3] / "contracts")


@pytest.mark.parametrize(
    ("feed", "error", "calls"),
    [
        ("orders", SourceUnavailableError("orders", "x"), 3),
        ("orders", ConnectionResetError(), 3),
        ("orders", SourceError("orders", "x"), 1),
        ("reviews", SourceMissingError("reviews", "x"), 1),
        ("payments", SourceUnavailableError("payments", "x"), 1),
    ],
    ids=["away", "cut off", "refuses", "no delivery", "tried six times by its loader"],
)
def test_ask_source__it_fails__is_asked_again_only_where_seconds_may_help(
    feed: str, error: Exception, calls: int
) -> None:
    asked = []

    def ask() -> None:
        asked.append(feed)
        raise error

    with pytest.raises(type(error)):
        ask_source(CONTRACTS[feed], ask, sleep=lambda _: None)
    assert len(asked) == calls


def test_ask_source__it_comes_back__gives_its_answer() -> None:
    answers = [ConnectionResetError(), "rows"]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    assert ask_source(CONTRACTS["orders"], ask, sleep=lambda _: None) == "rows"
