"""What the metrics become: statements that Athena reads, or errors that say what to do."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from local_athena.sql.parser import parse_statement

from lakehouse.errors import MetricError
from lakehouse.metrics import GRAINS, MetricCompiler, MetricQuery
from lakehouse.metrics.compiler import _check_periods

EXPECTED = {
    "gmv", "average_ticket", "on_time_share", "late_delivery_rate", "review_average", "repeat_rate",
    "cancellation_rate", "freight_share", "orders",
}  # fmt: skip
UNITS = {"BRL", "count", "ratio", "days", "score"}


def test_metrics__each__says_what_it_is(compiler: MetricCompiler) -> None:
    assert set(compiler.metrics) >= EXPECTED
    for metric in compiler.metrics.values():
        assert metric.unit in UNITS, metric
        assert metric.owner, metric
        assert metric.description.endswith("."), metric


def test_compile__every_metric_by_all_its_dimensions__is_a_statement(
    compiler: MetricCompiler,
) -> None:
    for name, metric in compiler.metrics.items():
        grain = metric.compares or ("day" if metric.kind == "cumulative" else None)
        for by in ((), tuple(compiler.dimensions(name))):
            parse_statement(compiler.compile(MetricQuery((name,), by, grain=grain)))


def test_compile__facts_together__is_a_statement(compiler: MetricCompiler) -> None:
    query = MetricQuery(("gmv", "item_gmv", "payments", "repeat_rate"), ("is_weekend",))
    parse_statement(compiler.compile(query))


def test_elements__names__are_no_reserved_words(artifacts: Path) -> None:
    document = json.loads((artifacts / "semantic_manifest.json").read_text(encoding="utf-8"))
    parts = ("entities", "dimensions", "measures")
    names = {each["name"] for each in document["metrics"]} | {
        each["name"]
        for model in document["semantic_models"]
        for part in parts
        for each in model[part]
    }
    assert "gmv" in names
    for name in names:
        parse_statement(f"select 1 as {name}")


@pytest.mark.parametrize("grain", GRAINS)
def test_compile__days__are_conditions_whatever_the_grain(
    compiler: MetricCompiler, grain: str
) -> None:
    query = MetricQuery(("gmv",), (), None, date(2026, 5, 30), date(2026, 6, 1), grain)
    sql = compiler.compile(query)
    parse_statement(sql)
    assert ">= date '2026-05-30'" in sql
    assert "<= date '2026-06-01'" in sql


def test_compile__where__takes_names_and_leaves_texts_and_functions(
    compiler: MetricCompiler,
) -> None:
    where = "state = 'state' and metric_time >= date('2026-01-01') and not is_late"
    sql = compiler.compile(MetricQuery(("gmv",), (), where))
    parse_statement(sql)
    assert "customer__state = 'state'" in sql
    assert "metric_time__day >= date('2026-01-01')" in sql
    assert "NOT order_id__is_late" in sql or "not order_id__is_late" in sql


def test_compile__a_name_by_its_end__is_the_dimension(compiler: MetricCompiler) -> None:
    short = compiler.compile(MetricQuery(("item_gmv",), ("category",)))
    assert short == compiler.compile(MetricQuery(("item_gmv",), ("product__category",)))
    # Reached by the item and, a longer way, by its order: one dimension.
    parse_statement(compiler.compile(MetricQuery(("item_gmv",), ("is_weekend",))))


@pytest.mark.parametrize("last", [date(2026, 5, 31), date.max])
def test_compile__growth_up_to_the_end_of_a_month__is_a_statement_the_calendar_s_end_too(
    compiler: MetricCompiler, last: date
) -> None:
    sql = compiler.compile(MetricQuery(("gmv_growth",), (), None, None, last, "month"))
    parse_statement(sql)
    assert f"<= date '{last}'" in sql


@pytest.mark.parametrize(
    ("grain", "first", "last"),
    [
        ("day", date(2026, 5, 6), date(2026, 5, 6)),
        ("week", date(2026, 5, 4), date(2026, 5, 10)),
        ("month", date(2024, 2, 1), date(2024, 2, 29)),
        ("quarter", date(2026, 4, 1), date(2026, 6, 30)),
        ("year", date(2026, 1, 1), date.max),
    ],
)
def test_periods__a_metric_that_compares_them__is_asked_of_whole_ones(
    compiler: MetricCompiler, grain: str, first: date, last: date
) -> None:
    metric = dataclasses.replace(compiler.metrics["gmv_growth"], compares=grain)
    _check_periods(metric, MetricQuery((metric.name,), (), None, first, last, grain))
    if grain == "day":
        return
    for bounds in ((first + timedelta(days=1), None), (None, last - timedelta(days=1))):
        with pytest.raises(MetricError, match=f"compares whole {grain}s"):
            _check_periods(metric, MetricQuery((metric.name,), (), None, *bounds, grain))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (MetricQuery(("gvm",)), "there is no metric 'gvm': did you mean gmv"),
        (MetricQuery(("gmv",), ("category",)), "(these can: item_freight, item_gmv"),
        (MetricQuery(("gmv",), ("colour",)), "cannot be asked by 'colour'; dimensions: customer__"),
        (
            MetricQuery(("item_gmv",), ("state",)),
            "may be order_id__customer__state or seller__state",
        ),
        (MetricQuery(("item_gmv",), (), "state = 'SP'"), "may be order_id__customer__state or"),
        (MetricQuery(("gmv_growth",)), "use --grain month"),
        (MetricQuery(("gmv_growth",), grain="day"), "use --grain month"),
        (
            MetricQuery(("gmv_growth",), (), None, date(2026, 5, 2), None, "month"),
            "compares whole months: --from is within one",
        ),
        (
            MetricQuery(("gmv_growth",), (), None, None, date(2026, 5, 30), "month"),
            "compares whole months: --to is within one",
        ),
        (
            MetricQuery(("gmv_growth",), (), None, None, date(9999, 12, 30), "month"),
            "compares whole months: --to is within one",
        ),
        (MetricQuery(("gmv_month_to_date",)), "do not include 'metric_time'"),
    ],
)
def test_compile__what_cannot_be_asked__is_refused_with_advice(
    compiler: MetricCompiler, query: MetricQuery, message: str
) -> None:
    with pytest.raises(MetricError) as caught:
        compiler.compile(query)
    assert message in str(caught.value)


def test_compile__whole_months__may_be_compared(compiler: MetricCompiler) -> None:
    query = MetricQuery(("gmv_growth",), (), None, date(2026, 4, 1), date(2026, 5, 31), "month")
    parse_statement(compiler.compile(query))
