"""What an incremental day reads: the bytes that Athena would bill, model by model.

The bounds come from outside of the engine: sizes of objects as S3 lists them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from local_athena.server import serve

from tests.e2e.test_whole_road import environ_of, run

DAY = "2026-06-02"
_NODE = re.compile(r'"node_id": "model\.lakehouse\.(\w+)"')
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
    """A statement of a model: its text and the bytes that it scanned."""

    model: str
    text: str
    scanned_bytes: int


class Lake:
    """An endpoint over a lake of two business days: its S3 and its history of queries."""

    def __init__(self, clients: dict[str, Any]) -> None:
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

    def statements(self) -> list[Statement]:
        """What dbt's models sent, in order."""
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
            {
                service: boto3.client(
                    service,
                    endpoint_url=endpoint.url,
                    region_name="us-east-1",
                    aws_access_key_id="local",
                    aws_secret_access_key="local",
                )
                for service in ("s3", "athena")
            }
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
    allowed = day + (seeds if model == "int_customers" else 0)
    assert day < whole / 2 or model == "int_category_translations"
    assert max(each.scanned_bytes for each in reads) <= allowed
