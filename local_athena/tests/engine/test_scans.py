"""Reads of Hive tables; expected rows are what the files were written with."""

import datetime as dt
import gzip
import threading
import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from local_athena.engine.contract import QueryCancelled, QueryControl, QueryFailed


def put_parquet(lake, uri, table, **options):
    with lake.store.new_file(uri) as path:
        pq.write_table(table, path, **options)


def sales(lake):
    """(a int, b string) by dt date: three partitions of one file each."""
    lake.run(
        "CREATE EXTERNAL TABLE s (a int, b string) PARTITIONED BY (dt date) "
        "STORED AS PARQUET LOCATION 's3://b/s/'"
    )
    for day in (1, 2, 3):
        table = pa.table({"a": pa.array([day, day * 10], pa.int32()), "b": ["x", None]})
        put_parquet(lake, f"s3://b/s/dt=2020-01-0{day}/f.parquet", table)
    lake.run("MSCK REPAIR TABLE s")


def test_parquet__partitions__values_are_columns(lake):
    sales(lake)
    assert lake.rows("SELECT a, b, dt FROM s ORDER BY a") == [
        ["1", "x", "2020-01-01"],
        ["2", "x", "2020-01-02"],
        ["3", "x", "2020-01-03"],
        ["10", None, "2020-01-01"],
        ["20", None, "2020-01-02"],
        ["30", None, "2020-01-03"],
    ]


def test_parquet__hidden_columns__path_and_size(lake):
    sales(lake)
    path = "s3://b/s/dt=2020-01-01/f.parquet"
    rows = lake.rows('SELECT DISTINCT "$path", "$file_size" FROM s ORDER BY 1')
    assert rows[0] == [path, str(lake.store.size(path))]
    assert len(rows) == 3


def test_parquet__scanned_bytes__are_the_needed_chunks(lake):
    sales(lake)
    chunks = {"a": 0, "b": 0}
    for day in (1, 2, 3):
        metadata = pq.read_metadata(lake.store.path(f"s3://b/s/dt=2020-01-0{day}/f.parquet"))
        for index in range(2):
            column = metadata.row_group(0).column(index)
            chunks[column.path_in_schema] += column.total_compressed_size
    assert lake.run("SELECT a FROM s").scanned_bytes == chunks["a"]
    assert lake.run("SELECT * FROM s").scanned_bytes == chunks["a"] + chunks["b"]
    assert lake.run("SELECT count(*) FROM s").scanned_bytes == 0


def test_parquet__names_in_other_case_missing_and_extra__by_name(lake):
    put_parquet(lake, "s3://b/n/f", pa.table({"ID": pa.array([7], pa.int32()), "extra": ["e"]}))
    put_parquet(lake, "s3://b/n/g", pa.table({"name": ["n"], "id": pa.array([8], pa.int32())}))
    lake.run("CREATE EXTERNAL TABLE n (id int, name string) STORED AS PARQUET LOCATION 's3://b/n/'")
    assert lake.rows("SELECT * FROM n ORDER BY id") == [["7", None], ["8", "n"]]


def test_parquet__hidden_and_empty_files__skipped(lake):
    put_parquet(lake, "s3://b/h/f", pa.table({"a": pa.array([1], pa.int32())}))
    lake.put("s3://b/h/_SUCCESS", "")
    lake.put("s3://b/h/.hidden", "x")
    lake.put("s3://b/h/_tmp/f", "x")
    lake.put("s3://b/h/empty", "")
    lake.run("CREATE EXTERNAL TABLE h (a int) STORED AS PARQUET LOCATION 's3://b/h'")
    assert lake.rows("SELECT * FROM h") == [["1"]]


def test_parquet__other_type__hive_bad_data(lake):
    put_parquet(lake, "s3://b/w/f", pa.table({"a": ["text"]}))
    lake.run("CREATE EXTERNAL TABLE w (a int) STORED AS PARQUET LOCATION 's3://b/w/'")
    error = lake.fails("SELECT a FROM w")
    assert error.name == "HIVE_BAD_DATA"
    assert "Field a's type BINARY in parquet file s3://b/w/f is incompatible with type integer" in (
        error.message
    )
    assert lake.rows("SELECT count(*) FROM w") == [["1"]]


