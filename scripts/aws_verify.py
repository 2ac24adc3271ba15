#!/usr/bin/env python3
"""Run the tests marked `aws_verified` on a real account, once it is sure that this is meant.

Nothing is asked of AWS before environment and credentials are right. What the tests make, what
they may cost and how it is removed: tests/python/aws/conftest.py.
"""

import os
import re
import sys

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

REFUSED = 2


def refusal(environ):
    """Why these variables do not mean a run on a development account, or None."""
    environment = environ.get("LAKEHOUSE_ENV", "")
    if not re.fullmatch(r"dev(_[a-z0-9_]{1,30})?", environment):
        return f"LAKEHOUSE_ENV is {environment!r}: set it to dev or dev_<user>; no other is touched"
    if environ.get("AWS_ENDPOINT_URL"):
        return "AWS_ENDPOINT_URL is set: unset it, a real account is asked here"
    if not environ.get("AWS_REGION"):
        return "AWS_REGION is not set: set it to the one region to work in, such as us-east-1"
    return None


def main():
    """Check, say whose account it is, run."""
    why = refusal(os.environ)
    if why is None and boto3.Session().get_credentials() is None:
        why = "there are no AWS credentials: give some by AWS_PROFILE, a role or the environment"
    if why is not None:
        print(f"aws-verify: {why}. Nothing was asked of AWS", file=sys.stderr)
        return REFUSED
    region = os.environ["AWS_REGION"]
    try:
        account = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        print(f"aws-verify: these credentials do not work: {error}", file=sys.stderr)
        return REFUSED
    print(f"aws-verify: account {account}, {region}; at most 50 queries of 10 MB")
    os.environ["LAKEHOUSE_AWS_VERIFY"] = account
    os.environ["AWS_DEFAULT_REGION"] = region
    return int(pytest.main(["-m", "aws_verified", "-v", "tests/python/aws", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
