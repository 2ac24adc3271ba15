"""The Go SDK, `aws-sdk-go-v2`: typed errors, pages, a result read from S3."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def facts(go: Path, environ: dict[str, str]) -> Any:
    """What the program saw."""
    done = subprocess.run(
        [str(go / "program")], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_sdk__queries_pages_errors(facts: Any) -> None:
    assert facts == {
        "state": "SUCCEEDED",
        "submitted": True,
        "rows": 1501,
        "pages": 2,
        "refused": True,
        "code": "MALFORMED_QUERY",
        "csv": '"n","x"\n"1",',
    }
