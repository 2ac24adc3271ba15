"""Files of every serde that Athena documents, read as a real Trino read them or as Amazon says."""

import bz2
import gzip
import json
import re
import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import cramjam
import fastavro
import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from backports import zstd
from local_athena.engine.contract import QueryFailed

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "formats.jsonl").read_text("utf-8").split("\n")
    if line
]
AREAS = sorted({case["id"].partition("-")[0] for case in CASES})
GROK = "ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES"
TEXT_CLASSES = (
    "STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat' "
    "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'"
)


def literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def pairs(properties):
    return ", ".join(f"{literal(name)}={literal(text)}" for name, text in properties.items())


def entries_sorted(rows):
    def one(text):
        return text and re.sub(
            r"\{([^{}]*)\}", lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", text
        )

    return [[one(text) for text in row] for row in rows]


def answer(lake, case, number):
    table = f"c{number}"
    lake.put(f"s3://b/{table}/f", case["content"])
    columns = ", ".join(f"`{name}` {type_}" for name, type_ in case["columns"])
    ddl = f"CREATE EXTERNAL TABLE {table} ({columns}) ROW FORMAT SERDE '{case['serde']}'"
    if "properties" in case:
        ddl += f" WITH SERDEPROPERTIES ({pairs(case['properties'])})"
    ddl += f" LOCATION 's3://b/{table}/'"
    if "table" in case:
        ddl += f" TBLPROPERTIES ({pairs(case['table'])})"
    lake.run(ddl)
    try:
        return entries_sorted(lake.rows(f"SELECT * FROM {table}"))
    except QueryFailed:
        return "fails"


@pytest.mark.parametrize("area", AREAS)
def test_lines__as_trino_reads_them__same_rows(lake, area):
    cases = [case for case in CASES if case["id"].startswith(f"{area}-")]
    assert cases
    wrong = {}
    for number, case in enumerate(cases):
        found = answer(lake, case, number)
        wanted = entries_sorted(case["rows"]) if "rows" in case else "fails"
        if found != wanted:
            wrong[case["id"]] = (wanted, found)
    assert wrong == {}


def hadoop_blocks(data, compress, size):
    """Hadoop's BlockCompressorStream: blocks of `size` bytes, each in one chunk."""
    out = b""
    for start in range(0, len(data), size):
        block = data[start : start + size]
        chunk = bytes(compress(block))
        out += len(block).to_bytes(4, "big") + len(chunk).to_bytes(4, "big") + chunk
    return out


PLAIN = b"".join(b"%d,row %d\n" % (number, number) for number in range(1000))
COMPRESSED = {
    "gz": gzip.compress(PLAIN),
    "bz2": bz2.compress(PLAIN),
    "deflate": zlib.compress(PLAIN),
    "zst": zstd.compress(PLAIN),
    "snappy": hadoop_blocks(PLAIN, cramjam.snappy.compress_raw, 3000),
    "lz4": hadoop_blocks(
        PLAIN, lambda block: cramjam.lz4.compress_block(block, store_size=False), 3000
    ),
}


@pytest.mark.parametrize("ending", COMPRESSED)
def test_compression__by_the_end_of_the_name__read(lake, ending):
    # "Use compression in Athena": text's compression is told by the extension
    lake.put(f"s3://b/z/f.{ending}", COMPRESSED[ending])
    lake.run(
        "CREATE EXTERNAL TABLE z (a int, b string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        "LOCATION 's3://b/z/'"
    )
    assert lake.rows("SELECT count(*), sum(a), max(b) FROM z") == [["1000", "499500", "row 999"]]


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("f.lzo", b"x", "NOT_SUPPORTED"),
        ("f.zip", b"x", "NOT_SUPPORTED"),
        ("f.gz", b"no gzip", "HIVE_CURSOR_ERROR"),
        ("f.snappy", COMPRESSED["snappy"][:-5], "HIVE_CURSOR_ERROR"),
        ("f.zst", b"no zstd at all", "HIVE_CURSOR_ERROR"),
    ],
)
def test_compression__not_readable__fails_by_name(lake, name, data, error):
    lake.put(f"s3://b/z/{name}", data)
    lake.run("CREATE EXTERNAL TABLE z (a string) LOCATION 's3://b/z/'")
    assert lake.fails("SELECT * FROM z").name == error


def test_compression__upper_case_ending__is_plain_text(lake):
    # "Use compression in Athena": upper case extensions are not recognised
    lake.put("s3://b/z/f.GZ", "plain\n")
    lake.run("CREATE EXTERNAL TABLE z (a string) LOCATION 's3://b/z/'")
    assert lake.rows("SELECT * FROM z") == [["plain"]]


