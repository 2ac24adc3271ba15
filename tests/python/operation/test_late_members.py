"""Members of dimensions that arrive after the facts that name them, weeks later."""

from __future__ import annotations

import pytest

from tests.python.operation.conftest import Shop

pytestmark = [pytest.mark.recipes, pytest.mark.filterwarnings("ignore")]  # dbt has its own
MODELS = ("fct_orders", "fct_order_items", "fct_marketing_leads")
DIMENSIONS = ("dim_customers", "dim_products", "dim_sellers")
JOINED = """
select i.order_item_number, p.product_id, p.category_name_pt, s.seller_id, s.state,
    c.customer_unique_id, g.city
from local_curated.fct_order_items as i
inner join local_curated.fct_orders as o on i.order_id = o.order_id
inner join local_curated.dim_products as p on i.product_key = p.product_key
inner join local_curated.dim_sellers as s on i.seller_key = s.seller_key
inner join local_curated.dim_customers as c on o.customer_key = c.customer_key
inner join local_curated.dim_geography as g on s.geography_key = g.geography_key
order by 1
"""
LEADS = """
select l.lead_id, s.seller_id, s.state from local_curated.fct_marketing_leads as l
inner join local_curated.dim_sellers as s on l.seller_key = s.seller_key order by 1
"""


def land(shop: Shop, feed: str, day: str, columns: str, *rows: str) -> None:
    """Rows of a batch as landing leaves them; what is not named is null."""
    values = ", ".join(f"({row}, 1, date '{day}')" for row in rows)
    names = f"{columns}, _source_sequence, ingest_date"
    shop.athena.run(f"insert into local_raw.{feed} ({names}) values {values}")


def build(shop: Shop, day: str, *options: str) -> dict[str, list[tuple[str | None, ...]]]:
    """Build the day; every row of the facts and dimensions, as text."""
    wanted = [f"+{name}" for name in (*MODELS, *DIMENSIONS)]
    exclude = ("--exclude", "resource_type:snapshot", "resource_type:test")
    shop.dbt("build", "--select", *wanted, *exclude, *options, run_date=day)
    names = [f"local_curated.{name}" for name in (*MODELS, *DIMENSIONS)]
    names.append("local_integration.int_inferred_members")
    return {name: sorted(shop.athena.run(f"select * from {name}").rows, key=repr) for name in names}


def test_late_members__weeks_after_the_facts__are_joined_as_if_they_had_always_been_there(
    shop: Shop,
) -> None:
    first, late = "2026-01-05", "2026-02-20"
    at = f"timestamp '{first} 12:00:00'"
    land(
        shop,
        "orders",
        first,
        "order_id, customer_id, order_status, order_purchase_timestamp, "
        "order_estimated_delivery_date, created_at, updated_at",
        f"'o1', 'a1', 'delivered', {at}, {at}, {at}, {at}",
    )
    land(
        shop,
        "order_items",
        first,
        "order_id, order_item_id, product_id, seller_id, price, freight_value, updated_at",
        f"'o1', 1, 'p1', 's1', decimal '10.00', decimal '1.00', {at}",
        f"'o1', 2, null, null, decimal '5.00', decimal '1.00', {at}",
    )
    land(
        shop,
        "marketing_leads",
        first,
        "lead_id, lead_status, seller_id, contacted_at, won_at, updated_at",
        f"'l1', 'won', 's2', {at}, {at}, {at}",
        f"'l2', 'contacted', null, {at}, null, {at}",
    )
    build(shop, first)
    assert shop.athena.run(JOINED).rows == (
        ("1", "p1", None, "s1", None, None, None),
        ("2", None, None, None, None, None, None),
    )
    assert shop.athena.run(LEADS).rows == (("l1", "s2", None), ("l2", None, None))

    at = f"timestamp '{late} 12:00:00'"
    land(shop, "products", late, "product_id, product_category_name", "'p1', 'cama'")
    land(
        shop,
        "sellers",
        late,
        "seller_id, seller_state, seller_zip_code_prefix",
        "'s1', 'SP', '01310'",
        "'s2', 'BA', '99999'",
    )
    land(
        shop,
        "customers",
        late,
        "customer_id, customer_unique_id, customer_state, created_at, updated_at",
        f"'a1', 'ana', 'RJ', {at}, {at}",
    )
    land(
        shop,
        "geolocation",
        late,
        "geolocation_zip_code_prefix, geolocation_lat, geolocation_lng, geolocation_city, "
        "geolocation_state",
        "'01310', decimal '-23.5', decimal '-46.6', 'são paulo', 'SP'",
    )
    merged = build(shop, late)
    assert shop.athena.run(JOINED).rows == (
        ("1", "p1", "cama", "s1", "SP", "ana", "são paulo"),
        ("2", None, None, None, None, "ana", None),
    )
    assert shop.athena.run(LEADS).rows == (("l1", "s2", "BA"), ("l2", None, None))
    assert merged["local_integration.int_inferred_members"] == []
    assert build(shop, late, "--full-refresh") == merged
