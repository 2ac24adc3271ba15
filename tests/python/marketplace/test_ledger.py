import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace import Rates, World, ledger, write_ledger

BUSY = Rates(
    second_account_ppm=200_000,
    moves_per_account_year_ppm=3_000_000,
    contact_changes_per_account_year_ppm=2_000_000,
    account_deletions_per_year_ppm=1_000_000,
    late_order_ppm=150_000,
    canceled_ppm=60_000,
    unavailable_ppm=60_000,
    lost_ppm=40_000,
    postponed_ppm=150_000,
    purchase_correction_ppm=700_000,
    deleted_order_ppm=100_000,
    deleted_item_ppm=300_000,
    price_correction_ppm=200_000,
    payment_correction_ppm=200_000,
    unnamed_currency_ppm=300_000,
    review_edit_ppm=250_000,
    second_review_ppm=200_000,
    late_review_ppm=200_000,
    unanswered_time_ppm=200_000,
    product_removal_per_year_ppm=90_000,
    seller_removal_per_year_ppm=90_000,
    product_recategorised_per_year_ppm=95_000,
    product_without_category_ppm=100_000,
    lower_case_state_ppm=100_000,
    late_event_ppm=200_000,
    repeated_event_ppm=200_000,
    revised_rate_ppm=300_000,
    late_lead_ppm=300_000,
    repeated_lead_ppm=200_000,
    mistyped_cnpj_ppm=200_000,
    mistyped_phone_ppm=200_000,
    point_outside_ppm=300_000,
    prefix_without_point_ppm=100_000,
    prefix_moved_per_delivery_ppm=400_000,
    malformed_move_ppm=300_000,
    malformed_item_ppm=200_000,
    malformed_payment_ppm=100_000,
    malformed_review_ppm=100_000,
    malformed_event_ppm=50_000,
    malformed_lead_ppm=100_000,
    malformed_point_ppm=50_000,
    malformed_rate_ppm=200_000,
    malformed_product_ppm=50_000,
    malformed_seller_ppm=50_000,
    duplicate_payment_ppm=100_000,
    duplicate_review_ppm=100_000,
    duplicate_event_ppm=50_000,
    duplicate_lead_ppm=100_000,
    duplicate_point_ppm=100_000,
    duplicate_rate_ppm=200_000,
    duplicate_product_ppm=50_000,
    duplicate_seller_ppm=50_000,
)
"""Everything happens often, so that a small world has every case."""


def days_of(world: World, count: int) -> list[dt.date]:
    return [world.first_day + dt.timedelta(days=offset) for offset in range(count)]


def as_values(world: World, day: dt.date) -> dict[tuple[str, frozenset[Any]], Decimal]:
    figures = ledger(world, day)
    values = {(f.figure, frozenset(f.grain.items())): Decimal(f.value) for f in figures}
    assert len(values) == len(figures)
    return values


@pytest.mark.parametrize(
    "world",
    [
        World(scale=0.003, rates=BUSY),
        World(scale=0.003, seed=7, rates=BUSY, first_day=dt.date(2025, 11, 26)),
        World(scale=0.01),
    ],
    ids=["busy", "busy over Black Friday", "demonstration"],
)
def test_ledger__ten_days__equals_an_independent_reading_of_the_deliveries(
    world: World, warehouse: Any
) -> None:
    days = days_of(world, 10)
    for position, day in enumerate(days):
        warehouse.land(world, day)
        if position not in (0, 1, 4, 9):
            continue
        as_of = {days[0], days[max(0, position - 1)], day}
        read = warehouse.figures(as_of)
        written = as_values(world, day)
        different = {
            key: (written.get(key), read.get(key))
            for key in written.keys() | read.keys()
            if written.get(key, 0) != read.get(key, 0)
        }
        assert different == {}, day


