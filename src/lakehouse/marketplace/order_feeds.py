"""Rows of the orders and order_items tables, as the order management system shows them."""

import pyarrow as pa

from lakehouse.marketplace import text
from lakehouse.marketplace.items import Items, ItemStates
from lakehouse.marketplace.orders import STATUSES, Orders, OrderStates
from lakehouse.marketplace.world import World

ORDER_COLUMNS = (
    "order_id",
    "customer_id",
    "order_status",
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
    "created_at",
    "updated_at",
    "deleted_at",
)
ITEM_COLUMNS = (
    "order_id",
    "order_item_id",
    "product_id",
    "seller_id",
    "shipping_limit_date",
    "price",
    "freight_value",
    "updated_at",
    "deleted_at",
)


def order_rows(world: World, orders: Orders, states: OrderStates) -> pa.Table:
    """One row for each order shown; all columns are text, null where the source has null."""
    rows = states.rows
    return pa.table(
        {
            "order_id": text.identifiers(world.seed, "order", orders.index[rows]),
            "customer_id": text.identifiers(world.seed, "customer", orders.account[rows]),
            "order_status": text.words(STATUSES, states.status),
            "order_purchase_timestamp": text.instants(states.purchased),
            "order_approved_at": text.instants(states.approved, null=states.approved == 0),
            "order_delivered_carrier_date": text.instants(states.shipped, null=states.shipped == 0),
            "order_delivered_customer_date": text.instants(
                states.delivered, null=states.delivered == 0
            ),
            "order_estimated_delivery_date": text.instants(states.promised),
            "created_at": text.instants(orders.visible[rows]),
            "updated_at": text.instants(states.updated),
            "deleted_at": text.instants(states.deleted, null=states.deleted == 0),
        }
    )


def item_rows(world: World, items: Items, states: ItemStates) -> pa.Table:
    """One row for each item shown; all columns are text, null where the source has null."""
    rows = states.rows
    return pa.table(
        {
            "order_id": text.identifiers(world.seed, "order", items.order_index[rows]),
            "order_item_id": text.numbers(items.number[rows]),
            "product_id": text.identifiers(world.seed, "product", items.product[rows]),
            "seller_id": text.identifiers(world.seed, "seller", items.seller[rows]),
            "shipping_limit_date": text.instants(items.shipping_limit[rows]),
            "price": text.money(states.price),
            "freight_value": text.money(items.freight[rows]),
            "updated_at": text.instants(states.updated),
            "deleted_at": text.instants(states.deleted, null=states.deleted == 0),
        }
    )
