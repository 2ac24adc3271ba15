"""How the figures of the marts are read: reviews, transitions, sellers, customers, leads."""

from __future__ import annotations

from lakehouse.reconcile.figure import (
    FigureQuery,
    counted_rows,
    day_number,
    figure,
    flag,
    instant,
    member,
    money,
    summed,
    text,
)

_REVIEW = {
    "review_id": text("r.review_id"),
    "order_id": text("r.order_id"),
    "purchase_date_br": day_number("r.purchase_date_br"),
    "review_date_br": day_number("r.review_date_br"),
    "has_comment": flag("r.has_comment"),
    "purchased_at": instant("r.purchased_at"),
    "created_at": instant("r.created_at"),
    "answered_at": instant("r.answered_at"),
}
_LEAD = {
    "lead_id": text("l.lead_id"),
    "seller_id": text("l.seller_id"),
    "seller_key": member("s.seller_key", "s.seller_id"),
    "business_segment": text("l.business_segment"),
    "contact_date_br": day_number("l.contact_date_br"),
    "contact_month": day_number("l.contact_month"),
    "is_qualified": flag("l.is_qualified"),
    "is_won": flag("l.is_won"),
    "contacted_at": instant("l.contacted_at"),
    "qualified_at": instant("l.qualified_at"),
    "won_at": instant("l.won_at"),
    "lost_at": instant("l.lost_at"),
}
_TRANSITION = {
    "order_id": text("t.order_id"),
    "step_number": summed("t.step_number"),
    "seconds_since_previous": summed("t.seconds_since_previous"),
    "hours_since_previous": summed("cast(t.hours_since_previous * 100 as bigint)"),
    "purchased_at": instant("t.purchased_at"),
    "reached_at": instant("t.reached_at"),
    "reached_date_br": day_number("t.reached_date_br"),
}
_LIFETIME = {
    "customer_key": text("c.customer_key"),
    "first_purchase_date_br": day_number("c.first_purchase_date_br"),
    "last_purchase_date_br": day_number("c.last_purchase_date_br"),
    "sale_count": summed("c.sale_count"),
    "item_count": summed("c.item_count"),
    "gmv_brl": money("c.gmv_brl"),
    "freight_brl": money("c.freight_brl"),
}
_RFM = {
    "customer_key": text("c.customer_key"),
    "scored_date": day_number("c.scored_date"),
    "recency_days": summed("c.recency_days"),
    "sale_count": summed("c.sale_count"),
    "gmv_brl": money("c.gmv_brl"),
    "recency_score": summed("c.recency_score"),
    "frequency_score": summed("c.frequency_score"),
    "monetary_score": summed("c.monetary_score"),
}
_SEGMENT = {
    "customer_key": text("c.customer_key"),
    "segment_date": day_number("c.segment_date"),
}
_SELLER = {
    "seller_id": text("s.seller_id"),
    "seller_key": member("d.seller_key", "d.seller_id"),
    "gmv_brl": money("s.gmv_brl"),
    "freight_brl": money("s.freight_brl"),
} | {
    name: summed(f"s.{name}")
    for name in (
        *("order_count", "canceled_count", "delivered_count", "late_count"),
        *("reviewed_count", "review_score_total", "item_count"),
    )
}


MART_FIGURES: tuple[FigureQuery, ...] = (
    counted_rows(
        "reviews_by_purchase_day",
        {
            "day": "cast(date(with_timezone(r.purchased_at, 'UTC') "
            "at time zone 'America/Sao_Paulo') as varchar)",
            "review_score": "cast(r.review_score as varchar)",
        },
        "reviews",
        _REVIEW,
        "{curated}.fct_reviews as r",
    ),
    counted_rows(
        "status_transitions",
        {
            "order_status": "t.order_status",
            "previous_status": "coalesce(t.previous_status, '(none)')",
        },
        "transitions",
        _TRANSITION,
        "{curated}.fct_order_status_transitions as t",
    ),
    counted_rows(
        "leads_by_status",
        {"origin": "l.origin", "lead_status": "l.lead_status"},
        "leads",
        _LEAD,
        "{curated}.fct_marketing_leads as l "
        "left join {curated}.dim_sellers as s on l.seller_key = s.seller_key",
        table="fct_marketing_leads",
    ),
)
"""Of the facts, which every daily run brings up to date."""

WEEKLY_FIGURES: tuple[FigureQuery, ...] = (
    counted_rows(
        "customer_lifetime_value",
        {"is_returning": "cast(c.is_returning as varchar)"},
        "customers",
        _LIFETIME,
        "{curated}.agg_customer_lifetime_value as c",
    ),
    counted_rows(
        "customer_rfm",
        {"segment": "c.segment"},
        "customers",
        _RFM,
        "{curated}.agg_customer_rfm as c",
    ),
    counted_rows(
        "customers_by_segment",
        {"segment": "c.segment"},
        "customers",
        _SEGMENT,
        "(select * from {curated}.dim_customers where segment is not null) as c",
    ),
    figure(
        "cohort_retention",
        {
            "cohort_month": "date_format(c.cohort_month, '%Y-%m')",
            "months_since": "cast(c.months_since as varchar)",
        },
        {
            "customer_count": summed("c.customer_count"),
            "sale_count": summed("c.sale_count"),
            "gmv_brl": money("c.gmv_brl"),
        },
        "{curated}.agg_cohort_retention as c",
    ),
    counted_rows(
        "seller_scorecard",
        {},
        "sellers",
        _SELLER,
        "{curated}.agg_seller_scorecard as s "
        "left join {curated}.dim_sellers as d on s.seller_key = d.seller_key",
    ),
    figure(
        "delivery_by_route",
        {
            "purchase_month": "date_format(r.purchase_month, '%Y-%m')",
            "seller_state": "r.seller_state",
            "customer_state": "r.customer_state",
        },
        {
            "order_count": summed("r.order_count"),
            "item_count": summed("r.item_count"),
            "freight_brl": money("r.freight_brl"),
            "delivered_count": summed("r.delivered_count"),
            "late_count": summed("r.late_count"),
            "delivery_days": summed("r.delivery_days"),
        },
        "{curated}.agg_delivery_by_route as r",
    ),
    figure(
        "category_growth",
        {"category": "c.category_name_pt", "month": "date_format(c.month_start_date, '%Y-%m')"},
        {
            "item_count": summed("c.item_count"),
            "gmv_brl": money("c.gmv_brl"),
            "previous_gmv_brl": money("c.previous_gmv_brl"),
            "gmv_growth_brl": money("c.gmv_growth_brl"),
        },
        "{curated}.agg_category_growth as c",
    ),
    figure(
        "lead_funnel",
        {"month": "date_format(l.contact_month, '%Y-%m')", "origin": "l.origin"},
        {
            "lead_count": summed("l.lead_count"),
            "qualified_count": summed("l.qualified_count"),
            "won_count": summed("l.won_count"),
            "sold_count": summed("l.sold_count"),
        },
        "{curated}.agg_lead_funnel as l",
    ),
)
"""Of the aggregates over all history (`meta.scan: history`), which the weekly run builds."""
