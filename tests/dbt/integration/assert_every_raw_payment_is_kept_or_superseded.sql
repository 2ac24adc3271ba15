{{ config(meta={'scan': 'day'}) }}

-- A returned row is a version of a payment that landed and is neither in int_payments
-- nor superseded there.
{{ rows_not_kept(
    ref('int_payments'),
    source('payment_gateway', 'payments'),
    keys={'order_id': 'order_id', 'payment_sequence': 'payment_sequential'},
    clock={'updated_at': 'updated_at'},
    values={'amount': 'payment_value'},
    month_of='_order_created_at'
) }}
