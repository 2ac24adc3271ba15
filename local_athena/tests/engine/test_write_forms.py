"""Forms of CREATE TABLE AS, INSERT and UNLOAD: formats, codecs, buckets, and what is refused."""

import bz2
import gzip
import json
import re
from pathlib import Path

import cramjam
import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

CASES = Path(__file__).parent / "cases"
BUCKETS, READ_BACK = (
    [json.loads(line) for line in (CASES / name).read_text("utf-8").split("\n") if line]
    for name in ("buckets.jsonl", "read_back.jsonl")
)


def unblocked(data, decompress):
    """Hadoop's block stream, undone by another library."""
    out, at = b"", 0
    while at < len(data):
        plain, size = (int.from_bytes(data[at + n : at + n + 4], "big") for n in (0, 4))
        out += bytes(decompress(data[at + 8 : at + 8 + size], plain))
        at += 8 + size
    return out


READERS = {
    "GZIP": (".gz", gzip.decompress),
    "BZIP2": (".bz2", bz2.decompress),
    "ZSTD": (".zst", zstd.decompress),
    "SNAPPY": (
        ".snappy",
        lambda data: unblocked(data, lambda block, _: cramjam.snappy.decompress_raw(block)),
    ),
    "LZ4": (
        ".lz4",
        lambda data: unblocked(
            data, lambda block, size: cramjam.lz4.decompress_block(block, output_len=size)
        ),
    ),
    "NONE": ("", bytes),
}


@pytest.mark.parametrize("codec", READERS)
@pytest.mark.parametrize("form", ["TEXTFILE", "JSON"])
def test_create_table_as__text_codecs__other_libraries_read_them(lake, form, codec):
    # "Hive table compression support by file format", engine version 3
    lake.run(
        f"CREATE TABLE t WITH (format='{form}', write_compression='{codec}', "
        "external_location='s3://b/t/') AS SELECT n AS a, 'row ' || CAST(n AS varchar) AS b "
        "FROM UNNEST(sequence(1, 3)) s(n)"
    )
    (uri,) = lake.files("s3://b/t/")
    ending, decompress = READERS[codec]
    assert uri.endswith(ending)
    lines = decompress(lake.store.path(uri).read_bytes()).decode().splitlines()
    wanted = {
        "TEXTFILE": ["1\x01row 1", "2\x01row 2", "3\x01row 3"],
        "JSON": [f'{{"a":{n},"b":"row {n}"}}' for n in (1, 2, 3)],
    }
    assert sorted(lines) == wanted[form]
    assert lake.rows("SELECT sum(a), max(b) FROM t") == [["6", "row 3"]]


@pytest.mark.parametrize("codec", ["DEFLATE", "SNAPPY", "BZIP2", "ZSTD", "NONE"])
def test_create_table_as__avro__fastavro_reads_it(lake, codec):
    lake.run(
        f"CREATE TABLE t WITH (format='AVRO', write_compression='{codec}', "
        "external_location='s3://b/t/') AS SELECT 1 AS a, DATE '2020-01-15' AS d, TIMESTAMP "
        "'2020-01-15 01:02:03.456' AS ts, 1.50 AS n, ARRAY['x', NULL] AS l, "
        "MAP(ARRAY['k'], ARRAY[1e0]) AS m, CAST(ROW(7, 'z') AS ROW(p bigint, q varchar)) AS r, "
        "X'00ff' AS bin, CAST(NULL AS varchar) AS nothing"
    )
    (uri,) = lake.files("s3://b/t/")
    with lake.store.path(uri).open("rb") as file:
        reader = fastavro.reader(file)
        assert reader.codec == {"NONE": "null", "ZSTD": "zstandard"}.get(codec, codec.lower())
        (row,) = reader
    assert row.pop("ts").isoformat() == "2020-01-15T01:02:03.456000+00:00"
    assert str(row.pop("n")) == "1.50"
    assert str(row.pop("d")) == "2020-01-15"
    assert row == {
        "a": 1,
        "l": ["x", None],
        "m": {"k": 1.0},
        "r": {"p": 7, "q": "z"},
        "bin": b"\x00\xff",
        "nothing": None,
    }
    lake.run("INSERT INTO t SELECT * FROM t")
    assert lake.rows("SELECT count(*), sum(r.p), max(n) FROM t") == [["2", "14", "1.50"]]


