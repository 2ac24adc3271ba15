"""The metrics as a correct warehouse must answer them, computed from the generator's state.

The definitions are those of docs/en/metrics.md. A ratio is the quotient of its two exact numbers as
a double; where its denominator is zero it has no value, and it is not listed.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from lakehouse.marketplace import truth
from lakehouse.marketplace.account_history import People
from lakehouse.marketplace.geography import STATES
from lakehouse.marketplace.orders import CANCELED, UNAVAILABLE
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.tally import Codes, Figure, Tally, days

FIGURE = "metrics"

RATIOS = {
    "average_ticket": ("gmv", "orders_sold"),
    "late_delivery_rate": ("orders_late", "orders_delivered"),
    "on_time_share": ("orders_on_time", "orders_delivered"),
    "cancellation_rate": ("orders_canceled", "orders"),
    "freight_share": ("freight", "order_total"),
    "review_average": ("review_score_total", "orders_reviewed"),
    "repeat_rate": ("returning_customers", "customers"),
    "delivery_days_average": ("delivery_days_total", "orders_delivered"),
    "items_per_order": ("items_ordered", "orders"),
    "installments_average": ("installments_total", "payments"),
}
_MONEY = ("gmv", "freight", "order_total", "item_gmv", "item_freight", "payment_value")
_RETURNING = 2

_Sums = dict[str, int]
"""Metric to number; money in cents."""


@dataclass(slots=True)
class MetricTally:
    """Facts, added piece by piece. categories: the text of each category's code."""

    people: People
    categories: list[str]
    sums: Tally = field(default_factory=Tally)
    buyers: list[tuple[I64, I64]] = field(default_factory=list)

    def add(self, facts: truth.Facts) -> None:
        """Add a piece's orders, items and payments."""
        orders, items, payments = facts.orders, facts.items, facts.payments
        state = self.people.state[orders.person]
        sold = (orders.status != CANCELED) & (orders.status != UNAVAILABLE)
        self._add_each(orders.day, state, _of_orders(orders, sold))
        self.buyers.append((orders.person[sold], orders.day[sold]))

        sold_items = sold[items.order]
        self._add_each(orders.day[items.order], state[items.order], _of_items(items, sold_items))
        self._add_each(orders.day[payments.order], state[payments.order], _of_payments(payments))
        # An order counts once in each day, state and category that it has items of.
        with_items = np.unique(items.order)
        self._add_each(
            orders.day[with_items], state[with_items], {"orders_with_item": _ones(with_items)}
        )
        category = (items.category, self.categories.__getitem__)
        self.sums.add("category", {"category": category}, _of_items(items, sold_items))
        bought = np.unique(np.stack([items.order, items.category]), axis=1)[1]
        self.sums.add(
            "category",
            {"category": (bought, self.categories.__getitem__)},
            {"orders_with_item": _ones(bought)},
        )

    def figures(self) -> Iterator[Figure]:
        """Every metric in total, by day, by state and by category, where it can be asked so."""
        self._add_customers()
        groups: dict[tuple[tuple[str, str], ...], _Sums] = defaultdict(dict)
        for (_, grain), total in self.sums.sums.items():
            where = dict(grain)
            metric = where.pop("measure")
            groups[tuple(where.items())][metric] = total
        for group, sums in sorted(groups.items()):
            for metric, value in sorted(_values(sums).items()):
                yield Figure(FIGURE, {"metric": metric, **dict(group)}, value)
        gmv_by_day = {
            dt.date.fromisoformat(group[0][1]): sums.get("gmv", 0)
            for group, sums in groups.items()
            if group and group[0][0] == "day"
        }
        yield from _over_months(gmv_by_day)

    def _add_each(self, day: I64, state: I64, measures: Mapping[str, I64]) -> None:
        """Add rows in total, by day and by the state of their customer."""
        by: dict[str, dict[str, Codes]] = {
            "total": {},
            "day": {"day": days(day)},
            "state": {"state": (state, lambda code: STATES[code].code)},
        }
        for name, grain in by.items():
            self.sums.add(name, grain, measures)

    def _add_customers(self) -> None:
        """Count people: each once in a day, a state, and in total."""
        person = np.concatenate([people for people, _ in self.buyers])
        day = np.concatenate([days_ for _, days_ in self.buyers])
        if not len(person):
            return
        known, orders = np.unique(person, return_counts=True)
        state = self.people.state[known]
        counted = _of_people(orders)
        self.sums.add("total", {}, counted)
        self.sums.add("state", {"state": (state, lambda code: STATES[code].code)}, counted)
        pairs = np.unique(np.stack([day, person]), axis=1)
        orders_of = orders[np.searchsorted(known, pairs[1])]
        self.sums.add("day", {"day": days(pairs[0])}, _of_people(orders_of))


