"""dlt, its Athena destination over a filesystem stage: merge, append, replace, history, drop."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import datetime, decimal, json, os
import dlt

AT = datetime.datetime(2024, 1, 1)

@dlt.resource(primary_key="id", write_disposition="merge", table_format="iceberg")
def orders(day):
    for number in range(day, day + 3):
        yield {"id": number, "at": AT + datetime.timedelta(days=day), "v": decimal.Decimal("1.50"),
               "items": [{"sku": "a", "n": number}, {"sku": "b", "n": 2}]}

@dlt.resource(write_disposition="append")
def events(day):
    yield from ({"id": number, "x": None if number % 2 else "y"} for number in range(3))

@dlt.resource(write_disposition="replace")
def snapshot(day):
    yield {"k": day, "extra": {"a": 1}}

@dlt.resource(primary_key="id", table_format="iceberg",
              write_disposition={"disposition": "merge", "strategy": "scd2"})
def names(day):
    yield from ({"id": 1, "c": f"v{day}"}, {"id": 2, "c": "same"})

pipeline = dlt.pipeline("p", destination="athena", staging="filesystem", dataset_name="loaded",
                        pipelines_dir=os.environ["PIPELINES"])
for day in (1, 2):
    pipeline.run([orders(day), events(day), snapshot(day), names(day)])
with pipeline.sql_client() as client:
    read = lambda sql: [list(row) for row in client.execute_sql(sql)]
    facts = {
        "orders": read("select id, day(at) = 3, v from orders order by id"),
        "items": read("select count(*), sum(n) from orders__items"),
        "events": read("select count(*), count(x) from events"),
        "snapshot": read("select k, extra__a from snapshot"),
        "names": read("select id, c, _dlt_valid_to is null from names order by id, c"),
    }
    client.drop_dataset()
    facts["dropped"] = not client.has_dataset()
print(json.dumps(facts, default=str))
"""


@pytest.fixture
def facts(dlt: Path, environ: dict[str, str], tmp_path: Path) -> Any:
    """What the script saw."""
    keys = {name: environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    keys |= {"REGION_NAME": environ["AWS_REGION"], "ENDPOINT_URL": environ["AWS_ENDPOINT_URL"]}
    settings = {
        f"DESTINATION__{kind}__CREDENTIALS__{name}": value
        for kind in ("ATHENA", "FILESYSTEM")
        for name, value in keys.items()
    } | {
        "DESTINATION__ATHENA__QUERY_RESULT_BUCKET": environ["OUTPUT"],
        "DESTINATION__FILESYSTEM__BUCKET_URL": f"s3://{environ['BUCKET']}/lake",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "PIPELINES": str(tmp_path),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [str(dlt / "bin" / "python"), "-c", SCRIPT],
        cwd=tmp_path,
        env={**environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_pipeline__two_days__merged_appended_replaced_and_dropped(facts: Any) -> None:
    assert facts == {
        "orders": [
            [1, False, "1.500000000"],
            [2, True, "1.500000000"],
            [3, True, "1.500000000"],
            [4, True, "1.500000000"],
        ],
        "items": [[8, 18]],
        "events": [[6, 4]],
        "snapshot": [[2, 1]],
        "names": [[1, "v1", False], [1, "v2", True], [2, "same", True]],
        "dropped": True,
    }
