"""What each feed delivers on a business date, in pieces that fit in memory.

The first business date delivers the whole history. Later ones deliver what became visible on
that day: rows whose ``updated_at`` lies in it, or whole snapshots.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np
import pyarrow as pa

from lakehouse.marketplace import items as item_life
from lakehouse.marketplace import orders as order_life
from lakehouse.marketplace import people
from lakehouse.marketplace.customer_feed import customer_rows
from lakehouse.marketplace.demand import first_orders
from lakehouse.marketplace.event_feed import (
    event_lines,
    event_order,
    topic_offsets,
    topic_partitions,
)
from lakehouse.marketplace.events import PARTITIONS, Events, events_of
from lakehouse.marketplace.exchange import Quotes, quotes_by
from lakehouse.marketplace.json_feeds import (
    payment_lines,
    payment_order,
    rate_lines,
    review_lines,
    review_order,
)
from lakehouse.marketplace.lead_feed import lead_order, lead_rows
from lakehouse.marketplace.leads import LeadVersions, leads_by, versions_of
from lakehouse.marketplace.order_feeds import item_rows, order_rows
from lakehouse.marketplace.orders import Orders, OrderStates, orders_of
from lakehouse.marketplace.payments import Payments, payments_of
from lakehouse.marketplace.reviews import Reviews, reviews_of
from lakehouse.marketplace.streams import I64, Bools
from lakehouse.marketplace.world import HORIZON_DAYS, World, day_end

Log = TypeVar("Log", Payments, Reviews, Events, LeadVersions, Quotes)
Columns = TypeVar(
    "Columns",
    Payments,
    Reviews,
    Events,
    LeadVersions,
    Quotes,
    OrderStates,
    item_life.ItemStates,
    people.AccountStates,
)

CHUNK = 50_000
"""About so many orders are worked on at a time."""


def order_chunks(world: World, first: int, last: int, known: int) -> Iterator[Orders]:
    """The orders purchased from day ``first`` to ``last`` in pieces of whole days."""
    first = max(first, world.start)
    before = first_orders(world, last + 1)
    while first <= last:
        limit = before[first - world.start] + CHUNK
        until = int(np.searchsorted(before, limit, side="right")) - 2 + world.start
        until = min(max(until, first), last)
        chunk = orders_of(world, first, until, known)
        if len(chunk):
            yield chunk
        first = until + 1


def order_changes(world: World, since: int | None, day: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """(orders, order items) as shown at the end of ``day``: rows changed after the day ``since``,
    or all rows when it is None."""
    after = 0 if since is None else day_end(since)
    first = world.start if since is None else since + 1 - HORIZON_DAYS
    for orders in order_chunks(world, first, day, day):
        items = item_life.items_of(world, orders)
        order_states = order_life.cut(orders, day_end(day))
        item_states = item_life.cut(items, day_end(day))
        changed_orders = _only(order_states, order_states.updated >= after)
        changed_items = _only(item_states, item_states.updated >= after)
        yield (
            order_rows(world, orders, changed_orders),
            item_rows(world, items, changed_items),
        )


def customer_changes(world: World, since: int | None, day: int) -> Iterator[pa.Table]:
    """Customers as shown at the end of ``day``: rows changed after the day ``since``, or all."""
    accounts = people.accounts_by(world, day)
    after = 0 if since is None else day_end(since)
    for begin in range(0, len(accounts), 2 * CHUNK):
        states = people.states_at(world, accounts[begin : begin + 2 * CHUNK], day_end(day), day)
        changed = _only(states, states.updated >= after)
        if len(changed.account):
            yield customer_rows(world, changed)


def payment_log(world: World, day: int) -> Iterator[pa.StringArray]:
    """The lines that the payment gateway's log has gained on the business date ``day``."""
    parts = [
        _within(world, day, part, part.at)
        for orders in _recent(world, day)
        for part in [payments_of(world, orders, item_life.items_of(world, orders))]
    ]
    payments = _joined(parts)
    order = payment_order(payments)
    for begin in range(0, len(order), 2 * CHUNK):
        yield payment_lines(world, payments, order[begin : begin + 2 * CHUNK])


def rate_log(world: World, day: int) -> Iterator[pa.StringArray]:
    """The lines that the gateway's log of exchange rates has gained on the business date."""
    quotes = quotes_by(world, day)
    yield rate_lines(world, _within(world, day, quotes, quotes.at))


def review_file(world: World, day: int) -> Iterator[pa.StringArray]:
    """The lines of customer service's file of the business date ``day``."""
    parts = [
        _within(world, day, part, part.delivered)
        for orders in _recent(world, day)
        for part in [reviews_of(world, orders)]
    ]
    reviews = _joined(parts)
    order = review_order(reviews)
    for begin in range(0, len(order), 2 * CHUNK):
        yield review_lines(world, reviews, order[begin : begin + 2 * CHUNK])


def event_file(world: World, day: int) -> Iterator[pa.StringArray]:
    """The records that the topic of order events has gained on the business date ``day``."""
    told = np.zeros(PARTITIONS, dtype=np.int64)
    for orders in _recent(world, day):
        part = events_of(world, orders)
        events = _within(world, day, part, part.sent)
        order = event_order(events)
        partitions = topic_partitions(events)[order]
        offsets = topic_offsets(world, day, partitions, told)
        told = told + np.bincount(partitions, minlength=PARTITIONS)
        for begin in range(0, len(order), 2 * CHUNK):
            rows = slice(begin, begin + 2 * CHUNK)
            yield event_lines(world, events, order[rows], offsets[rows])


def lead_file(world: World, day: int) -> pa.Table:
    """Marketing's export of the business date ``day``."""
    leads = leads_by(world, day)
    versions = versions_of(world, leads)
    part = _within(world, day, versions, versions.delivered)
    return lead_rows(world, leads, part, lead_order(leads, part))


def _recent(world: World, day: int) -> Iterator[Orders]:
    """The orders of which something may be delivered on that business date."""
    first = world.start if day == world.first else day - HORIZON_DAYS
    return order_chunks(world, first, day, day)


def _within(world: World, day: int, part: Log, at: I64) -> Log:
    """The rows whose instant lies in the business date (or before, on the first one)."""
    begin = 0 if day == world.first else day_end(day - 1)
    return _only(part, (at >= begin) & (at < day_end(day)))


def _only(columns: Columns, mask: Bools) -> Columns:
    """The rows of a dataclass of arrays where the mask is true."""
    return replace(
        columns, **{field.name: getattr(columns, field.name)[mask] for field in fields(columns)}
    )


def _joined(parts: list[Log]) -> Log:
    """Dataclasses of arrays, one after the other; there is at least one."""
    return replace(
        parts[0],
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(parts[0])
        },
    )
