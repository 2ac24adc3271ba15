"""Batches through the door again: what `reprocess` and `rejects --readmit` share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import click

from lakehouse.cli._output import print_json, print_table
from lakehouse.contracts.lake import Lake
from lakehouse.errors import LandingError, SourceError
from lakehouse.landing import replay

COLUMNS = ("feed", "business_date", "written", "was_written", "rejected", "was_rejected")
FAILED_EXIT_CODE = 1


def replay_batches(
    lake: Lake, batches: Iterable[tuple[str, date]], *, as_json: bool, only_gain: bool = False
) -> int:
    """Replay batches one after the other, and print their counts; return the exit status.

    One that cannot be replayed is named and stays as it was; the others go on.
    """
    rows: list[dict[str, Any]] = []
    changed: list[date] = []
    status = 0
    for feed, day in batches:
        try:
            rebuilt = replay(feed, day, lake, only_gain=only_gain)
        except (LandingError, SourceError) as error:
            click.echo(f"error: {feed} {day}: {error}", err=True)
            status = FAILED_EXIT_CODE
            continue
        after, before = rebuilt.after, rebuilt.before
        was_published = before is not None and before.state == "published"
        written = before.written_count if before is not None and was_published else 0
        if rebuilt.changed:
            changed.append(day)
        rows.append(
            {
                "feed": feed,
                "business_date": day.isoformat(),
                "written": after.written_count,
                "was_written": written,
                "rejected": after.rejected_count,
                "was_rejected": before.rejected_count if before is not None else None,
            }
        )
        if after.written_count < written:
            click.echo(
                f"warning: {feed} {day}: rows that had entered are refused now; tables keep them "
                "until they are built with `dbt build --full-refresh`",
                err=True,
            )
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS)
        if changed:
            first, last = min(changed), max(changed)
            click.echo(f"now build them: lakehouse backfill --from {first} --to {last}")
    return status
