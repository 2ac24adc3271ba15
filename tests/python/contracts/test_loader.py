"""Contracts: what the project's own say, and how a malformed one is refused."""

from __future__ import annotations

import shutil
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
    "exchange_rates": "currency* rate_date* brl_per_unit updated_at currency_name? "
    "currency_minor_digits?",
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
        ("marketing_leads", "company_cnpj", ("sole_trader",)),
        ("sellers", "seller_name", ("sole_trader",)),
        ("sellers", "seller_cnpj", ("sole_trader",)),
        ("reviews", "review_comment_title", ("free_text",)),
        ("reviews", "review_comment_message", ("free_text",)),
    }


def test_load_contracts__own_files__have_money_and_nested_paths() -> None:
    contracts = load_contracts(CONTRACTS)
    assert contracts["order_items"].column("price").type.athena == "decimal(18, 2)"
    assert contracts["order_items"].column("price").type.hive == "decimal(18,2)"
    assert contracts["reviews"].column("order_id").source_path == "order.id"
    assert contracts["orders"].column("updated_at").type.hive == "timestamp"
    assert contracts["orders"].column("order_id").type.hive == "string"


# Columns that hold another feed's key, by what the design of the sources says of them.
AGREED_REFERENCES = {
    "orders": "customer_id=customers",
    "order_items": "order_id=orders product_id=products seller_id=sellers",
    "payments": "order_id=orders",
    "reviews": "order_id=orders",
    "order_events": "order_id=orders",
    "marketing_leads": "seller_id=sellers",
    "products": "product_category_name=category_translations",
    "customers": "customer_zip_code_prefix=geolocation",
    "sellers": "seller_zip_code_prefix=geolocation",
}
# Names of things that no feed lists.
WITHOUT_A_TABLE = {("customers", "customer_unique_id"), ("marketing_leads", "landing_page_id")}


def test_load_contracts__own_files__refer_to_the_keys_of_others() -> None:
    contracts = load_contracts(CONTRACTS)
    said = {
        feed: " ".join(
            f"{column.name}={reference.feed}"
            for column in contract.columns
            for reference in column.references
        )
        for feed, contract in contracts.items()
    }
    assert {feed: text for feed, text in said.items() if text} == AGREED_REFERENCES
    silent = {
        (feed, column.name)
        for feed, contract in contracts.items()
        for column in contract.columns
        if column.name.endswith("_id")
        and not column.references
        and contract.key[:1] != (column.name,)
    }
    # Position of an item in its order: a part of a key of its own.
    assert silent - {("order_items", "order_item_id")} == WITHOUT_A_TABLE


def test_load_contracts__own_files__say_units_and_retention() -> None:
    contracts = load_contracts(CONTRACTS)
    units = {
        column.unit
        for contract in contracts.values()
        for column in contract.columns
        if column.type.family in ("integer", "bigint", "decimal")
    }
    assert units == {
        "BRL", "BRL/{currency}", "{currency}", "g", "cm", "degrees", "characters", "count", "none",
    }  # fmt: skip
    assert contracts["products"].column("product_weight_g").unit == "g"
    assert contracts["payments"].column("payment_value").unit == "{currency}"
    assert contracts["orders"].column("updated_at").unit == "Etc/UTC"
    # A rebuild from raw needs at least as much of orders as of what hangs on them.
    days = {feed: contract.retention_days or 0 for feed, contract in contracts.items()}
    assert min(days.values()) >= 5 * 365
    assert days["orders"] == days["order_items"] == days["payments"] == max(days.values())


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


