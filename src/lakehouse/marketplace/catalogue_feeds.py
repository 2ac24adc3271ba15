"""The catalogue's daily snapshots: products, sellers and category translations, as CSV text."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lakehouse.marketplace import catalogue, text
from lakehouse.marketplace.defects import DUPLICATE, copies
from lakehouse.marketplace.documents import cnpj_numbers
from lakehouse.marketplace.geography import CITY_NAMES, CITY_STATE, STATES, prefixes
from lakehouse.marketplace.streams import I64, below, between, draw
from lakehouse.marketplace.vocabulary import CATEGORIES, FAMILY_NAMES, SELLER_KINDS
from lakehouse.marketplace.world import World

PRODUCT_COLUMNS = (
    "product_id",
    "product_category_name",
    "product_name_lenght",
    "product_description_lenght",
    "product_photos_qty",
    "product_weight_g",
    "product_length_cm",
    "product_height_cm",
    "product_width_cm",
)
SELLER_COLUMNS = (
    "seller_id",
    "seller_zip_code_prefix",
    "seller_city",
    "seller_state",
    "seller_name",
    "seller_cnpj",
)
TRANSLATION_COLUMNS = ("product_category_name", "product_category_name_english")


@dataclass(frozen=True, slots=True)
class Measures:
    """What snapshots say of products, and the lengths of their texts. photos and the texts' lengths
    are 0, which stands for null, where there is no category."""

    name_length: I64
    text_length: I64
    photos: I64
    weight: I64
    length: I64
    height: I64
    width: I64


def product_measures(world: World, products: I64, category: I64) -> Measures:
    """Measures of products that have these categories."""
    seed = world.seed
    described = category != catalogue.NO_CATEGORY
    return Measures(
        name_length=described * between(draw(seed, "product.name_length", products), 20, 63),
        text_length=described * between(draw(seed, "product.text_length", products), 90, 2500),
        photos=described * between(draw(seed, "product.photos", products), 1, 8),
        weight=catalogue.product_weights(world, products),
        length=between(draw(seed, "product.length", products), 16, 100),
        height=between(draw(seed, "product.height", products), 2, 60),
        width=between(draw(seed, "product.width", products), 11, 70),
    )


def seller_prefixes(world: World, sellers: I64, city: I64) -> I64:
    """Postal prefix of each seller, who lives in the city."""
    return prefixes(draw(world.seed, "seller.prefix", sellers), city)


def product_snapshot(world: World, day: int) -> str:
    """The whole CSV file of that day; null is an empty field."""
    seed = world.seed
    present = catalogue.present_on(world, "product", day)
    category = catalogue.product_categories(world, present, day)
    measures = product_measures(world, present, category)
    names = [name for name, _, _, _ in CATEGORIES]
    columns: list[Sequence[object]] = [
        text.identifiers(seed, "product", present).to_pylist(),
        [names[index] if index >= 0 else "" for index in category],
        _known(measures.name_length),
        _known(measures.text_length),
        _known(measures.photos),
        measures.weight.tolist(),
        measures.length.tolist(),
        measures.height.tolist(),
        measures.width.tolist(),
    ]
    rows: list[Sequence[object]] = []
    for row, copy in zip(
        zip(*columns, strict=True), _copies(world, "products", present, day), strict=True
    ):
        rows.append(row)
        if copy == DUPLICATE:
            rows.append(row)
        elif copy == 2:
            rows.append((*row[:5], f"{row[5]} gramas", *row[6:]))
        elif copy == 3:
            rows.append(("", *row[1:]))
    return _csv(PRODUCT_COLUMNS, rows)


def seller_snapshot(world: World, day: int) -> str:
    """The whole CSV file of that day."""
    seed = world.seed
    present = catalogue.present_on(world, "seller", day)
    city = catalogue.seller_cities_of(world, present)
    prefix = seller_prefixes(world, present, city)
    kind = below(draw(seed, "seller.kind", present), len(SELLER_KINDS))
    family = below(draw(seed, "seller.family", present), len(FAMILY_NAMES))
    columns: list[Sequence[object]] = [
        text.identifiers(seed, "seller", present).to_pylist(),
        text.digits(prefix, 5).to_pylist(),
        [CITY_NAMES[index] for index in city],
        [STATES[index].code for index in CITY_STATE[city]],
        [
            f"{SELLER_KINDS[a]} {FAMILY_NAMES[b]}{', Filhos & Cia.' if b % 7 == 0 else ' Ltda.'}"
            for a, b in zip(kind, family, strict=True)
        ],
        text.digits(cnpj_numbers(present), 14).to_pylist(),
    ]
    rows: list[Sequence[object]] = []
    for row, copy in zip(
        zip(*columns, strict=True), _copies(world, "sellers", present, day), strict=True
    ):
        rows.append(row)
        if copy == DUPLICATE:
            rows.append(row)
        elif copy == 2:
            rows.append((*row[:3], "", *row[4:]))
        elif copy == 3:
            rows.append((*row, "ativo"))
    return _csv(SELLER_COLUMNS, rows)


def translation_snapshot() -> str:
    """The CSV file of every day."""
    pairs = [(name, english) for name, english, _, _ in CATEGORIES if english]
    return _csv(TRANSLATION_COLUMNS, sorted(pairs))


def snapshot_copies(world: World, feed: str, kind: catalogue.Kind, day: int) -> I64:
    """The copies that the snapshot of that day has beside its rows, see ``defects.copies``."""
    return _copies(world, feed, catalogue.present_on(world, kind, day), day)


def _copies(world: World, feed: str, present: I64, day: int) -> I64:
    return copies(world, feed, present, day)


def _known(values: I64) -> list[object]:
    return [value or "" for value in values.tolist()]


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return unicodedata.normalize("NFC", out.getvalue())
