"""Contracts: what the project's own say, and how a malformed one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.contracts import check_standard, load_contract, load_contracts
from lakehouse.errors import ContractError

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"

# Agreed with those who make the sources and those who read raw; `*` key, `?` may be null.
AGREED = {
    "customers": "customer_id* customer_unique_id customer_name? customer_email? customer_phone? "
    "customer_cpf? customer_zip_code_prefix customer_city customer_state created_at? updated_at "
    "deleted_at?",
    "orders": "order_id* customer_id order_status order_purchase_timestamp order_approved_at? "
    "order_delivered_carrier_date? order_delivered_customer_date? order_estimated_delivery_date "
    "created_at updated_at deleted_at?",
    "order_items": "order_id* order_item_id* product_id seller_id shipping_limit_date price "
    "freight_value updated_at deleted_at?",
    "payments": "order_id* payment_sequential* payment_type payment_installments payment_value "
    "currency? updated_at",
    "products": "product_id* product_category_name? product_name_lenght? "
    "product_description_lenght? product_photos_qty? product_weight_g? product_length_cm? "
    "product_height_cm? product_width_cm?",
    "sellers": "seller_id* seller_zip_code_prefix seller_city seller_state seller_name? "
    "seller_cnpj?",
    "category_translations": "product_category_name* product_category_name_english",
    "reviews": "review_id* order_id* review_score review_comment_title? review_comment_message? "
    "review_creation_date review_answer_timestamp?",
    "exchange_rates": "currency* rate_date* brl_per_unit updated_at",
    "order_events": "event_id* order_id event_type occurred_at recorded_at kafka_partition "
    "kafka_offset",
    "marketing_leads": "lead_id* contacted_at origin? landing_page_id? business_segment? "
    "contact_name? contact_email? contact_phone? company_cnpj? lead_status seller_id? "
    "qualified_at? won_at? lost_at? updated_at",
    "geolocation": "geolocation_zip_code_prefix geolocation_lat geolocation_lng geolocation_city "
    "geolocation_state",
}


def test_load_contracts__own_files__say_the_agreed_columns() -> None:
    contracts = load_contracts(CONTRACTS)
    said = {
        feed: " ".join(
            column.name + ("*" if column.key_position else "") + ("" if column.required else "?")
            for column in contract.columns
        )
        for feed, contract in contracts.items()
    }
    assert said == AGREED


def test_load_contracts__own_files__mark_personal_data() -> None:
    personal = {
        (feed, column.name, column.tags)
        for feed, contract in load_contracts(CONTRACTS).items()
        for column in contract.columns
        if column.is_personal
    }
    assert personal == {
        ("customers", "customer_name", ("person_name",)),
        ("customers", "customer_email", ("email",)),
        ("customers", "customer_phone", ("phone",)),
        ("customers", "customer_cpf", ("national_id",)),
        ("marketing_leads", "contact_name", ("person_name",)),
        ("marketing_leads", "contact_email", ("email",)),
        ("marketing_leads", "contact_phone", ("phone",)),
    }


def test_load_contracts__own_files__have_money_and_nested_paths() -> None:
    contracts = load_contracts(CONTRACTS)
    assert contracts["order_items"].column("price").type.athena == "decimal(18, 2)"
    assert contracts["order_items"].column("price").type.hive == "decimal(18,2)"
    assert contracts["reviews"].column("order_id").source_path == "order.id"
    assert contracts["orders"].column("updated_at").type.hive == "timestamp"
    assert contracts["orders"].column("order_id").type.hive == "string"


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.odcs.yaml")), ids=lambda p: p.name)
def test_check_standard__own_file__follows_odcs(path: Path) -> None:
    assert check_standard(path) == []


def test_check_standard__unknown_key__is_named(tmp_path: Path) -> None:
    document = yaml.safe_load((CONTRACTS / "orders.odcs.yaml").read_text("utf-8"))
    document["ownr"] = "somebody"
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    assert any("ownr" in problem for problem in check_standard(path))


def _properties(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["schema"][0]["properties"]


def _custom(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(c["value"] for c in document["customProperties"] if c["property"] == name)


def _spoil(document: dict[str, Any], case: str) -> None:
    match case:
        case "no version":
            del document["version"]
        case "other standard":
            document["apiVersion"] = "v2.2.0"
        case "other name":
            document["name"] = "order"
        case "no table":
            document["schema"] = []
        case "unknown type":
            _properties(document)[0]["physicalType"] = "text"
        case "logical type differs":
            _properties(document)[0]["logicalType"] = "integer"
        case "column twice":
            _properties(document).append(dict(_properties(document)[1]))
        case "technical column":
            _properties(document)[1]["name"] = "ingest_date"
        case "no key":
            for item in _properties(document):
                item.pop("primaryKey", None)
        case "key may be null":
            _properties(document)[0]["required"] = False
        case "no description":
            del _properties(document)[2]["description"]
        case "flag is text":
            _properties(document)[2]["required"] = "yes"
        case "bound on text":
            _properties(document)[1]["logicalTypeOptions"] = {"minimum": 1}
        case "bound too fine":
            _properties(document)[0]["physicalType"] = "decimal(18, 2)"
            _properties(document)[0]["logicalType"] = "number"
            _properties(document)[0]["logicalTypeOptions"] = {"minimum": 0.005}
        case "watermark may be null":
            _custom(document, "loading")["watermark"] = "deleted_at"
        case "unknown zone":
            _custom(document, "format")["timeZone"] = "America/Sampa"
        case "unknown encoding":
            _custom(document, "format")["encoding"] = "utf-9"
        case "unknown watermark":
            _custom(document, "loading")["watermark"] = "changed_at"
        case "threshold above one":
            _custom(document, "loading")["rejectThreshold"] = 5
        case "no source":
            document["customProperties"] = document["customProperties"][1:]
        case "no latency":
            document["slaProperties"] = document["slaProperties"][:1]


@pytest.mark.parametrize(
    ("case", "place"),
    [
        ("no version", "version: is missing"),
        ("other standard", "apiVersion: is 'v2.2.0' (must be v3.1.0)"),
        ("other name", "name: is 'order' in a file called orders.odcs.yaml"),
        ("no table", "schema: is not a list with elements"),
        ("unknown type", "schema[0].properties[order_id].physicalType: is 'text'"),
        ("logical type differs", "properties[order_id].logicalType: is 'integer' (must be string)"),
        ("column twice", "schema[0].properties: has 'customer_id' twice"),
        ("technical column", "schema[0].properties: declares 'ingest_date'"),
        ("no key", "schema[0].properties: has no primaryKey"),
        ("key may be null", "properties[order_id].required: is false on a key column"),
        ("no description", "properties[order_status].description: is missing"),
        ("flag is text", "properties[order_status].required: is 'yes' (write true or false)"),
        ("bound on text", "logicalTypeOptions.minimum: is set on varchar"),
        ("bound too fine", "minimum: is 0.005 (no more decimals than decimal(18, 2) has)"),
        ("watermark may be null", "watermark: is 'deleted_at' (the name of a required timestamp"),
        ("unknown zone", "timeZone: is 'America/Sampa'"),
        ("unknown encoding", "encoding: is 'utf-9'"),
        ("unknown watermark", "watermark: is 'changed_at'"),
        ("threshold above one", "rejectThreshold: is 5 (a share from 0 to 1)"),
        ("no source", "customProperties: lacks source"),
        ("no latency", "slaProperties: lacks latency"),
    ],
)
def test_load_contract__malformed__names_file_and_place(
    tmp_path: Path, case: str, place: str
) -> None:
    document = yaml.safe_load((CONTRACTS / "orders.odcs.yaml").read_text("utf-8"))
    _spoil(document, case)
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    assert str(caught.value).startswith("orders.odcs.yaml: ")
    assert place in str(caught.value)
    assert caught.value.exit_code == 3


def test_load_contract__broken_yaml__names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.odcs.yaml"
    path.write_text("name: orders\nversion: [1\nkind: x\n", "utf-8")
    with pytest.raises(ContractError, match=r"orders\.odcs\.yaml: line \d: is not YAML"):
        load_contract(path)


def test_load_contracts__empty_folder__says_so(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="is this the right folder"):
        load_contracts(tmp_path)
