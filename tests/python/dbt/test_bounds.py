"""The reading of statements by which tests/e2e holds that a day scans no whole table."""

from __future__ import annotations

import pytest

from tests.e2e.bounds import bounding_columns, unbounded_reads

CREATE = """create table t with (table_type = 'iceberg') as
select * from a.raw_orders where ingest_date >= date '2026-01-01'"""
MERGE = """merge into a.orders as target using tmp as src
on (target.order_id = src.order_id{bound})
when matched then update set created_at = src.created_at"""
BOUNDING = {"orders": {"created_at"}, "raw_orders": {"ingest_date"}}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 from a.orders where created_at >= date '2026-01-01'", []),
        ("/* x */ select 1 from a.orders where created_at is null or created_at > now()", []),
        ("select 1 from a.orders", ["orders"]),
        ("with orders as (select 1 as x) select x from orders", []),
        ("select 1 from a.orders where false", []),
        ("select 1 from a.orders where true", ["orders"]),
        ("select 1 from a.orders where order_id in (select order_id from changed)", ["orders"]),
        ("select created_at from a.orders where order_id = 'a'", ["orders"]),
        ("with o as (select * from a.orders) select 1 from o where created_at > now()", ["orders"]),
        ("select 1 from (select * from a.orders where created_at > now()) as t", []),
        ("select 1 from dates join a.orders as o on dates.d = o.created_at", ["orders"]),
        (CREATE, []),
        ("create table a.orders as select 1 as x", []),
        (MERGE.format(bound=" and (target.created_at is null)"), []),
        (MERGE.format(bound=""), ["orders"]),
    ],
)
def test_unbounded_reads__a_statement__names_tables_without_a_condition(
    sql: str, expected: list[str]
) -> None:
    assert unbounded_reads(sql, BOUNDING) == expected


def test_bounding_columns__a_manifest__partitions_and_days_of_landing() -> None:
    def node(name: str, kind: str, *partitions: str) -> dict[str, object]:
        return {
            "name": name,
            "alias": name,
            "resource_type": kind,
            "config": {"partitioned_by": list(partitions)},
        }

    found = bounding_columns(
        {
            "sources": {"s": {"identifier": "raw_orders"}},
            "nodes": {
                "a": node("fct_orders", "model", "month(purchased_at)"),
                "b": node("seed_states", "seed"),
                "c": node("int_changed_orders", "model"),
                "d": node("dim_dates", "model", "year(day_date)"),
            },
        }
    )
    assert set(found) == {"raw_orders", "fct_orders", "dim_dates"}
    assert found["raw_orders"] == {"ingest_date"}
    assert "purchased_at" in found["fct_orders"]
    assert "day_date" in found["dim_dates"]
