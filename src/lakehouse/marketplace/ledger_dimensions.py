"""The ledger's figures of people, their history, the catalogue and the calendar."""

import datetime as dt
import hashlib

import numpy as np

from lakehouse.marketplace import account_history, catalogue, text
from lakehouse.marketplace.catalogue_feeds import product_measures, seller_prefixes
from lakehouse.marketplace.geography import CITY_NAMES, CITY_STATE, STATES
from lakehouse.marketplace.ledger_feeds import Places
from lakehouse.marketplace.orders import PAYMENT_TYPES
from lakehouse.marketplace.people import SECOND
from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.tally import VALUE, Codes, Tally, flags, instant_sums, text_sums
from lakehouse.marketplace.vocabulary import CATEGORIES
from lakehouse.marketplace.world import World, day_date, day_number

CALENDAR_YEARS = (2016, 2030)
"""Years that dim_dates always has; it goes on to those of the oldest purchase and the year after
the newest."""


def add_customers(
    world: World,
    day: int,
    tally: Tally,
    known: account_history.Versions,
    people: account_history.People,
    places: Places,
) -> None:
    """People as they are now, and the versions of their accounts."""
    shown = people.shown
    persons = text.identifiers(world.seed, "person", known.account[shown] % SECOND)
    tally.add(
        "customers_by_state",
        {"is_active": flags(people.active.astype(np.int64)), "state": _states(people.state)},
        {
            "customers": np.ones(len(shown), dtype=np.int64),
            "customer_key": text_sums(member_keys(persons)),
            "customer_unique_id": text_sums(persons),
            "city": text_sums(text.words(CITY_NAMES, known.city[shown])),
            "zip_code_prefix": text_sums(text.digits(known.prefix[shown], 5)),
            **_place_sums(places, known.prefix[shown]),
            "updated_at": instant_sums(known.updated[shown]),
        },
    )
    rows = len(known.account)
    tally.add(
        "customer_history",
        {},
        {
            "versions": np.ones(rows, dtype=np.int64),
            "customer_id": text_sums(text.identifiers(world.seed, "customer", known.account)),
            "customer_unique_id": text_sums(
                text.identifiers(world.seed, "person", known.account % SECOND)
            ),
            "city": text_sums(text.words(CITY_NAMES, known.city)),
            "state": text_sums(text.words([state.code for state in STATES], known.state)),
            "zip_code_prefix": text_sums(text.digits(known.prefix, 5)),
            "is_deleted": (known.deleted > 0).astype(np.int64),
            "deleted_at": instant_sums(known.deleted),
            "updated_at": instant_sums(known.updated),
        },
    )
    for as_of in sorted({world.first, max(world.first, day - 1), day}):
        live = account_history.live_accounts(known, as_of)
        tally.add(
            "customer_history",
            {"state": _states(known.state[live])},
            {"accounts": np.ones(len(live), dtype=np.int64)},
            as_of=day_date(as_of).isoformat(),
        )


def add_catalogue(world: World, day: int, tally: Tally, places: Places) -> None:
    """Products and sellers that were ever in a snapshot, as the last one with them shows them."""
    products = _ever(world, "product", day)
    category = catalogue.product_categories(world, products, day)
    measures = product_measures(world, products, category)
    names = [name for name, _, _, _ in CATEGORIES] + [None]
    english = [name or None for _, name, _, _ in CATEGORIES] + [None]
    tally.add(
        "catalogue",
        {"is_active": _present(world, "product", products, day)},
        {
            VALUE: np.ones(len(products), dtype=np.int64),
            "product_key": text_sums(
                member_keys(text.identifiers(world.seed, "product", products))
            ),
            "product_id": text_sums(text.identifiers(world.seed, "product", products)),
            "category_name_pt": text_sums(text.words(names, category % len(names))),
            "category_name_en": text_sums(text.words(english, category % len(names))),
            "photo_count": measures.photos,
            "weight_g": measures.weight,
            "length_cm": measures.length,
            "height_cm": measures.height,
            "width_cm": measures.width,
        },
        table="products",
    )
    sellers = _ever(world, "seller", day)
    city = catalogue.seller_cities_of(world, sellers)
    prefix = seller_prefixes(world, sellers, city)
    tally.add(
        "catalogue",
        {"is_active": _present(world, "seller", sellers, day)},
        {
            VALUE: np.ones(len(sellers), dtype=np.int64),
            "seller_key": text_sums(member_keys(text.identifiers(world.seed, "seller", sellers))),
            "seller_id": text_sums(text.identifiers(world.seed, "seller", sellers)),
            "city": text_sums(text.words(CITY_NAMES, city)),
            "state": text_sums(text.words([state.code for state in STATES], CITY_STATE[city])),
            "zip_code_prefix": text_sums(text.digits(prefix, 5)),
            **_place_sums(places, prefix),
        },
        table="sellers",
    )


