"""An independent reading of the deliveries: a small warehouse in plain Python.

It knows docs/en/business-rules.md and the forms in which the sources speak, and nothing of how the
marketplace is generated: it reads delivered rows only, day after day, and computes the figures of
the ledger from them.
"""

import csv
import datetime as dt
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from lakehouse.marketplace import World
from lakehouse.marketplace.catalogue_feeds import product_snapshot, seller_snapshot
from lakehouse.marketplace.deliveries import (
    customer_changes,
    order_changes,
    payment_log,
    review_file,
)
from lakehouse.marketplace.world import day_number

Row = dict[str, Any]
SAO_PAULO = dt.timezone(dt.timedelta(hours=-3))


class Warehouse:
    """What was delivered and accepted so far, by key."""

    def __init__(self) -> None:
        self.customers: dict[str, Row] = {}
        self.orders: dict[str, Row] = {}
        self.items: dict[tuple[str, str], Row] = {}
        self.payments: dict[tuple[str, int], Row] = {}
        self.reviews: dict[tuple[str, str], Row] = {}
        self.products: dict[str, Row] = {}
        self.sellers: dict[str, Row] = {}
        self.people: set[str] = set()
        self.active: dict[str, set[str]] = {"products": set(), "sellers": set()}
        self.versions = 0
        self.accounts_on: dict[dt.date, dict[str, Row]] = {}
        self.rejected: Counter[tuple[str, str]] = Counter()

    # One business date -------------------------------------------------------------------------

    def land(self, world: World, day: dt.date) -> None:
        number = day_number(day)
        since = None if day == world.first_day else number - 1
        for table in customer_changes(world, since, number):
            for row in table.to_pylist():
                self._customer(row)
        for orders, items in order_changes(world, since, number):
            for row in orders.to_pylist():
                self.orders[row["order_id"]] = row
            for row in items.to_pylist():
                self._item(row)
        for feed, snapshot in (("products", product_snapshot), ("sellers", seller_snapshot)):
            self._snapshot(feed, snapshot(world, number))
        self._json("payments", _lines(payment_log(world, number)), self._payment)
        self._json("reviews", _lines(review_file(world, number)), self._review)
        self.accounts_on[day] = dict(self.customers)

    def _customer(self, row: Row) -> None:
        if row["customer_zip_code_prefix"] is None:
            self.rejected["customers", "required"] += 1
            return
        self.versions += 1
        self.people.add(row["customer_unique_id"])
        self.customers[row["customer_id"]] = row

    def _item(self, row: Row) -> None:
        if Decimal(row["price"]) < 0:
            self.rejected["order_items", "minimum"] += 1
            return
        self.items[row["order_id"], row["order_item_id"]] = row

    def _snapshot(self, feed: str, text: str) -> None:
        header, *lines = csv.reader(io.StringIO(text))
        key, known = header[0], getattr(self, feed)
        seen: set[tuple[str, ...]] = set()
        self.active[feed] = set()
        for line in lines:
            row = dict(zip(header, line, strict=False))
            if len(line) != len(header):
                rule: str | None = "shape"
            elif not row[key] or (feed == "sellers" and not row["seller_state"]):
                rule = "required"
            elif feed == "products" and not row["product_weight_g"].isdigit():
                rule = "type"
            else:
                rule = "duplicate_row" if tuple(line) in seen else None
            if rule:
                self.rejected[feed, rule] += 1
                continue
            seen.add(tuple(line))
            known[row[key]] = row
            self.active[feed].add(row[key])

    def _json(self, feed: str, lines: Iterable[str], accept: Callable[[Row], str | None]) -> None:
        seen: set[str] = set()
        for line in lines:
            try:
                row = json.loads(line, parse_float=Decimal)
            except ValueError:
                self.rejected[feed, "shape"] += 1
                continue
            rule = "duplicate_row" if line in seen else accept(row)
            seen.add(line)
            if rule:
                self.rejected[feed, rule] += 1

    def _payment(self, row: Row) -> str | None:
        if row["payment_type"] is None:
            return "required"
        if isinstance(row["payment_value"], str):
            return "type"
        if row["payment_value"] < 0:
            return "minimum"
        key = (row["order_id"], row["payment_sequential"])
        known = self.payments.get(key)
        if known is None or known["updated_at"] <= row["updated_at"]:
            self.payments[key] = row
        return None

    def _review(self, row: Row) -> str | None:
        if row["order"]["id"] is None:
            return "required"
        if not isinstance(row["score"], int):
            return "type"
        try:
            created = dt.datetime.fromisoformat(row["created_at"])
        except ValueError:
            return "type"
        if row["score"] > 5:
            return "maximum"
        answered = row["answered_at"]
        row["at"] = dt.datetime.fromisoformat(answered) if answered else created
        self.reviews[row["review_id"], row["order"]["id"]] = row
        return None

    # The figures -------------------------------------------------------------------------------

    def figures(self, as_of: Iterable[dt.date]) -> dict[tuple[str, frozenset[Any]], Decimal]:
        self._sums: defaultdict[tuple[str, frozenset[Any]], Decimal] = defaultdict(Decimal)
        self._sales()
        accounts = self.customers.values()
        alive = {row["customer_unique_id"] for row in accounts if row["deleted_at"] is None}
        for person, account in self._person_accounts().items():
            if person in alive:
                self._add("customers_by_state", 1, state=account["customer_state"].upper())
        self._add("customer_history", self.versions, measure="versions")
        for day in as_of:
            for row in self.accounts_on[day].values():
                if row["deleted_at"] is None:
                    state = row["customer_state"].upper()
                    grain = {"measure": "accounts", "as_of": day.isoformat(), "state": state}
                    self._add("customer_history", 1, **grain)
        for table in ("products", "sellers"):
            for key in getattr(self, table):
                active = "true" if key in self.active[table] else "false"
                self._add("catalogue", 1, table=table, is_active=active)
        for (feed, rule), count in self.rejected.items():
            self._add("rejected_rows", count, feed=feed, rule=rule)
        return {key: value for key, value in self._sums.items() if value}

    def _add(self, figure: str, value: Any, **grain: str) -> None:
        self._sums[figure, frozenset(grain.items())] += value

    def _person_accounts(self) -> dict[str, Row]:
        best: dict[str, Row] = {}
        for row in self.customers.values():
            person = row["customer_unique_id"]
            if person not in best or _rank(row) > _rank(best[person]):
                best[person] = row
        return best

    def _sales(self) -> None:
        accounts = self._person_accounts()
        items, payments, reviews = defaultdict(list), defaultdict(list), defaultdict(list)
        for row in self.items.values():
            if row["deleted_at"] is None:
                items[row["order_id"]].append(row)
        for row in self.payments.values():
            payments[row["order_id"]].append(row)
        for row in self.reviews.values():
            reviews[row["order"]["id"]].append(row)
        for key, order in self.orders.items():
            if order["deleted_at"] is not None:
                continue
            person = self.customers[order["customer_id"]]["customer_unique_id"]
            state = accounts[person]["customer_state"].upper()
            self._order(order, state, items[key], payments[key], reviews[key])

    def _order(
        self, order: Row, state: str, items: list[Row], payments: list[Row], reviews: list[Row]
    ) -> None:
        status, day = order["order_status"], order["order_purchase_timestamp"][:10]
        price = sum((Decimal(i["price"]) for i in items), Decimal(0))
        freight = sum((Decimal(i["freight_value"]) for i in items), Decimal(0))
        paid = sum((p["payment_value"] for p in payments), Decimal(0))
        sale = status not in ("canceled", "unavailable")
        self._add("orders_by_status", 1, order_status=status)
        self._add("items_brl_by_status", price, order_status=status)
        self._add("orders_by_customer_state", 1, state=state)
        self._add("gmv_by_customer_state", price if sale else 0, state=state)
        for item in items:
            name = self.products[item["product_id"]]["product_category_name"] or "(none)"
            self._add("gmv_by_category", Decimal(item["price"]) if sale else 0, category=name)
        for measure, value in (
            ("orders", 1),
            ("gmv_brl", price if sale else 0),
            ("order_total_brl", price + freight),
            ("payments_brl", paid),
            ("item_count", len(items)),
            ("items_brl", price),
            ("freight_brl", freight),
        ):
            self._add("sales_by_purchase_day", value, day=day, measure=measure)
        for measure, value in (
            ("items", len(items)),
            ("price_brl", price),
            ("freight_brl", freight),
        ):
            self._add("order_items_by_purchase_day", value, day=day, measure=measure)
        for payment in payments:
            kind = payment["payment_type"]
            self._add("payments_by_type", 1, payment_type=kind, measure="payments")
            amount = payment["payment_value"]
            self._add("payments_by_type", amount, payment_type=kind, measure="amount_brl")
        if reviews:
            last = max(reviews, key=lambda row: (row["at"], row["review_id"]))
            self._add("reviews_by_score", 1, review_score=str(last["score"]))
        arrived = order["order_delivered_customer_date"]
        if arrived is not None:
            took = dt.date.fromisoformat(arrived[:10]) - dt.date.fromisoformat(day)
            late = arrived[:10] > order["order_estimated_delivery_date"][:10]
            for measure, value in (
                ("delivered", 1),
                ("late", int(late)),
                ("delivery_days", took.days),
            ):
                grain = {"month": day[:7], "measure": measure}
                self._add("deliveries_by_purchase_month", value, **grain)


def _rank(row: Row) -> tuple[bool, str, str]:
    return row["deleted_at"] is None, row["updated_at"], row["customer_id"]


def _lines(pieces: Iterable[Any]) -> Iterator[str]:
    for piece in pieces:
        yield from piece.to_pylist()


@pytest.fixture
def warehouse() -> Warehouse:
    """An empty warehouse that reads deliveries by the business rules."""
    return Warehouse()