@pytest.mark.parametrize("type_", sorted({case["type"] for case in BUCKETS}))
def test_create_table_as__buckets__rows_lie_where_hive_puts_them(lake, type_):
    for count in (7, 64):
        cases = [case for case in BUCKETS if (case["type"], case["count"]) == (type_, count)]
        values = ", ".join(
            f"({n}, CAST({case['value']} AS {type_}))" for n, case in enumerate(cases)
        )
        lake.run(
            f"CREATE TABLE t{count} WITH (bucketed_by = ARRAY['v'], bucket_count = {count}) AS "
            f"SELECT * FROM (VALUES {values}) t(n, v)"
        )
        found = lake.rows(f'SELECT n, "$path" FROM t{count} ORDER BY n')
        buckets = [int(re.search(r"_bucket-(\d+)", path)[1]) for _, path in found]
        assert buckets == [case["bucket"] for case in cases]
    table = lake.catalog.get_table("db", "t7")
    assert (table.bucket_columns, table.bucket_count) == (("v",), 7)


def test_create_table_as__buckets_of_two_columns__hashes_are_combined(lake):
    # the buckets are Trino 476's for the same rows
    for form in ("PARQUET", "JSON"):
        lake.run(
            f"CREATE TABLE t{form} WITH (format='{form}', bucketed_by=ARRAY['a','b'], "
            "bucket_count=16) AS SELECT * FROM (VALUES (1,'x'), (2,'y'), (3,NULL), (NULL,'z')) "
            "t(a, b)"
        )
        found = lake.rows(f'SELECT "$path" FROM t{form} ORDER BY a')
        buckets = [int(re.search(r"_bucket-(\d+)", path)[1]) for (path,) in found]
        assert buckets == [6, 6, 13, 9]


def test_create_table_as__partitions_and_buckets__limit_counts_both(lake):
    # "Considerations and limitations for CTAS queries": 100 combinations
    query = (
        "CREATE TABLE t{n} WITH (partitioned_by=ARRAY['p'], bucketed_by=ARRAY['a'], "
        "bucket_count={n}) AS SELECT a, p FROM UNNEST(sequence(0, {n} - 1)) s(a) CROSS JOIN "
        "UNNEST(sequence(1, 20)) u(p)"
    )
    lake.run(query.format(n=5))
    assert len({row[0] for row in lake.rows('SELECT "$path" FROM t5')}) == 100
    error = lake.fails(query.format(n=6))
    assert error.name == "HIVE_TOO_MANY_OPEN_PARTITIONS"


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ("bucketed_by=ARRAY['a']", "INVALID_TABLE_PROPERTY"),
        ("bucket_count=2", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by=ARRAY['z'], bucket_count=2", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by=ARRAY['a'], bucket_count=0", "INVALID_TABLE_PROPERTY"),
        (
            "partitioned_by=ARRAY['b'], bucketed_by=ARRAY['b'], bucket_count=2",
            "INVALID_TABLE_PROPERTY",
        ),
        ("format='TEXTFILE', field_delimiter=',,'", "INVALID_TABLE_PROPERTY"),
        ("format='PARQUET', field_delimiter=','", "INVALID_TABLE_PROPERTY"),
        ("format='PARQUET', write_compression='BZIP2'", "INVALID_TABLE_PROPERTY"),
        ("format='ORC', write_compression='GZIP'", "INVALID_TABLE_PROPERTY"),
        ("format='TEXTFILE', write_compression='DEFLATE'", "INVALID_TABLE_PROPERTY"),
        ("format='AVRO', write_compression='GZIP'", "INVALID_TABLE_PROPERTY"),
        ("write_compression='ZSTD', compression_level=23", "INVALID_TABLE_PROPERTY"),
        ("write_compression='GZIP', compression_level=3", "INVALID_TABLE_PROPERTY"),
        ("format='ION'", "NOT_SUPPORTED"),
        ("format='csv'", "INVALID_TABLE_PROPERTY"),
        ("foo='bar'", "INVALID_TABLE_PROPERTY"),
    ],
)
def test_create_table_as__properties_that_athena_refuses__refused(lake, properties, name):
    error = lake.fails(f"CREATE TABLE t WITH ({properties}) AS SELECT 1 AS a, 'x' AS b")
    assert error.name == name
    assert lake.rows("SHOW TABLES") == []


