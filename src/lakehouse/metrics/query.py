"""What is asked, and what can be asked: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

METRIC_TIME = "metric_time"
"""The day on which a metric counts, of whatever table: its own name in MetricFlow."""

GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Dimension:
    """By what a metric can be asked. name: path of entities and dimension, joined by ``__``."""

    name: str
    description: str
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as it is defined. unit: BRL, count, ratio, days or score. kind: simple, ratio,
    derived or cumulative. inputs: the metrics that it is made of; empty for a simple one.
    models: the semantic models that it reads. compares: the grain whose whole periods it compares
    with one another, None when it compares none."""

    name: str
    label: str
    description: str
    kind: str
    unit: str
    owner: str
    inputs: tuple[str, ...]
    models: tuple[str, ...]
    compares: str | None = None


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """Metrics by dimensions, one row for each combination of values, in their order.

    by: names of dimensions, in full or as far as they are clear. where: a condition in SQL on
    such names. first, last: days, both included. grain: how days are put together; None for one
    row over all days.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: str | None = None
    first: date | None = None
    last: date | None = None
    grain: str | None = None
