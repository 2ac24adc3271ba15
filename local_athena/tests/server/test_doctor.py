"""The doctor tells the truth of a folder that was damaged from outside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from local_athena.cli.doctor import examine
from local_athena.server import Endpoint


def failing(data: Path) -> dict[str, str]:
    return {check.name: check.text for check in examine(data) if not check.ok}


@pytest.fixture
def data(endpoint: Endpoint, glue: Any, s3: Any) -> Path:
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="t/metadata/00000-x.metadata.json", Body=b"{}")
    glue.create_database(DatabaseInput={"Name": "db"})
    uri = "s3://lake/t/metadata/00000-x.metadata.json"
    glue.create_table(
        DatabaseName="db",
        TableInput={
            "Name": "t", "Parameters": {"table_type": "ICEBERG", "metadata_location": uri},
        },
    )  # fmt: skip
    return endpoint.settings.data


def test_examine__sound_folder__served_or_not__has_no_failure(
    endpoint: Endpoint, data: Path
) -> None:
    assert failing(data) == {}
    endpoint.close()
    assert failing(data) == {}


def test_examine__lost_metadata_file__names_table_and_file(data: Path) -> None:
    (data / "s3/lake/t/metadata/00000-x.metadata.json").unlink()
    found = failing(data)
    assert list(found) == ["tables"]
    assert "db.t (s3://lake/t/metadata/00000-x.metadata.json)" in found["tables"]


@pytest.mark.parametrize("damage", ["head", "middle", "cut"])
def test_examine__damaged_database__says_what_to_do(
    start_endpoint: Callable[..., Endpoint], endpoint: Endpoint, data: Path, damage: str
) -> None:
    endpoint.close()
    state = data / "state.sqlite"
    content = bytearray(state.read_bytes())
    assert len(content) > 16_384
    if damage == "head":
        content[:100] = b"x" * 100
    elif damage == "middle":
        content[4096:16384] = b"\xa5" * 12288
    else:
        del content[8192:]
    state.write_bytes(content)
    found = failing(data)
    assert list(found) == ["database"]
    assert "is damaged" in found["database"]
    assert "reset" in found["database"]
