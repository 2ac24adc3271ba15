-- Rendered from contracts by `lakehouse contracts render`; do not edit.
CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_raw`.`marketing_leads` (
  `lead_id` string COMMENT 'Lead identifier, as marketing issued it.',
  `contacted_at` timestamp COMMENT 'Instant of the first contact.',
  `origin` string COMMENT 'Channel by which the lead came.',
  `landing_page_id` string COMMENT 'Page on which the lead left its address.',
  `business_segment` string COMMENT 'Category of what the company sells, as typed.',
  `contact_name` string COMMENT 'Name of the person who speaks for the company.',
  `contact_email` string COMMENT 'E-mail address of that person, as typed.',
  `contact_phone` string COMMENT 'Phone number of that person, as typed.',
  `company_cnpj` string COMMENT 'Brazilian company number (CNPJ), with or without punctuation, as typed.',
  `lead_status` string COMMENT 'Status of the lead in this version.',
  `seller_id` string COMMENT 'Seller that the lead became; null while it is not won.',
  `qualified_at` timestamp COMMENT 'Instant when the lead was found fit; null when it was not.',
  `won_at` timestamp COMMENT 'Instant when the company signed; null while it has not.',
  `lost_at` timestamp COMMENT 'Instant when the lead was given up; null while it is not.',
  `updated_at` timestamp COMMENT 'Instant of the change that made this version.',
  `_ingested_at` timestamp COMMENT 'Logical instant of the batch, UTC: the end of its business date in America/Sao_Paulo.',
  `_source_file` string COMMENT 'Object in the stage bucket that holds the row as received.',
  `_row_number` bigint COMMENT 'Position of the row in that object, from 1, without the header.',
  `_run_id` string COMMENT 'Run that landed the row: feed and business date.',
  `_source_sequence` bigint COMMENT 'Order of versions with equal updated_at: microseconds of updated_at since 1970 (UTC), or the position of the row in its batch for feeds without updated_at.',
  `_is_ambiguous_time` boolean COMMENT 'True when a clock of the row fell in the hour that daylight saving repeats; the first offset was taken.',
  `_source_values` string COMMENT 'JSON object of the source text of values that landing changed; null when none.'
)
COMMENT 'Leads of marketing, one version per change.'
PARTITIONED BY (
  `ingest_date` date COMMENT 'Business date of the batch that delivered the row.'
)
STORED AS PARQUET
LOCATION 's3://${prefix}-${stage}-raw/marketing/marketing_leads/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'contract' = 'marketing_leads.odcs.yaml',
  'contract_version' = '1.3.2',
  'projection.enabled' = 'true',
  'projection.ingest_date.type' = 'date',
  'projection.ingest_date.format' = 'yyyy-MM-dd',
  'projection.ingest_date.range' = '2025-01-01,NOW',
  'projection.ingest_date.interval' = '1',
  'projection.ingest_date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://${prefix}-${stage}-raw/marketing/marketing_leads/ingest_date=${ingest_date}/'
);
