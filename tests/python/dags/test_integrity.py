"""The DAGs as Airflow sees them: nothing broken, nothing missing, the graph as it is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest, WritableManifest

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
SYSTEMS = {
    "catalogue": {"category_translations", "products", "sellers"},
    "customer_service": {"reviews"},
    "events": {"order_events"},
    "marketing": {"marketing_leads"},
    "order_management": {"customers", "order_items", "orders"},
    "payment_gateway": {"exchange_rates", "payments"},
    "postal": {"geolocation"},
}
LANDING = {f"landing__{system}" for system in SYSTEMS}
DAILY = {"business_day", "transform"} | LANDING
QUERIES = {"scheduled_queries__late_deliveries", "scheduled_queries__sales_of_the_week"}


def all_tasks(dag_facts: Any) -> dict[str, Any]:
    return {
        f"{dag_id}.{name}": task
        for dag_id, dag in dag_facts["dags"].items()
        for name, task in dag["tasks"].items()
    }


def test_dag_files__all__import_without_errors(dag_facts: Any) -> None:
    assert dag_facts["errors"] == {}
    assert set(dag_facts["dags"]) == DAILY | QUERIES | {"maintenance", "history_rebuild"}


def test_dag_files__all__name_a_runbook_that_exists_in_both_languages(dag_facts: Any) -> None:
    for dag_id, dag in dag_facts["dags"].items():
        name = dag_id.partition("__")[0]
        assert f"docs/en/runbooks/{name}.md" in dag["doc"]
        assert (PROJECT / "docs/en/runbooks" / f"{name}.md").is_file()
        assert (PROJECT / "docs/pt-BR/runbooks" / f"{name}.md").is_file()
        assert dag["file"].endswith(f"/{name}.py")


def test_dag_files__all__are_read_in_five_seconds(dag_facts: Any) -> None:
    assert 0 < dag_facts["processor_seconds"] < 5


def test_dags_of_a_day__all__run_one_day_at_a_time_and_none_to_catch_up(dag_facts: Any) -> None:
    for dag_id in DAILY:
        dag = dag_facts["dags"][dag_id]
        assert (dag["max_active_runs"], dag["catchup"]) == (1, False), dag_id
        assert dag["is_partitioned"], dag_id
        assert dag["params"] == ["business_date"], dag_id


def test_dags_of_a_day__follow_from_each_other_by_assets(dag_facts: Any) -> None:
    dags = dag_facts["dags"]
    assert dags["business_day"]["summary"] == "0 6 * * *"
    outlets = dags["business_day"]["tasks"]["close_day"]["outlets"]
    assert outlets == ["lakehouse://sources/business_day"]
    for system in SYSTEMS:
        dag = dags[f"landing__{system}"]
        assert dag["assets"] == ["business_day"]
        assert dag["tasks"]["landed"]["outlets"] == [f"lakehouse://landed/{system}"]
    assert dags["transform"]["assets"] == sorted(f"landed.{system}" for system in SYSTEMS)
    assert dags["transform"]["tasks"]["reconcile_day"]["outlets"] == ["lakehouse://curated/all"]


def test_dags_over_a_made_up_marketplace__begin_nothing_by_themselves(dag_facts: Any) -> None:
    """A scheduled run would move the marketplace ahead of the days that a person asks for, and so
    would one that began before the day before was landed and built."""
    made_up = dag_facts["made_up"]
    assert made_up["business_day"]["summary"] == "PartitionedAtRuntime"
    assert made_up["maintenance"]["summary"] == "None"
    waiting = {"wait_for_build", "wait_for_landing"}
    assert waiting <= set(made_up["business_day"]["tasks"])
    assert waiting.isdisjoint(dag_facts["dags"]["business_day"]["tasks"])


def test_tasks__a_wrong_setting__reaches_airflow_as_the_error_that_it_is(dag_facts: Any) -> None:
    """Their policy of retries knows it by its class."""
    raised = dag_facts["raised"]
    expected = {
        *(f"business_day.{name}" for name in ("prepare_lake", "close_day")),
        *(f"transform.{name}" for name in ("all_landed", "reconcile_day", "record_cost")),
        *(f"landing__{system}.land_{feed}" for system, feeds in SYSTEMS.items() for feed in feeds),
    }
    assert expected <= set(raised)
    for task_id in expected:
        assert raised[task_id].startswith("ConfigError: AWS_ENDPOINT_URL"), task_id


def test_tasks__every_try_again__waits_longer_than_the_one_before_and_never_long(
    dag_facts: Any,
) -> None:
    """Airflow's own reckoning: a minute doubled, up to as much again at random, 15 at the most."""
    tasks = all_tasks(dag_facts)
    assert len(tasks) > 70
    for task_id, task in tasks.items():
        assert task["retry_policy"] == "TransientOnly", task_id
        for number, wait in enumerate(task["waits"]):
            least = 60 * 2**number
            assert min(least, 900) <= wait <= min(2 * least, 900), (task_id, number)
    assert len({tuple(task["waits"]) for task in tasks.values()}) > 50