def csv_table(lake, columns, content):
    lake.put("s3://b/v/f", content)
    lake.run(
        f"CREATE EXTERNAL TABLE v ({columns}) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://b/v/'"
    )


def test_open_csv__days_and_milliseconds__as_documented(lake):
    # "Open CSV SerDe": dates are days since 1970, timestamps milliseconds
    csv_table(
        lake,
        "profile_id string, creationdate date, creationdatetime timestamp, n int, b bigint, "
        "d double, ok boolean",
        '"unixvalue","18276","1579059880000","7","-8","1.5","TRUE"\n',
    )
    assert lake.rows("SELECT * FROM v") == [
        ["unixvalue", "2020-01-15", "2020-01-15 03:44:40.000", "7", "-8", "1.5", "true"]
    ]


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("date", "2020-01-15"),
        ("timestamp", "2020-01-15 03:44:40"),
        ("int", ""),
        ("int", "x"),
        ("int", "2147483648"),
        ("double", "n/a"),
        ("boolean", "yes"),
    ],
)
def test_open_csv__other_forms__hive_bad_data(lake, type_, text):
    csv_table(lake, f"a {type_}", f'"{text}"\n')
    error = lake.fails("SELECT a FROM v")
    assert error.name == "HIVE_BAD_DATA"
    assert f"Error parsing field value '{text}' for field 0" in error.message


def test_regex__cloudfront_example__as_documented(lake):
    # "Regex SerDe"
    lake.put(
        "s3://b/r/f",
        "#Version: 1.0\n"
        "2014-07-05 15:00:00 LHR3 4260 10.0.0.15 GET eabcd12345678.cloudfront.net "
        "/test-image-1.jpeg 200 - Mozilla/5.0[20(MacOS;%20U;%20"
        "Windows%20NT%205.1;%20en-US;%20rv:1.9.0.9)%20"
        "Gecko/2009040821%20IE/3.0.9\n",
    )
    lake.run(
        "CREATE EXTERNAL TABLE r (`Date` DATE, Time STRING, Location STRING, Bytes INT, "
        "RequestIP STRING, Method STRING, Host STRING, Uri STRING, Status INT, Referrer STRING, "
        "os STRING, Browser STRING, BrowserVersion STRING) "
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe' WITH SERDEPROPERTIES ("
        r""""input.regex" = "^(?!#)([^ ]+)\\s+([^ ]+)\\s+([^ ]+)\\s+([^ ]+)\\s+([^ ]+)\\s+([^ ]+)"""
        r"""\\s+([^ ]+)\\s+([^ ]+)\\s+([^ ]+)\\s+([^ ]+)\\s+[^\(]+[\(]"""
        r"""([^\;]+).*\%20([^\/]+)[\/](.*)$")"""
        " LOCATION 's3://b/r/'"
    )
    assert lake.rows("SELECT * FROM r") == [
        [None] * 13,
        [
            "2014-07-05",
            "15:00:00",
            "LHR3",
            "4260",
            "10.0.0.15",
            "GET",
            "eabcd12345678.cloudfront.net",
            "/test-image-1.jpeg",
            "200",
            "-",
            "MacOS",
            "IE",
            "3.0.9",
        ],
    ]


def test_grok__custom_and_predefined_patterns__captures_in_order(lake):
    # "Grok SerDe", examples 1 and 2
    lake.put(
        "s3://b/g/f",
        "2017-09-12 12:10:34,972 INFO  - executionTime=7290, action=receive\nno match\n",
    )
    lake.run(
        "CREATE EXTERNAL TABLE g (ts STRING, loglevel STRING, executiontime INT, action STRING) "
        f"{GROK} (\"input.grokCustomPatterns\" = 'C_ACTION receive|send', "
        '"input.format" = "%{TIMESTAMP_ISO8601:timestamp} %{LOGLEVEL:loglevel}  - '
        'executionTime=%{POSINT:executiontime}, action=%{C_ACTION:action}") '
        f"{TEXT_CLASSES} LOCATION 's3://b/g/'"
    )
    assert lake.rows("SELECT * FROM g") == [
        ["2017-09-12 12:10:34,972", "INFO", "7290", "receive"],
        [None, None, None, None],
    ]
    assert lake.rows("SELECT action FROM g WHERE executiontime > 0") == [["receive"]]


