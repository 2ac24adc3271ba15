{{ config(meta={'scan': 'day'}) }}

-- A returned row is a version of an order that landed and is neither in int_orders
-- nor superseded there.
{{ rows_not_kept(
    ref('int_orders'),
    source('order_management', 'orders'),
    keys={'order_id': 'order_id'},
    clock={'updated_at': 'updated_at'},
    values={'order_status': 'lower(trim(order_status))', 'purchased_at': 'order_purchase_timestamp'},
    month_of='created_at'
) }}
