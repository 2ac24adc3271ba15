"""The items of orders: product, seller, price, freight by distance, and what happens to them."""

from dataclasses import dataclass

import numpy as np

from lakehouse.marketplace import catalogue
from lakehouse.marketplace.geography import CITY_STATE, DISTANCES_KM
from lakehouse.marketplace.orders import APPROVED, CREATED, NEVER, Orders
from lakehouse.marketplace.streams import I64, Bools, below, between, chance, draw, pick
from lakehouse.marketplace.world import DAY, World

_COUNTS = (880, 84, 20, 10, 6)
"""Weights of orders with 1 to 5 items."""


@dataclass(frozen=True, slots=True)
class Items:
    """Items of some orders; arrays of one length. order: position in the Orders they belong to;
    number: 1, 2, … within the order; money in cents, instants in seconds."""

    order: I64
    order_index: I64
    number: I64
    product: I64
    seller: I64
    price: I64
    freight: I64
    shipping_limit: I64
    visible: I64
    repriced: I64
    """Instant at which the price changes to ``new_price``."""
    new_price: I64
    deleted: I64
    fixed: I64
    """Until then the price is shown negative; 0 for items entered well."""


@dataclass(frozen=True, slots=True)
class ItemStates:
    """What the source shows of items at an instant. rows: positions in Items; price in cents, as
    shown; deleted: 0 for live items; malformed: the price shown is negative."""

    rows: I64
    price: I64
    deleted: I64
    updated: I64
    malformed: Bools


def items_of(world: World, orders: Orders) -> Items:
    """All items that the orders ever have."""
    seed, rates = world.seed, world.rates
    counts = pick(draw(seed, "order.items", orders.index), _COUNTS) + 1
    order = np.repeat(np.arange(len(orders), dtype=np.int64), counts)
    number = np.arange(len(order), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    index, day = orders.index[order], orders.day[order]
    key = index * 8 + number

    # Later items of an order are often the same thing once more.
    same = chance(draw(seed, "item.same", key), 600_000)
    product = catalogue.sold_products(world, np.where(same, index * 8, key), day)
    choice = pick(draw(seed, "item.seller", index), (70, 20, 10))
    seller = catalogue.product_sellers(world, product, choice, day)
    listed = catalogue.product_prices(world, product)
    discount = pick(draw(seed, "item.discount", index), (60, 15, 15, 10)) * 5
    price = listed - listed * discount // 100

    from_state = CITY_STATE[catalogue.seller_cities_of(world, seller)]
    to_state = CITY_STATE[orders.customer_city[order]]
    freight = _freight(
        DISTANCES_KM[from_state, to_state], catalogue.product_weights(world, product)
    )
    freight += below(draw(seed, "item.freight", key), 250)

    visible = orders.visible[order]
    hours = pick(draw(seed, "item.limit", key), (5, 20, 30, 25, 20)) * 24 + 48
    malformed = chance(draw(seed, "item.malformed", key), rates.malformed_item_ppm)
    fixed_after = between(draw(seed, "item.fixed_after", key), 1, 5)
    fixed = (visible // DAY + fixed_after) * DAY + 9 * 3600 + visible % 7200
    repriced = ~malformed & chance(draw(seed, "item.repriced", key), rates.price_correction_ppm)
    repriced_at = visible + between(draw(seed, "item.repriced_after", key), 1800, 5 * DAY)
    gone = (
        ~malformed
        & ~repriced
        & (counts[order] > 1)
        & chance(draw(seed, "item.deleted", key), rates.deleted_item_ppm)
    )
    gone_at = visible + between(draw(seed, "item.deleted_after", key), 3600, 10 * DAY)
    return Items(
        order=order,
        order_index=index,
        number=number + 1,
        product=product,
        seller=seller,
        price=price,
        freight=freight,
        shipping_limit=_shipping_base(orders)[order] + hours * 3600,
        visible=visible,
        repriced=np.where(repriced, repriced_at, NEVER),
        new_price=np.maximum(price - price // 20 - 1, 100),
        deleted=np.where(gone, gone_at, NEVER),
        fixed=np.where(malformed, fixed, 0),
    )


def cut(items: Items, until: int) -> ItemStates:
    """What the source shows just before the instant ``until``."""
    rows = np.flatnonzero(items.visible < until)
    fixed = items.fixed[rows]
    malformed = fixed >= until
    repriced = items.repriced[rows] < until
    gone = items.deleted[rows] < until
    price = np.where(repriced, items.new_price[rows], items.price[rows])
    updated = items.visible[rows].copy()
    updated = np.where((fixed > 0) & ~malformed, fixed, updated)
    updated = np.where(repriced, items.repriced[rows], updated)
    updated = np.where(gone, items.deleted[rows], updated)
    return ItemStates(
        rows=rows,
        price=np.where(malformed, -price, price),
        deleted=np.where(gone, items.deleted[rows], 0),
        updated=updated,
        malformed=malformed,
    )


def _shipping_base(orders: Orders) -> I64:
    """Approval, or the purchase where there was none."""
    approved = orders.steps[APPROVED]
    base: I64 = np.where(approved < NEVER, approved, orders.steps[CREATED])
    return base


def _freight(km: I64, grams: I64) -> I64:
    """Cents: a base, a share by distance, a share by weight and distance."""
    cents: I64 = 690 + km * 7 // 10 + grams // 10 + grams * km // 40_000
    return cents
