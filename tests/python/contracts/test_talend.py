"""The rendered specifications of Talend's jobs: their form, and what they say of landing."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from lakehouse.contracts import ColumnType, load_contracts, load_inventory
from lakehouse.contracts.model import TypeFamily
from lakehouse.contracts.render import find_stale, render_all, write_rendered
from lakehouse.contracts.talend import build_specification
from lakehouse.contracts.talend.texts import PARQUET_TYPES
from lakehouse.landing import door
from lakehouse.landing.values import arrow_type

PROJECT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((PROJECT / "talend" / "job.schema.json").read_text("utf-8"))
FEEDS = sorted(
    p.name.removesuffix(".odcs.yaml") for p in (PROJECT / "contracts").glob("*.odcs.yaml")
)


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    """The committed machine-readable specifications by feed."""
    assert len(FEEDS) >= 12
    texts = {feed: (PROJECT / "talend" / feed / "job.yml").read_text("utf-8") for feed in FEEDS}
    return {feed: yaml.load(text, yaml.CSafeLoader) for feed, text in texts.items()}


def asks(job: Any, rule: str) -> dict[str, Any]:
    """What a rule of the door asks, by column."""
    (found,) = [each for each in job["door"] if each["rule"] == rule]
    return {each["column"]: each["limit"] for each in found["asks"]}


@pytest.mark.parametrize("feed", FEEDS)
def test_job__every_feed__fits_the_schema(feed: str, jobs: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(jobs[feed], SCHEMA)


def test_schema__a_job_without_its_door__is_refused(jobs: dict[str, Any]) -> None:
    broken = {**jobs["orders"], "door": jobs["orders"]["door"][1:]}
    with pytest.raises(jsonschema.ValidationError, match="is too short"):
        jsonschema.validate(broken, SCHEMA)


def test_job__payments__is_what_its_contract_says(jobs: dict[str, Any]) -> None:
    job = jobs["payments"]
    assert job["job"] == "land_payments"
    assert job["contract"]["file"] == "payments.odcs.yaml"
    assert job["input"]["kind"] == "rest"
    assert job["input"]["key"] == ["order_id", "payment_sequential"]
    assert job["input"]["extraction"]["path"] == "/v1/payments"
    columns = {each["column"]: each for each in job["mapping"]}
    value = columns["payment_value"]
    assert (value["type"], value["talend_type"]) == ("decimal(18, 2)", "id_BigDecimal")
    assert value["parquet_type"] == "FIXED_LEN_BYTE_ARRAY, DECIMAL(18, 2)"
    assert [name for name, each in columns.items() if each["is_watermark"]] == ["updated_at"]
    assert asks(job, "future") == {"updated_at": "end of the business date"}
    assert asks(job, "minimum")["payment_sequential"] == "1"
    assert "boleto" in asks(job, "allowed_values")["payment_type"]
    assert job["rejects"]["hold"] == {"share": 0.05, "allowance": 20, "empty_snapshot": False}
    assert [(each["name"], each["limit"]) for each in job["warnings"]] == [
        ("payments__payment_installments__plausible", "24")
    ]


def test_job__a_nested_source__names_the_path_and_the_padding(jobs: dict[str, Any]) -> None:
    sources = {each["column"]: each["source"] for each in jobs["reviews"]["mapping"]}
    assert sources["review_comment_message"] == "comment.message"
    zips = {each["column"]: each["pad_with_zeros_to"] for each in jobs["customers"]["mapping"]}
    assert zips["customer_zip_code_prefix"] == 5
    assert zips["customer_city"] is None
    assert "decimal_comma" in jobs["geolocation"]["conversions"]
    assert "decimal_comma" not in jobs["payments"]["conversions"]


@pytest.mark.parametrize("feed", FEEDS)
def test_job__door__has_landings_rules_in_landings_order(feed: str, jobs: dict[str, Any]) -> None:
    assert [each["rule"] for each in jobs[feed]["door"]] == list(door.RULES)


@pytest.mark.parametrize("feed", FEEDS)
def test_job__context_parameters__name_the_source_and_the_lake(
    feed: str, jobs: dict[str, Any]
) -> None:
    parameters = {each["name"]: each for each in jobs[feed]["context_parameters"]}
    address = {
        "postgresql": "postgres_url",
        "mysql": "mysql_url",
        "kafka": "kafka_bootstrap",
        "rest": "payments_url",
        "drop": "drop_dir",
    }
    assert address[jobs[feed]["input"]["kind"]] in parameters
    assert parameters["lakehouse_env"]["defaults"] == {
        "Local": "local",
        "Ci": "ci",
        "Dev": "dev",
        "Prod": "prod",
    }
    assert parameters["bucket_prefix"]["defaults"]["Prod"] is None
    assert jobs[feed]["buckets"]["raw"] == "{bucket_prefix}-{lakehouse_env}-raw"
    for name, parameter in parameters.items():
        assert list(parameter["defaults"]) == ["Local", "Ci", "Dev", "Prod"], name
        assert parameter["type"] != "id_Password" or not any(parameter["defaults"].values())


def test_job__statistics__have_the_columns_of_talends_catchers(jobs: dict[str, Any]) -> None:
    """As help.qlik.com lists them, components 8.0, Logs & Errors (read 2026-11-29)."""
    catchers = {
        each["component"]: [column["name"] for column in each["columns"]]
        for each in jobs["orders"]["statistics"]["catchers"]
    }
    common = "moment pid father_pid root_pid system_pid project job job_repository_id job_version "
    expected = {
        "tStatCatcher": common + "context origin message_type message duration",
        "tLogCatcher": (
            "moment pid root_pid father_pid project job context priority type origin message code"
        ),
        "tFlowMeterCatcher": common + "context origin label count reference thresholds",
    }
    assert {name: " ".join(columns) for name, columns in catchers.items()} == expected


def test_job__exit_codes__are_the_platforms(jobs: dict[str, Any]) -> None:
    codes = {each["code"]: each["retry"] for each in jobs["orders"]["exit_codes"]}
    assert codes == {0: False, 1: True, 2: False, 3: False, 4: False, 5: True, 6: False, 75: True}


def test_job__protocol__writes_success_last_and_data_before_the_manifest(
    jobs: dict[str, Any],
) -> None:
    objects = [each["object"].rsplit("/", 1)[1] for each in jobs["orders"]["protocol"]]
    assert objects == [
        "_SUCCESS",
        "<file>",
        "_stage.json",
        "_rejected.parquet",
        "orders-{date}.parquet",
        "orders-{date}.parquet",
        "_manifest.json",
        "orders-{date}.parquet",
        "_SUCCESS",
    ]


def test_parquet_types__are_those_that_landing_writes() -> None:
    families = get_args(TypeFamily)
    kinds = {family: ColumnType(family, 18, 2) for family in families}
    schema = pa.schema([(family, arrow_type(kind)) for family, kind in kinds.items()])
    sink = io.BytesIO()
    pq.write_table(schema.empty_table(), sink, version="2.6", store_schema=False)
    written = pq.read_metadata(sink).schema
    logical = {
        "": "None",
        "STRING": "String",
        "DATE": "Date",
        "DECIMAL": "Decimal(precision=18, scale=2)",
        "TIMESTAMP(isAdjustedToUTC=false, MILLIS)": "Timestamp(isAdjustedToUTC=false, timeUnit=mi",
    }
    for position, family in enumerate(families):
        column = written.column(position)
        physical, _, annotation = PARQUET_TYPES[family].partition(", ")
        assert column.physical_type == physical, family
        assert str(column.logical_type).startswith(logical[annotation]), family


@pytest.mark.parametrize("feed", FEEDS)
def test_page__every_feed__names_every_column_parameter_and_rule(
    feed: str, jobs: dict[str, Any]
) -> None:
    page = (PROJECT / "talend" / feed / "README.md").read_text("utf-8")
    assert page.startswith("<!-- Rendered from contracts")
    job = jobs[feed]
    names = [each["column"] for each in job["mapping"] + job["technical_columns"]]
    names += [each["name"] for each in job["context_parameters"] + job["warnings"]]
    names += list(door.RULES)
    for name in names:
        assert f"| `{name}` |" in page, name
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) > 60


def test_find_stale__an_edited_specification__is_named(tmp_path: Path) -> None:
    contracts = load_contracts(PROJECT / "contracts")
    files = render_all(contracts, load_inventory(PROJECT / "infra" / "lake.yml"))
    write_rendered(tmp_path, files)
    assert find_stale(tmp_path, files) == []
    job = tmp_path / "talend" / "orders" / "job.yml"
    job.write_text(job.read_text("utf-8").replace("land_orders", "land_order"), "utf-8")
    gone = tmp_path / "talend" / "gone" / "README.md"
    gone.parent.mkdir()
    gone.write_text(files["talend/orders/README.md"], "utf-8")
    (tmp_path / "talend" / "README.md").write_text("written by hand", "utf-8")
    assert find_stale(tmp_path, files) == [
        "talend/orders/job.yml: differs from its contract",
        "talend/gone/README.md: no contract renders it",
    ]


def test_build_specification__an_error_of_a_rule__hides_no_warning(jobs: dict[str, Any]) -> None:
    contracts = load_contracts(PROJECT / "contracts")
    inventory = load_inventory(PROJECT / "infra" / "lake.yml")
    job = build_specification(contracts["customers"], inventory)
    assert "customer_zip_code_prefix" not in asks(job, "pattern")
    assert [each["name"] for each in job["warnings"]] == [
        "customers__customer_zip_code_prefix__five_digits",
        "customers__customer_state__two_letters",
    ]
