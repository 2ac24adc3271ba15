import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.athena import QueryResult
from lakehouse.errors import QueryError, ReconcileError
from lakehouse.reconcile import FIGURE_QUERIES, compare, find_ledger, read_ledger, reconcile
from lakehouse.reconcile.compare import NULL, warehouse_values
from lakehouse.reconcile.figure import VALUE, FigureQuery
from lakehouse.reconcile.figures import render
from lakehouse.reconcile.ledger_file import METRICS, grain_of

CI = {
    "integration": "ci_integration",
    "curated": "ci_curated",
    "snapshots": "ci_snapshots",
    "ops": "ci_ops",
}
BY_DAY = FigureQuery("sales", ("day",), ("orders", "gmv_brl"), "select 1")
TOTAL = FigureQuery("versions", (), (VALUE,), "select 1", constants=(("table", "a"),))
DAY = {"day": "2026-06-01"}


def entry(figure: str, value: Any, **grain: str) -> tuple[tuple[str, Any], Decimal]:
    return (figure, grain_of(grain)), Decimal(value)


def write(folder: Path, figures: list[dict[str, Any]], day: str = "2026-06-01") -> Path:
    path = folder / f"{day}.json"
    path.write_text(json.dumps({"date": day, "seed": 1, "scale": 1, "figures": figures}))
    return path


AS_OF = {
    "figure": "customer_history",
    "grain": {"measure": "accounts", "as_of": "2026-06-01", "state": "SP"},
    "value": 3,
}


def test_compare__equal_sides__every_figure_agrees() -> None:
    side = dict([entry("a", 1), entry("b", "1.50", day="x")])
    outcome = compare(["a", "b"], side, dict([entry("a", "1.00"), entry("b", "1.5", day="x")]))
    assert outcome.summary == "2 of 2 figures agree"
    assert outcome.differences == ()


def test_compare__one_cent_off__names_figure_day_and_both_values() -> None:
    ledger = dict([entry("sales", "10.00", **DAY), entry("other", 1)])
    warehouse = dict([entry("sales", "10.01", **DAY), entry("other", 1)])
    outcome = compare(["sales", "other"], ledger, warehouse)
    assert outcome.summary == "1 of 2 figures agree"
    assert [str(difference) for difference in outcome.differences] == [
        "sales [day 2026-06-01]: ledger 10.00, warehouse 10.01"
    ]


def test_compare__rows_on_one_side_only__are_differences_unless_zero() -> None:
    ledger = dict([entry("a", 2, state="AC"), entry("a", 0, state="AM")])
    warehouse = dict([entry("a", 5, state="BA"), entry("a", "0.00", state="RR")])
    texts = [str(difference) for difference in compare(["a"], ledger, warehouse).differences]
    assert texts == [
        "a [state AC]: ledger 2, warehouse none",
        "a [state BA]: ledger none, warehouse 5",
    ]


@given(st.dictionaries(st.text(max_size=3), st.integers(-5, 5)), st.data())
def test_compare__any_single_change__is_found(values: dict[str, int], data: st.DataObject) -> None:
    ledger = dict(entry("a", value, key=key) for key, value in values.items())
    assert compare(["a"], ledger, ledger).differences == ()
    if values:
        key = data.draw(st.sampled_from(sorted(values)))
        changed = dict([*ledger.items(), entry("a", values[key] + 1, key=key)])
        assert len(compare(["a"], ledger, changed).differences) == 1


def test_warehouse_values__several_measures__are_parts_of_the_grain() -> None:
    values = warehouse_values(BY_DAY, [("2026-06-01", "2", "10.50")])
    assert values == dict(
        [
            entry("sales", 2, measure="orders", **DAY),
            entry("sales", "10.50", measure="gmv_brl", **DAY),
        ]
    )


def test_warehouse_values__constants_and_nulls__are_kept() -> None:
    assert warehouse_values(TOTAL, [("7",)]) == dict([entry("versions", 7, table="a")])
    assert warehouse_values(BY_DAY, [(None, "1", None)]) == dict(
        [
            entry("sales", 1, measure="orders", day=NULL),
            entry("sales", 0, measure="gmv_brl", day=NULL),
        ]
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("2026-06-01", "1")], "2 columns, expected 3"),
        ([("x", "1", "1"), ("x", "1", "1")], "occurs twice"),
        ([("x", "one", "1")], "'one' is not a number"),
    ],
)
def test_warehouse_values__rows_that_make_no_sense__are_refused(
    rows: list[tuple[str, ...]], message: str
) -> None:
    with pytest.raises(ReconcileError, match=message):
        warehouse_values(BY_DAY, rows)


