-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_raw`.`orders` (
  `order_id` string COMMENT 'Order identifier, as the marketplace issued it.',
  `customer_id` string COMMENT 'Account that placed the order.',
  `order_status` string COMMENT 'Step the order has reached.',
  `order_purchase_timestamp` timestamp COMMENT 'Instant of purchase.',
  `order_approved_at` timestamp COMMENT 'Instant when the payment was approved.',
  `order_delivered_carrier_date` timestamp COMMENT 'Instant when the parcel was handed to the carrier.',
  `order_delivered_customer_date` timestamp COMMENT 'Instant when the parcel reached the customer.',
  `order_estimated_delivery_date` timestamp COMMENT 'Delivery promised at purchase: midnight, in America/Sao_Paulo, of the promised day.',
  `created_at` timestamp COMMENT 'Instant when the order management system took the order in. It never changes, whatever else of the order does.',
  `updated_at` timestamp COMMENT 'Instant of the last change of the order in the source, the watermark of extraction.',
  `deleted_at` timestamp COMMENT 'Instant when the source deleted the order. Null while it lives.',
  `_ingested_at` timestamp COMMENT 'Logical instant of the batch, UTC: the end of its business date in America/Sao_Paulo.',
  `_source_file` string COMMENT 'Object in the stage bucket that holds the row as received.',
  `_row_number` bigint COMMENT 'Position of the row in that object, from 1, without the header.',
  `_run_id` string COMMENT 'Run that landed the row: feed and business date.',
  `_source_sequence` bigint COMMENT 'Order of versions with equal updated_at: microseconds of updated_at since 1970 (UTC), or the position of the row in its batch for feeds without updated_at.',
  `_is_ambiguous_time` boolean COMMENT 'True when a clock of the row fell in the hour that daylight saving repeats; the first offset was taken.',
  `_source_values` string COMMENT 'JSON object of the source text of values that landing changed; null when none.'
)
COMMENT 'Orders, one version per change.'
PARTITIONED BY (
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-raw/order_management/orders/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'contract' = 'orders.odcs.yaml',
  'contract_version' = '2.2.0',
  'projection.enabled' = 'true',
  'projection.ingest_date.type' = 'date',
  'projection.ingest_date.format' = 'yyyy-MM-dd',
  'projection.ingest_date.range' = '2025-01-01,NOW',
  'projection.ingest_date.interval' = '1',
  'projection.ingest_date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://${prefix}-${stage}-raw/order_management/orders/ingest_date=${ingest_date}/'
);
