"""Grouping, ordering, windows, set operations and subqueries, in Trino's words (476)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from local_athena.sql import nodes
from local_athena.sql.bound import (
    Aggregate,
    BoundSetOperation,
    Cast,
    Constant,
    Grouping,
    GroupKey,
    Reference,
    ScalarQuery,
    WindowCall,
)

Bind = Callable[..., Any]
Failure = Callable[..., str]
TypesOf = Callable[[str], list[str]]


def test_group_by__key_in_any_spelling__becomes_the_key(bind: Bind) -> None:
    body = bind("SELECT o.id + 1, count(*) FROM orders o GROUP BY ID + 1").body
    assert [type(o.value) for o in body.outputs] == [GroupKey, Aggregate]
    assert body.grouping_sets == ((0,),)


def test_group_by__ordinal_and_name_of_one_column__are_one_key(bind: Bind) -> None:
    body = bind("SELECT customer c, count(*) FROM orders GROUP BY 1, customer").body
    assert len(body.group_keys) == 1
    assert body.grouping_sets == ((0,),)


def test_group_by__nothing_grouped__is_one_group(bind: Bind) -> None:
    body = bind("SELECT count(*) FROM orders").body
    assert body.group_keys == ()
    assert body.grouping_sets == ((),)
    assert bind("SELECT id FROM orders").body.grouping_sets is None


@pytest.mark.parametrize(
    ("clause", "sets"),
    [
        ("ROLLUP (id, customer)", ((0, 1), (0,), ())),
        ("CUBE (id, customer)", ((0, 1), (0,), (1,), ())),
        ("GROUPING SETS ((id), (customer), ())", ((0,), (1,), ())),
        ("id, ROLLUP (customer)", ((0, 1), (0,))),
        ("GROUPING SETS ((id), ()), CUBE (customer)", ((0, 1), (0,), (1,), ())),
    ],
)
def test_group_by__complex__gives_the_product_of_its_sets(
    bind: Bind, clause: str, sets: tuple[tuple[int, ...], ...]
) -> None:
    assert bind(f"SELECT count(*) FROM orders GROUP BY {clause}").body.grouping_sets == sets


def test_group_by_distinct__equal_sets__are_one(bind: Bind) -> None:
    text = "SELECT count(*) FROM orders GROUP BY {} GROUPING SETS ((id), (id), ())"
    assert bind(text.format("")).body.grouping_sets == ((0,), (0,), ())
    assert bind(text.format("DISTINCT")).body.grouping_sets == ((0,), ())


def test_grouping__argument__is_the_keys_index(bind: Bind) -> None:
    text = "SELECT grouping(customer, id) FROM orders GROUP BY CUBE (id, customer)"
    assert bind(text).body.outputs[0].value.indexes == (1, 0)
    assert isinstance(bind(text).body.outputs[0].value, Grouping)


def test_group_by__literal__stands_for_no_other_literal(bind: Bind) -> None:
    body = bind("SELECT 1, lag(id, 1) OVER (ORDER BY id) FROM orders GROUP BY 1, id").body
    one, lag = body.outputs
    assert isinstance(one.value, GroupKey)
    assert isinstance(lag.value.arguments[1], Constant)


def test_grouped_subquery__outer_key__stays_a_reference(bind: Bind) -> None:
    body = bind(
        "SELECT (SELECT max(price) FROM items i WHERE i.id = o.id) FROM orders o GROUP BY o.id"
    ).body
    inner = body.outputs[0].value
    assert inner.query.body.where.right == body.group_keys[0]
    assert isinstance(inner, ScalarQuery)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SELECT customer, total FROM orders GROUP BY customer",
            (
                "EXPRESSION_NOT_AGGREGATE: line 1:18: 'total' must be an aggregate expression or "
                "appear in GROUP BY clause"
            ),
        ),
        (
            "SELECT total * 2 FROM orders GROUP BY customer",
            (
                "EXPRESSION_NOT_AGGREGATE: line 1:14: '(total * 2)' must be an aggregate "
                "expression "
                "or appear in GROUP BY clause"
            ),
        ),
        (
            "SELECT count(*) FROM orders ORDER BY id",
            (
                "EXPRESSION_NOT_AGGREGATE: line 1:38: 'id' must be an aggregate expression or "
                "appear "
                "in GROUP BY clause"
            ),
        ),
        (
            (
                "SELECT (SELECT max(price) FROM items i WHERE i.id = o.id) FROM orders o "
                "GROUP BY o.customer"
            ),
            (
                "EXPRESSION_NOT_AGGREGATE: line 1:8: Subquery uses 'id' which must appear in "
                "GROUP BY clause"
            ),
        ),
        (
            "SELECT sum(count(*)) FROM orders",
            (
                "NESTED_AGGREGATION: line 1:8: Cannot nest aggregations inside aggregation 'sum': "
                "[count(*)]"
            ),
        ),
        (
            "SELECT sum(row_number() OVER ()) FROM orders",
            (
                "NESTED_WINDOW: line 1:8: Cannot nest window functions inside aggregation 'sum': "
                "[row_number() OVER ()]"
            ),
        ),
        (
            "SELECT sum(row_number() OVER ()) OVER () FROM orders",
            (
                "NESTED_WINDOW: line 1:12: Cannot nest window functions or row pattern measures "
                "inside window function arguments"
            ),
        ),
        (
            "SELECT 1 FROM orders JOIN items USING (id, ID)",
            (
                "DUPLICATE_COLUMN_NAME: line 1:44: Column 'ID' appears multiple times in USING "
                "clause"
            ),
        ),
        (
            "SELECT id FROM orders WHERE count(*) > 1",
            (
                "EXPRESSION_NOT_SCALAR: line 1:38: WHERE clause cannot contain aggregations, "
                "window "
                "functions or grouping operations: [count(*)]"
            ),
        ),
        (
            "SELECT 1 FROM orders GROUP BY sum(id)",
            (
                "EXPRESSION_NOT_SCALAR: line 1:31: GROUP BY clause cannot contain aggregations, "
                "window functions or grouping operations: [sum(id)]"
            ),
        ),
        (
            "SELECT id FROM orders GROUP BY 3",
            "INVALID_COLUMN_REFERENCE: line 1:32: GROUP BY position 3 is not in select list",
        ),
        (
            "SELECT id FROM orders ORDER BY 0",
            "INVALID_COLUMN_REFERENCE: line 1:32: ORDER BY position 0 is not in select list",
        ),
        (
            "SELECT 1 FROM orders GROUP BY ROLLUP (id + 1)",
            (
                "INVALID_COLUMN_REFERENCE: line 1:42: GROUP BY expression must be a column "
                "reference: (id + 1)"
            ),
        ),
        (
            "SELECT id FROM orders GROUP BY GROUPING SETS ((1), ())",
            (
                "INVALID_COLUMN_REFERENCE: line 1:48: GROUP BY expression must be a column "
                "reference: 1"
            ),
        ),
        (
            "SELECT DISTINCT customer FROM orders ORDER BY id",
            (
                "EXPRESSION_NOT_IN_DISTINCT: line 1:1: For SELECT DISTINCT, ORDER BY expressions "
                "must appear in select list"
            ),
        ),
        ("SELECT 1 AS a, 2 AS a ORDER BY a", "AMBIGUOUS_NAME: line 1:32: Column 'a' is ambiguous"),
        (
            "SELECT rank() FROM orders",
            "MISSING_OVER: line 1:8: Window function rank requires an OVER clause",
        ),
        (
            "SELECT upper(customer) OVER () FROM orders",
            "FUNCTION_NOT_WINDOW: line 1:8: Not a window function: upper",
        ),
        (
            "SELECT rank() OVER nope FROM orders",
            "INVALID_WINDOW_REFERENCE: line 1:20: Cannot resolve WINDOW name nope",
        ),
        (
            "SELECT rank() OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM orders",
            "INVALID_WINDOW_FRAME: line 1:33: Cannot specify window frame for rank function",
        ),
        (
            "SELECT 1 UNION SELECT 'a'",
            (
                "TYPE_MISMATCH: line 1:10: column 1 in UNION query has incompatible types: "
                "integer, varchar(1)"
            ),
        ),
        (
            "SELECT 1 INTERSECT SELECT 1, 2",
            "TYPE_MISMATCH: line 1:10: INTERSECT query has different number of fields: 1, 2",
        ),
        (
            "SELECT id FROM orders HAVING id",
            (
                "TYPE_MISMATCH: line 1:30: HAVING clause must evaluate to a boolean: "
                "actual type bigint"
            ),
        ),
        (
            "SELECT filter(ARRAY[1, 2, 3], x -> x > (SELECT 1))",
            "NOT_SUPPORTED: line 1:40: Lambda expression cannot contain subqueries",
        ),
    ],
)
def test_bind__clause_out_of_place__says_so(failure: Failure, text: str, message: str) -> None:
    assert failure(text) == message


def test_order_by__output_before_source__as_trino(bind: Bind) -> None:
    query = bind("SELECT id AS total FROM orders ORDER BY total, orders.total")
    by_output, by_source = query.order_by
    assert by_output.key == Reference(query.columns[0])
    assert by_source.key == Reference(query.body.relation.columns[2])


def test_order_by__aggregate_that_is_an_output__refers_to_it(bind: Bind) -> None:
    query = bind("SELECT customer, count(*) FROM orders GROUP BY 1 ORDER BY count(*) DESC, max(id)")
    first, second = query.order_by
    assert first.key == Reference(query.columns[1])
    assert first.descending
    assert not first.nulls_first
    assert isinstance(second.key, Aggregate)


def test_order_by__aggregate_of_an_output__is_refused(failure: Failure) -> None:
    assert "Invalid reference to output projection attribute" in failure(
        "SELECT count(*) AS total FROM orders ORDER BY sum(total)"
    )


def test_windows__named_ones__are_merged_in(bind: Bind) -> None:
    (output,) = bind(
        "SELECT sum(total) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders "
        "WINDOW w AS (PARTITION BY customer ORDER BY placed_at DESC NULLS FIRST)"
    ).body.outputs
    call = output.value
    assert len(call.partition_by) == 1
    assert call.order_by[0].descending
    assert call.order_by[0].nulls_first
    assert (call.frame.unit, call.frame.start, call.frame.end) == (
        *("rows", "preceding", "current row"),
    )
    assert call.frame.start_value == Constant(1, call.frame.start_value.type)
    assert str(call.frame.start_value.type) == "bigint"
    assert isinstance(call, WindowCall)


def test_windows__over_groups__take_aggregates(bind: Bind) -> None:
    (output,) = bind(
        "SELECT sum(sum(total)) OVER (ORDER BY customer) FROM orders GROUP BY customer"
    ).body.outputs
    assert isinstance(output.value, WindowCall)
    assert isinstance(output.value.arguments[0], Aggregate)
    assert output.value.order_by[0].key == GroupKey(0, output.value.order_by[0].key.type)


@pytest.mark.parametrize("unit", ["day", "month"])
def test_windows__range_over_dates__takes_intervals(types_of: TypesOf, unit: str) -> None:
    assert types_of(
        f"SELECT sum(id) OVER (ORDER BY placed_at RANGE INTERVAL '1' {unit} PRECEDING) FROM orders"
    ) == ["bigint"]


def test_set_operation__sides_of_other_types__are_cast(bind: Bind) -> None:
    query = bind("SELECT id FROM orders UNION ALL SELECT price FROM items ORDER BY id LIMIT 3")
    assert str(query.columns[0].type) == "decimal(21, 2)"
    assert isinstance(query.body.left.body.outputs[0].value, Cast)
    assert isinstance(query.body, BoundSetOperation)
    assert query.limit == 3
    assert query.order_by[0].key == Reference(query.columns[0])


def test_set_operation__except_all__keeps_its_kind(bind: Bind) -> None:
    body = bind("SELECT 1 EXCEPT ALL SELECT 1").body
    assert (body.kind, body.distinct) == ("except", False)


def test_in_query__of_rows__compares_column_by_column(bind: Bind, failure: Failure) -> None:
    where = bind("SELECT 1 FROM orders WHERE (id, 1) IN (SELECT 1, id FROM items)").body.where
    assert str(where.value.type) == "row(bigint, bigint)"
    assert [str(c.type) for c in where.query.columns] == ["bigint", "bigint"]
    assert failure("SELECT 1 FROM orders WHERE id IN (SELECT product FROM items)") == (
        "TYPE_MISMATCH: line 1:31: Value expression and result of subquery must be of the same "
        "type: bigint vs varchar"
    )


def test_limit__parameter__is_its_value(bind: Bind) -> None:
    query = bind("SELECT id FROM orders OFFSET 2 ROWS LIMIT ?", nodes.IntegerLiteral(nodes.At(), 7))
    assert (query.offset, query.limit) == (2, 7)


def test_parameters__too_few__are_missed(failure: Failure) -> None:
    assert failure("SELECT ?").startswith("INVALID_PARAMETER_USAGE: line 1:8")


def test_long_chains__thousands_of_terms__are_bound(types_of: TypesOf) -> None:
    assert types_of("SELECT " + " + ".join(["1"] * 2000)) == ["integer"]
    assert types_of(" UNION ALL ".join(["SELECT 1"] * 1000)) == ["integer"]


@pytest.fixture
def few_frames() -> Iterator[None]:
    """Fewer Python frames than a server allows itself."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(12_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("few_frames")
def test_deep_nesting__beyond_what_can_be_bound__fails_by_name(failure: Failure) -> None:
    terms = " + ".join(["id"] * 5000)
    assert failure(f"SELECT {terms} FROM orders GROUP BY id") == (
        "STACK_OVERFLOW: statement is too large (stack overflow during analysis)"
    )
