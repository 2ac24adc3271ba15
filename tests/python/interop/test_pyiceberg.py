"""PyIceberg writes through Glue and S3 of the endpoint; its tables are read and changed here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.transforms import BucketTransform, IdentityTransform, MonthTransform
from pyiceberg.types import LongType, StringType

pytestmark = pytest.mark.interop
Rows = list[tuple[str | None, ...]]


def _texts(table: Any) -> Rows:
    """All rows by id, as the endpoint writes them."""
    rows = sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["id"])
    return [tuple(None if value is None else str(value) for value in row.values()) for row in rows]


def test_embedded_engine__table_that_pyiceberg_wrote_and_changed__reads_and_writes_it(
    pyiceberg: Any, ask: Callable[[str], Rows]
) -> None:
    pyiceberg.create_namespace("of_pyiceberg")
    kind = pa.schema(
        [("id", pa.int32()), ("d", pa.date32()), ("v", pa.string()), ("a", pa.decimal128(9, 2))]
    )
    made = [
        {"id": n, "d": date(2024, 1 + n % 12, 1 + n % 28), "v": f"v{n}", "a": Decimal(n) / 4}
        for n in range(300)
    ]
    rows = pa.Table.from_pylist(made, schema=kind)
    table = pyiceberg.create_table(
        "of_pyiceberg.t", schema=kind, location="s3://interop/pyiceberg/t"
    )
    with table.update_spec() as spec:
        spec.add_field("d", MonthTransform(), "month")
    shown = "SELECT * FROM of_pyiceberg.t ORDER BY id"
    table.append(rows)
    assert ask(shown) == _texts(table)
    table.delete("id >= 250 AND v <> 'v260'")
    table.overwrite(rows.slice(0, 5), overwrite_filter="id < 10")
    table.upsert(rows.slice(100, 10).set_column(2, "v", pa.array(["up"] * 10)), join_cols=["id"])
    assert ask(shown) == _texts(table)
    with table.update_schema() as schema:
        schema.update_column("id", LongType())
        schema.rename_column("v", "word")
        schema.add_column("note", StringType())
    with table.update_spec() as spec:
        spec.remove_field("month")
        spec.add_field("id", BucketTransform(4), "id_bucket")
        spec.add_field("note", IdentityTransform(), "note")
    table.append(
        pa.Table.from_pylist(
            [{"id": 1 << 40, "d": None, "word": None, "a": None, "note": "late"}],
            schema=table.schema().as_arrow(),
        )
    )
    theirs = _texts(table)
    assert len(theirs) > 200
    assert ask(shown) == theirs

    ask("MERGE INTO of_pyiceberg.t t USING (VALUES (BIGINT '12', 'm'), (BIGINT '77777', 'n')) "
        "s(id, note) ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = s.note "
        "WHEN NOT MATCHED THEN INSERT (id, note) VALUES (s.id, s.note)")  # fmt: skip
    ask("DELETE FROM of_pyiceberg.t WHERE id BETWEEN 30 AND 60")
    ask("OPTIMIZE of_pyiceberg.t REWRITE DATA USING BIN_PACK")
    table.refresh()
    assert _texts(table) == ask(shown)
    assert ("77777", None, None, None, "n") in _texts(table)
