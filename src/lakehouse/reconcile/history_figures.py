"""How the figures of history are read: versions of accounts, products and sellers."""

from __future__ import annotations

from lakehouse.reconcile.figure import (
    FigureQuery,
    counted_rows,
    day_number,
    flag,
    instant,
    summed,
    text,
)

_ACCOUNT = {
    "customer_key": text("h.customer_key"),
    "customer_id": text("h.customer_id"),
    "city": text("h.city"),
    "state": text("h.state"),
    "zip_code_prefix": text("h.zip_code_prefix"),
    "is_deleted": flag("h.is_deleted"),
    "is_current": flag("h.is_current"),
    "valid_from": instant("h.valid_from"),
    "valid_to": instant("h.valid_to"),
}
# A version of the catalogue holds from midnight in America/Sao_Paulo on, in UTC the same date.
_SPAN = {
    "is_active": flag("h.is_active"),
    "valid_from": day_number("h.dbt_valid_from"),
    "valid_to": day_number("h.dbt_valid_to"),
}
_PRODUCT = {
    "product_id": text("h.product_id"),
    "category_name_pt": text("h.category_name_pt"),
    "photo_count": summed("h.photo_count"),
    "weight_g": summed("h.weight_g"),
    "length_cm": summed("h.length_cm"),
    "height_cm": summed("h.height_cm"),
    "width_cm": summed("h.width_cm"),
    **_SPAN,
}
_SELLER = {
    "seller_id": text("h.seller_id"),
    "city": text("h.city"),
    "state": text("h.state"),
    "zip_code_prefix": text("h.zip_code_prefix"),
    **_SPAN,
}


HISTORY_FIGURES: tuple[FigureQuery, ...] = (
    counted_rows(
        "customer_history",
        {},
        "versions",
        _ACCOUNT,
        "{curated}.dim_customers_history as h",
        table="dim_customers_history",
    ),
    counted_rows(
        "catalogue_history",
        {},
        "versions",
        _PRODUCT,
        "{snapshots}.snp_products as h",
        table="products",
    ),
    counted_rows(
        "catalogue_history",
        {},
        "versions",
        _SELLER,
        "{snapshots}.snp_sellers as h",
        table="sellers",
    ),
)
"""Of the snapshots, which every daily run brings up to date."""