_NULLS = {"name": "nulls", "type": "library", "metric": "nullValues", "mustBe": 0}


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
        case "pattern of a number":
            _properties(document)[0]["physicalType"] = "integer"
            _properties(document)[0]["logicalType"] = "integer"
            _properties(document)[0]["logicalTypeOptions"] = {"pattern": "^1"}
        case "pattern is none":
            _properties(document)[0]["logicalTypeOptions"] = {"pattern": "[0-9"}
        case "pattern looks ahead":
            _properties(document)[0]["logicalTypeOptions"] = {"pattern": "^(?=a)"}
        case "pattern refers back":
            _properties(document)[0]["logicalTypeOptions"] = {"pattern": r"(.)\1"}
        case "pattern of Python alone":
            _properties(document)[0]["logicalTypeOptions"] = {"pattern": r"a\Z"}
        case "pattern too long for RE2":
            _properties(document)[0]["logicalTypeOptions"] = {"pattern": "a{1,1001}"}
        case "bound beyond the type":
            _properties(document)[0].update(physicalType="integer", logicalType="integer")
            _properties(document)[0]["logicalTypeOptions"] = {"maximum": 2**31}
        case "bound without end":
            _properties(document)[0].update(physicalType="integer", logicalType="integer")
            _properties(document)[0]["logicalTypeOptions"] = {"minimum": float("inf")}
        case "threshold is none":
            _custom(document, "loading")["rejectThreshold"] = float("nan")
        case "zone is a folder":
            _custom(document, "format")["timeZone"] = "America"
        case "encoding of bytes":
            _custom(document, "format")["encoding"] = "hex"
        case "kept for ever":
            document["slaProperties"][-1]["value"] = 99_999_999
        case "retention twice":
            document["slaProperties"].append(document["slaProperties"][-1])
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
        case "unknown option":
            _properties(document)[1]["logicalTypeOptions"] = {"format": "uuid"}
        case "pattern of a time":
            _properties(document)[3]["logicalTypeOptions"]["pattern"] = "a"
        case "minimum above maximum":
            _properties(document)[0].update(physicalType="integer", logicalType="integer")
            _properties(document)[0]["logicalTypeOptions"] = {"minimum": 2, "maximum": 1}
        case "unknown severity":
            _properties(document)[2]["quality"][0]["severity"] = "info"
        case "unknown metric":
            _properties(document)[2]["quality"][0]["metric"] = "rowCount"
        case "unknown argument":
            _properties(document)[2]["quality"][0]["arguments"] = {"minLength": 1}
        case "no argument":
            _properties(document)[2]["quality"][0]["arguments"] = {}
        case "other operator":
            rule = _properties(document)[2]["quality"][0]
            rule["mustBeLessThan"] = rule.pop("mustBe")
        case "some may be invalid":
            _properties(document)[2]["quality"][0]["mustBe"] = 3
        case "nulls of a required column":
            _properties(document)[2]["quality"] = [{**_NULLS, "severity": "warning"}]
        case "two of a kind":
            rules = _properties(document)[2]["quality"]
            rules.append({**rules[0], "name": "again"})
        case "two of a name":
            for position in (4, 5):
                _properties(document)[position]["quality"] = [{**_NULLS, "severity": "warning"}]
        case "rules of a table":
            document["schema"][0]["quality"] = [{**_NULLS, "severity": "error"}]
        case "unit of a text":
            _properties(document)[1]["customProperties"] = [{"property": "unit", "value": "g"}]
        case "unit of two words":
            _properties(document)[0].update(physicalType="integer", logicalType="integer")
            _properties(document)[0]["customProperties"] = [{"property": "unit", "value": "a b"}]
        case "unit of no column":
            _properties(document)[0].update(physicalType="integer", logicalType="integer")
            _properties(document)[0]["customProperties"] = [
                {"property": "unit", "value": "{currency}"}
            ]
        case "other zone":
            zone = {"defaultTimezone": "America/Sao_Paulo"}
            _properties(document)[3]["logicalTypeOptions"] = zone
        case "reference of no column":
            _properties(document)[1]["relationships"][0]["to"] = "customers"
        case "reference of a table":
            table = document["schema"][0]
            table["relationships"] = [{"from": "orders.order_id", "to": "customers.customer_id"}]
        case "retention in hours":
            document["slaProperties"][-1]["unit"] = "h"
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
        ("pattern of a number", "pattern: is set on integer (only varchar has it)"),
        ("pattern is none", "pattern: is '[0-9' (a regular expression of RE2"),
        ("pattern looks ahead", "pattern: is '^(?=a)' (a regular expression of RE2"),
        ("pattern refers back", "(a regular expression of RE2: no backreferences"),
        ("pattern of Python alone", "(a regular expression of RE2"),
        ("pattern too long for RE2", "(a regular expression of RE2"),
        ("bound beyond the type", "maximum: is 2147483648 (a number that fits integer)"),
        ("bound without end", "minimum: is inf (write a number)"),
        ("threshold is none", "rejectThreshold: is nan (write a number)"),
        ("zone is a folder", "timeZone: is 'America'"),
        ("encoding of bytes", "encoding: is 'hex'"),
        ("kept for ever", "value: is 99999999 (at most 36525)"),
        ("retention twice", "slaProperties: has 'retention' twice"),
        ("watermark may be null", "watermark: is 'deleted_at' (the name of a required timestamp"),
        ("unknown zone", "timeZone: is 'America/Sampa'"),
        ("unknown encoding", "encoding: is 'utf-9'"),
        ("unknown watermark", "watermark: is 'changed_at'"),
        ("threshold above one", "rejectThreshold: is 5 (a share from 0 to 1)"),
        ("no source", "customProperties: lacks source"),
        ("unknown option", "logicalTypeOptions.format: is not held at the door (one of minimum"),
        ("pattern of a time", "pattern: is set on timestamp(3) (only varchar has it)"),
        ("minimum above maximum", "properties[order_id]: has minimum above maximum"),
        ("unknown severity", "severity: is 'info' (must be error or warning)"),
        (
            "unknown metric",
            "metric: is 'rowCount', which is not held at the door (lan",
        ),
        ("unknown argument", "arguments.minLength: is not held at the door (one of minimum"),
        ("no argument", "arguments: has nothing (one of minimum"),
        ("other operator", "mustBe: is missing"),
        ("some may be invalid", "mustBe: is not 0"),
        ("nulls of a required column", "counts nulls (say required: true"),
        ("two of a kind", "[order_status]: has two rules of one kind and severity (keep one)"),
        ("two of a name", "has two rules called 'nulls' (rows are counted by that name)"),
        ("rules of a table", "schema[0].quality: stands at the table"),
        ("unit of a text", "properties[customer_id]: has a unit, being varchar"),
        ("unit of two words", "customProperties[0].value: is 'a b' (a word such as BRL"),
        ("unit of no column", "has the unit '{currency}', and 'currency' is no varchar"),
        ("other zone", "defaultTimezone: is 'America/Sao_Paulo' (must be Etc/UTC)"),
        ("reference of no column", "relationships[0].to: is 'customers' (feed.column"),
        ("reference of a table", "schema[0].relationships: stand at the table"),
        ("retention in hours", "unit: is 'h' (must be d)"),
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


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version: 2.2.0", "version: 2.2.0\nversion: 9.0.0", "line 7: is not YAML: the key 'vers"),
        ("primaryKey: true", "primaryKey: true\n        primaryKey: false", "'primaryKey' stands"),
        ("version: 2.2.0", "version: 2026-13-45", "is not YAML: month must be in 1..12"),
        ("version: 2.2.0", "version: " + "[" * 100_000, "is not YAML: is nested too deep"),
        ("version: 2.2.0", "? [1]\n: 2", "is not YAML: a key is a list or a mapping"),
    ],
)
def test_load_contract__yaml_that_says_what_nobody_meant__is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    text = (CONTRACTS / "orders.odcs.yaml").read_text("utf-8")
    assert old in text
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    assert problem in str(caught.value)


