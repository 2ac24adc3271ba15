"""Other engines on the lake of this project's own build: `make interop`.

A demonstration of one business day is built twice, by the embedded engine and by a real Trino; each
lake is then read by both, and the Iceberg tables of the first one by PyIceberg through Glue and S3.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from local_athena.engine.trino.java import find_java
from local_athena.errors import EngineUnavailableError
from pyiceberg.catalog.glue import GlueCatalog

import local_athena

pytestmark = pytest.mark.interop
BIN = Path(sys.executable).parent
COMPARED = re.compile(r"compared (\d+) tables and views with ([\d,]+) rows")
FEWEST_TABLES = 20


def _command(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **variables, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


def _build(folder: Path, *options: str) -> Path:
    """A data folder with a built day."""
    done = _command(
        "local-athena", "exec", "--data", str(folder / "lake"), *options, "--",
        "lakehouse", "demo", "--days", "1", "--scale", "0.002",
        LAKEHOUSE_SOURCES_DIR=str(folder / "sources"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "lake"


@pytest.fixture(scope="module")
def embedded_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that the embedded engine built."""
    return _build(tmp_path_factory.mktemp("embedded"))


@pytest.fixture(scope="module")
def java() -> None:
    """A Java for Trino, or a skip that says what is missing."""
    try:
        find_java()
    except EngineUnavailableError as error:
        pytest.skip(str(error))


def _diff(*words: str) -> None:
    """Both engines agree, on at least the tables of a build."""
    done = _command("local-athena", "diff", *words)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    found = COMPARED.search(done.stderr)
    assert found is not None, done.stderr
    assert int(found[1]) >= FEWEST_TABLES
    assert int(found[2].replace(",", "")) > 1000


@pytest.mark.usefixtures("java")
def test_trino__tables_of_the_embedded_engine__reads_the_same_rows(embedded_lake: Path) -> None:
    _diff("--data", str(embedded_lake), "--", "true")


@pytest.mark.usefixtures("java")
def test_embedded_engine__tables_of_trino__reads_the_same_rows(tmp_path: Path) -> None:
    _diff("--data", str(_build(tmp_path, "--engine", "trino")), "--", "true")


@pytest.mark.usefixtures("java")
def test_project__built_on_both_engines__has_the_same_tables(tmp_path: Path) -> None:
    demo = (
        'LAKEHOUSE_SOURCES_DIR=$(mktemp -d "$0/XXXXXX") exec lakehouse demo --days 1 --scale 0.002'
    )
    _diff("--data", str(tmp_path / "none"), "--", "sh", "-c", demo, str(tmp_path))


@pytest.fixture
def endpoint(embedded_lake: Path) -> Iterator[local_athena.Endpoint]:
    with local_athena.serve(embedded_lake) as served:
        yield served


def _facts(column: pa.ChunkedArray) -> list[str]:
    """Values that are there, distinct ones, and the sum of numbers."""
    facts = [
        str(pc.count(column).as_py()),
        str(pc.count_distinct(column, mode="only_valid").as_py()),
    ]
    if pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
        facts.append(
            str(sum((Decimal(value) for value in column.drop_null().to_pylist()), Decimal(0)))
        )
    return facts


def test_pyiceberg__every_iceberg_table__same_rows_and_sums(
    endpoint: local_athena.Endpoint,
) -> None:
    keys = {"region": "us-east-1", "access-key-id": "local", "secret-access-key": "local"}
    catalog = GlueCatalog(
        "lake",
        **{f"{kind}.{name}": value for kind in ("glue", "s3") for name, value in keys.items()},
        **{"glue.endpoint": endpoint.url, "s3.endpoint": endpoint.url},
    )
    athena = boto3.client(
        "athena", endpoint_url=endpoint.url, region_name="us-east-1",
        aws_access_key_id="local", aws_secret_access_key="local",
    )  # fmt: skip
    seen = 0
    for name in [
        table for space in catalog.list_namespaces() for table in catalog.list_tables(space)
    ]:
        rows = catalog.load_table(name).scan().to_arrow()
        flat = [field.name for field in rows.schema if not pa.types.is_nested(field.type)]
        texts, expected = ["count(*)"], [str(rows.num_rows)]
        for column in flat:
            facts = _facts(rows[column])
            shown = [f'count("{column}")', f'count(DISTINCT "{column}")']
            if len(facts) == 3:
                shown.append(f'coalesce(sum(CAST("{column}" AS decimal(38, 6))), 0)')
            texts += shown
            expected += facts
        found = _row(athena, f'SELECT {", ".join(texts)} FROM "{name[0]}"."{name[1]}"')
        assert [Decimal(v) for v in found] == [Decimal(v) for v in expected], name
        seen += 1
    assert seen >= 10


def _row(athena: Any, sql: str) -> list[str]:
    output = {"OutputLocation": "s3://lakehouse-local-athena-results/interop/"}
    started = athena.start_query_execution(QueryString=sql, ResultConfiguration=output)
    query = {"QueryExecutionId": started["QueryExecutionId"]}
    while True:
        status = athena.get_query_execution(**query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
    assert status["State"] == "SUCCEEDED", status
    values = athena.get_query_results(**query)["ResultSet"]["Rows"][1]["Data"]
    return [value["VarCharValue"] for value in values]
