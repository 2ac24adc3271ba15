{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a version of a seller that landed and is neither in int_sellers
-- nor superseded there.
{{ rows_not_kept(
    ref('int_sellers'),
    source('catalogue', 'sellers'),
    keys={'seller_id': 'seller_id'},
    clock={'_landed_date': 'ingest_date'},
    values={'state': 'upper(trim(seller_state))'}
) }}
