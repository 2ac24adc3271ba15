"""The deliveries of the sources, accepted or refused row by row: half of an independent reading.

It knows docs/en/business-rules.md and the forms in which the sources speak, and nothing of how the
marketplace is generated: it reads delivered rows only, day after day.
"""

import csv
import datetime as dt
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lakehouse.marketplace import World
from lakehouse.marketplace.catalogue_feeds import (
    product_snapshot,
    seller_snapshot,
    translation_snapshot,
)
from lakehouse.marketplace.deliveries import (
    customer_changes,
    event_file,
    lead_file,
    order_changes,
    payment_log,
    rate_log,
    review_file,
)
from lakehouse.marketplace.postal_feed import ENCODING, postal_file
from lakehouse.marketplace.world import day_number

Row = dict[str, Any]
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
EVENT_TYPES = {
    *("created", "approved", "processing", "invoiced"),
    *("shipped", "delivered", "canceled", "unavailable"),
}


class Delivered:
    """What was delivered and accepted so far, by key."""

    def __init__(self) -> None:
        self.customers: dict[str, Row] = {}
        self.orders: dict[str, Row] = {}
        self.items: dict[tuple[str, str], Row] = {}
        self.payments: dict[tuple[str, int], Row] = {}
        self.reviews: dict[tuple[str, str], Row] = {}
        self.products: dict[str, Row] = {}
        self.sellers: dict[str, Row] = {}
        self.events: dict[str, Row] = {}
        self.offsets: set[tuple[int, int]] = set()
        self.leads: dict[str, Row] = {}
        self.points: dict[str, list[Row]] = {}  # of the last list that has the prefix
        self.rates: dict[tuple[str, str], Row] = {}
        self.retold: Counter[str] = Counter()  # rows told again on a later day, by feed
        self.people: set[str] = set()
        self.active: dict[str, set[str]] = {"products": set(), "sellers": set()}
        self.versions: list[Row] = []
        self.catalogue: list[
            tuple[str, dt.date, str, bool, Row]
        ] = []  # by feed: since, key, active
        self._shown: dict[tuple[str, str], tuple[bool, Row]] = {}
        self.accounts_on: dict[dt.date, dict[str, Row]] = {}
        self.rejected: Counter[tuple[str, str, str]] = Counter()
        self.moved = 0  # corrected purchases
        self.day = dt.date.min
        self.translations: dict[str, str] = {}

    # One business date -------------------------------------------------------------------------

    def land(self, world: World, day: dt.date) -> None:
        number = day_number(day)
        self.day = day
        _, *lines = csv.reader(io.StringIO(translation_snapshot()))
        self.translations = {line[0]: line[1] for line in lines}
        since = None if day == world.first_day else number - 1
        for table in customer_changes(world, since, number):
            for row in table.to_pylist():
                self._customer(row)
        for orders, items in order_changes(world, since, number):
            for row in orders.to_pylist():
                before = self.orders.get(row["order_id"], row)
                self.moved += before["order_purchase_timestamp"] != row["order_purchase_timestamp"]
                self.orders[row["order_id"]] = row
            for row in items.to_pylist():
                self._item(row)
        for feed, snapshot in (("products", product_snapshot), ("sellers", seller_snapshot)):
            self._snapshot(feed, snapshot(world, number))
        self._json("payments", _lines(payment_log(world, number)), self._payment)
        self._json("reviews", _lines(review_file(world, number)), self._review)
        self._json("exchange_rates", _lines(rate_log(world, number)), self._rate)
        self._json("order_events", _lines(event_file(world, number)), self._event)
        self._leads(lead_file(world, number).to_pylist())
        if day in (world.first_day, day.replace(day=1)):
            self._postal(postal_file(world, number).encode(ENCODING).decode("iso-8859-1"))
        self.accounts_on[day] = dict(self.customers)

    def _customer(self, row: Row) -> None:
        if row["customer_zip_code_prefix"] is None:
            self._reject("customers", "required")
            return
        self.versions.append(row)
        self.people.add(row["customer_unique_id"])
        self.customers[row["customer_id"]] = row

    def _item(self, row: Row) -> None:
        if Decimal(row["price"]) < 0:
            self._reject("order_items", "minimum")
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
                self._reject(feed, rule)
                continue
            seen.add(tuple(line))
            known[row[key]] = row
            self.active[feed].add(row[key])
        for member, row in known.items():
            version = member in self.active[feed], row
            if self._shown.get((feed, member)) != version:
                self._shown[feed, member] = version
                self.catalogue.append((feed, self.day, member, *version))

    def _json(self, feed: str, lines: Iterable[str], accept: Callable[[Row], str | None]) -> None:
        seen: set[str] = set()
        for line in lines:
            try:
                row = json.loads(line, parse_float=Decimal)
            except ValueError:
                self._reject(feed, "shape")
                continue
            rule = "duplicate_row" if line in seen else accept(row)
            seen.add(line)
            if rule:
                self._reject(feed, rule)

    def _reject(self, feed: str, rule: str) -> None:
        self.rejected[self.day.isoformat(), feed, rule] += 1

    def _payment(self, row: Row) -> str | None:
        if row["payment_type"] is None:
            return "required"
        if isinstance(row["payment_value"], str):
            return "type"
        if row["payment_value"] < 0:
            return "minimum"
        if row["currency"] is not None and len(row["currency"]) != 3:
            return "max_length"
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

    def _rate(self, row: Row) -> str | None:
        if row["currency"] is None:
            return "required"
        if not isinstance(row["brl_per_unit"], Decimal):
            return "type" if isinstance(row["brl_per_unit"], str) else "minimum"
        known = self.rates.get((row["currency"], row["rate_date"]), row)
        self.retold["exchange_rates"] += known["updated_at"] < row["updated_at"]
        if known["updated_at"] <= row["updated_at"]:
            self.rates[row["currency"], row["rate_date"]] = row
        return None

    def _event(self, row: Row) -> str | None:
        if row["order_id"] is None:
            return "required"
        try:
            dt.datetime.fromisoformat(row["occurred_at"])
        except ValueError:
            return "type"
        if row["event_type"] not in EVENT_TYPES:
            return "allowed_values"
        place = row["kafka_partition"], row["kafka_offset"]
        assert place not in self.offsets
        self.offsets.add(place)
        known = self.events.setdefault(row["event_id"], {**row, "told": self.day})
        self.retold["order_events"] += known["kafka_offset"] != row["kafka_offset"]
        return None

    def _leads(self, rows: list[Row]) -> None:
        seen: set[str] = set()
        for row in rows:
            if row["lead_id"] is None:
                rule: str | None = "required"
            elif row["lead_status"] not in ("contacted", "qualified", "won", "lost"):
                rule = "allowed_values"
            else:
                rule = "duplicate_row" if repr(row) in seen else None
            seen.add(repr(row))
            if rule:
                self._reject("marketing_leads", rule)
                continue
            known = self.leads.get(row["lead_id"], row)
            self.retold["marketing_leads"] += known["updated_at"] > row["updated_at"]
            if known["updated_at"] <= row["updated_at"]:
                self.leads[row["lead_id"]] = row

    def _postal(self, text: str) -> None:
        header, *lines = csv.reader(io.StringIO(text), delimiter=";")
        seen: set[tuple[str, ...]] = set()
        places: defaultdict[str, list[Row]] = defaultdict(list)
        for line in lines:
            if len(line) != len(header):
                rule: str | None = "shape"
            elif not line[4]:
                rule = "required"
            elif not line[1].lstrip("-").replace(",", "").isdigit():
                rule = "type"
            else:
                rule = "duplicate_row" if tuple(line) in seen else None
            if rule:
                self._reject("geolocation", rule)
                continue
            seen.add(tuple(line))
            latitude, longitude = (Decimal(part.replace(",", ".")) for part in line[1:3])
            places[line[0].zfill(5)].append(
                {"at": (latitude, longitude), "city": line[3], "state": line[4]}
            )
        self.points |= places


def _lines(pieces: Iterable[Any]) -> Iterator[str]:
    for piece in pieces:
        yield from piece.to_pylist()
