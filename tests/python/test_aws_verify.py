"""`make aws-verify` refuses whatever is not plainly a development account."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "LAKEHOUSE_ENV is ''"),
        ({"LAKEHOUSE_ENV": "prod"}, "LAKEHOUSE_ENV is 'prod'"),
        ({"LAKEHOUSE_ENV": "local"}, "LAKEHOUSE_ENV is 'local'"),
        (
            {"LAKEHOUSE_ENV": "dev", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
            "AWS_ENDPOINT_URL is set",
        ),
        ({"LAKEHOUSE_ENV": "dev_ana"}, "AWS_REGION is not set"),
        ({"LAKEHOUSE_ENV": "dev", "AWS_REGION": "us-east-1"}, "there are no AWS credentials"),
    ],
)
def test_aws_verify__without_what_it_needs__asks_nothing(
    given: dict[str, str], message: str
) -> None:
    foreign = ("AWS_", "LAKEHOUSE_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    nothing = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    answer = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "aws_verify.py"],
        env=environ | nothing | given,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    assert message in answer.stderr
    assert answer.stderr.endswith("Nothing was asked of AWS\n")
