"""Deliveries written by hand, landed from the stage through the door like those of the sources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.contracts import Contract
from lakehouse.landing import Manifest, Sources, land, run_id_of
from lakehouse.landing.stage import Delivery, Stage
from lakehouse.landing.store import Bucket
from tests.python.operation.conftest import Shop

Row = Mapping[str, Any]


def deliver(shop: Shop, feed: str, day: str, *rows: Row) -> None:
    """Land a batch of a feed: rows by the source's names, instants as texts in São Paulo's time.

    What a row does not name is null. Every row must be let in.
    """
    when = date.fromisoformat(day)
    contract, run_id = shop.lake.contract(feed), run_id_of(feed, when)
    stage = Stage(Bucket(shop.lake.s3, shop.lake.bucket("stage")), contract, when, run_id)
    stage.put("delivery", _WRITERS[contract.format.name](contract, rows))
    stage.complete(Delivery(contract.format.name, stage.checksums(), {"from": None, "until": day}))
    manifest = land(feed, when, Sources(), shop.lake)
    assert isinstance(manifest, Manifest)
    assert manifest.written_count == len(rows), manifest.rejected_by_rule


def _csv(contract: Contract, rows: Iterable[Row]) -> bytes:
    names = [column.source_path for column in contract.columns]
    lines = [",".join(names), *(",".join(str(row.get(name, "")) for name in names) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _json_lines(contract: Contract, rows: Iterable[Row]) -> bytes:
    del contract
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _json_page(contract: Contract, rows: Iterable[Row]) -> bytes:
    del contract
    return json.dumps({"data": list(rows), "next_cursor": None}).encode()


def _parquet(contract: Contract, rows: Iterable[Row]) -> bytes:
    """Instants are UTC's here: what a Parquet file has is no text."""
    given = list(rows)
    columns = {
        column.source_path: pa.array(
            [_instant(row.get(column.source_path)) for row in given], pa.timestamp("ms", "UTC")
        )
        if column.source_path.endswith("_at")
        else pa.array([row.get(column.source_path) for row in given], pa.string())
        for column in contract.columns
    }
    content = BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


_WRITERS = {
    "csv": _csv,
    "json_lines": _json_lines,
    "json_pages": _json_page,
    "parquet": _parquet,
}