def test_parquet__not_parquet__hive_bad_data(lake):
    lake.put("s3://b/w/f", "no parquet at all")
    lake.run("CREATE EXTERNAL TABLE w (a int) STORED AS PARQUET LOCATION 's3://b/w/'")
    assert lake.fails("SELECT a FROM w").name == "HIVE_BAD_DATA"


def test_parquet__widened_and_rounded_types__converted(lake):
    table = pa.table(
        {
            "big": pa.array([5], pa.int32()),
            "real_as_double": pa.array([0.5], pa.float32()),
            "d": pa.array([Decimal("1.5")], pa.decimal128(5, 1)),
            "ts": pa.array([1_500_499, 1_500_500, -1_500], pa.timestamp("us"))[1:2],
            "utc": pa.array([1_000], pa.timestamp("ms", "UTC")),
        }
    )
    put_parquet(lake, "s3://b/c/f", table)
    lake.run(
        "CREATE EXTERNAL TABLE c (big bigint, real_as_double double, d decimal(10,3), "
        "ts timestamp, utc timestamp) STORED AS PARQUET LOCATION 's3://b/c/'"
    )
    assert lake.rows("SELECT * FROM c") == [
        ["5", "0.5", "1.500", "1970-01-01 00:00:01.501", "1970-01-01 00:00:01.000"]
    ]


def test_parquet__nested__rows_by_field_name_maps_sorted(lake):
    kind = pa.struct([("B", pa.string()), ("a", pa.int32())])
    table = pa.table(
        {
            "r": pa.array([{"B": "x", "a": 1}, None], kind),
            "l": pa.array([[{"B": "y", "a": 2}], []], pa.list_(kind)),
            "m": pa.array([[("z", 1), ("k", 2)], None], pa.map_(pa.string(), pa.int32())),
        }
    )
    put_parquet(lake, "s3://b/r/f", table)
    lake.run(
        "CREATE EXTERNAL TABLE r (r struct<a:int,b:string>, l array<struct<a:int,b:string>>, "
        "m map<string,int>) STORED AS PARQUET LOCATION 's3://b/r/'"
    )
    assert lake.rows("SELECT * FROM r") == [
        ["{a=1, b=x}", "[{a=2, b=y}]", "{k=2, z=1}"],
        [None, "[]", None],
    ]
    assert lake.rows("SELECT r.b, l[1].a FROM r WHERE r IS NOT NULL") == [["x", "2"]]


def test_parquet__row_with_no_field_of_the_table_s__is_null(lake):
    # Trino 476 on the same file: [None], [None]; {x=1, z=null} with one field in common
    kind = pa.struct([("x", pa.int32()), ("y", pa.string())])
    table = pa.table({"r": pa.array([{"x": 1, "y": "a"}, None], kind)})
    put_parquet(lake, "s3://b/r/f", table)
    for fields, rows in {
        "z:int": [[None], [None]],
        "x:int,z:int": [["{x=1, z=null}"], [None]],
    }.items():
        lake.run(
            f"CREATE EXTERNAL TABLE r (r struct<{fields}>) STORED AS PARQUET LOCATION 's3://b/r/'"
        )
        assert lake.rows("SELECT * FROM r") == rows
        lake.run("DROP TABLE r")


def test_partitions__odd_values_and_own_locations__read(lake):
    lake.run(
        "CREATE EXTERNAL TABLE p (a int) PARTITIONED BY (k string, n int) "
        "STORED AS PARQUET LOCATION 's3://b/p/'"
    )
    put_parquet(lake, "s3://b/p/k=a%3Ab/n=1/f", pa.table({"a": pa.array([1], pa.int32())}))
    put_parquet(lake, "s3://b/elsewhere/f", pa.table({"a": pa.array([2], pa.int32())}))
    lake.run("MSCK REPAIR TABLE p")
    lake.run("ALTER TABLE p ADD PARTITION (k = 'é', n = 2) LOCATION 's3://b/elsewhere/'")
    assert lake.rows("SELECT a, k, n FROM p ORDER BY a") == [["1", "a:b", "1"], ["2", "é", "2"]]
    assert lake.rows('SELECT * FROM "p$partitions" ORDER BY n') == [["a:b", "1"], ["é", "2"]]


