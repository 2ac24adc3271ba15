"""The ledger: what a correct warehouse must say at the end of a business date.

Computed from the generator's own timelines, never from what a pipeline read or wrote. The
definitions are those of docs/en/business-rules.md.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lakehouse.marketplace import account_history, catalogue, json_feeds, truth
from lakehouse.marketplace.catalogue_feeds import snapshot_copies
from lakehouse.marketplace.defects import NONE, rules
from lakehouse.marketplace.deliveries import order_chunks
from lakehouse.marketplace.geography import STATES
from lakehouse.marketplace.items import items_of
from lakehouse.marketplace.orders import CANCELED, PAYMENT_TYPES, STATUSES, UNAVAILABLE
from lakehouse.marketplace.payments import payments_of
from lakehouse.marketplace.reviews import reviews_of
from lakehouse.marketplace.streams import I64, Bools
from lakehouse.marketplace.vocabulary import CATEGORIES
from lakehouse.marketplace.world import World, day_date, day_end, day_texts

NO_CATEGORY_NAME = "(none)"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of the ledger. grain: column to text; value: an integer, or a decimal as text."""

    figure: str
    grain: Mapping[str, str]
    value: int | str


@dataclass(slots=True)
class _Sums:
    """Sums over the pieces of orders; money in cents."""

    days: int
    by_status: I64 = field(default_factory=lambda: np.zeros((2, len(STATUSES)), dtype=np.int64))
    by_state: I64 = field(default_factory=lambda: np.zeros((2, len(STATES)), dtype=np.int64))
    by_category: I64 = field(default_factory=lambda: np.zeros(len(CATEGORIES) + 1, dtype=np.int64))
    by_type: I64 = field(default_factory=lambda: np.zeros((2, len(PAYMENT_TYPES)), dtype=np.int64))
    by_score: I64 = field(default_factory=lambda: np.zeros(6, dtype=np.int64))
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    orders: I64 = field(init=False)
    items: I64 = field(init=False)
    deliveries: I64 = field(init=False)

    def __post_init__(self) -> None:
        self.orders = np.zeros((4, self.days), dtype=np.int64)
        self.items = np.zeros((3, self.days), dtype=np.int64)
        self.deliveries = np.zeros((3, self.days), dtype=np.int64)


def ledger(world: World, day: dt.date) -> list[Figure]:
    """All figures at the end of the business date."""
    number = world.check_day(day)
    known = account_history.versions(world, number)
    people = account_history.current_people(world, known, number)
    sums = _Sums(number - world.start + 1)
    for orders in order_chunks(world, world.start, number, number):
        items = items_of(world, orders)
        payments = payments_of(world, orders, items)
        reviews = reviews_of(world, orders)
        facts = truth.facts(world, number, orders, items, payments, reviews)
        _add(world, sums, facts, people)
        paid = json_feeds.payment_copies(world, payments)[payments.at < day_end(number)]
        said = json_feeds.review_copies(world, reviews)[reviews.delivered < day_end(number)]
        _reject(sums, "payments", paid)
        _reject(sums, "reviews", said)
        sums.rejected["order_items", "minimum"] += facts.rejected_items
    for delivered in range(world.first, number + 1):
        _reject(sums, "products", snapshot_copies(world, "products", "product", delivered))
        _reject(sums, "sellers", snapshot_copies(world, "sellers", "seller", delivered))
    sums.rejected["customers", "required"] += known.rejected
    figures = [*_sales(world, sums), *_customers(world, number, known, people)]
    figures += [*_catalogue(world, number), *_rejected(sums)]
    return [figure for figure in figures if figure.value not in (0, "0.00")]


def write_ledger(world: World, day: dt.date, folder: Path) -> Path:
    """Write ``<folder>/<date>.json`` and return its path; the same bytes each time."""
    lines = [
        json.dumps(
            {"figure": figure.figure, "grain": dict(figure.grain) or None, "value": figure.value},
            ensure_ascii=False,
        )
        for figure in ledger(world, day)
    ]
    head = json.dumps({"date": day.isoformat(), "seed": world.seed, "scale": world.scale})
    body = head[:-1] + ', "figures": [\n' + ",\n".join(lines) + "\n]}\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day.isoformat()}.json"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(body, encoding="utf-8")
    unfinished.replace(path)
    return path


def _add(world: World, sums: _Sums, facts: truth.Facts, people: account_history.People) -> None:
    orders, items, payments = facts.orders, facts.items, facts.payments
    counted = (orders.status != CANCELED) & (orders.status != UNAVAILABLE)
    gmv = np.where(counted, orders.items_brl, 0)
    day = orders.day - world.start
    state = people.state[orders.person]
    one = np.ones(len(day), dtype=np.int64)

    _into(sums.by_status[0], orders.status, one)
    _into(sums.by_status[1], orders.status, orders.items_brl)
    _into(sums.by_state[0], state, one)
    _into(sums.by_state[1], state, gmv)
    _into(sums.by_score, orders.score, one)
    _into(sums.orders[0], day, one)
    _into(sums.orders[1], day, gmv)
    _into(sums.orders[2], day, orders.items_brl + orders.freight_brl)
    _into(sums.orders[3], day, orders.payments_brl)
    delivered: Bools = orders.delivery_days >= 0
    _into(sums.deliveries[0], day, delivered.astype(np.int64))
    _into(sums.deliveries[1], day, orders.late)
    _into(sums.deliveries[2], day, np.where(delivered, orders.delivery_days, 0))

    _into(sums.items[0], day[items.order], np.ones(len(items.order), dtype=np.int64))
    _into(sums.items[1], day[items.order], items.price)
    _into(sums.items[2], day[items.order], items.freight)
    _into(sums.by_category, items.category, np.where(counted[items.order], items.price, 0))
    _into(sums.by_type[0], payments.payment_type, np.ones(len(payments.order), dtype=np.int64))
    _into(sums.by_type[1], payments.payment_type, payments.value)


