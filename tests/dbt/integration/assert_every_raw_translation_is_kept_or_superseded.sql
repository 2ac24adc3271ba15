{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a version of a translation that landed and is neither in
-- int_category_translations nor superseded there.
{{ rows_not_kept(
    ref('int_category_translations'),
    source('catalogue', 'category_translations'),
    keys={'category_name_pt': 'trim(product_category_name)'},
    clock={'_landed_date': 'ingest_date'},
    values={'category_name_en': 'trim(product_category_name_english)'}
) }}
