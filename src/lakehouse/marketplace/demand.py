"""How many orders each day has: growth, weekdays, Black Friday, Christmas, Mothers' Day.

Volumes are a pure function of the world: weights in integers, accumulated and scaled so that the
history adds up to the world's number of orders; days after the first business date go on with the
same weights. ``first_order(d)`` is the number of orders before day d, so every order has a global
index.
"""

import datetime as dt
from functools import lru_cache

import numpy as np

from lakehouse.marketplace.streams import I64, between, draw
from lakehouse.marketplace.world import World, day_date

_WEEKDAYS = (1150, 1120, 1080, 1030, 1000, 770, 850)
"""Weights of Monday to Sunday, 1000 = average; people buy from their desks."""
_GROWTH_FROM, _GROWTH_TO = 600, 1400
"""Weight at the start and at the end of the history; 1000 on all days of a steady one."""


def black_friday(year: int) -> dt.date:
    """The Friday after the fourth Thursday of November."""
    first = dt.date(year, 11, 1)
    thursday = first + dt.timedelta(days=(3 - first.weekday()) % 7 + 21)
    return thursday + dt.timedelta(days=1)


def mothers_day(year: int) -> dt.date:
    """The second Sunday of May."""
    first = dt.date(year, 5, 1)
    return first + dt.timedelta(days=(6 - first.weekday()) % 7 + 7)


def season_weight(day: dt.date) -> int:
    """Weight of the season on that day, 1000 = ordinary."""
    from_black_friday = (day - black_friday(day.year)).days
    if from_black_friday == 0:
        return 5000
    if -3 <= from_black_friday <= 3:
        return 2000
    if -12 <= (day - mothers_day(day.year)).days <= -3:
        return 1250
    if day.month == 12 and 5 <= day.day <= 18:
        return 1300
    if day.month == 12 and day.day >= 24:
        return 550
    return 1000


@lru_cache(maxsize=8)
def _cumulative(world: World, days: int) -> I64:
    """Cumulative weight before each of the ``days`` + 1 days from the start of the world."""
    offsets = np.arange(days, dtype=np.int64)
    noise = between(draw(world.seed, "demand.noise", offsets), 900, 1100)
    if world.is_steady:
        growth = np.full(days, 1000, dtype=np.int64)
    else:
        growth = _GROWTH_FROM + (_GROWTH_TO - _GROWTH_FROM) * offsets // world.history_days
    calendar = np.array(
        [
            _WEEKDAYS[date.weekday()] * season_weight(date)
            for date in (day_date(world.start + offset) for offset in range(days))
        ],
        dtype=np.int64,
    )
    weights = calendar * growth // 1000 * noise // 1_000_000
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(weights)])


def first_order(world: World, day: int) -> int:
    """Number of orders purchased before ``day`` (a day number)."""
    return int(first_orders(world, day)[max(0, day - world.start)])


def first_orders(world: World, until: int) -> I64:
    """Number of orders before each day from the world's start to ``until``, both included."""
    days = max(world.history_days, until - world.start)
    cumulative = _cumulative(world, -(-days // 400) * 400)
    # A steady history adds up as ordinary days would, whatever seasons it has.
    steady = 1000 * world.history_days
    total = steady if world.is_steady else int(cumulative[world.history_days])
    scaled: I64 = cumulative[: max(0, until - world.start) + 1] * world.history_orders // total
    return scaled


def new_people_before(world: World, until: int) -> I64:
    """Number of people who registered with an order before each day, as ``first_orders``."""
    orders = first_orders(world, until)
    return orders * world.rates.new_person_order_ppm // 1_000_000
