"""Hive writes: read back with pyarrow, which knows nothing of the engine."""

import datetime as dt
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pyarrow.parquet as pq
import pytest


def read(lake, uri):
    return pq.ParquetFile(lake.store.path(uri)).read()


def test_create_table_as__parquet__file_and_catalog(lake):
    outcome = lake.run(
        "CREATE TABLE c WITH (external_location = 's3://b/c/', write_compression = 'ZSTD') AS "
        "SELECT 1 a, 'x' b, DECIMAL '1.50' d, TIMESTAMP '2020-01-01 00:00:00.123' ts, "
        "CAST(ROW(1, 'r') AS row(p integer, q varchar)) r, ARRAY[1, 2] l, "
        "MAP(ARRAY['k'], ARRAY[1]) m"
    )
    assert outcome.update_count == 1
    (uri,) = lake.files("s3://b/c/")
    table = read(lake, uri)
    assert table.to_pylist() == [
        {
            "a": 1,
            "b": "x",
            "d": Decimal("1.50"),
            "ts": dt.datetime.fromisoformat("2020-01-01 00:00:00.123"),
            "r": {"p": 1, "q": "r"},
            "l": [1, 2],
            "m": [("k", 1)],
        }
    ]
    metadata = pq.read_metadata(lake.store.path(uri))
    assert metadata.row_group(0).column(0).compression == "ZSTD"
    assert [(c.name, c.type) for c in lake.catalog.get_table("db", "c").columns] == [
        ("a", "int"),
        ("b", "varchar(1)"),
        ("d", "decimal(3,2)"),
        ("ts", "timestamp"),
        ("r", "struct<p:int,q:string>"),
        ("l", "array<int>"),
        ("m", "map<varchar(1),int>"),
    ]
    assert lake.store.path(outcome.data_manifest_location).read_text() == uri + "\n"
    assert lake.rows("SELECT r.q, m['k'], ts FROM c") == [["r", "1", "2020-01-01 00:00:00.123"]]


def test_create_table_as__no_location__under_the_results(lake):
    lake.run("CREATE TABLE c AS SELECT 1 a")
    location = lake.catalog.get_table("db", "c").location
    assert location.startswith("s3://results/tables/")
    assert lake.rows("SELECT * FROM c") == [["1"]]


def test_create_table_as__partitions__folders_and_registration(lake):
    lake.run(
        "CREATE TABLE c WITH (external_location = 's3://b/c/', partitioned_by = ARRAY['k', 'd']) "
        "AS SELECT * FROM (VALUES (1, 'a/b', DATE '2020-01-01'), (2, NULL, DATE '2020-01-02')) "
        "t(a, k, d)"
    )
    folders = {uri.rpartition("/")[0] for uri in lake.files("s3://b/c/")}
    assert folders == {
        "s3://b/c/k=a%2Fb/d=2020-01-01",
        "s3://b/c/k=__HIVE_DEFAULT_PARTITION__/d=2020-01-02",
    }
    values = {p.values for p in lake.catalog.partitions("db", "c")}
    assert values == {
        ("a/b", "2020-01-01"),
        ("__HIVE_DEFAULT_PARTITION__", "2020-01-02"),
    }
    assert lake.rows("SELECT * FROM c ORDER BY a") == [
        ["1", "a/b", "2020-01-01"],
        ["2", None, "2020-01-02"],
    ]
    assert all(read(lake, uri).column_names == ["a"] for uri in lake.files("s3://b/c/"))


def test_create_table_as__partition_key_not_last__order_mismatch(lake):
    error = lake.fails(
        "CREATE TABLE c WITH (external_location='s3://b/c/', partitioned_by = ARRAY['k']) AS "
        "SELECT 'x' k, 1 a"
    )
    assert error.name == "HIVE_COLUMN_ORDER_MISMATCH"


def test_create_table_as__location_in_use__path_already_exists(lake):
    lake.put("s3://b/c/old", "x")
    error = lake.fails("CREATE TABLE c WITH (external_location = 's3://b/c/') AS SELECT 1 a")
    assert error.name == "HIVE_PATH_ALREADY_EXISTS"
    assert lake.rows("SHOW TABLES") == []