@pytest.mark.parametrize("type_", ["tinyint", "smallint", "char(3)"])
def test_create_table_as__types_that_avro_lacks__refused_by_name(lake, type_):
    error = lake.fails(f"CREATE TABLE t WITH (format='AVRO') AS SELECT CAST('1' AS {type_}) AS a")
    assert error.name == "NOT_SUPPORTED"
    assert "is not supported by Avro" in error.message


@pytest.mark.parametrize("level", ["4", "'4'"])
def test_create_table_as__zstd_level__number_or_text(lake, level):
    lake.run(
        f"CREATE TABLE t WITH (write_compression='ZSTD', compression_level={level}, "
        "external_location='s3://b/t/') AS SELECT 1 AS a"
    )
    (uri,) = lake.files("s3://b/t/")
    column = pq.read_metadata(lake.store.path(uri)).row_group(0).column(0)
    assert column.compression == "ZSTD"


def test_insert__bucketed_table__not_supported(lake):
    # "INSERT INTO", "Bucketed tables not supported"
    lake.run("CREATE TABLE t WITH (bucketed_by=ARRAY['a'], bucket_count=2) AS SELECT 1 AS a")
    assert lake.fails("INSERT INTO t VALUES 1").name == "NOT_SUPPORTED"


@pytest.mark.parametrize(
    "serde",
    [
        "org.openx.data.jsonserde.JsonSerDe",
        "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "org.apache.hadoop.hive.serde2.RegexSerDe",
    ],
)
def test_insert__serdes_that_are_only_read__hive_unsupported_format(lake, serde):
    # "INSERT INTO", "Supported formats and SerDes"
    lake.run(f"CREATE EXTERNAL TABLE t (a string) ROW FORMAT SERDE '{serde}' LOCATION 's3://b/t/'")
    assert lake.fails("INSERT INTO t VALUES 'x'").name == "HIVE_UNSUPPORTED_FORMAT"


def test_insert__table_properties__say_the_codec(lake):
    # "Hive table compression support by file format"
    lake.run(
        "CREATE EXTERNAL TABLE t (a int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        "LOCATION 's3://b/t/' TBLPROPERTIES ('write.compression'='ZSTD', 'compression_level'='5')"
    )
    lake.run("INSERT INTO t VALUES 1, 2")
    (uri,) = lake.files("s3://b/t/")
    assert zstd.decompress(lake.store.path(uri).read_bytes()) == b"1\n2\n"


def test_unload__partitions__may_be_added_to_others_may_not(lake):
    # "UNLOAD", the notes on the TO destination
    unload = "UNLOAD (SELECT 1 AS a, 'x' AS p) TO 's3://b/u/' WITH (format='JSON'{more})"
    lake.run(unload.format(more=", partitioned_by=ARRAY['p']"))
    lake.run(unload.format(more=", partitioned_by=ARRAY['p']"))
    assert len(lake.files("s3://b/u/p=x/")) == 2
    error = lake.fails(unload.format(more=""))
    assert error.name == "HIVE_PATH_ALREADY_EXISTS"


@pytest.mark.parametrize(
    "properties", ["compression='GZIP'", "format='JSON', external_location='s3://b/x/'"]
)
def test_unload__without_format_or_with_other_properties__refused(lake, properties):
    error = lake.fails(f"UNLOAD (SELECT 1 AS a) TO 's3://b/u/' WITH ({properties})")
    assert error.name == "INVALID_TABLE_PROPERTY"


@pytest.mark.parametrize("form", ["ORC", "PARQUET", "AVRO", "JSON", "TEXTFILE"])
def test_unload__every_format__read_back_as_a_table(lake, form):
    lake.run(
        f"UNLOAD (SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL) TO 's3://b/u/' "
        f"WITH (format='{form}')"
    )
    stored = {"JSON": "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'"}.get(
        form, f"STORED AS {form}"
    )
    lake.run(f"CREATE EXTERNAL TABLE u (a int, b string) {stored} LOCATION 's3://b/u/'")
    assert lake.rows("SELECT * FROM u ORDER BY a") == [["1", "x"], ["2", None]]


