"""How each figure of the ledger is read from the curated tables: SQL for Athena, as data.

A query returns the columns of its grain, then one column for each measure. Every column of a table
that the sources know is some figure's measure: numbers are summed, and what is no number enters a
sum as ``_text``, ``_instant``, ``_date`` and ``_flag`` say. So a row that is missing, and a value
that is another, show in the figures of their day. Days are taken in America/Sao_Paulo from the
instants themselves, not from columns that the models derived from them. Names in braces are
databases and dates; see ``render``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class _Column:
    """SQL of the number by which a column enters a row's checksum, and of the sum of the column."""

    number: str
    total: str


def _summed(number: str) -> _Column:
    return _Column(number, f"sum({number})")


def _text(column: str) -> _Column:
    return _summed(f"crc32(to_utf8({column}))")


def _instant(column: str) -> _Column:
    return _summed(f"date_diff('millisecond', timestamp '1970-01-01 00:00:00', {column})")


def _date(column: str) -> _Column:
    return _summed(f"date_diff('day', date '1970-01-01', {column})")


def _flag(column: str) -> _Column:
    return _Column(f"if({column}, 1, 0)", f"count_if({column})")


def _degrees(column: str) -> _Column:
    return _summed(f"cast({column} * 1000000 as bigint)")


def _money(column: str) -> _Column:
    return _Column(f"cast({column} * 100 as bigint)", f"sum({column})")


def _checksum(columns: Mapping[str, _Column]) -> str:
    """Ties the columns of a row together: sums alone do not tell which values stand in one row."""
    numbers = (
        f"coalesce(cast({columns[name].number} as varchar), '0')" for name in sorted(columns)
    )
    return f"sum(crc32(to_utf8(concat_ws('|', {', '.join(numbers)}))))"


def _figure(
    name: str,
    grain: Mapping[str, str],
    measures: Mapping[str, str | _Column],
    source: str,
    **constants: str,
) -> FigureQuery:
    """A figure from a FROM clause, with the SQL of each column of its grain and of each measure."""
    totals = {
        name: measure.total if isinstance(measure, _Column) else measure
        for name, measure in measures.items()
    }
    columns = ", ".join(f"{sql} as {column}" for column, sql in {**grain, **totals}.items())
    groups = f" group by {', '.join(grain.values())}" if grain else ""
    sql = f"select {columns} from {source}{groups}"
    return FigureQuery(name, tuple(grain), tuple(measures), sql, tuple(constants.items()))


def _day(alias: str) -> dict[str, str]:
    instant = f"with_timezone({alias}.purchased_at, 'UTC') at time zone 'America/Sao_Paulo'"
    return {"day": f"cast(date({instant}) as varchar)"}


_ORDERS = "{curated}.fct_orders as o"
_WITH_CUSTOMERS = (
    f"{_ORDERS} left join {{curated}}.dim_customers as c on o.customer_key = c.customer_key"
)
_IS_SALE = "o.order_status not in ('canceled', 'unavailable')"
_CATEGORY = "coalesce(p.category_name_pt, '(none)')"

_SALES = {
    "counts_as_sale": _flag("o.counts_as_sale"),
    "gmv_brl": _money("o.gmv_brl"),
    "order_total_brl": _money("o.order_total_brl"),
    "payments_brl": _money("o.payments_brl"),
    "item_count": _summed("o.item_count"),
    "items_brl": _money("o.items_brl"),
    "freight_brl": _money("o.freight_brl"),
    "order_id": _text("o.order_id"),
    "customer_unique_id": _text("c.customer_unique_id"),
    "purchase_date_br": _date("o.purchase_date_br"),
    "purchased_at": _instant("o.purchased_at"),
    "approved_at": _instant("o.approved_at"),
    "delivered_to_carrier_at": _instant("o.delivered_to_carrier_at"),
}
_DELIVERIES = {
    "delivered": _flag("o.is_delivered"),
    "late": _flag("o.is_late"),
    "delivery_days": _summed("o.delivery_days"),
    "delivered_at": _instant("o.delivered_at"),
    "delivered_date_br": _date("o.delivered_date_br"),
    "estimated_delivery_date": _date("o.estimated_delivery_date"),
}
_ORDER = (
    _SALES
    | _DELIVERIES
    | {"order_status": _text("o.order_status"), "review_score": _summed("o.review_score")}
)
_ITEM = {
    "price_brl": _money("i.price_brl"),
    "freight_brl": _money("i.freight_brl"),
    "order_id": _text("i.order_id"),
    "order_item_number": _summed("i.order_item_number"),
    "product_id": _text("i.product_id"),
    "seller_id": _text("i.seller_id"),
    "purchase_date_br": _date("i.purchase_date_br"),
    "purchased_at": _instant("i.purchased_at"),
    "shipping_limit_at": _instant("i.shipping_limit_at"),
}
_PAYMENT = {
    "amount_brl": _money("p.amount_brl"),
    "amount": _summed("cast(p.amount * 100 as bigint)"),
    "currency": _text("p.currency"),
    "rate": _summed("cast(p.brl_per_unit * 100000000 as bigint)"),
    "installments": _summed("p.installments"),
    "order_id": _text("p.order_id"),
    "payment_sequence": _summed("p.payment_sequence"),
    "purchase_date_br": _date("p.purchase_date_br"),
    "purchased_at": _instant("p.purchased_at"),
}