def test_create_table_as__failing_query__leaves_nothing(lake):
    error = lake.fails(
        "CREATE TABLE c WITH (external_location = 's3://b/c/') AS "
        "SELECT 1 / x a FROM (VALUES 1, 0) t(x)"
    )
    assert error.name == "DIVISION_BY_ZERO"
    assert lake.files("s3://b/c/") == []
    assert lake.rows("SHOW TABLES") == []


def test_create_table_as__types_hive_lacks__refused_by_name(lake):
    error = lake.fails("CREATE TABLE c AS SELECT TIMESTAMP '2020-01-01 00:00:00.123456' ts")
    assert error.message == (
        "Incorrect timestamp precision for timestamp(6); the configured precision is "
        "MILLISECONDS; column name: ts"
    )
    assert "Unsupported Hive type: time(3)" in str(
        lake.fails("CREATE TABLE c AS SELECT TIME '01:02:03.000' t")
    )
    assert lake.fails("CREATE TABLE c AS SELECT NULL n").name == "COLUMN_TYPE_UNKNOWN"


def test_create_table_as__exists__refused_unless_if_not_exists(lake):
    lake.run("CREATE TABLE c AS SELECT 1 a")
    assert lake.fails("CREATE TABLE c AS SELECT 2 a").name == "TABLE_ALREADY_EXISTS"
    lake.run("CREATE TABLE IF NOT EXISTS c AS SELECT 2 a")
    assert lake.rows("SELECT a FROM c") == [["1"]]


def test_create_table_as__with_no_data__empty_table(lake):
    lake.run("CREATE TABLE c AS SELECT 1 a WITH NO DATA")
    assert lake.rows("SELECT count(*) FROM c") == [["0"]]


@pytest.mark.parametrize("rows", [100, 101])
def test_insert__partitions__at_most_a_hundred(lake, rows):
    lake.run(
        "CREATE EXTERNAL TABLE p (a int) PARTITIONED BY (k int) STORED AS PARQUET "
        "LOCATION 's3://b/p/'"
    )
    sql = f"INSERT INTO p SELECT n, n FROM UNNEST(sequence(1, {rows})) t(n)"
    sql = sql.replace("SELECT n, n", "SELECT CAST(n AS integer), CAST(n AS integer)")
    if rows == 100:
        assert lake.run(sql).update_count == 100
        assert len(lake.catalog.partitions("db", "p")) == 100
        return
    error = lake.fails(sql)
    assert str(error) == (
        "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets"
    )
    assert lake.files("s3://b/p/") == []
    assert lake.catalog.partitions("db", "p") == []


def test_insert__twice__adds_files_and_keeps_partitions(lake):
    lake.run(
        "CREATE EXTERNAL TABLE p (a int) PARTITIONED BY (k string) STORED AS PARQUET "
        "LOCATION 's3://b/p/'"
    )
    lake.run("ALTER TABLE p ADD PARTITION (k = 'x') LOCATION 's3://b/other/'")
    assert lake.run("INSERT INTO p VALUES (1, 'x'), (2, 'y')").update_count == 2
    lake.run("INSERT INTO p (k, a) VALUES ('x', 3)")
    assert len(lake.files("s3://b/other/")) == 2
    assert lake.rows("SELECT * FROM p ORDER BY a") == [["1", "x"], ["2", "y"], ["3", "x"]]


def test_insert__into_a_view_or_wrong_types__refused(lake):
    lake.run("CREATE VIEW v AS SELECT 1 a")
    assert lake.fails("INSERT INTO v VALUES 1").message.endswith(
        "Inserting into views is not supported"
    )
    lake.run("CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t/'")
    assert lake.fails("INSERT INTO t VALUES 'x'").name == "TYPE_MISMATCH"
    assert lake.fails("INSERT INTO nope VALUES 1").name == "TABLE_NOT_FOUND"


@pytest.mark.parametrize("sql", ["DELETE FROM t", "UPDATE t SET a = 1"])
def test_modify__hive__not_transactional(lake, sql):
    lake.run("CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t/'")
    assert str(lake.fails(sql)) == (
        "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables"
    )


def test_text__create_table_as__delimited_gzip(lake):
    lake.run(
        "CREATE TABLE t WITH (format = 'TEXTFILE', field_delimiter = '|', "
        "external_location = 's3://b/t/') AS SELECT 1 a, CAST(NULL AS varchar) b, 'x' c"
    )
    (uri,) = lake.files("s3://b/t/")
    assert uri.endswith(".gz")
    assert gzip.decompress(lake.store.path(uri).read_bytes()) == b"1|\\N|x\n"
    assert lake.rows("SELECT * FROM t") == [["1", None, "x"]]
    lake.run("INSERT INTO t VALUES (2, 'b', 'y')")
    assert lake.rows("SELECT a FROM t ORDER BY a") == [["1"], ["2"]]


