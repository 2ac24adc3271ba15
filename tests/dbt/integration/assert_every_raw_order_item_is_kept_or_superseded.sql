{{ config(meta={'scan': 'day'}) }}

-- A returned row is a version of an order item that landed and is neither in int_order_items
-- nor superseded there.
{{ rows_not_kept(
    ref('int_order_items'),
    source('order_management', 'order_items'),
    keys={'order_id': 'order_id', 'order_item_number': 'order_item_id'},
    clock={'updated_at': 'updated_at'},
    values={'price_brl': 'price', 'freight_brl': 'freight_value'},
    month_of='_order_created_at'
) }}
