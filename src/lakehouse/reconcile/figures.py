"""How each figure of the ledger is read from the curated tables: SQL for Athena, as data.

A query returns the columns of its grain, then one column for each measure. Every column of a table
that the sources know is some figure's measure: numbers are summed, and what is no number enters a
sum as ``text``, ``instant``, ``day_number`` and ``flag`` say. So a row that is missing, and a value
that is another, show in the figures of their day. Days are taken in America/Sao_Paulo from the
instants themselves, not from columns that the models derived from them. Names in braces are
databases and dates; see ``render``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from lakehouse.reconcile.figure import (
    VALUE,
    FigureQuery,
    checksum,
    counted_rows,
    day_number,
    figure,
    flag,
    instant,
    member,
    millionths,
    money,
    summed,
    text,
)
from lakehouse.reconcile.history_figures import HISTORY_FIGURES
from lakehouse.reconcile.mart_figures import MART_FIGURES, WEEKLY_FIGURES


def _day(alias: str) -> dict[str, str]:
    instant = f"with_timezone({alias}.purchased_at, 'UTC') at time zone 'America/Sao_Paulo'"
    return {"day": f"cast(date({instant}) as varchar)"}


def _told(dimension: str, alias: str) -> str:
    """The members of a dimension that a source told of: the ledger knows no others."""
    return f"(select * from {{curated}}.{dimension} where not is_inferred) as {alias}"


def _with_place(alias: str) -> str:
    on = f"{alias}.geography_key = g.geography_key"
    return f" left join {{curated}}.dim_geography as g on {on}"


_ORDERS = "{curated}.fct_orders as o"
_WITH_CUSTOMERS = (
    f"{_ORDERS} left join {{curated}}.dim_customers as c on o.customer_key = c.customer_key"
)
_IS_SALE = "o.order_status not in ('canceled', 'unavailable')"
_CATEGORY = "coalesce(p.category_name_pt, '(none)')"

_SALES = {
    "counts_as_sale": flag("o.counts_as_sale"),
    "gmv_brl": money("o.gmv_brl"),
    "order_total_brl": money("o.order_total_brl"),
    "payments_brl": money("o.payments_brl"),
    "item_count": summed("o.item_count"),
    "items_brl": money("o.items_brl"),
    "freight_brl": money("o.freight_brl"),
    "order_id": text("o.order_id"),
    "customer_unique_id": text("c.customer_unique_id"),
    "purchase_date_br": day_number("o.purchase_date_br"),
    "purchased_at": instant("o.purchased_at"),
    "approved_at": instant("o.approved_at"),
    "delivered_to_carrier_at": instant("o.delivered_to_carrier_at"),
}
_DELIVERIES = {
    "delivered": flag("o.is_delivered"),
    "late": flag("o.is_late"),
    "on_time": flag("o.is_on_time"),
    "delivery_days": summed("o.delivery_days"),
    "delivered_at": instant("o.delivered_at"),
    "delivered_date_br": day_number("o.delivered_date_br"),
    "estimated_delivery_date": day_number("o.estimated_delivery_date"),
}
_ORDER = (
    _SALES
    | _DELIVERIES
    | {"order_status": text("o.order_status"), "review_score": summed("o.review_score")}
)
# A key is good when it leads to the member that the fact names.
_ITEM = {
    "price_brl": money("i.price_brl"),
    "freight_brl": money("i.freight_brl"),
    "order_id": text("i.order_id"),
    "order_item_number": summed("i.order_item_number"),
    "product_id": text("i.product_id"),
    "product_key": member("p.product_key", "p.product_id"),
    "seller_id": text("i.seller_id"),
    "seller_key": member("s.seller_key", "s.seller_id"),
    "purchase_date_br": day_number("i.purchase_date_br"),
    "purchased_at": instant("i.purchased_at"),
    "shipping_limit_at": instant("i.shipping_limit_at"),
}
_PAYMENT = {
    "amount_brl": money("p.amount_brl"),
    "amount": summed("cast(p.amount * 100 as bigint)"),
    "currency": text("p.currency"),
    "rate": summed("cast(p.brl_per_unit * 100000000 as bigint)"),
    "installments": summed("p.installments"),
    "order_id": text("p.order_id"),
    "payment_sequence": summed("p.payment_sequence"),
    "payment_type_key": member("t.payment_type_key", "t.payment_type"),
    "purchase_date_br": day_number("p.purchase_date_br"),
    "purchased_at": instant("p.purchased_at"),
}

_EVENT = {
    "event_id": text("e.event_id"),
    "order_id": text("e.order_id"),
    "occurred_at": instant("e.occurred_at"),
    "recorded_at": instant("e.recorded_at"),
    "kafka_partition": summed("e.kafka_partition"),
}
_LEAD = {
    "lead_id": text("l.lead_id"),
    "landing_page_id": text("l.landing_page_id"),
    "business_segment": text("l.business_segment"),
    "contact_name": text("l.contact_name"),
    "contact_email": text("l.contact_email"),
    "contact_phone": text("l.contact_phone"),
    "company_cnpj": text("l.company_cnpj"),
    "phones_mistyped": flag("l.is_phone_mistyped"),
    "cnpjs_mistyped": flag("l.is_cnpj_mistyped"),
    "seller_id": text("l.seller_id"),
    "contact_date_br": day_number("l.contact_date_br"),
    "contacted_at": instant("l.contacted_at"),
    "qualified_at": instant("l.qualified_at"),
    "won_at": instant("l.won_at"),
    "lost_at": instant("l.lost_at"),
    "updated_at": instant("l.updated_at"),
}
_RATE = {
    "rate_date": day_number("x.rate_date"),
    "rate": summed("cast(x.brl_per_unit * 100000000 as bigint)"),
    "updated_at": instant("x.updated_at"),
}
_PLACE = {
    "zip_code_prefix": text("g.zip_code_prefix"),
    "city": text("g.city"),
    "point_count": summed("g.point_count"),
    "latitude": millionths("g.latitude"),
    "longitude": millionths("g.longitude"),
}

DAILY_FIGURES: tuple[FigureQuery, ...] = (
    figure(
        "orders_by_status",
        _day("o") | {"order_status": "o.order_status"},
        {VALUE: "count(*)"},
        _ORDERS,
    ),
    figure(
        "items_brl_by_status",
        _day("o") | {"order_status": "o.order_status"},
        {VALUE: money("o.items_brl")},
        _ORDERS,
    ),
    figure("orders_by_customer_state", {"state": "c.state"}, {VALUE: "count(*)"}, _WITH_CUSTOMERS),
    figure(
        "gmv_by_customer_state",
        {"state": "c.state"},
        {VALUE: f"sum(if({_IS_SALE}, o.items_brl))"},
        _WITH_CUSTOMERS,
    ),
    figure(
        "gmv_by_category",
        {"category": _CATEGORY},
        {VALUE: f"sum(if({_IS_SALE}, i.price_brl))", "orders": "count(distinct i.order_id)"},
        "{curated}.fct_order_items as i "
        "inner join {curated}.fct_orders as o on i.order_id = o.order_id "
        "left join {curated}.dim_products as p on i.product_key = p.product_key",
    ),
    figure(
        "sales_by_purchase_day",
        _day("o"),
        {"orders": "count(*)", **_SALES, "row_checksum": checksum(_ORDER)},
        _WITH_CUSTOMERS,
    ),
    figure(
        "sales_by_purchase_day",
        {"day": "cast(a.purchase_date_br as varchar)"},
        {
            "days": "count(*)",
            "order_count": summed("a.order_count"),
            "delivered_count": summed("a.delivered_count"),
            "late_count": summed("a.late_count"),
            "item_count": summed("a.item_count"),
            "gmv_brl": money("a.gmv_brl"),
            "order_total_brl": money("a.order_total_brl"),
            "payments_brl": money("a.payments_brl"),
            "year_month": text("a.year_month"),
            "is_weekend": flag("a.is_weekend"),
        },
        "{curated}.agg_sales_daily as a",
        table="agg_sales_daily",
    ),
    counted_rows(
        "order_items_by_purchase_day",
        _day("i"),
        "items",
        _ITEM,
        "{curated}.fct_order_items as i "
        "left join {curated}.dim_products as p on i.product_key = p.product_key "
        "left join {curated}.dim_sellers as s on i.seller_key = s.seller_key",
    ),
    counted_rows(
        "payments_by_type",
        _day("p") | {"payment_type": "p.payment_type"},
        "payments",
        _PAYMENT,
        "{curated}.fct_payments as p left join {curated}.dim_payment_types as t "
        "on p.payment_type_key = t.payment_type_key",
    ),
    figure(
        "reviews_by_score",
        _day("o") | {"review_score": "cast(o.review_score as varchar)"},
        {VALUE: "count(*)"},
        # An order without a review has no score to count by.
        "(select * from {curated}.fct_orders where review_score is not null) as o",
    ),
    figure(
        "deliveries_by_purchase_day",
        _day("o"),
        {**_DELIVERIES, "with_delivery_days": "count(o.delivery_days)"},
        _ORDERS,
    ),
    figure(
        "customers_by_state",
        {"is_active": "cast(c.is_active as varchar)", "state": "c.state"},
        {
            "customers": "count(*)",
            "customer_key": text("c.customer_key"),
            "customer_unique_id": text("c.customer_unique_id"),
            "city": text("c.city"),
            "zip_code_prefix": text("c.zip_code_prefix"),
            "geography_key": member("g.geography_key", "g.zip_code_prefix"),
            "latitude": millionths("c.latitude"),
            "longitude": millionths("c.longitude"),
            "updated_at": instant("c.updated_at"),
        },
        _told("dim_customers", "c") + _with_place("c"),
    ),
    figure(
        "customer_history",
        {},
        {
            "versions": "count(*)",
            "customer_id": text("s.customer_id"),
            "customer_unique_id": text("s.customer_unique_id"),
            "city": text("s.city"),
            "state": text("s.state"),
            "zip_code_prefix": text("s.zip_code_prefix"),
            "is_deleted": flag("s.is_deleted"),
            "deleted_at": instant("s.deleted_at"),
            "updated_at": instant("s.updated_at"),
        },
        "{snapshots}.snp_customers as s",
    ),
    figure(
        "customer_history",
        {"as_of": "cast(d.as_of as varchar)", "state": "s.state"},
        {"accounts": "count_if(not s.is_deleted)"},
        "(values {as_of}) as d (as_of, next_day_utc) "
        "inner join {snapshots}.snp_customers as s on s.dbt_valid_from < d.next_day_utc "
        "and (s.dbt_valid_to is null or s.dbt_valid_to >= d.next_day_utc)",
    ),
    figure(
        "catalogue",
        {"is_active": "cast(p.is_active as varchar)"},
        {
            VALUE: "count(*)",
            "product_key": text("p.product_key"),
            "product_id": text("p.product_id"),
            "category_name_pt": text("p.category_name_pt"),
            "category_name_en": text("p.category_name_en"),
            "photo_count": summed("p.photo_count"),
            "weight_g": summed("p.weight_g"),
            "length_cm": summed("p.length_cm"),
            "height_cm": summed("p.height_cm"),
            "width_cm": summed("p.width_cm"),
        },
        _told("dim_products", "p"),
        table="products",
    ),
    figure(
        "catalogue",
        {"is_active": "cast(s.is_active as varchar)"},
        {
            VALUE: "count(*)",
            "seller_key": text("s.seller_key"),
            "seller_id": text("s.seller_id"),
            "city": text("s.city"),
            "state": text("s.state"),
            "zip_code_prefix": text("s.zip_code_prefix"),
            "geography_key": member("g.geography_key", "g.zip_code_prefix"),
            "latitude": millionths("s.latitude"),
            "longitude": millionths("s.longitude"),
        },
        _told("dim_sellers", "s") + _with_place("s"),
        table="sellers",
    ),
    figure(
        "catalogue",
        {"year": "cast(d.year_number as varchar)"},
        {
            VALUE: "count(*)",
            "day_date": day_number("d.day_date"),
            "quarter_number": summed("d.quarter_number"),
            "month_number": summed("d.month_number"),
            "day_of_month": summed("d.day_of_month"),
            "iso_day_of_week": summed("d.iso_day_of_week"),
            "year_month": text("d.year_month"),
            "month_start_date": day_number("d.month_start_date"),
            "is_weekend": flag("d.is_weekend"),
            "is_holiday": flag("d.is_holiday"),
            "is_business_day": flag("d.is_business_day"),
        },
        "{curated}.dim_dates as d",
        table="dates",
    ),
    figure(
        "catalogue",
        {"state": "g.state"},
        {VALUE: "count(*)", "geography_key": text("g.geography_key"), **_PLACE},
        "(select * from {curated}.dim_geography where geography_key <> 'unknown') as g",
        table="geography",
    ),
    figure(
        "catalogue",
        {},
        {
            VALUE: "count(*)",
            "payment_type_key": text("p.payment_type_key"),
            "payment_type": text("p.payment_type"),
        },
        # Types that payments alone know are none of the ledger's.
        "(select t.* from {curated}.dim_payment_types as t "
        "inner join {integration}.seed_payment_types as s on t.payment_type = s.payment_type) as p",
        table="payment_types",
    ),
    *HISTORY_FIGURES,
    figure(
        "order_events_by_type",
        {"day": "cast(e.event_date_br as varchar)", "event_type": "e.event_type"},
        {"events": "count(*)", **_EVENT},
        "{integration}.int_order_events as e",
    ),
    counted_rows(
        "leads_by_status",
        {"origin": "l.origin", "lead_status": "l.lead_status"},
        "leads",
        _LEAD,
        "{integration}.int_marketing_leads as l",
    ),
    counted_rows(
        "geolocation_by_state",
        {"state": "g.state"},
        "prefixes",
        _PLACE,
        "{integration}.int_geolocation as g",
    ),
    counted_rows(
        "exchange_rates",
        {"currency": "x.currency"},
        "rates",
        _RATE,
        "{integration}.int_exchange_rates as x",
    ),
    *MART_FIGURES,
    figure(
        "rejected_rows",
        {"day": "cast(r.ingest_date as varchar)", "feed": "r.feed", "rule": "r.rule"},
        {VALUE: "count(*)"},
        "(select * from {ops}.rejected_rows "
        "where ingest_date between date '{first}' and date '{date}') as r",
    ),
)
"""What every daily run brings up to date."""

FIGURE_QUERIES: tuple[FigureQuery, ...] = (*DAILY_FIGURES, *WEEKLY_FIGURES)


def render(
    query: FigureQuery, databases: Mapping[str, str], as_of: Sequence[date], day: date
) -> str:
    """The statement to run. ``databases``: name by zone. ``as_of``: the days whose customers the
    ledger states, of which the first is the first business date."""
    # America/Sao_Paulo is three hours behind UTC on every day of the demonstration.
    days = ", ".join(
        f"(date '{each}', date_add('hour', 3, date_add('day', 1, timestamp '{each} 00:00:00')))"
        for each in as_of
    )
    return query.sql.format(**databases, as_of=days, first=as_of[0], date=day)
