# ruff: noqa: DTZ001 - wall clocks and Hive timestamps have no zone
"""The door: what enters, what is refused and under which rule."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.contracts import Check, Contract, load_contracts
from lakehouse.contracts.model import CheckRule
from lakehouse.landing.door import Admission, admit
from lakehouse.landing.json_text import build_objects
from lakehouse.landing.records import Records, Unreadable

CONTRACTS = load_contracts(Path(__file__).resolve().parents[3] / "contracts")
ITEM = {
    "order_id": "o1",
    "order_item_id": "1",
    "product_id": "p1",
    "seller_id": "s1",
    "shipping_limit_date": "2026-06-03 10:00:00",
    "price": "10.50",
    "freight_value": "1.00",
    "updated_at": "2026-06-01 10:00:00",
    "deleted_at": None,
}


def records_of(contract: Contract, rows: list[dict[str, Any]], *unreadable: Unreadable) -> Records:
    return Records(
        columns=pa.table(
            {c.name: pa.array([row.get(c.name) for row in rows], pa.string())
             for c in contract.delivered}
        ),
        row_number=pa.chunked_array([pa.array(range(1, len(rows) + 1), pa.int64())]),
        source_file=pa.chunked_array([pa.array(["items.csv"] * len(rows), pa.string())]),
        unreadable=tuple(unreadable),
    )  # fmt: skip


def admit_items(*changes: dict[str, Any], **formats: Any) -> Admission:
    contract = CONTRACTS["order_items"]
    contract = replace(contract, format=replace(contract.format, **formats))
    rows = [{**ITEM, "order_id": f"o{n}", **change} for n, change in enumerate(changes, start=1)]
    return admit(records_of(contract, rows), contract)


def reasons(admission: Admission) -> list[tuple[str, str | None, str | None]]:
    return [(r["rule"], r["column_name"], r["value"]) for r in admission.rejected.to_pylist()]


def test_admit__good_row__enters_typed_and_unchanged() -> None:
    (row,) = admit_items({}).rows.to_pylist()
    assert row == {
        "order_id": "o1",
        "order_item_id": 1,
        "product_id": "p1",
        "seller_id": "s1",
        "shipping_limit_date": datetime(2026, 6, 3, 13, 0),
        "price": Decimal("10.50"),
        "freight_value": Decimal("1.00"),
        "updated_at": datetime(2026, 6, 1, 13, 0),
        "deleted_at": None,
        "_source_file": "items.csv",
        "_row_number": 1,
        "_source_sequence": 1_780_318_800_000_000,  # 2026-06-01T13:00:00Z
        "_is_ambiguous_time": False,
        "_source_values": None,
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"order_id": None}, ("required", "order_id", None)),
        ({"order_id": ""}, ("required", "order_id", "")),
        ({"order_id": "  "}, ("required", "order_id", "  ")),
        ({"order_item_id": "one"}, ("type", "order_item_id", "one")),
        ({"order_item_id": "1.5"}, ("type", "order_item_id", "1.5")),
        ({"order_item_id": "2147483648"}, ("type", "order_item_id", "2147483648")),
        ({"order_item_id": "0"}, ("minimum", "order_item_id", "0")),
        ({"price": "-0.01"}, ("minimum", "price", "-0.01")),
        ({"price": "10.505"}, ("type", "price", "10.505")),
        ({"price": "10,50"}, ("type", "price", "10,50")),
        ({"price": "1e2"}, ("type", "price", "1e2")),
        ({"price": "NaN"}, ("type", "price", "NaN")),
        ({"price": "99999999999999999.00"}, ("type", "price", "99999999999999999.00")),
        ({"updated_at": "yesterday"}, ("type", "updated_at", "yesterday")),
        ({"shipping_limit_date": "2026-06-31"}, ("type", "shipping_limit_date", "2026-06-31")),
    ],
)
def test_admit__broken_row__is_refused_under_its_rule(
    change: dict[str, Any], reason: tuple[str, str | None, str | None]
) -> None:
    admission = admit_items(change, {})
    assert reasons(admission) == [reason]
    assert admission.rows["order_id"].to_pylist() == ["o2"]
    assert admission.rejected_by_rule == {reason[0]: 1}


def test_admit__several_rules_broken__counts_the_first_rule_and_column() -> None:
    admission = admit_items(
        {"price": "-1", "seller_id": None, "order_item_id": "x"},
        {"price": "-1", "order_item_id": "x"},
        {"price": "-1", "freight_value": "-1"},
    )
    assert reasons(admission) == [
        ("required", "seller_id", None),
        ("type", "order_item_id", "x"),
        ("minimum", "price", "-1"),
    ]


def test_admit__rejected_row__keeps_the_whole_row_as_json() -> None:
    (row,) = admit_items({"price": 'a "quoted"\n\x01 price'}).rejected.to_pylist()
    assert json.loads(row["row_json"]) == {**ITEM, "price": 'a "quoted"\n\x01 price'}
    assert row["row_number"] == 1
    assert row["source_file"] == "items.csv"


def test_admit__exact_repeats__keep_the_first_of_each() -> None:
    same = {"order_id": "o9"}
    admission = admit_items(same, {}, same, {**same, "price": "10.51"}, same)
    assert admission.rows["_row_number"].to_pylist() == [1, 2, 4]
    assert [(r["rule"], r["row_number"]) for r in admission.rejected.to_pylist()] == [
        ("duplicate_row", 3),
        ("duplicate_row", 5),
    ]


def test_admit__repeats_of_a_broken_row__are_each_refused_for_what_is_broken() -> None:
    broken = {"order_id": "o9", "price": "x"}
    assert admit_items(broken, broken, {}).rejected_by_rule == {"type": 2}


def test_admit__changed_values__keep_their_source_text() -> None:
    (row,) = admit_items(
        {
            "product_id": " p1\u00a0",
            "order_item_id": "2.0",
            "updated_at": "2026-06-01 10:00:00.1239",
        }
    ).rows.to_pylist()
    assert (row["product_id"], row["order_item_id"]) == ("p1", 2)
    assert row["updated_at"] == datetime(2026, 6, 1, 13, 0, 0, 123000)
    assert row["_source_sequence"] % 1_000_000 == 123_900
    assert json.loads(row["_source_values"]) == {
        "product_id": " p1\u00a0",
        "order_item_id": "2.0",
        "updated_at": "2026-06-01 10:00:00.1239",
    }


def test_admit__repeated_hour__is_marked_and_keeps_its_source_text() -> None:
    ambiguous, other = admit_items(
        {"updated_at": "2018-02-17 23:30:00"}, {"updated_at": "2018-02-17 22:30:00"}
    ).rows.to_pylist()
    assert ambiguous["_is_ambiguous_time"] is True
    assert json.loads(ambiguous["_source_values"]) == {"updated_at": "2018-02-17 23:30:00"}
    assert (other["_is_ambiguous_time"], other["_source_values"]) == (False, None)


def test_admit__decimal_comma__is_read_and_keeps_its_source_text() -> None:
    admission = admit_items(
        {"price": "1.234,56", "freight_value": "0"},
        {"price": "12,5", "freight_value": "1"},
        {"price": "12.5", "freight_value": "1"},
        decimal=",",
    )
    assert admission.rows["price"].to_pylist() == [Decimal("1234.56"), Decimal("12.50")]
    assert json.loads(admission.rows["_source_values"][0].as_py()) == {"price": "1.234,56"}
    assert reasons(admission) == [("type", "price", "12.5")]


def test_admit__null_tokens_and_codes__follow_the_contract() -> None:
    contract = CONTRACTS["sellers"]
    rows = [
        {"seller_id": "s1", "seller_zip_code_prefix": "1310", "seller_city": "são paulo",
         "seller_state": "SP", "seller_name": "N/A"},
        {"seller_id": "s2", "seller_zip_code_prefix": "01310", "seller_city": "x",
         "seller_state": "NULL"},
    ]  # fmt: skip
    admission = admit(records_of(contract, rows), contract)
    (row,) = admission.rows.to_pylist()
    assert (row["seller_zip_code_prefix"], row["seller_name"]) == ("01310", None)
    assert json.loads(row["_source_values"]) == {
        "seller_zip_code_prefix": "1310",
        "seller_name": "N/A",
    }
    assert row["_source_sequence"] == 1
    assert reasons(admission) == [("required", "seller_state", "NULL")]


def test_admit__unknown_word__breaks_allowed_values() -> None:
    contract = CONTRACTS["payments"]
    row = {
        "order_id": "o1", "payment_sequential": "1", "payment_type": "gold",
        "payment_installments": "1", "payment_value": "1.0", "updated_at": "2026-06-01T10:00:00Z",
    }  # fmt: skip
    admission = admit(records_of(contract, [row]), contract)
    assert reasons(admission) == [("allowed_values", "payment_type", "gold")]


def test_admit__code_of_another_form__is_refused_after_padding() -> None:
    point = {
        "geolocation_lat": "-23,5", "geolocation_lng": "-46,6", "geolocation_city": "sao paulo",
        "geolocation_state": "SP",
    }  # fmt: skip
    prefixes = ["1310", "01310", "1310a", "013-1", "131000"]
    rows = [{**point, "geolocation_zip_code_prefix": prefix} for prefix in prefixes]
    admission = admit(records_of(CONTRACTS["geolocation"], rows), CONTRACTS["geolocation"])
    assert admission.rows["geolocation_zip_code_prefix"].to_pylist() == ["01310", "01310"]
    assert reasons(admission) == [
        ("pattern", "geolocation_zip_code_prefix", "1310a"),
        ("pattern", "geolocation_zip_code_prefix", "013-1"),
        ("max_length", "geolocation_zip_code_prefix", "131000"),
    ]
    rate = {"rate_date": "2026-06-01", "brl_per_unit": "5.1", "updated_at": "2026-06-01T10:00:00Z"}
    rows = [{**rate, "currency": currency} for currency in ("usd", "USD", "US$", "US")]
    admission = admit(records_of(CONTRACTS["exchange_rates"], rows), CONTRACTS["exchange_rates"])
    assert admission.rows["currency"].to_pylist() == ["usd", "USD"]
    assert [reason[0] for reason in reasons(admission)] == ["pattern", "pattern"]


def test_admit__review_score__has_both_bounds() -> None:
    contract = CONTRACTS["reviews"]
    rows = [
        {"review_id": f"r{n}", "order_id": "o", "review_score": score,
         "review_creation_date": "2026-06-01"}
        for n, score in enumerate(["0", "1", "5", "6"])
    ]  # fmt: skip
    admission = admit(records_of(contract, rows), contract)
    assert admission.rows["review_score"].to_pylist() == [1, 5]
    assert admission.rejected_by_rule == {"minimum": 1, "maximum": 1}


def with_check(feed: str, name: str, check: Check) -> Contract:
    contract = CONTRACTS[feed]
    columns = tuple(
        replace(column, checks=(*column.checks, check)) if column.name == name else column
        for column in contract.columns
    )
    return replace(contract, columns=columns)


CHECKS: list[tuple[str, CheckRule, Any, list[str | None], list[str]]] = [
    # Column, rule, limit; values of three rows; which of them break the rule.
    ("price", "minimum", Decimal("10.00"), ["9.99", "10.00", "10.01"], ["o1"]),
    ("price", "maximum", Decimal("10.00"), ["9.99", "10.00", "10.01"], ["o3"]),
    ("order_item_id", "maximum", Decimal(2), ["1", "2", "3"], ["o3"]),
    ("product_id", "max_length", 3, ["abc", "abcd", "açã"], ["o2"]),
    ("product_id", "pattern", r"^p\d+$", ["p12", "xp12", "p12\nq"], ["o2", "o3"]),
    ("product_id", "pattern", r"\d", ["p1", "p", "1"], ["o2"]),
    ("product_id", "allowed_values", ("p1", "p2"), ["p1", "p3", "P1"], ["o2", "o3"]),
    ("deleted_at", "required", None, [None, "2026-06-02 10:00:00", " "], ["o1", "o3"]),
]


@pytest.mark.parametrize(("name", "rule", "limit", "values", "broken"), CHECKS)
def test_admit__severity__an_error_refuses_what_a_warning_counts(
    name: str, rule: CheckRule, limit: Any, values: list[str | None], broken: list[str]
) -> None:
    rows = [{**ITEM, "order_id": f"o{n}", name: v} for n, v in enumerate(values, start=1)]
    every = ["o1", "o2", "o3"]
    refusing = with_check("order_items", name, Check(rule, limit, "error", "plausible"))
    admission = admit(records_of(refusing, rows), refusing)
    assert admission.rows["order_id"].to_pylist() == [k for k in every if k not in broken]
    assert admission.rejected_by_rule == {rule: len(broken)}
    assert admission.warned_by_rule == {}
    counting = with_check("order_items", name, Check(rule, limit, "warning", "plausible"))
    admission = admit(records_of(counting, rows), counting)
    assert admission.rows["order_id"].to_pylist() == every
    assert admission.rejected.num_rows == 0
    assert admission.warned_by_rule == {"plausible": len(broken)}


def test_admit__a_refused_row__is_not_counted_as_warned() -> None:
    contract = with_check(
        "order_items", "price", Check("maximum", Decimal(10), "warning", "plausible")
    )
    rows = [
        {**ITEM, "order_id": "o1", "price": "11"},
        {**ITEM, "order_id": "o2", "price": "11", "order_item_id": "one"},
        {**ITEM, "order_id": "o1", "price": "11"},
    ]
    admission = admit(records_of(contract, rows), contract)
    assert admission.rejected_by_rule == {"type": 1, "duplicate_row": 1}
    assert admission.warned_by_rule == {"plausible": 1}


def test_admit__unreadable_records__are_refused_as_shape_in_their_place() -> None:
    contract = CONTRACTS["order_items"]
    cut = Unreadable(3, "items.csv", "o3,1", "2 fields instead of 9")
    rows = records_of(contract, [ITEM, {**ITEM, "price": "x"}], cut)
    admission = admit(rows, contract)
    assert admission.read_count == 3
    assert reasons(admission) == [
        ("type", "price", "x"),
        ("shape", None, "2 fields instead of 9"),
    ]
    assert json.loads(admission.rejected["row_json"][1].as_py()) == {"text": "o3,1"}


def test_admit__no_record__gives_empty_tables_with_all_columns() -> None:
    admission = admit_items()
    assert (admission.rows.num_rows, admission.rejected.num_rows, admission.read_count) == (0, 0, 0)
    assert "_source_values" in admission.rows.column_names


TEXTS = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(["1", "-1", "2.50", " 3 ", "2026-06-01 10:00:00", "2018-02-17 23:10:00Z"]),
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(ITEM, TEXTS)), max_size=8))
@settings(deadline=None)
def test_admit__any_texts__every_row_enters_or_is_refused_once(rows: list[dict[str, Any]]) -> None:
    contract = CONTRACTS["order_items"]
    admission = admit(records_of(contract, rows), contract)
    entered = admission.rows["_row_number"].to_pylist()
    refused = admission.rejected["row_number"].to_pylist()
    assert sorted(entered + refused) == list(range(1, len(rows) + 1))
    assert sum(admission.rejected_by_rule.values()) == len(refused)
    for row in admission.rejected.to_pylist():
        source = {name: rows[row["row_number"] - 1][name] for name in ITEM}
        assert json.loads(row["row_json"]) == source


@given(st.lists(st.tuples(st.none() | st.text(), st.none() | st.text()), min_size=1))
def test_build_objects__any_texts__are_read_back_by_a_json_reader(
    pairs: list[tuple[str | None, str | None]],
) -> None:
    columns = {
        "a": pa.array([a for a, _ in pairs], pa.string()),
        "b": pa.array([b for _, b in pairs], pa.string()),
    }
    whole = [json.loads(text) for text in build_objects(columns, keep_nulls=True).to_pylist()]
    assert whole == [{"a": a, "b": b} for a, b in pairs]
    sparse = build_objects(columns).to_pylist()
    expected = [{k: v for k, v in (("a", a), ("b", b)) if v is not None} for a, b in pairs]
    assert [json.loads(text) if text else {} for text in sparse] == expected
