"""The DAGs as Airflow sees them: nothing broken, nothing missing, the graph as it is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.python.dags.conftest import PROJECT

pytestmark = pytest.mark.dag

OWNERS = {
    "catalogue",
    "customer-service",
    "data-platform",
    "logistics",
    "marketing",
    "order-management",
    "payments",
    "postal",
    "sales-analytics",
}
FEEDS = {
    "category_translations",
    "customers",
    "exchange_rates",
    "geolocation",
    "marketing_leads",
    "order_events",
    "order_items",
    "orders",
    "payments",
    "products",
    "reviews",
    "sellers",
}


def test_dag_files__all__import_without_errors(dag_facts: Any) -> None:
    assert dag_facts["errors"] == {}
    assert set(dag_facts["dags"]) == {"maintenance", "marketplace_daily"}


def test_dag_files__all__name_a_runbook_that_exists_in_both_languages(dag_facts: Any) -> None:
    for dag_id, dag in dag_facts["dags"].items():
        assert f"docs/en/runbooks/{dag_id}.md" in dag["doc"]
        assert (PROJECT / "docs/en/runbooks" / f"{dag_id}.md").is_file()
        assert (PROJECT / "docs/pt-BR/runbooks" / f"{dag_id}.md").is_file()
        assert dag["file"].endswith(f"/{dag_id}.py")


def test_dag_files__all__are_read_in_two_seconds_each(dag_facts: Any) -> None:
    assert 0 < dag_facts["processor_seconds"] < 2 * len(dag_facts["dags"])


def test_marketplace_daily__runs__one_at_a_time_once_a_day_and_none_to_catch_up(
    dag_facts: Any,
) -> None:
    dag = dag_facts["dags"]["marketplace_daily"]
    assert dag["tags"] == ["domain:marketplace", "zone:curated", "zone:raw"]
    assert (dag["max_active_runs"], dag["catchup"]) == (1, False)
    assert dag["schedule"] == "0 6 * * *"


def test_marketplace_daily__over_a_made_up_marketplace__runs_only_when_asked(
    dag_facts: Any,
) -> None:
    """A scheduled run would move the marketplace ahead of the days that a person asks for."""
    assert dag_facts["made_up_schedule"] == "NullTimetable"


def test_tasks__a_wrong_setting__reaches_airflow_as_the_error_that_it_is(dag_facts: Any) -> None:
    """Their policy of retries knows it by its class."""
    raised = dag_facts["raised"]
    own = {"prepare_lake", "deliver_sources", "reconcile_day", "record_cost"}
    assert set(raised) == own | {f"land_{feed}" for feed in FEEDS}
    for task_id, error in raised.items():
        assert error.startswith("ConfigError: AWS_ENDPOINT_URL"), task_id


def test_tasks__every_try_again__waits_longer_than_the_one_before_and_never_long(
    dag_facts: Any,
) -> None:
    """Airflow's own reckoning: a minute doubled, up to as much again at random, 15 at the most."""
    tasks = {k: v for dag in dag_facts["dags"].values() for k, v in dag["tasks"].items()}
    assert len(tasks) > 40
    for task_id, task in tasks.items():
        assert task["retry_policy"] == "TransientOnly", task_id
        for number, wait in enumerate(task["waits"]):
            least = 60 * 2**number
            assert min(least, 900) <= wait <= min(2 * least, 900), (task_id, number)
    assert len({tuple(task["waits"]) for task in tasks.values()}) > 30


def test_tasks__all__have_owner_retries_and_timeout(dag_facts: Any) -> None:
    longer = {"maintain", "orphans"}
    tasks = {k: v for dag in dag_facts["dags"].values() for k, v in dag["tasks"].items()}
    assert len(tasks) > 40
    for task_id, task in tasks.items():
        assert task["owner"] in OWNERS, task_id
        assert task["retries"] == 2, task_id
        assert task["timeout"] == 3600 * (4 if task_id in longer else 1), task_id


def test_marketplace_daily__landing__one_task_a_feed_with_its_asset(dag_facts: Any) -> None:
    tasks = dag_facts["dags"]["marketplace_daily"]["tasks"]
    landing = {name.removeprefix("land_"): task for name, task in tasks.items() if "land_" in name}
    assert set(landing) == FEEDS
    for feed, task in landing.items():
        assert task["outlets"] == [f"raw.{feed}"]
        assert task["upstream"] == ["deliver_sources"]