def _of_orders(orders: truth.OrderFacts, sold: np.ndarray) -> dict[str, I64]:
    delivered = (orders.delivered > 0).astype(np.int64)
    reviewed = orders.score != truth.NO_SCORE
    return {
        "orders": _ones(orders.day),
        "orders_sold": sold.astype(np.int64),
        "orders_canceled": (orders.status == CANCELED).astype(np.int64),
        "orders_delivered": delivered,
        "orders_late": orders.late,
        "orders_on_time": delivered - orders.late,
        "orders_reviewed": reviewed.astype(np.int64),
        "review_score_total": np.where(reviewed, orders.score, 0),
        "delivery_days_total": np.where(delivered > 0, orders.delivery_days, 0),
        "items_ordered": orders.item_count,
        "gmv": np.where(sold, orders.items_brl, 0),
        "freight": orders.freight_brl,
        "order_total": orders.items_brl + orders.freight_brl,
    }


def _of_items(items: truth.ItemFacts, sold: np.ndarray) -> dict[str, I64]:
    return {
        "items": _ones(items.order),
        "item_gmv": np.where(sold, items.price, 0),
        "item_freight": items.freight,
    }


def _of_payments(payments: truth.PaymentFacts) -> dict[str, I64]:
    return {
        "payments": _ones(payments.order),
        "payment_value": payments.value_brl,
        "installments_total": payments.installments,
    }


def _of_people(orders: I64) -> dict[str, I64]:
    returning = (orders >= _RETURNING).astype(np.int64)
    return {"customers": _ones(orders), "returning_customers": returning}


def _ones(rows: I64) -> I64:
    return np.ones(len(rows), dtype=np.int64)


def _values(sums: _Sums) -> dict[str, int | str]:
    """What a group's sums say: themselves, and ratios."""
    values: dict[str, int | str] = {
        metric: _cents(total) if metric in _MONEY else total
        for metric, total in sums.items()
        if total
    }
    for ratio, (above, below) in RATIOS.items():
        if sums.get(below):
            values[ratio] = repr(_double(above, sums) / _double(below, sums))
    return values


def _double(metric: str, sums: _Sums) -> float:
    total = sums.get(metric, 0)
    return total / 100 if metric in _MONEY else float(total)


def _cents(total: int) -> str:
    return f"{total // 100}.{total % 100:02d}"


def _over_months(gmv: Mapping[dt.date, int]) -> Iterator[Figure]:
    """GMV of each month against the one before, and of each month up to each of its days."""
    by_month: dict[dt.date, int] = defaultdict(int)
    for day, total in gmv.items():
        by_month[day.replace(day=1)] += total
    for month, total in sorted(by_month.items()):
        before = by_month.get((month - dt.timedelta(days=1)).replace(day=1))
        if before:
            growth = repr(total / 100 / (before / 100) - 1)
            yield Figure(FIGURE, {"metric": "gmv_growth", "month": month.isoformat()}, growth)
        so_far = 0
        for number in range(calendar.monthrange(month.year, month.month)[1]):
            day = month + dt.timedelta(days=number)
            so_far += gmv.get(day, 0)
            if so_far:
                grain = {"metric": "gmv_month_to_date", "day": day.isoformat()}
                yield Figure(FIGURE, grain, _cents(so_far))
