# ruff: noqa: DTZ001 - wall clocks and Hive timestamps have no zone
"""The public Olist files through our contracts: as published, and as spreadsheets leave them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from lakehouse.cli import cli
from lakehouse.contracts import Lake
from lakehouse.demo import Plan
from lakehouse.demo.marks import claim_lake, mark_built
from lakehouse.errors import ConfigError, LandingError, SourceSchemaError
from lakehouse.landing import Manifest, read_rejects, verify_manifest
from lakehouse.landing.olist import land_olist
from lakehouse.marketplace import World

DAY = date(2026, 6, 1)

# Written by hand under the published headers; the third order is not delivered and the fourth is
# cancelled, a message spans lines, a review speaks twice, a product has no category.
PUBLISHED: dict[str, str] = {
    "olist_orders_dataset.csv": """\
"order_id","customer_id","order_status","order_purchase_timestamp","order_approved_at",\
"order_delivered_carrier_date","order_delivered_customer_date","order_estimated_delivery_date"
"o1","c1","delivered","2017-10-02 10:56:33","2017-10-02 11:07:15","2017-10-04 19:55:00",\
"2017-10-10 21:25:13","2017-10-18 00:00:00"
"o2","c2","delivered","2018-02-17 23:30:00","2018-02-18 09:00:00","2018-02-19 10:00:00",\
"2018-02-28 18:11:00","2018-03-09 00:00:00"
"o3","c3","shipped","2018-07-24 20:41:37","2018-07-26 03:24:27","2018-07-26 14:31:00",,\
"2018-08-13 00:00:00"
"o4","c4","canceled","2018-08-08 08:38:49",,,,"2018-09-04 00:00:00"
""",
    "olist_order_items_dataset.csv": """\
"order_id","order_item_id","product_id","seller_id","shipping_limit_date","price","freight_value"
"o1",1,"p1","s1","2017-10-06 11:07:15",29.99,8.72
"o1",2,"p1","s1","2017-10-06 11:07:15",29.99,8.72
"o2",1,"p2","s2","2018-02-22 09:00:00",118.70,22.76
"o3",1,"p2","s2","2018-07-30 03:24:27",159.9,0.00
"ghost",1,"p2","s2","2018-07-30 03:24:27",1.00,0.00
""",
    "olist_order_payments_dataset.csv": """\
"order_id","payment_sequential","payment_type","payment_installments","payment_value"
"o1",1,"credit_card",1,18.12
"o1",2,"voucher",1,59.30
"o2",1,"boleto",1,141.46
"o4",1,"not_defined",1,0.00
""",
    "olist_order_reviews_dataset.csv": """\
"review_id","order_id","review_score","review_comment_title","review_comment_message",\
"review_creation_date","review_answer_timestamp"
"r1","o1",4,,"Não testei o produto ainda, mas ele veio correto
e em boas condições.

Disse ""ótimo"".","2017-10-11 00:00:00","2017-10-12 03:43:48"
"r2","o2",5,"recomendo",,"2018-03-01 00:00:00","2018-03-02 10:26:53"
"r2","o3",5,"recomendo",,"2018-03-01 00:00:00","2018-03-02 10:26:53"
""",
    "olist_customers_dataset.csv": """\
"customer_id","customer_unique_id","customer_zip_code_prefix","customer_city","customer_state"
"c1","u1","03149","sao paulo","SP"
"c2","u2","47813","barreiras","BA"
"c3","u1","75265","vianopolis","GO"
"c9","u9","01000","sao paulo","SP"
""",
    "olist_products_dataset.csv": """\
"product_id","product_category_name","product_name_lenght","product_description_lenght",\
"product_photos_qty","product_weight_g","product_length_cm","product_height_cm","product_width_cm"
"p1","utilidades_domesticas",40,268,4,500,19,8,13
"p2",,,,,,,,
""",
    "olist_sellers_dataset.csv": """\
