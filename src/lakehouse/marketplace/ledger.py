"""The ledger: what a correct warehouse must say at the end of a business date.

Computed from the generator's own timelines, never from what a pipeline read or wrote. The
definitions are those of docs/en/business-rules.md; ``tally`` says how columns enter sums.
"""

import datetime as dt
import json
from pathlib import Path

import numpy as np

from lakehouse.marketplace import account_history, json_feeds, truth
from lakehouse.marketplace.catalogue import Kind
from lakehouse.marketplace.catalogue_feeds import snapshot_copies
from lakehouse.marketplace.defects import DUPLICATE, NONE, rules
from lakehouse.marketplace.deliveries import order_chunks
from lakehouse.marketplace.event_feed import event_copies
from lakehouse.marketplace.events import events_of
from lakehouse.marketplace.exchange import CURRENCIES, quotes_by
from lakehouse.marketplace.geography import STATES
from lakehouse.marketplace.items import items_of
from lakehouse.marketplace.lead_feed import lead_copies
from lakehouse.marketplace.leads import leads_by, versions_of
from lakehouse.marketplace.ledger_dimensions import (
    add_catalogue,
    add_customers,
    add_dates,
    add_payment_types,
    add_places,
)
from lakehouse.marketplace.ledger_feeds import (
    add_events,
    add_geolocation,
    add_leads,
    add_rates,
    known_places,
)
from lakehouse.marketplace.ledger_history import add_account_history, add_catalogue_history
from lakehouse.marketplace.ledger_marts import Marts, add_piece, add_totals, add_transitions
from lakehouse.marketplace.ledger_metrics import MetricTally
from lakehouse.marketplace.orders import CANCELED, PAYMENT_TYPES, STATUSES, UNAVAILABLE
from lakehouse.marketplace.payments import payments_of
from lakehouse.marketplace.postal_feed import point_copies
from lakehouse.marketplace.postal_points import delivered_on, points_on
from lakehouse.marketplace.reviews import reviews_of
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.tally import (
    CHECKSUM,
    VALUE,
    Figure,
    Tally,
    days,
    instant_sums,
    row_sums,
    text_sums,
)
from lakehouse.marketplace.text import Text, identifiers, words
from lakehouse.marketplace.vocabulary import CATEGORIES
from lakehouse.marketplace.world import DAY, World, day_end, day_texts

NO_CATEGORY_NAME = "(none)"
_SNAPSHOTS: tuple[tuple[str, Kind], ...] = (("products", "product"), ("sellers", "seller"))
_CATEGORY_NAMES = [name for name, _, _, _ in CATEGORIES] + [NO_CATEGORY_NAME]


def ledger(world: World, day: dt.date, *, has_topic: bool = False) -> list[Figure]:
    """All figures at the end of the business date.

    ``has_topic``: order events come from a topic, where no record is told twice, and not as files.
    """
    number = world.check_day(day)
    known = account_history.versions(world, number)
    people = account_history.current_people(world, known, number)
    tally = Tally()
    metrics = MetricTally(people, _CATEGORY_NAMES)
    marts = Marts()
    purchase_days: set[int] = set()
    for orders in order_chunks(world, world.start, number, number):
        items = items_of(world, orders)
        payments = payments_of(world, orders, items)
        reviews = reviews_of(world, orders)
        facts = truth.facts(world, number, orders, items, payments, reviews)
        _add_orders(world, tally, facts.orders, people)
        purchase_days.update(facts.orders.day.tolist())
        _add_items(world, tally, facts)
        _add_payments(world, tally, facts)
        metrics.add(facts)
        paid, said = payments.at < day_end(number), reviews.delivered < day_end(number)
        copies = json_feeds.payment_copies(world, payments)
        _reject(world, tally, "payments", copies[paid], payments.at[paid])
        copies = json_feeds.review_copies(world, reviews)
        _reject(world, tally, "reviews", copies[said], reviews.delivered[said])
        _refuse(tally, "order_items", "minimum", facts.rejected_items)
        events = events_of(world, orders)
        add_events(world, tally, events, number)
        add_piece(world, tally, marts, facts, people)
        add_transitions(world, tally, events, facts.orders, number)
        sent = events.sent < day_end(number)
        copies = event_copies(world, events)[sent]
        if has_topic:
            copies = np.where(copies == DUPLICATE, NONE, copies)
        _reject(world, tally, "order_events", copies, events.sent[sent])
    for delivered in range(world.first, number + 1):
        for feed, kind in _SNAPSHOTS:
            copies = snapshot_copies(world, feed, kind, delivered)
            _reject(world, tally, feed, copies, np.full(len(copies), delivered * DAY))
    for delivered in delivered_on(world, number):
        copies = point_copies(world, delivered, points_on(world, delivered))
        _reject(world, tally, "geolocation", copies, np.full(len(copies), delivered * DAY))
    quotes = quotes_by(world, number)
    _reject(world, tally, "exchange_rates", json_feeds.rate_copies(world, quotes), quotes.at)
    leads = leads_by(world, number)
    versions = versions_of(world, leads)
    told = versions.delivered < day_end(number)
    copies = lead_copies(world, leads, versions)
    _reject(world, tally, "marketing_leads", copies[told], versions.delivered[told])
    days = np.array(sorted(purchase_days), dtype=np.int64)
    _add_days(tally, days)
    _refuse(tally, "customers", "required", known.rejected)
    add_account_history(world, tally, known)
    add_catalogue_history(world, number, tally)
    places = known_places(world, number)
    add_customers(world, number, tally, known, people, places)
    add_catalogue(world, number, tally, places)
    add_leads(world, number, tally)
    add_geolocation(places, tally)
    add_places(places, tally)
    add_payment_types(tally)
    add_rates(world, number, tally)
    add_dates(tally, days)
    add_totals(world, tally, marts, number)
    return [*tally.figures(), *metrics.figures()]