def test_grok__s3_access_log_example__quotes_and_brackets(lake):
    # "Grok SerDe", example 3
    lake.put("s3://b/g/f", 'own bkt [06/Feb/2019:00:00:38 +0000] 192.0.2.3 "GET /x HTTP/1.1" 200\n')
    lake.run(
        "CREATE EXTERNAL TABLE g (o string, b string, t string, ip string, uri string, st string) "
        rf"{GROK} ('input.format'='%{{NOTSPACE:o}} %{{NOTSPACE:b}} \\[%{{INSIDE_BRACKETS:t}}\\] "
        r"%{NOTSPACE:ip} \"?%{INSIDE_QS:uri}\"? %{NOTSPACE:st}', "
        r"'input.grokCustomPatterns'='INSIDE_QS ([^\"]*)\nINSIDE_BRACKETS ([^\\]]*)') "
        f"{TEXT_CLASSES} LOCATION 's3://b/g/'"
    )
    assert lake.rows("SELECT * FROM g") == [
        ["own", "bkt", "06/Feb/2019:00:00:38 +0000", "192.0.2.3", "GET /x HTTP/1.1", "200"]
    ]


AVRO_SCHEMA = {
    "type": "record",
    "name": "r",
    "fields": [
        {"name": "yr", "type": ["null", "int"], "default": None},
        {"name": "Name", "type": "string"},
        {"name": "d", "type": {"type": "int", "logicalType": "date"}},
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {
            "name": "n",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2},
        },
        {"name": "kind", "type": {"type": "enum", "name": "k", "symbols": ["A", "B"]}},
        {"name": "tags", "type": {"type": "array", "items": ["null", "string"]}},
        {"name": "m", "type": {"type": "map", "values": "double"}},
        {
            "name": "s",
            "type": [
                "null",
                {"type": "record", "name": "s", "fields": [{"name": "X", "type": "long"}]},
            ],
        },
    ],
}


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "bzip2", "zstandard"])
def test_avro__written_by_fastavro__columns_by_name(lake, codec):
    stream = BytesIO()
    row = {
        "yr": 2020,
        "Name": "x",
        "d": date(2020, 1, 15),
        "ts": datetime(2020, 1, 15, 1, 2, 3, 4500, tzinfo=UTC),
        "n": Decimal("1.50"),
        "kind": "B",
        "tags": ["a", None],
        "m": {"k": 1.5},
        "s": {"X": 9},
    }
    fastavro.writer(stream, AVRO_SCHEMA, [row, {**row, "yr": None, "s": None}], codec=codec)
    lake.put("s3://b/a/f.avro", stream.getvalue())
    lake.run(
        "CREATE EXTERNAL TABLE a (name string, yr int, d date, ts timestamp, n decimal(8,2), "
        "kind string, tags array<string>, m map<string,double>, s struct<x:bigint>, extra int) "
        "STORED AS AVRO LOCATION 's3://b/a/'"
    )
    rest = ["2020-01-15", "2020-01-15 01:02:03.005", "1.50", "B", "[a, null]", "{k=1.5}"]
    assert lake.rows("SELECT * FROM a") == [
        ["x", "2020", *rest, "{x=9}", None],
        ["x", None, *rest, None, None],
    ]


def test_avro__schema_literal__defaults_and_aliases(lake):
    # "Avro SerDe"
    stream = BytesIO()
    written = {"type": "record", "name": "r", "fields": [{"name": "old", "type": "int"}]}
    fastavro.writer(stream, written, [{"old": 1}])
    lake.put("s3://b/a/f", stream.getvalue())
    schema = {
        "type": "record",
        "name": "r",
        "fields": [
            {"name": "new", "aliases": ["old"], "type": "long"},
            {"name": "extra", "type": "string", "default": "none"},
        ],
    }
    lake.run(
        "CREATE EXTERNAL TABLE a (new bigint, extra string) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.serde2.avro.AvroSerDe' WITH SERDEPROPERTIES "
        f"('avro.schema.literal'='{json.dumps(schema)}') STORED AS AVRO LOCATION 's3://b/a/'"
    )
    assert lake.rows("SELECT * FROM a") == [["1", "none"]]
    lake.put("s3://b/bad/f", "no avro")
    lake.run("CREATE EXTERNAL TABLE bad (a int) STORED AS AVRO LOCATION 's3://b/bad/'")
    assert lake.fails("SELECT * FROM bad").name == "HIVE_BAD_DATA"


