"""The ledger's figures of the marts: what sellers, customers, routes and leads did so far.

Orders come piece by piece; what a person or a seller did over all pieces is told at the end.
"""

from dataclasses import dataclass, field

import numpy as np

from lakehouse.marketplace import account_history, catalogue, text, truth
from lakehouse.marketplace.events import Events
from lakehouse.marketplace.geography import CITY_STATE, STATES
from lakehouse.marketplace.leads import CONTACTED, QUALIFIED, WON, origins_of
from lakehouse.marketplace.ledger_dimensions import person_keys
from lakehouse.marketplace.ledger_feeds import known_leads
from lakehouse.marketplace.orders import CANCELED, STATUSES, UNAVAILABLE
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.tally import (
    Codes,
    Tally,
    days,
    flags,
    instant_sums,
    text_sums,
)
from lakehouse.marketplace.vocabulary import CATEGORIES, LEAD_ORIGINS
from lakehouse.marketplace.world import World, day_end

NO_STATUS = len(STATUSES)
_CATEGORY_NAMES = [name for name, _, _, _ in CATEGORIES] + ["(none)"]
_SEGMENTS: tuple[str, ...] = ("champion", "loyal", "new", "promising", "at_risk", "dormant")
_RECENCY_DAYS = (60, 120, 240, 365)
"""Up to so many days have 5, 4, 3 and 2."""
_MOST_FREQUENT = 5
"""A person with so many sales or more has this score; one with fewer, their number."""
_MONETARY_CENTS = (5_000, 10_000, 20_000, 50_000)
"""From so much on have 2, 3, 4 and 5."""


@dataclass(slots=True)
class Marts:
    """What is kept of the pieces until the last one. sales: rows of person, day, items, GMV and
    freight of each order that counts as a sale; sellers: rows of seller, then as in
    ``agg_seller_scorecard``; categories: rows of category, month, items, GMV."""

    sales: list[I64] = field(default_factory=list)
    sellers: list[I64] = field(default_factory=list)
    categories: list[I64] = field(default_factory=list)
    sold: set[int] = field(default_factory=set)


def add_piece(
    world: World,
    tally: Tally,
    marts: Marts,
    facts: truth.Facts,
    people: account_history.People,
) -> None:
    """One piece of orders."""
    orders, items = facts.orders, facts.items
    is_sale = (orders.status != CANCELED) & (orders.status != UNAVAILABLE)
    rows = (orders.person, orders.day, orders.item_count, orders.items_brl, orders.freight_brl)
    marts.sales.append(np.stack(rows)[:, is_sale])
    _add_reviews(world, tally, facts)

    one = np.ones(len(items.order), dtype=np.int64)
    gmv = np.where(is_sale[items.order], items.price, 0)
    month = _month(orders.day)
    marts.categories.append(np.stack([items.category, month[items.order], one, gmv]))
    marts.sold.update(np.unique(items.seller[is_sale[items.order]]).tolist())

    key, (item_count, share_gmv, freight) = _summed(
        [items.order, items.seller], [one, gmv, items.freight]
    )
    order, seller = key
    flags_of = (
        np.ones(len(order), dtype=np.int64),
        (orders.status[order] == CANCELED).astype(np.int64),
        (orders.delivered[order] > 0).astype(np.int64),
        orders.late[order],
        (orders.score[order] != truth.NO_SCORE).astype(np.int64),
        orders.score[order],
    )
    marts.sellers.append(np.stack([seller, *flags_of, item_count, share_gmv, freight]))

    state = CITY_STATE[catalogue.seller_cities_of(world, items.seller)]
    (order, state), (item_count, freight) = _summed([items.order, state], [one, items.freight])
    tally.add(
        "delivery_by_route",
        {
            "purchase_month": _months(month[order]),
            "seller_state": _states(state),
            "customer_state": _states(people.state[orders.person[order]]),
        },
        {
            "order_count": np.ones(len(order), dtype=np.int64),
            "item_count": item_count,
            "freight_brl": freight,
            "delivered_count": (orders.delivered[order] > 0).astype(np.int64),
            "late_count": orders.late[order],
            "delivery_days": np.maximum(orders.delivery_days[order], 0),
        },
    )