def write_ledger(world: World, day: dt.date, folder: Path, *, has_topic: bool = False) -> Path:
    """Write ``<folder>/<date>.json`` and return its path; the same bytes each time.

    ``has_topic``: as for :func:`ledger`.
    """
    lines = [
        json.dumps(
            {"figure": figure.figure, "grain": dict(figure.grain) or None, "value": figure.value},
            ensure_ascii=False,
        )
        for figure in ledger(world, day, has_topic=has_topic)
    ]
    head = json.dumps({"date": day.isoformat(), "seed": world.seed, "scale": world.scale})
    body = head[:-1] + ', "figures": [\n' + ",\n".join(lines) + "\n]}\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day.isoformat()}.json"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(body, encoding="utf-8")
    unfinished.replace(path)
    return path


def _add_orders(
    world: World, tally: Tally, orders: truth.OrderFacts, people: account_history.People
) -> None:
    sale = ((orders.status != CANCELED) & (orders.status != UNAVAILABLE)).astype(np.int64)
    gmv, total = orders.items_brl * sale, orders.items_brl + orders.freight_brl
    day = days(orders.day)
    status = (orders.status, STATUSES.__getitem__)
    state = (people.state[orders.person], lambda code: STATES[code].code)
    one = np.ones(len(orders.day), dtype=np.int64)
    delivered = (orders.delivered > 0).astype(np.int64)
    delivery_days = np.maximum(orders.delivery_days, 0)

    tally.add("orders_by_status", {"day": day, "order_status": status}, {VALUE: one})
    tally.add(
        "items_brl_by_status", {"day": day, "order_status": status}, {VALUE: orders.items_brl}
    )
    tally.add("orders_by_customer_state", {"state": state}, {VALUE: one})
    tally.add("gmv_by_customer_state", {"state": state}, {VALUE: gmv})
    sales = {
        "counts_as_sale": sale,
        "gmv_brl": gmv,
        "order_total_brl": total,
        "payments_brl": orders.payments_brl,
        "item_count": orders.item_count,
        "items_brl": orders.items_brl,
        "freight_brl": orders.freight_brl,
        "order_id": text_sums(identifiers(world.seed, "order", orders.index)),
        "customer_unique_id": text_sums(identifiers(world.seed, "person", orders.person)),
        "purchase_date_br": orders.day,
        "purchased_at": instant_sums(orders.purchased),
        "approved_at": instant_sums(orders.approved),
        "delivered_to_carrier_at": instant_sums(orders.shipped),
    }
    deliveries = {
        "delivered": delivered,
        "late": orders.late,
        "on_time": delivered - orders.late,
        "delivery_days": delivery_days,
        "delivered_at": instant_sums(orders.delivered),
        "delivered_date_br": orders.delivered // DAY,
        "estimated_delivery_date": orders.promised,
    }
    others = {
        "order_status": text_sums(words(STATUSES, orders.status)),
        "review_score": orders.score,
    }
    checksum = row_sums(sales | deliveries | others)
    tally.add("sales_by_purchase_day", {"day": day}, {"orders": one, **sales, CHECKSUM: checksum})
    tally.add(
        "sales_by_purchase_day",
        {"day": day},
        {
            "order_count": one,
            "delivered_count": delivered,
            "late_count": orders.late,
            "item_count": orders.item_count,
            "gmv_brl": gmv,
            "order_total_brl": total,
            "payments_brl": orders.payments_brl,
        },
        table="agg_sales_daily",
    )
    rated = orders.score != truth.NO_SCORE
    score = (orders.score[rated], str)
    tally.add(
        "reviews_by_score",
        {"day": days(orders.day[rated]), "review_score": score},
        {VALUE: one[rated]},
    )
    tally.add(
        "deliveries_by_purchase_day",
        {"day": day},
        {**deliveries, "with_delivery_days": delivered},
    )


