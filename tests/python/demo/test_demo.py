"""The demonstration end to end, on a lake and sources of its own in a temporary folder."""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from lakehouse.athena import Athena
from lakehouse.contracts import find_inventory
from lakehouse.project_digest import project_digest
from lakehouse.reconcile import find_ledger, reconcile
from lakehouse.reconcile.figures import FIGURE_QUERIES
from lakehouse.settings import Settings
from tests.python.demo.contents import differences
from tests.python.demo.mutations import (
    FACTS,
    TABLES,
    Mutation,
    drop_rows,
    spoil_members,
    spoil_values,
    swap_values,
)
from tests.python.demo.refresh import before_and_after_full_refresh

Run = Callable[..., subprocess.CompletedProcess[str]]
PROGRAMS = Path(sys.executable).parent
PROJECT = Path(__file__).parents[3]
FIGURES = len({each.figure for each in FIGURE_QUERIES})

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the test's own lake and sources lie."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    """Run a program of the project on the test's own lake; its output is text."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LAKEHOUSE_", "LOCAL_ATHENA_", "DBT_"))
    }
    environ |= {
        "LOCAL_ATHENA_DATA": str(folder / "lake"),
        "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
        "DBT_TARGET_PATH": str(folder / "target"),
    }

    def call(program: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAMS / program, *arguments],
            env=environ | more,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=900,
        )

    return call


@pytest.fixture(scope="module")
def demo(run: Run) -> Run:
    """``run``, after two business days have been made."""
    first = run("lakehouse", "demo", "--days", "2", "--scale", "0.01")
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"2026-06-02: {FIGURES} of {FIGURES} figures agree" in first.stdout
    assert "local_curated.fct_orders" in first.stdout
    assert "Next:" in first.stdout
    return run


def query(run: Run, sql: str, **more: str) -> list[dict[str, str]]:
    answer = run("local-athena", "sql", "--format", "json", sql, **more)
    assert answer.returncode == 0, answer.stderr
    rows: list[dict[str, str]] = json.loads(answer.stdout) if answer.stdout.strip() else []
    return rows


def test_demo__the_same_command_again__only_asks(demo: Run, folder: Path) -> None:
    from local_athena.server import serve

    tables = ("fct_orders", "fct_order_items", "fct_payments", "dim_customers")
    count = "select " + ", ".join(
        f'(select count(*) from local_curated."{table}$snapshots") as {table}' for table in tables
    )
    before = query(demo, count)
    with serve(folder / "lake") as endpoint:
        client = endpoint_client(endpoint)
        earlier = set(executions(client))
        again = demo("lakehouse", "demo", "--days", "2", "--scale", "0.01", **endpoint.environ)
        sent = [text for key, text in executions(client).items() if key not in earlier]
        databases = ("local_curated", "local_snapshots")
        pages = [endpoint_client(endpoint, "glue").get_tables(DatabaseName=d) for d in databases]
    assert again.returncode == 0, again.stdout + again.stderr
    assert "2026-06-01: landed and built before, unchanged" in again.stdout
    assert f"2026-06-02: {FIGURES} of {FIGURES} figures agree" in again.stdout
    # A statement for each query of the reconciliation, each row count, and GMV by day.
    counted = sum(len(page["TableList"]) for page in pages)
    assert len(sent) == len(FIGURE_QUERIES) + counted + 1
    assert not [text for text in sent if not text.lstrip().startswith(("select", "with"))]
    assert query(demo, count) == before


def executions(client: Any) -> dict[str, str]:
    """The text of every statement that the endpoint knows, by id."""
    return {each["QueryExecutionId"]: each["Query"] for each in all_executions(client)}


def all_executions(client: Any) -> list[Any]:
    """Every statement that the endpoint knows, as it describes it."""
    pages = client.get_paginator("list_query_executions").paginate()
    keys = [key for page in pages for key in page["QueryExecutionIds"]]
    return [
        execution
        for start in range(0, len(keys), 50)
        for execution in client.batch_get_query_execution(
            QueryExecutionIds=keys[start : start + 50]
        )["QueryExecutions"]
    ]


