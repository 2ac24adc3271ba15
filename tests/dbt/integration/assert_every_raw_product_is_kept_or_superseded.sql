{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a version of a product that landed and is neither in int_products
-- nor superseded there.
{{ rows_not_kept(
    ref('int_products'),
    source('catalogue', 'products'),
    keys={'product_id': 'product_id'},
    clock={'_landed_date': 'ingest_date'},
    values={'weight_g': 'product_weight_g'}
) }}
