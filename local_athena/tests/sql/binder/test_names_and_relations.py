"""Names, joins, WITH, views, UNNEST. Texts of errors are those of Trino's StatementAnalyzer "
"(476)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from local_athena.sql.bound import (
    Coalesce,
    CommonTable,
    Derived,
    FieldOf,
    JoinOf,
    Reference,
    Scan,
    UnnestOf,
)

Bind = Callable[..., Any]
Failure = Callable[..., str]
TypesOf = Callable[[str], list[str]]


def test_select_star__hidden_columns__are_left_out_but_can_be_named(bind: Bind) -> None:
    assert [c.name for c in bind("SELECT * FROM orders").columns] == [
        *("id", "customer", "total", "placed_at", "tags", "address"),
    ]
    assert [c.name for c in bind('SELECT "$path" FROM orders').columns] == ["$path"]


@pytest.mark.parametrize(
    "name", ["id", "orders.id", "shop.orders.id", "awsdatacatalog.shop.orders.id", "ORDERS.Id"]
)
def test_column__any_suffix_of_the_tables_name__finds_it(bind: Bind, name: str) -> None:
    query = bind(f"SELECT {name} FROM orders")
    scan = query.body.relation
    assert isinstance(scan, Scan)
    assert query.body.outputs[0].value == Reference(scan.columns[0])


def test_column__alias_given__hides_the_tables_name(failure: Failure) -> None:
    assert failure("SELECT orders.id FROM orders o") == (
        "COLUMN_NOT_FOUND: line 1:8: Column 'orders.id' cannot be resolved"
    )


def test_dereference__column_before_row_field__as_trino(bind: Bind) -> None:
    outputs = bind("SELECT address.city, o.address.zip FROM orders o").body.outputs
    assert [type(o.value) for o in outputs] == [FieldOf, FieldOf]
    assert [o.value.index for o in outputs] == [0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT nope FROM orders", "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved"),
        (
            "SELECT id FROM orders, items",
            "AMBIGUOUS_NAME: line 1:8: Column 'id' is ambiguous",
        ),
        (
            "SELECT o.address.nope FROM orders o",
            "INVALID_COLUMN_REFERENCE: line 1:8: Column reference 'o.address.nope' is invalid",
        ),
        (
            "SELECT customer.x FROM orders",
            "TYPE_MISMATCH: line 1:8: Expression customer is not of type ROW",
        ),
        (
            "SELECT * FROM nowhere",
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.nowhere' does not exist",
        ),
        ("SELECT * FROM no.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'no' does not exist"),
        ("SELECT * FROM c.no.t", "CATALOG_NOT_FOUND: line 1:15: Catalog 'c' not found"),
        (
            "SELECT x.* FROM orders",
            "TABLE_NOT_FOUND: line 1:8: Unable to resolve reference x",
        ),
        (
            "SELECT *",
            "COLUMN_NOT_FOUND: line 1:8: SELECT * not allowed in queries without FROM clause",
        ),
        (
            "SELECT x FROM (VALUES (1, 2)) AS t(x)",
            (
                "MISMATCHED_COLUMN_ALIASES: line 1:15: Column alias list has 1 entries but 't' has "
                "2 columns available"
            ),
        ),
        (
            "SELECT 1 FROM orders NATURAL JOIN items",
            "NOT_SUPPORTED: line 1:15: Natural join not supported",
        ),
        (
            "SELECT 1 FROM orders JOIN items USING (price)",
            "COLUMN_NOT_FOUND: line 1:40: Column 'price' is missing from left side of join",
        ),
        (
            "SELECT 1 FROM orders o JOIN items i ON o.id",
            (
                "TYPE_MISMATCH: line 1:40: JOIN ON clause must evaluate to a boolean: "
                "actual type bigint"
            ),
        ),
        (
            "SELECT * FROM UNNEST(5)",
            "INVALID_FUNCTION_ARGUMENT: line 1:22: Cannot unnest type: integer",
        ),
        (
            "WITH a AS (SELECT 1), A AS (SELECT 2) SELECT * FROM a",
            "DUPLICATE_NAMED_QUERY: line 1:23: WITH query name 'A' specified more than once",
        ),
        (
            "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT * FROM r",
            "MISSING_COLUMN_ALIASES: line 1:16: missing column aliases in recursive WITH query",
        ),
        (
            "SELECT * FROM TABLE(nope(1))",
            "FUNCTION_NOT_FOUND: line 1:15: Table function 'nope' not registered",
        ),
    ],
)
def test_bind__name_that_means_nothing__says_so(failure: Failure, text: str, message: str) -> None:
    assert failure(text) == message


def test_bind__no_database__asks_for_one(failure: Failure) -> None:
    assert failure("SELECT * FROM orders", database=None) == (
        "MISSING_SCHEMA_NAME: line 1:15: Schema must be specified when session schema is not set"
    )


def test_join_using__merges_the_column_and_hides_both(bind: Bind, failure: Failure) -> None:
    query = bind("SELECT * FROM orders FULL JOIN items USING (id)")
    assert [c.name for c in query.columns] == [
        *("id", "customer", "total", "placed_at", "tags", "address", "product", "price"),
    ]
    assert isinstance(query.body.outputs[0].value, Coalesce)
    relation = query.body.relation
    assert relation.condition.operator == "="
    assert isinstance(relation, JoinOf)
    assert "'o.id' cannot be resolved" in failure(
        "SELECT o.id FROM orders o JOIN items i USING (id)"
    )


def test_subquery_in_from__does_not_see_its_neighbour(failure: Failure, bind: Bind) -> None:
    text = "SELECT 1 FROM orders o CROSS JOIN {} (SELECT o.id AS x) t"
    assert failure(text.format("")).startswith("COLUMN_NOT_FOUND")
    lateral = bind(text.format("LATERAL")).body.relation.right
    assert isinstance(lateral, Derived)
    assert lateral.lateral


def test_unnest__rows_maps_and_ordinality__spread_into_columns(
    bind: Bind, types_of: TypesOf
) -> None:
    assert types_of(
        "SELECT * FROM UNNEST(MAP(ARRAY['a'], ARRAY[1]), ARRAY[ROW(1, DATE '2020-01-01')]) "
        "WITH ORDINALITY"
    ) == ["varchar(1)", "integer", "integer", "date", "bigint"]
    relation = bind("SELECT tag FROM orders CROSS JOIN UNNEST(tags) AS t(tag)").body.relation
    assert isinstance(relation.right, UnnestOf)
    assert relation.right.items == (Reference(relation.left.columns[4]),)


def test_left_join_unnest__on_anything_but_true__is_refused(failure: Failure) -> None:
    # the place is the condition's, as a Trino 476 answers
    assert failure(
        "SELECT u.x FROM (VALUES 1) AS t(id) LEFT JOIN UNNEST(ARRAY[1]) AS u(x) ON id = 2"
    ) == (
        "NOT_SUPPORTED: line 1:78: LEFT JOIN involving UNNEST is only supported with condition "
        "ON TRUE"
    )


def test_with__uses__share_one_query_and_have_columns_of_their_own(bind: Bind) -> None:
    query = bind("WITH a(x) AS (SELECT 1) SELECT l.x, r.x FROM a l CROSS JOIN A r")
    (table,) = query.with_
    relation = query.body.relation
    assert isinstance(relation.left, CommonTable)
    assert relation.left.id == relation.right.id == table.id
    assert relation.left.columns[0].id != relation.right.columns[0].id


def test_with__inner_name__hides_the_outer(types_of: TypesOf) -> None:
    assert types_of(
        "WITH a AS (SELECT 1 AS x) SELECT * FROM (WITH a AS (SELECT 'b' AS x) SELECT * FROM a)"
    ) == ["varchar(1)"]


def test_with__name_with_database__is_a_table(bind: Bind) -> None:
    query = bind("WITH items AS (SELECT 1 AS x) SELECT * FROM shop.items")
    assert isinstance(query.body.relation, Scan)


def test_with_recursive__step__refers_to_its_own_id(bind: Bind) -> None:
    query = bind(
        "WITH RECURSIVE r(n) AS (SELECT BIGINT '1' UNION ALL SELECT 1 FROM r WHERE n < 5) "
        "SELECT * FROM r"
    )
    (table,) = query.with_
    assert table.recursive
    step = table.query.body.right
    assert step.body.relation.id == table.id
    assert str(step.columns[0].type) == "bigint"


def test_with_recursive__step_of_another_type__is_refused(failure: Failure) -> None:
    assert failure(
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 'a' FROM r) SELECT * FROM r"
    ).endswith(
        "recursion step relation output type (varchar(1)) is not coercible to recursion base "
        "relation output type (integer) at column 1"
    )


def test_view__use__is_its_query_cast_to_its_columns(bind: Bind) -> None:
    query = bind("SELECT b.id FROM big_orders b WHERE b.total > 5")
    view = query.body.relation
    assert isinstance(view.query.body.relation, Scan)
    assert [c.name for c in view.columns] == ["id", "total"]
    assert isinstance(view, Derived)


def test_view__made_elsewhere__looks_its_names_up_there(types_of: TypesOf) -> None:
    assert types_of("SELECT n FROM other.far") == ["bigint"]


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (
            "stale",
            (
                "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.shop.stale' is stale or in invalid "
                "state: stored view column count (2) does not match column count derived from the "
                "view query analysis (1)"
            ),
        ),
        (
            "changed",
            (
                "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.shop.changed' is stale or in "
                "invalid "
                "state: column [id] of type varchar projected from query view at position 0 "
                "cannot be "
                "coerced to column [id] of type bigint stored in view definition"
            ),
        ),
        (
            "broken",
            (
                "INVALID_VIEW: line 1:15: Failed analyzing stored view "
                "'awsdatacatalog.shop.broken': "
                "line 1:8: Column 'nope' cannot be resolved"
            ),
        ),
        ("circle", "VIEW_IS_RECURSIVE: line 1:15: View is recursive"),
    ],
)
def test_view__no_longer_sound__is_refused(failure: Failure, view: str, message: str) -> None:
    assert failure(f"SELECT * FROM {view}") == message


def test_time_travel__version__is_kept(bind: Bind, failure: Failure) -> None:
    scan = bind(
        "SELECT * FROM stock FOR TIMESTAMP AS OF TIMESTAMP '2020-01-01 00:00:00 UTC'"
    ).body.relation
    assert scan.version[0] == "timestamp"
    assert "Temporal pointers must be of type Timestamp" in failure(
        "SELECT * FROM stock FOR TIMESTAMP AS OF 5"
    )


def test_values__rows_of_other_sizes_and_types__are_refused(failure: Failure) -> None:
    assert failure("VALUES (1, 'a'), (2)") == (
        "TYPE_MISMATCH: line 1:1: Values rows have mismatched sizes: 2 vs 1"
    )
    assert failure("VALUES 1, 'a'") == (
        "TYPE_MISMATCH: line 1:1: Values rows have mismatched types: "
        "row(integer) vs row(varchar(1))"
    )