@pytest.mark.parametrize("form", ["TEXTFILE", "JSON", "PARQUET", "ORC", "AVRO"])
def test_create_table_as__odd_values__come_back_as_from_trino(lake, form):
    wrong = []
    for number, case in enumerate(READ_BACK):
        if case["format"] != form:
            continue
        values = " UNION ALL ".join(
            f"SELECT {place} AS i, CAST({value} AS {case['type']}) AS v"
            for place, value in enumerate(case["values"])
        )
        keys = ", partitioned_by = ARRAY['v']" if case["partitioned"] else ""
        create = f"CREATE TABLE t{number} WITH (format = '{form}'{keys}) AS {values}"
        if "error" in case:
            got = lake.fails(create).name
        else:
            lake.run(create)
            got = [row[1] for row in lake.rows(f"SELECT i, v FROM t{number} ORDER BY i")]
        if got != case.get("error", case.get("rows")):
            wrong.append((case, got))

    assert wrong == []


def test_create_table_as__workgroup_enforces_its_location__external_location_refused(lake):
    # "Considerations and limitations for CTAS queries", "Location of CTAS query results"
    create = "CREATE TABLE t{n} WITH ({properties}) AS SELECT 1 AS a"
    error = lake.fails(
        create.format(n=1, properties="external_location='s3://b/t/'"), location_enforced=True
    )
    assert "to an Athena Workgroup that enforces a centralized output location" in error.message
    lake.run(create.format(n=2, properties="format='ORC'"), location_enforced=True)
    assert lake.catalog.get_table("db", "t2").location.startswith("s3://results/tables/")


INSTANTS = (
    "SELECT timestamp '1500-01-01 00:00:00.000' AS t, "
    "array[timestamp '2024-01-02 03:04:05.678'] AS l, "
    "map(array['k'], array[timestamp '9999-12-31 23:59:59.999']) AS m, "
    "CAST(row(timestamp '2024-01-01 00:00:00.000', 1) AS row(a timestamp(3), b integer)) AS r, "
    "CAST(1.5 AS decimal(10,2)) AS d, 'x' AS p "
    "UNION ALL SELECT null, null, null, null, null, 'y'"
)


@pytest.mark.parametrize(
    "write",
    [
        "CREATE TABLE t WITH (format='PARQUET', external_location='s3://b/t/') AS {}",
        "CREATE TABLE t WITH (partitioned_by=array['p'], external_location='s3://b/t/') AS {}",
        "UNLOAD ({}) TO 's3://b/t/' WITH (format='PARQUET', compression='LZ4')",
    ],
)
def test_parquet__timestamps__are_int96_and_arrow_reads_them(lake, write):
    lake.run(write.format(INSTANTS))
    tables = []
    for uri in lake.files("s3://b/t/"):
        path = lake.store.path(uri)
        shape = pq.read_metadata(path)
        kinds = {
            shape.row_group(0).column(at).path_in_schema: shape.row_group(0).column(at)
            for at in range(shape.num_columns)
        }
        instants = [
            name for name in kinds if name[0] in "tl" or name in ("m.key_value.value", "r.a")
        ]
        assert len(instants) == 4
        assert {kinds[name].physical_type for name in instants} == {"INT96"}
        assert kinds["d"].physical_type == "INT64"
        tables.append(pq.ParquetFile(path, coerce_int96_timestamp_unit="ms").read())
    rows = [row for table in tables for row in table.to_pylist()]
    (found,) = [row for row in rows if row["t"] is not None]
    assert len(rows) == 2
    assert str(found["t"]) == "1500-01-01 00:00:00"
    assert [str(item) for item in found["l"]] == ["2024-01-02 03:04:05.678000"]
    assert [(key, str(item)) for key, item in found["m"]] == [("k", "9999-12-31 23:59:59.999000")]
    assert str(found["r"]["a"]) == "2024-01-01 00:00:00"


def test_parquet__timestamps_of_two_writers__are_read_together(lake):
    """Files of INT64 milliseconds (of other writers) beside Athena's INT96."""
    lake.run("CREATE EXTERNAL TABLE t (t timestamp, n int) STORED AS PARQUET LOCATION 's3://b/t/'")
    other = pa.table(
        {
            "t": pa.array([1_714_521_600_000], pa.timestamp("ms")),
            "n": pa.array([1], pa.int32()),
        }
    )
    with lake.store.new_file("s3://b/t/other") as path:
        pq.write_table(other, path)
    lake.run("INSERT INTO t VALUES (timestamp '2024-06-01 00:00:00.000', 2), (null, 3)")
    assert lake.rows("SELECT n FROM t WHERE t > timestamp '2024-05-15 00:00:00'") == [["2"]]
    assert lake.rows("SELECT CAST(max(t) AS varchar), count(*) FROM t") == [
        ["2024-06-01 00:00:00.000", "3"]
    ]


