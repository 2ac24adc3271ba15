"""Tables in the catalog, and the inventory they live in."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse.contracts import (
    apply_contracts,
    bootstrap_lake,
    connect_lake,
    find_inventory,
    load_contracts,
    load_inventory,
)
from lakehouse.contracts.inventory import BreakerLimits
from lakehouse.errors import ConfigError, ContractError, LakeError
from lakehouse.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]


def _settings(**changes: Any) -> Settings:
    base = Settings.from_env({"LAKEHOUSE_PROJECT_DIR": str(PROJECT)})
    return replace(base, **changes)


def test_inventory__names__follow_environment_and_zone() -> None:
    inventory = load_inventory(PROJECT / "infra" / "lake.yml")
    assert inventory.bucket("local", "stage") == "lakehouse-local-stage"
    assert inventory.bucket("dev_ana", "raw") == "lakehouse-dev-raw"
    assert inventory.database("dev_ana", "curated") == "dev_ana_curated"
    assert inventory.database("pr_12", "raw") == inventory.database("dev", "raw") == "dev_raw"
    assert inventory.workgroup("pr_12") == "lakehouse_dev"
    with_database = {name for name, zone in inventory.zones.items() if zone.has_database}
    assert with_database == {"raw", "integration", "curated", "snapshots", "ops"}


def test_find_inventory__prefix__is_the_settings_and_needed_on_aws() -> None:
    acme = find_inventory(_settings(bucket_prefix="acme"))
    assert acme.bucket("local", "raw") == "acme-local-raw"
    with pytest.raises(ConfigError, match="the prod lake needs it") as caught:
        find_inventory(_settings(environment="prod"))
    assert caught.value.variable == "LAKEHOUSE_BUCKET_PREFIX"


@pytest.mark.parametrize("environment", ["dev_ana", "pr_12"])
def test_apply_contracts__raw_is_shared__says_whose_it_is(lake: Any, environment: str) -> None:
    with pytest.raises(ConfigError, match="reads dev_raw and does not write it") as caught:
        apply_contracts(replace(lake, environment=environment))
    assert caught.value.variable == "LAKEHOUSE_ENV"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("failures: 5", "failures: 0"), "breakers.default.failures: is 0 (at least 1)"),
        (("failures: 5", "failure: 5"), "breakers.default.failures: is missing"),
        (
            ("    probe_seconds: 1800\n", "    probe_seconds: 1800\n  postal: {opened: 3}\n"),
            "breakers.postal.opened: is no limit of a breaker (failures or open_seconds or",
        ),
    ],
)
def test_load_inventory__limit_of_a_breaker_is_wrong__names_the_place(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    text = (PROJECT / "infra" / "lake.yml").read_text("utf-8")
    assert change[0] in text
    path = tmp_path / "lake.yml"
    path.write_text(text.replace(*change), "utf-8")
    with pytest.raises(ContractError, match=re.escape(message)):
        load_inventory(path)


def test_breaker_limits__of_a_source_with_its_own__are_the_default_but_for_those(
    tmp_path: Path,
) -> None:
    text = (PROJECT / "infra" / "lake.yml").read_text("utf-8")
    path = tmp_path / "lake.yml"
    last = "    probe_seconds: 1800\n"
    path.write_text(text.replace(last, f"{last}  postal: {{failures: 2}}\n"), "utf-8")
    inventory = load_inventory(path)
    assert inventory.breaker_limits("postal") == BreakerLimits(2, 600, 1800)
    assert inventory.breaker_limits("marketing") == BreakerLimits(5, 600, 1800)


def test_lake_yml__breakers__are_of_source_systems_that_contracts_name() -> None:
    inventory = load_inventory(PROJECT / "infra" / "lake.yml")
    contracts = load_contracts(PROJECT / "contracts").values()
    assert set(inventory.breakers) <= {"default"} | {each.source.system for each in contracts}


def test_load_inventory__date_is_none__names_the_place(tmp_path: Path) -> None:
    text = (PROJECT / "infra" / "lake.yml").read_text("utf-8")
    path = tmp_path / "lake.yml"
    path.write_text(text.replace('"2025-01-01"', '"soon"'), "utf-8")
    with pytest.raises(ContractError, match=r"lake\.yml: ingest_dates\.first: is 'soon'"):
        load_inventory(path)


@pytest.mark.parametrize("url", [None, "https://athena.us-east-1.amazonaws.com"])
def test_connect_lake__local_without_local_endpoint__is_refused(url: str | None) -> None:
    with pytest.raises(ConfigError, match="local-athena exec") as caught:
        connect_lake(_settings(endpoint_url=url))
    assert caught.value.variable == "AWS_ENDPOINT_URL"


def test_bootstrap_lake__twice__makes_everything_once(lake: Any) -> None:
    assert bootstrap_lake(lake) == []
    buckets = {bucket["Name"] for bucket in lake.s3.list_buckets()["Buckets"]}
    assert buckets == {
        f"lakehouse-local-{zone}"
        for zone in (
            "stage", "raw", "integration", "curated", "snapshots", "ops", "delivery",
            "athena-results",
        )
    }  # fmt: skip


def test_bootstrap_lake__new_bucket__aborts_uploads_that_nobody_completed(lake: Any) -> None:
    bucket = lake.bucket("raw")
    lake.s3.delete_bucket(Bucket=bucket)
    assert bootstrap_lake(lake) == [f"bucket {bucket}"]
    (rule,) = lake.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["Filter"] == {"Prefix": ""}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_bootstrap_lake__environment_on_aws__is_refused(lake: Any) -> None:
    with pytest.raises(LakeError, match="not made by the bootstrap"):
        bootstrap_lake(replace(lake, environment="prod"))


def test_apply_contracts__new_lake__creates_tables_as_athena_writes_them(lake: Any) -> None:
    changes = apply_contracts(lake)
    assert [change.action for change in changes] == ["create"] * 14
    table = lake.glue.get_table(DatabaseName="local_raw", Name="order_items")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    storage = table["StorageDescriptor"]
    assert storage["InputFormat"].endswith("parquet.MapredParquetInputFormat")
    assert storage["OutputFormat"].endswith("parquet.MapredParquetOutputFormat")
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("parquet.serde.ParquetHiveSerDe")
    assert storage["Location"] == "s3://lakehouse-local-raw/order_management/order_items/"
    types = {column["Name"]: column["Type"] for column in storage["Columns"]}
    assert types["price"] == "decimal(18,2)"
    assert types["order_item_id"] == "int"
    assert types["_is_ambiguous_time"] == "boolean"
    assert [(k["Name"], k["Type"]) for k in table["PartitionKeys"]] == [("ingest_date", "date")]
    assert table["Parameters"]["projection.enabled"] == "true"
    assert table["Parameters"]["storage.location.template"].endswith(
        "/order_items/ingest_date=${ingest_date}/"
    )
    rejected = lake.glue.get_table(DatabaseName="local_ops", Name="rejected_rows")["Table"]
    assert [key["Name"] for key in rejected["PartitionKeys"]] == ["feed", "ingest_date"]
    assert "order_items" in rejected["Parameters"]["projection.feed.values"].split(",")


def test_apply_contracts__second_time__changes_nothing(lake: Any) -> None:
    apply_contracts(lake)
    before = lake.glue.get_tables(DatabaseName="local_raw")["TableList"]
    assert {change.action for change in apply_contracts(lake)} == {"keep"}
    assert lake.glue.get_tables(DatabaseName="local_raw")["TableList"] == before


def test_apply_contracts__dry_run__only_says_what_it_would_do(lake: Any) -> None:
    assert {change.action for change in apply_contracts(lake, dry_run=True)} == {"create"}
    assert lake.glue.get_tables(DatabaseName="local_raw")["TableList"] == []


def test_apply_contracts__contract_changed__updates_that_table_alone(lake: Any) -> None:
    apply_contracts(lake)
    orders = lake.contract("orders")
    first = replace(orders.columns[0], description="Another text.")
    changed = replace(orders, columns=(first, *orders.columns[1:]), version="1.1.0")
    newer = replace(lake, contracts={**lake.contracts, "orders": changed})
    changes = [change for change in apply_contracts(newer) if change.action != "keep"]
    assert [(c.table, c.action) for c in changes] == [("orders", "update")]
    assert changes[0].differences == ("columns", "property contract_version")
    assert {change.action for change in apply_contracts(newer)} == {"keep"}


def test_apply_contracts__database_missing__says_who_makes_it(lake: Any) -> None:
    with pytest.raises(LakeError, match="database prod_raw does not exist: make it"):
        apply_contracts(replace(lake, environment="prod"))


def test_apply_contracts__table_of_another_kind__is_left_alone(lake: Any) -> None:
    lake.glue.create_table(
        DatabaseName="local_raw",
        TableInput={
            "Name": "orders",
            "TableType": "VIRTUAL_VIEW",
            "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "string"}]},
        },
    )
    with pytest.raises(LakeError, match=r"local_raw\.orders exists and is not an external"):
        apply_contracts(lake)
