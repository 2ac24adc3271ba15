"""Coercions by Trino's TypeCoercion; the pairs are from its own TestTypeCoercion (release 476)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_athena.sql import types as t
from local_athena.sql.coercion import (
    can_cast,
    can_coerce,
    common_super_type,
    is_comparable,
    is_orderable,
)
from local_athena.sql.type_text import parse_type
from local_athena.sql.types import Type


@pytest.mark.parametrize(
    ("left", "right", "common"),
    [
        ("unknown", "unknown", "unknown"),
        ("bigint", "double", "double"),
        ("bigint", "integer", "bigint"),
        ("date", "timestamp(3)", "timestamp(3)"),
        ("date", "timestamp(9) with time zone", "timestamp(9) with time zone"),
        ("timestamp(3)", "timestamp(6)", "timestamp(6)"),
        ("timestamp(6)", "timestamp(3) with time zone", "timestamp(6) with time zone"),
        ("time(3)", "time(9) with time zone", "time(9) with time zone"),
        ("varchar(10)", "varchar(20)", "varchar(20)"),
        ("varchar(20)", "varchar", "varchar"),
        ("char(10)", "varchar(20)", "char(20)"),
        ("varchar(10)", "char(20)", "char(20)"),
        ("decimal(22, 1)", "decimal(2, 1)", "decimal(22, 1)"),
        ("decimal(22, 1)", "decimal(23, 1)", "decimal(23, 1)"),
        ("bigint", "decimal(23, 1)", "decimal(23, 1)"),
        ("bigint", "decimal(18, 0)", "decimal(19, 0)"),
        ("bigint", "decimal(19, 0)", "decimal(19, 0)"),
        ("bigint", "decimal(37, 1)", "decimal(37, 1)"),
        ("real", "decimal(37, 1)", "real"),
        ("array(bigint)", "array(double)", "array(double)"),
        ("array(bigint)", "array(unknown)", "array(bigint)"),
        ("map(bigint, double)", "map(bigint, double)", "map(bigint, double)"),
        ("map(bigint, double)", "map(double, double)", "map(double, double)"),
        ("row(a bigint, b double)", "row(a double, b bigint)", "row(a double, b double)"),
        ("row(a bigint)", "row(b double)", "row(double)"),
        ("decimal(22, 1)", "double", "double"),
        ("decimal(38, 38)", "decimal(38, 0)", "decimal(38, 38)"),
    ],
)
def test_common_super_type__pairs_of_trinos_tests__meet(left: str, right: str, common: str) -> None:
    assert common_super_type(parse_type(left), parse_type(right)) == parse_type(common)
    assert common_super_type(parse_type(right), parse_type(left)) == parse_type(common)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("bigint", "varchar"),
        ("timestamp(3)", "varchar(10)"),
        ("time(3)", "timestamp(3)"),
        ("varbinary", "varchar"),
        ("boolean", "integer"),
        ("array(bigint)", "array(varchar)"),
        ("row(a bigint)", "row(a bigint, b bigint)"),
        ("json", "varchar"),
        ("interval day to second", "interval year to month"),
    ],
)
def test_common_super_type__strangers__do_not_meet(left: str, right: str) -> None:
    assert common_super_type(parse_type(left), parse_type(right)) is None
    assert common_super_type(parse_type(right), parse_type(left)) is None


_SIMPLE = st.sampled_from(
    [
        *("boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "date"),
        *("varchar", "varchar(5)", "char(3)", "decimal(5, 2)", "decimal(38, 0)", "unknown"),
        *("timestamp(0)", "timestamp(6)", "timestamp(3) with time zone", "json", "varbinary"),
    ]
).map(parse_type)
_TYPES = st.recursive(
    _SIMPLE,
    lambda inner: inner.map(t.array) | st.tuples(inner, inner).map(lambda p: t.map_(*p)),
    max_leaves=4,
)


@given(_TYPES, _TYPES)
def test_common_super_type__any_pair__is_symmetric_and_reached_by_both(a: Type, b: Type) -> None:
    common = common_super_type(a, b)
    assert common == common_super_type(b, a)
    if common is not None:
        assert can_coerce(a, common)
        assert can_coerce(b, common)


@given(_TYPES)
def test_can_coerce__a_type_and_unknown__always(type_: Type) -> None:
    assert can_coerce(type_, type_)
    assert can_coerce(t.UNKNOWN, type_)
    assert can_cast(type_, type_)


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("integer", "varchar", True),
        ("integer", "char(5)", False),
        ("varchar", "date", True),
        ("varchar", "interval day to second", False),
        ("date", "integer", False),
        ("timestamp(3)", "date", True),
        ("timestamp(3)", "bigint", False),
        ("time(3)", "date", False),
        ("boolean", "decimal(3, 0)", True),
        ("uuid", "varchar", True),
        ("uuid", "varchar(36)", False),
        ("array(integer)", "array(varchar)", True),
        ("array(integer)", "varchar", False),
        ("row(integer)", "row(a integer, b integer)", False),
        ("map(varchar, integer)", "json", True),
        ("map(varbinary, integer)", "json", False),
        ("json", "array(map(varchar, double))", True),
        ("json", "date", False),
        ("timestamp(3) with time zone", "json", False),
        ("timestamp(3)", "json", True),
    ],
)
def test_can_cast__pairs_trino_was_asked__agree(source: str, target: str, allowed: bool) -> None:
    assert can_cast(parse_type(source), parse_type(target)) is allowed


def test_is_orderable__maps_and_json__are_only_comparable() -> None:
    for text in ("map(integer, integer)", "json", "array(map(integer, integer))"):
        assert is_comparable(parse_type(text))
        assert not is_orderable(parse_type(text))
    assert not is_comparable(parse_type("row(a hyperloglog)"))
    assert is_orderable(parse_type("row(a array(date))"))
