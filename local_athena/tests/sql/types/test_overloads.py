"""Overload resolution. Expected results are of a Trino 476 (golden statements) or of its rules."""

from __future__ import annotations

import time

import pytest
from local_athena.sql import signatures
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import At
from local_athena.sql.operator_types import operator_types
from local_athena.sql.overloads import LambdaArgument, resolve
from local_athena.sql.type_text import parse_type
from local_athena.sql.types import BIGINT, BOOLEAN, INTEGER, UNKNOWN, Type, array

HERE = At(1, 8)


def result(name: str, *arguments: str) -> str:
    return str(resolve(name, [parse_type(text) for text in arguments], HERE).result)


def arguments(name: str, *given: str) -> list[str]:
    chosen = resolve(name, [parse_type(text) for text in given], HERE)
    return [str(type_) for type_ in chosen.arguments]


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("sum", ["integer"], "bigint"),
        ("sum", ["decimal(5,2)"], "decimal(38, 2)"),
        ("avg", ["decimal(5,2)"], "decimal(5, 2)"),
        ("avg", ["integer"], "double"),
        ("abs", ["smallint"], "smallint"),
        ("round", ["decimal(4,2)"], "decimal(3, 0)"),
        ("round", ["decimal(4,2)", "integer"], "decimal(5, 2)"),
        ("ceil", ["decimal(4,2)"], "decimal(3, 0)"),
        ("ceil", ["decimal(4,0)"], "decimal(4, 0)"),
        ("truncate", ["decimal(4,2)"], "decimal(2, 0)"),
        ("mod", ["decimal(5,2)", "decimal(3,1)"], "decimal(4, 2)"),
        ("greatest", ["integer", "decimal(3,1)", "unknown"], "decimal(11, 1)"),
        ("concat", ["varchar(2)", "varchar(3)", "unknown"], "varchar"),
        ("concat", ["char(2)", "char(3)"], "char(5)"),
        ("concat", ["array(integer)", "bigint"], "array(bigint)"),
        ("replace", ["varchar(3)", "varchar(1)", "varchar(2)"], "varchar(11)"),
        ("replace", ["varchar(3)", "varchar(1)"], "varchar(3)"),
        ("split", ["varchar(11)", "varchar(1)"], "array(varchar(11))"),
        ("element_at", ["map(varchar(1), date)", "varchar(3)"], "date"),
        ("map", ["array(varchar(1))", "array(integer)"], "map(varchar(1), integer)"),
        ("map", [], "map(unknown, unknown)"),
        ("zip", ["array(integer)", "array(date)"], "array(row(integer, date))"),
        ("date_trunc", ["varchar(3)", "date"], "date"),
        ("date_trunc", ["varchar(3)", "timestamp(6)"], "timestamp(6)"),
        ("json_extract_scalar", ["varchar(10)", "varchar(3)"], "varchar(10)"),
        ("to_iso8601", ["timestamp(3)"], "varchar(26)"),
        ("max_by", ["date", "integer", "bigint"], "array(date)"),
        ("approx_percentile", ["integer", "array(double)"], "array(bigint)"),
        ("lag", ["date", "integer"], "date"),
        ("length", ["unknown"], "bigint"),
    ],
)
def test_resolve__types_given__gives_trinos_result(
    name: str, given: list[str], expected: str
) -> None:
    assert result(name, *given) == expected


def test_resolve__coercion_needed__names_the_types_to_cast_to() -> None:
    assert arguments("lpad", "varchar(1)", "integer", "varchar(1)") == [
        "varchar(1)",
        "bigint",
        "varchar(1)",
    ]
    assert arguments("element_at", "map(varchar(1), date)", "varchar(3)") == [
        "map(varchar(3), date)",
        "varchar(3)",
    ]
    assert arguments("power", "integer", "decimal(3,1)") == ["double", "double"]


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("nope", [], "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered"),
        (
            "greatest",
            ["integer", "varchar(1)"],
            (
                "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer, varchar(1)) for "
                "function greatest. Expected: greatest(E) E:orderable"
            ),
        ),
        (
            "md5",
            ["varchar(3)"],
            (
                "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(3)) for function "
                "md5. "
                "Expected: md5(varbinary)"
            ),
        ),
        (
            "length",
            ["decimal(2,1)"],
            (
                "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (decimal(2,1)) for function "
                "length. Expected: length(char(x)), length(varbinary), length(varchar(x))"
            ),
        ),
    ],
)
def test_resolve__nothing_fits__lists_what_would(name: str, given: list[str], message: str) -> None:
    with pytest.raises(SqlError) as caught:
        result(name, *given)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["max", "min", "greatest", "array_max", "array_sort"])
def test_resolve__type_without_order__is_refused(name: str) -> None:
    type_ = "map(integer, integer)"
    given = f"array({type_})" if name.startswith("array") else type_
    with pytest.raises(SqlError, match="FUNCTION_NOT_FOUND"):
        result(name, given)


def test_resolve__null_beside_array__is_ambiguous() -> None:
    with pytest.raises(SqlError) as caught:
        resolve("concat", [array(INTEGER), UNKNOWN], HERE)
    assert caught.value.name == "AMBIGUOUS_FUNCTION_CALL"


