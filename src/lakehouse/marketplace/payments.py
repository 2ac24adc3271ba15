"""What the payment gateway reports: an ever growing log of payments and their corrections."""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace.exchange import BRL, LIST_RATES, UNIT
from lakehouse.marketplace.items import Items
from lakehouse.marketplace.orders import (
    APPROVED,
    CANCELED,
    CREDIT_CARD,
    NEVER,
    NOT_DEFINED,
    VOUCHER,
    Orders,
)
from lakehouse.marketplace.streams import I64, between, chance, draw, pick
from lakehouse.marketplace.world import DAY, World

_INSTALLMENTS = (500, 120, 100, 70, 50, 40, 16, 42, 6, 56)
"""Weights of 1 to 10 instalments on a credit card."""
_CURRENCIES = (9_595, 270, 135)
"""Weights of BRL, USD and EUR among payments by credit card, which most payments are."""


@dataclass(frozen=True, slots=True)
class Payments:
    """Reports of payments, in no order; arrays of one length. order: position in the Orders;
    sequence: 1, 2 within the order; version: 0, or 1 for the correction; currency: index into
    CURRENCIES; value: in cents of the currency; at: the
    instant of the report, which is its ``updated_at``."""

    order: I64
    order_index: I64
    sequence: I64
    version: I64
    payment_type: I64
    installments: I64
    currency: I64
    value: I64
    at: I64


def payments_of(world: World, orders: Orders, items: Items) -> Payments:
    """All reports on the payments of the orders."""
    seed, rates = world.seed, world.rates
    total = np.bincount(
        items.order, weights=items.price + items.freight, minlength=len(orders)
    ).astype(np.int64)
    index = orders.index
    approved = orders.steps[APPROVED]
    paid = (approved < NEVER) & (approved < orders.deleted)
    split = (
        paid
        & (orders.payment_type == CREDIT_CARD)
        & chance(draw(seed, "payment.split", index), 40_000)
    )
    voucher = np.where(
        split, total * between(draw(seed, "payment.voucher", index), 10, 60) // 100, 0
    )
    refused = (
        ~paid
        & (orders.steps[CANCELED] < orders.deleted)
        & chance(draw(seed, "payment.undefined", index), 300_000)
    )

    first = np.flatnonzero(paid | refused)
    second = np.flatnonzero(split)
    order = np.concatenate([first, second])
    sequence = np.concatenate([np.full(len(first), 1), np.full(len(second), 2)]).astype(np.int64)
    kind = np.where(
        sequence == 2, VOUCHER, np.where(refused[order], NOT_DEFINED, orders.payment_type[order])
    )
    value = np.where(sequence == 2, voucher[order], total[order] - voucher[order])
    value = np.where(refused[order], 0, value)
    foreign = pick(draw(seed, "payment.currency", index), _CURRENCIES)
    currency = np.where(kind == CREDIT_CARD, foreign[order], BRL)
    value = value * UNIT // np.array(LIST_RATES, dtype=np.int64)[currency]
    event = np.where(refused, orders.steps[CANCELED], approved)[order]
    at = np.maximum(event, orders.visible[order])
    key = index[order] * 4 + sequence
    installments = np.where(
        kind == CREDIT_CARD, pick(draw(seed, "payment.installments", key), _INSTALLMENTS) + 1, 1
    )

    wrong = (kind != NOT_DEFINED) & chance(
        draw(seed, "payment.wrong", key), rates.payment_correction_ppm
    )
    excess = between(draw(seed, "payment.excess", key), 1, 2000)
    quick = chance(draw(seed, "payment.quick", key), 500_000)
    later = between(draw(seed, "payment.later", key), 600, np.where(quick, 2 * 3600, 3 * DAY))
    fixes = np.flatnonzero(wrong)

    def both(values: I64) -> I64:
        return np.concatenate([values, values[fixes]])

    return Payments(
        order=both(order),
        order_index=index[both(order)],
        sequence=both(sequence),
        version=np.concatenate([np.zeros(len(order)), np.ones(len(fixes))]).astype(np.int64),
        payment_type=both(kind),
        installments=both(installments),
        currency=both(currency),
        value=np.concatenate([np.where(wrong, value + excess, value), value[fixes]]),
        at=np.concatenate([at, (at + later)[fixes]]),
    )