def _spoil_folder(folder: Path, case: str) -> None:
    path = folder / "payments.odcs.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    order_id, sequential = _properties(document)[:2]
    match case:
        case "no unit":
            del sequential["customProperties"]
        case "no zone":
            del _properties(document)[-1]["logicalTypeOptions"]
        case "no severity":
            del _properties(document)[2]["quality"][0]["severity"]
        case "no retention":
            document["slaProperties"] = document["slaProperties"][:-1]
        case "no reference":
            del order_id["relationships"]
        case "unknown feed":
            order_id["relationships"][0]["to"] = "invoices.order_id"
        case "unknown column":
            order_id["relationships"][0]["to"] = "orders.number"
        case "other type":
            order_id["relationships"][0]["to"] = "orders.created_at"
        case "no key":
            order_id["relationships"][0]["to"] = "orders.order_status"
    path.write_text(yaml.safe_dump(document), "utf-8")


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("no unit", "properties[payment_sequential].customProperties: lacks unit (add {property"),
        ("no zone", "properties[updated_at].logicalTypeOptions: lacks defaultTimezone"),
        ("no severity", "[payment_type].quality: lacks the severity of payments__payment_type__kn"),
        ("no retention", "slaProperties: lacks retention (add {property: retention"),
        ("no reference", "relationships: is missing, and order_id is the key of orders (add"),
        ("unknown feed", "refers to invoices.order_id: there is no such contract"),
        ("unknown column", "refers to orders.number: there is no such column"),
        ("other type", "refers to orders.created_at: it is timestamp(3), this column varchar"),
        ("no key", "refers to orders.order_status: it is no key"),
    ],
)
def test_load_contracts__something_missing__names_file_place_and_remedy(
    tmp_path: Path, case: str, message: str
) -> None:
    shutil.copytree(CONTRACTS, tmp_path, dirs_exist_ok=True)
    assert len(load_contracts(tmp_path)) == 12
    _spoil_folder(tmp_path, case)
    with pytest.raises(ContractError) as caught:
        load_contracts(tmp_path)
    assert str(caught.value).startswith("payments.odcs.yaml: ")
    assert message in str(caught.value)


def test_load_contract__broken_yaml__names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.odcs.yaml"
    path.write_text("name: orders\nversion: [1\nkind: x\n", "utf-8")
    with pytest.raises(ContractError, match=r"orders\.odcs\.yaml: line \d: is not YAML"):
        load_contract(path)


def test_load_contracts__empty_folder__says_so(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="is this the right folder"):
        load_contracts(tmp_path)


@pytest.mark.parametrize(
    ("feed", "part", "change", "message"),
    [
        ("products", "source", {"textColumns": ["weight"]}, r"textColumns: has 'weight'"),
        ("products", "source", {"files": {"folder": "products"}}, r"files.pattern: is missing"),
        ("products", "format", {"encoding": "iso-8859-1"}, r"kind: is 'mysql' in a format of an"),
        ("products", "format", {"decimal": ","}, r"kind: is 'mysql' in a format of another form"),
        ("order_events", "source", {"offsetColumn": "event_id"}, r"offsetColumn: is 'event_id'"),
        ("order_events", "source", {"partitionColumn": None}, r"partitionColumn: is missing"),
        ("payments", "source", {"files": {"folder": "p", "pattern": "*"}}, r"stand beside the kin"),
    ],
)
def test_load_contract__source_of_two_doors__must_fit_both(
    tmp_path: Path, feed: str, part: str, change: dict[str, Any], message: str
) -> None:
    document = yaml.safe_load((CONTRACTS / f"{feed}.odcs.yaml").read_text("utf-8"))
    _custom(document, part).update(change)
    path = tmp_path / f"{feed}.odcs.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    with pytest.raises(ContractError, match=message):
        load_contract(path)
