"""Rendered files: fresh in the project, and right in what other tools read of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from lakehouse.contracts import load_contracts, load_inventory
from lakehouse.contracts.render import find_stale, render_all, write_rendered
from lakehouse.contracts.rules import BEGIN, END, render_pages
from lakehouse.errors import ContractError
from lakehouse.landing import door

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    contracts = load_contracts(PROJECT / "contracts")
    return render_all(contracts, load_inventory(PROJECT / "infra" / "lake.yml"))


def test_render_all__committed_files__are_fresh(files: dict[str, str]) -> None:
    assert find_stale(PROJECT, files) == []


def test_render_all__first_line__says_it_is_rendered(files: dict[str, str]) -> None:
    assert len(files) == 8 + 14 + 3 * 12
    for name, text in files.items():
        assert "endered from contracts" in text.splitlines()[0], name


def test_render_all__dbt_source__has_schema_freshness_types_and_named_tests(
    files: dict[str, str],
) -> None:
    (source,) = yaml.safe_load(files["models/raw/_order_management__sources.yml"])["sources"]
    assert source["name"] == "order_management"
    assert source["schema"] == "{{ target.name }}_raw"
    tables = {table["name"]: table for table in source["tables"]}
    assert list(tables) == ["customers", "order_items", "orders"]
    items = tables["order_items"]
    assert items["config"]["loaded_at_field"] == "_ingested_at"
    assert items["config"]["freshness"]["warn_after"] == {"count": 26, "period": "hour"}
    assert items["config"]["freshness"]["filter"] == (
        "ingest_date >= date_add('day', -3, current_date)"
    )
    types = {column["name"]: column["data_type"] for column in items["columns"]}
    assert types["price"] == "decimal(18, 2)"
    assert types["updated_at"] == "timestamp(3)"
    assert types["_source_sequence"] == "bigint"
    assert list(types)[-1] == "ingest_date"
    assert types["ingest_date"] == "date"
    price = next(column for column in items["columns"] if column["name"] == "price")
    assert price["config"]["meta"] == {"unit": "BRL", "rules": ["minimum 0"]}
    product = next(column for column in items["columns"] if column["name"] == "product_id")
    assert product["config"]["meta"] == {"references": ["products.product_id"]}
    assert items["config"]["meta"]["retention_days"] == 3653
    tests = [test for column in items["columns"] for test in column.get("data_tests", [])]
    assert tests == [
        {"not_null": {"name": "raw_order_items__order_id__is_given"}},
        {"not_null": {"name": "raw_order_items__order_item_id__is_given"}},
    ]


def test_render_all__ddl__projects_the_ingestion_date(files: dict[str, str]) -> None:
    ddl = files["contracts/rendered/raw.reviews.sql"]
    assert "CREATE EXTERNAL TABLE IF NOT EXISTS `${stage}_raw`.`reviews` (" in ddl
    assert "`review_score` int" in ddl
    assert "PARTITIONED BY (\n  `ingest_date` date" in ddl
    assert "'projection.ingest_date.range' = '2025-01-01,NOW'" in ddl
    assert (
        "'storage.location.template' = "
        "'s3://${prefix}-${stage}-raw/customer_service/reviews/ingest_date=${ingest_date}/'"
    ) in ddl


# The rules of the door in the order in which a row is judged, by the page on landing.
RULES = (
    "shape", "required", "type", "future", "minimum", "maximum", "max_length", "pattern",
    "allowed_values", "lookup", "duplicate_row",
)  # fmt: skip


@pytest.mark.parametrize("name", ["docs/en/business-rules.md", "docs/pt-BR/business-rules.md"])
def test_business_rules__rejected_rows__are_those_of_the_door_and_the_contracts(name: str) -> None:
    page = (PROJECT / name).read_text("utf-8")
    assert render_pages(PROJECT, load_contracts(PROJECT / "contracts"))[name] == page
    head, table = page.split(BEGIN)
    rows = [row for row in head[head.rindex("|---|---|") :].splitlines()[1:] if row[:1] == "|"]
    said = [word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert tuple(said) == RULES == door.RULES
    rendered = table.partition(END)[0].splitlines()
    assert "| `maximum` | `reviews.review_score` | `5` |" in "\n".join(rendered)
    (word,) = (line for line in rendered if "`orders.order_status`" in line)
    assert "unavailable" in word
    (warned,) = (line for line in rendered if "payments__payment_installments__plausible" in line)
    assert warned.startswith("| `maximum` | `payments.payment_installments` | `24` |")


def test_render_pages__a_changed_contract__changes_the_page_or_says_what_is_missing(
    tmp_path: Path,
) -> None:
    page = tmp_path / "docs/en/business-rules.md"
    page.parent.mkdir(parents=True)
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    contracts = load_contracts(PROJECT / "contracts")
    orders = contracts["orders"]
    silent = tuple(replace(column, checks=()) for column in orders.columns)
    (text,) = render_pages(tmp_path, {"orders": replace(orders, columns=silent)}).values()
    assert text.startswith(f"before\n{BEGIN}\n\n| rule |")
    assert "orders" not in text
    assert text.endswith(f"{END}\nafter\n")
    (text,) = render_pages(tmp_path, {"orders": orders}).values()
    assert "`orders.order_status`" in text
    page.write_text("no marks", "utf-8")
    with pytest.raises(ContractError, match=r"business-rules\.md.*lacks"):
        render_pages(tmp_path, contracts)


def test_write_rendered__twice__changes_nothing_and_heals_the_rest(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert sorted(write_rendered(tmp_path, files)) == sorted(files)
    assert write_rendered(tmp_path, files) == []
    edited = tmp_path / "models/raw/_catalogue__sources.yml"
    edited.write_text(edited.read_text("utf-8") + "# mine\n", "utf-8")
    left_over = tmp_path / "contracts/rendered/raw.gone.sql"
    left_over.write_text(files["contracts/rendered/raw.orders.sql"], "utf-8")
    by_hand = tmp_path / "models/raw/_mine__sources.yml"
    by_hand.write_text("version: 2\n", "utf-8")
    assert find_stale(tmp_path, files) == [
        "models/raw/_catalogue__sources.yml: differs from its contract",
        "contracts/rendered/raw.gone.sql: no contract renders it",
    ]
    assert len(write_rendered(tmp_path, files)) == 2
    assert find_stale(tmp_path, files) == []
    assert by_hand.exists()
