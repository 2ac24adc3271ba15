"""The business's metrics over plain rows, row by row, as docs/en/metrics.md words them."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Sale:
    """An order that is not deleted. items: category, price and freight of each; payments: BRL and
    instalments of each; days: to its delivery, None while not delivered."""

    day: str
    state: str
    person: str
    status: str
    days: int | None
    late: bool
    score: int | None
    items: list[tuple[str, Decimal, Decimal]]
    payments: list[tuple[Decimal, int]]

    @property
    def sold(self) -> bool:
        return self.status not in ("canceled", "unavailable")


def metrics_of(sales: list[Sale]) -> Iterator[tuple[Decimal, dict[str, str]]]:
    """Value and grain of each metric."""
    bought = Counter(sale.person for sale in sales if sale.sold)
    returning = {person for person, orders in bought.items() if orders > 1}
    groups: dict[tuple[str, str] | None, list[Sale]] = defaultdict(list)
    categories: dict[str, list[tuple[int, Sale]]] = defaultdict(list)
    for number, sale in enumerate(sales):
        for group in (None, ("day", sale.day), ("state", sale.state)):
            groups[group].append(sale)
        for item in sale.items:
            categories[item[0]].append((number, Sale(**{**vars(sale), "items": [item]})))
    for group, some in groups.items():
        for metric, value in (*_of_orders(some, returning), *_of_items(some)):
            yield _exact(value), {"metric": metric, **dict([group] if group else [])}
    for category, each in categories.items():
        values = dict(_of_items([sale for _, sale in each]))
        values["orders_with_item"] = len({number for number, _ in each})
        for metric, value in values.items():
            yield _exact(value), {"metric": metric, "category": category}
    by_day: dict[str, Decimal] = defaultdict(Decimal)
    for sale in sales:
        by_day[sale.day] += _gmv(sale)
    yield from _months(by_day)


def _of_orders(sales: list[Sale], returning: set[str]) -> Iterator[tuple[str, Decimal | float]]:
    count = len(sales)
    sold = sum(sale.sold for sale in sales)
    canceled = sum(sale.status == "canceled" for sale in sales)
    took = [sale.days for sale in sales if sale.days is not None]
    late = sum(sale.late for sale in sales)
    scores = [sale.score for sale in sales if sale.score is not None]
    gmv = sum(map(_gmv, sales), Decimal(0))
    freight = sum((item[2] for sale in sales for item in sale.items), Decimal(0))
    total = sum((item[1] + item[2] for sale in sales for item in sale.items), Decimal(0))
    people = {sale.person for sale in sales if sale.sold}
    items = sum(len(sale.items) for sale in sales)
    payments = [payment for sale in sales for payment in sale.payments]
    yield "orders", count
    yield "orders_sold", sold
    yield "orders_canceled", canceled
    yield "orders_delivered", len(took)
    yield "orders_late", late
    yield "orders_on_time", len(took) - late
    yield "orders_reviewed", len(scores)
    yield "review_score_total", sum(scores)
    yield "delivery_days_total", sum(took)
    yield "items_ordered", items
    yield "gmv", gmv
    yield "freight", freight
    yield "order_total", total
    yield "customers", len(people)
    yield "returning_customers", len(people & returning)
    yield "payments", len(payments)
    yield "payment_value", sum((value for value, _ in payments), Decimal(0))
    yield "installments_total", sum(number for _, number in payments)
    yield "items_per_order", items / count
    yield "cancellation_rate", canceled / count
    if took:
        yield "late_delivery_rate", late / len(took)
        yield "on_time_share", (len(took) - late) / len(took)
        yield "delivery_days_average", sum(took) / len(took)
    if sold:
        yield "average_ticket", float(gmv) / sold
    if total:
        yield "freight_share", float(freight) / float(total)
    if scores:
        yield "review_average", sum(scores) / len(scores)
    if people:
        yield "repeat_rate", len(people & returning) / len(people)
    if payments:
        yield "installments_average", sum(number for _, number in payments) / len(payments)


def _of_items(sales: list[Sale]) -> Iterator[tuple[str, Decimal | float]]:
    yield "items", sum(len(sale.items) for sale in sales)
    yield "item_gmv", sum(map(_gmv, sales), Decimal(0))
    yield "item_freight", sum((item[2] for sale in sales for item in sale.items), Decimal(0))
    yield "orders_with_item", sum(bool(sale.items) for sale in sales)


def _months(gmv: dict[str, Decimal]) -> Iterator[tuple[Decimal, dict[str, str]]]:
    months: dict[dt.date, Decimal] = defaultdict(Decimal)
    for text, value in gmv.items():
        months[dt.date.fromisoformat(text).replace(day=1)] += value
    for month, total in months.items():
        last = calendar.monthrange(month.year, month.month)[1]
        for number in range(1, last + 1):
            day = month.replace(day=number)
            so_far = sum(
                (value for text, value in gmv.items() if str(month) <= text <= str(day)), Decimal(0)
            )
            yield _exact(so_far), {"metric": "gmv_month_to_date", "day": str(day)}
        before = months.get((month - dt.timedelta(days=1)).replace(day=1))
        if before:
            growth = float(total) / float(before) - 1
            yield _exact(growth), {"metric": "gmv_growth", "month": str(month)}


def _gmv(sale: Sale) -> Decimal:
    return sum((item[1] for item in sale.items), Decimal(0)) if sale.sold else Decimal(0)


def _exact(value: Decimal | float) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