def _add_days(tally: Tally, numbers: I64) -> None:
    """What the table of daily sales says of the days themselves."""
    tally.add(
        "sales_by_purchase_day",
        {"day": days(numbers)},
        {
            "days": np.ones(len(numbers), dtype=np.int64),
            "year_month": text_sums(_months(numbers)),
            "is_weekend": np.isin((numbers + 3) % 7, (5, 6)).astype(np.int64),
        },
        table="agg_sales_daily",
    )


def _add_items(world: World, tally: Tally, facts: truth.Facts) -> None:
    items, orders = facts.items, facts.orders
    sale = (orders.status != CANCELED) & (orders.status != UNAVAILABLE)
    tally.add(
        "gmv_by_category",
        {"category": (items.category, _CATEGORY_NAMES.__getitem__)},
        {VALUE: np.where(sale[items.order], items.price, 0)},
    )
    bought = np.unique(np.stack([items.order, items.category]), axis=1)[1]
    tally.add(
        "gmv_by_category",
        {"category": (bought, _CATEGORY_NAMES.__getitem__)},
        {"orders": np.ones(len(bought), dtype=np.int64)},
    )
    day = orders.day[items.order]
    product = text_sums(identifiers(world.seed, "product", items.product))
    seller = text_sums(identifiers(world.seed, "seller", items.seller))
    tally.add_rows(
        "order_items_by_purchase_day",
        {"day": days(day)},
        "items",
        {
            "price_brl": items.price,
            "freight_brl": items.freight,
            "order_id": text_sums(identifiers(world.seed, "order", orders.index[items.order])),
            "order_item_number": items.number,
            "product_id": product,
            "product_key": product,
            "seller_id": seller,
            "seller_key": seller,
            "purchase_date_br": day,
            "purchased_at": instant_sums(orders.purchased[items.order]),
            "shipping_limit_at": instant_sums(items.shipping_limit),
        },
    )


def _add_payments(world: World, tally: Tally, facts: truth.Facts) -> None:
    payments, orders = facts.payments, facts.orders
    day = orders.day[payments.order]
    tally.add_rows(
        "payments_by_type",
        {
            "day": days(day),
            "payment_type": (payments.payment_type, PAYMENT_TYPES.__getitem__),
        },
        "payments",
        {
            "amount_brl": payments.value_brl,
            "amount": payments.value,
            "currency": text_sums(words(CURRENCIES, payments.currency)),
            "rate": payments.rate,
            "installments": payments.installments,
            "order_id": text_sums(identifiers(world.seed, "order", orders.index[payments.order])),
            "payment_sequence": payments.sequence,
            "payment_type_key": text_sums(words(PAYMENT_TYPES, payments.payment_type)),
            "purchase_date_br": day,
            "purchased_at": instant_sums(orders.purchased[payments.order]),
        },
    )


def _months(numbers: I64) -> Text:
    texts = [text[:7] for text in day_texts(numbers)]
    return words(texts, np.arange(len(texts), dtype=np.int64))


def _reject(world: World, tally: Tally, feed: str, copies: I64, at: I64) -> None:
    """Count the copies, delivered at those instants, that the door refuses."""
    delivered = np.maximum(at // DAY, world.first)
    for kind, rule in enumerate(rules(feed), start=NONE + 1):
        _refuse(tally, feed, rule, delivered[copies == kind])


def _refuse(tally: Tally, feed: str, rule: str, delivered: I64) -> None:
    one = np.ones(len(delivered), dtype=np.int64)
    tally.add("rejected_rows", {"day": days(delivered)}, {VALUE: one}, feed=feed, rule=rule)