# What Trino 476 says of its Hive connector's properties, but for the catalog's name.
WRONG_KINDS = {
    "partitioned_by = 'd'": "'partitioned_by': Cannot convert ['d'] to array(varchar)",
    "partitioned_by = ARRAY[1]": "'partitioned_by': Cannot convert [ARRAY[1]] to array(varchar)",
    "format = 5": "'format': Cannot convert [5] to varchar",
    "format = ARRAY['ORC']": "'format': Cannot convert [ARRAY['ORC']] to varchar",
    "bucketed_by = ARRAY['d'], bucket_count = '3'": (
        "'bucket_count': Cannot convert ['3'] to integer"
    ),
    "external_location = true": "'external_location': Cannot convert [true] to varchar",
    "format = NULL": "'format' from [null]",
    "table_type = 'ICEBERG', location = 's3://b/i/', is_external = false, partitioning = 'd'": (
        "'partitioning': Cannot convert ['d'] to array(varchar)"
    ),
}


@pytest.mark.parametrize("properties", WRONG_KINDS)
def test_create_table_as__property_of_another_type__is_refused(lake, properties):
    error = lake.fails(f"CREATE TABLE t WITH ({properties}) AS SELECT 1 AS d")
    assert error.name == "INVALID_TABLE_PROPERTY"
    assert str(error).endswith(
        f"value for catalog 'awsdatacatalog' table property {WRONG_KINDS[properties]}"
    )


def test_create_table_as__property_twice__is_refused_where_it_stands(lake):
    error = lake.fails("CREATE TABLE z WITH (format='ORC', format='PARQUET') AS SELECT 1 AS d")
    assert "DUPLICATE_PROPERTY: line 1:36: Duplicate property: format" in str(error)


def test_text__collections_in_collections__are_trinos_bytes(lake):
    lake.run(
        "CREATE TABLE nest WITH (format = 'TEXTFILE', write_compression = 'NONE', "
        "external_location = 's3://b/nest/') AS "
        "SELECT id, ARRAY[ARRAY[id], NULL, ARRAY[]] AS aa, "
        "ARRAY[CAST(ROW(id, s, ARRAY[d]) AS ROW(p integer, q varchar, z array(date)))] AS ar, "
        "MAP(ARRAY['k', 'l'], ARRAY[ARRAY[m, NULL], NULL]) AS ma, "
        "CAST(ROW(MAP(ARRAY[id], ARRAY[s]), x) AS ROW(m map(integer, varchar), x double)) AS r, "
        "MAP(ARRAY['a'], ARRAY[MAP(ARRAY['b'], ARRAY[ARRAY[1, 2]])]) AS mm FROM (VALUES "
        "(1, 'a', DATE '2020-01-01', DECIMAL '1.50', 1.5e0), (2, NULL, NULL, NULL, NULL)) "
        "AS v (id, s, d, m, x)"
    )
    written = b"".join(lake.store.path(uri).read_bytes() for uri in lake.files("s3://b/nest/"))
    # the lines of Trino 476's Hive connector
    first = (
        b"1\x011\x02\\N\x02\x011\x03a\x032020-01-01\x01k\x031.50\x04\\N\x02l\x03\\N\x011\x04a\x02"
        b"1.5\x01a\x03b\x051\x062"
    )
    second = (
        b"2\x012\x02\\N\x02\x012\x03\\N\x03\\N\x01k\x03\\N\x04\\N\x02l\x03\\N\x012\x04\\N\x02\\N"
        b"\x01a\x03b\x051\x062"
    )
    assert sorted(written.splitlines()) == [first, second]
    # what that connector reads of them
    assert lake.rows("SELECT aa, ar, ma, r, mm FROM nest ORDER BY id") == [
        [
            "[[1], null, []]",
            "[{p=1, q=a, z=[2020-01-01]}]",
            "{k=[1.50, null], l=null}",
            "{m={1=a}, x=1.5}",
            "{a={b=[1, 2]}}",
        ],
        [
            "[[2], null, []]",
            "[{p=2, q=null, z=null}]",
            "{k=[null, null], l=null}",
            "{m={2=null}, x=null}",
            "{a={b=[1, 2]}}",
        ],
    ]