def test_partitions__many_with_odd_values__keys_still_right(lake):
    lake.run(
        "CREATE EXTERNAL TABLE p (a int) PARTITIONED BY (k string) "
        "STORED AS PARQUET LOCATION 's3://b/p/'"
    )
    for number in range(30):
        table = pa.table({"a": pa.array([number], pa.int32())})
        put_parquet(lake, f"s3://b/p/k=%3A{number}/f", table)
    lake.run("MSCK REPAIR TABLE p")
    rows = lake.rows("SELECT a, k FROM p ORDER BY a")
    assert rows == [[str(number), f":{number}"] for number in range(30)]


def test_partition_projection__dates__listed_without_registration(lake):
    lake.run(
        "CREATE EXTERNAL TABLE j (a int) PARTITIONED BY (d string) STORED AS PARQUET "
        "LOCATION 's3://b/j/' TBLPROPERTIES ('projection.enabled'='true', "
        "'projection.d.type'='date', 'projection.d.format'='yyyy-MM-dd', "
        "'projection.d.range'='2020-01-01,2020-01-05')"
    )
    put_parquet(lake, "s3://b/j/d=2020-01-03/f", pa.table({"a": pa.array([1], pa.int32())}))
    put_parquet(lake, "s3://b/j/d=2021-01-03/f", pa.table({"a": pa.array([2], pa.int32())}))
    assert lake.rows("SELECT a, d FROM j") == [["1", "2020-01-03"]]


def test_text__lazy_simple__bad_numbers_are_null(lake):
    lake.put("s3://b/l/f", "1,a,2020-01-01,1.5\nx,\\N,,\n3\n4,d,2020-02-30,2,extra\n")
    lake.run(
        "CREATE EXTERNAL TABLE l (i int, s string, d date, n decimal(5,2)) "
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://b/l/'"
    )
    assert lake.rows("SELECT * FROM l") == [
        ["1", "a", "2020-01-01", "1.50"],
        [None, None, None, None],
        ["3", None, None, None],
        ["4", "d", "2020-03-01", "2.00"],
    ]
    assert lake.run("SELECT i FROM l").scanned_bytes == lake.store.size("s3://b/l/f")