def test_figure_queries__names__are_those_of_the_business_rules() -> None:
    page = Path(__file__).parents[3] / "docs" / "en" / "business-rules.md"
    table = page.read_text(encoding="utf-8").split("## The figures of the ledger")[1]
    documented = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    assert len(documented) == 30
    figures = dict.fromkeys(query.figure for query in FIGURE_QUERIES)
    assert sorted([*figures, METRICS]) == sorted(documented)


@pytest.mark.parametrize("query", FIGURE_QUERIES, ids=lambda query: query.figure)
def test_render__every_figure__leaves_no_name_open(query: FigureQuery) -> None:
    sql = render(query, CI, [date(2026, 6, 1), date(2026, 6, 2)], date(2026, 6, 2))
    assert "{" not in sql
    assert "ci_" in sql


def test_render__as_of__is_midnight_in_sao_paulo_after_the_day() -> None:
    query = next(query for query in FIGURE_QUERIES if "as_of" in query.grain)
    sql = render(query, CI, [date(2026, 6, 1)], date(2026, 6, 1))
    assert (
        "(date '2026-06-01', date_add('hour', 3, date_add('day', 1, "
        "timestamp '2026-06-01 00:00:00')))" in sql
    )


def test_find_ledger__no_date__takes_the_last_day(tmp_path: Path) -> None:
    write(tmp_path, [AS_OF], "2026-06-02")
    write(tmp_path, [AS_OF], "2026-06-10")
    (tmp_path / "notes.json").write_text("{}")
    assert find_ledger(tmp_path, None).name == "2026-06-10.json"
    assert find_ledger(tmp_path, date(2026, 6, 2)).name == "2026-06-02.json"


@pytest.mark.parametrize("day", [None, date(2026, 6, 3)])
def test_find_ledger__none_there__says_what_to_run(tmp_path: Path, day: date | None) -> None:
    with pytest.raises(ReconcileError, match="run `lakehouse demo` first"):
        find_ledger(tmp_path, day)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"date": "2026-06-01", "figures": []}', '{"date": 1, "figures": [{}]}'],
)
def test_read_ledger__a_broken_file__is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "2026-06-01.json"
    path.write_text(text)
    with pytest.raises(ReconcileError, match=r"2026-06-01\.json"):
        read_ledger(path)


def answers(values: Mapping[str, list[tuple[str, ...]]]) -> Any:
    """A stand-in for Athena: rows by a piece of the statement, none otherwise."""

    def run(sql: str) -> QueryResult:
        rows = next((rows for piece, rows in values.items() if piece in sql), [])
        return QueryResult("id", (), tuple(rows), 10)

    return run


def test_reconcile__warehouse_that_agrees__says_so(tmp_path: Path) -> None:
    grain = {"day": "2026-06-01", "order_status": "created"}
    status = {"figure": "orders_by_status", "grain": grain, "value": 4}
    path = write(tmp_path, [AS_OF, status])
    run = answers(
        {
            "as order_status, count(*) as value": [("2026-06-01", "created", "4")],
            "from (values": [("2026-06-01", "SP", "3")],
        }
    )
    assert reconcile(path, CI, run).summary == "29 of 29 figures agree"


def test_reconcile__a_row_less__names_the_figure(tmp_path: Path) -> None:
    path = write(tmp_path, [AS_OF])
    outcome = reconcile(path, CI, answers({"from (values": [("2026-06-01", "SP", "2")]}))
    assert [str(difference) for difference in outcome.differences] == [
        "customer_history [as_of 2026-06-01, measure accounts, state SP]: ledger 3, warehouse 2"
    ]


def test_reconcile__a_query_that_fails__names_the_figure(tmp_path: Path) -> None:
    def run(sql: str) -> QueryResult:
        raise QueryError("TABLE_NOT_FOUND: no fct_orders", query_id="q1")

    with pytest.raises(
        QueryError, match="orders_by_status cannot be read: TABLE_NOT_FOUND"
    ) as caught:
        reconcile(write(tmp_path, [AS_OF]), CI, run)
    assert "`local-athena exec -- dbt build --full-refresh`" in str(caught.value)


def test_reconcile__figures_that_nothing_reads__are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, [AS_OF, {"figure": "moon_phase", "grain": None, "value": 1}])
    with pytest.raises(ReconcileError, match="unknown figures: moon_phase"):
        reconcile(path, CI, answers({}))
