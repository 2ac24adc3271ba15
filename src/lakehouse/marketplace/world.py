"""What fixes a generated marketplace: seed, scale and the first business date."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.rates import Rates

EPOCH = dt.date(1970, 1, 1)
DAY = 86_400
UTC_OFFSET = 3 * 3600
"""America/Sao_Paulo is three hours behind UTC on every day from 2020 on."""
HISTORY_DAYS = 730
ORDERS_AT_SCALE_1 = 100_000
"""Orders of a growing history of HISTORY_DAYS."""
HORIZON_DAYS = 130
"""No order, item, payment or review of a purchase changes or arrives later than this."""

DEFAULT_FIRST_DAY = dt.date(2026, 6, 1)
DEFAULT_SEED = 42
DEFAULT_SCALE = 0.02


@dataclass(frozen=True, slots=True)
class World:
    """A marketplace. Days are business dates in America/Sao_Paulo; instants, unless said
    otherwise, are seconds since 1970-01-01 00:00 on the wall clock of America/Sao_Paulo.

    history_days: days of orders before the first business date. is_steady: the volume of a day
    depends on the calendar and the scale alone; else it grows over the history.
    """

    seed: int = DEFAULT_SEED
    scale: float = DEFAULT_SCALE
    first_day: dt.date = DEFAULT_FIRST_DAY
    rates: Rates = field(default_factory=Rates)
    history_days: int = HISTORY_DAYS
    is_steady: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 100:
            raise MarketplaceError(f"scale must be above 0 and at most 100, not {self.scale}")
        if self.history_days < 1 or self.first - self.history_days < 0:
            raise MarketplaceError(
                f"the history must have a day and begin after 1970-01-01, and {self.history_days} "
                f"days before {self.first_day} do not"
            )
        if self.seed < 0:
            raise MarketplaceError(f"seed must not be negative, not {self.seed}")
        if self.first_day.year < 2022 or self.first_day.year > 2099:
            raise MarketplaceError(
                f"the first business date must lie in 2022 to 2099, not {self.first_day}"
            )

    @property
    def first(self) -> int:
        """The first business date as days since 1970-01-01."""
        return day_number(self.first_day)

    @property
    def start(self) -> int:
        """The first day with orders, as days since 1970-01-01."""
        return self.first - self.history_days + 1

    @property
    def history_orders(self) -> int:
        """Orders purchased in the history, about."""
        share = self.history_days / HISTORY_DAYS
        return max(1, round(ORDERS_AT_SCALE_1 * self.scale * share))

    def check_day(self, day: dt.date) -> int:
        """The day's number; raises MarketplaceError when it lies before the first one."""
        if day < self.first_day:
            raise MarketplaceError(
                f"{day} lies before the first business date of the marketplace, {self.first_day}"
            )
        return day_number(day)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_date(number: int) -> dt.date:
    """The calendar day of a day number."""
    return EPOCH + dt.timedelta(days=int(number))


def day_end(number: int) -> int:
    """The instant just after the day (exclusive end), in seconds of the wall clock."""
    return (number + 1) * DAY


def day_texts(numbers: "np.typing.NDArray[np.int64]") -> list[str]:
    """``YYYY-MM-DD`` for each day number."""
    return [str(text) for text in numbers.astype("datetime64[D]").astype(str)]