def add_transitions(
    world: World, tally: Tally, events: Events, orders: truth.OrderFacts, day: int
) -> None:
    """The statuses that orders of the piece reached, as told up to the end of ``day``."""
    told = (events.again == 0) & (events.sent < day_end(day))
    rows = np.flatnonzero(told & np.isin(events.order_index, orders.index))
    rows = rows[
        np.lexsort((events.event_type[rows], events.occurred[rows], events.order_index[rows]))
    ]
    index, at = events.order_index[rows], events.occurred[rows]
    status = events.event_type[rows]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = index[1:] != index[:-1]
    begin = np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))
    previous = np.where(first, NO_STATUS, np.roll(status, 1))
    seconds = np.where(first, 0, at - np.roll(at, 1))
    place = np.searchsorted(orders.index, index)
    order_sums = text_sums(text.identifiers(world.seed, "order", orders.index))
    columns = {
        "order_id": order_sums[place],
        "step_number": np.arange(len(rows), dtype=np.int64) - begin + 1,
        "seconds_since_previous": seconds,
        "hours_since_previous": (seconds * 100 + 1800) // 3600,
        "purchased_at": instant_sums(orders.purchased[place]),
        "reached_at": instant_sums(at),
        "reached_date_br": at // 86_400,
    }
    names: tuple[str, ...] = (*STATUSES, "(none)")
    tally.add_rows(
        "status_transitions",
        {
            "order_status": (status, names.__getitem__),
            "previous_status": (previous, names.__getitem__),
        },
        "transitions",
        columns,
    )


def add_totals(world: World, tally: Tally, marts: Marts, day: int) -> None:
    """What is known after the last piece."""
    _add_customers(world, tally, np.concatenate(marts.sales, axis=1), day)
    _add_sellers(world, tally, np.concatenate(marts.sellers, axis=1))
    _add_categories(tally, np.concatenate(marts.categories, axis=1))
    _add_leads(world, tally, marts.sold, day)


def _add_reviews(world: World, tally: Tally, facts: truth.Facts) -> None:
    reviews, orders = facts.reviews, facts.orders
    index = orders.index[reviews.order]
    columns = {
        "review_id": text_sums(text.identifiers(world.seed, "review", index * 2 + reviews.number)),
        "order_id": text_sums(text.identifiers(world.seed, "order", index)),
        "purchase_date_br": orders.day[reviews.order],
        "review_date_br": reviews.created // 86_400,
        "has_comment": reviews.has_message,
        "purchased_at": instant_sums(orders.purchased[reviews.order]),
        "created_at": instant_sums(reviews.created),
        "answered_at": instant_sums(reviews.answered),
    }
    grain: dict[str, Codes] = {
        "day": days(orders.day[reviews.order]),
        "review_score": (reviews.score, str),
    }
    tally.add_rows("reviews_by_purchase_day", grain, "reviews", columns)


def _add_customers(world: World, tally: Tally, sales: I64, day: int) -> None:
    person, bought, items, gmv, freight = sales
    (who,), (count, item_count, gmv_sum, freight_sum) = _summed(
        [person], [np.ones(len(person), dtype=np.int64), items, gmv, freight]
    )
    place = np.searchsorted(who, person)
    first = np.full(len(who), 1 << 40, dtype=np.int64)
    last = np.zeros(len(who), dtype=np.int64)
    np.minimum.at(first, place, bought)
    np.maximum.at(last, place, bought)
    key = text_sums(person_keys(world, who))
    tally.add_rows(
        "customer_lifetime_value",
        {"is_returning": flags((count > 1).astype(np.int64))},
        "customers",
        {
            "customer_key": key,
            "first_purchase_date_br": first,
            "last_purchase_date_br": last,
            "sale_count": count,
            "item_count": item_count,
            "gmv_brl": gmv_sum,
            "freight_brl": freight_sum,
        },
    )
    scores = _scores(day - last, count, gmv_sum)
    today = np.full(len(who), day, dtype=np.int64)
    segment: dict[str, Codes] = {"segment": (_segments(*scores), _SEGMENTS.__getitem__)}
    tally.add_rows(
        "customers_by_segment",
        segment,
        "customers",
        {"customer_key": key, "segment_date": today},
    )
    tally.add_rows(
        "customer_rfm",
        segment,
        "customers",
        {
            "customer_key": key,
            "scored_date": today,
            "recency_days": day - last,
            "sale_count": count,
            "gmv_brl": gmv_sum,
            "recency_score": scores[0],
            "frequency_score": scores[1],
            "monetary_score": scores[2],
        },
    )
    cohort = _month(first)[place]
    (_, cohort, since), (sale_count, month_gmv) = _summed(
        [person, cohort, _month(bought) - cohort], [np.ones(len(person), dtype=np.int64), gmv]
    )
    tally.add(
        "cohort_retention",
        {"cohort_month": _months(cohort), "months_since": (since, str)},
        {
            "customer_count": np.ones(len(cohort), dtype=np.int64),
            "sale_count": sale_count,
            "gmv_brl": month_gmv,
        },
    )


