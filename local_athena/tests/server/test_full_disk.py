"""A disk that is really full (a small tmpfs): clear errors, nothing lost, and on it goes."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_athena.server import Endpoint

FULL = "The disk of the data folder is full: free some space and try again."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB; only root may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no permission to mount a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 512):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return filler


def test_full_disk__writes_are_refused_by_name_and_what_was_answered_is_there(
    start_endpoint: Callable[..., Endpoint],
    client_of: Callable[..., Any],
    small_disk: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    endpoint = start_endpoint(small_disk / "data")
    s3, glue = client_of(endpoint, "s3"), client_of(endpoint, "glue")
    athena = client_of(endpoint, "athena")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="k", Body=b"before", Metadata={"n": "1"})
    glue.create_database(DatabaseInput={"Name": "before"})
    filler = fill(small_disk)
    caplog.clear()
    for call in (
        lambda: s3.put_object(Bucket="lake", Key="k", Body=b"x" * 100_000),
        lambda: [glue.create_database(DatabaseInput={"Name": f"d{n}"}) for n in range(200)],
        lambda: [athena.create_work_group(Name=f"w{n}") for n in range(200)],
        lambda: [start(athena) for _ in range(200)],
    ):
        with pytest.raises(ClientError, match=FULL):
            call()
    told = [record for record in caplog.records if record.name.startswith("local_athena")]
    assert [record.getMessage() for record in told] in ([], [FULL])  # once a minute, in one line
    assert not any(record.exc_info for record in told)
    found = s3.get_object(Bucket="lake", Key="k")
    assert (found["Body"].read(), found["Metadata"]) == (b"before", {"n": "1"})
    filler.unlink()
    s3.put_object(Bucket="lake", Key="k", Body=b"after", Metadata={"n": "2"})
    glue.create_database(DatabaseInput={"Name": "after"})
    query = start(athena)
    while True:
        answer = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if answer["State"] not in ("QUEUED", "RUNNING"):
            break
    assert answer["State"] == "SUCCEEDED"
    endpoint.close()

    again = start_endpoint(small_disk / "data")
    names = {d["Name"] for d in client_of(again, "glue").get_databases()["DatabaseList"]}
    assert {"before", "after"} <= names
    found = client_of(again, "s3").get_object(Bucket="lake", Key="k")
    assert (found["Body"].read(), found["Metadata"]) == (b"after", {"n": "2"})
    again.close()


def start(athena: Any) -> str:
    given = {"OutputLocation": "s3://lake/results/"}
    answer = athena.start_query_execution(QueryString="select 1", ResultConfiguration=given)
    query_id: str = answer["QueryExecutionId"]
    return query_id
