-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_ops`.`rejected_rows` (
  `rule` string COMMENT 'First rule the row broke: shape, required, type, future, minimum, maximum, max_length, pattern, allowed_values, lookup or duplicate_row.',
  `column_name` string COMMENT 'Column that broke the rule; null when the whole row did.',
  `value` string COMMENT 'Value that broke the rule, as received; null when absent.',
  `row_json` string COMMENT 'The whole row as received, as JSON text.',
  `row_number` bigint COMMENT 'Position of the row in its file, from 1.',
  `source_file` string COMMENT 'Object in the stage bucket that holds the row.',
  `run_id` string COMMENT 'Run that rejected the row.'
)
COMMENT 'Rows that landing refused, with the rule each broke first.'
PARTITIONED BY (
  `feed` string COMMENT 'Feed that delivered the row.',
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-ops/rejected_rows/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'projection.enabled' = 'true',
  'projection.ingest_date.type' = 'date',
  'projection.ingest_date.format' = 'yyyy-MM-dd',
  'projection.ingest_date.range' = '2025-01-01,NOW',
  'projection.ingest_date.interval' = '1',
  'projection.ingest_date.interval.unit' = 'DAYS',
  'projection.feed.type' = 'enum',
  'projection.feed.values' = 'category_translations,customers,exchange_rates,geolocation,marketing_leads,order_events,order_items,orders,payments,products,reviews,sellers',
  'storage.location.template' = 's3://${prefix}-${stage}-ops/rejected_rows/feed=${feed}/ingest_date=${ingest_date}/'
);
