"""Exchange rates of the payment gateway: one a business day and currency, now and then revised.

A rate is published on the afternoon of its day and revised, if at all, on the morning after; a
Saturday's revision speaks of Friday. Rates are in units of 1e-8 BRL.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lakehouse.marketplace.streams import I64, between, chance, draw
from lakehouse.marketplace.world import DAY, World, day_date

UNIT = 10**8
"""Units of a rate in one BRL."""
CURRENCIES = ("BRL", "USD", "EUR")
BRL = 0
LIST_RATES = (UNIT, 520_000_000, 565_000_000)
"""Rates, by currency, at which the marketplace shows its prices; the others move around them."""
_DAYS_BEFORE = 40
"""Rates begin so long before the first order, as a corrected purchase may lie before it."""
_MEMORY = 250
"""A rate is its level and the moves of so many days, so that it never strays far."""
_LARGEST_MOVE = 3_000_000
_FIXED_HOLIDAYS = {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25)}


@dataclass(frozen=True, slots=True)
class Quotes:
    """Reports of rates in the order in which the gateway tells them; arrays of one length.
    currency: index into CURRENCIES; day: that the rate is of; version: 0, or 1 for the revision;
    rate: in units of 1 / UNIT BRL; at: the instant of the report, its ``updated_at``."""

    currency: I64
    day: I64
    version: I64
    rate: I64
    at: I64


def easter(year: int) -> dt.date:
    """Easter Sunday by the anonymous Gregorian computus (Meeus, Jones, Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


def is_business_day(day: dt.date) -> bool:
    """Whether Brazilian banks quote rates: no weekend, no national bank holiday."""
    after_easter = (day - easter(day.year)).days
    is_holiday = (day.month, day.day) in _FIXED_HOLIDAYS or after_easter in (-48, -47, -2, 60)
    return day.weekday() < 5 and not is_holiday


@lru_cache(maxsize=4)
def quotes_by(world: World, day: int) -> Quotes:
    """All reports up to the end of ``day``."""
    first = world.start - _DAYS_BEFORE
    days = np.array(
        [n for n in range(first, day + 1) if is_business_day(day_date(n))], dtype=np.int64
    )
    parts = [_reports(world, currency, days) for currency in range(1, len(CURRENCIES))]
    columns = np.concatenate(parts, axis=1)
    columns = columns[:, columns[4] < (day + 1) * DAY]
    order = np.lexsort((columns[1], columns[0], columns[4]))
    return Quotes(*columns[:, order])


def _reports(world: World, currency: int, days: I64) -> I64:
    """Currency, day, version, rate and instant of a currency's reports, one a column."""
    seed, name = world.seed, CURRENCIES[currency]
    every = np.arange(days[0] - _MEMORY, days[-1] + 1, dtype=np.int64)
    moves = np.cumsum(
        between(draw(seed, f"rate.move.{name}", every), -_LARGEST_MOVE, _LARGEST_MOVE)
    )
    place = days - every[0]
    rate = LIST_RATES[currency] + (moves[place] - moves[place - _MEMORY]) // 2
    at = days * DAY + between(draw(seed, f"rate.time.{name}", days), 47_400, 48_600)
    wrong = chance(draw(seed, f"rate.wrong.{name}", days), world.rates.revised_rate_ppm)
    by = between(draw(seed, f"rate.wrong_by.{name}", days), 1_000, 3_000_000)
    revised_at = (days + 1) * DAY + between(draw(seed, f"rate.again.{name}", days), 32_400, 36_000)
    zero = np.zeros(len(days), dtype=np.int64)
    first = np.stack([zero + currency, days, zero, rate + np.where(wrong, by, 0), at])
    second = np.stack([zero + currency, days, zero + 1, rate, revised_at])[:, wrong]
    return np.concatenate([first, second], axis=1)


def winning_rates(world: World, day: int) -> Quotes:
    """The rate of each currency and day as known at the end of ``day``, sorted by both."""
    quotes = quotes_by(world, day)
    order = np.lexsort((quotes.version, quotes.day, quotes.currency))
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (np.diff(quotes.currency[order]) != 0) | (np.diff(quotes.day[order]) != 0)
    rows = order[last]
    return Quotes(
        quotes.currency[rows],
        quotes.day[rows],
        quotes.version[rows],
        quotes.rate[rows],
        quotes.at[rows],
    )


def rates_on(world: World, currency: I64, days: I64, known: int) -> I64:
    """The rate of each currency on each day, or the latest one before, as known at the end of the
    day ``known``; UNIT for BRL."""
    rates = winning_rates(world, known)
    # (currency, day) in one integer; the first rate lies before every day asked for.
    place = np.searchsorted((rates.currency << 32) + rates.day, (currency << 32) + days, "right")
    return np.where(currency == BRL, UNIT, rates.rate[place - 1])


def in_brl(cents: I64, rate: I64) -> I64:
    """Amounts in cents of BRL, rounded half up."""
    return (cents * rate + UNIT // 2) // UNIT
