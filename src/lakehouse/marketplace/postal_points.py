"""The postal service's list of measured points: some for each postal prefix, now and then anew.

It is delivered on the first business date and on the first day of each month. It has the prefixes
in which customers and sellers lived by then, but for a few that it never has.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace import catalogue, people
from lakehouse.marketplace.catalogue_feeds import seller_prefixes
from lakehouse.marketplace.geography import CITY_STATE, STATES, cities_of_prefixes
from lakehouse.marketplace.streams import I64, below, between, chance, draw
from lakehouse.marketplace.world import World, day_date, day_end

MOST_POINTS = 4
DEGREE = 10**14
"""Units of a coordinate in a degree."""
CITY_FORMS = 3
"""Ways to write a city: as it is, in capitals, in lower case without accents."""
_CENTRES = np.array(
    [(round(s.latitude * 100), round(s.longitude * 100)) for s in STATES], dtype=np.int64
) * (DEGREE // 100)


@dataclass(frozen=True, slots=True)
class Points:
    """Measured points, sorted by (prefix, number); arrays of one length. city: index into
    CITY_NAMES; city_form: below CITY_FORMS; coordinates in units of DEGREE; outside: 0 or 1,
    whether the point lies outside of Brazil."""

    prefix: I64
    number: I64
    city: I64
    city_form: I64
    latitude: I64
    longitude: I64
    outside: I64


def delivered_on(world: World, day: int) -> list[int]:
    """The days up to ``day`` on which the list is delivered."""
    firsts = (n for n in range(world.first + 1, day + 1) if day_date(n).day == 1)
    return [world.first, *firsts]


def points_on(world: World, day: int) -> Points:
    """The list that is delivered on that day."""
    seed = world.seed
    prefix = _prefixes(world, day)
    count = below(draw(seed, "point.count", prefix), MOST_POINTS) + 1
    rows = np.repeat(np.arange(len(prefix), dtype=np.int64), count)
    number = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
    anew = chance(draw(seed, "point.anew", prefix, day), world.rates.prefix_moved_per_delivery_ppm)
    survey = np.where(anew, day, 0)[rows]
    prefix = prefix[rows]
    city = cities_of_prefixes(prefix)
    outside = chance(
        draw(seed, "point.outside", prefix, number), world.rates.point_outside_ppm
    ).astype(np.int64)
    centre = _CENTRES[CITY_STATE[city]]
    latitude, longitude = (
        centre[:, axis]
        + _jitter(seed, f"point.centre{axis}", 1_500_000, prefix)
        + _jitter(seed, f"point.place{axis}", 20_000, prefix, number, survey)
        # As far north and east as Portugal lies from Brazil.
        + outside * (60 if axis == 0 else 45) * DEGREE
        for axis in (0, 1)
    )
    form = below(draw(seed, "point.city_form", prefix, number), 10)
    return Points(
        prefix=prefix,
        number=number,
        city=city,
        city_form=np.maximum(form - 7, 0),
        latitude=latitude,
        longitude=longitude,
        outside=outside,
    )


def _prefixes(world: World, day: int) -> I64:
    accounts = people.accounts_by(world, day)
    homes = people.states_at(world, accounts, day_end(day), day).prefix
    sellers = np.arange(int(catalogue.joined_count(world, "seller", day)), dtype=np.int64)
    offices = seller_prefixes(world, sellers, catalogue.seller_cities_of(world, sellers))
    found = np.unique(np.concatenate([homes[homes >= 0], offices]))
    missing = chance(draw(world.seed, "point.missing", found), world.rates.prefix_without_point_ppm)
    prefixes: I64 = found[~missing]
    return prefixes


def _jitter(seed: int, name: str, millionths: int, *key: I64) -> I64:
    """Up to so many millionths of a degree either way, with all its decimals."""
    coarse = between(draw(seed, name, *key), -millionths, millionths - 1)
    return coarse * (DEGREE // 10**6) + below(draw(seed, f"{name}.fine", *key), DEGREE // 10**6)
