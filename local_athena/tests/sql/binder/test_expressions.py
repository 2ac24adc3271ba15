"""Literals, coercions, calls and special forms. Values follow Trino's documentation (476)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from local_athena.sql.bound import (
    Aggregate,
    Call,
    Comparison,
    Constant,
    FieldOf,
    JsonOf,
    LambdaOf,
    Not,
    Reference,
    Try,
)

Bind = Callable[..., Any]
Failure = Callable[..., str]
TypesOf = Callable[[str], list[str]]

PICO = 10**12


def value_of(bind: Bind, text: str) -> Any:
    return bind(f"SELECT {text}").body.outputs[0].value


@pytest.mark.parametrize(
    ("text", "value", "type_"),
    [
        ("2147483647", 2147483647, "integer"),
        ("2147483648", 2147483648, "bigint"),
        ("-9223372036854775808", -(2**63), "bigint"),
        ("0x1F", 31, "integer"),
        ("1.50", Decimal("1.50"), "decimal(3, 2)"),
        ("00.5", Decimal("0.5"), "decimal(1, 1)"),
        (".5", Decimal("0.5"), "decimal(1, 1)"),
        ("-1.5", Decimal("-1.5"), "decimal(2, 1)"),
        ("1E3", 1000.0, "double"),
        ("'it''s'", "it's", "varchar(4)"),
        ("X'6869'", b"hi", "varbinary"),
        ("DATE '1969-12-31'", -1, "date"),
        ("DATE '2024-02-29'", 19782, "date"),
        ("TIME '01:02:03.5'", 3723 * PICO + 5 * 10**11, "time(1)"),
        ("TIMESTAMP '1970-01-02 00:00:01'", 86401 * PICO, "timestamp(0)"),
        ("TIMESTAMP '1969-12-31 23:59:59.999'", -(10**9), "timestamp(3)"),
        ("TIMESTAMP '1970-01-01'", 0, "timestamp(0)"),
        (
            "TIMESTAMP '2020-01-01 00:00:00 America/Sao_Paulo'",
            (1577847600 * PICO, "America/Sao_Paulo"),
            "timestamp(0) with time zone",
        ),
        (
            "TIMESTAMP '1970-01-01 05:30:00 +05:30'",
            (0, "+05:30"),
            "timestamp(0) with time zone",
        ),
        (
            "TIMESTAMP '1970-01-01 00:00:00 Europe/London'",
            (-3600 * PICO, "Europe/London"),
            "timestamp(0) with time zone",
        ),
        # the clocks of Sao Paulo went back at midnight of 2019-02-17: the first 23:30 was UTC-2
        (
            "TIMESTAMP '2019-02-16 23:30:00 America/Sao_Paulo'",
            (1550367000 * PICO, "America/Sao_Paulo"),
            "timestamp(0) with time zone",
        ),
        ("INTERVAL '1 02:03:04.567' DAY TO SECOND", 93784567, "interval day to second"),
        ("INTERVAL -'2' HOUR", -7200000, "interval day to second"),
        ("INTERVAL '1-2' YEAR TO MONTH", 14, "interval year to month"),
        ("BIGINT '12'", 12, "bigint"),
        ("DECIMAL '012.30'", Decimal("12.30"), "decimal(4, 2)"),
        ("NULL", None, "unknown"),
    ],
)
def test_literal__text__is_value_and_type(bind: Bind, text: str, value: Any, type_: str) -> None:
    constant = value_of(bind, text)
    assert isinstance(constant, Constant)
    assert (constant.value, str(constant.type)) == (value, type_)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DATE '2020-02-30'", "'2020-02-30' is not a valid DATE literal"),
        ("DATE '2023-02-29'", "'2023-02-29' is not a valid DATE literal"),
        ("TIME '24:00:00'", "'24:00:00' is not a valid TIME literal"),
        (
            "TIMESTAMP '2020-01-01T10:00:00'",
            "'2020-01-01T10:00:00' is not a valid TIMESTAMP literal",
        ),
        (
            "TIMESTAMP '2020-01-01 00:00:00 Mars/Base'",
            "'2020-01-01 00:00:00 Mars/Base' is not a valid TIMESTAMP literal",
        ),
        ("DECIMAL 'x'", "'x' is not a valid DECIMAL literal"),
        ("JSON '{'", "'{' is not a valid JSON literal"),
        ("BIGINT '9223372036854775808'", "'9223372036854775808' is not a valid BIGINT literal"),
        ("INTERVAL 'x' DAY", "Invalid INTERVAL DAY value: x"),
    ],
)
def test_literal__malformed__is_refused(failure: Failure, text: str, message: str) -> None:
    assert failure(f"SELECT {text}") == f"INVALID_LITERAL: line 1:8: {message}"


def test_session__instant__is_one_for_the_statement(bind: Bind) -> None:
    # the fixture's clock shows 2026-11-23 22:54:14.123456 UTC; 20780 days after 1970-01-01
    assert value_of(bind, "current_date").value == 20780
    seconds = 20780 * 86400 + 22 * 3600 + 54 * 60 + 14
    milliseconds = seconds * PICO + 123 * 10**9
    assert value_of(bind, "now()").value == (milliseconds, "UTC")
    assert value_of(bind, "current_timestamp").value == (milliseconds, "UTC")
    assert value_of(bind, "localtimestamp(6)").value == seconds * PICO + 123456 * 10**6
    assert value_of(bind, "localtime(0)").value == (22 * 3600 + 54 * 60 + 14) * PICO
    assert value_of(bind, "current_user").value == "someone"


def test_coercion__column_and_constant__casts_what_is_narrower(bind: Bind) -> None:
    where = bind("SELECT 1 FROM orders WHERE id = 1 AND total > 1 AND id < total").body.where
    equal, constant, columns = where.operands
    assert equal.right == Constant(1, equal.left.type)
    assert constant.right == Constant(Decimal(1), constant.left.type)
    assert str(constant.left.type) == "decimal(18, 2)"
    assert columns.left.implicit
    assert columns.left.type == columns.right.type


def test_coercion__date_beside_timestamp__is_the_instant(bind: Bind) -> None:
    where = bind("SELECT 1 FROM orders WHERE placed_at >= DATE '1970-01-02'").body.where
    assert isinstance(where.left, Reference)
    assert where.right == Constant(86400 * PICO, where.left.type)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("if(id > 1, 'a', 'bc')", "varchar(2)"),
        ("coalesce(NULL, 1, 2.5)", "decimal(11, 1)"),
        ("nullif(id, 1)", "bigint"),
        ("CASE id WHEN 1 THEN 'x' END", "varchar(1)"),
        ("CASE WHEN id = 1 THEN 1 ELSE 2.0 END", "decimal(11, 1)"),
        ("try(1 / 0)", "integer"),
        ("format('%s', id)", "varchar"),
        ("ARRAY[1, NULL, BIGINT '2']", "array(bigint)"),
        ("(1, 'a')", "row(integer, varchar(1))"),
        ("tags[1]", "varchar"),
        ("address[2]", "varchar"),
        ("MAP(ARRAY['a'], ARRAY[1])['a']", "integer"),
        ("CAST(total AS varchar(3))", "varchar(3)"),
        ("TRY_CAST(customer AS date)", "date"),
        ("extract(dow FROM placed_at)", "bigint"),
        ("trim(BOTH 'x' FROM customer)", "varchar"),
        ("position('a' IN customer)", "bigint"),
        ("placed_at AT TIME ZONE 'UTC'", "timestamp(3) with time zone"),
        ("transform(tags, x -> length(x) + id)", "array(bigint)"),
        ("reduce(tags, 0, (s, x) -> s + length(x), s -> s)", "bigint"),
        ("json_value(customer, 'lax $.a' RETURNING bigint DEFAULT 1 ON EMPTY)", "bigint"),
        ("json_query(customer, 'lax $.a')", "varchar"),
        ("id = ANY (SELECT id FROM items)", "boolean"),
        ("(SELECT id, product FROM items)", "row(id bigint, product varchar)"),
        ("EXISTS (SELECT 1 FROM items WHERE items.id = orders.id)", "boolean"),
        ("grouping()", "bigint"),
    ],
)
def test_expression__form__has_trinos_type(types_of: TypesOf, text: str, type_: str) -> None:
    if text == "grouping()":
        assert types_of("SELECT grouping() FROM orders GROUP BY id") == [type_]
    else:
        assert types_of(f"SELECT {text} FROM orders") == [type_]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 = 'a'", "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer = varchar(1)"),
        ("1 >= 'a'", "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer <= varchar(1)"),
        (
            "DATE '2020-01-01' + 1",
            "TYPE_MISMATCH: line 1:26: Cannot apply operator: date + integer",
        ),
        ("-'a'", "TYPE_MISMATCH: line 1:8: Cannot negate varchar(1)"),
        (
            "NOT 1",
            (
                "TYPE_MISMATCH: line 1:12: Value of logical NOT expression must evaluate to a "
                "boolean (actual: integer)"
            ),
        ),
        (
            "1 AND true",
            (
                "TYPE_MISMATCH: line 1:8: Logical expression term must evaluate to a boolean "
                "(actual: integer)"
            ),
        ),
        (
            "if('a', 1)",
            (
                "TYPE_MISMATCH: line 1:11: IF condition must evaluate to a boolean "
                "(actual: varchar(1))"
            ),
        ),
        (
            "1 LIKE 'a'",
            (
                "TYPE_MISMATCH: line 1:8: Left side of LIKE expression must evaluate to a "
                "varchar (actual: integer)"
            ),
        ),
        (
            "1 BETWEEN 'a' AND 'b'",
            (
                "TYPE_MISMATCH: line 1:10: Cannot check if integer is BETWEEN "
                "varchar(1) and varchar(1)"
            ),
        ),
        (
            "ARRAY[1, 'a']",
            (
                "TYPE_MISMATCH: line 1:17: All ARRAY elements must be the same type or "
                "coercible to a common type. Cannot find common type between integer and "
                "varchar(1), all "
                "types (without duplicates): [integer, varchar(1)]"
            ),
        ),
        (
            "ARRAY['a']['b']",
            "TYPE_MISMATCH: line 1:8: Cannot use varchar(1) for subscript of array(varchar(1))",
        ),
        (
            "ROW(1, 'a')[3]",
            (
                "INVALID_FUNCTION_ARGUMENT: line 1:20: Subscript index out of bounds: "
                "3, max value is 2"
            ),
        ),
        (
            "CAST(DATE '2020-01-01' AS integer)",
            "TYPE_MISMATCH: line 1:8: Cannot cast date to integer",
        ),
        ("CAST(1 AS nosuchtype)", "TYPE_MISMATCH: line 1:8: Unknown type: nosuchtype"),
        ("INTERVAL '2' WEEK", "TYPE_NOT_FOUND: line 1:8: Unknown resolvedType: INTERVAL"),
        (
            "upper(DISTINCT 'a')",
            (
                "FUNCTION_NOT_AGGREGATE: line 1:8: DISTINCT is not supported for "
                "non-aggregation functions"
            ),
        ),
        ("to_date('2020')", "FUNCTION_NOT_FOUND: line 1:8: Function 'to_date' not registered"),
        (
            "x -> x",
            "TYPE_MISMATCH: line 1:8: Lambda expression should always be used inside a function",
        ),
    ],
)
def test_expression__ill_typed__says_so(failure: Failure, text: str, message: str) -> None:
    assert failure(f"SELECT {text}") == message


def test_call__arguments__are_cast_to_the_signature(bind: Bind) -> None:
    call = value_of(bind, "lpad('a', 5, 'x')")
    assert isinstance(call, Call)
    assert call.name == "lpad"
    assert [str(a.type) for a in call.arguments] == ["varchar(1)", "bigint", "varchar(1)"]
    assert value_of(bind, "LPAD('a', 5, 'x')").name == "lpad"


def test_lambda__outer_column__is_captured(bind: Bind) -> None:
    query = bind("SELECT filter(tags, x -> x <> customer) FROM orders")
    function = query.body.outputs[0].value.arguments[1]
    assert isinstance(function, LambdaOf)
    assert isinstance(function.body, Comparison)
    assert function.body.left == function.parameters[0]
    assert function.body.right == Reference(query.body.relation.columns[1])


def test_aggregate__clauses__are_kept(bind: Bind) -> None:
    aggregate = (
        bind("SELECT array_agg(DISTINCT id ORDER BY id DESC) FILTER (WHERE total > 1) FROM orders")
        .body.outputs[0]
        .value
    )
    assert isinstance(aggregate, Aggregate)
    assert aggregate.distinct
    assert aggregate.order_by[0].descending
    assert isinstance(aggregate.filter, Comparison)


def test_listagg__parts__are_its_arguments(bind: Bind) -> None:
    aggregate = (
        bind("SELECT listagg(customer, ';') WITHIN GROUP (ORDER BY id) FROM orders")
        .body.outputs[0]
        .value
    )
    assert aggregate.name == "listagg"
    assert [a.value for a in aggregate.arguments[1:]] == [";", True, "...", False]


def test_not_in__is_a_negation(bind: Bind) -> None:
    assert isinstance(value_of(bind, "1 NOT IN (1, 2)"), Not)
    assert isinstance(value_of(bind, "'a' NOT LIKE 'b'"), Not)


def test_try_and_json__keep_their_forms(bind: Bind) -> None:
    assert isinstance(value_of(bind, "try(1 / 0)"), Try)
    json = value_of(bind, "json_array('[1]' FORMAT JSON, 2 NULL ON NULL)")
    assert json.arguments[0].name == "$json_input"
    assert json.options == (("nulls", "null"),)
    assert isinstance(json, JsonOf)


def test_cast_of_json_literal__is_json_parse(bind: Bind) -> None:
    call = value_of(bind, "JSON '[1]'")
    assert (call.name, str(call.type)) == ("json_parse", "json")


def test_extract__field__is_the_function_of_that_name(bind: Bind) -> None:
    assert value_of(bind, "extract(DOW FROM DATE '2020-01-01')").name == "day_of_week"
    assert value_of(bind, "extract(year FROM DATE '2020-01-01')").name == "year"


def test_row_field__by_position__is_the_same_as_by_name(bind: Bind) -> None:
    first, second = bind("SELECT address.zip, address[2] FROM orders").body.outputs
    assert isinstance(first.value, FieldOf)
    assert first.value == second.value
