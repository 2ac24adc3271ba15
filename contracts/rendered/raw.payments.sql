-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_raw`.`payments` (
  `order_id` string COMMENT 'Order that was paid.',
  `payment_sequential` int COMMENT 'Position of the payment among those of its order, from 1.',
  `payment_type` string COMMENT 'Means of payment.',
  `payment_installments` int COMMENT 'Number of instalments; 0 when the gateway did not say.',
  `payment_value` decimal(18,2) COMMENT 'Amount of the payment in its currency.',
  `currency` string COMMENT 'Three-letter code of the currency (ISO 4217); null is BRL.',
  `updated_at` timestamp COMMENT 'Instant of the last change of the payment in the source, the watermark of extraction.',
  `_ingested_at` timestamp COMMENT 'Logical instant of the batch, UTC: the end of its business date in America/Sao_Paulo.',
  `_source_file` string COMMENT 'Object in the stage bucket that holds the row as received.',
  `_row_number` bigint COMMENT 'Position of the row in that object, from 1, without the header.',
  `_run_id` string COMMENT 'Run that landed the row: feed and business date.',
  `_source_sequence` bigint COMMENT 'Order of versions with equal updated_at: microseconds of updated_at since 1970 (UTC), or the position of the row in its batch for feeds without updated_at.',
  `_is_ambiguous_time` boolean COMMENT 'True when a clock of the row fell in the hour that daylight saving repeats; the first offset was taken.',
  `_source_values` string COMMENT 'JSON object of the source text of values that landing changed; null when none.'
)
COMMENT 'Payments of orders, one version per change.'
PARTITIONED BY (
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-raw/payment_gateway/payments/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'contract' = 'payments.odcs.yaml',
  'contract_version' = '2.1.0',
  'projection.enabled' = 'true',
  'projection.ingest_date.type' = 'date',
  'projection.ingest_date.format' = 'yyyy-MM-dd',
  'projection.ingest_date.range' = '2025-01-01,NOW',
  'projection.ingest_date.interval' = '1',
  'projection.ingest_date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://${prefix}-${stage}-raw/payment_gateway/payments/ingest_date=${ingest_date}/'
);
