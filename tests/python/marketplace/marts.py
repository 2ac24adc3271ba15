"""The marts in plain Python, from accepted deliveries: see docs/en/business-rules.md."""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LIFE = [
    *("created", "approved", "processing", "invoiced"),
    *("shipped", "delivered", "canceled", "unavailable"),
]


class Marts:
    """Adds figures through the reader's own three ways to add: a value, a row, a checked row."""

    def __init__(
        self, add: Callable[..., None], row: Callable[..., None], fact: Callable[..., None]
    ) -> None:
        self._add, self._row, self._fact = add, row, fact

    def read(self, warehouse: Any, accounts: dict[str, Row]) -> None:
        orders = {
            key: order for key, order in warehouse.orders.items() if order["deleted_at"] is None
        }
        items: defaultdict[str, list[Row]] = defaultdict(list)
        for item in warehouse.items.values():
            if item["deleted_at"] is None and item["order_id"] in orders:
                items[item["order_id"]].append(item)
        scores = self._reviews(warehouse, orders)
        self._transitions(warehouse, orders)
        self._customers(warehouse, orders, items)
        sold = self._sellers(orders, items, scores)
        self._routes(warehouse, orders, items, accounts)
        self._categories(warehouse, orders, items)
        self._leads(warehouse, sold)

    def _reviews(self, warehouse: Any, orders: dict[str, Row]) -> dict[str, int]:
        best: dict[str, tuple[Any, str, int]] = {}
        for row in warehouse.reviews.values():
            key = row["order"]["id"]
            if key not in orders:
                continue
            best[key] = max(
                best.get(key, (row["at"], "", 0)), (row["at"], row["review_id"], row["score"])
            )
            order = orders[key]
            answered = row["answered_at"]
            created = dt.datetime.fromisoformat(row["created_at"])
            self._fact(
                "reviews_by_purchase_day",
                {"day": order["order_purchase_timestamp"][:10], "review_score": str(row["score"])},
                "reviews",
                review_id=row["review_id"],
                order_id=key,
                purchase_date_br=_day(order["order_purchase_timestamp"]),
                review_date_br=created.astimezone(SAO_PAULO).date(),
                has_comment=bool(row["comment"]["message"]),
                purchased_at=_clock(order["order_purchase_timestamp"]),
                created_at=created,
                answered_at=dt.datetime.fromisoformat(answered) if answered else None,
            )
        return {key: score for key, (_, _, score) in best.items()}

    def _transitions(self, warehouse: Any, orders: dict[str, Row]) -> None:
        lives: defaultdict[str, list[tuple[dt.datetime, int]]] = defaultdict(list)
        for event in warehouse.events.values():
            if event["order_id"] in orders:
                at = dt.datetime.fromisoformat(event["occurred_at"])
                lives[event["order_id"]].append((at, LIFE.index(event["event_type"])))
        for key, life in lives.items():
            before: tuple[dt.datetime, str] | None = None
            for number, (at, status) in enumerate(sorted(life), start=1):
                seconds = int((at - before[0]).total_seconds()) if before else 0
                self._fact(
                    "status_transitions",
                    {
                        "order_status": LIFE[status],
                        "previous_status": before[1] if before else "(none)",
                    },
                    "transitions",
                    order_id=key,
                    step_number=number,
                    seconds_since_previous=seconds,
                    hours_since_previous=(seconds + 18) // 36,
                    purchased_at=_clock(orders[key]["order_purchase_timestamp"]),
                    reached_at=at,
                    reached_date_br=at.astimezone(SAO_PAULO).date(),
                )
                before = at, LIFE[status]

    def _customers(
        self, warehouse: Any, orders: dict[str, Row], items: dict[str, list[Row]]
    ) -> None:
        sales: defaultdict[str, list[tuple[dt.date, list[Row]]]] = defaultdict(list)
        for key, order in orders.items():
            if _is_sale(order):
                person = warehouse.customers[order["customer_id"]]["customer_unique_id"]
                sales[person].append((_day(order["order_purchase_timestamp"]), items.get(key, [])))
        for person, bought in sales.items():
            key = hashlib.md5(f"v{person}".encode()).hexdigest()
            everything = [item for _, each in bought for item in each]
            gmv = _total(everything, "price")
            first, last = min(day for day, _ in bought), max(day for day, _ in bought)
            self._fact(
                "customer_lifetime_value",
                {"is_returning": "true" if len(bought) > 1 else "false"},
                "customers",
                customer_key=key,
                first_purchase_date_br=first,
                last_purchase_date_br=last,
                sale_count=len(bought),
                item_count=len(everything),
                gmv_brl=gmv,
                freight_brl=_total(everything, "freight_value"),
            )
            recency = (warehouse.day - last).days
            r = next(
                s
                for s, most in ((5, 60), (4, 120), (3, 240), (2, 365), (1, 10**6))
                if recency <= most
            )
            f = min(len(bought), 5)
            m = next(
                s for s, least in ((5, 500), (4, 200), (3, 100), (2, 50), (1, 0)) if gmv >= least
            )
            self._fact(
                "customers_by_segment",
                {"segment": _segment(r, f, m)},
                "customers",
                customer_key=key,
                segment_date=warehouse.day,
            )
            self._fact(
                "customer_rfm",
                {"segment": _segment(r, f, m)},
                "customers",
                customer_key=key,
                scored_date=warehouse.day,
                recency_days=recency,
                sale_count=len(bought),
                gmv_brl=gmv,
                recency_score=r,
                frequency_score=f,
                monetary_score=m,
            )
            months: defaultdict[int, list[list[Row]]] = defaultdict(list)
            for day, each in bought:
                months[_months_between(first, day)].append(each)
            for since, orders_of_month in months.items():
                self._row(
                    "cohort_retention",
                    {"cohort_month": f"{first:%Y-%m}", "months_since": str(since)},
                    customer_count=1,
                    sale_count=len(orders_of_month),
                    gmv_brl=sum((_total(each, "price") for each in orders_of_month), Decimal(0)),
                )

    def _sellers(
        self, orders: dict[str, Row], items: dict[str, list[Row]], scores: dict[str, int]
    ) -> set[str]:
        sold: set[str] = set()
        cards: defaultdict[str, list[tuple[str, list[Row]]]] = defaultdict(list)
        for key, all_items in items.items():
            shares: defaultdict[str, list[Row]] = defaultdict(list)
            for item in all_items:
                shares[item["seller_id"]].append(item)
            for seller, share in shares.items():
                cards[seller].append((key, share))
        for seller, card in cards.items():
            sales = [share for key, share in card if _is_sale(orders[key])]
            if sales:
                sold.add(seller)
            self._fact(
                "seller_scorecard",
                {},
                "sellers",
                seller_id=seller,
                seller_key=seller,
                order_count=len(card),
                canceled_count=sum(orders[key]["order_status"] == "canceled" for key, _ in card),
                delivered_count=sum(_arrived(orders[key]) is not None for key, _ in card),
                late_count=sum(_is_late(orders[key]) for key, _ in card),
                reviewed_count=sum(key in scores for key, _ in card),
                review_score_total=sum(scores.get(key, 0) for key, _ in card),
                item_count=sum(len(share) for _, share in card),
                gmv_brl=sum((_total(share, "price") for share in sales), Decimal(0)),
                freight_brl=sum((_total(share, "freight_value") for _, share in card), Decimal(0)),
            )
        return sold

    def _routes(
        self,
        warehouse: Any,
        orders: dict[str, Row],
        items: dict[str, list[Row]],
        accounts: dict[str, Row],
    ) -> None:
        for key, all_items in items.items():
            order = orders[key]
            person = warehouse.customers[order["customer_id"]]["customer_unique_id"]
            bought, arrived = _day(order["order_purchase_timestamp"]), _arrived(order)
            for state in {warehouse.sellers[i["seller_id"]]["seller_state"] for i in all_items}:
                share = [
                    i
                    for i in all_items
                    if warehouse.sellers[i["seller_id"]]["seller_state"] == state
                ]
                self._row(
                    "delivery_by_route",
                    {
                        "purchase_month": f"{bought:%Y-%m}",
                        "seller_state": state,
                        "customer_state": accounts[person]["customer_state"].upper(),
                    },
                    order_count=1,
                    item_count=len(share),
                    freight_brl=_total(share, "freight_value"),
                    delivered_count=arrived is not None,
                    late_count=_is_late(order),
                    delivery_days=(arrived - bought).days if arrived else 0,
                )

    def _categories(
        self, warehouse: Any, orders: dict[str, Row], items: dict[str, list[Row]]
    ) -> None:
        sums: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
        counts: defaultdict[tuple[str, int], int] = defaultdict(int)
        for key, all_items in items.items():
            bought = _day(orders[key]["order_purchase_timestamp"])
            month = bought.year * 12 + bought.month - 1
            for item in all_items:
                name = warehouse.products[item["product_id"]]["product_category_name"] or "(none)"
                counts[name, month] += 1
                if _is_sale(orders[key]):
                    sums[name, month] += Decimal(item["price"])
        for (name, month), count in counts.items():
            before = sums.get((name, month - 1), Decimal(0))
            self._row(
                "category_growth",
                {"category": name, "month": f"{month // 12}-{month % 12 + 1:02d}"},
                item_count=count,
                gmv_brl=sums.get((name, month), Decimal(0)),
                previous_gmv_brl=before,
                gmv_growth_brl=sums.get((name, month), Decimal(0)) - before,
            )

    def _leads(self, warehouse: Any, sold: set[str]) -> None:
        for lead in warehouse.leads.values():
            self._row(
                "lead_funnel",
                {
                    "month": f"{lead['contacted_at'].astimezone(SAO_PAULO):%Y-%m}",
                    "origin": lead["origin"],
                },
                lead_count=1,
                qualified_count=lead["qualified_at"] is not None,
                won_count=lead["won_at"] is not None,
                sold_count=lead["seller_id"] in sold,
            )


def _segment(recency: int, frequency: int, monetary: int) -> str:
    if frequency >= 3:
        return "champion" if recency >= 4 else "loyal"
    if recency >= 4 and frequency == 1:
        return "new"
    if recency >= 3:
        return "promising"
    return "at_risk" if monetary >= 4 else "dormant"


def _is_sale(order: Row) -> bool:
    return order["order_status"] not in ("canceled", "unavailable")


def _arrived(order: Row) -> dt.date | None:
    clock = order["order_delivered_customer_date"]
    return _day(clock) if clock else None


def _is_late(order: Row) -> bool:
    arrived = _arrived(order)
    return arrived is not None and arrived > _day(order["order_estimated_delivery_date"])


def _months_between(first: dt.date, day: dt.date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def _total(rows: list[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def _day(clock: str) -> dt.date:
    return dt.date.fromisoformat(clock[:10])


def _clock(clock: str) -> dt.datetime:
    return dt.datetime.fromisoformat(clock).replace(tzinfo=SAO_PAULO)