def test_text__gzip_and_header__read(lake):
    lake.put("s3://b/g/f.gz", gzip.compress(b"h\n1\n2\n"))
    lake.run(
        "CREATE EXTERNAL TABLE g (i int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        "LOCATION 's3://b/g/' TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    assert lake.rows("SELECT sum(i) FROM g") == [["3"]]


def test_csv__open_csv__quotes_and_backslashes(lake):
    lake.put("s3://b/q/f", 'a,b\n1,"x, ""y"""\n"2",\n3,"a\\"b"\n4,c\\d\n5\n')
    lake.run(
        "CREATE EXTERNAL TABLE q (a string, b string) "
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://b/q/' "
        "TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    assert lake.rows("SELECT * FROM q") == [
        ["1", 'x, "y"'],
        ["2", ""],
        ["3", 'a"b'],
        ["4", "cd"],
        ["5", None],
    ]


def test_csv__bad_number__hive_bad_data(lake):
    lake.put("s3://b/q/f", "x\n")
    lake.run(
        "CREATE EXTERNAL TABLE q (a int) "
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://b/q/'"
    )
    assert lake.fails("SELECT a FROM q").name == "HIVE_BAD_DATA"


@pytest.mark.parametrize(
    "serde", ["org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe"]
)
def test_json__nested_and_missing_keys__read(lake, serde):
    lake.put(
        "s3://b/k/f",
        '{"ID": 1, "o": {"x": "y"}, "l": [1, null], "m": {"k": 1.50}}\n{"id": 2}\n',
    )
    lake.run(
        "CREATE EXTERNAL TABLE k (id int, o struct<x:string>, l array<int>, "
        f"m map<string,decimal(5,2)>) ROW FORMAT SERDE '{serde}' LOCATION 's3://b/k/'"
    )
    assert lake.rows("SELECT * FROM k") == [
        ["1", "{x=y}", "[1, null]", "{k=1.50}"],
        ["2", None, None, None],
    ]


def test_json__malformed_line__fails_unless_ignored(lake):
    lake.put("s3://b/k/f", "{oops\n")
    lake.run(
        "CREATE EXTERNAL TABLE k (id int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        "LOCATION 's3://b/k/'"
    )
    assert "Row is not a valid JSON Object" in str(lake.fails("SELECT * FROM k"))
    lake.run("DROP TABLE k")
    lake.run(
        "CREATE EXTERNAL TABLE k (id int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        "WITH SERDEPROPERTIES ('ignore.malformed.json'='true') LOCATION 's3://b/k/'"
    )
    assert lake.rows("SELECT * FROM k") == [[None]]


def test_orc__rows__read(lake):
    table = pa.table({"a": pa.array([1, None], pa.int32()), "d": [dt.date(2020, 1, 1), None]})
    with lake.store.new_file("s3://b/o/f") as path:
        pa.orc.write_table(table, path)
    lake.run("CREATE EXTERNAL TABLE o (a int, d date) STORED AS ORC LOCATION 's3://b/o/'")
    assert lake.rows("SELECT * FROM o") == [["1", "2020-01-01"], [None, None]]


def test_scan__missing_location__no_rows(lake):
    lake.run("CREATE EXTERNAL TABLE e (a int) STORED AS PARQUET LOCATION 's3://nowhere/e/'")
    assert lake.rows("SELECT count(*) FROM e") == [["0"]]


def test_scan__limit_of_bytes__fails_before_reading(lake):
    sales(lake)
    with pytest.raises(QueryFailed, match="Bytes scanned limit was exceeded"):
        lake.run("SELECT * FROM s", control=QueryControl(bytes_scanned_limit=1))


def test_query__cancelled__stops_and_leaves_no_result(lake):
    control = QueryControl()
    control.cancel()
    with pytest.raises(QueryCancelled):
        lake.run("SELECT 1", control=control)
    assert [uri for uri in lake.files("s3://results/") if uri.endswith(".csv")] == []


def test_information_schema__columns_and_tables__of_every_database(lake):
    sales(lake)
    lake.run("CREATE VIEW v AS SELECT a FROM s")
    rows = lake.rows(
        "SELECT column_name, data_type, extra_info FROM information_schema.columns "
        "WHERE table_schema = 'db' AND table_name = 's' ORDER BY ordinal_position"
    )
    assert rows == [
        ["a", "integer", None],
        ["b", "varchar", None],
        ["dt", "date", "partition key"],
    ]
    rows = lake.rows(
        "SELECT table_name, table_type FROM information_schema.tables "
        "WHERE table_schema = 'db' ORDER BY 1"
    )
    assert rows == [["s", "BASE TABLE"], ["v", "VIEW"]]


def test_query__unknown_names__trino_words(lake):
    assert lake.fails("SELECT * FROM nope").message == (
        "line 1:15: Table 'awsdatacatalog.db.nope' does not exist"
    )
    assert lake.fails("SELECT * FROM no.nope").name == "SCHEMA_NOT_FOUND"
    assert lake.fails("SELECT * FROM x.y.z").name == "CATALOG_NOT_FOUND"


def test_prepared__execute_with_values__answers(lake):
    lake.run("PREPARE p FROM SELECT ? + 1, ?")
    assert lake.rows("EXECUTE p USING 1, 'a'") == [["2", "a"]]
    assert lake.rows("SELECT ?", parameters=["DATE '2020-01-01'"]) == [["2020-01-01"]]
    error = lake.fails("EXECUTE p USING 1")
    assert error.name == "INVALID_PARAMETER_USAGE"
    assert "expected 2 but found 1" in error.message
    lake.run("DEALLOCATE PREPARE p")
    assert "Prepared statement not found: p" in str(lake.fails("EXECUTE p USING 1, 'a'"))


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("dt = DATE '2020-01-02'", (2,)),
        ("dt > DATE '2020-01-01' AND dt < DATE '2020-01-03'", (2,)),
        ("dt IN (DATE '2020-01-01', DATE '2020-01-03')", (1, 3)),
        ("year(dt) = 2021", ()),
        ("dt IS NULL", ()),
    ],
)
def test_partitions__predicate__only_matching_files_are_read(lake, where, days):
    sales(lake)
    expected = 0
    for day in days:
        metadata = pq.read_metadata(lake.store.path(f"s3://b/s/dt=2020-01-0{day}/f.parquet"))
        expected += metadata.row_group(0).column(0).total_compressed_size
    assert lake.run(f"SELECT a FROM s WHERE {where}").scanned_bytes == expected
    assert len(lake.rows(f"SELECT a FROM s WHERE {where}")) == 2 * len(days)


