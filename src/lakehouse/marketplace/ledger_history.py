"""The ledger's figures of history: versions of accounts, products and sellers, and their spans."""

import numpy as np

from lakehouse.marketplace import account_history, catalogue, text
from lakehouse.marketplace.catalogue_feeds import product_measures, seller_prefixes
from lakehouse.marketplace.geography import CITY_NAMES, CITY_STATE, STATES
from lakehouse.marketplace.ledger_dimensions import member_keys
from lakehouse.marketplace.people import SECOND
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.tally import Tally, instant_sums, text_sums
from lakehouse.marketplace.vocabulary import CATEGORIES
from lakehouse.marketplace.world import World

_CATEGORY_NAMES = [name for name, _, _, _ in CATEGORIES] + [None]


def add_account_history(world: World, tally: Tally, known: account_history.Versions) -> None:
    """Every accepted version of an account, from its own clock up to that of the next."""
    until = _next(known.account, known.updated)
    persons = text.identifiers(world.seed, "person", known.account % SECOND)
    tally.add_rows(
        "customer_history",
        {},
        "versions",
        {
            "customer_key": text_sums(member_keys(persons)),
            "customer_id": text_sums(text.identifiers(world.seed, "customer", known.account)),
            "city": text_sums(text.words(CITY_NAMES, known.city)),
            "state": text_sums(text.words([state.code for state in STATES], known.state)),
            "zip_code_prefix": text_sums(text.digits(known.prefix, 5)),
            "is_deleted": (known.deleted > 0).astype(np.int64),
            "is_current": (until == 0).astype(np.int64),
            "valid_from": instant_sums(known.updated),
            "valid_to": instant_sums(until),
        },
        table="dim_customers_history",
    )


def add_catalogue_history(world: World, day: int, tally: Tally) -> None:
    """Every version of a product and of a seller that a snapshot up to ``day`` showed."""
    products, since = _versions(world, "product", day)
    category = catalogue.product_categories(world, products, since)
    measures = product_measures(world, products, category)
    tally.add_rows(
        "catalogue_history",
        {},
        "versions",
        {
            "product_id": text_sums(text.identifiers(world.seed, "product", products)),
            "category_name_pt": text_sums(
                text.words(_CATEGORY_NAMES, category % len(_CATEGORY_NAMES))
            ),
            "photo_count": measures.photos,
            "weight_g": measures.weight,
            "length_cm": measures.length,
            "height_cm": measures.height,
            "width_cm": measures.width,
            **_spans(world, "product", products, since),
        },
        table="products",
    )
    sellers, since = _versions(world, "seller", day)
    city = catalogue.seller_cities_of(world, sellers)
    prefix = seller_prefixes(world, sellers, city)
    tally.add_rows(
        "catalogue_history",
        {},
        "versions",
        {
            "seller_id": text_sums(text.identifiers(world.seed, "seller", sellers)),
            "city": text_sums(text.words(CITY_NAMES, city)),
            "state": text_sums(text.words([state.code for state in STATES], CITY_STATE[city])),
            "zip_code_prefix": text_sums(text.digits(prefix, 5)),
            **_spans(world, "seller", sellers, since),
        },
        table="sellers",
    )


def _versions(world: World, kind: catalogue.Kind, day: int) -> tuple[I64, I64]:
    """Index and first day of each version, sorted: who joins, changes category, and leaves."""
    members = np.arange(int(catalogue.joined_count(world, kind, day)), dtype=np.int64)
    joined = np.maximum(catalogue.joined_on(world, kind, members), world.first)
    gone = catalogue.removed_on(world, kind, members)
    index, since = [members, members[gone <= day]], [joined, gone[gone <= day]]
    if kind == "product":
        moved = catalogue.recategorised_on(world, members)
        before = catalogue.product_categories(world, members, moved - 1)
        after = catalogue.product_categories(world, members, moved)
        changes = (joined < moved) & (moved < gone) & (moved <= day) & (before != after)
        index.append(members[changes])
        since.append(moved[changes])
    versions = np.stack([np.concatenate(index), np.concatenate(since)])
    order = np.lexsort((versions[1], versions[0]))
    return versions[0][order], versions[1][order]


def _spans(world: World, kind: catalogue.Kind, members: I64, since: I64) -> dict[str, I64]:
    """Whether a version is of a member that was there, and its days; 0 for one that still holds."""
    return {
        "is_active": (since < catalogue.removed_on(world, kind, members)).astype(np.int64),
        "valid_from": since,
        "valid_to": _next(members, since),
    }


def _next(keys: I64, since: I64) -> I64:
    """When the next version of the same key begins; 0 after the last one. Sorted by key."""
    until = np.zeros_like(since)
    until[:-1] = np.where(keys[1:] == keys[:-1], since[1:], 0)
    return until
