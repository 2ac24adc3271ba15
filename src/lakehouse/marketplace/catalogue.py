"""Products and sellers: who they are, when they join the catalogue and when they leave it.

Both grow with the marketplace: half of them are there when the history starts. An index below
``joined_count(day)`` has joined by that day. Nothing leaves before it has been in a snapshot.
"""

from typing import Literal

import numpy as np

from lakehouse.marketplace.geography import seller_cities
from lakehouse.marketplace.streams import I64, IntLike, below, chance, draw, pick, quantile
from lakehouse.marketplace.vocabulary import CATEGORIES
from lakehouse.marketplace.world import World

Kind = Literal["product", "seller"]

PRODUCTS_AT_SCALE_1 = 33_000
SELLERS_AT_SCALE_1 = 3_100
NO_CATEGORY = -1
_NEVER = 1 << 40

_PRICE_RATIO = (150, 260, 380, 520, 680, 850, 1000, 1180, 1420, 1800, 2600, 4300, 9000)
"""Quantiles of price to the category's median, 1000 = median."""
_WEIGHT_G = (50, 150, 250, 350, 500, 700, 1000, 1500, 2500, 5000, 12000, 30000)


def joined_count(world: World, kind: Kind, day: IntLike) -> I64:
    """Products or sellers that have joined by the end of each day."""
    age = np.maximum(np.asarray(day, dtype=np.int64) - world.start, 0)
    counts: I64 = _full(world, kind) * (world.history_days + age) // (2 * world.history_days)
    return counts


def _full(world: World, kind: Kind) -> int:
    least, at_scale_1 = (40, PRODUCTS_AT_SCALE_1) if kind == "product" else (12, SELLERS_AT_SCALE_1)
    return max(least, round(at_scale_1 * world.scale))


def joined_on(world: World, kind: Kind, indexes: I64) -> I64:
    """The day on which each product or seller joined; the world's start for the first half."""
    # The inverse of _grown: the least age with full * (H + age) // (2 H) > index.
    full = _full(world, kind)
    age = -(-(2 * world.history_days * (indexes + 1)) // full) - world.history_days
    return world.start + np.maximum(age, 0)


def removed_on(world: World, kind: Kind, indexes: I64) -> I64:
    """The day from which each product or seller is in no snapshot; far away when it stays.

    At least one day after it joined, and after the first business date: it has been in a snapshot.
    """
    rates = world.rates
    yearly = (
        rates.product_removal_per_year_ppm
        if kind == "product"
        else rates.seller_removal_per_year_ppm
    )
    # One draw over ten years: the share that goes in each of them is the yearly rate.
    days = below(draw(world.seed, f"{kind}.removed", indexes), 3650)
    goes = chance(draw(world.seed, f"{kind}.goes", indexes), 10 * yearly)
    since = np.maximum(joined_on(world, kind, indexes), world.first)
    return np.where(goes, since + 1 + days, _NEVER)


def present_on(world: World, kind: Kind, day: int) -> I64:
    """The indexes in the snapshot of that day."""
    indexes = np.arange(int(joined_count(world, kind, day)), dtype=np.int64)
    return indexes[removed_on(world, kind, indexes) > day]


def recategorised_on(world: World, products: I64) -> I64:
    """The day from which each product has its second category; far away when it keeps the first."""
    moved = chance(
        draw(world.seed, "product.recategorised", products),
        10 * world.rates.product_recategorised_per_year_ppm,
    )
    days = below(draw(world.seed, "product.recategorised_on", products), 3650)
    return np.where(moved, world.first + 1 + days, _NEVER)


def product_categories(world: World, products: I64, day: IntLike) -> I64:
    """Index into CATEGORIES, or NO_CATEGORY, in the last snapshot up to ``day`` that has the
    product."""
    last = np.minimum(day, removed_on(world, "product", products) - 1)
    weights = [weight for _, _, weight, _ in CATEGORIES]
    first = pick(draw(world.seed, "product.category", products), weights)
    without = chance(
        draw(world.seed, "product.uncategorised", products),
        world.rates.product_without_category_ppm,
    )
    first = np.where(without, NO_CATEGORY, first)
    second = pick(draw(world.seed, "product.new_category", products), weights)
    return np.where(recategorised_on(world, products) <= last, second, first)


def product_prices(world: World, products: I64) -> I64:
    """List price of each product in cents."""
    medians = np.array([median for _, _, _, median in CATEGORIES], dtype=np.int64)
    category = np.maximum(product_categories(world, products, 0), 0)
    ratio = quantile(draw(world.seed, "product.price", products), _PRICE_RATIO)
    cents = np.maximum(medians[category] * ratio // 1000, 300)
    rounded: I64 = cents // 100 * 100 + np.where(cents % 3 == 0, 99, 90)
    return rounded


def product_weights(world: World, products: I64) -> I64:
    """Weight of each product in grams."""
    return quantile(draw(world.seed, "product.weight", products), _WEIGHT_G)


def product_sellers(world: World, products: I64, choice: I64, day: I64) -> I64:
    """The seller of each product for each ``choice`` (0 to 2); one of those joined by ``day``."""
    bits = draw(world.seed, "product.seller", products, choice)
    # The later of two draws would favour the young; the product of two favours the old and big.
    count = joined_count(world, "seller", day)
    sellers = below(bits, below(draw(world.seed, "product.seller_rank", products), count) + 1)
    gone = removed_on(world, "seller", sellers) <= day
    spare = below(draw(world.seed, "product.spare_seller", products, choice), count)
    return np.where(gone, spare, sellers)


def sold_products(world: World, bits: I64, day: I64) -> I64:
    """A product for each item, popular ones more often, from those joined by ``day``.

    ``bits`` are counters that tell the items apart.
    """
    count = joined_count(world, "product", day)
    first = below(draw(world.seed, "item.product", bits), count)
    products = below(draw(world.seed, "item.popular", bits), first + 1)
    gone = removed_on(world, "product", products) <= day
    spare = below(draw(world.seed, "item.spare_product", bits), count)
    return np.where(gone, spare, products)


def seller_cities_of(world: World, sellers: I64) -> I64:
    """Index of each seller's city."""
    return seller_cities(draw(world.seed, "seller.city", sellers))
