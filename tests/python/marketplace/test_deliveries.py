import datetime as dt
import hashlib
import json
import subprocess
import sys
from collections import Counter
from typing import Any

import holidays
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace import Rates, World, deliveries
from lakehouse.marketplace.catalogue_feeds import (
    product_snapshot,
    seller_snapshot,
    translation_snapshot,
)
from lakehouse.marketplace.deliveries import (
    customer_changes,
    event_file,
    lead_file,
    order_changes,
    payment_log,
    rate_log,
    review_file,
)
from lakehouse.marketplace.demand import black_friday, first_orders, mothers_day
from lakehouse.marketplace.postal_feed import postal_file
from lakehouse.marketplace.world import day_number

SMALL = World(scale=0.01)

Rows = dict[tuple[str, ...], dict[str, Any]]


def shown(world: World, since: int | None, day: int) -> tuple[Rows, Rows, Rows]:
    """customers, orders and items that a database gets on a day, by key."""
    customers = [row for table in customer_changes(world, since, day) for row in table.to_pylist()]
    orders: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    for order_table, item_table in order_changes(world, since, day):
        orders += order_table.to_pylist()
        items += item_table.to_pylist()
    return (
        {(row["customer_id"],): row for row in customers},
        {(row["order_id"],): row for row in orders},
        {(row["order_id"], row["order_item_id"]): row for row in items},
    )


def log_of(world: World, day: int) -> list[str]:
    return [line for piece in payment_log(world, day) for line in piece.to_pylist()]


def events_of(world: World, day: int) -> list[str]:
    return [line for piece in event_file(world, day) for line in piece.to_pylist()]


def rates_of(world: World, day: int) -> list[str]:
    return [line for piece in rate_log(world, day) for line in piece.to_pylist()]


def reviews_of(world: World, day: int) -> list[str]:
    return [line for piece in review_file(world, day) for line in piece.to_pylist()]


def test_changes__day_by_day__end_in_the_state_made_from_scratch() -> None:
    tables = shown(SMALL, None, SMALL.first)
    for day in range(SMALL.first + 1, SMALL.first + 15):
        for table, changed in zip(tables, shown(SMALL, day - 1, day), strict=True):
            assert all(row["updated_at"][:10] == str(changed_day(day)) for row in changed.values())
            for key in table.keys() & changed.keys():
                assert table[key].get("created_at") == changed[key].get("created_at")
            table.update(changed)
    assert tables == shown(SMALL, None, SMALL.first + 14)


def changed_day(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


def test_changes__any_size_of_piece__gives_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_rows() -> tuple[Any, ...]:
        return shown(SMALL, None, SMALL.first), *(
            rows_of(SMALL, SMALL.first) for rows_of in (log_of, events_of)
        )

    whole = all_rows()
    monkeypatch.setattr(deliveries, "CHUNK", 37)
    assert all_rows() == whole


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    day=st.integers(0, 400),
    first=st.dates(dt.date(2022, 1, 1), dt.date(2030, 1, 1)),
)
def test_changes__any_world_and_day__refer_to_rows_that_are_there(
    seed: int, day: int, first: dt.date
) -> None:
    world = World(seed=seed, scale=0.002, first_day=first)
    customers, orders, items = shown(world, None, world.first + day)
    assert {row["customer_id"] for row in orders.values()} <= {key for (key,) in customers}
    assert {row["order_id"] for row in items.values()} == {key for (key,) in orders}
    end = f"{changed_day(world.first + day + 1)} 00:00:00"
    for rows in (customers, orders, items):
        assert all(row["updated_at"] < end for row in rows.values())
    for row in orders.values():
        assert row["order_purchase_timestamp"] <= row["created_at"] <= row["updated_at"]


