-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_ops`.`batches` (
  `state` string COMMENT 'published; held, when a person has to decide; or refused, when it could not be read at all. Raw has none of the last two.',
  `read_count` bigint COMMENT 'Rows that the source delivered.',
  `written_count` bigint COMMENT 'Rows that raw has of it.',
  `rejected_count` bigint COMMENT 'Rows that rejected_rows has of it.',
  `contract_version` string COMMENT 'Version of the contract that let the rows in.',
  `run_id` string COMMENT 'Run that landed the batch.',
  `reason` string COMMENT 'Why the batch is held or refused; null when published.'
)
COMMENT 'Batches that landing read: how many rows, and what became of them.'
PARTITIONED BY (
  `feed` string COMMENT 'Feed that delivered the batch.',
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-ops/batches/'
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
  'storage.location.template' = 's3://${prefix}-${stage}-ops/batches/feed=${feed}/ingest_date=${ingest_date}/'
);