def test_cost__builds_of_the_demonstration__are_kept_whole_and_held_against_each_other(
    demo: Run, folder: Path
) -> None:
    from local_athena.server import serve

    manifest = json.loads((folder / "target" / "manifest.json").read_text("utf-8"))
    with serve(folder / "lake") as endpoint:
        client = endpoint_client(endpoint)
        billed = [
            execution["Statistics"]["DataScannedInBytes"]
            for execution in all_executions(client)
            if '"node_id": "model.lakehouse.fct_orders"' in execution["Query"]
        ]
        kept = query(
            demo,
            "select run_date, project, node, scan, scanned_bytes from local_ops.model_runs "
            "where run_date like '2026-06-0%'",
            **endpoint.environ,
        )
        equal = demo("lakehouse", "cost", "--no-record", **endpoint.environ)
        spoiled = (
            "update local_ops.model_runs set scanned_bytes = 1000000 "
            "where run_date = '2026-06-02' and node = 'model.lakehouse.fct_orders'"
        )
        query(demo, spoiled, **endpoint.environ)
        over = demo("lakehouse", "cost", "--no-record", "--top", "500", **endpoint.environ)
    assert {row["project"] for row in kept} == {project_digest(PROJECT)}
    facts = [row for row in kept if row["node"] == "model.lakehouse.fct_orders"]
    assert sorted(row["run_date"] for row in facts) == ["2026-06-01", "2026-06-02"]
    assert sum(int(row["scanned_bytes"]) for row in facts) == sum(billed) > 0
    built = {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] != "analysis" and node["config"]["materialized"] != "ephemeral"
    }
    assert {row["node"] for row in kept if row["run_date"] == "2026-06-02"} == built
    first_day = {row["node"]: row["scan"] for row in kept if row["run_date"] == "2026-06-01"}
    assert first_day
    assert set(first_day.values()) == {"day", "dimension"}
    assert equal.returncode == 0, equal.stdout + equal.stderr
    assert re.search(r"^0 of \d+ nodes are beyond", equal.stdout, re.MULTILINE)
    assert over.returncode == 1, over.stdout + over.stderr
    assert re.search(r"^1 of \d+ nodes are beyond", over.stdout, re.MULTILINE)
    assert re.search(r"^fct_orders .* (1.5 x before|3 x landed)$", over.stdout, re.MULTILINE)


def test_demo__another_seed_on_the_same_lake__is_refused(demo: Run) -> None:
    answer = demo("lakehouse", "demo", "--days", "1", "--seed", "7", "--scale", "0.01")
    assert answer.returncode == 10
    assert "the lake holds data of another demonstration" in answer.stderr


def last_order(run: Run) -> tuple[str, str]:
    """Id and purchase day of the order purchased last."""
    rows = query(
        run,
        "select order_id, cast(date(with_timezone(purchased_at, 'UTC') "
        "at time zone 'America/Sao_Paulo') as varchar) as day "
        "from local_curated.fct_orders order by purchased_at desc limit 1",
    )
    return rows[0]["order_id"], rows[0]["day"]


def test_reconcile__one_cent_more_in_a_fact__names_figure_day_and_values(demo: Run) -> None:
    order, day = last_order(demo)
    change = "update local_curated.fct_orders set order_total_brl = order_total_brl {} where {}"
    where = f"order_id = '{order}'"
    query(demo, change.format("+ decimal '0.01'", where))
    try:
        answer = demo("lakehouse", "reconcile")
    finally:
        query(demo, change.format("- decimal '0.01'", where))
    assert answer.returncode == 1
    assert f" of {FIGURES} figures agree" in answer.stdout
    assert f"sales_by_purchase_day [day {day}, measure order_total_brl]: ledger" in answer.stderr
    assert "`local-athena exec -- dbt build --full-refresh` makes them anew" in answer.stderr
    assert demo("lakehouse", "reconcile").returncode == 0