def test_parquet__predicate__row_groups_are_ruled_out(lake):
    table = pa.table({"a": pa.array(range(100), pa.int32())})
    put_parquet(lake, "s3://b/g/f", table, row_group_size=10)
    lake.run("CREATE EXTERNAL TABLE g (a int) STORED AS PARQUET LOCATION 's3://b/g/'")
    metadata = pq.read_metadata(lake.store.path("s3://b/g/f"))
    sizes = [metadata.row_group(n).column(0).total_compressed_size for n in range(10)]
    outcome = lake.run("SELECT a FROM g WHERE a BETWEEN 25 AND 39")
    assert outcome.scanned_bytes == sizes[2] + sizes[3]
    assert outcome.row_count == 15


def test_partition_projection__predicate__narrows_what_is_listed(lake):
    lake.run(
        "CREATE EXTERNAL TABLE j (a int) PARTITIONED BY (n int, s string) STORED AS PARQUET "
        "LOCATION 's3://b/j/' TBLPROPERTIES ('projection.enabled'='true', "
        "'projection.n.type'='integer', 'projection.n.range'='1,1000000', "
        "'projection.s.type'='injected')"
    )
    put_parquet(lake, "s3://b/j/n=7/s=x/f", pa.table({"a": pa.array([1], pa.int32())}))
    put_parquet(lake, "s3://b/j/n=8/s=x/f", pa.table({"a": pa.array([2], pa.int32())}))
    rows = lake.rows("SELECT a, n, s FROM j WHERE n BETWEEN 7 AND 9 AND s = 'x' ORDER BY a")
    assert rows == [["1", "7", "x"], ["2", "8", "x"]]
    assert lake.fails("SELECT a FROM j WHERE n = 7")


def test_query__cancelled_while_it_runs__ends_soon(lake):
    control = QueryControl()
    timer = threading.Timer(0.5, control.cancel)
    timer.start()
    sql = (
        "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) "
        "CROSS JOIN UNNEST(sequence(1, 10000)) b(y) CROSS JOIN UNNEST(sequence(1, 10000)) c(z) "
        "WHERE (x * 7 + y * 11 + z * 13) % 1000003 = 17"
    )
    started = time.monotonic()
    with pytest.raises(QueryCancelled):
        lake.run(sql, control=control)
    timer.join()
    assert time.monotonic() - started < 20
    assert [uri for uri in lake.files("s3://results/") if uri.endswith(".csv")] == []


def test_time_travel__columns_of_then__not_of_today(lake):
    lake.run("CREATE TABLE i (a int) LOCATION 's3://b/i/' TBLPROPERTIES ('table_type'='ICEBERG')")
    lake.run("INSERT INTO i VALUES 1")
    rows = lake.rows('SELECT max_by(snapshot_id, committed_at) FROM "i$snapshots"')
    lake.run("ALTER TABLE i ADD COLUMNS (b int)")
    lake.run("INSERT INTO i VALUES (2, 3)")
    assert lake.rows(f"SELECT * FROM i FOR VERSION AS OF {rows[0][0]}") == [["1"]]
    assert lake.rows("SELECT * FROM i ORDER BY a") == [["1", None], ["2", "3"]]


@pytest.mark.parametrize(
    ("sql", "same"),
    [("SELECT 1", True), ("SELECT now()", False), ("SELECT * FROM chance", False)],
)
def test_outcome__time_or_chance__not_deterministic(lake, sql, same):
    lake.run("CREATE VIEW chance AS SELECT random() r")
    assert lake.run(sql).deterministic is same
