"""Bodies of S3 that break off, over the local endpoint's real objects."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lakehouse.backoff import retrying
from lakehouse.contracts import Lake
from lakehouse.landing.object_body import ObjectBody

CONTENT = bytes(range(256)) * 40


class Breaking:
    """S3 whose bodies break after so many reads, each time."""

    def __init__(self, s3: Any, reads: int) -> None:
        self.s3, self.reads, self.asked = s3, reads, 0

    def get_object(self, **call: Any) -> Any:
        self.asked += 1
        answer = self.s3.get_object(**call)
        whole, left = answer["Body"], self.reads

        class Body:
            def read(self, size: int | None = None) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
                return whole.read(size)

            def close(self) -> None:
                whole.close()

        return {**answer, "Body": Body()}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(retrying.__kwdefaults__, "sleep", lambda seconds: None)


def test_read__connection_that_breaks_again_and_again__gives_every_byte_once(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bucket("stage"), Key="k", Body=CONTENT)
    s3 = Breaking(lake.s3, reads=2)
    body = ObjectBody(s3, lake.bucket("stage"), "k")  # type: ignore[arg-type]
    found = b""
    while block := body.read(1000):
        found += block
    assert found == CONTENT
    assert s3.asked == 6  # 11 blocks, two a connection


def test_read__object_that_is_replaced_in_between__is_not_mixed(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bucket("stage"), Key="k", Body=CONTENT)
    body = ObjectBody(Breaking(lake.s3, reads=1), lake.bucket("stage"), "k")  # type: ignore[arg-type]
    body.read(1000)
    lake.s3.put_object(Bucket=lake.bucket("stage"), Key="k", Body=CONTENT[::-1])
    with pytest.raises(ClientError, match=r"PreconditionFailed|412"):
        body.read(1000)


def test_read__connection_that_never_holds__is_given_up(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bucket("stage"), Key="k", Body=CONTENT)
    s3 = Breaking(lake.s3, reads=0)
    body = ObjectBody(s3, lake.bucket("stage"), "k")  # type: ignore[arg-type]
    with pytest.raises(ReadTimeoutError):
        body.read(1000)
    assert s3.asked == 3
