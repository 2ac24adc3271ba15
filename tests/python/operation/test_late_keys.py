"""What comes late, or is told again of something else: the days build what a full refresh builds,
row by row, and look through all months on the day that needs it alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.python.demo.contents import Content, differences, read_contents
from tests.python.operation.conftest import Shop
from tests.python.operation.deliveries import Row, deliver

pytestmark = [pytest.mark.recipes, pytest.mark.filterwarnings("ignore")]  # dbt has its own
DATABASES = ("local_integration", "local_curated")
MODELS = (
    "fct_order_items",
    "fct_order_status_transitions",
    "fct_marketing_leads",
    "int_payments",
    "int_reviews",
)
TESTS = (
    "int_orders__one_row_per_order",
    "int_order_events__one_row_per_event_and_order",
    "int_marketing_leads__one_row_per_lead",
    "fct_marketing_leads__lead_id__unique",
    "assert_no_row_waits_for_an_order_that_is_there",
    "assert_every_raw_order_event_is_kept_or_superseded",
    "assert_every_raw_lead_is_kept_or_superseded",
)
DAYS = ("2026-01-05", "2026-02-10", "2026-03-15", "2026-03-16", "2026-03-17")
NOT_COME = "orders that landed rows name and that have not come: "


def order(name: str, created: str, updated: str, **changes: str) -> Row:
    """A version of an order of the account a1, purchased when it was created."""
    return {
        "order_id": name,
        "customer_id": "a1",
        "order_status": "created",
        "order_purchase_timestamp": created,
        "order_estimated_delivery_date": "2026-04-30",
        "created_at": created,
        "updated_at": updated,
        **changes,
    }


def event(name: str, of: str, kind: str, occurred: str, offset: int) -> Row:
    """A record of the topic."""
    return {
        "event_id": name,
        "order_id": of,
        "event_type": kind,
        "occurred_at": f"{occurred} 12:00:00",
        "recorded_at": f"{occurred} 12:00:01",
        "kafka_partition": 0,
        "kafka_offset": offset,
    }


def lead(name: str, contacted: str, updated: str, **changes: str) -> Row:
    """A version of a lead."""
    return {
        "lead_id": name,
        "lead_status": "contacted",
        "contacted_at": f"{contacted} 12:00:00",
        "updated_at": f"{updated} 12:00:00",
        **changes,
    }


def account(person: str, updated: str) -> Row:
    """A version of the account a1."""
    return {
        "customer_id": "a1",
        "customer_unique_id": person,
        "customer_zip_code_prefix": "01310",
        "customer_city": "santos",
        "customer_state": "SP",
        "updated_at": f"{updated} 12:00:00",
    }


def item(of: str, updated: str) -> Row:
    """The one item of an order."""
    return {
        "order_id": of,
        "order_item_id": 1,
        "product_id": "p1",
        "seller_id": "s1",
        "price": "10.00",
        "freight_value": "1.00",
        "shipping_limit_date": "2026-03-20 12:00:00",
        "updated_at": f"{updated} 12:00:00",
    }


def build(shop: Shop, day: str, *options: str) -> list[str]:
    """Build a day without its tests, the seeds on the first one alone; what dbt said."""
    wanted = [f"+{name}" for name in MODELS]
    kinds = ["snapshot", "test", "unit_test", *(["seed"] if day > DAYS[0] else [])]
    exclude = ("--exclude", *(f"resource_type:{kind}" for kind in kinds))
    return shop.dbt("build", "--select", *wanted, *exclude, *options, run_date=day)


def contents(shop: Shop) -> dict[str, Content]:
    """Every row of every table."""
    return read_contents(shop.athena, shop.lake.glue, shop.lake.s3, DATABASES)


def not_come(said: list[str]) -> list[str]:
    """How many orders the day looked for in all months, in vain."""
    return [line.split(NOT_COME)[1].split()[0] for line in said if NOT_COME in line]


Rows = tuple[tuple[str | None, ...], ...]


def where_events_lie(shop: Shop) -> Rows:
    """Event, order, and the month of the order's creation in which the event lies."""
    query = (
        "select event_id, order_id, date_format(_order_created_at, '%Y-%m') "
        "from local_integration.int_order_events order by 1, 2"
    )
    return shop.athena.run(query).rows


