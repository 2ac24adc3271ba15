"""Equality on the bucket columns of a Hive table reads only the files of those buckets.

That a row's bucket is Hive's is held elsewhere to a real Trino; here it is what is read of it.
"""

import pytest
from local_athena.engine.contract import QueryControl

FOUR = "CLUSTERED BY (a) INTO 4 BUCKETS"


def scanned(lake, sql):
    control = QueryControl()
    lake.run(sql, control=control)
    return control.scanned_bytes


def table(lake, names, clustered=FOUR, properties="'a'='b'"):
    """t over one text file for each name; the nth holds the integers of bucket n, by 4."""
    lake.run(
        f"CREATE EXTERNAL TABLE t (a int, b string) {clustered} LOCATION 's3://b/t/' "
        f"TBLPROPERTIES ({properties})"
    )
    for number, name in enumerate(names):
        lake.put(f"s3://b/t/{name}", "".join(f"{a}\x01x{a}\n" for a in range(number, 40, 4)))


HIVE = [f"00000{number}_0" for number in range(4)]
PRESTO = [f"{9 - number}f_bucket-0000{number}.txt" for number in range(4)]
UNNAMED = ["a", "b", "c", "d"]


@pytest.mark.parametrize("names", [HIVE, PRESTO, UNNAMED])
@pytest.mark.parametrize(
    ("where", "rows", "buckets"),
    [
        ("a = 6", 1, [2]),
        ("a in (1, 5, 9)", 3, [1]),
        ("a = 6 and b = 'x6'", 1, [2]),
        ("a in (0, 3)", 2, [0, 3]),
        ("a is null", 0, [0]),
        ("a > 38", 1, [0, 1, 2, 3]),
        ("b = 'x6'", 1, [0, 1, 2, 3]),
        ("a = 6 or b = 'x7'", 2, [0, 1, 2, 3]),
    ],
)
def test_bucketed_table__predicate__bills_the_files_of_its_buckets(
    lake, names, where, rows, buckets
):
    table(lake, names)
    sizes = [len(lake.store.path(f"s3://b/t/{name}").read_bytes()) for name in names]
    sql = f"SELECT count(*), count(b) FROM t WHERE {where}"
    assert lake.rows(sql) == [[str(rows), str(rows)]]
    assert scanned(lake, sql) == sum(sizes[number] for number in buckets)


@pytest.mark.parametrize(
    ("clustered", "properties", "names"),
    [
        (FOUR, "'bucketing_version'='2'", HIVE),
        (FOUR, "'a'='b'", ["a", "b", "c", "d", "e"]),
        (FOUR, "'a'='b'", [*HIVE, "000007_0"]),
        ("CLUSTERED BY (a, b) INTO 4 BUCKETS", "'a'='b'", HIVE),
        ("", "'a'='b'", HIVE),
    ],
)
def test_bucketed_table__buckets_not_known__reads_all(lake, clustered, properties, names):
    table(lake, names, clustered, properties)
    sql = "SELECT b FROM t WHERE a = 6"
    assert lake.rows(sql) == [["x6"]]
    assert scanned(lake, sql) == scanned(lake, "SELECT * FROM t")


def test_bucketed_table__made_by_ctas__two_columns__one_of_eight_files(lake):
    lake.run(
        "CREATE TABLE t WITH (format = 'TEXTFILE', bucketed_by = ARRAY['k', 'n'], "
        "bucket_count = 8, external_location = 's3://b/t/') AS SELECT 'k' || cast(x % 5 as varchar)"
        " AS k, x AS n, x * 2 AS v FROM unnest(sequence(1, 200)) u (x)"
    )
    sizes = {lake.store.path(uri).stat().st_size for uri in lake.files("s3://b/t/")}
    for n in (1, 7, 64, 200):
        sql = f"SELECT v FROM t WHERE k = 'k{n % 5}' AND n = {n}"
        assert lake.rows(sql) == [[str(n * 2)]]
        assert scanned(lake, sql) in sizes


def test_bucketed_table__booleans__false_and_null_share_a_bucket(lake):
    lake.run(
        "CREATE EXTERNAL TABLE t (a boolean) CLUSTERED BY (a) INTO 2 BUCKETS LOCATION 's3://b/t/'"
    )
    lake.put("s3://b/t/000000_0", "false\n\\N\n")
    lake.put("s3://b/t/000001_0", "true\ntrue\n")
    assert lake.rows("SELECT count(*) FROM t WHERE a") == [["2"]]
    assert lake.rows("SELECT count(*) FROM t WHERE a = false") == [["1"]]
    assert lake.rows("SELECT count(*) FROM t WHERE a is null") == [["1"]]
    assert scanned(lake, "SELECT a FROM t WHERE a = true") == len("true\ntrue\n")


@pytest.mark.parametrize("form", ["PARQUET", "JSON"])
def test_hidden_columns__of_a_partitioned_and_bucketed_table__are_trinos(lake, form):
    lake.run(
        f"CREATE TABLE h WITH (format = '{form}', partitioned_by = ARRAY['p', 'q'], "
        "bucketed_by = ARRAY['id'], bucket_count = 4) AS SELECT * FROM (VALUES "
        "(1, 'a b/c%:=+', 5), (3, 'b', NULL), (4, NULL, 7), (6, 'b', 7)) AS v (id, p, q)"
    )
    rows = lake.rows('SELECT id, "$partition", "$bucket", typeof("$bucket") FROM h ORDER BY id')
    # Trino 476, hive connector, the same rows
    assert rows == [
        ["1", "p=a b%2Fc%25%3A%3D+/q=5", "1", "integer"],
        ["3", "p=b/q=__HIVE_DEFAULT_PARTITION__", "3", "integer"],
        ["4", "p=__HIVE_DEFAULT_PARTITION__/q=7", "0", "integer"],
        ["6", "p=b/q=7", "2", "integer"],
    ]
    lake.run("CREATE TABLE plain WITH (format = 'JSON') AS SELECT 1 AS id")
    for column in ("$partition", "$bucket"):
        assert "COLUMN_NOT_FOUND" in str(lake.fails(f'SELECT "{column}" FROM plain'))
