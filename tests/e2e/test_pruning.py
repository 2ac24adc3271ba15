"""What an incremental day reads: the bytes that Athena would bill, model by model.

The bounds come from outside of the engine: objects as S3 lists them, their columns as their Parquet
footers tell, and the months of orders as the landed rows say.
"""

import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from local_athena.server import serve

from lakehouse.athena import Athena
from tests.e2e.bounds import bounding_columns, unbounded_reads
from tests.e2e.test_whole_road import environ_of, run

DAY = "2026-06-02"
_NODE = re.compile(r'"node_id": "([^"]+)"')
FEEDS = {
    "int_category_translations": "category_translations",
    "int_customers": "customers",
    "int_order_items": "order_items",
    "int_orders": "orders",
    "int_payments": "payments",
    "int_reviews": "reviews",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a node of dbt: its text, when it was sent and the bytes that it scanned."""

    node: str
    text: str
    sent: dt.datetime
    scanned_bytes: int

    @property
    def model(self) -> str | None:
        """The model's name; None of a test."""
        kind, _, name = self.node.split(".")[:3]
        return name if kind == "model" else None


@dataclass(frozen=True, slots=True)
class DataFile:
    """An object of a table. partition: as its key says; columns: compressed bytes by name."""

    partition: str
    written: dt.datetime
    columns: dict[str, int]


class Lake:
    """An endpoint over a lake of two business days: its S3 and its history of queries."""

    def __init__(self, target: Path, clients: dict[str, Any]) -> None:
        self._target = target
        self._s3 = clients["s3"]
        self._athena = clients["athena"]

    def size(self, bucket: str, prefix: str, part: str = "") -> int:
        """Bytes of the data objects below a prefix whose key holds `part`."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return sum(
            found["Size"]
            for page in pages
            for found in page.get("Contents", [])
            if part in found["Key"] and not found["Key"].rpartition("/")[2].startswith("_")
        )

    def files(self, bucket: str, table: str) -> list[DataFile]:
        """The data files of an Iceberg table, whatever a later commit deletes of them."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        found = []
        for each in [found for page in pages for found in page.get("Contents", [])]:
            part = re.search(rf"/{table}/.*/data/(\w+=[^/]*)/[^/]*\.parquet$", each["Key"])
            if part is None or each["Key"].endswith("-deletes.parquet"):
                continue
            body = self._s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
            footer = pq.read_metadata(io.BytesIO(body))
            chunks = [
                footer.row_group(group).column(column)
                for group in range(footer.num_row_groups)
                for column in range(footer.num_columns)
            ]
            columns: dict[str, int] = {}
            for chunk in chunks:
                name = chunk.path_in_schema
                columns[name] = columns.get(name, 0) + chunk.total_compressed_size
            found.append(DataFile(part[1], each["LastModified"], columns))
        return found

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of a query."""
        output = "s3://lakehouse-local-athena-results/test/"
        return list(Athena(self._athena, "primary", output).run(sql).rows)

    def artifact(self, name: str) -> dict[str, Any]:
        """What dbt wrote of its last build: `manifest`, `run_results`."""
        found: dict[str, Any] = json.loads((self._target / f"{name}.json").read_text("utf-8"))
        return found

    def statements(self) -> list[Statement]:
        """What dbt's nodes sent, in order."""
        pages = self._athena.get_paginator("list_query_executions").paginate()
        found = [
            self._athena.get_query_execution(QueryExecutionId=each)["QueryExecution"]
            for page in pages
            for each in page["QueryExecutionIds"]
        ]
        found.sort(key=lambda each: each["Status"]["SubmissionDateTime"])
        return [
            Statement(
                node[1],
                each["Query"],
                each["Status"]["SubmissionDateTime"],
                each["Statistics"]["DataScannedInBytes"],
            )
            for each in found
            if (node := _NODE.search(each["Query"]))
        ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The lake of a demonstration of two days, served."""
    folder = tmp_path_factory.mktemp("pruning")
    answer = run(environ_of(folder), "lakehouse", "demo", "--days", "2", "--scale", "0.02")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    with serve(folder / "lake") as endpoint:
        yield Lake(
            folder / "target",
            {
                service: boto3.client(
                    service,
                    endpoint_url=endpoint.url,
                    region_name="us-east-1",
                    aws_access_key_id="local",
                    aws_secret_access_key="local",
                )
                for service in ("s3", "athena")
            },
        )


@pytest.mark.parametrize("model", FEEDS)
def test_integration__an_incremental_day__reads_the_day_s_partition_of_raw(
    lake: Lake, model: str
) -> None:
    reads = [
        each
        for each in lake.statements()
        if each.model == model and f"ingest_date >= date '{DAY}'" in each.text
    ]
    assert reads
    day = lake.size("lakehouse-local-raw", "", f"/{FEEDS[model]}/ingest_date={DAY}/")
    whole = lake.size("lakehouse-local-raw", "", f"/{FEEDS[model]}/ingest_date=")
    seeds = lake.size("lakehouse-local-integration", "", "seed_br_states")
    found = lake.size("lakehouse-local-integration", "", "/int_changed_orders")
    allowed = day + {"int_customers": seeds}.get(model, found)
    assert day < whole / 2 or model == "int_category_translations"
    assert max(each.scanned_bytes for each in reads) <= allowed


LANDED = f"""select order_id from local_raw.orders where ingest_date = date '{DAY}'"""
TOUCHED = f"""{LANDED}
    union select order_id from local_raw.order_items where ingest_date = date '{DAY}'
    union select order_id from local_raw.payments where ingest_date = date '{DAY}'
    union select order_id from local_raw.reviews where ingest_date = date '{DAY}'
    union select order_id from local_raw.orders as o inner join local_raw.customers as c
        on o.customer_id = c.customer_id where c.ingest_date = date '{DAY}'"""
VERSION = ("updated_at", "_source_sequence", "_purchased_from", "_purchased_until")
MERGES = {
    "int_orders": ("integration", "created_at", LANDED, ("order_id", *VERSION)),
    "fct_orders": ("curated", "purchased_at", TOUCHED, ("order_id",)),
    "fct_order_items": ("curated", "purchased_at", TOUCHED, ("order_id", "order_item_number")),
    "fct_payments": ("curated", "purchased_at", TOUCHED, ("order_id", "payment_sequence")),
}
"""By model: its zone, the column of its months, the orders that the day changes, the columns by
which MERGE decides."""
IN_RAW = {"created_at": "created_at", "purchased_at": "order_purchase_timestamp"}


@pytest.mark.parametrize("model", MERGES)
def test_merge__an_incremental_day__reads_the_months_of_the_orders_that_changed(
    lake: Lake, model: str
) -> None:
    """No more than what decides, in the months of the changed orders, and the new rows; and that
    is less than the keys alone are in the whole table."""
    zone, instant, orders, deciding = MERGES[model]
    (merge,) = [
        each
        for each in lake.statements()
        if each.model == model and re.search(r"^\s*merge into", each.text, re.MULTILINE)
    ]
    months = lake.rows(
        f"select distinct date_format({IN_RAW[instant]}, '%Y-%m') from local_raw.orders "
        f"where order_id in ({orders})"
    )
    touched = {f"{instant}_month={month}" for (month,) in months}
    files = lake.files(f"lakehouse-local-{zone}", model)
    sent = merge.sent.replace(microsecond=0)
    old = [file for file in files if file.written < sent]
    new = [file for file in files if file.written >= sent]
    assert new
    assert {file.partition for file in new} <= touched < {file.partition for file in old}
    allowed = sum(
        file.columns[column]
        for file in old
        if file.partition in touched
        for column in (*deciding, instant)
    ) + sum(sum(file.columns.values()) for file in new)
    keys = sum(file.columns["order_id"] for file in old)
    assert merge.scanned_bytes <= allowed < keys


def test_day__whatever_its_nodes_read__is_bounded_or_of_the_day(lake: Lake) -> None:
    """No statement of the last day's build reads a table that grows without saying which part."""
    manifest, results = lake.artifact("manifest"), lake.artifact("run_results")
    ended = dt.datetime.fromisoformat(results["metadata"]["generated_at"])
    started = ended - dt.timedelta(seconds=results["elapsed_time"] + 1)
    day_nodes = {
        key
        for key, node in manifest["nodes"].items()
        if node["config"].get("meta", {}).get("scan") == "day"
    }
    sent = [each for each in lake.statements() if each.node in day_nodes and each.sent >= started]
    bounding = bounding_columns(manifest)
    found = {(each.node, table) for each in sent for table in unbounded_reads(each.text, bounding)}
    assert len({each.node for each in sent}) > 100
    assert not found
