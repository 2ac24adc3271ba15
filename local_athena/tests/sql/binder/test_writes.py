"""INSERT, UPDATE, DELETE, MERGE and CREATE TABLE AS, in Trino's words (476)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from local_athena.sql.binder.writes import can_store
from local_athena.sql.bound import Cast, Constant, Reference
from local_athena.sql.type_text import parse_type

Bind = Callable[..., Any]
Failure = Callable[..., str]


def test_insert__query__is_cast_to_the_tables_types(bind: Bind) -> None:
    bound = bind("INSERT INTO stock SELECT id, customer, 1 FROM orders")
    assert [str(c.type) for c in bound.query.columns] == ["integer", "varchar", "integer"]
    stored = bound.query.body.outputs[0].value
    assert isinstance(stored, Cast)
    assert stored.assignment


def test_insert__column_list__puts_nulls_for_the_rest(bind: Bind) -> None:
    bound = bind("INSERT INTO stock (NAME, id) SELECT 'x', 1")
    values = [o.value for o in bound.query.body.outputs]
    assert [c.name for c in bound.query.columns] == ["id", "name", "qty"]
    assert [type(v) for v in values] == [Reference, Reference, Constant]
    assert values[2].value is None
    assert str(values[2].type) == "integer"


def test_insert__order_and_limit_of_the_query__stay_inside(bind: Bind) -> None:
    bound = bind("INSERT INTO stock SELECT id, customer, id FROM orders ORDER BY 1 LIMIT 2")
    inner = bound.query.body.relation.query
    assert inner.limit == 2
    assert len(inner.order_by) == 1


def test_delete__condition__names_the_scans_columns(bind: Bind) -> None:
    bound = bind("DELETE FROM stock WHERE stock.qty > 1 OR shop.stock.name IS NULL")
    assert bound.where.operands[0].left == Reference(bound.scan.columns[2])
    assert bind("DELETE FROM stock").where is None


def test_update__assignments__are_of_the_columns_types(bind: Bind) -> None:
    bound = bind("UPDATE stock SET qty = qty + BIGINT '1', name = NULL WHERE id = 1")
    (qty, value), (name, null) = bound.assignments
    assert (qty, name) == (2, 1)
    assert str(value.type) == "integer"
    assert null == Constant(None, parse_type("varchar"))


def test_merge__clauses__are_bound_over_both_sides(bind: Bind) -> None:
    bound = bind(
        "MERGE INTO stock AS target USING (SELECT 1 AS id, 'a' AS name) AS src "
        "ON target.id = src.id "
        "WHEN MATCHED AND src.name = 'x' THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET name = src.name, qty = target.qty + 1 "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (src.id, src.name)"
    )
    delete, update, insert = bound.clauses
    assert (delete.kind, delete.matched) == ("delete", True)
    assert delete.condition is not None
    assert [index for index, _ in update.assignments] == [1, 2]
    assert [str(v.type) for v in insert.values] == ["integer", "varchar", "integer"]
    assert insert.values[2] == Constant(None, parse_type("integer"))
    assert not insert.matched


def test_create_table_as__properties__are_values(bind: Bind) -> None:
    bound = bind(
        "CREATE TABLE x WITH (format = 'PARQUET', partitioned_by = ARRAY['d'], bucket_count = 3, "
        "is_external = false) AS SELECT 1 AS A, DATE '2020-01-01' AS d"
    )
    assert bound.names == ("a", "d")
    assert bound.properties == (
        ("format", "PARQUET"),
        ("partitioned_by", ["d"]),
        ("bucket_count", 3),
        ("is_external", False),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "INSERT INTO stock VALUES (10, 'd')",
            (
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
                "Table: [integer, varchar, integer], Query: [integer, varchar(1)]"
            ),
        ),
        (
            "INSERT INTO stock (id) VALUES ('a')",
            (
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
                "Table: [integer], Query: [varchar(1)]"
            ),
        ),
        (
            "INSERT INTO narrow (pairs) VALUES ARRAY['four']",
            (
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
                "Table: [array(varchar(3))], Query: [array(varchar(4))]"
            ),
        ),
        (
            "INSERT INTO stock (id, id) VALUES (1, 2)",
            "DUPLICATE_COLUMN_NAME: line 1:1: Insert column name is specified more than once: id",
        ),
        (
            "INSERT INTO stock (zzz) VALUES 1",
            "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: zzz",
        ),
        (
            "INSERT INTO big_orders VALUES (1, 2)",
            "NOT_SUPPORTED: line 1:1: Inserting into views is not supported",
        ),
        (
            "UPDATE stock SET nope = 1",
            "COLUMN_NOT_FOUND: line 1:18: The UPDATE SET target column nope doesn't exist",
        ),
        (
            "UPDATE stock SET qty = 'x'",
            (
                "TYPE_MISMATCH: line 1:1: UPDATE table column types don't match SET expressions: "
                "Table: [integer], Expressions: [varchar(1)]"
            ),
        ),
        (
            "DELETE FROM stock WHERE qty",
            (
                "TYPE_MISMATCH: line 1:25: WHERE clause must evaluate to a boolean: "
                "actual type integer"
            ),
        ),
        (
            (
                "MERGE INTO stock t USING items s ON t.id = s.id "
                "WHEN MATCHED THEN UPDATE SET qty = s.product"
            ),
            (
                "TYPE_MISMATCH: line 1:49: MERGE table column types don't match for MERGE case 0, "
                "SET expressions: Table: [integer], Expressions: [varchar]"
            ),
        ),
        (
            (
                "MERGE INTO stock t USING items s ON t.id = s.id "
                "WHEN MATCHED THEN UPDATE SET qty = 1, qty = 2"
            ),
            "DUPLICATE_COLUMN_NAME: line 1:49: Merge column name is specified more than once: qty",
        ),
        (
            "CREATE TABLE x AS SELECT 1",
            "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1",
        ),
        (
            "CREATE TABLE x AS SELECT 1 AS a, 2 AS A",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once",
        ),
        (
            "CREATE TABLE x AS SELECT NULL AS a",
            "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a",
        ),
    ],
)
def test_write__not_allowed__says_so(failure: Failure, text: str, message: str) -> None:
    assert failure(text) == message


@pytest.mark.parametrize(
    ("value", "column", "allowed"),
    [
        ("bigint", "integer", True),  # fails by value, as Trino's INSERT of 3000000000 did
        ("double", "integer", True),
        ("decimal(20,4)", "decimal(18,2)", True),
        ("varchar(10)", "varchar(3)", True),
        ("timestamp(6)", "timestamp(3)", True),
        ("timestamp(3)", "date", True),
        ("varchar", "integer", False),
        ("integer", "varchar", False),
        ("boolean", "integer", False),
        ("array(varchar(4))", "array(varchar(3))", False),
        ("array(varchar(4))", "array(varchar)", True),
        ("row(a bigint)", "row(a integer)", True),
    ],
)
def test_can_store__pairs__follow_the_common_type(value: str, column: str, allowed: bool) -> None:
    assert can_store(parse_type(value), parse_type(column)) is allowed