def test_marketplace_daily__models__wait_for_landing_and_for_their_parents(dag_facts: Any) -> None:
    tasks = dag_facts["dags"]["marketplace_daily"]["tasks"]
    landing = {f"land_{feed}" for feed in FEEDS}
    assert set(tasks["dbt.tests_of_raw"]["upstream"]) == landing
    built = {name: set(task["upstream"]) for name, task in tasks.items() if "dbt." in name}
    first = {name for name, upstream in built.items() if upstream == {"dbt.tests_of_raw"}}
    assert {"dbt.int_sellers", "dbt.int_exchange_rates", "dbt.seed_br_states"} <= first
    assert not [name for name, upstream in built.items() if not upstream]
    parents = {"dbt.int_orders", "dbt.int_order_items", "dbt.fct_payments"}
    assert parents <= built["dbt.fct_orders"]


def test_marketplace_daily__every_data_test__runs_in_one_task(
    dag_facts: Any, airflow_environ: dict[str, str]
) -> None:
    """Those of one table with it, those of raw before, those between tables after all of them."""
    manifest = Path(airflow_environ["LAKEHOUSE_DBT_MANIFEST"])
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    tests = {node["name"]: node for node in nodes if node["resource_type"] == "test"}
    tasks = dag_facts["dags"]["marketplace_daily"]["tasks"]
    chosen = {
        name: set(tasks[f"dbt.{name}"]["select"].split())
        for name in ("tests_of_raw", "tests_between_tables")
    }
    assert "raw_orders__order_id__is_given" in chosen["tests_of_raw"]
    assert "assert_changed_orders_add_up" in chosen["tests_between_tables"]
    assert chosen["tests_of_raw"].isdisjoint(chosen["tests_between_tables"])
    assert set.union(*chosen.values()) <= set(tests)
    for name in set(tests) - set.union(*chosen.values()):
        (parent,) = tests[name]["depends_on"]["nodes"]
        kind, _, table = parent.split(".")
        assert kind in {"model", "seed", "snapshot"}
        # `cautious`: the tests of which the task's selection has every parent.
        command = tasks[f"dbt.{table}"]
        assert command["select"].split(".")[-1] == table
        assert command["indirect_selection"] == "cautious"


def test_marketplace_daily__every_model_of_the_manifest__is_a_task(
    dag_facts: Any, airflow_environ: dict[str, str]
) -> None:
    manifest = Path(airflow_environ["LAKEHOUSE_DBT_MANIFEST"])
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    tables = {
        node["name"]
        for node in nodes
        if node["resource_type"] in {"model", "seed", "snapshot"}
        and node["config"]["materialized"] != "ephemeral"
    }
    tasks = dag_facts["dags"]["marketplace_daily"]["tasks"]
    assert len(tables) >= 18
    assert tables <= {name.removeprefix("dbt.") for name in tasks}


def test_marketplace_daily__reconcile__is_last_and_marks_curated(dag_facts: Any) -> None:
    tasks = dag_facts["dags"]["marketplace_daily"]["tasks"]
    assert tasks["reconcile_day"]["outlets"] == ["lakehouse://curated/all"]
    upstream = set(tasks["reconcile_day"]["upstream"])
    assert upstream == {"dbt.tests_between_tables"}
    waits = set(tasks["dbt.tests_between_tables"]["upstream"])
    needed = {name for task in tasks.values() for name in task["upstream"]}
    assert {name for name in tasks if name.startswith("dbt.")} <= needed
    assert {"dbt.agg_sales_daily", "dbt.agg_category_growth"} <= waits
    assert not [name for name, task in tasks.items() if "reconcile_day" in task["upstream"]]


def test_marketplace_daily__cost__is_kept_whatever_became_of_the_build(dag_facts: Any) -> None:
    tasks = dag_facts["dags"]["marketplace_daily"]["tasks"]
    assert tasks["record_cost"]["upstream"] == tasks["reconcile_day"]["upstream"]
    assert tasks["record_cost"]["trigger_rule"] == "all_done"
    # It says why nothing is built when a feed was skipped.
    assert tasks["dbt.tests_of_raw"]["trigger_rule"] == "none_failed"
    own = {"record_cost", "dbt.tests_of_raw"}
    others = {task["trigger_rule"] for name, task in tasks.items() if name not in own}
    assert others == {"all_success"}


def test_maintenance__runs__weekly_after_the_days_build_one_thing_after_the_other(
    dag_facts: Any,
) -> None:
    dag = dag_facts["dags"]["maintenance"]
    assert (dag["schedule"], dag["max_active_runs"], dag["catchup"]) == ("0 12 * * 0", 1, False)
    assert {name: task["upstream"] for name, task in dag["tasks"].items()} == {
        "wait_for_daily": [],
        "maintain": ["wait_for_daily"],
        "retention": ["maintain"],
        "orphans": ["retention"],
    }
