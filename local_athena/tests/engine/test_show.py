"""SHOW and DESCRIBE in the Athena user guide's words, and DDL that recreates what it describes."""

import json
import re
from pathlib import Path

import pytest

DOCUMENTED = Path(__file__).parents[1] / "sql" / "parser" / "documented.jsonl"
EVERYTHING = (
    "CREATE EXTERNAL TABLE t (`id` int COMMENT 'it''s \\\\ id', a array<struct<x:int COMMENT 'c', "
    "y:string>>, m map<string,double>) COMMENT 'about' PARTITIONED BY (dt string COMMENT 'day', "
    "n int) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' COLLECTION ITEMS "
    "TERMINATED BY '|' MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\\n' NULL DEFINED AS 'NULL' "
    "STORED AS TEXTFILE LOCATION 's3://b/t/' TBLPROPERTIES ('skip.header.line.count'='1')"
)
ROUND_TRIPS = {
    "delimited": EVERYTHING,
    "parquet": "CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t/' "
    "TBLPROPERTIES ('parquet.compression'='ZSTD', 'projection.enabled'='false')",
    "regex": "CREATE EXTERNAL TABLE t (a string, b string) ROW FORMAT SERDE "
    "'org.apache.hadoop.hive.serde2.RegexSerDe' WITH SERDEPROPERTIES "
    "('input.regex'='^(?!#)([^ ]+)\\\\s+\"([^\\']*)\"$') LOCATION 's3://b/t/'",
    "csv": "CREATE EXTERNAL TABLE t (a string) ROW FORMAT SERDE "
    "'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES "
    "('separatorChar'='\\t', 'quoteChar'='`', 'escapeChar'='\\\\') LOCATION 's3://b/t/'",
    "json": "CREATE EXTERNAL TABLE t (a string) ROW FORMAT SERDE "
    "'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('mapping.a'='A') "
    "LOCATION 's3://b/t/'",
    "buckets": "CREATE EXTERNAL TABLE t (a int, b string) CLUSTERED BY (a, b) INTO 4 BUCKETS "
    "STORED AS ORC LOCATION 's3://b/t/'",
    "delimited with more": "CREATE EXTERNAL TABLE t (a timestamp) ROW FORMAT DELIMITED FIELDS "
    "TERMINATED BY ',' STORED AS TEXTFILE WITH SERDEPROPERTIES "
    "('timestamp.formats'='yyyy/MM/dd HH:mm') LOCATION 's3://b/t/'",
    "iceberg": "CREATE TABLE t (id bigint COMMENT 'key', at timestamp, c string) COMMENT 'about' "
    "PARTITIONED BY (bucket(4, id), day(at), truncate(3, c)) LOCATION 's3://b/i/' TBLPROPERTIES "
    "('table_type'='ICEBERG', 'format'='parquet', 'vacuum_min_snapshots_to_keep'='3')",
}


def text(lake, sql):
    return "\n".join(row[0] for row in lake.rows(sql))


@pytest.mark.parametrize("kind", ROUND_TRIPS)
def test_show_create_table__its_output__makes_the_same_table(lake, kind):
    lake.run(ROUND_TRIPS[kind])
    shown = text(lake, "SHOW CREATE TABLE t")
    before = lake.catalog.get_table("db", "t")
    lake.run("DROP TABLE t")
    lake.run(shown)
    after = lake.catalog.get_table("db", "t")
    assert text(lake, "SHOW CREATE TABLE t") == shown
    for part in ("columns", "partition_keys", "serde", "description", "bucket_columns", "location"):
        assert getattr(after, part) == getattr(before, part)
    if before.kind == "hive":
        assert after.parameters == before.parameters


def test_describe__parts_of_a_column__their_types(lake):
    # "DESCRIBE": .field_name, '$elem$', '$key$', '$value$'
    lake.run(EVERYTHING)
    for path, type_ in {
        "id": "int",
        "a.'$elem$'": "struct<x:int,y:string>",
        "a.'$elem$'.y": "string",
        "m.'$key$'": "string",
        "m.'$value$'": "double",
        "dt": "string",
    }.items():
        ((line,),) = lake.rows(f"DESCRIBE t {path}")
        assert line.split("\t")[1].strip() == type_
    for path in ("nope", "a.x", "m.'$elem$'", "a.'$elem$'.z"):
        assert "[Error 10002]: Invalid column reference" in str(lake.fails(f"DESCRIBE t {path}"))


