"""Types as text: Trino's spelling and Glue's. Expected texts are Trino's and AWS Glue's own."""

from __future__ import annotations

import pytest
from local_athena.sql import types as t
from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import hive_type, parse_hive_type, parse_type
from local_athena.sql.types import Field, Type, display


@pytest.mark.parametrize(
    "text",
    [
        "bigint",
        "varchar",
        "varchar(10)",
        "char(3)",
        "decimal(10, 2)",
        "timestamp(3) with time zone",
        "time(0)",
        "time(12) with time zone",
        "interval day to second",
        "array(row(a integer, varchar(3)))",
        'row("mixed Case" bigint, b varchar, "a""b" date)',
        "map(varchar, array(decimal(38, 0)))",
        "row(timestamp(3) with time zone, x interval year to month)",
    ],
)
def test_parse_type__trinos_text__comes_back(text: str) -> None:
    assert str(parse_type(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INT", t.INTEGER),
        ("double precision", t.DOUBLE),
        ("decimal", t.decimal(38, 0)),
        ("decimal(5)", t.decimal(5, 0)),
        ("char", t.char(1)),
        ("timestamp", t.timestamp(3)),
        ("timestamp with time zone", t.timestamp_tz(3)),
        ("varchar(2147483647)", t.VARCHAR),
        ("ROW(A int)", t.row(Field("a", t.INTEGER))),
    ],
)
def test_parse_type__short_forms__get_trinos_defaults(text: str, expected: Type) -> None:
    assert parse_type(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("string", "TYPE_MISMATCH"),
        ("array", "TYPE_MISMATCH"),
        ("map(bigint)", "TYPE_MISMATCH"),
        ("bigint(3)", "TYPE_MISMATCH"),
        ("array(bigint) x", "TYPE_MISMATCH"),
        ("", "TYPE_MISMATCH"),
        ("row(", "TYPE_MISMATCH"),
        ("decimal(39, 0)", "INVALID_FUNCTION_ARGUMENT"),
        ("decimal(3, 4)", "INVALID_FUNCTION_ARGUMENT"),
        ("timestamp(13)", "TYPE_MISMATCH"),
        ("char(65537)", "TYPE_MISMATCH"),
    ],
)
def test_parse_type__no_such_type__raises(text: str, name: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse_type(text)
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("string", "varchar"),
        ("int", "integer"),
        ("float", "real"),
        ("binary", "varbinary"),
        ("decimal(10,2)", "decimal(10, 2)"),
        ("varchar(7)", "varchar(7)"),
        ("timestamp", "timestamp(3)"),
        ("array<string>", "array(varchar)"),
        ("map<string,int>", "map(varchar, integer)"),
        (
            "struct<a:int,b:array<struct<c:decimal(3,1)>>>",
            "row(a integer, b array(row(c decimal(3, 1))))",
        ),
    ],
)
def test_hive_type__glue_columns__translate_both_ways(hive: str, trino: str) -> None:
    assert str(parse_hive_type(hive)) == trino
    assert hive_type(parse_type(trino)) == hive


def test_parse_hive_type__iceberg__keeps_six_digits() -> None:
    assert parse_hive_type("array<timestamp>", timestamp_digits=6) == t.array(t.timestamp(6))


def test_parse_hive_type__blanks_and_capitals__are_read() -> None:
    parsed = parse_hive_type(" STRUCT< Name : STRING , n : BIGINT > ")
    assert str(parsed) == "row(name varchar, n bigint)"


@pytest.mark.parametrize("text", ["array<string", "struct<a>", "varchar(x)", "json", "map<int>"])
def test_parse_hive_type__no_such_type__raises(text: str) -> None:
    with pytest.raises(SqlError, match="Unknown type"):
        parse_hive_type(text)


@pytest.mark.parametrize("text", ["time(3)", "interval day to second", "row(bigint)", "uuid"])
def test_hive_type__not_storable__is_named(text: str) -> None:
    with pytest.raises(SqlError) as caught:
        hive_type(parse_type(text))
    assert caught.value.name == "NOT_SUPPORTED"


def test_display__nested_decimal__has_no_blank() -> None:
    # typeof(MAP(ARRAY['a'], ARRAY[1.5])) of a Trino 476
    assert display(parse_type("map(varchar(1), decimal(2,1))")) == "map(varchar(1), decimal(2,1))"


def test_str__function_type__is_written_without_blanks() -> None:
    assert str(Type("function", (t.BIGINT, t.BOOLEAN))) == "function(bigint,boolean)"
