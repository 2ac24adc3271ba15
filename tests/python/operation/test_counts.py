"""What landing read is in raw or rejected: the dbt test that says so, on batches spoilt by hand."""

from __future__ import annotations

import io
from datetime import date

import pyarrow.parquet as pq
import pytest

from lakehouse.errors import BatchHeldError, SourceSchemaError
from lakehouse.landing import Sources, land
from tests.python.operation.conftest import FEED, Shop

pytestmark = [pytest.mark.recipes, pytest.mark.filterwarnings("ignore")]  # dbt has its own
TEST = "assert_what_was_read_is_in_raw_or_rejected"
FOLDER, NAME = f"catalogue/{FEED}", f"{FEED}-2026-06-01.parquet"


def complains(shop: Shop, day: int = 1) -> bool:
    success, said = shop.try_dbt("test", "--select", TEST, run_date=f"2026-06-{day:02}")
    assert success or any("Got 1 result" in line for line in said), said
    return not success


def test_counts__a_batch_as_landed__adds_up_and_every_spoilt_one_is_found(shop: Shop) -> None:
    shop.deliver(1, {"a": 1, "b": 2, "c": 3, "": 4})
    counts = shop.athena.run(
        "select read_count, written_count, rejected_count, state from local_ops.batches "
        f"where feed = '{FEED}' and ingest_date = date '2026-06-01'"
    )
    assert counts.rows == (("4", "3", "1", "published"),)
    assert not complains(shop)

    s3, raw, ops = shop.lake.s3, shop.lake.bucket("raw"), shop.lake.bucket("ops")
    day = "ingest_date=2026-06-01"
    objects = {
        "a row lost in raw": (raw, f"{FOLDER}/{day}/{NAME}"),
        "a rejected row lost": (ops, f"rejected_rows/feed={FEED}/{day}/{NAME}"),
    }
    for bucket, key in objects.values():
        whole = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        fewer = io.BytesIO()
        table = pq.read_table(io.BytesIO(whole))
        pq.write_table(table.slice(0, table.num_rows - 1), fewer)
        s3.put_object(Bucket=bucket, Key=key, Body=fewer.getvalue())
        assert complains(shop)
        s3.put_object(Bucket=bucket, Key=key, Body=whole)
    assert not complains(shop)

    # A file that nobody noted lies beside the day's other batches: its rows would count twice.
    whole = s3.get_object(Bucket=raw, Key=f"{FOLDER}/{day}/{NAME}")["Body"].read()
    s3.put_object(Bucket=raw, Key=f"{FOLDER}/{day}/copy.parquet", Body=whole)
    assert complains(shop)
    s3.delete_object(Bucket=raw, Key=f"{FOLDER}/{day}/copy.parquet")
    stray = f"postal/geolocation/{day}/stray.parquet"
    s3.put_object(Bucket=raw, Key=stray, Body=whole)
    assert complains(shop)
    s3.delete_object(Bucket=raw, Key=stray)
    assert not complains(shop)


def test_counts__a_held_batch__adds_up_and_raw_has_none_of_it(shop: Shop) -> None:
    with pytest.raises(BatchHeldError):
        shop.deliver(2, {"": 1, " ": 2})
    note = shop.athena.run(
        "select state, read_count, written_count from local_ops.batches "
        f"where feed = '{FEED}' and ingest_date = date '{date(2026, 6, 2)}'"
    )
    assert note.rows == (("held", "2", "0"),)
    assert not complains(shop, 2)


def test_counts__a_refused_delivery__adds_up_and_says_why(shop: Shop) -> None:
    folder = shop.drop / FEED / "2026-06-03"
    folder.mkdir(parents=True)
    (folder / f"{FEED}.csv").write_bytes(b"")
    with pytest.raises(SourceSchemaError):
        land(FEED, date(2026, 6, 3), Sources(drop_dir=shop.drop), shop.lake)
    note = shop.athena.run(
        "select state, read_count, written_count, reason like '%is empty%' from "
        f"local_ops.batches where feed = '{FEED}' and ingest_date = date '2026-06-03'"
    )
    assert note.rows == (("refused", "0", "0", "true"),)
    assert not complains(shop, 3)