def test_describe_extended__as_documented__one_line_of_thrift(lake):
    lake.run(
        "CREATE EXTERNAL TABLE impressions (adid string) PARTITIONED BY (dt string) ROW FORMAT "
        "SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('paths'='adid') "
        "LOCATION 's3://b/impressions' TBLPROPERTIES ('transient_lastDdlTime'='1587610521')"
    )
    last = lake.rows("DESCRIBE EXTENDED impressions")[-1][0]
    name, detail, _ = last.split("\t")
    assert name == "Detailed Table Information"
    created = int(lake.catalog.get_table("db", "impressions").create_time.timestamp())
    assert detail == (
        f"Table(tableName:impressions, dbName:db, owner:hadoop, createTime:{created}, "
        "lastAccessTime:0, retention:0, sd:StorageDescriptor(cols:[FieldSchema(name:adid, "
        "type:string, comment:null)], location:s3://b/impressions, "
        "inputFormat:org.apache.hadoop.mapred.TextInputFormat, "
        "outputFormat:org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat, "
        "compressed:false, numBuckets:-1, serdeInfo:SerDeInfo(name:null, "
        "serializationLib:org.openx.data.jsonserde.JsonSerDe, parameters:{paths=adid, "
        "serialization.format=1}), bucketCols:[], sortCols:[], parameters:{}, "
        "skewedInfo:SkewedInfo(skewedColNames:[], skewedColValues:[], "
        "skewedColValueLocationMaps:{}), storedAsSubDirectories:false), "
        "partitionKeys:[FieldSchema(name:dt, type:string, comment:null)], "
        "parameters:{EXTERNAL=TRUE, transient_lastDdlTime=1587610521}, viewOriginalText:null, "
        "viewExpandedText:null, tableType:EXTERNAL_TABLE)"
    )


def test_describe_formatted__a_partition__its_own_facts(lake):
    lake.run(EVERYTHING)
    lake.run("ALTER TABLE t ADD PARTITION (dt='a', n=1) LOCATION 's3://b/elsewhere/'")
    lake.run("ALTER TABLE t PARTITION (dt='a', n=1) ADD COLUMNS (extra string)")
    shown = text(lake, "DESCRIBE FORMATTED t PARTITION (dt='a', n=1)")
    assert "# Detailed Partition Information" in shown
    assert "Partition Value:    \t[a, 1]" in shown
    assert "s3://b/elsewhere" in shown
    assert "extra               \tstring" in shown
    assert "extra" not in text(lake, "DESCRIBE FORMATTED t")
    error = lake.fails("DESCRIBE t PARTITION (dt='zz', n=1)")
    assert "[Error 10006]: Partition not found" in str(error)


def test_describe__the_word_table__looks_for_a_table_of_that_name(lake):
    # "DESCRIBE": the note on DESCRIBE TABLE
    lake.run(EVERYTHING)
    error = lake.fails("DESCRIBE TABLE t")
    assert str(error) == "FAILED: SemanticException [Error 10001]: Table not found TABLE"


def test_show_partitions__projected__only_registered_ones(lake):
    # "Considerations and limitations" of partition projection
    lake.run(
        "CREATE EXTERNAL TABLE p (a int) PARTITIONED BY (n int) STORED AS PARQUET LOCATION "
        "'s3://b/p/' TBLPROPERTIES ('projection.enabled'='true', 'projection.n.type'='integer', "
        "'projection.n.range'='1,9')"
    )
    assert lake.rows("SHOW PARTITIONS p") == []
    lake.run("ALTER TABLE p ADD PARTITION (n=3)")
    assert lake.rows("SHOW PARTITIONS p") == [["n=3"]]