def test_resolve__lambda__is_typed_with_the_arrays_element() -> None:
    seen: list[tuple[Type, ...]] = []

    def body(types: tuple[Type, ...]) -> Type:
        seen.append(types)
        return BOOLEAN

    chosen = resolve("filter", [array(BIGINT), LambdaArgument(1, body, HERE)], HERE)
    assert chosen.result == array(BIGINT)
    assert set(seen) == {(BIGINT,)}
    assert str(chosen.arguments[1]) == "function(bigint,boolean)"


def test_resolve__reduce_that_widens__finds_the_states_type() -> None:
    # reduce(ARRAY[BIGINT '1'], 0, (s, x) -> s + x, s -> s): the state becomes bigint
    def wider(types: tuple[Type, ...]) -> Type:
        return BIGINT if BIGINT in types else INTEGER

    lambdas = [LambdaArgument(2, wider, HERE), LambdaArgument(1, lambda types: types[0], HERE)]
    chosen = resolve("reduce", [array(BIGINT), INTEGER, *lambdas], HERE)
    assert chosen.result == BIGINT
    assert chosen.arguments[1] == BIGINT


def test_resolve__lambda_of_wrong_width__is_named() -> None:
    with pytest.raises(SqlError) as caught:
        resolve("transform", [array(INTEGER), LambdaArgument(2, lambda t: t[0], At(1, 28))], HERE)
    assert str(caught.value) == (
        "INVALID_PARAMETER_USAGE: line 1:28: Expected a lambda that takes 1 argument(s) but got 2"
    )


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("integer", "+", "bigint", "bigint"),
        ("tinyint", "*", "tinyint", "tinyint"),
        ("integer", "/", "integer", "integer"),
        ("decimal(10,2)", "+", "decimal(5,4)", "decimal(13, 4)"),
        ("decimal(10,2)", "*", "decimal(5,4)", "decimal(15, 6)"),
        ("decimal(10,2)", "/", "decimal(5,4)", "decimal(16, 4)"),
        ("decimal(10,2)", "%", "decimal(5,4)", "decimal(5, 4)"),
        ("integer", "/", "decimal(2,1)", "decimal(12, 1)"),
        ("decimal(38,10)", "+", "decimal(38,0)", "decimal(38, 10)"),
        ("decimal(10,2)", "+", "double", "double"),
        ("decimal(10,2)", "-", "real", "real"),
        ("date", "+", "interval day to second", "date"),
        ("interval year to month", "+", "date", "date"),
        ("timestamp(0)", "+", "interval day to second", "timestamp(3)"),
        ("timestamp(6)", "-", "interval day to second", "timestamp(6)"),
        ("timestamp(0)", "+", "interval year to month", "timestamp(0)"),
        ("date", "-", "date", "interval day to second"),
        ("timestamp(3)", "-", "date", "interval day to second"),
        ("interval day to second", "*", "integer", "interval day to second"),
        ("double", "*", "interval year to month", "interval year to month"),
        ("interval day to second", "/", "bigint", "interval day to second"),
        ("unknown", "+", "integer", "integer"),
        ("date", "+", "unknown", "date"),
        ("unknown", "-", "date", "interval day to second"),
        ("interval day to second", "*", "unknown", "interval day to second"),
    ],
)
def test_operator_types__pairs_that_fit__give_trinos_result(
    left: str, operator: str, right: str, expected: str
) -> None:
    found = operator_types(operator, parse_type(left), parse_type(right), HERE)
    assert str(found.result) == expected


@pytest.mark.parametrize(
    ("left", "operator", "right"),
    [
        ("date", "+", "integer"),
        ("date", "+", "date"),
        ("varchar(1)", "+", "varchar(1)"),
        ("boolean", "+", "integer"),
        ("interval day to second", "+", "interval year to month"),
        ("time(3)", "+", "interval year to month"),
        ("decimal(2,1)", "-", "date"),
    ],
)
def test_operator_types__pairs_that_do_not_fit__are_named(
    left: str, operator: str, right: str
) -> None:
    with pytest.raises(SqlError) as caught:
        operator_types(operator, parse_type(left), parse_type(right), HERE)
    shown = left.replace(", ", ",")
    assert str(caught.value) == (
        f"TYPE_MISMATCH: line 1:8: Cannot apply operator: {shown} {operator} {right}"
    )


def test_operator_types__instant_less_null__is_ambiguous() -> None:
    # date - date and date - interval fit equally well
    with pytest.raises(SqlError) as caught:
        operator_types("-", parse_type("date"), UNKNOWN, HERE)
    assert caught.value.name == "AMBIGUOUS_FUNCTION_CALL"


def test_signatures__every_recorded_function__can_be_read() -> None:
    names = signatures.function_names()
    assert len(names) > 350
    for name in names:
        for signature in signatures.signatures_of(name):
            assert signature.kind in ("scalar", "aggregate", "window")


def test_signatures__first_use__loads_fast() -> None:
    signatures._records.cache_clear()
    started = time.process_time()
    assert signatures.is_aggregate("sum")
    # Aim: 10 ms of processor time; the bound leaves room for slow machines.
    assert time.process_time() - started < 0.05