def test_metrics__every_one__equals_the_ledger_and_an_order_said_to_be_late_does_not(
    demo: Run,
) -> None:
    agreed = demo("lakehouse", "metrics", "reconcile", "--json")
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    document = json.loads(agreed.stdout)
    assert document["agreeing"] == document["figures"] >= 34
    rows = query(
        demo,
        "select order_id, cast(purchase_date_br as varchar) as day from local_curated.fct_orders "
        "where is_delivered and not is_late order by order_id limit 1",
    )
    change = (
        "update local_curated.fct_orders set is_late = not is_late, is_on_time = not is_on_time "
        "where order_id = '{}'"
    )
    query(demo, change.format(rows[0]["order_id"]))
    try:
        answer = demo("lakehouse", "metrics", "reconcile", "--json")
    finally:
        query(demo, change.format(rows[0]["order_id"]))
    assert answer.returncode == 1
    differences = json.loads(answer.stdout)["differences"]
    assert {each["figure"] for each in differences} == {
        "late_delivery_rate", "on_time_share", "orders_late", "orders_on_time"
    }  # fmt: skip
    assert {"day": rows[0]["day"]} in [each["grain"] for each in differences]
    assert {} in [each["grain"] for each in differences]


@pytest.mark.parametrize(
    ("spoil", "tables"),
    [
        (spoil_values, set(TABLES)),
        (swap_values, FACTS),
        (spoil_members, {name for name, table in TABLES.items() if table.flags}),
        (drop_rows, set(TABLES)),
    ],
)
def test_reconcile__whatever_is_made_wrong_in_curated__is_found_in_its_figure(
    demo: Run,
    folder: Path,
    tmp_path: Path,
    spoil: Callable[[Athena, str], list[Mutation]],
    tables: set[str],
) -> None:
    from local_athena.server import serve

    shutil.copytree(folder / "lake", tmp_path / "lake")
    with serve(tmp_path / "lake") as endpoint:
        settings = Settings.from_env({"LAKEHOUSE_PROJECT_DIR": str(PROJECT), **endpoint.environ})
        output = "s3://lakehouse-local-athena-results/test/"
        athena = Athena(endpoint_client(endpoint), "primary", output)
        databases = find_inventory(settings).databases("local")
        mutations = spoil(athena, databases["curated"])
        ledger = find_ledger(folder / "sources" / "ledger", None)
        outcome = reconcile(ledger, databases, athena.run)
    missed = [each for each in mutations if not any(map(each.is_shown_by, outcome.differences))]
    assert {each.table for each in mutations} == tables
    assert missed == []
    assert outcome.agreeing < len(outcome.figures) == FIGURES


def endpoint_client(endpoint: Any, service: str = "athena") -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def test_build__every_table__has_a_comment_on_itself_and_on_every_column(
    demo: Run, folder: Path
) -> None:
    """What models write and nobody described has no comment in Glue."""
    from local_athena.server import serve

    with serve(folder / "lake") as endpoint:
        glue = endpoint_client(endpoint, "glue")
        tables = [
            table
            for database in ("local_integration", "local_curated", "local_snapshots")
            for table in glue.get_tables(DatabaseName=database)["TableList"]
        ]
    assert len(tables) >= 20
    bare = [
        f"{table['Name']}.{column['Name']}"
        for table in tables
        for column in table["StorageDescriptor"]["Columns"]
        if not column.get("Comment")
    ]
    assert bare + [table["Name"] for table in tables if not table.get("Description")] == []


