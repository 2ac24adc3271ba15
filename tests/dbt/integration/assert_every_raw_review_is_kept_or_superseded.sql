{{ config(meta={'scan': 'day'}) }}

-- A returned row is a version of a review that landed and is neither in int_reviews
-- nor superseded there.
{{ rows_not_kept(
    ref('int_reviews'),
    source('customer_service', 'reviews'),
    keys={'review_id': 'review_id', 'order_id': 'order_id'},
    clock={'_landed_date': 'ingest_date'},
    values={'review_score': 'review_score'},
    month_of='_order_created_at'
) }}