def test_orc__renamed_columns__by_position_unless_by_name(lake):
    # "Index access in ORC and Parquet"
    with lake.store.new_file("s3://b/o/f") as path:
        pyarrow.orc.write_table(pa.table({"A": [1, 2], "b": ["x", "y"]}), path)
    lake.run("CREATE EXTERNAL TABLE o (b bigint, a string) STORED AS ORC LOCATION 's3://b/o/'")
    assert lake.rows("SELECT a, b FROM o") == [["x", "1"], ["y", "2"]]
    lake.run(
        "CREATE EXTERNAL TABLE n (b string, z int, a bigint) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.ql.io.orc.OrcSerde' WITH SERDEPROPERTIES "
        "('orc.column.index.access'='false') STORED AS ORC LOCATION 's3://b/o/'"
    )
    assert lake.rows("SELECT * FROM n") == [["x", None, "1"], ["y", None, "2"]]


def test_parquet__renamed_columns__by_name_unless_by_position(lake):
    # "Index access in ORC and Parquet"
    for name, table in {
        "f": pa.table({"A": [1, 5], "b": ["x", "y"]}),
        "g": pa.table({"b": [7], "A": ["z"]}),
    }.items():
        with lake.store.new_file(f"s3://b/p/{name}") as path:
            pq.write_table(table, path)
    lake.run(
        "CREATE EXTERNAL TABLE p (one bigint, two string, three int) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' WITH SERDEPROPERTIES "
        "('parquet.column.index.access'='true') STORED AS PARQUET LOCATION 's3://b/p/'"
    )
    rows = [["1", "x", None], ["5", "y", None], ["7", "z", None]]
    assert lake.rows("SELECT * FROM p ORDER BY one") == rows
    assert lake.rows("SELECT two FROM p WHERE one > 1 ORDER BY one") == [["y"], ["z"]]
    outcome = lake.run("SELECT two FROM p WHERE one > 100")
    assert outcome.scanned_bytes == 0


@pytest.mark.parametrize(
    "classes",
    [
        "ROW FORMAT SERDE 'com.amazon.ionhiveserde.IonHiveSerDe'",
        "STORED AS ION",
        "ROW FORMAT SERDE 'com.amazon.emr.hive.serde.CloudTrailSerde'",
        "STORED AS RCFILE",
        "STORED AS SEQUENCEFILE",
    ],
)
def test_formats__not_built_here__refused_by_name(lake, classes):
    lake.put("s3://b/x/f", "x")
    create = f"CREATE EXTERNAL TABLE x (a string) {classes} LOCATION 's3://b/x/'"
    if "SERDE" in classes:
        lake.run(create)
    error = lake.fails("SELECT * FROM x" if "SERDE" in classes else create)
    assert str(error).startswith("NOT_SUPPORTED: local_athena does not support")


@pytest.mark.parametrize(
    ("stored", "theirs", "ours", "fits"),
    [
        ("STORED AS PARQUET", "b string, a int", "a bigint, b string", True),
        ("STORED AS PARQUET", "a string", "a array<int>", False),
        ("STORED AS TEXTFILE", "a int, b string", "a bigint, b string", True),
        ("STORED AS TEXTFILE", "a bigint", "a int", False),
        ("STORED AS TEXTFILE", "a string, b bigint", "a string, c array<int>", False),
        ("STORED AS TEXTFILE", "a double", "a string", True),
        ("STORED AS TEXTFILE", "a struct<x:int>", "a struct<x:bigint>", True),
        ("STORED AS TEXTFILE", "a date", "a int", False),
        ("STORED AS TEXTFILE", "a array<int>", "a string", False),
    ],
)
def test_partition_schema__against_the_tables__fits_or_mismatch(lake, stored, theirs, ours, fits):
    # "Updates in tables with partitions"
    lake.run(
        f"CREATE EXTERNAL TABLE m ({theirs}) PARTITIONED BY (p string) {stored} "
        "LOCATION 's3://b/m/'"
    )
    if "PARQUET" in stored:
        with lake.store.new_file("s3://b/m/p=1/f") as path:
            pq.write_table(pa.table({"a": pa.array([1], pa.int32()), "b": ["x"]}), path)
    else:
        lake.put("s3://b/m/p=1/f", "\\N\n")
    lake.run("ALTER TABLE m ADD PARTITION (p='1')")
    lake.run(f"ALTER TABLE m REPLACE COLUMNS ({ours})")
    if fits:
        assert len(lake.rows("SELECT * FROM m")) == 1
        return
    error = lake.fails("SELECT * FROM m")
    assert error.name == "HIVE_PARTITION_SCHEMA_MISMATCH"
    assert "in table 'db.m' is declared as type" in error.message
    assert "but partition 'p=1' declared column" in error.message
