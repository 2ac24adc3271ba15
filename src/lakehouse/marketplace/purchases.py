"""When orders are purchased, and which of them bring a new person.

An order's global index counts all orders by day of purchase; within a day the first ones are those
of people who register for them (the order within a day says nothing about the time of day).
"""

import numpy as np

from lakehouse.marketplace.demand import first_orders, new_people_before
from lakehouse.marketplace.streams import I64, below, draw, pick
from lakehouse.marketplace.world import DAY, World

_HOURS = (
    24, 12, 5, 3, 2, 2, 5, 12, 30, 48, 62, 66, 60, 65, 66, 65, 67, 61, 58, 60, 62, 62, 58, 41,
)  # fmt: skip
"""Weights of the hours of the day."""


def purchase_days(world: World, first: int, last: int) -> tuple[I64, I64]:
    """(global index, day) of every order purchased on the days ``first`` to ``last``."""
    before = first_orders(world, last + 1)
    first = max(first, world.start)
    if last < first:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty
    counts = np.diff(before)[first - world.start :]
    days = np.repeat(np.arange(first, last + 1, dtype=np.int64), counts)
    orders = np.arange(before[first - world.start], before[-1], dtype=np.int64)
    return orders, days


def purchase_instants(world: World, orders: I64, days: I64) -> I64:
    """The second at which each order is purchased."""
    hours = pick(draw(world.seed, "order.hour", orders), _HOURS)
    seconds: I64 = below(draw(world.seed, "order.second", orders), 3600)
    return days * DAY + hours * 3600 + seconds


def new_people(world: World, orders: I64, days: I64) -> I64:
    """For each order the count of people before, if it brings a new person; else -1."""
    if len(orders) == 0:
        return orders
    last = int(days.max())
    before = first_orders(world, last + 1)
    people = new_people_before(world, last + 1)
    offset = days - world.start
    in_day = orders - before[offset]
    person = people[offset] + in_day
    return np.where(person < people[offset + 1], person, -1)


def new_person_purchases(world: World, day: int) -> tuple[I64, I64]:
    """(order, instant) of the orders up to ``day`` that bring a new person, in order of people."""
    orders, days = purchase_days(world, world.start, day)
    brings = new_people(world, orders, days) >= 0
    orders, days = orders[brings], days[brings]
    return orders, purchase_instants(world, orders, days)