def _into(target: I64, index: I64, values: I64) -> None:
    """Adds values to the target by index; -1 is the last place."""
    np.add.at(target, index, values)


def _reject(sums: _Sums, feed: str, kinds: I64) -> None:
    for kind, count in enumerate(np.bincount(kinds, minlength=1).tolist()):
        if kind != NONE:
            sums.rejected[feed, rules(feed)[kind - 1]] += count


def _sales(world: World, sums: _Sums) -> Iterator[Figure]:
    for place, status in enumerate(STATUSES):
        yield Figure("orders_by_status", {"order_status": status}, int(sums.by_status[0][place]))
    for place, status in enumerate(STATUSES):
        grain = {"order_status": status}
        yield Figure("items_brl_by_status", grain, _money(sums.by_status[1][place]))
    for place, state in enumerate(STATES):
        count = int(sums.by_state[0][place])
        yield Figure("orders_by_customer_state", {"state": state.code}, count)
    for place, state in enumerate(STATES):
        money = _money(sums.by_state[1][place])
        yield Figure("gmv_by_customer_state", {"state": state.code}, money)
    names = [name for name, _, _, _ in CATEGORIES] + [NO_CATEGORY_NAME]
    for name, cents in zip(names, sums.by_category.tolist(), strict=True):
        yield Figure("gmv_by_category", {"category": name}, _money(cents))
    days = day_texts(np.arange(world.start, world.start + sums.days, dtype=np.int64))
    for place, day in enumerate(days):
        count, *amounts = sums.orders[:, place].tolist()
        yield Figure("sales_by_purchase_day", {"day": day, "measure": "orders"}, count)
        for measure, cents in zip(
            ("gmv_brl", "order_total_brl", "payments_brl"), amounts, strict=True
        ):
            grain = {"day": day, "measure": measure}
            yield Figure("sales_by_purchase_day", grain, _money(cents))
        count, price, freight = sums.items[:, place].tolist()
        name = "sales_by_purchase_day"
        yield Figure(name, {"day": day, "measure": "item_count"}, count)
        yield Figure(name, {"day": day, "measure": "items_brl"}, _money(price))
        yield Figure(name, {"day": day, "measure": "freight_brl"}, _money(freight))
    for place, day in enumerate(days):
        count, price, freight = sums.items[:, place].tolist()
        name = "order_items_by_purchase_day"
        yield Figure(name, {"day": day, "measure": "items"}, count)
        yield Figure(name, {"day": day, "measure": "price_brl"}, _money(price))
        yield Figure(name, {"day": day, "measure": "freight_brl"}, _money(freight))
    for place, kind in enumerate(PAYMENT_TYPES):
        count, cents = sums.by_type[:, place].tolist()
        name = "payments_by_type"
        yield Figure(name, {"payment_type": kind, "measure": "payments"}, count)
        yield Figure(name, {"payment_type": kind, "measure": "amount_brl"}, _money(cents))
    for score in range(1, 6):
        count = int(sums.by_score[score])
        yield Figure("reviews_by_score", {"review_score": str(score)}, count)
    yield from _deliveries(sums, days)


def _deliveries(sums: _Sums, days: list[str]) -> Iterator[Figure]:
    months = sorted({day[:7] for day in days})
    places = {month: place for place, month in enumerate(months)}
    by_month = np.zeros((3, len(months)), dtype=np.int64)
    index = np.array([places[day[:7]] for day in days], dtype=np.int64)
    for measure in range(3):
        _into(by_month[measure], index, sums.deliveries[measure])
    for month in months:
        for name, value in zip(
            ("delivered", "late", "delivery_days"), by_month[:, places[month]].tolist(), strict=True
        ):
            grain = {"month": month, "measure": name}
            yield Figure("deliveries_by_purchase_month", grain, value)


def _customers(
    world: World, day: int, known: account_history.Versions, people: account_history.People
) -> Iterator[Figure]:
    active = np.bincount(people.state[people.active], minlength=len(STATES)).tolist()
    for state, count in zip(STATES, active, strict=True):
        yield Figure("customers_by_state", {"state": state.code}, count)
    yield Figure("customer_history", {"measure": "versions"}, len(known.account))
    for as_of in sorted({world.first, max(world.first, day - 1), day}):
        counts = account_history.live_accounts_by_state(known, as_of).tolist()
        for state, count in zip(STATES, counts, strict=True):
            date = day_date(as_of).isoformat()
            grain = {"measure": "accounts", "as_of": date, "state": state.code}
            yield Figure("customer_history", grain, count)


def _catalogue(world: World, day: int) -> Iterator[Figure]:
    kinds: tuple[tuple[str, catalogue.Kind], ...] = (("products", "product"), ("sellers", "seller"))
    for table, kind in kinds:
        present = len(catalogue.present_on(world, kind, day))
        ever = int(catalogue.joined_count(world, kind, day))
        yield Figure("catalogue", {"table": table, "is_active": "true"}, present)
        yield Figure("catalogue", {"table": table, "is_active": "false"}, ever - present)


def _rejected(sums: _Sums) -> Iterator[Figure]:
    for feed, rule in sorted(sums.rejected):
        yield Figure("rejected_rows", {"feed": feed, "rule": rule}, sums.rejected[feed, rule])


def _money(cents: int) -> str:
    """``1234.56``; no sum of the ledger is negative."""
    return f"{int(cents) // 100}.{int(cents) % 100:02d}"
