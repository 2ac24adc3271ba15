"""Rare events of the second day, put into raw of the base.

A small marketplace has hardly an order that is deleted, corrected or told late on a given day; a
fault that only such a row shows would survive. Each event is a raw row of a key that the first day
has, as the feed would deliver it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.athena import Athena

DAY = "2026-06-02"
_NOON = f"timestamp '{DAY} 15:00:00'"


@dataclass(frozen=True, slots=True)
class Event:
    """Rows of the newest versions of `count` keys of a feed, from the `first` on in their order.
    changes: SQL by column; `ingest_date` follows by itself, and `_source_sequence` where the feed
    does not number its rows anew. clock: the column that orders versions."""

    feed: str
    keys: tuple[str, ...]
    first: int
    count: int
    changes: dict[str, str]
    clock: str = "updated_at"


_ORDER, _ITEM = ("order_id",), ("order_id", "order_item_id")
_PAYMENT, _ACCOUNT = ("order_id", "payment_sequential"), ("customer_id",)
_LAST_ROW = {"_source_sequence": "_source_sequence + 1000000"}
"""Of a full list, which numbers its rows from one on each day, the row that counts."""
EVENTS = (
    Event("orders", _ORDER, 0, 3, {"deleted_at": _NOON, "updated_at": _NOON}),
    Event(
        "orders",
        _ORDER,
        3,
        3,
        {
            "order_purchase_timestamp": "date_add('day', -40, order_purchase_timestamp)",
            "updated_at": _NOON,
        },
    ),
    # Corrected to a later day, with all that followed.
    Event(
        "orders",
        _ORDER,
        9,
        3,
        {
            column: f"date_add('day', 40, {column})"
            for column in (
                "order_purchase_timestamp",
                "order_approved_at",
                "order_delivered_carrier_date",
                "order_delivered_customer_date",
                "order_estimated_delivery_date",
            )
        }
        | {"updated_at": _NOON},
    ),
    # A version older than the one that is known, delivered after it.
    Event(
        "orders",
        _ORDER,
        6,
        3,
        {"order_status": "'created'", "updated_at": "date_add('minute', -1, updated_at)"},
    ),
    Event("order_items", _ITEM, 20, 3, {"deleted_at": _NOON, "updated_at": _NOON}),
    Event("order_items", _ITEM, 23, 3, {"price": "price + decimal '0.37'", "updated_at": _NOON}),
    # Items of a product, and of a seller, that no catalogue has.
    Event(
        "order_items",
        _ITEM,
        26,
        3,
        {
            "product_id": "reverse(product_id)",
            "seller_id": "reverse(seller_id)",
            "updated_at": _NOON,
        },
    ),
    Event("payments", _PAYMENT, 0, 3, {"payment_value": "payment_value + 1", "updated_at": _NOON}),
    Event(
        "exchange_rates",
        ("currency", "rate_date"),
        0,
        3,
        {"brl_per_unit": "brl_per_unit + decimal '0.01'", "updated_at": _NOON},
    ),
    Event("customers", _ACCOUNT, 0, 3, {"customer_state": "'ac'", "updated_at": _NOON}),
    Event("customers", _ACCOUNT, 3, 3, {"deleted_at": _NOON, "updated_at": _NOON}),
    # An account that passes to another person.
    Event(
        "customers",
        _ACCOUNT,
        6,
        3,
        {"customer_unique_id": "reverse(customer_unique_id)", "updated_at": _NOON},
    ),
    # Versions older than those that are known, of the other feeds that have a clock.
    *(
        Event(
            feed,
            keys,
            12,
            2,
            {column: wrong, "updated_at": "date_add('minute', -1, updated_at)"},
        )
        for feed, keys, column, wrong in (
            ("order_items", _ITEM, "price", "price + 1"),
            ("payments", _PAYMENT, "payment_value", "payment_value + 1"),
            ("exchange_rates", ("currency", "rate_date"), "brl_per_unit", "brl_per_unit + 1"),
            ("customers", _ACCOUNT, "customer_city", "'outra cidade'"),
            ("marketing_leads", ("lead_id",), "origin", "'other'"),
        )
    ),
    # An event that is told again.
    Event(
        "order_events",
        ("event_id",),
        0,
        3,
        {"kafka_offset": "kafka_offset + 1000000"},
        clock="ingest_date",
    ),
    # A review that is told again and speaks for the order of another one too.
    *(
        Event(
            "reviews",
            ("review_id", "order_id"),
            0,
            2,
            {**changes, **_LAST_ROW},
            clock="ingest_date",
        )
        for changes in ({}, {"order_id": "max(order_id) over ()"})
    ),
    # What the catalogue says of a seller or a product changes, one column of each.
    *(
        Event(feed, (key,), place, 1, {column: changed, **_LAST_ROW}, clock="ingest_date")
        for feed, key, changes in (
            (
                "sellers",
                "seller_id",
                {
                    "seller_name": "'Outro Nome'",
                    "seller_cnpj": "'11.222.333/0001-81'",
                    "seller_city": "'outra cidade'",
                    "seller_state": "'ac'",
                    "seller_zip_code_prefix": "'69900'",
                },
            ),
            (
                "products",
                "product_id",
                {"product_category_name": "coalesce(product_category_name || '_2', 'outra')"}
                | {
                    f"product_{measure}": f"coalesce(product_{measure}, 0) + 1"
                    for measure in ("photos_qty", "weight_g", "length_cm", "height_cm", "width_cm")
                },
            ),
        )
        for place, (column, changed) in enumerate(changes.items())
    ),
)


def tell(athena: Athena, database: str, day: str = DAY) -> None:
    """Let every event happen in a raw database on a business date."""
    for event in EVENTS:
        columns = [
            str(name)
            for (name,) in athena.run(
                "select column_name from information_schema.columns where table_schema = "
                f"'{database}' and table_name = '{event.feed}' order by ordinal_position"
            ).rows
        ]
        told = {name: name for name in columns} | {
            "_source_sequence": "_source_sequence + 1",
            **event.changes,
            "ingest_date": f"date '{DAY}'",
        }
        keys = ", ".join(event.keys)
        told_on = (
            f"insert into {database}.{event.feed} select {', '.join(told.values())} from ("
            f"select *, row_number() over (order by {keys}) as place from ("
            f"select *, row_number() over (partition by {keys} order by {event.clock} desc, "
            f"_source_sequence desc) as age from {database}.{event.feed} "
            f"where ingest_date < date '{DAY}') where age = 1) "
            f"where place > {event.first} and place <= {event.first + event.count}"
        )
        athena.run(told_on.replace(DAY, day))