@pytest.mark.parametrize(
    ("properties", "name", "message"),
    [
        (
            "'projection.a.type'='enum', 'projection.a.values'='x'",
            "HIVE_METASTORE_ERROR",
            (
                "Table db.p is configured for partition projection, but the following "
                "partition columns are missing projection configuration: [b] (table db.p)"
            ),
        ),
        (
            "'projection.a.type'='injected', 'projection.b.type'='enum', 'projection.b.values'='x'",
            "CONSTRAINT_VIOLATION",
            (
                "For the injected projected partition column a, the WHERE clause must contain only "
                "static equality conditions, and at least one such condition must be present."
            ),
        ),
        (
            (
                "'projection.a.type'='enum', 'projection.a.values'='x', "
                "'projection.b.type'='enum', 'projection.b.values'='y', 'storage.location.template'='s3://b/${a}/'"
            ),
            "INVALID_TABLE_PROPERTY",
            "storage.location.template must contain all partition columns, it lacks b",
        ),
    ],
)
def test_projection__badly_configured__athena_words(lake, properties, name, message):
    # "Set up partition projection", "Injected type"
    lake.run(
        "CREATE EXTERNAL TABLE p (v int) PARTITIONED BY (a string, b string) STORED AS PARQUET "
        f"LOCATION 's3://b/p/' TBLPROPERTIES ('projection.enabled'='true', {properties})"
    )
    error = lake.fails("SELECT * FROM p")
    assert error.name == name
    assert message in error.message


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE EXTERNAL TABLE x (a varchar(65536)) LOCATION 's3://b/x/'", "[1, 65535]"),
        ("CREATE EXTERNAL TABLE x (a array<char(256)>) LOCATION 's3://b/x/'", "[1, 255]"),
        ("CREATE EXTERNAL TABLE x (a decimal(39,2)) LOCATION 's3://b/x/'", "type: decimal(39,2)"),
        ("CREATE EXTERNAL TABLE x (a decimal(3,5)) LOCATION 's3://b/x/'", "type: decimal(3,5)"),
        ("CREATE EXTERNAL TABLE x (a map<array<int>,int>) LOCATION 's3://b/x/'", "primitive"),
        ("CREATE EXTERNAL TABLE x (a int, A int) LOCATION 's3://b/x/'", "Error 10036"),
        ("CREATE EXTERNAL TABLE x (a int) PARTITIONED BY (a int) LOCATION 's3://b/x/'", "10036"),
        (f"CREATE EXTERNAL TABLE {'x' * 256} (a int) LOCATION 's3://b/x/'", "255"),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION 'file:///etc/'", "is not an S3 location"),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION 's3://'", "is not an S3 location"),
        ("CREATE EXTERNAL TABLE x (date date) LOCATION 's3://b/x/'", "near 'date'"),
        ("CREATE EXTERNAL TABLE x (a integer) LOCATION 's3://b/x/'", "in column type"),
        ("CREATE EXTERNAL TABLE x (a int) STORED AS CSV LOCATION 's3://b/x/'", "file format"),
        (
            "CREATE EXTERNAL TABLE x (a int) CLUSTERED BY (z) INTO 4 BUCKETS LOCATION 's3://b/x/'",
            "Error 10002",
        ),
        (
            (
                "CREATE EXTERNAL TABLE x (a int) LOCATION 's3://b/' TBLPROPERTIES "
                "('table_type'='ICEBERG')"
            ),
            "External keyword not supported for table type ICEBERG",
        ),
        ("CREATE TABLE x (a int) LOCATION 's3://b/x/'", "CREATE EXTERNAL TABLE"),
        ("CREATE DATABASE x LOCATION 'hdfs://x/'", "is not an S3 location"),
        ("ALTER TABLE t ADD PARTITION (dt='a', n='x')", "Error 10248"),
        ("ALTER TABLE t DROP PARTITION (n > 1)", "expecting '='"),
        ("ALTER TABLE t SET SERDEPROPERTIES ('a'='b')", "ParseException"),
        ("ALTER TABLE nope DROP IF EXISTS PARTITION (dt='a')", "Table not found nope"),
        ("SHOW PARTITIONS t PARTITION (dt='a')", "missing EOF"),
    ],
)
def test_ddl__what_athena_refuses__refused(lake, sql, message):
    lake.run(EVERYTHING)
    assert message in str(lake.fails(sql))


def test_create_table__words_that_amazons_examples_leave_bare__are_names(lake):
    lake.run(
        "CREATE EXTERNAL TABLE x (time string, timestamp string, start bigint, dayofweek int, "
        "s struct<timestamp:string>) LOCATION 's3://b/x/'"
    )
    assert [row[0].strip() for row in lake.rows("SHOW COLUMNS IN x")] == [
        "time",
        "timestamp",
        "start",
        "dayofweek",
        "s",
    ]


def test_alter_database__properties__kept_beside_others(lake):
    lake.run("CREATE DATABASE d COMMENT 'c' LOCATION 's3://b/d/' WITH DBPROPERTIES ('a'='1')")
    lake.run("ALTER SCHEMA d SET DBPROPERTIES ('b'='2', 'a'='3')")
    database = lake.catalog.get_database("d")
    assert (database.parameters, database.description) == ({"a": "3", "b": "2"}, "c")


def test_drop_database__cascade__iceberg_files_go_with_it(lake):
    # "Other Athena operations on Iceberg tables"
    lake.run("CREATE TABLE i (a int) LOCATION 's3://b/i/' TBLPROPERTIES ('table_type'='ICEBERG')")
    lake.run("INSERT INTO i VALUES 1")
    lake.run("DROP DATABASE db CASCADE")
    assert lake.files("s3://b/i/") == []