def test_payment_log__ten_days__speaks_of_known_orders_in_order_of_updated_at() -> None:
    world = World(scale=0.02, seed=5)
    for day in range(world.first, world.first + 10):
        orders = {key for (key,) in shown(world, None, day)[1]}
        rows = [json.loads(line) for line in log_of(world, day)]
        assert rows
        assert {row["order_id"] for row in rows} <= orders
        times = [row["updated_at"] for row in rows]
        assert times == sorted(times)
        if day > world.first:
            assert times[0] >= f"{changed_day(day)}T03:00:00Z"
        assert times[-1] < f"{changed_day(day + 1)}T03:00:00Z"


def test_deliveries__late_rows__are_up_to_thirty_days_old_and_move_the_watermark() -> None:
    world = World(scale=0.2)
    day = world.first + 5
    _, orders, _ = shown(world, day - 1, day)
    age = [
        (changed_day(day) - dt.date.fromisoformat(row["order_purchase_timestamp"][:10])).days
        for row in orders.values()
        if row["updated_at"] != row["order_purchase_timestamp"]
        and row["order_status"] in ("created", "approved", "processing", "invoiced")
    ]
    assert age
    assert max(age) <= 45
    assert all(row["updated_at"][:10] == str(changed_day(day)) for row in orders.values())


def test_history__two_years__have_the_shape_of_a_brazilian_marketplace() -> None:
    world = World(scale=0.2)
    customers, orders, _ = shown(world, None, world.first)
    assert 19_800 <= len(orders) <= 20_200
    days = Counter(row["order_purchase_timestamp"][:10] for row in orders.values())
    friday = black_friday(2025)
    assert days.most_common(1)[0][0] == str(friday) == "2025-11-28"
    assert days[str(friday)] > 2.5 * days[str(friday - dt.timedelta(days=14))]
    first_half = sum(count for day, count in days.items() if day < "2025-06-01")
    assert first_half < 0.45 * len(orders)
    weekdays = Counter(dt.date.fromisoformat(day).weekday() for day in days.elements())
    assert weekdays[0] > 1.25 * weekdays[5]
    states = Counter(row["customer_state"].upper() for row in customers.values())
    assert len(states) == 27
    assert 0.38 < states["SP"] / len(customers) < 0.46
    people = {row["customer_unique_id"] for row in customers.values()}
    assert 0.01 < 1 - len(people) / len(customers) < 0.04


def test_history__accounts_from_before_2019__have_instants_that_clocks_showed_twice() -> None:
    customers, _, _ = shown(World(scale=0.1), None, World().first)
    hours = {row["created_at"][:13] for row in customers.values()}
    assert hours & {"2018-02-17 23", "2019-02-16 23"}
    assert not hours & {"2016-10-16 00", "2017-10-15 00", "2018-11-04 00"}


def test_reviews__late_deliveries__have_lower_scores() -> None:
    world = World(scale=0.1)
    _, orders, _ = shown(world, None, world.first)
    scores: dict[bool, list[int]] = {True: [], False: []}
    for line in reviews_of(world, world.first):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        order = orders.get((row["order"]["id"],))
        if order and order["order_delivered_customer_date"] and isinstance(row["score"], int):
            promised = order["order_estimated_delivery_date"][:10]
            scores[order["order_delivered_customer_date"][:10] > promised].append(row["score"])
    mean = {late: sum(found) / len(found) for late, found in scores.items()}
    assert mean[False] - mean[True] > 1
    assert 3.8 < sum(scores[False] + scores[True]) / len(scores[False] + scores[True]) < 4.3


def test_freight__within_a_state_and_across_the_country__follows_the_distance() -> None:
    world = World(scale=0.05)
    customers, orders, items = shown(world, None, world.first)
    state_of = {
        key[0]: customers[row["customer_id"],]["customer_state"].upper()
        for key, row in orders.items()
    }
    freight: dict[str, list[float]] = {}
    for row in items.values():
        freight.setdefault(state_of[row["order_id"]], []).append(float(row["freight_value"]))
    mean = {state: sum(values) / len(values) for state, values in freight.items()}
    assert mean["SP"] < mean["BA"] < mean["PA"]