def add_places(places: Places, tally: Tally) -> None:
    """The places of dim_geography; a table of the figure `catalogue`."""
    prefixes = text.digits(places.prefix, 5)
    tally.add(
        "catalogue",
        {"state": _states(places.state)},
        {
            VALUE: np.ones(len(places.prefix), dtype=np.int64),
            "geography_key": text_sums(member_keys(prefixes)),
            "zip_code_prefix": text_sums(prefixes),
            "city": text_sums(places.city),
            "point_count": places.point_count,
            "latitude": places.latitude,
            "longitude": places.longitude,
        },
        table="geography",
    )


def add_payment_types(tally: Tally) -> None:
    """The means of payment; a table of the figure `catalogue`."""
    names = text.words(PAYMENT_TYPES, np.arange(len(PAYMENT_TYPES), dtype=np.int64))
    tally.add(
        "catalogue",
        {},
        {
            VALUE: np.ones(len(PAYMENT_TYPES), dtype=np.int64),
            "payment_type_key": text_sums(member_keys(names)),
            "payment_type": text_sums(names),
        },
        table="payment_types",
    )


def add_dates(tally: Tally, purchase_days: I64) -> None:
    """The calendar, by year; a table of the figure `catalogue`. purchase_days: sorted."""
    import holidays  # the demonstration's, like the marketplace's sources

    oldest, newest = (day_date(number).year for number in purchase_days[[0, -1]].tolist())
    years = min(CALENDAR_YEARS[0], oldest), max(CALENDAR_YEARS[1], newest + 1)
    national = holidays.country_holidays("BR", years=range(years[0], years[1] + 1))
    first, last = day_number(dt.date(years[0], 1, 1)), day_number(dt.date(years[1], 12, 31))
    numbers = np.arange(first, last + 1, dtype=np.int64)
    dates = [day_date(number) for number in numbers.tolist()]

    def each(values: list[int]) -> I64:
        return np.array(values, dtype=np.int64)

    months = text.words([f"{date:%Y-%m}" for date in dates], numbers - first)
    tally.add(
        "catalogue",
        {"year": (each([date.year for date in dates]), str)},
        {
            VALUE: np.ones(len(dates), dtype=np.int64),
            "day_date": numbers,
            "quarter_number": each([(date.month + 2) // 3 for date in dates]),
            "month_number": each([date.month for date in dates]),
            "day_of_month": each([date.day for date in dates]),
            "iso_day_of_week": each([date.isoweekday() for date in dates]),
            "year_month": text_sums(months),
            "month_start_date": each([day_number(date.replace(day=1)) for date in dates]),
            "is_weekend": each([date.isoweekday() > 5 for date in dates]),
            "is_holiday": each([date in national for date in dates]),
            "is_business_day": each(
                [date.isoweekday() <= 5 and date not in national for date in dates]
            ),
        },
        table="dates",
    )


def _place_sums(places: Places, prefix: I64) -> dict[str, I64]:
    """What the place of each prefix adds; nothing where no list has the prefix."""
    place = np.searchsorted(places.prefix, prefix)
    is_listed = np.isin(prefix, places.prefix)

    def of_place(values: I64) -> I64:
        return np.where(is_listed, np.append(values, 0)[place], 0)

    return {
        "geography_key": np.where(is_listed, text_sums(text.digits(prefix, 5)), 0),
        "latitude": of_place(places.latitude),
        "longitude": of_place(places.longitude),
    }


def member_keys(members: text.Text) -> text.Text:
    """Keys of docs/en/business-rules.md: the MD5 of `v` and the identifier."""
    digests = [hashlib.md5(b"v" + each.encode()).hexdigest() for each in members.to_pylist()]  # noqa: S324
    return text.words(digests, np.arange(len(digests), dtype=np.int64))


def person_keys(world: World, persons: I64) -> text.Text:
    """`customer_key` of people by index."""
    return member_keys(text.identifiers(world.seed, "person", persons))


def _states(codes: I64) -> Codes:
    return codes, lambda code: STATES[code].code


def _ever(world: World, kind: catalogue.Kind, day: int) -> I64:
    return np.arange(int(catalogue.joined_count(world, kind, day)), dtype=np.int64)


def _present(world: World, kind: catalogue.Kind, indexes: I64, day: int) -> Codes:
    return flags((catalogue.removed_on(world, kind, indexes) > day).astype(np.int64))
