{{ config(meta={'scan': 'day'}) }}

-- A returned row is a version of an order event that landed and is neither in int_order_events
-- nor superseded there.
{{ rows_not_kept(
    ref('int_order_events'),
    source('events', 'order_events'),
    keys={'event_id': 'event_id', 'order_id': 'order_id'},
    clock={'_landed_date': 'ingest_date'},
    values={'occurred_at': 'occurred_at'},
    keeps='oldest',
    month_of='_order_created_at'
) }}