def test_event_file__ten_days__tells_events_late_out_of_order_and_again() -> None:
    world = World(scale=0.1)
    told: dict[str, set[tuple[int, int]]] = {}
    newest: dict[str, str] = {}
    late = overtaken = 0
    for day in range(world.first, world.first + 10):
        ends: Counter[int] = Counter()
        for line in events_of(world, day):
            try:
                row = json.loads(line)
            except ValueError:
                continue
            place = row["kafka_partition"], row["kafka_offset"]
            assert ends[place[0]] <= place[1]
            ends[place[0]] = place[1]
            told.setdefault(row["event_id"], set()).add(place)
            late += row["recorded_at"][:10] > row["occurred_at"][:10]
            if row["order_id"] is not None and row["occurred_at"].startswith("20"):
                overtaken += newest.get(row["order_id"], "") > row["occurred_at"]
                newest[row["order_id"]] = max(newest.get(row["order_id"], ""), row["occurred_at"])
    assert len(told) > 5_000
    assert late > 50
    assert overtaken > 50
    again = sum(len(places) > 1 for places in told.values())
    assert 0.005 < again / len(told) < 0.015


def test_lead_file__sixty_days__tells_versions_late_and_again() -> None:
    world = World(scale=1)
    newest: dict[str, dt.datetime] = {}
    known: set[tuple[str, dt.datetime]] = set()
    overtaken = again = 0
    for day in range(world.first, world.first + 60):
        for row in lead_file(world, day).to_pylist():
            lead, updated = row["lead_id"], row["updated_at"]
            if lead is None:
                continue
            overtaken += newest.get(lead, updated) > updated
            newest[lead] = max(newest.get(lead, updated), updated)
            again += (lead, updated) in known and day > world.first
            known.add((lead, updated))
    assert overtaken > 5
    assert again > 20


def test_lead_file__won_leads__name_sellers_that_the_catalogue_has_soon() -> None:
    world = World(scale=1)
    rows = lead_file(world, world.first).to_pylist()
    won = {row["seller_id"] for row in rows if row["lead_status"] == "won"}
    _, *lines = seller_snapshot(world, world.first + 3).splitlines()
    listed = {line.split(",")[0] for line in lines}
    assert len(won) > 1_000
    assert len(won & listed) > 0.9 * len(won)  # the others left since
    others = [row for row in rows if row["lead_status"] in ("contacted", "qualified", "lost")]
    assert {row["seller_id"] for row in others} == {None}


def test_postal_file__two_lists__have_other_points_for_some_prefixes_only() -> None:
    world = World(scale=0.1)
    points: list[dict[str, set[str]]] = []
    for day in (world.first, world.first + 30):
        found: dict[str, set[str]] = {}
        for line in postal_file(world, day).splitlines()[1:]:
            prefix, latitude, longitude, *_ = line.split(";")
            found.setdefault(prefix, set()).add(f"{latitude} {longitude}")
        points.append(found)
    first, second = points
    both = first.keys() & second.keys()
    moved = sum(not first[prefix] & second[prefix] for prefix in both)
    assert 0.06 < moved / len(both) < 0.14  # each list measures a twentieth anew
    assert second.keys() - first.keys()


def test_rate_log__two_years__has_rates_of_business_days_and_revisions_a_day_after() -> None:
    # What is a holiday is asked of a published calendar, not of the generator.
    public = holidays.country_holidays("BR")
    optional = holidays.country_holidays("BR", categories=("optional",), language="pt_BR")
    world = World(rates=Rates(malformed_rate_ppm=0, duplicate_rate_ppm=0))
    told: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for day in range(world.first, world.first + 30):
        for line in rates_of(world, day):
            row = json.loads(line)
            told.setdefault((row["currency"], row["rate_date"]), []).append(row)
    days = {dt.date.fromisoformat(day) for _, day in told}
    calendar = {changed_day(number) for number in range(world.start, world.first + 30)}
    assert days & calendar == {
        day
        for day in calendar
        if day.weekday() < 5
        and day not in public
        and not optional.get(day, "").startswith(("Carnaval", "Corpus Christi"))
    }
    revised = [rows for rows in told.values() if len(rows) == 2]
    assert 0.02 < len(revised) / len(told) < 0.06
    for first, second in revised:
        after = dt.date.fromisoformat(first["rate_date"]) + dt.timedelta(days=1)
        assert second["updated_at"][:10] == str(after)
        assert second["brl_per_unit"] != first["brl_per_unit"]
    assert all(3 < row["brl_per_unit"] < 9 for rows in told.values() for row in rows)