def test_iceberg__what_athena_does_not_offer__refused(lake):
    # "Evolve Iceberg table schema", "Other Athena operations on Iceberg tables"
    lake.run("CREATE TABLE i (a int) LOCATION 's3://b/i/' TBLPROPERTIES ('table_type'='ICEBERG')")
    for sql in (
        "ALTER TABLE i REPLACE COLUMNS (b int)",
        "ALTER TABLE i ADD PARTITION (a=1)",
        "ALTER TABLE i SET LOCATION 's3://b/x/'",
        "ALTER TABLE i SET TBLPROPERTIES ('mine'='1')",
        "ALTER TABLE i SET TBLPROPERTIES ('optimize_rewrite_data_file_threshold'='50')",
        "SHOW PARTITIONS i",
        "MSCK REPAIR TABLE i",
    ):
        assert lake.fails(sql).category == 2
    shown = {row[0].split("\t")[0] for row in lake.rows("SHOW TBLPROPERTIES i")}
    assert shown == {"format", "table_type", "write_compression"}


def test_msck_repair__odd_folders__left_out_and_lost_ones_named(lake):
    # "MSCK REPAIR TABLE": camel case, colons, partitions missing from the file system
    lake.run("CREATE EXTERNAL TABLE m (a int) PARTITIONED BY (dt string) LOCATION 's3://b/m/'")
    lake.run("ALTER TABLE m ADD PARTITION (dt='gone')")
    for folder in ("dt=1", "DT=2", "dt=10:30", "other"):
        lake.put(f"s3://b/m/{folder}/f", "1")
    assert lake.rows("MSCK REPAIR TABLE m") == [
        ["Partitions not in metastore:\tm:dt=1"],
        ["Partitions missing from filesystem:\tm:dt=gone"],
        ["Repair: Added partition to metastore m:dt=1"],
    ]
    assert lake.rows("SHOW PARTITIONS m") == [["dt=1"], ["dt=gone"]]


def documented_tables():
    """(page, statement, name as written) of Amazon's CREATE EXTERNAL TABLE samples."""
    samples = (json.loads(line) for line in DOCUMENTED.read_text("utf-8").split("\n") if line)
    for sample in samples:
        found = re.match(
            r"CREATE EXTERNAL TABLE (?:IF NOT EXISTS )?([`\w.-]+)", sample["sql"], re.IGNORECASE
        )
        if found and re.search(r"\bLOCATION\b", sample["sql"], re.IGNORECASE):
            yield sample["page"], sample["sql"], found[1]


def test_show_create_table__amazons_own_tables__round_trip(lake):
    pages = set()
    for page, sql, name in documented_tables():
        database, dot, _ = name.replace("`", "").partition(".")
        if dot:
            lake.run(f"CREATE DATABASE IF NOT EXISTS `{database}`")
        lake.run(sql)
        shown = text(lake, f"SHOW CREATE TABLE {name}")
        lake.run(f"DROP TABLE {name}")
        lake.run(shown)
        assert text(lake, f"SHOW CREATE TABLE {name}") == shown, page
        lake.run(f"DROP TABLE {name}")
        pages.add(page)
    assert len(pages) > 30


def test_show_tables__pattern__is_a_regular_expression_with_a_star(lake):
    # "SHOW TABLES": * and | are the wildcards; % means itself
    for name in ("page_view", "page_views", "visit"):
        lake.run(f"CREATE EXTERNAL TABLE {name} (a int) LOCATION 's3://b/{name}/'")
    for pattern, found in {
        "page*": ["page_view", "page_views"],
        "*view|v*": ["page_view", "visit"],
        "page_view.?": ["page_view", "page_views"],
        "page%": [],
    }.items():
        assert [row[0] for row in lake.rows(f"SHOW TABLES '{pattern}'")] == found


@pytest.mark.parametrize(
    ("sql", "name", "kind"),
    [
        ("SHOW VIEWS", "views", "varchar"),
        ("SHOW CREATE VIEW v", "create view", "varchar"),
        ("SHOW TABLES", "tab_name", "string"),
        ("SHOW DATABASES", "database_name", "string"),
    ],
)
def test_show__columns__have_the_measured_types(lake, sql, name, kind):
    # measured on the service in September 2026: github.com/aoyagikouhei/athena-local,
    # docs/dev/measurements/query-results.md (read 2026-11-28)
    lake.run("CREATE VIEW v AS SELECT 1 AS n")
    (column,) = lake.run(sql).columns
    shown = column.name, column.type, column.precision, column.case_sensitive
    assert shown == (name, kind, 0, False)


def test_explain__column__is_as_long_as_the_plan(lake):
    (column,) = lake.run("EXPLAIN SELECT 1").columns
    assert (column.type, column.case_sensitive) == ("varchar", True)
    assert column.precision > 20


def test_set_tblproperties__another_table_type__is_refused(lake):
    lake.run(ROUND_TRIPS["iceberg"])
    error = lake.fails("ALTER TABLE t SET TBLPROPERTIES ('table_type' = 'hive')")
    assert "INVALID_TABLE_PROPERTY: Invalid value for table_type: hive" in str(error)
    lake.run("ALTER TABLE t SET TBLPROPERTIES ('table_type' = 'ICEBERG')")