def test_tasks__all_have_owner_retries_and_timeout(dag_facts: Any) -> None:
    longer = {"maintenance.maintain": 4, "maintenance.orphans": 4, "transform.dbt.build": 4}
    longer["history_rebuild.rebuild"] = 24
    for task_id, task in all_tasks(dag_facts).items():
        assert task["owner"] in OWNERS, task_id
        assert task["retries"] == 2, task_id
        assert task["timeout"] == 3600 * longer.get(task_id, 1), task_id


def test_landing__one_task_a_feed__in_its_systems_pool_with_its_asset_and_page(
    dag_facts: Any,
) -> None:
    for system, feeds in SYSTEMS.items():
        tasks = dag_facts["dags"][f"landing__{system}"]["tasks"]
        assert set(tasks) == {"landed"} | {f"land_{feed}" for feed in feeds}
        for feed in feeds:
            task = tasks[f"land_{feed}"]
            assert task["outlets"] == [f"raw.{feed}"]
            assert task["upstream"] == []
            assert task["pool"] == f"source_{system}"
            assert f"contracts/{feed}.odcs.yaml" in task["doc"]
            assert task["trigger_rule"] == "all_success"
        # It says why the day has not landed when a feed was skipped.
        assert tasks["landed"]["trigger_rule"] == "none_failed"
        assert tasks["landed"]["upstream"] == sorted(f"land_{feed}" for feed in feeds)


def test_transform__nodes__wait_for_the_build_and_for_their_parents(dag_facts: Any) -> None:
    tasks = dag_facts["dags"]["transform"]["tasks"]
    assert tasks["dbt.build"]["upstream"] == ["all_landed"]
    assert tasks["dbt.tests_of_raw"]["upstream"] == ["dbt.build"]
    built = {name: set(task["upstream"]) for name, task in tasks.items() if "dbt." in name}
    first = {name for name, upstream in built.items() if upstream == {"dbt.tests_of_raw"}}
    assert {
        "dbt.integration.int_exchange_rates",
        "dbt.seeds.seed_br_states",
    } <= first
    # One of its tests reads the seed.
    assert built["dbt.integration.int_sellers"] == {"dbt.seeds.seed_br_states"}
    assert not [name for name, upstream in built.items() if not upstream]
    parents = {
        "dbt.integration.int_customers",
        "dbt.integration.int_changed_orders",
        "dbt.curated.fct_payments",
    }
    assert parents <= built["dbt.curated.fct_orders"]


def test_transform__every_data_test__is_one_tasks(
    dag_facts: Any, airflow_environ: dict[str, str]
) -> None:
    """Those of a node are its task's, those of raw come before, those between tables after."""
    manifest = Path(airflow_environ["LAKEHOUSE_DBT_MANIFEST"])
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"]
    tests = {key for key, node in nodes.items() if node["resource_type"] == "test"}
    tasks = dag_facts["dags"]["transform"]["tasks"]
    told = [each for task in tasks.values() for each in task["node_ids"]]
    assert len(told) == len(set(told))
    assert tests <= set(told)
    names = {
        name: {each.split(".")[2] for each in tasks[f"dbt.{name}"]["node_ids"]}
        for name in ("tests_of_raw", "tests_between_tables")
    }
    assert "raw_orders__order_id__is_given" in names["tests_of_raw"]
    assert "assert_columns_have_the_types_declared" in names["tests_between_tables"]
    for name, each in names.items():
        # What the task runs by itself when it is cleared alone.
        assert set(tasks[f"dbt.{name}"]["select"].split()) == each
    orders = tasks["dbt.integration.int_orders"]
    assert "test.lakehouse.int_orders__order_id__not_null" in {
        each.rpartition(".")[0] if each.count(".") > 2 else each for each in orders["node_ids"]
    }
    selected = orders["select"].split()
    assert selected[0] == "fqn:lakehouse.integration.int_orders"
    assert "int_orders__every_version__kept_or_superseded" in selected
    assert "int_orders__order_id__not_null" not in selected
    # The tests of which the task's selection has every parent.
    assert orders["indirect_selection"] == "cautious"