"seller_id","seller_zip_code_prefix","seller_city","seller_state"
"s1","09350","maua","SP"
"s2","31570","belo horizonte","SP"
""",
    "product_category_name_translation.csv": (
        "\ufeffproduct_category_name,product_category_name_english\n"
        "utilidades_domesticas,housewares\n"
    ),
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


def raw(lake: Lake, manifest: Manifest) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for file in manifest.files:
        if file.role == "data":
            bucket, _, key = file.uri.removeprefix("s3://").partition("/")
            body = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            rows += pq.read_table(io.BytesIO(body)).to_pylist()
    return rows


def land(folder: Path, lake: Lake, day: date = DAY) -> dict[str, list[dict[str, Any]]]:
    return {m.feed: raw(lake, m) for m in land_olist(folder, day, lake)}


def test_land_olist__as_published__every_row_is_in_raw(lake: Lake, tmp_path: Path) -> None:
    manifests = land_olist(write(tmp_path / "olist", PUBLISHED), DAY, lake)
    counts = {m.feed: (m.read_count, m.written_count, m.rejected_count) for m in manifests}
    assert counts == {
        "category_translations": (1, 1, 0),
        "customers": (4, 4, 0),
        "order_items": (5, 5, 0),
        "orders": (4, 4, 0),
        "payments": (4, 4, 0),
        "products": (2, 2, 0),
        "reviews": (3, 3, 0),
        "sellers": (2, 2, 0),
    }
    for manifest in manifests:
        folder = f"{manifest.source_system}/{manifest.feed}/ingest_date=2026-06-01"
        verify_manifest(lake, f"s3://lakehouse-local-raw/{folder}/_manifest.json")


def test_land_olist__as_published__values_are_those_of_the_files(
    lake: Lake, tmp_path: Path
) -> None:
    rows = land(write(tmp_path / "olist", PUBLISHED), lake)
    first, second, third, fourth = rows["orders"]
    # October 2017 had no daylight saving until the 15th: UTC-3, then UTC-2.
    assert first["order_purchase_timestamp"] == datetime(2017, 10, 2, 13, 56, 33)
    assert first["order_estimated_delivery_date"] == datetime(2017, 10, 18, 2, 0)
    assert first["updated_at"] == datetime(2017, 10, 11, 0, 25, 13)
    assert [row["created_at"] for row in rows["orders"]] == [
        row["order_purchase_timestamp"] for row in rows["orders"]
    ]
    assert first["deleted_at"] is None
    assert first["_source_values"] is None
    assert second["_is_ambiguous_time"] is True
    assert second["order_purchase_timestamp"] == datetime(2018, 2, 18, 1, 30)
    assert third["order_delivered_customer_date"] is None
    assert third["updated_at"] == datetime(2018, 7, 26, 17, 31)
    assert fourth["updated_at"] == datetime(2018, 8, 8, 11, 38, 49)
    assert [row["price"] for row in rows["order_items"]][2:4] == [
        Decimal("118.70"),
        Decimal("159.90"),
    ]
    assert rows["reviews"][0]["review_comment_message"] == (
        'Não testei o produto ainda, mas ele veio correto\ne em boas condições.\n\nDisse "ótimo".'
    )
    assert [(r["review_id"], r["order_id"]) for r in rows["reviews"]][1:] == [
        ("r2", "o2"),
        ("r2", "o3"),
    ]
    assert rows["customers"][0]["customer_zip_code_prefix"] == "03149"
    assert rows["customers"][0]["customer_cpf"] is None
    assert rows["products"][1]["product_category_name"] is None
    assert rows["category_translations"][0]["product_category_name"] == "utilidades_domesticas"


def test_land_olist__times_of_change__come_from_the_orders(lake: Lake, tmp_path: Path) -> None:
    rows = land(write(tmp_path / "olist", PUBLISHED), lake)
    delivered = {row["order_id"]: row["updated_at"] for row in rows["orders"]}
    purchased = {row["customer_id"]: row["order_purchase_timestamp"] for row in rows["orders"]}
    earliest = datetime(2017, 10, 2, 13, 56, 33)
    assert [row["updated_at"] for row in rows["order_items"]] == [
        delivered["o1"],
        delivered["o1"],
        delivered["o2"],
        delivered["o3"],
        earliest,
    ]
    assert [row["updated_at"] for row in rows["payments"]] == [
        delivered["o1"],
        delivered["o1"],
        delivered["o2"],
        delivered["o4"],
    ]
    assert [row["updated_at"] for row in rows["customers"]] == [
        purchased["c1"],
        purchased["c2"],
        purchased["c3"],
        earliest,
    ]


def _slashed(text: str, pattern: str) -> str:
    """Rewrite ISO times to the minute, as a spreadsheet saves them."""
    import re

    def rewrite(match: re.Match[str]) -> str:
        return datetime.fromisoformat(match[0]).strftime(pattern)

    return re.sub(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", rewrite, text)


@pytest.mark.parametrize(
    ("pattern", "delimiter"),
    [
        ("%d/%m/%Y %H:%M", ","),
        ("%m/%d/%Y %H:%M", ","),
        ("%d/%m/%Y %H:%M:%S", ";"),
        ("%m/%d/%Y %I:%M:%S %p", ","),
        ("%Y-%m-%dT%H:%M:%S", ","),
    ],
)
def test_land_olist__saved_by_a_spreadsheet__means_the_same(
    lake: Lake, tmp_path: Path, pattern: str, delimiter: str
) -> None:
    files = {name: _slashed(text, pattern) for name, text in PUBLISHED.items()}
    for name in ("olist_customers_dataset.csv", "olist_sellers_dataset.csv"):
        files[name] = files[name].replace('"03149"', "3149").replace('"09350"', "9350")
    files["olist_products_dataset.csv"] = files["olist_products_dataset.csv"].replace(
        "lenght", "length"
    )
    if delimiter == ";":
        items = files["olist_order_items_dataset.csv"].replace(",", ";").replace(".", ",")
        files["olist_order_items_dataset.csv"] = items
    saved = land(write(tmp_path / "saved", files), lake, date(2026, 6, 2))
    published = land(write(tmp_path / "olist", PUBLISHED), lake)
    to_the_minute = "%S" not in pattern
    for feed, rows in published.items():
        columns = [column.name for column in lake.contract(feed).columns]
        for theirs, ours in zip(saved[feed], rows, strict=True):
            for column in columns:
                expected = ours[column]
                if to_the_minute and isinstance(expected, datetime):
                    expected = expected.replace(second=0)
                assert theirs[column] == expected, (feed, column)
    if "/" in pattern:
        first = PUBLISHED["olist_orders_dataset.csv"].splitlines()[1].split(",")[3].strip('"')
        kept = json.loads(saved["orders"][0]["_source_values"])
        assert kept["order_purchase_timestamp"] == _slashed(first, pattern)
    assert json.loads(saved["customers"][0]["_source_values"]) == {
        "customer_zip_code_prefix": "3149"
    }


def test_land_olist__days_cannot_be_told_from_months__is_refused_before_writing(
    lake: Lake, tmp_path: Path
) -> None:
    files = dict(PUBLISHED)
    files["olist_order_items_dataset.csv"] = (
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
        "o1,1,p1,s1,06/10/2017 11:07,29.99,8.72\n"
    )
    with pytest.raises(
        SourceSchemaError, match="shipping_limit_date in olist_order_items"
    ) as caught:
        land_olist(write(tmp_path / "olist", files), DAY, lake)
    assert "does not tell days from months" in str(caught.value)
    assert "Contents" not in lake.s3.list_objects_v2(Bucket="lakehouse-local-stage")


def test_land_olist__days_before_and_after_months__is_refused(lake: Lake, tmp_path: Path) -> None:
    files = dict(PUBLISHED)
    files["olist_orders_dataset.csv"] = (
        files["olist_orders_dataset.csv"]
        .replace("2017-10-02 10:56:33", "10/22/2017 10:56")
        .replace("2018-07-24 20:41:37", "24/07/2018 20:41")
    )
    with pytest.raises(SourceSchemaError, match="has days both before and after months"):
        land_olist(write(tmp_path / "olist", files), DAY, lake)


def test_land_olist__files_and_columns_missing__are_all_named_before_writing(
    lake: Lake, tmp_path: Path
) -> None:
    files = {name: text for name, text in PUBLISHED.items() if "sellers" not in name}
    files["olist_customers_dataset.csv"] = "customer_id,customer_city\nc1,x\n"
    files["olist_order_payments_dataset.csv"] = ""
    with pytest.raises(SourceSchemaError) as caught:
        land_olist(write(tmp_path / "olist", files), DAY, lake)
    message = str(caught.value)
    assert "the file olist_sellers_dataset.csv is missing" in message
    assert (
        "olist_customers_dataset.csv lacks the columns customer_unique_id, "
        "customer_zip_code_prefix, customer_state"
    ) in message
    assert "olist_order_payments_dataset.csv is empty" in message
    assert "Contents" not in lake.s3.list_objects_v2(Bucket="lakehouse-local-stage")
    with pytest.raises(SourceSchemaError, match="is not a folder"):
        land_olist(tmp_path / "nowhere", DAY, lake)


def test_land_olist__bad_rows__are_refused_with_a_reason(lake: Lake, tmp_path: Path) -> None:
    files = dict(PUBLISHED)
    files["olist_order_payments_dataset.csv"] += (
        '"o3",1,"pix",1,10.00\n"o3",2,"voucher",1,-1\n"o4"\n'
    )
    files["olist_customers_dataset.csv"] += (
        '"c5","u5",,"x","SP"\n"c1","u1","03149","sao paulo","SP"\n'
    )
    manifests = {m.feed: m for m in land_olist(write(tmp_path / "olist", files), DAY, lake)}
    assert manifests["payments"].rejected_by_rule == {
        "shape": 1,
        "minimum": 1,
        "allowed_values": 1,
    }
    assert manifests["customers"].rejected_by_rule == {"required": 1, "duplicate_row": 1}
    rejected = read_rejects(lake, lake.contract("payments"), None)
    assert len({row["source_file"] for row in rejected}) == 1
    assert [row["row_number"] for row in rejected] == [
        5,
        6,
        7,
    ]


def test_land_olist__twice__changes_nothing_and_other_files_are_refused(
    lake: Lake, tmp_path: Path
) -> None:
    folder = write(tmp_path / "olist", PUBLISHED)
    first = land_olist(folder, DAY, lake)
    assert land_olist(folder, DAY, lake) == first
    changed = PUBLISHED["olist_sellers_dataset.csv"] + '"s3","31570","x","SP"\n'
    write(folder, {"olist_sellers_dataset.csv": changed})
    with pytest.raises(
        LandingError, match="sellers-2026-06-01: is published already, out of other"
    ) as caught:
        land_olist(folder, DAY, lake)
    assert "files: olist_sellers_dataset.csv changed since" in str(caught.value)


def test_land_olist__orders_without_a_record__are_refused(lake: Lake, tmp_path: Path) -> None:
    header = PUBLISHED["olist_orders_dataset.csv"].split('"o1"')[0]
    files = {**PUBLISHED, "olist_orders_dataset.csv": header}
    with pytest.raises(SourceSchemaError, match="has a header and no record"):
        land_olist(write(tmp_path / "olist", files), DAY, lake)
    assert "Contents" not in lake.s3.list_objects_v2(Bucket="lakehouse-local-stage")


def test_demo__files_repaired_after_the_day_was_built__are_refused(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "olist", PUBLISHED)
    land_olist(folder, DAY, lake)
    claim_lake(lake, Plan(World(), 1, folder).identity)
    mark_built(lake, DAY, "a digest")
    write(folder, {"olist_sellers_dataset.csv": PUBLISHED["olist_sellers_dataset.csv"] + " "})
    monkeypatch.setenv("LAKEHOUSE_SOURCES_DIR", str(tmp_path / "sources"))
    answer = CliRunner().invoke(cli, ["demo", "--from", str(folder)])
    assert answer.exit_code == 6, answer.output
    assert "olist_sellers_dataset.csv changed since" in answer.output
    assert "`make clean`" in answer.output


# The first rows of the published file, one of them twice, and two points that are not in Brazil.
GEOLOCATION = """\
"geolocation_zip_code_prefix","geolocation_lat","geolocation_lng","geolocation_city",\
"geolocation_state"
"01037",-23.54562128115268,-46.63929204800168,sao paulo,SP
"01046",-23.546081127035535,-46.64482029837157,sao paulo,SP
"01046",-23.546081127035535,-46.64482029837157,sao paulo,SP
"01041",-23.5443921648681,-46.63949930627844,são paulo,SP
"18243",28.008978,-15.536867,bom retiro da esperanca,SP
"83810",42.18400274298598,-8.723762147854736,santa lucia do piai,RS
"""


def test_land_olist__geolocation__every_digit_is_in_raw_and_repeats_are_refused(
    lake: Lake, tmp_path: Path
) -> None:
    files = {**PUBLISHED, "olist_geolocation_dataset.csv": GEOLOCATION}
    manifests = {m.feed: m for m in land_olist(write(tmp_path / "olist", files), DAY, lake)}
    assert manifests["geolocation"].rejected_by_rule == {"duplicate_row": 1}
    rows = raw(lake, manifests["geolocation"])
    assert [row["geolocation_zip_code_prefix"] for row in rows] == [
        "01037", "01046", "01041", "18243", "83810",
    ]  # fmt: skip
    assert rows[1]["geolocation_lat"] == Decimal("-23.546081127035535")
    assert rows[2]["geolocation_city"] == "são paulo"


def test_land_olist__geolocation_missing__is_no_error_unless_asked_for(
    lake: Lake, tmp_path: Path
) -> None:
    folder = write(tmp_path / "olist", PUBLISHED)
    with pytest.raises(ConfigError, match="has no file of exchange_rates, geolocation: it has"):
        land_olist(folder, DAY, lake, feeds=["geolocation", "exchange_rates", "orders"])
    land_olist(folder, DAY, lake, feeds=["sellers"])
    body = lake.s3.list_objects_v2(Bucket="lakehouse-local-raw")["Contents"]
    assert all(item["Key"].startswith("catalogue/sellers/") for item in body)
