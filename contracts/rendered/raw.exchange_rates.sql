-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_raw`.`exchange_rates` (
  `currency` string COMMENT 'Three-letter code of the currency (ISO 4217).',
  `rate_date` date COMMENT 'Business day that the rate is of, in America/Sao_Paulo.',
  `brl_per_unit` decimal(18,8) COMMENT 'BRL for one unit of the currency.',
  `updated_at` timestamp COMMENT 'Instant of the report, the watermark of extraction.',
  `currency_name` string COMMENT 'English name of the currency. Null of a code that is not in the list.',
  `currency_minor_digits` int COMMENT 'Digits after the point of an amount in the currency (ISO 4217). Null of a code that is not in the list.',
  `_ingested_at` timestamp COMMENT 'Logical instant of the batch, UTC: the end of its business date in America/Sao_Paulo.',
  `_source_file` string COMMENT 'Object in the stage bucket that holds the row as received.',
  `_row_number` bigint COMMENT 'Position of the row in that object, from 1, without the header.',
  `_run_id` string COMMENT 'Run that landed the row: feed and business date.',
  `_source_sequence` bigint COMMENT 'Order of versions with equal updated_at: microseconds of updated_at since 1970 (UTC), or the position of the row in its batch for feeds without updated_at.',
  `_is_ambiguous_time` boolean COMMENT 'True when a clock of the row fell in the hour that daylight saving repeats; the first offset was taken.',
  `_source_values` string COMMENT 'JSON object of the source text of values that landing changed; null when none.'
)
COMMENT 'Exchange rates of business days, one version per report.'
PARTITIONED BY (
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-raw/payment_gateway/exchange_rates/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'contract' = 'exchange_rates.odcs.yaml',
  'contract_version' = '2.1.0',
  'projection.enabled' = 'true',
  'projection.ingest_date.type' = 'date',
  'projection.ingest_date.format' = 'yyyy-MM-dd',
  'projection.ingest_date.range' = '2025-01-01,NOW',
  'projection.ingest_date.interval' = '1',
  'projection.ingest_date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://${prefix}-${stage}-raw/payment_gateway/exchange_rates/ingest_date=${ingest_date}/'
);
