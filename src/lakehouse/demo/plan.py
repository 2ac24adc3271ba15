"""What a demonstration is asked to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from lakehouse.marketplace import World


@dataclass(frozen=True, slots=True)
class Plan:
    """Business days of a marketplace, or the public Olist files of a folder on one day."""

    world: World
    days: int
    olist: Path | None = None

    @property
    def dates(self) -> list[dt.date]:
        """The business dates, in order; one when the data come from Olist's files."""
        count = self.days if self.olist is None else 1
        return [self.world.first_day + dt.timedelta(days=offset) for offset in range(count)]

    @property
    def identity(self) -> str:
        """What the lake is made from; a lake made from something else is refused."""
        if self.olist is not None:
            return f"Olist files of {self.olist.resolve()}"
        world = self.world
        return f"marketplace seed {world.seed}, scale {world.scale:g}, from {world.first_day}"
