"""Whole queries over tables. Expected rows are worked out by hand from the tables in conftest."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[[str], list[list[str | None]]]


def test_write_query__group_by_expression__groups_null_too(run: Run) -> None:
    rows = run(
        "SELECT upper(customer), count(*), sum(amount), avg(amount) FROM orders "
        "GROUP BY upper(customer) HAVING count(*) > 0 ORDER BY 1"
    )

    assert rows == [
        ["ANN", "2", "15.75", "7.88"],
        ["BOB", "1", "7.00", "7.00"],
        [None, "1", None, None],
    ]


def test_write_query__rollup__has_subtotals_and_grouping(run: Run) -> None:
    rows = run(
        "SELECT customer, grouping(customer), count(*) FROM orders GROUP BY ROLLUP (customer) "
        "ORDER BY 2, 1 NULLS FIRST"
    )

    assert rows == [
        [None, "0", "1"],
        ["ann", "0", "2"],
        ["bob", "0", "1"],
        [None, "1", "4"],
    ]


def test_write_query__correlated_scalar_subquery__is_null_without_rows(run: Run) -> None:
    rows = run(
        "SELECT name, (SELECT max(amount) FROM orders WHERE customer = name) FROM people ORDER BY 1"
    )

    assert rows == [["ann", "10.50"], ["bob", "7.00"], ["cid", None]]


def test_write_query__lambda_over_an_outer_column__sees_it(run: Run) -> None:
    rows = run(
        "SELECT name, (SELECT max(amount) FROM orders "
        "WHERE any_match(items, i -> i = substr(name, 1, 1))) FROM people ORDER BY 1"
    )

    assert rows == [["ann", "10.50"], ["bob", "10.50"], ["cid", "5.25"]]


def test_write_query__exists_and_not_in__follow_three_valued_logic(run: Run) -> None:
    assert run(
        "SELECT name FROM people WHERE EXISTS "
        "(SELECT 1 FROM orders WHERE customer = name) ORDER BY 1"
    ) == [["ann"], ["bob"]]
    assert run("SELECT name FROM people WHERE name NOT IN (SELECT customer FROM orders)") == []


def test_write_query__scalar_subquery_of_two_rows__fails(error_of: Callable[[str], str]) -> None:
    assert error_of("SELECT (SELECT name FROM people)") == "SUBQUERY_MULTIPLE_ROWS"


def test_write_query__cross_join_unnest_with_ordinality__keeps_order(run: Run) -> None:
    rows = run(
        "SELECT order_id, item, n FROM orders "
        "CROSS JOIN UNNEST(items) WITH ORDINALITY AS u(item, n)"
    )

    assert rows == [["o1", "a", "1"], ["o1", "b", "2"], ["o2", "c", "1"]]


def test_write_query__left_join_unnest__keeps_rows_without_items(run: Run) -> None:
    rows = run(
        "SELECT order_id, item FROM orders LEFT JOIN UNNEST(items) AS u(item) ON TRUE "
        "ORDER BY order_id, item"
    )

    assert rows == [["o1", "a"], ["o1", "b"], ["o2", "c"], ["o3", None], ["o4", None]]


def test_write_query__window_after_aggregation__runs_over_groups(run: Run) -> None:
    rows = run(
        "SELECT customer, sum(sum(amount)) OVER (ORDER BY customer) FROM orders "
        "WHERE customer IS NOT NULL GROUP BY customer ORDER BY customer"
    )

    assert rows == [["ann", "15.75"], ["bob", "22.75"]]


def test_write_query__with_used_twice__gives_the_same_rows(run: Run) -> None:
    rows = run(
        "WITH t AS (SELECT customer, amount FROM orders WHERE amount > 5.25) "
        "SELECT a.customer, b.customer FROM t a JOIN t b ON a.amount > b.amount"
    )

    assert rows == [["ann", "bob"]]


def test_write_query__fetch_first_with_ties__gives_all_of_the_last_rank(run: Run) -> None:
    rows = run("SELECT x FROM (VALUES 1, 2, 2, 3) AS t(x) ORDER BY x FETCH FIRST 2 ROWS WITH TIES")

    assert rows == [["1"], ["2"], ["2"]]


def test_write_query__order_by_column_that_is_not_selected__sorts(run: Run) -> None:
    rows = run("SELECT order_id FROM orders ORDER BY amount DESC NULLS FIRST")

    assert rows == [["o4"], ["o1"], ["o3"], ["o2"]]


def test_write_query__set_operations__have_trino_s_precedence(run: Run) -> None:
    rows = run("SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 2 EXCEPT SELECT 3 ORDER BY 1")

    assert rows == [["1"], ["2"]]


def test_write_query__recursion_past_ten_steps__is_refused(
    run: Run, error_of: Callable[[str], str]
) -> None:
    steps = (
        "WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n < {}) "
        "SELECT max(n) FROM r"
    )

    assert run(steps.format(10)) == [["10"]]
    assert error_of(steps.format(11)) == "NOT_SUPPORTED"


def test_write_query__guarded_division__is_not_computed_early(run: Run) -> None:
    rows = run("SELECT name FROM people WHERE age <> 0 AND 60 / age = 2")
    shown = run("SELECT name, age <> 0 AND 60 / age = 2 FROM people ORDER BY 1")

    assert rows == [["ann"]]
    assert shown == [["ann", "true"], ["bob", "false"], ["cid", None]]


def test_write_query__division_by_zero__fails_and_try_gives_null(
    run: Run, error_of: Callable[[str], str]
) -> None:
    assert error_of("SELECT 60 / age FROM people") == "DIVISION_BY_ZERO"
    assert run("SELECT TRY(60 / age) FROM people ORDER BY 1") == [["2"], [None], [None]]


def test_write_query__try_over_an_aggregate__is_allowed(run: Run) -> None:
    assert run("SELECT TRY(1 / min(age)) FROM people") == [[None]]


def test_write_query__thousand_terms__do_not_overflow(run: Run) -> None:
    condition = " OR ".join(f"age = {number}" for number in range(1000))

    assert run(f"SELECT name FROM people WHERE {condition} ORDER BY 1") == [["ann"], ["bob"]]


def test_write_query__times_with_zone__group_by_their_instant(run: Run) -> None:
    rows = run(
        "SELECT count(*) FROM (VALUES TIMESTAMP '2024-01-01 12:00:00 UTC', "
        "TIMESTAMP '2024-01-01 09:00:00 America/Sao_Paulo') AS t(x) GROUP BY x"
    )

    assert rows == [["2"]]


def test_write_query__map_agg__keeps_one_value_a_key(run: Run) -> None:
    rows = run(
        "SELECT cardinality(map_agg(customer, amount)), multimap_agg(customer, order_id) "
        "FROM orders"
    )

    assert rows == [["2", "{ann=[o1, o2], bob=[o3]}"]]


def test_write_query__deep_trees__do_not_overflow_or_stall(run: Run) -> None:
    assert run("SELECT age" + " + 1" * 600 + " FROM people ORDER BY 1") == [
        ["600"],
        ["630"],
        [None],
    ]
    assert run("SELECT " + "(" * 300 + "1" + ")" * 300) == [["1"]]
    assert run("SELECT name" + " || 'x'" * 300 + " FROM people WHERE name = 'ann'") == [
        ["ann" + "x" * 300]
    ]


def test_write_query__distinct_times_with_zone__count_by_their_instant(run: Run) -> None:
    rows = run(
        "SELECT count(DISTINCT x), approx_distinct(x) FROM (VALUES "
        "TIMESTAMP '2024-01-01 12:00:00 UTC', "
        "TIMESTAMP '2024-01-01 09:00:00 America/Sao_Paulo') AS t(x)"
    )

    assert rows == [["1", "1"]]


def test_write_query__date_minus_days__is_a_plain_literal(run: Run) -> None:
    assert run("SELECT DATE '2024-03-01' - INTERVAL '7' DAY + INTERVAL '1' DAY") == [["2024-02-24"]]
