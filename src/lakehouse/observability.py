"""Logging as `key=value` facts on stderr, and a timer for steps.

Modules log through `logging.getLogger(__name__)`; only the edge (a command, a DAG) calls
`configure_logging`. Facts are names, sizes and counts, never rows.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:+@%,")


def format_facts(**facts: object) -> str:
    """Return `key=value` pairs in the given order; values with blanks or quotes are quoted."""
    return " ".join(f"{key}={_format_value(value)}" for key, value in facts.items())


def _format_value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    if text and set(text) <= _PLAIN:
        return text
    return json.dumps(text, ensure_ascii=False)


def configure_logging(level: int = logging.WARNING) -> None:
    """Send the platform's log lines to stderr; calling it twice changes only the level."""
    logger = logging.getLogger("lakehouse")
    logger.setLevel(level)
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(
            logging.Formatter("%(asctime)s level=%(levelname)s logger=%(name)s %(message)s")
        )
        logger.addHandler(handler)
        logger.propagate = False


@dataclass(slots=True)
class Step:
    """One timed step; `seconds` is set when it ends, whether it failed or not."""

    name: str
    seconds: float = 0.0


@contextmanager
def timed_step(logger: logging.Logger, name: str, **facts: object) -> Iterator[Step]:
    """Time a block and log its end at INFO with its facts and its outcome."""
    step = Step(name)
    start = time.perf_counter()
    outcome = "failed"
    try:
        yield step
        outcome = "done"
    finally:
        step.seconds = time.perf_counter() - start
        logger.info(
            "%s",
            format_facts(step=name, outcome=outcome, seconds=step.seconds, **facts),
        )
