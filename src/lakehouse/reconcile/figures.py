"""How each figure of the ledger is read from the curated tables: SQL for Athena, as data.

A query returns the columns of its grain, then one column for each measure. Names in braces are
databases and dates; see ``render``. Days are taken in America/Sao_Paulo from the instants
themselves, not from columns that the models derived from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

VALUE = "value"
"""The measure of a figure that has only one: it is not part of the grain."""


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """A figure: the columns of its grain, its measures, the query that reads them.

    ``constants`` are parts of the grain that the query does not return.
    """

    figure: str
    grain: tuple[str, ...]
    measures: tuple[str, ...]
    sql: str
    constants: tuple[tuple[str, str], ...] = ()


_PURCHASE_DAY = "date(with_timezone({alias}.purchased_at, 'UTC') at time zone 'America/Sao_Paulo')"
_DELIVERY_DAY = "date(with_timezone({alias}.delivered_at, 'UTC') at time zone 'America/Sao_Paulo')"
_O_DAY = _PURCHASE_DAY.format(alias="o")
_O_DELIVERED = _DELIVERY_DAY.format(alias="o")
_IS_SALE = "o.order_status not in ('canceled', 'unavailable')"

FIGURE_QUERIES: tuple[FigureQuery, ...] = (
    FigureQuery(
        "orders_by_status",
        ("order_status",),
        (VALUE,),
        "select o.order_status, count(*) as value from {curated}.fct_orders as o "
        "group by o.order_status",
    ),
    FigureQuery(
        "items_brl_by_status",
        ("order_status",),
        (VALUE,),
        "select o.order_status, sum(o.items_brl) as value from {curated}.fct_orders as o "
        "group by o.order_status",
    ),
    FigureQuery(
        "orders_by_customer_state",
        ("state",),
        (VALUE,),
        "select c.state, count(*) as value from {curated}.fct_orders as o "
        "left join {curated}.dim_customers as c on o.customer_key = c.customer_key "
        "group by c.state",
    ),
    FigureQuery(
        "gmv_by_customer_state",
        ("state",),
        (VALUE,),
        "select c.state, sum(o.items_brl) as value from {curated}.fct_orders as o "
        "left join {curated}.dim_customers as c on o.customer_key = c.customer_key "
        f"where {_IS_SALE} group by c.state",
    ),
    FigureQuery(
        "gmv_by_category",
        ("category",),
        (VALUE,),
        "select coalesce(p.category_name_pt, '(none)') as category, sum(i.price_brl) as value "
        "from {curated}.fct_order_items as i "
        "inner join {curated}.fct_orders as o on i.order_id = o.order_id "
        "left join {curated}.dim_products as p on i.product_id = p.product_id "
        f"where {_IS_SALE} group by coalesce(p.category_name_pt, '(none)')",
    ),
    FigureQuery(
        "sales_by_purchase_day",
        ("day",),
        (
            "orders",
            "gmv_brl",
            "order_total_brl",
            "payments_brl",
            "item_count",
            "items_brl",
            "freight_brl",
        ),
        f"select cast({_O_DAY} as varchar) as day, count(*) as orders, "
        "sum(o.gmv_brl) as gmv_brl, "
        "sum(o.order_total_brl) as order_total_brl, sum(o.payments_brl) as payments_brl, "
        "sum(o.item_count) as item_count, sum(o.items_brl) as items_brl, "
        "sum(o.freight_brl) as freight_brl "
        f"from {{curated}}.fct_orders as o group by cast({_O_DAY} as varchar)",
    ),
    FigureQuery(
        "order_items_by_purchase_day",
        ("day",),
        ("items", "price_brl", "freight_brl"),
        f"select cast({_O_DAY} as varchar) as day, count(*) as items, "
        "sum(i.price_brl) as price_brl, sum(i.freight_brl) as freight_brl "
        "from {curated}.fct_order_items as i "
        "left join {curated}.fct_orders as o on i.order_id = o.order_id "
        f"group by cast({_O_DAY} as varchar)",
    ),
    FigureQuery(
        "payments_by_type",
        ("payment_type",),
        ("payments", "amount_brl"),
        "select p.payment_type, count(*) as payments, sum(p.amount_brl) as amount_brl "
        "from {curated}.fct_payments as p group by p.payment_type",
    ),
    FigureQuery(
        "reviews_by_score",
        ("review_score",),
        (VALUE,),
        "select cast(o.review_score as varchar) as review_score, count(*) as value "
        "from {curated}.fct_orders as o where o.review_score is not null "
        "group by o.review_score",
    ),
    FigureQuery(
        "deliveries_by_purchase_month",
        ("month",),
        ("delivered", "late", "delivery_days"),
        f"select substr(cast({_O_DAY} as varchar), 1, 7) as month, "
        "count_if(o.is_delivered) as delivered, count_if(o.is_late) as late, "
        "coalesce(sum(o.delivery_days), 0) as delivery_days "
        "from {curated}.fct_orders as o "
        f"group by substr(cast({_O_DAY} as varchar), 1, 7)",
    ),
    FigureQuery(
        "customers_by_state",
        ("state",),
        (VALUE,),
        "select c.state, count(*) as value from {curated}.dim_customers as c "
        "where c.is_active group by c.state",
    ),
    FigureQuery(
        "customer_history",
        (),
        ("versions",),
        "select count(*) as versions from {snapshots}.snp_customers",
    ),
    FigureQuery(
        "customer_history",
        ("as_of", "state"),
        (VALUE,),
        "select cast(d.as_of as varchar) as as_of, s.state, count(*) as value "
        "from (values {as_of}) as d (as_of, next_day_utc) "
        "inner join {snapshots}.snp_customers as s on s.dbt_valid_from < d.next_day_utc "
        "and (s.dbt_valid_to is null or s.dbt_valid_to >= d.next_day_utc) "
        "where not s.is_deleted group by d.as_of, s.state",
        constants=(("measure", "accounts"),),
    ),
    FigureQuery(
        "catalogue",
        ("is_active",),
        (VALUE,),
        "select cast(p.is_active as varchar) as is_active, count(*) as value "
        "from {curated}.dim_products as p group by p.is_active",
        constants=(("table", "products"),),
    ),
    FigureQuery(
        "catalogue",
        ("is_active",),
        (VALUE,),
        "select cast(s.is_active as varchar) as is_active, count(*) as value "
        "from {curated}.dim_sellers as s group by s.is_active",
        constants=(("table", "sellers"),),
    ),
    FigureQuery(
        "rejected_rows",
        ("feed", "rule"),
        (VALUE,),
        "select r.feed, r.rule, count(*) as value from {ops}.rejected_rows as r "
        "where r.ingest_date between date '{first}' and date '{date}' group by r.feed, r.rule",
    ),
)


def render(query: FigureQuery, environment: str, as_of: Sequence[date], day: date) -> str:
    """The statement to run. ``as_of``: the days whose customers the ledger states, of which the
    first is the first business date."""
    # America/Sao_Paulo is three hours behind UTC on every day of the demonstration.
    days = ", ".join(
        f"(date '{each}', date_add('hour', 3, date_add('day', 1, timestamp '{each} 00:00:00')))"
        for each in as_of
    )
    return query.sql.format(
        curated=f"{environment}_curated",
        snapshots=f"{environment}_snapshots",
        ops=f"{environment}_ops",
        as_of=days,
        first=as_of[0],
        date=day,
    )