def _scores(recency: I64, count: I64, gmv: I64) -> tuple[I64, I64, I64]:
    frequency = np.minimum(count, _MOST_FREQUENT)
    recency_score = 5 - sum((recency > most).astype(np.int64) for most in _RECENCY_DAYS)
    monetary = 1 + sum((gmv >= least).astype(np.int64) for least in _MONETARY_CENTS)
    return np.asarray(recency_score), frequency, np.asarray(monetary)


def _segments(recency: I64, frequency: I64, monetary: I64) -> I64:
    lately, often = recency >= 4, frequency >= 3
    chosen = np.select(
        [lately & often, often, lately & (frequency == 1), recency >= 3, monetary >= 4],
        [0, 1, 2, 3, 4],
        5,
    )
    return chosen.astype(np.int64)


def _add_sellers(world: World, tally: Tally, shares: I64) -> None:
    (seller,), sums = _summed([shares[0]], list(shares[1:]))
    names = (
        *("order_count", "canceled_count", "delivered_count", "late_count", "reviewed_count"),
        *("review_score_total", "item_count", "gmv_brl", "freight_brl"),
    )
    told = text_sums(text.identifiers(world.seed, "seller", seller))
    columns = {"seller_id": told, "seller_key": told}
    columns |= dict(zip(names, sums, strict=True))
    tally.add_rows("seller_scorecard", {}, "sellers", columns)


def _add_categories(tally: Tally, rows: I64) -> None:
    (category, month), (count, gmv) = _summed([rows[0], rows[1]], [rows[2], rows[3]])
    known = {(int(c), int(m)): int(v) for c, m, v in zip(category, month, gmv, strict=True)}
    before = np.array(
        [known.get((int(c), int(m) - 1), 0) for c, m in zip(category, month, strict=True)],
        dtype=np.int64,
    )
    tally.add(
        "category_growth",
        {"category": (category, _CATEGORY_NAMES.__getitem__), "month": _months(month)},
        {
            "item_count": count,
            "gmv_brl": gmv,
            "previous_gmv_brl": before,
            "gmv_growth_brl": gmv - before,
        },
    )


def _add_leads(world: World, tally: Tally, sold: set[int], day: int) -> None:
    known = known_leads(world, day)
    leads, updated = known.leads, known.updated
    is_won = leads.steps[WON] <= updated
    has_sold = is_won & np.isin(leads.seller, np.array(sorted(sold), dtype=np.int64))
    tally.add(
        "lead_funnel",
        {
            "month": _months(_month(leads.steps[CONTACTED] // 86_400)),
            "origin": (origins_of(world, leads, len(LEAD_ORIGINS)), LEAD_ORIGINS.__getitem__),
        },
        {
            "lead_count": np.ones(len(updated), dtype=np.int64),
            "qualified_count": (leads.steps[QUALIFIED] <= updated).astype(np.int64),
            "won_count": is_won.astype(np.int64),
            "sold_count": has_sold.astype(np.int64),
        },
    )


def _summed(keys: list[I64], values: list[I64]) -> tuple[I64, list[I64]]:
    """The distinct keys, a row for each part of a key, and the sums of the values by key."""
    groups, place = np.unique(np.stack(keys), axis=1, return_inverse=True)
    sums = []
    for each in values:
        total = np.zeros(groups.shape[1], dtype=np.int64)
        np.add.at(total, place.reshape(-1), each)
        sums.append(total)
    return groups, sums


def _month(day: I64) -> I64:
    """Months since 1970-01."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _months(numbers: I64) -> Codes:
    return numbers, lambda number: f"{1970 + number // 12}-{number % 12 + 1:02d}"


def _states(codes: I64) -> Codes:
    return codes, lambda code: STATES[code].code
