-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_raw`.`order_events` (
  `event_id` string COMMENT 'Event identifier; the same in every record of the event.',
  `order_id` string COMMENT 'Order that reached the status.',
  `event_type` string COMMENT 'Status that the order reached.',
  `occurred_at` timestamp COMMENT 'Instant when the order reached the status.',
  `recorded_at` timestamp COMMENT 'Instant when the event store recorded the event; the same in every record of the event.',
  `kafka_partition` int COMMENT 'Partition of the topic that holds the record.',
  `kafka_offset` bigint COMMENT 'Position of the record in its partition. Offsets grow and have gaps.',
  `_ingested_at` timestamp COMMENT 'Logical instant of the batch, UTC: the end of its business date in America/Sao_Paulo.',
  `_source_file` string COMMENT 'Object in the stage bucket that holds the row as received.',
  `_row_number` bigint COMMENT 'Position of the row in that object, from 1, without the header.',
  `_run_id` string COMMENT 'Run that landed the row: feed and business date.',
  `_source_sequence` bigint COMMENT 'Order of versions with equal updated_at: microseconds of updated_at since 1970 (UTC), or the position of the row in its batch for feeds without updated_at.',
  `_is_ambiguous_time` boolean COMMENT 'True when a clock of the row fell in the hour that daylight saving repeats; the first offset was taken.',
  `_source_values` string COMMENT 'JSON object of the source text of values that landing changed; null when none.'
)
COMMENT 'Records of the topic of order events.'
PARTITIONED BY (
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-raw/events/order_events/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'contract' = 'order_events.odcs.yaml',
  'contract_version' = '1.3.0',
  'projection.enabled' = 'true',
  'projection.ingest_date.type' = 'date',
  'projection.ingest_date.format' = 'yyyy-MM-dd',
  'projection.ingest_date.range' = '2025-01-01,NOW',
  'projection.ingest_date.interval' = '1',
  'projection.ingest_date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://${prefix}-${stage}-raw/events/order_events/ingest_date=${ingest_date}/'
);