def test_json__create_table_as__one_object_a_line(lake):
    lake.run(
        "CREATE TABLE j WITH (format = 'JSON', write_compression = 'NONE', "
        "external_location = 's3://b/j/') AS SELECT 1 a, DECIMAL '1.50' d, "
        "CAST(ROW(1) AS row(x integer)) r, DATE '2020-01-01' dd, CAST(NULL AS integer) n"
    )
    (uri,) = lake.files("s3://b/j/")
    text = lake.store.path(uri).read_text()
    assert json.loads(text) == {"a": 1, "d": 1.5, "r": {"x": 1}, "dd": "2020-01-01"}
    assert '"d":1.50' in text
    assert lake.rows("SELECT * FROM j") == [["1", "1.50", "{x=1}", "2020-01-01", None]]


def test_orc__create_table_as__reads_back(lake):
    lake.run("CREATE TABLE o WITH (format = 'ORC') AS SELECT 1 a, 'x' b, DECIMAL '1.5' d")
    assert lake.rows("SELECT * FROM o") == [["1", "x", "1.5"]]


def test_unload__parquet__files_and_manifest(lake):
    outcome = lake.run("UNLOAD (SELECT 1 a, 'x' b) TO 's3://b/u/' WITH (format = 'PARQUET')")
    (uri,) = lake.files("s3://b/u/")
    assert read(lake, uri).to_pylist() == [{"a": 1, "b": "x"}]
    assert lake.store.path(outcome.data_manifest_location).read_text() == uri + "\n"
    again = lake.fails("UNLOAD (SELECT 1 a) TO 's3://b/u/' WITH (format = 'PARQUET')")
    assert again.name == "HIVE_PATH_ALREADY_EXISTS"


def test_outcome__insert__types_and_count(lake):
    lake.run("CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t/'")
    outcome = lake.run("INSERT INTO t VALUES 1, 2")
    assert (outcome.statement_type, outcome.substatement_type) == ("DML", "INSERT")
    assert outcome.update_count == 2
    outcome = lake.run("CREATE TABLE c AS SELECT 1 a")
    assert (outcome.statement_type, outcome.substatement_type) == ("DDL", "CREATE_TABLE_AS_SELECT")


def test_create_table_as__failure_at_the_end__takes_files_back(lake, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr(lake.catalog, "add_partitions", refuse)
    with pytest.raises(OSError, match="no space left"):
        lake.run(
            "CREATE TABLE c WITH (external_location = 's3://b/c/', partitioned_by = ARRAY['k']) "
            "AS SELECT 1 a, 'x' k"
        )
    assert lake.files("s3://b/c/") == []
    assert lake.rows("SHOW TABLES") == []


def test_writes__many_at_once__all_rows_are_there(lake):
    lake.run(
        "CREATE EXTERNAL TABLE p (a int) PARTITIONED BY (k string) STORED AS PARQUET "
        "LOCATION 's3://b/p/'"
    )

    def insert(number):
        return lake.run(f"INSERT INTO p VALUES ({number}, 'k{number % 3}')").update_count

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(insert, range(12))) == 12
    assert lake.rows("SELECT count(*), count(DISTINCT k), sum(a) FROM p") == [["12", "3", "66"]]


def test_insert__timestamp_partitions__fraction_only_where_there_is_one(lake):
    lake.run(
        "CREATE TABLE c WITH (partitioned_by = ARRAY['t']) AS SELECT * FROM (VALUES "
        "(1, TIMESTAMP '2020-01-01 10:00:00.000'), "
        "(2, TIMESTAMP '2020-01-01 10:00:00.120')) v(a, t)"
    )
    values = [p.values[0] for p in lake.catalog.partitions("db", "c")]
    assert values == ["2020-01-01 10:00:00", "2020-01-01 10:00:00.12"]
    assert lake.rows("SELECT a, t FROM c ORDER BY a") == [
        ["1", "2020-01-01 10:00:00.000"],
        ["2", "2020-01-01 10:00:00.120"],
    ]