def where_leads_lie(shop: Shop) -> Rows:
    """Lead, status and month of the first contact, as the fact has them."""
    query = (
        "select lead_id, lead_status, date_format(contacted_at, '%Y-%m') "
        "from local_curated.fct_marketing_leads order by 1, 2, 3"
    )
    return shop.athena.run(query).rows


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen while the days passed. said: dbt's lines by day; events, leads: where they lay
    at the end of the third day."""

    said: dict[str, list[str]]
    events: Rows
    leads: Rows


@pytest.fixture(scope="module")
def told(shop: Shop) -> Told:
    """The lake after all days."""
    first, second, third, fourth, fifth = DAYS
    said = {}

    deliver(shop, "customers", first, account("ana", "2026-01-04"))
    deliver(
        shop,
        "orders",
        first,
        order("a", "2026-01-05 10:00:00", "2026-01-05 11:00:00"),
    )
    deliver(shop, "marketing_leads", first, lead("l1", "2026-01-05", "2026-01-05"))
    said[first] = build(shop, first)

    # A lead's first contact is corrected across a month; of the account and of the order older
    # versions come late, of another person and of an earlier purchase.
    deliver(shop, "customers", second, account("bia", "2026-01-03"))
    deliver(
        shop,
        "orders",
        second,
        order("b", "2026-02-10 10:00:00", "2026-02-10 11:00:00"),
        order(
            "a",
            "2026-01-05 10:00:00",
            "2026-01-05 10:30:00",
            order_purchase_timestamp="2025-12-30 10:00:00",
        ),
    )
    deliver(
        shop,
        "marketing_leads",
        second,
        lead("l1", "2026-02-03", "2026-02-09", lead_status="qualified"),
        lead("l2", "2026-02-09", "2026-02-09"),
    )
    deliver(shop, "order_events", second, event("e1", "b", "approved", "2026-02-10", 1))
    said[second] = build(shop, second)

    # Alone: the first event of an order that was created weeks before it; an event that was told of
    # another order; an event and an item of an order that has not come.
    deliver(
        shop,
        "order_events",
        third,
        event("e2", "a", "created", "2026-03-14", 2),
        event("e1", "a", "approved", "2026-02-10", 3),
        event("e3", "z", "created", "2026-03-15", 4),
    )
    deliver(shop, "order_items", third, item("z", "2026-03-15"))
    deliver(
        shop,
        "marketing_leads",
        third,
        lead("l1", "2026-01-20", "2026-03-14", lead_status="won"),
        lead("l2", "2025-11-30", "2026-02-08"),
    )
    said[third] = build(shop, third)
    events, leads = where_events_lie(shop), where_leads_lie(shop)

    # The order that has not come is named again.
    deliver(shop, "customers", fourth, account("caio", "2026-03-16"))
    deliver(shop, "order_events", fourth, event("e4", "z", "approved", "2026-03-16", 5))
    said[fourth] = build(shop, fourth)

    # It comes, created long before its first event.
    deliver(
        shop,
        "orders",
        fifth,
        order("z", "2026-01-07 10:00:00", "2026-03-17 11:00:00"),
    )
    deliver(shop, "marketing_leads", fifth, lead("l2", "2026-02-09", "2026-03-17"))
    said[fifth] = build(shop, fifth)
    return Told(said, events, leads)


def test_late_keys__an_event_alone_of_an_order_created_weeks_before__is_found_on_its_day(
    told: Told,
) -> None:
    assert told.events == (
        ("e1", "a", "2026-01"),
        ("e1", "b", "2026-02"),
        ("e2", "a", "2026-01"),
        ("e3", "z", None),
    )


def test_late_keys__a_corrected_first_contact__leaves_one_lead_where_it_is_now(told: Told) -> None:
    assert told.leads == (("l1", "won", "2026-01"), ("l2", "contacted", "2026-02"))


def test_late_keys__an_order_that_has_not_come__is_looked_for_in_all_months_once(
    told: Told,
) -> None:
    assert {day: not_come(told.said[day]) for day in DAYS} == {
        day: ["1"] if day == "2026-03-15" else [] for day in DAYS
    }


def test_late_keys__after_the_last_day__tests_are_green_and_a_full_refresh_has_the_same_rows(
    shop: Shop, told: Told
) -> None:
    assert told.said
    assert where_events_lie(shop)[-2:] == (("e3", "z", "2026-01"), ("e4", "z", "2026-01"))
    persons = "select customer_unique_id, cast(_person_changed_date as varchar) "
    persons += "from local_integration.int_customers"
    assert shop.athena.run(persons).rows == (("caio", "2026-03-16"),)
    shop.dbt("test", "--select", *TESTS, run_date=DAYS[-1])
    before = contents(shop)
    build(shop, DAYS[-1], "--full-refresh")
    assert len(before) > 15
    assert differences(before, contents(shop)) == []