_EVENT = {
    "event_id": _text("e.event_id"),
    "order_id": _text("e.order_id"),
    "occurred_at": _instant("e.occurred_at"),
    "recorded_at": _instant("e.recorded_at"),
    "kafka_partition": _summed("e.kafka_partition"),
}
_LEAD = {
    "lead_id": _text("l.lead_id"),
    "landing_page_id": _text("l.landing_page_id"),
    "business_segment": _text("l.business_segment"),
    "contact_name": _text("l.contact_name"),
    "contact_email": _text("l.contact_email"),
    "contact_phone": _text("l.contact_phone"),
    "company_cnpj": _text("l.company_cnpj"),
    "phones_mistyped": _flag("l.is_phone_mistyped"),
    "cnpjs_mistyped": _flag("l.is_cnpj_mistyped"),
    "seller_id": _text("l.seller_id"),
    "contact_date_br": _date("l.contact_date_br"),
    "contacted_at": _instant("l.contacted_at"),
    "qualified_at": _instant("l.qualified_at"),
    "won_at": _instant("l.won_at"),
    "lost_at": _instant("l.lost_at"),
    "updated_at": _instant("l.updated_at"),
}
_RATE = {
    "rate_date": _date("x.rate_date"),
    "rate": _summed("cast(x.brl_per_unit * 100000000 as bigint)"),
    "updated_at": _instant("x.updated_at"),
}
_PLACE = {
    "zip_code_prefix": _text("g.zip_code_prefix"),
    "city": _text("g.city"),
    "point_count": _summed("g.point_count"),
    "latitude": _degrees("g.latitude"),
    "longitude": _degrees("g.longitude"),
}

