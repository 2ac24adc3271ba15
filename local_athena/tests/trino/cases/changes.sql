-- Run in order: every kind of statement that writes.
CREATE DATABASE db;

CREATE TABLE db.ice (id bigint, d date, v string)
    PARTITIONED BY (month(d))
    LOCATION 's3://bucket/ice/'
    TBLPROPERTIES ('table_type' = 'ICEBERG');

CREATE EXTERNAL TABLE db.hive (id int, v string)
    PARTITIONED BY (p string)
    STORED AS PARQUET
    LOCATION 's3://bucket/hive/';

INSERT INTO db.ice SELECT x, date_add('day', CAST(x AS integer), DATE '2024-01-20'), 'v' || CAST(x AS varchar)
    FROM unnest(sequence(1, 40)) t(x);

INSERT INTO db.hive VALUES (1, 'a', 'one'), (2, NULL, 'two'), (3, '', 'two');

UPDATE db.ice SET v = upper(v)
    WHERE id % 4 = 0;

DELETE FROM db.ice
    WHERE d < DATE '2024-01-25';

MERGE INTO db.ice t USING (VALUES (BIGINT '10', 'm'), (BIGINT '99', 'n')) s(id, v)
    ON t.id = s.id
    WHEN MATCHED THEN UPDATE SET v = s.v
    WHEN NOT MATCHED THEN INSERT VALUES (s.id, DATE '2030-01-01', s.v);

CREATE TABLE db.ctas_hive WITH (format = 'ORC', partitioned_by = ARRAY['p'])
    AS SELECT id, v, id % 3 p FROM db.ice;

CREATE TABLE db.ctas_ice WITH (table_type = 'ICEBERG', is_external = false,
    location = 's3://bucket/ctas_ice/', partitioning = ARRAY['bucket(id, 4)'])
    AS SELECT id, DECIMAL '1.50' * id AS amount FROM db.ice;

CREATE VIEW db.seen
    AS SELECT p, count(*) n FROM db.ctas_hive GROUP BY p;

PREPARE chosen FROM SELECT count(*) FROM db.ice
    WHERE id > ? AND v <> ?;

UNLOAD (SELECT * FROM db.ctas_ice)
    TO 's3://bucket/unloaded/' WITH (format = 'PARQUET');

ALTER TABLE db.ice ADD COLUMNS (extra int);

OPTIMIZE db.ice REWRITE DATA USING BIN_PACK
