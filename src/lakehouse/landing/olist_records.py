"""Olist's files as records of our contracts: what they lack is derived, or null by policy.

Derived is an order's `created_at`, which is its purchase, and `updated_at`, because Olist publishes
no time of change:
- of an order: its latest known event (purchase, approval, hand-over, delivery);
- of an account: the purchase of its order (Olist has one account an order);
- of an item or a payment: the `updated_at` of its order.
Rows whose order is not in the file take the earliest purchase of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.contracts import Contract
from lakehouse.landing.clocks import DateOrder, Int64s, parse_instants
from lakehouse.landing.olist_files import OlistFile
from lakehouse.landing.read_csv import repeated
from lakehouse.landing.records import Records

_PURCHASE = "order_purchase_timestamp"
_EVENTS = (
    _PURCHASE,
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
)
_NEVER = np.iinfo(np.int64).min


def build_records(
    contract: Contract,
    file: OlistFile,
    orders: OlistFile,
    order_dates: Mapping[str, DateOrder],
) -> Records:
    """The records of one feed; `orders` and its date orders give the times of change."""
    columns: dict[str, Any] = {}
    for column in contract.delivered:
        if column.name in file.table.column_names:
            columns[column.name] = file.table[column.name]
        else:
            columns[column.name] = pa.nulls(file.table.num_rows, pa.string())
    events = {
        name: _micros(orders.table[name], contract.format.time_zone, order_dates.get(name, "ymd"))
        for name in _EVENTS
    }
    if contract.loading.watermark is not None:
        columns[contract.loading.watermark] = _times_of_change(contract, file, orders, events)
    if contract.feed == "orders":
        columns["created_at"] = _as_text(events[_PURCHASE])
    return Records(
        columns=pa.table(columns),
        row_number=file.row_number,
        source_file=repeated(file.source_file, file.table.num_rows),
        unreadable=file.unreadable,
        ignored=file.ignored,
    )


def _times_of_change(
    contract: Contract,
    file: OlistFile,
    orders: OlistFile,
    events: Mapping[str, Int64s],
) -> Any:
    latest = np.maximum.reduce(list(events.values()))
    if contract.feed == "orders":
        return _as_text(latest)
    purchased = events[_PURCHASE]
    if contract.feed == "customers":
        key, times = "customer_id", purchased
    else:
        key, times = "order_id", latest
    positions = np.asarray(
        pc.fill_null(pc.index_in(_trimmed(file.table[key]), _trimmed(orders.table[key])), -1)
    )
    known = np.append(times, _NEVER)[positions]
    is_purchase = purchased != _NEVER
    earliest = purchased[is_purchase].min() if is_purchase.any() else _NEVER
    return _as_text(np.where(known == _NEVER, earliest, known))


def _trimmed(column: Any) -> Any:
    return pc.utf8_trim_whitespace(column.combine_chunks())


def _micros(column: Any, zone: str, order: DateOrder) -> Int64s:
    text = _trimmed(column)
    instants = parse_instants(pc.if_else(pc.equal(text, ""), None, text), zone, order)
    return np.where(instants.is_valid, instants.micros, _NEVER)


def _as_text(micros: Int64s) -> Any:
    """Instants as ISO 8601 in UTC; null where there is none."""
    is_known = micros != _NEVER
    texts = np.datetime_as_string(np.where(is_known, micros, 0).astype("datetime64[us]"))
    column = pc.binary_join_element_wise(pa.array(texts, pa.string()), "Z", "")
    return pc.if_else(pa.array(is_known), column, pa.scalar(None, pa.string()))
