"""Which delivered rows have a malformed or a repeated copy beside them.

A copy is decided by the row's own key (and the day, for snapshots, which deliver a row again and
again), so that generator and ledger agree without telling each other. Each malformed copy breaks
exactly one rule of the door.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace.rates import Rates
from lakehouse.marketplace.streams import I64, IntLike, below, draw
from lakehouse.marketplace.world import World

NONE, DUPLICATE = 0, 1


@dataclass(frozen=True, slots=True)
class Defect:
    """A way to be malformed: its name, and the rule of the door that it breaks."""

    name: str
    rule: str


PAYMENT_DEFECTS = (
    Defect("value_is_text", "type"),
    Defect("type_is_missing", "required"),
    Defect("value_is_negative", "minimum"),
    Defect("currency_is_a_word", "max_length"),
)
REVIEW_DEFECTS = (
    Defect("line_is_cut", "shape"),
    Defect("score_is_text", "type"),
    Defect("order_is_missing", "required"),
    Defect("time_is_no_time", "type"),
    Defect("score_is_too_high", "maximum"),
)
PRODUCT_DEFECTS = (
    Defect("weight_is_text", "type"),
    Defect("product_id_is_missing", "required"),
)
SELLER_DEFECTS = (
    Defect("state_is_missing", "required"),
    Defect("field_too_many", "shape"),
)
EVENT_DEFECTS = (
    Defect("line_is_cut", "shape"),
    Defect("type_is_unknown", "allowed_values"),
    Defect("order_is_missing", "required"),
    Defect("time_is_no_time", "type"),
)
LEAD_DEFECTS = (
    Defect("status_is_unknown", "allowed_values"),
    Defect("lead_is_missing", "required"),
)
RATE_DEFECTS = (
    Defect("rate_is_text", "type"),
    Defect("currency_is_missing", "required"),
    Defect("rate_is_zero", "minimum"),
)
POINT_DEFECTS = (
    Defect("latitude_is_text", "type"),
    Defect("state_is_missing", "required"),
    Defect("field_too_many", "shape"),
)
FEED_DEFECTS: dict[str, tuple[Defect, ...]] = {
    "payments": PAYMENT_DEFECTS,
    "reviews": REVIEW_DEFECTS,
    "products": PRODUCT_DEFECTS,
    "sellers": SELLER_DEFECTS,
    "order_events": EVENT_DEFECTS,
    "marketing_leads": LEAD_DEFECTS,
    "geolocation": POINT_DEFECTS,
    "exchange_rates": RATE_DEFECTS,
}


def copies(world: World, feed: str, *key: IntLike) -> I64:
    """For each row NONE, DUPLICATE, or 2 + the index of a defect in FEED_DEFECTS[feed]."""
    malformed, duplicate = _rates(world.rates, feed)
    kinds = len(FEED_DEFECTS[feed])
    value = below(draw(world.seed, f"{feed}.copy", *key), 1_000_000)
    kind = 2 + below(draw(world.seed, f"{feed}.copy_kind", *key), kinds)
    repeated = np.where(value < malformed + duplicate, DUPLICATE, NONE)
    return np.where(value < malformed, kind, repeated)


def with_copies(rows: I64, copy: I64) -> tuple[I64, I64]:
    """Rows with each one's copy after it, and the kind of each: NONE, DUPLICATE or a defect.

    A duplicate is a plain row once more, so its kind is NONE too.
    """
    times = np.where(copy != NONE, 2, 1)
    again = np.repeat(rows, times)
    kind = np.repeat(copy, times)
    first = np.ones(len(again), dtype=np.bool_)
    first[np.cumsum(times)[copy != NONE] - 1] = False
    return again, np.where(first | (kind == DUPLICATE), NONE, kind)


def rules(feed: str) -> list[str]:
    """The rule that a copy of each kind breaks, by kind - 1."""
    return ["duplicate_row"] + [defect.rule for defect in FEED_DEFECTS[feed]]


def _rates(rates: Rates, feed: str) -> tuple[int, int]:
    """Malformed and duplicate copies of a feed, in parts per million of its rows."""
    return {
        "payments": (rates.malformed_payment_ppm, rates.duplicate_payment_ppm),
        "reviews": (rates.malformed_review_ppm, rates.duplicate_review_ppm),
        "products": (rates.malformed_product_ppm, rates.duplicate_product_ppm),
        "sellers": (rates.malformed_seller_ppm, rates.duplicate_seller_ppm),
        "order_events": (rates.malformed_event_ppm, rates.duplicate_event_ppm),
        "marketing_leads": (rates.malformed_lead_ppm, rates.duplicate_lead_ppm),
        "exchange_rates": (rates.malformed_rate_ppm, rates.duplicate_rate_ppm),
        "geolocation": (rates.malformed_point_ppm, rates.duplicate_point_ppm),
    }[feed]