def test_ledger__busy_days__has_every_kind_of_row(warehouse: Any) -> None:
    world = World(scale=0.004, rates=BUSY)
    for day in days_of(world, 6):
        warehouse.land(world, day)
    assert {rule for _, feed, rule in warehouse.rejected if feed == "reviews"} == {
        "shape",
        "required",
        "type",
        "maximum",
        "duplicate_row",
    }
    assert {(feed, rule) for _, feed, rule in warehouse.rejected} >= {
        ("customers", "required"),
        ("order_items", "minimum"),
        ("payments", "required"),
        ("payments", "type"),
        ("payments", "minimum"),
        ("payments", "max_length"),
        ("payments", "duplicate_row"),
        ("products", "type"),
        ("products", "required"),
        ("products", "duplicate_row"),
        ("sellers", "required"),
        ("sellers", "shape"),
        ("sellers", "duplicate_row"),
        ("order_events", "shape"),
        ("order_events", "required"),
        ("order_events", "type"),
        ("order_events", "allowed_values"),
        ("order_events", "duplicate_row"),
        ("exchange_rates", "required"),
        ("exchange_rates", "type"),
        ("exchange_rates", "minimum"),
        ("exchange_rates", "duplicate_row"),
        ("marketing_leads", "required"),
        ("marketing_leads", "allowed_values"),
        ("marketing_leads", "duplicate_row"),
        ("geolocation", "shape"),
        ("geolocation", "required"),
        ("geolocation", "type"),
        ("geolocation", "duplicate_row"),
    }
    assert warehouse.retold["order_events"] > 0
    assert warehouse.retold["exchange_rates"] > 0
    paid_in = {row["currency"] for row in warehouse.payments.values()}
    assert paid_in == {None, "BRL", "USD", "EUR"}
    assert any(row["deleted_at"] for row in warehouse.customers.values())
    assert any(row["deleted_at"] for row in warehouse.orders.values())
    assert any(row["deleted_at"] for row in warehouse.items.values())
    assert warehouse.moved > 0
    statuses = {row["order_status"] for row in warehouse.orders.values()}
    assert statuses >= {"created", "shipped", "delivered", "canceled", "unavailable"}


def test_ledger__parts__add_up_to_the_whole() -> None:
    world = World(scale=0.01, seed=3)
    values = as_values(world, world.first_day + dt.timedelta(days=4))

    def total(figure: str, **grain: str) -> Decimal:
        return sum(
            (
                value
                for (name, found), value in values.items()
                if name == figure and set(grain.items()) <= found
            ),
            Decimal(0),
        )

    orders = total("orders_by_status")
    assert orders == total("orders_by_customer_state")
    assert orders == total("sales_by_purchase_day", measure="orders")
    assert orders == total("sales_by_purchase_day", measure="order_count")
    gmv = total("gmv_by_customer_state")
    by_category = sum(
        value
        for (name, grain), value in values.items()
        if name == "gmv_by_category" and "measure" not in dict(grain)
    )
    assert gmv == by_category
    assert orders <= total("gmv_by_category", measure="orders") < 1.1 * float(orders)
    assert (
        gmv == total("sales_by_purchase_day", measure="gmv_brl") / 2
    )  # and once in agg_sales_daily
    items = total("order_items_by_purchase_day", measure="price_brl")
    assert items == total("items_brl_by_status")
    freight = total("order_items_by_purchase_day", measure="freight_brl")
    assert items + freight == total("sales_by_purchase_day", measure="order_total_brl") / 2
    paid = total("payments_by_type", measure="amount_brl")
    assert paid == total("sales_by_purchase_day", measure="payments_brl") / 2


def test_ledger__an_earlier_day__is_the_same_after_a_later_one_was_computed() -> None:
    world = World(scale=0.005, seed=11)
    second = world.first_day + dt.timedelta(days=1)
    before = ledger(world, second)
    ledger(world, world.first_day + dt.timedelta(days=60))
    assert ledger(world, second) == before


def test_ledger__day_before_the_first__is_refused() -> None:
    world = World()
    with pytest.raises(MarketplaceError, match="2026-05-31 lies before the first business date"):
        ledger(world, dt.date(2026, 5, 31))


def test_write_ledger__twice__writes_the_same_bytes_in_the_agreed_form(tmp_path: Path) -> None:
    world = World(scale=0.002)
    path = write_ledger(world, world.first_day, tmp_path)
    first = path.read_bytes()
    assert write_ledger(world, world.first_day, tmp_path).read_bytes() == first
    document = json.loads(first)
    assert path.name == "2026-06-01.json"
    assert [document[name] for name in ("date", "seed", "scale")] == ["2026-06-01", 42, 0.002]
    assert set(document["figures"][0]) == {"figure", "grain", "value"}
    assert [path.name for path in tmp_path.iterdir()] == ["2026-06-01.json"]


def test_ledger__events_from_a_topic__have_no_copies_and_nothing_else_is_different() -> None:
    world = World(scale=0.005)
    filed, told = (
        {repr(figure): figure for figure in ledger(world, world.first_day, has_topic=it)}
        for it in (False, True)
    )
    (copies,) = set(filed) - set(told)
    assert set(told) == set(filed) - {copies}
    grain = filed[copies].grain
    assert (grain["feed"], grain["rule"]) == ("order_events", "duplicate_row")
