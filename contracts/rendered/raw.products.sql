-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_raw`.`products` (
  `product_id` string COMMENT 'Product identifier, as the marketplace issued it.',
  `product_category_name` string COMMENT 'Category of the product, in Portuguese. Null when the seller chose none.',
  `product_name_lenght` int COMMENT 'Number of characters of the name of the product.',
  `product_description_lenght` int COMMENT 'Number of characters of the description of the product.',
  `product_photos_qty` int COMMENT 'Number of published photographs.',
  `product_weight_g` int COMMENT 'Weight in grams.',
  `product_length_cm` int COMMENT 'Length of the parcel in centimetres.',
  `product_height_cm` int COMMENT 'Height of the parcel in centimetres.',
  `product_width_cm` int COMMENT 'Width of the parcel in centimetres.',
  `_ingested_at` timestamp COMMENT 'Logical instant of the batch, UTC: the end of its business date in America/Sao_Paulo.',
  `_source_file` string COMMENT 'Object in the stage bucket that holds the row as received.',
  `_row_number` bigint COMMENT 'Position of the row in that object, from 1, without the header.',
  `_run_id` string COMMENT 'Run that landed the row: feed and business date.',
  `_source_sequence` bigint COMMENT 'Order of versions with equal updated_at: microseconds of updated_at since 1970 (UTC), or the position of the row in its batch for feeds without updated_at.',
  `_is_ambiguous_time` boolean COMMENT 'True when a clock of the row fell in the hour that daylight saving repeats; the first offset was taken.',
  `_source_values` string COMMENT 'JSON object of the source text of values that landing changed; null when none.'
)
COMMENT 'Products, the whole catalogue each day.'
PARTITIONED BY (
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-raw/catalogue/products/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'contract' = 'products.odcs.yaml',
  'contract_version' = '1.3.0',
  'projection.enabled' = 'true',
  'projection.ingest_date.type' = 'date',
  'projection.ingest_date.format' = 'yyyy-MM-dd',
  'projection.ingest_date.range' = '2025-01-01,NOW',
  'projection.ingest_date.interval' = '1',
  'projection.ingest_date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://${prefix}-${stage}-raw/catalogue/products/ingest_date=${ingest_date}/'
);