def test_texts__reviews__are_portuguese_with_accents() -> None:
    text = "\n".join(reviews_of(SMALL, SMALL.first))
    assert all(letter in text for letter in "áãçéêíóú")


def test_demand__holidays__fall_on_their_published_days() -> None:
    # Published calendars: timeanddate.com, "Black Friday" and "Dia das Mães", read 2026-11-23.
    fridays = [black_friday(year) for year in (2022, 2023, 2024, 2025, 2026)]
    assert [str(day) for day in fridays] == [
        "2022-11-25", "2023-11-24", "2024-11-29", "2025-11-28", "2026-11-27",
    ]  # fmt: skip
    assert [str(mothers_day(year)) for year in (2024, 2025, 2026)] == [
        "2024-05-12", "2025-05-11", "2026-05-10",
    ]  # fmt: skip


def test_demand__scale_1__is_a_hundred_thousand_orders_in_the_history() -> None:
    world = World(scale=1)
    assert int(first_orders(world, world.first + 1)[-1]) == 100_000


def digest(world: World) -> str:
    found = hashlib.sha256()
    for day in (world.first, world.first + 1):
        since = None if day == world.first else day - 1
        for table in customer_changes(world, since, day):
            found.update(repr(table.to_pylist()).encode())
        for tables in order_changes(world, since, day):
            for table in tables:
                found.update(repr(table.to_pylist()).encode())
        for snapshot in (product_snapshot, seller_snapshot, postal_file):
            found.update(snapshot(world, day).encode())
        lines = [
            *log_of(world, day),
            *reviews_of(world, day),
            *events_of(world, day),
            *rates_of(world, day),
        ]
        for line in [*lines, translation_snapshot(), repr(lead_file(world, day).to_pylist())]:
            found.update(line.encode())
    return found.hexdigest()


def test_deliveries__another_process__has_the_same_bytes() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/python/marketplace'); "
        "from test_deliveries import World, digest; print(digest(World(seed=9, scale=0.001)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"},
        cwd=str(__file__).split("/tests/python/")[0],
    )
    assert answer.stdout.strip() == digest(World(seed=9, scale=0.001))


def test_deliveries__another_seed__has_other_rows() -> None:
    assert log_of(World(scale=0.002), SMALL.first) != log_of(
        World(seed=43, scale=0.002), SMALL.first
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0}, "scale must be above 0"),
        ({"seed": -1}, "seed must not be negative"),
        ({"first_day": dt.date(2019, 1, 1)}, "must lie in 2022 to 2099"),
    ],
)
def test_world__impossible_settings__are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(MarketplaceError, match=message):
        World(**arguments)


def test_customer_changes__columns__are_all_text() -> None:
    table = next(customer_changes(SMALL, None, day_number(SMALL.first_day)))
    assert set(table.schema.types) == {pa.string()}


@pytest.mark.parametrize("history_days", [1, 1_300, 4_000, 13_000, 20_604])
def test_customers__a_history_of_any_length__registered_on_days_of_the_calendar(
    history_days: int,
) -> None:
    """Also where the history begins before the marketplace opened otherwise, in September 2016."""
    world = World(scale=0.0005, history_days=history_days, is_steady=True)
    customers, _, _ = shown(world, None, day_number(world.first_day))
    created = [
        dt.datetime.fromisoformat(str(row["created_at"])).date() for row in customers.values()
    ]
    assert dt.date(1970, 1, 1) <= min(created)
    assert max(created) <= world.first_day
    start = world.first_day - dt.timedelta(days=history_days)
    assert sum(day <= start for day in created) >= 15
