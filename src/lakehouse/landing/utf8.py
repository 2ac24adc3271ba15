"""Text out of columns of bytes, for sources that may hold bytes that are no text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.landing.records import Unreadable


def decode_utf8(
    table: pa.Table, numbers: Any, source_file: str
) -> tuple[pa.Table, Any, list[Unreadable]]:
    """Columns of bytes as text, and the numbers of their rows.

    Rows with bytes that are not UTF-8 are taken out and returned as unreadable.
    """
    try:
        return table.cast(_text_schema(table)), numbers, []
    except pa.ArrowInvalid:
        pass
    is_bad = np.zeros(table.num_rows, dtype=np.bool_)
    for name in table.column_names:
        try:
            table[name].cast(pa.string())
        except pa.ArrowInvalid:
            # Only a column that is known to hold such bytes is looked at value by value.
            is_bad |= np.array([not _is_text(value) for value in table[name].to_pylist()])
    bad = table.take(pa.array(np.flatnonzero(is_bad)))
    undecodable = [
        Unreadable(int(number), source_file, _show(row), "bytes that are not UTF-8")
        for number, row in zip(numbers[is_bad], bad.to_pylist(), strict=True)
    ]
    kept = table.filter(pc.invert(pa.array(is_bad)))
    return kept.cast(_text_schema(table)), numbers[~is_bad], undecodable


def _text_schema(table: pa.Table) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in table.column_names])


def _is_text(value: bytes | None) -> bool:
    try:
        (value or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _show(row: Mapping[str, bytes | None]) -> str:
    return ",".join(
        (value or b"").decode("utf-8", errors="backslashreplace") for value in row.values()
    )
