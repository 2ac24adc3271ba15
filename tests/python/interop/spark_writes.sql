-- What Spark writes: a table that goes through every kind of change that Spark makes to one.
CREATE NAMESPACE lake.of_spark;

CREATE TABLE lake.of_spark.t (id bigint, d date, v string, amount decimal(10, 2), n int)
USING iceberg PARTITIONED BY (months(d)) TBLPROPERTIES (
    'write.delete.mode' = 'merge-on-read',
    'write.update.mode' = 'merge-on-read',
    'write.merge.mode' = 'merge-on-read'
);

INSERT INTO lake.of_spark.t
SELECT id, date_add(DATE '2024-01-30', CAST(id AS int)), concat('v', id),
    CAST(id * 1.25 AS decimal(10, 2)), CAST(id AS int)
FROM range(200);

-- Position deletes.
DELETE FROM lake.of_spark.t WHERE id % 7 = 0;

UPDATE lake.of_spark.t SET v = upper(v), amount = amount + 0.01 WHERE id % 5 = 0;

MERGE INTO lake.of_spark.t t USING (SELECT id, 'merged' v FROM range(190, 210)) s
ON t.id = s.id
WHEN MATCHED AND s.id % 2 = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET t.v = s.v
WHEN NOT MATCHED THEN INSERT (id, d, v, amount, n) VALUES (s.id, DATE '2025-01-01', s.v, 7, 1);

-- The schema moves on: a column is widened, renamed, added in the middle.
ALTER TABLE lake.of_spark.t ALTER COLUMN n TYPE bigint;

ALTER TABLE lake.of_spark.t RENAME COLUMN v TO text;

ALTER TABLE lake.of_spark.t ADD COLUMN extra struct<a: int, b: array<string>> AFTER id;

INSERT INTO lake.of_spark.t
SELECT 1000 + id, named_struct('a', CAST(id AS int), 'b', array('x', NULL)), DATE '1969-12-31',
    NULL, 0, 5000000000
FROM range(5);

-- Partitions move on, too.
ALTER TABLE lake.of_spark.t ADD PARTITION FIELD bucket(4, id);

ALTER TABLE lake.of_spark.t DROP PARTITION FIELD months(d);

INSERT INTO lake.of_spark.t
SELECT 2000 + id, NULL, NULL, 'late', NULL, id FROM range(9);

DELETE FROM lake.of_spark.t WHERE id IN (1001, 2003, 11);

ALTER TABLE lake.of_spark.t DROP COLUMN n
