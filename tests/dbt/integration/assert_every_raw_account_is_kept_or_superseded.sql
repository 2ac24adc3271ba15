{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a version of an account that landed and is neither in int_customers
-- nor superseded there.
{{ rows_not_kept(
    ref('int_customers'),
    source('order_management', 'customers'),
    keys={'customer_id': 'customer_id'},
    clock={'updated_at': 'updated_at'},
    values={'customer_unique_id': 'customer_unique_id'}
) }}
