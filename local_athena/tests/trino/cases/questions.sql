-- What both engines are asked after the changes.
SELECT * FROM db.ice ORDER BY id;

SELECT * FROM db.hive ORDER BY id;

SELECT * FROM db.ctas_hive ORDER BY id;

SELECT id, amount FROM db.ctas_ice ORDER BY id;

SELECT * FROM db.seen ORDER BY p;

EXECUTE chosen USING 12, 'V16';

SELECT 1/2, 7 % 3, DECIMAL '1' / 3, 0.1e0, map(ARRAY['k'], ARRAY[NULL]), ROW(1, 'x'),
    TIMESTAMP '2024-01-01 00:00:00.123 UTC', INTERVAL '2' DAY, X'00ff';

SELECT file_format, sum(record_count) FROM "db"."ice$files" GROUP BY 1;

SHOW TABLES IN db;

SHOW PARTITIONS db.hive;

DESCRIBE db.hive
