"""What a demonstration is asked to do."""

from __future__ import annotations

import datetime as dt
import shlex
from dataclasses import dataclass
from pathlib import Path

from lakehouse.contracts.inventory import LOCAL_ENVIRONMENTS
from lakehouse.errors import DemoError
from lakehouse.marketplace import DEFAULT_SCALE, World
from lakehouse.settings import Settings


def require_local(settings: Settings) -> None:
    """Raise DemoError unless the environment's lake is a local one."""
    if settings.environment not in LOCAL_ENVIRONMENTS:
        raise DemoError(
            f"the demonstration writes to a local lake only, and LAKEHOUSE_ENV is "
            f"{settings.environment!r}: unset it"
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Business days of a marketplace, or the public Olist files of a folder on one day.

    tested_days: on how many of the days dbt's tests run beside its models; None for all of them.
    """

    world: World
    days: int
    olist: Path | None = None
    tested_days: int | None = None

    @property
    def dates(self) -> list[dt.date]:
        """The business dates, in order; one when the data come from Olist's files."""
        count = self.days if self.olist is None else 1
        return [self.world.first_day + dt.timedelta(days=offset) for offset in range(count)]

    @property
    def tested_dates(self) -> set[dt.date]:
        """The business dates on which dbt's tests run: evenly spread, the last one among them."""
        dates = self.dates
        count = len(dates) if self.tested_days is None else min(self.tested_days, len(dates))
        return {dates[len(dates) * nth // count - 1] for nth in range(1, count + 1)}

    @property
    def identity(self) -> str:
        """What the lake is made from; a lake made from something else is refused."""
        if self.olist is not None:
            return f"Olist files of {self.olist.resolve()}"
        world = self.world
        return f"marketplace seed {world.seed}, scale {world.scale:g}, from {world.first_day}"

    @property
    def options(self) -> str:
        """What `lakehouse demo` needs to mean this lake, `--days` aside, with a blank before each.

        Quoted for a shell; empty for the lake that no option makes.
        """
        if self.olist is not None:
            return f" --from {shlex.quote(str(self.olist))}"
        default = World()
        scale = f" --scale {self.world.scale:g}" if self.world.scale != DEFAULT_SCALE else ""
        seed = f" --seed {self.world.seed}" if self.world.seed != default.seed else ""
        return scale + seed

    def check_days(self, last_day: dt.date | None) -> None:
        """Raise DemoError when a business date lies after the last one that Athena sees."""
        if last_day is None or self.dates[-1] <= last_day:
            return
        largest = (last_day - self.world.first_day).days + 1
        raise DemoError(
            f"--days {self.days} ends on {self.dates[-1]}, and today is {last_day} (UTC): business "
            + (
                f"days of the future cannot be landed. The largest is --days {largest} today"
                if largest > 0
                else f"days begin on {self.world.first_day}. Set the clock of this machine right"
            )
        )
