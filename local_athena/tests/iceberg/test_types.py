"""Values of every type and partition transform: written here, read by others, and back."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from local_athena.engine.iceberg.partitioning import parse_partitioning, partition_expression
from local_athena.engine.iceberg.types import from_glue, from_trino, to_glue, to_trino
from local_athena.sql import types as trino
from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import parse_type
from pyiceberg.transforms import parse_transform
from pyiceberg.types import (
    BinaryType,
    DateType,
    DecimalType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

VALUES: dict[str, tuple[str, Any]] = {
    "boolean": ("true", True),
    "integer": ("(-5)::INTEGER", -5),
    "bigint": ("9223372036854775807::BIGINT", 9223372036854775807),
    "real": ("1.5::FLOAT", 1.5),
    "double": ("0.1::DOUBLE", 0.1),
    "decimal(9,2)": ("(-12.34)::DECIMAL(9,2)", Decimal("-12.34")),
    "decimal(18,4)": ("12345678901234.5678::DECIMAL(18,4)", Decimal("12345678901234.5678")),
    "decimal(38,10)": ("1234567890123456.5::DECIMAL(38,10)", Decimal("1234567890123456.5")),
    "date": ("DATE '1969-12-31'", date(1969, 12, 31)),
    "time(6)": ("TIME '01:02:03.000004'", time(1, 2, 3, 4)),
    "timestamp(6)": (
        "TIMESTAMP '1969-12-31 23:59:59.999999'",
        datetime.fromisoformat("1969-12-31T23:59:59.999999"),
    ),
    "varchar": ("'olá €'", "olá €"),
    "varbinary": ("unhex('00FF')", b"\x00\xff"),
    "array(integer)": ("[1, NULL, 3]", [1, None, 3]),
    "map(varchar, integer)": ("MAP {'a': 1, 'b': NULL}", {"a": 1, "b": None}),
}


def test_values__of_all_types__survive_writing(world: Any) -> None:
    world.create("t", {f"c{index}": kind for index, kind in enumerate(VALUES)})
    texts = ", ".join(f"{text} AS c{index}" for index, (text, _) in enumerate(VALUES.values()))
    world.insert("t", f"SELECT {texts} UNION ALL SELECT {', '.join('NULL' for _ in VALUES)}")
    value = tuple(value for _, value in VALUES.values())
    nothing = tuple(None for _ in VALUES)
    assert sorted(world.read("t"), key=repr) == sorted([value, nothing], key=repr)
    assert sorted(world.read_duckdb("t"), key=repr) == sorted([value, nothing], key=repr)
    rows = [list(row.values()) for row in world.read_pyiceberg("t").to_pylist()]
    theirs = [(*row[:-1], dict(row[-1]) if row[-1] else None) for row in rows]
    assert sorted(theirs, key=repr) == sorted([value, nothing], key=repr)


def test_value__zoned_uuid_and_nested__survive_writing(world: Any) -> None:
    number = UUID("550e8400-e29b-41d4-a716-446655440000")
    world.create(
        "t",
        {
            "at": "timestamp(6) with time zone",
            "u": "uuid",
            "r": "row(a integer, list array(row(x varchar, at timestamp(6) with time zone)))",
        },
    )
    world.insert(
        "t",
        "SELECT {'instant': TIMESTAMP '2020-01-01 10:00:00', 'zone': 'UTC'} AS c0, "
        f"'{number}'::UUID AS c1, "
        "{'f0': 1, 'f1': [{'f0': 'x', "
        "'f1': {'instant': TIMESTAMP '2020-02-01', 'zone': '+01:00'}}]} AS c2",
    )
    [(at, found, nested)] = world.read("t")
    assert at == {"instant": datetime.fromisoformat("2020-01-01T10:00"), "zone": "UTC"}
    assert found == number
    assert nested["f1"][0] == {
        "f0": "x",
        "f1": {"instant": datetime.fromisoformat("2020-02-01"), "zone": "UTC"},
    }
    [theirs] = world.read_pyiceberg("t").to_pylist()
    assert theirs["at"] == datetime(2020, 1, 1, 10, tzinfo=UTC)
    assert theirs["u"] == number
    assert theirs["r"]["list"][0]["x"] == "x"
    assert theirs["r"]["list"][0]["at"] == datetime(2020, 2, 1, tzinfo=UTC)


SOURCES: list[tuple[str, Any, str, Any]] = [
    ("bucket[16]", IntegerType(), "34::INTEGER", 34),
    ("bucket[16]", LongType(), "(-34)::BIGINT", -34),
    ("bucket[7]", DecimalType(9, 2), "14.20::DECIMAL(9,2)", Decimal("14.20")),
    ("bucket[16]", DateType(), "DATE '2017-11-16'", 17486),
    ("bucket[16]", TimeType(), "TIME '22:31:08'", 81068000000),
    ("bucket[16]", TimestampType(), "TIMESTAMP '2017-11-16 22:31:08.000001'", 1510871468000001),
    ("bucket[16]", StringType(), "'iceberg'", "iceberg"),
    ("bucket[16]", BinaryType(), "unhex('00010203')", b"\x00\x01\x02\x03"),
    (
        "bucket[16]",
        UUIDType(),
        "'f79c3e09-677c-4bbd-a479-3f349cb785e7'::UUID",
        UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7"),
    ),
    ("truncate[10]", IntegerType(), "(-1)::INTEGER", -1),
    ("truncate[10]", LongType(), "19::BIGINT", 19),
    ("truncate[50]", DecimalType(9, 2), "10.65::DECIMAL(9,2)", Decimal("10.65")),
    ("truncate[50]", DecimalType(9, 2), "(-10.65)::DECIMAL(9,2)", Decimal("-10.65")),
    ("truncate[3]", StringType(), "'ação'", "ação"),
    ("truncate[2]", BinaryType(), "unhex('ABCDEF')", b"\xab\xcd\xef"),
    ("year", DateType(), "DATE '1969-12-31'", -1),
    ("month", DateType(), "DATE '1969-12-31'", -1),
    ("day", TimestampType(), "TIMESTAMP '1969-12-31 23:00:00'", -3600000000),
    ("hour", TimestampType(), "TIMESTAMP '1969-12-31 23:30:00'", -1800000000),
    ("month", TimestampType(), "TIMESTAMP '2020-03-31 23:30:00'", 1585697400000000),
    (
        "day",
        TimestamptzType(),
        "{'instant': TIMESTAMP '2020-03-31 23:30:00', 'zone': '+03:00'}",
        1585697400000000,
    ),
    ("identity", DateType(), "DATE '1969-12-31'", -1),
]


@pytest.mark.parametrize(("transform", "kind", "text", "value"), SOURCES)
def test_transform__in_sql__equals_pyicebergs(
    world: Any, transform: str, kind: Any, text: str, value: Any
) -> None:
    expected = parse_transform(transform).transform(kind)(value)
    with world.cursor() as cursor:
        sql = partition_expression(parse_transform(transform), kind, text)
        assert cursor.rows(f"SELECT {sql}") == [(expected,)]


@pytest.mark.parametrize(
    ("value", "expected"), [("34::INTEGER", 2017239379), ("'iceberg'", 1210000089)]
)
def test_bucket__of_the_specifications_values__hashes_as_it_says(
    world: Any, value: str, expected: int
) -> None:
    # Iceberg specification, Appendix B ("32-bit Hash Requirements"), hash & Integer.MAX_VALUE
    kind = IntegerType() if "INTEGER" in value else StringType()
    with world.cursor() as cursor:
        sql = partition_expression(parse_transform("bucket[2147483647]"), kind, value)
        assert cursor.rows(f"SELECT {sql}") == [(expected,)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("region", ("identity", "region", None)),
        ("month(At)", ("month", "at", None)),
        ("bucket(id, 16)", ("bucket", "id", 16)),
        ("bucket(16, id)", ("bucket", "id", 16)),
        ("truncate(name, 2)", ("truncate", "name", 2)),
        ('"Odd Name"', ("identity", "odd name", None)),
    ],
)
def test_parse_partitioning__of_a_text__gives_its_parts(
    text: str, expected: tuple[str, str, int | None]
) -> None:
    assert parse_partitioning(text) == expected


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "timestamp(3)",
            'Timestamp precision (3) not supported for Iceberg. Use "timestamp(6)" instead.',
        ),
        ("tinyint", "Type not supported for Iceberg: tinyint"),
        ("char(3)", "Type not supported for Iceberg: char(3)"),
    ],
)
def test_from_trino__of_a_type_iceberg_lacks__fails_by_name(kind: str, message: str) -> None:
    with pytest.raises(SqlError) as failed:
        from_trino(parse_type(kind))
    assert str(failed.value) == f"NOT_SUPPORTED: {message}"


@pytest.mark.parametrize(
    "text",
    ["int", "decimal(10,2)", "array<struct<id:int,tags:array<string>>>", "map<string,timestamp>"],
)
def test_from_glue__of_a_text__is_written_the_same(text: str) -> None:
    assert to_glue(from_glue(text)) == text


def test_to_trino__of_a_struct__names_its_fields() -> None:
    assert to_trino(from_glue("struct<a:int,b:map<string,double>>")) == trino.row(
        trino.Field("a", trino.INTEGER),
        trino.Field("b", trino.map_(trino.VARCHAR, trino.DOUBLE)),
    )