def test_build__purchases_corrected_across_months__move_and_a_deleted_one_goes(
    demo: Run, folder: Path, tmp_path: Path
) -> None:
    """The source says that two orders were placed 40 days earlier, and deletes the second. What
    the day built is what a full refresh builds, row by row."""
    from local_athena.server import serve

    shutil.copytree(folder / "lake", tmp_path / "lake")
    with serve(tmp_path / "lake") as endpoint:
        output = "s3://lakehouse-local-athena-results/test/"
        athena = Athena(endpoint_client(endpoint), "primary", output)

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in athena.run(sql).rows]

        def orders_by_day() -> Counter[str]:
            days = "select cast(purchase_date_br as varchar), order_count"
            found = rows(f"{days} from local_curated.agg_sales_daily")
            return Counter({str(day): int(count) for day, count in found})

        def months_of(order: str) -> dict[str, list[tuple[str, str]]]:
            month = "date_format(purchased_at, '%Y-%m')"
            return {
                table: rows(
                    f"select {month}, cast(count(*) as varchar) from {table} "
                    f"where order_id = '{order}' group by {month}"
                )
                for table in (
                    "local_integration.int_orders",
                    "local_curated.fct_orders",
                    "local_curated.fct_order_items",
                    "local_curated.fct_payments",
                )
            }

        chosen = rows(
            "select order_id, cast(date(purchased_at) as varchar), "
            "cast(purchase_date_br as varchar) from local_curated.fct_orders "
            "where item_count > 0 and payments_brl > 0 order by order_id limit 2"
        )
        (moved, utc_day, day), (deleted, _, other_day) = chosen
        assert months_of(deleted)["local_curated.fct_payments"]
        before, days_before = months_of(moved), orders_by_day()
        columns = [
            name
            for (name,) in rows(
                "select column_name from information_schema.columns where table_name = 'orders' "
                "and table_schema = 'local_raw' order by ordinal_position"
            )
        ]
        corrected = {name: name for name in columns} | {
            "order_purchase_timestamp": "date_add('day', -40, order_purchase_timestamp)",
            "updated_at": "timestamp '2026-06-03 12:00:00'",
            "deleted_at": f"if(order_id = '{deleted}', timestamp '2026-06-03 12:00:00')",
            "ingest_date": "date '2026-06-03'",
        }
        rows(
            f"insert into local_raw.orders select {', '.join(corrected.values())} from "
            "(select *, row_number() over (partition by order_id order by updated_at desc) as rank "
            f"from local_raw.orders where order_id in ('{moved}', '{deleted}')) where rank = 1"
        )
        select = ("--select", "int_orders+", "--exclude", "resource_type:test")
        built = demo(
            "dbt", "run", *select, "--vars", '{"run_date": "2026-06-03"}', **endpoint.environ
        )
        assert built.returncode == 0, built.stdout
        earlier = dt.date.fromisoformat(utc_day) - dt.timedelta(days=40)
        assert months_of(moved) == {
            table: [(f"{earlier:%Y-%m}", count)] for table, ((_, count),) in before.items()
        }
        gone = months_of(deleted)
        assert [count for _, count in gone.pop("local_integration.int_orders")] == ["1"]
        assert list(gone.values()) == [[], [], []]
        days_before.subtract([day, other_day])
        days_before[str(dt.date.fromisoformat(day) - dt.timedelta(days=40))] += 1
        assert orders_by_day() == +days_before
        contents = before_and_after_full_refresh(
            endpoint,
            lambda *arguments: demo("dbt", *arguments, **endpoint.environ),
            "2026-06-03",
            *("--select", "int_orders+,config.materialized:incremental"),
        )
    assert differences(*contents) == []


def test_reconcile__one_row_less_in_a_fact__names_figures_and_day(demo: Run) -> None:
    order, day = last_order(demo)
    query(demo, f"delete from local_curated.fct_orders where order_id = '{order}'")
    answer = demo("lakehouse", "reconcile", "--json")
    document = json.loads(answer.stdout)
    assert answer.returncode == 1
    assert document["agreeing"] < document["figures"] == FIGURES
    orders = [
        difference
        for difference in document["differences"]
        if difference["figure"] == "sales_by_purchase_day"
        and difference["grain"]["measure"] == "orders"
    ]
    assert [difference["grain"]["day"] for difference in orders] == [day]
    assert int(orders[0]["ledger"]) == int(orders[0]["warehouse"] or 0) + 1
