"""What predicates spare: partitions that are not opened, bytes that are not billed."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from local_athena.engine.contract import QueryControl


@pytest.fixture
def sales(lake):
    """Table s (a int, b string) by p string: three days, one file each, of one size."""
    lake.run(
        "CREATE EXTERNAL TABLE s (a int, b string) PARTITIONED BY (p string) "
        "STORED AS PARQUET LOCATION 's3://b/s/'"
    )
    for day in (1, 2, 3):
        table = pa.table({"a": pa.array([day, day + 10], pa.int32()), "b": ["x", "y"]})
        with lake.store.new_file(f"s3://b/s/p=2020-01-0{day}/f.parquet") as path:
            pq.write_table(table, path)
    lake.run("MSCK REPAIR TABLE s")
    return lake


def scanned(lake, sql):
    control = QueryControl()
    lake.run(sql, control=control)
    return control.scanned_bytes


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("p = '2020-01-02'", 1),
        ("p >= '2020-01-02'", 2),
        ("p in ('2020-01-01', '2020-01-03', 'x')", 2),
        ("p like '2020-01-03%'", 1),
        ("p like '%-03'", 1),
        ("cast(p as date) > date '2020-01-01'", 2),
        ("month(cast(p as date)) = 2", 0),
        ("date_parse(p, '%Y-%m-%d') < timestamp '2020-01-02'", 1),
        ("p <> '2020-01-02' and p is not null", 2),
        ("p is null", 0),
        ("p = '2020-01-02' or a >= 0", 3),
        ("a > 100", 0),
        ("1 = 0", 0),
    ],
)
def test_scan__predicate__bills_the_partitions_it_leaves(sales, where, days):
    whole = scanned(sales, "SELECT sum(a) FROM s")
    assert whole > 0
    assert scanned(sales, f"SELECT sum(a) FROM s WHERE {where}") == whole * days // 3
    through = (
        f"WITH c AS (SELECT * FROM s), d AS (SELECT * FROM c) SELECT sum(a) FROM d WHERE {where}"
    )
    assert scanned(sales, through) == whole * days // 3


def test_scan__predicate_on_keys__keeps_the_answer(sales):
    assert sales.rows("SELECT sum(a) FROM s WHERE day(cast(p as date)) IN (1, 3)") == [["28"]]
    assert sales.rows("SELECT count(*) FROM s WHERE NOT p LIKE '%-03'") == [["4"]]


def test_explain__plain__reads_nothing_and_names_the_domain(sales):
    control = QueryControl()
    sales.run("EXPLAIN SELECT b FROM s WHERE p = '2020-01-02'", control=control)
    assert control.scanned_bytes == 0
    lines = [row[0] for row in sales.rows("EXPLAIN SELECT b FROM s WHERE p = '2020-01-02'")]
    assert "   └─ TableScan[table = db.s, columns = [b, p]]" in lines
    assert "          p :: ['2020-01-02']" in lines


def test_explain_analyze__query__is_billed_like_the_query(sales):
    query = "SELECT b FROM s WHERE p = '2020-01-02'"
    assert scanned(sales, f"EXPLAIN ANALYZE {query}") == scanned(sales, query) > 0
