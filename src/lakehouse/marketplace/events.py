"""Events of orders: every status that an order reaches, as the event store tells it to a topic.

An event is recorded seconds after it occurred, some much later, so that a later one may be told
before it; nothing of an order is told before the order is shown. Some are sent twice.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace.orders import STATUSES, Orders
from lakehouse.marketplace.streams import I64, between, chance, draw
from lakehouse.marketplace.world import DAY, World

PARTITIONS = 4
"""Partitions of the topic; all events of an order lie in one of them."""


@dataclass(frozen=True, slots=True)
class Events:
    """Records of the topic, in no order; arrays of one length. day: of the purchase; event_type:
    index into STATUSES; again: 1 for the second sending of an event; sent: when the record is
    written to the topic, which is `recorded` for the first sending."""

    order_index: I64
    day: I64
    event_type: I64
    again: I64
    occurred: I64
    recorded: I64
    sent: I64


def events_of(world: World, orders: Orders) -> Events:
    """All records about the orders. Nothing happens to a deleted order."""
    seed, rates = world.seed, world.rates
    order, kind = np.nonzero((orders.steps < orders.deleted).T)
    occurred = orders.steps[kind, order]
    key = event_keys(orders.index[order], kind)
    late = chance(draw(seed, "event.late", key), rates.late_event_ppm)
    lag = np.where(
        late,
        between(draw(seed, "event.late_by", key), 3600, 10 * DAY),
        between(draw(seed, "event.lag", key), 1, 600),
    )
    recorded = np.maximum(occurred, orders.visible[order]) + lag
    twice = np.flatnonzero(chance(draw(seed, "event.again", key), rates.repeated_event_ppm))
    after = between(draw(seed, "event.again_after", key[twice]), 1, 3 * DAY)

    def both(values: I64) -> I64:
        return np.concatenate([values, values[twice]])

    return Events(
        order_index=both(orders.index[order]),
        day=both(orders.day[order]),
        event_type=both(kind),
        again=np.concatenate([np.zeros(len(kind)), np.ones(len(twice))]).astype(np.int64),
        occurred=both(occurred),
        recorded=both(recorded),
        sent=np.concatenate([recorded, recorded[twice] + after]),
    )


def event_keys(order_index: I64, event_type: I64) -> I64:
    """The number from which an event's identifier is made: one event of a type for each order."""
    return order_index * len(STATUSES) + event_type