def test_transform__what_dbt_skips_after_a_failed_test__comes_after_the_task_that_tells_of_it(
    dag_facts: Any, airflow_environ: dict[str, str]
) -> None:
    """By dbt's own edges between a test and what it does not build when that failed."""
    path = airflow_environ["LAKEHOUSE_DBT_MANIFEST"]
    manifest = Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(path))
    manifest.build_parent_and_child_maps()
    linker = Linker()
    linker.link_graph(manifest)
    linker.add_test_edges_1(manifest)
    tasks = dag_facts["dags"]["transform"]["tasks"]
    told_by = {each: name for name, task in tasks.items() for each in task["node_ids"]}
    before: dict[str, set[str]] = {}

    def upstream(task_id: str) -> set[str]:
        if task_id not in before:
            direct = set(tasks[task_id]["upstream"])
            before[task_id] = direct.union(*map(upstream, direct))
        return before[task_id]

    edges = [
        (test, node)
        for test, node, kind in linker.graph.edges(data="edge_type")
        if kind == "parent_test" and test in told_by and node in told_by
    ]
    assert len(edges) > 200
    wrong = [(test, node) for test, node in edges if told_by[test] not in upstream(told_by[node])]
    assert wrong == []
    lead_test = "test.lakehouse.int_marketing_leads__every_version__kept_or_superseded"
    (told,) = {task for test, task in told_by.items() if test.startswith(lead_test)}
    assert told == "dbt.integration.int_marketing_leads"


def test_transform__every_node_of_the_manifest__is_a_task_of_its_zones_group(
    dag_facts: Any, airflow_environ: dict[str, str]
) -> None:
    manifest = Path(airflow_environ["LAKEHOUSE_DBT_MANIFEST"])
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    groups = {"seed": "seeds", "snapshot": "snapshots"}
    tables = {
        f"dbt.{groups.get(node['resource_type'], node['schema'].partition('_')[2])}.{node['name']}"
        for node in nodes
        if node["resource_type"] in {"model", "seed", "snapshot"}
    }
    assert len(tables) >= 18
    assert tables <= set(dag_facts["dags"]["transform"]["tasks"])


def test_transform__reconcile__is_last(dag_facts: Any) -> None:
    tasks = dag_facts["dags"]["transform"]["tasks"]
    upstream = set(tasks["reconcile_day"]["upstream"])
    assert upstream == {"dbt.tests_between_tables"}
    waits = set(tasks["dbt.tests_between_tables"]["upstream"])
    needed = {name for task in tasks.values() for name in task["upstream"]}
    assert {name for name in tasks if name.startswith("dbt.")} <= needed
    assert {"dbt.curated.agg_sales_daily", "dbt.curated.agg_category_growth"} <= waits
    assert not [name for name, task in tasks.items() if "reconcile_day" in task["upstream"]]


def test_transform__cost__is_kept_whatever_became_of_the_build(dag_facts: Any) -> None:
    tasks = dag_facts["dags"]["transform"]["tasks"]
    assert tasks["record_cost"]["upstream"] == tasks["reconcile_day"]["upstream"]
    assert tasks["record_cost"]["trigger_rule"] == "all_done"
    others = {task["trigger_rule"] for name, task in tasks.items() if name != "record_cost"}
    assert others == {"all_success"}


def test_scheduled_queries__each__runs_when_its_file_says_and_publishes_last(
    dag_facts: Any,
) -> None:
    weekly = dag_facts["dags"]["scheduled_queries__sales_of_the_week"]
    assert weekly["summary"] == "0 8 * * 1"
    daily = dag_facts["dags"]["scheduled_queries__late_deliveries"]
    assert daily["assets"] == ["curated"]
    for dag in (weekly, daily):
        assert dag["is_partitioned"]
        assert dag["tasks"]["withdraw"]["upstream"] == ["query"]
        assert dag["tasks"]["publish"]["upstream"] == ["copy"]
        assert not [name for name, task in dag["tasks"].items() if "publish" in task["upstream"]]
    assert {task["owner"] for task in daily["tasks"].values()} == {"logistics"}
    made_up = dag_facts["made_up"]["scheduled_queries__sales_of_the_week"]
    assert made_up["summary"] == "PartitionedAtRuntime"


def test_history_rebuild__runs__only_when_asked_for_a_feed_and_a_span(dag_facts: Any) -> None:
    dag = dag_facts["dags"]["history_rebuild"]
    assert dag["summary"] == "None"
    assert dag["params"] == ["feed", "first_day", "last_day"]
    driver = dag["tasks"]["rebuild"]["job_driver"]["sparkSubmit"]
    assert driver["entryPoint"].endswith("/history_rebuild.py")
    assert driver["entryPointArguments"][:2] == ["--feed", "{{ params.feed }}"]
    assert "spark.sql.catalog.lake=org.apache.iceberg" in driver["sparkSubmitParameters"]


def test_maintenance__runs__weekly_after_the_days_build_one_thing_after_the_other(
    dag_facts: Any,
) -> None:
    dag = dag_facts["dags"]["maintenance"]
    assert (dag["summary"], dag["max_active_runs"], dag["catchup"]) == ("0 12 * * 0", 1, False)
    assert {name: task["upstream"] for name, task in dag["tasks"].items()} == {
        "wait_for_transform": [],
        "maintain": ["wait_for_transform"],
        "retention": ["maintain"],
        "orphans": ["retention"],
    }
