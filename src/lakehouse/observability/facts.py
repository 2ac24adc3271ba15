"""`key=value` facts, and a timer for steps."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from lakehouse.observability.context import bound

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:+@%,")


class Facts(str):
    """A line of `key=value` pairs that remembers them, for whoever writes lines as JSON."""

    facts: Mapping[str, object]

    __slots__ = ("facts",)


def format_facts(**facts: object) -> Facts:
    """Return `key=value` pairs in the given order; values with blanks or quotes are quoted."""
    line = Facts(" ".join(f"{key}={_format_value(value)}" for key, value in facts.items()))
    line.facts = facts
    return line


def _format_value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    if text and set(text) <= _PLAIN:
        return text
    return json.dumps(text, ensure_ascii=False)


@dataclass(slots=True)
class Step:
    """One timed step; `seconds` is set when it ends, whether it failed or not."""

    name: str
    seconds: float = 0.0


@contextmanager
def timed_step(logger: logging.Logger, name: str, **facts: object) -> Iterator[Step]:
    """Time a block and log its end at INFO with its facts and its outcome; lines that are logged
    within carry the step's name."""
    step = Step(name)
    start = time.perf_counter()
    outcome = "failed"
    with bound(step=name):
        try:
            yield step
            outcome = "done"
        finally:
            step.seconds = time.perf_counter() - start
            logger.info(
                "%s",
                format_facts(step=name, outcome=outcome, seconds=step.seconds, **facts),
            )
