"""The ledger's figures by hand, from delivered rows alone: half of an independent reading.

A small warehouse in plain Python: it knows docs/en/business-rules.md and nothing of how the
marketplace is generated.
"""

import datetime as dt
import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dateutil.easter import easter
from stdnum.br import cnpj

from tests.python.marketplace.delivered import SAO_PAULO, Delivered, Row
from tests.python.marketplace.marts import Marts
from tests.python.marketplace.metrics_by_hand import Sale, metrics_of

UTC_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Warehouse(Delivered):
    """What was delivered and accepted so far, and the figures that follow from it."""

    def figures(self, as_of: Iterable[dt.date]) -> dict[tuple[str, frozenset[Any]], Decimal]:
        self._sums: defaultdict[tuple[str, frozenset[Any]], Decimal] = defaultdict(Decimal)
        self._days: set[str] = set()
        self._asked: list[Sale] = []
        self._sales()
        for value, grain in metrics_of(self._asked):
            self._add("metrics", value, **grain)
        accounts = self.customers.values()
        alive = {row["customer_unique_id"] for row in accounts if row["deleted_at"] is None}
        for person, account in self._person_accounts().items():
            self._row(
                "customers_by_state",
                {
                    "state": account["customer_state"].upper(),
                    "is_active": "true" if person in alive else "false",
                },
                customers=1,
                customer_key=_key(person),
                customer_unique_id=person,
                city=account["customer_city"],
                zip_code_prefix=account["customer_zip_code_prefix"],
                **self._place(account["customer_zip_code_prefix"]),
                updated_at=_instant(account["updated_at"]),
            )
        for row in self.versions:
            self._row(
                "customer_history",
                {},
                versions=1,
                customer_id=row["customer_id"],
                customer_unique_id=row["customer_unique_id"],
                city=row["customer_city"],
                state=row["customer_state"].upper(),
                zip_code_prefix=row["customer_zip_code_prefix"],
                is_deleted=row["deleted_at"] is not None,
                deleted_at=_instant(row["deleted_at"]),
                updated_at=_instant(row["updated_at"]),
            )
        self._history()
        for day in as_of:
            for row in self.accounts_on[day].values():
                if row["deleted_at"] is None:
                    state = row["customer_state"].upper()
                    grain = {"measure": "accounts", "as_of": day.isoformat(), "state": state}
                    self._add("customer_history", 1, **grain)
        self._catalogue()
        self._calendar()
        self._events_and_leads()
        self._map()
        for (currency, day_text), row in self.rates.items():
            self._fact(
                "exchange_rates",
                {"currency": currency},
                "rates",
                rate_date=dt.date.fromisoformat(day_text),
                rate=int(row["brl_per_unit"] * 10**8),
                updated_at=dt.datetime.fromisoformat(row["updated_at"]),
            )
        Marts(self._add, self._row, self._fact).read(self, self._person_accounts())
        for (day_text, feed, rule), count in self.rejected.items():
            self._add("rejected_rows", count, day=day_text, feed=feed, rule=rule)
        return {key: value for key, value in self._sums.items() if value}

    def _history(self) -> None:
        following: dict[tuple[str, str], Any] = {}
        for row in reversed(self.versions):
            until = following.get(("accounts", row["customer_id"]))
            following["accounts", row["customer_id"]] = since = _instant(row["updated_at"])
            self._version(
                "customer_history",
                "dim_customers_history",
                customer_key=_key(row["customer_unique_id"]),
                customer_id=row["customer_id"],
                city=row["customer_city"],
                state=row["customer_state"].upper(),
                zip_code_prefix=row["customer_zip_code_prefix"],
                is_deleted=row["deleted_at"] is not None,
                is_current=until is None,
                valid_from=since,
                valid_to=until,
            )
        for feed, day, member, is_active, row in reversed(self.catalogue):
            until = following.get((feed, member))
            following[feed, member] = day
            own = (
                {
                    "product_id": member,
                    "category_name_pt": row["product_category_name"] or None,
                    "photo_count": int(row["product_photos_qty"] or 0),
                    "weight_g": int(row["product_weight_g"]),
                    "length_cm": int(row["product_length_cm"]),
                    "height_cm": int(row["product_height_cm"]),
                    "width_cm": int(row["product_width_cm"]),
                }
                if feed == "products"
                else {
                    "seller_id": member,
                    "city": row["seller_city"],
                    "state": row["seller_state"],
                    "zip_code_prefix": row["seller_zip_code_prefix"],
                }
            )
            span = {"is_active": is_active, "valid_from": day, "valid_to": until}
            self._version("catalogue_history", feed, **own, **span)

    def _version(self, figure: str, table: str, **columns: Any) -> None:
        self._fact(figure, {"table": table}, "versions", **columns)

    def _events_and_leads(self) -> None:
        for row in self.events.values():
            occurred = dt.datetime.fromisoformat(row["occurred_at"])
            day = occurred.astimezone(SAO_PAULO).date().isoformat()
            self._row(
                "order_events_by_type",
                {"day": day, "event_type": row["event_type"]},
                events=1,
                event_id=row["event_id"],
                order_id=row["order_id"],
                occurred_at=occurred,
                recorded_at=dt.datetime.fromisoformat(row["recorded_at"]),
                kafka_partition=row["kafka_partition"],
            )
        for row in self.leads.values():
            told = {name: row[name] for name in ("lead_id", "landing_page_id", "business_segment")}
            phone = _phone(row["contact_phone"])
            company = "".join(c for c in row["company_cnpj"] if c.isdigit())
            company = company if cnpj.is_valid(company) else ""
            clocks = ("contacted_at", "qualified_at", "won_at", "lost_at", "updated_at")
            self._fact(
                "leads_by_status",
                {"origin": row["origin"], "lead_status": row["lead_status"]},
                "leads",
                **told,
                contact_name=row["contact_name"],
                contact_email=row["contact_email"].strip().lower(),
                contact_phone=phone,
                company_cnpj=company or None,
                phones_mistyped=phone is None,
                cnpjs_mistyped=not company,
                seller_id=row["seller_id"],
                contact_date_br=row["contacted_at"].astimezone(SAO_PAULO).date(),
                **{name: row[name] for name in clocks},
            )
            contacted = row["contacted_at"].astimezone(SAO_PAULO).date()
            self._fact(
                "leads_by_status",
                {
                    "table": "fct_marketing_leads",
                    "origin": row["origin"],
                    "lead_status": row["lead_status"],
                },
                "leads",
                lead_id=row["lead_id"],
                business_segment=row["business_segment"],
                seller_id=row["seller_id"],
                seller_key=row["seller_id"],
                contact_date_br=contacted,
                contact_month=contacted.replace(day=1),
                is_qualified=row["qualified_at"] is not None,
                is_won=row["won_at"] is not None,
                **{name: row[name] for name in clocks[:-1]},
            )

    def _map(self) -> None:
        for prefix, points in self.points.items():
            place = self._place(prefix)
            cities = Counter(point["city"] for point in points)
            columns = {
                "zip_code_prefix": prefix,
                "city": min(cities, key=lambda city: (-cities[city], city)),
                "point_count": len(_inside(points)),
                "latitude": place["latitude"],
                "longitude": place["longitude"],
            }
            grain = {"state": points[0]["state"]}
            self._fact("geolocation_by_state", grain, "prefixes", **columns)
            grain["table"] = "geography"
            self._add("catalogue", 1, **grain)
            self._row("catalogue", grain, geography_key=_key(prefix), **columns)

    def _place(self, prefix: str) -> dict[str, Any]:
        """What a customer or a seller shows of the place of its prefix, if a list has it."""
        inside = _inside(self.points.get(prefix, []))
        middle = (len(inside) - 1) // 2
        latitude, longitude = (
            sorted(at[axis] for at in inside)[middle] if inside else Decimal(0) for axis in (0, 1)
        )
        return {
            "geography_key": prefix if prefix in self.points else None,
            "latitude": int(round(latitude, 6) * 10**6),
            "longitude": int(round(longitude, 6) * 10**6),
        }

    def _catalogue(self) -> None:
        for key, row in self.products.items():
            active = "true" if key in self.active["products"] else "false"
            grain = {"table": "products", "is_active": active}
            name = row["product_category_name"]
            self._add("catalogue", 1, **grain)
            self._row(
                "catalogue",
                grain,
                product_key=_key(key),
                product_id=key,
                category_name_pt=name or None,
                category_name_en=self.translations.get(name),
                photo_count=int(row["product_photos_qty"] or 0),
                weight_g=int(row["product_weight_g"]),
                length_cm=int(row["product_length_cm"]),
                height_cm=int(row["product_height_cm"]),
                width_cm=int(row["product_width_cm"]),
            )
        for key, row in self.sellers.items():
            active = "true" if key in self.active["sellers"] else "false"
            grain = {"table": "sellers", "is_active": active}
            self._add("catalogue", 1, **grain)
            self._row(
                "catalogue",
                grain,
                seller_key=_key(key),
                seller_id=key,
                city=row["seller_city"],
                state=row["seller_state"],
                zip_code_prefix=row["seller_zip_code_prefix"],
                **self._place(row["seller_zip_code_prefix"]),
            )

        for name in ("boleto", "credit_card", "debit_card", "not_defined", "voucher"):
            self._add("catalogue", 1, table="payment_types")
            key = _key(name)
            grain = {"table": "payment_types"}
            self._row("catalogue", grain, payment_type=name, payment_type_key=key)

    def _calendar(self) -> None:
        purchases = [order["order_purchase_timestamp"] for order in self.orders.values()]
        first, last = int(min(purchases)[:4]), int(max(purchases)[:4]) + 1
        day = dt.date(min(first, 2016), 1, 1)
        while day.year <= max(last, 2030):
            grain = {"table": "dates", "year": str(day.year)}
            self._add("catalogue", 1, **grain)
            self._row(
                "catalogue",
                grain,
                day_date=day,
                quarter_number=-(-day.month // 3),
                month_number=day.month,
                day_of_month=day.day,
                iso_day_of_week=day.isoweekday(),
                year_month=day.isoformat()[:7],
                month_start_date=dt.date(day.year, day.month, 1),
                is_weekend=day.weekday() in (5, 6),
                is_holiday=_is_holiday(day),
                is_business_day=day.weekday() < 5 and not _is_holiday(day),
            )
            day += dt.timedelta(days=1)

    def _add(self, figure: str, value: Any, **grain: str) -> None:
        self._sums[figure, frozenset(grain.items())] += value

    def _row(self, figure: str, grain: dict[str, str], **columns: Any) -> None:
        """Add each column of a row as docs/en/business-rules.md says that it enters a sum."""
        for measure, value in columns.items():
            self._add(figure, _number(value), **grain, measure=measure)

    def _fact(self, figure: str, grain: dict[str, str], count: str, **columns: Any) -> None:
        """A row of a fact: counted, its columns added, and tied together."""
        self._row(figure, grain, **{count: 1}, **columns)
        self._add(figure, _checksum(columns), **grain, measure="row_checksum")

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

    def _in_brl(self, payment: Row, day: str) -> tuple[Decimal, Decimal]:
        """The rate of the day of purchase, or of the latest day before, and the amount at it."""
        currency = payment["currency"] or "BRL"
        if currency == "BRL":
            return Decimal(1), payment["payment_value"]
        quoted = dt.date.fromisoformat(day)
        while (currency, quoted.isoformat()) not in self.rates:
            quoted -= dt.timedelta(days=1)
        rate: Decimal = self.rates[currency, quoted.isoformat()]["brl_per_unit"]
        cents = (payment["payment_value"] * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return rate, cents

    def _order(
        self, order: Row, state: str, items: list[Row], payments: list[Row], reviews: list[Row]
    ) -> None:
        status, day = order["order_status"], order["order_purchase_timestamp"][:10]
        price = sum((Decimal(i["price"]) for i in items), Decimal(0))
        freight = sum((Decimal(i["freight_value"]) for i in items), Decimal(0))
        priced = [(p, *self._in_brl(p, day)) for p in payments]
        paid = sum((brl for _, _, brl in priced), Decimal(0))
        sale = status not in ("canceled", "unavailable")
        self._add("orders_by_status", 1, day=day, order_status=status)
        self._add("items_brl_by_status", price, day=day, order_status=status)
        self._add("orders_by_customer_state", 1, state=state)
        self._add("gmv_by_customer_state", price if sale else 0, state=state)
        names = {self.products[i["product_id"]]["product_category_name"] or "(none)" for i in items}
        for name in names:
            self._add("gmv_by_category", 1, category=name, measure="orders")
        for item in items:
            name = self.products[item["product_id"]]["product_category_name"] or "(none)"
            self._add("gmv_by_category", Decimal(item["price"]) if sale else 0, category=name)
        bought = _instant(order["order_purchase_timestamp"])
        columns = {
            "item_count": len(items),
            "gmv_brl": price if sale else Decimal(0),
            "order_total_brl": price + freight,
            "payments_brl": paid,
        }
        sales = {
            **columns,
            "counts_as_sale": sale,
            "items_brl": price,
            "freight_brl": freight,
            "order_id": order["order_id"],
            "customer_unique_id": self.customers[order["customer_id"]]["customer_unique_id"],
            "purchase_date_br": dt.date.fromisoformat(day),
            "purchased_at": bought,
            "approved_at": _instant(order["order_approved_at"]),
            "delivered_to_carrier_at": _instant(order["order_delivered_carrier_date"]),
        }
        self._row("sales_by_purchase_day", {"day": day}, orders=1, **sales)
        for item in items:
            self._fact(
                "order_items_by_purchase_day",
                {"day": day},
                "items",
                price_brl=Decimal(item["price"]),
                freight_brl=Decimal(item["freight_value"]),
                order_id=item["order_id"],
                order_item_number=int(item["order_item_id"]),
                product_id=item["product_id"],
                product_key=item["product_id"],
                seller_id=item["seller_id"],
                seller_key=item["seller_id"],
                purchase_date_br=dt.date.fromisoformat(day),
                purchased_at=bought,
                shipping_limit_at=_instant(item["shipping_limit_date"]),
            )
        for payment, rate, brl in priced:
            self._fact(
                "payments_by_type",
                {"day": day, "payment_type": payment["payment_type"]},
                "payments",
                amount_brl=brl,
                amount=int(payment["payment_value"] * 100),
                currency=payment["currency"] or "BRL",
                rate=int(rate * 10**8),
                installments=payment["payment_installments"],
                order_id=payment["order_id"],
                payment_sequence=payment["payment_sequential"],
                payment_type_key=payment["payment_type"],
                purchase_date_br=dt.date.fromisoformat(day),
                purchased_at=bought,
            )
        score = (
            max(reviews, key=lambda row: (row["at"], row["review_id"]))["score"] if reviews else 0
        )
        if reviews:
            self._add("reviews_by_score", 1, day=day, review_score=str(score))
        arrived, promised = (
            order["order_delivered_customer_date"],
            order["order_estimated_delivery_date"],
        )
        late = arrived is not None and arrived[:10] > promised[:10]
        took = (
            dt.date.fromisoformat(arrived[:10]) - dt.date.fromisoformat(day)
            if arrived
            else dt.timedelta()
        )
        deliveries = {
            "delivered": arrived is not None,
            "late": late,
            "on_time": arrived is not None and arrived[:10] <= promised[:10],
            "delivery_days": took.days,
            "delivered_at": _instant(arrived),
            "delivered_date_br": dt.date.fromisoformat(arrived[:10]) if arrived else None,
            "estimated_delivery_date": dt.date.fromisoformat(promised[:10]),
        }
        self._row(
            "deliveries_by_purchase_day",
            {"day": day},
            with_delivery_days=arrived is not None,
            **deliveries,
        )
        self._asked.append(
            Sale(
                day=day,
                state=state,
                person=self.customers[order["customer_id"]]["customer_unique_id"],
                status=status,
                days=took.days if arrived else None,
                late=late,
                score=score if reviews else None,
                items=[
                    (
                        self.products[item["product_id"]]["product_category_name"] or "(none)",
                        Decimal(item["price"]),
                        Decimal(item["freight_value"]),
                    )
                    for item in items
                ],
                payments=[(brl, p["payment_installments"]) for p, _, brl in priced],
            )
        )
        whole = sales | deliveries | {"order_status": status, "review_score": score}
        self._add("sales_by_purchase_day", _checksum(whole), day=day, measure="row_checksum")
        daily = {"table": "agg_sales_daily", "day": day}
        if day not in self._days:
            self._days.add(day)
            weekend = dt.date.fromisoformat(day).weekday() in (5, 6)
            self._row(
                "sales_by_purchase_day", daily, days=1, year_month=day[:7], is_weekend=weekend
            )
        self._row(
            "sales_by_purchase_day",
            daily,
            order_count=1,
            delivered_count=arrived is not None,
            late_count=late,
            **columns,
        )


def _key(member: str) -> str:
    return hashlib.md5(f"v{member}".encode()).hexdigest()


def _inside(points: list[Row]) -> list[tuple[Decimal, Decimal]]:
    """The points that lie in Brazil."""
    return [
        point["at"]
        for point in points
        if -34 < point["at"][0] < Decimal("5.28") and -74 < point["at"][1] < -28
    ]


def _instant(clock: str | None) -> dt.datetime | None:
    """A clock of the order management; the first offset in the hour that came twice."""
    return dt.datetime.fromisoformat(clock).replace(tzinfo=SAO_PAULO) if clock else None


def _phone(typed: str) -> str | None:
    """A Brazilian phone by E.164: area code and number, whatever stands before them."""
    digits = "".join(c for c in typed if c.isdigit()).removeprefix("00")
    if len(digits) > 11 and digits.startswith("55"):
        digits = digits[2:]
    digits = digits.lstrip("0")
    return f"+55{digits}" if len(digits) in (10, 11) else None


def _is_holiday(day: dt.date) -> bool:
    """Whether Brazil's laws 662/1949, 6.802/1980 and 14.759/2023 make it one; or Good Friday."""
    fixed = {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)}
    if day.year >= 2024:
        fixed.add((11, 20))
    return (day.month, day.day) in fixed or day == easter(day.year) - dt.timedelta(days=2)


def _number(value: Any) -> Any:
    """How a value enters a sum."""
    if value is None:
        return 0
    if isinstance(value, str):
        return zlib.crc32(value.encode())
    if isinstance(value, dt.datetime):
        return (value - UTC_EPOCH) // dt.timedelta(milliseconds=1)
    if isinstance(value, dt.date):
        return (value - UTC_EPOCH.date()).days
    return int(value) if isinstance(value, bool) else value


def _checksum(columns: dict[str, Any]) -> int:
    """The CRC-32 of a row's numbers, money in cents, in the order of the columns' names."""
    values = [_number(columns[name]) for name in sorted(columns)]
    cents = [int(value * 100) if isinstance(value, Decimal) else value for value in values]
    return zlib.crc32("|".join(map(str, cents)).encode())


def _rank(row: Row) -> tuple[bool, str, str]:
    return row["deleted_at"] is None, row["updated_at"], row["customer_id"]
