"""Facts as a correct warehouse holds them at the end of a day, computed from the timelines.

One piece of orders at a time; sums are taken by ``ledger``.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace import catalogue
from lakehouse.marketplace import items as item_life
from lakehouse.marketplace import orders as order_life
from lakehouse.marketplace.exchange import in_brl, rates_on
from lakehouse.marketplace.json_feeds import has_message
from lakehouse.marketplace.orders import Orders
from lakehouse.marketplace.payments import Payments
from lakehouse.marketplace.people import SECOND
from lakehouse.marketplace.reviews import Reviews
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.text import identifier_order
from lakehouse.marketplace.world import DAY, World, day_end

NO_SCORE = 0


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Orders that are not deleted; arrays of one length. index: of the order; person: index;
    status: of STATUSES; day: of purchase; purchased, approved, shipped, delivered: seconds, 0 while
    not reached; promised: day; delivery_days: -1 while not delivered; late: 0 or 1; score: NO_SCORE
    without review; money in cents."""

    index: I64
    person: I64
    status: I64
    day: I64
    purchased: I64
    approved: I64
    shipped: I64
    delivered: I64
    promised: I64
    item_count: I64
    items_brl: I64
    freight_brl: I64
    payments_brl: I64
    delivery_days: I64
    late: I64
    score: I64


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """Items, not deleted, of those orders. order: position in OrderFacts; number: 1, 2, …;
    product, seller, category: index; shipping_limit: seconds; money in cents."""

    order: I64
    number: I64
    product: I64
    seller: I64
    category: I64
    shipping_limit: I64
    price: I64
    freight: I64


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """Winning reports of payments of those orders. order: position in OrderFacts; sequence: 1, 2;
    currency: index into CURRENCIES; value: in cents of it; rate: that of the day of purchase, in
    units of exchange.UNIT; value_brl: in cents of BRL."""

    order: I64
    sequence: I64
    payment_type: I64
    installments: I64
    currency: I64
    value: I64
    rate: I64
    value_brl: I64


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """Reviews of those orders, as last edited. order: position in OrderFacts; number: 0 or 1;
    created, answered: seconds, answered 0 when unknown; has_message: 0 or 1."""

    order: I64
    number: I64
    score: I64
    has_message: I64
    created: I64
    answered: I64


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a piece, and for each item refused for a negative price the day that delivered
    it."""

    orders: OrderFacts
    items: ItemFacts
    payments: PaymentFacts
    reviews: ReviewFacts
    rejected_items: I64


def facts(
    world: World,
    day: int,
    orders: Orders,
    items: item_life.Items,
    payments: Payments,
    reviews: Reviews,
) -> Facts:
    """What the warehouse must hold of these orders at the end of ``day``."""
    until = day_end(day)
    shown = order_life.cut(orders, until)
    live = np.flatnonzero(shown.deleted == 0)
    position = shown.rows[live]
    place = np.full(len(orders), -1, dtype=np.int64)
    place[position] = np.arange(len(position))

    item_facts = _items(world, day, items, place)
    purchased_day = shown.purchased[live] // DAY
    payment_facts = _payments(world, day, payments, place, purchased_day)
    review_facts = _reviews(world, until, reviews, place)
    count = len(position)
    delivered = shown.delivered[live]
    is_delivered = delivered > 0
    late = is_delivered & (delivered // DAY > shown.promised[live] // DAY)
    return Facts(
        OrderFacts(
            index=orders.index[position],
            person=orders.account[position] % SECOND,
            status=shown.status[live],
            day=purchased_day,
            purchased=shown.purchased[live],
            approved=shown.approved[live],
            shipped=shown.shipped[live],
            delivered=delivered,
            promised=shown.promised[live] // DAY,
            item_count=np.bincount(item_facts.order, minlength=count).astype(np.int64),
            items_brl=_sum(item_facts.order, item_facts.price, count),
            freight_brl=_sum(item_facts.order, item_facts.freight, count),
            payments_brl=_sum(payment_facts.order, payment_facts.value_brl, count),
            delivery_days=np.where(is_delivered, delivered // DAY - purchased_day, -1),
            late=late.astype(np.int64),
            score=_scores(world, review_facts, orders.index[position]),
        ),
        item_facts,
        payment_facts,
        review_facts,
        rejected_items=_rejected_items(world, until, items),
    )


def _items(world: World, day: int, items: item_life.Items, place: I64) -> ItemFacts:
    shown = item_life.cut(items, day_end(day))
    keep = (shown.deleted == 0) & ~shown.malformed & (place[items.order[shown.rows]] >= 0)
    rows = shown.rows[keep]
    return ItemFacts(
        order=place[items.order[rows]],
        number=items.number[rows],
        product=items.product[rows],
        seller=items.seller[rows],
        category=catalogue.product_categories(world, items.product[rows], day),
        shipping_limit=items.shipping_limit[rows],
        price=shown.price[keep],
        freight=items.freight[rows],
    )


def _rejected_items(world: World, until: int, items: item_life.Items) -> I64:
    """The day of the first delivery of each item that it showed with a negative price."""
    first_delivery = np.maximum(items.visible // DAY, world.first)
    rejected = (items.visible < until) & (items.fixed >= (first_delivery + 1) * DAY)
    return first_delivery[rejected]


def _payments(
    world: World, day: int, payments: Payments, place: I64, purchased_day: I64
) -> PaymentFacts:
    rows = np.flatnonzero((payments.at < day_end(day)) & (place[payments.order] >= 0))
    key = payments.order[rows] * 4 + payments.sequence[rows]
    rows = rows[_last(key, payments.version[rows])]
    order = place[payments.order[rows]]
    rate = rates_on(world, payments.currency[rows], purchased_day[order], day)
    return PaymentFacts(
        order=order,
        sequence=payments.sequence[rows],
        payment_type=payments.payment_type[rows],
        installments=payments.installments[rows],
        currency=payments.currency[rows],
        value=payments.value[rows],
        rate=rate,
        value_brl=in_brl(payments.value[rows], rate),
    )


def _reviews(world: World, until: int, reviews: Reviews, place: I64) -> ReviewFacts:
    rows = np.flatnonzero((reviews.delivered < until) & (place[reviews.order] >= 0))
    key = reviews.order[rows] * 2 + reviews.number[rows]
    rows = rows[_last(key, reviews.version[rows])]
    return ReviewFacts(
        order=place[reviews.order[rows]],
        number=reviews.number[rows],
        score=reviews.score[rows],
        has_message=has_message(world, reviews, rows).astype(np.int64),
        created=reviews.created[rows],
        answered=reviews.answered[rows],
    )


def _scores(world: World, reviews: ReviewFacts, index: I64) -> I64:
    """The score that counts for each order, by its index: of the review answered last."""
    answered = np.where(reviews.answered > 0, reviews.answered, reviews.created)
    identity = identifier_order(world.seed, "review", index[reviews.order] * 2 + reviews.number)
    rows = _last(reviews.order, answered, identity)
    scores = np.full(len(index), NO_SCORE, dtype=np.int64)
    scores[reviews.order[rows]] = reviews.score[rows]
    return scores


def _last(key: I64, *ranks: "I64 | np.typing.NDArray[np.uint64]") -> I64:
    """Positions of the row of each key that is greatest by the ranks, the first rank first."""
    order = np.lexsort((*reversed(ranks), key))
    key = key[order]
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = key[1:] != key[:-1]
    return order[last]


def _sum(index: I64, values: I64, count: int) -> I64:
    """Sums by index; exact, as cents stay far below 2**53."""
    return np.bincount(index, weights=values, minlength=count).astype(np.int64)
