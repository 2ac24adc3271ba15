"""Readers and writers that are not boto3: pyarrow's own S3 client, pyiceberg's Glue catalog."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from local_athena.server import Endpoint
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

ROWS = pa.table({"id": [1, 2, 3], "name": ["a", "b", None]})


@pytest.fixture
def lake(s3: Any) -> str:
    s3.create_bucket(Bucket="lake")
    return "lake"


@pytest.mark.usefixtures("lake")
def test_pyarrow__writes_and_reads__parquet_in_ranges(endpoint: Endpoint) -> None:
    files = pyarrow.fs.S3FileSystem(
        endpoint_override=endpoint.url, access_key="a", secret_key="b", region="us-east-1"
    )
    large = pa.table({"x": list(range(500_000)), "y": [0.5] * 500_000})
    pq.write_table(large, "lake/p/x.parquet", filesystem=files, compression="none")
    assert pq.read_table("lake/p/x.parquet", columns=["x"], filesystem=files).num_rows == 500_000
    found = files.get_file_info(pyarrow.fs.FileSelector("lake", recursive=True))
    assert sorted(info.path for info in found) == ["lake/p", "lake/p/x.parquet"]


@pytest.mark.usefixtures("lake")
def test_pyiceberg__two_writers_of_one_version__the_second_is_told(
    endpoint: Endpoint, client_of: Callable[..., Any]
) -> None:
    catalog = GlueCatalog(
        "glue",
        client_of(endpoint, "glue"),
        **{
            "s3.endpoint": endpoint.url,
            "s3.access-key-id": "a",
            "s3.secret-access-key": "b",
            "s3.region": "us-east-1",
        },
    )
    catalog.create_namespace("db")
    first = catalog.create_table(
        "db.t",
        schema=ROWS.schema,
        location="s3://lake/t",
        properties={"commit.retry.num-retries": "0"},
    )
    second = catalog.load_table("db.t")
    first.append(ROWS)
    with pytest.raises(CommitFailedException):
        second.append(ROWS)
    second.refresh()
    second.append(ROWS)
    assert catalog.load_table("db.t").scan().to_arrow().num_rows == 6
    assert (endpoint.settings.data / "s3/lake/t/metadata").is_dir()
