"""Days on the command line: one form, one wording of what is wrong with them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import click

from lakehouse.errors import ConfigError

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}")


class DayType(click.ParamType[date]):
    """A day of the calendar as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day; fails when the calendar has none of that name."""
        if isinstance(value, date):
            return value
        try:
            if not _FORM.fullmatch(value):
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day of the calendar: write YYYY-MM-DD", param, ctx)


DAY = DayType()


def days_between(first: date, last: date) -> list[date]:
    """Every day of a span, both ends included.

    Raises:
        ConfigError: the span ends before it begins.
    """
    check_span(first, last)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def check_span(first: date | None, last: date | None) -> None:
    """Refuse a span that ends before it begins; an open end is none.

    Raises:
        ConfigError: --to lies before --from.
    """
    if first is not None and last is not None and last < first:
        raise ConfigError(f"--to {last} lies before --from {first}")