FIGURE_QUERIES: tuple[FigureQuery, ...] = (
    _figure(
        "orders_by_status",
        _day("o") | {"order_status": "o.order_status"},
        {VALUE: "count(*)"},
        _ORDERS,
    ),
    _figure(
        "items_brl_by_status",
        _day("o") | {"order_status": "o.order_status"},
        {VALUE: _money("o.items_brl")},
        _ORDERS,
    ),
    _figure("orders_by_customer_state", {"state": "c.state"}, {VALUE: "count(*)"}, _WITH_CUSTOMERS),
    _figure(
        "gmv_by_customer_state",
        {"state": "c.state"},
        {VALUE: f"sum(if({_IS_SALE}, o.items_brl))"},
        _WITH_CUSTOMERS,
    ),
    _figure(
        "gmv_by_category",
        {"category": _CATEGORY},
        {VALUE: f"sum(if({_IS_SALE}, i.price_brl))", "orders": "count(distinct i.order_id)"},
        "{curated}.fct_order_items as i "
        "inner join {curated}.fct_orders as o on i.order_id = o.order_id "
        "left join {curated}.dim_products as p on i.product_id = p.product_id",
    ),
    _figure(
        "sales_by_purchase_day",
        _day("o"),
        {"orders": "count(*)", **_SALES, "row_checksum": _checksum(_ORDER)},
        _WITH_CUSTOMERS,
    ),
    _figure(
        "sales_by_purchase_day",
        {"day": "cast(a.purchase_date_br as varchar)"},
        {
            "days": "count(*)",
            "order_count": _summed("a.order_count"),
            "delivered_count": _summed("a.delivered_count"),
            "late_count": _summed("a.late_count"),
            "item_count": _summed("a.item_count"),
            "gmv_brl": _money("a.gmv_brl"),
            "order_total_brl": _money("a.order_total_brl"),
            "payments_brl": _money("a.payments_brl"),
            "year_month": _text("a.year_month"),
            "is_weekend": _flag("a.is_weekend"),
        },
        "{curated}.agg_sales_daily as a",
        table="agg_sales_daily",
    ),
    _figure(
        "order_items_by_purchase_day",
        _day("i"),
        {"items": "count(*)", **_ITEM, "row_checksum": _checksum(_ITEM)},
        "{curated}.fct_order_items as i",
    ),
    _figure(
        "payments_by_type",
        _day("p") | {"payment_type": "p.payment_type"},
        {"payments": "count(*)", **_PAYMENT, "row_checksum": _checksum(_PAYMENT)},
        "{curated}.fct_payments as p",
    ),
    _figure(
        "reviews_by_score",
        _day("o") | {"review_score": "cast(o.review_score as varchar)"},
        {VALUE: "count(*)"},
        # An order without a review has no score to count by.
        "(select * from {curated}.fct_orders where review_score is not null) as o",
    ),
    _figure(
        "deliveries_by_purchase_day",
        _day("o"),
        {**_DELIVERIES, "with_delivery_days": "count(o.delivery_days)"},
        _ORDERS,
    ),
    _figure(
        "customers_by_state",
        {"is_active": "cast(c.is_active as varchar)", "state": "c.state"},
        {
            "customers": "count(*)",
            "customer_key": _text("c.customer_key"),
            "customer_unique_id": _text("c.customer_unique_id"),
            "city": _text("c.city"),
            "zip_code_prefix": _text("c.zip_code_prefix"),
            "updated_at": _instant("c.updated_at"),
        },
        "{curated}.dim_customers as c",
    ),
    _figure(
        "customer_history",
        {},
        {
            "versions": "count(*)",
            "customer_id": _text("s.customer_id"),
            "customer_unique_id": _text("s.customer_unique_id"),
            "city": _text("s.city"),
            "state": _text("s.state"),
            "zip_code_prefix": _text("s.zip_code_prefix"),
            "is_deleted": _flag("s.is_deleted"),
            "deleted_at": _instant("s.deleted_at"),
            "updated_at": _instant("s.updated_at"),
        },
        "{snapshots}.snp_customers as s",
    ),
    _figure(
        "customer_history",
        {"as_of": "cast(d.as_of as varchar)", "state": "s.state"},
        {"accounts": "count_if(not s.is_deleted)"},
        "(values {as_of}) as d (as_of, next_day_utc) "
        "inner join {snapshots}.snp_customers as s on s.dbt_valid_from < d.next_day_utc "
        "and (s.dbt_valid_to is null or s.dbt_valid_to >= d.next_day_utc)",
    ),
    _figure(
        "catalogue",
        {"is_active": "cast(p.is_active as varchar)"},
        {
            VALUE: "count(*)",
            "product_id": _text("p.product_id"),
            "category_name_pt": _text("p.category_name_pt"),
            "category_name_en": _text("p.category_name_en"),
            "photo_count": _summed("p.photo_count"),
            "weight_g": _summed("p.weight_g"),
            "length_cm": _summed("p.length_cm"),
            "height_cm": _summed("p.height_cm"),
            "width_cm": _summed("p.width_cm"),
        },
        "{curated}.dim_products as p",
        table="products",
    ),
    _figure(
        "catalogue",
        {"is_active": "cast(s.is_active as varchar)"},
        {
            VALUE: "count(*)",
            "seller_id": _text("s.seller_id"),
            "city": _text("s.city"),
            "state": _text("s.state"),
            "zip_code_prefix": _text("s.zip_code_prefix"),
        },
        "{curated}.dim_sellers as s",
        table="sellers",
    ),
    _figure(
        "catalogue",
        {"year": "cast(d.year_number as varchar)"},
        {
            VALUE: "count(*)",
            "day_date": _date("d.day_date"),
            "quarter_number": _summed("d.quarter_number"),
            "month_number": _summed("d.month_number"),
            "day_of_month": _summed("d.day_of_month"),
            "iso_day_of_week": _summed("d.iso_day_of_week"),
            "year_month": _text("d.year_month"),
            "month_start_date": _date("d.month_start_date"),
            "is_weekend": _flag("d.is_weekend"),
        },
        "{curated}.dim_dates as d",
        table="dates",
    ),
    _figure(
        "order_events_by_type",
        {"day": "cast(e.event_date_br as varchar)", "event_type": "e.event_type"},
        {"events": "count(*)", **_EVENT},
        "{integration}.int_order_events as e",
    ),
    _figure(
        "leads_by_status",
        {"origin": "l.origin", "lead_status": "l.lead_status"},
        {"leads": "count(*)", **_LEAD, "row_checksum": _checksum(_LEAD)},
        "{integration}.int_marketing_leads as l",
    ),
    _figure(
        "geolocation_by_state",
        {"state": "g.state"},
        {"prefixes": "count(*)", **_PLACE, "row_checksum": _checksum(_PLACE)},
        "{integration}.int_geolocation as g",
    ),
    _figure(
        "exchange_rates",
        {"currency": "x.currency"},
        {"rates": "count(*)", **_RATE, "row_checksum": _checksum(_RATE)},
        "{integration}.int_exchange_rates as x",
    ),
    _figure(
        "rejected_rows",
        {"day": "cast(r.ingest_date as varchar)", "feed": "r.feed", "rule": "r.rule"},
        {VALUE: "count(*)"},
        "(select * from {ops}.rejected_rows "
        "where ingest_date between date '{first}' and date '{date}') as r",
    ),
)


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
