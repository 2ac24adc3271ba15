"""A query's answer as text: Arrow batches and Trino types to Athena's strings, column by column.

The forms are those of `tests/golden/README.md`, "Text rendering". `ResultWriter` puts them into the
result CSV and the rows file while batches arrive, holding one batch at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from local_athena.engine.contract import ColumnInfo
from local_athena.functions.cast_text import address_text
from local_athena.functions.java_numbers import java_double, java_float
from local_athena.sql import instants
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import (
    element_of,
    entry_of,
    fields_of,
    precision_of,
    unpack_tile,
)
from local_athena.sql.types import Field, Type
from local_athena.storage.rows import RowsWriter

Texts = list[str | None]
_PRECISIONS = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "real": 17,
    "double": 17,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "time": 3,
    "varbinary": 1_073_741_824,
}
_UNBOUNDED = 2_147_483_647


def column_info(name: str, type_: Type) -> ColumnInfo:
    """What ResultSetMetadata says of a column: `float` for real, decimals with digits."""
    base = type_.base
    precision, scale = _PRECISIONS.get(base, 0), 0
    if base == "decimal":
        precision, scale = (int(str(argument)) for argument in type_.arguments)
    elif base in ("varchar", "char"):
        limit = type_.arguments[0] if type_.arguments else None
        precision = limit if isinstance(limit, int) else _UNBOUNDED
    shown = {"real": "float", "unknown": "unknown"}.get(base, base)
    return ColumnInfo(
        name=name,
        type=shown,
        precision=precision,
        scale=scale,
        case_sensitive=base in ("varchar", "char"),
    )


def batch_texts(batch: pa.RecordBatch, types: Sequence[Type]) -> list[Texts]:
    """The columns of a batch as text; None is NULL."""
    return [column_texts(column, type_) for column, type_ in zip(batch.columns, types, strict=True)]


def column_texts(column: Any, type_: Type) -> Texts:
    """One Arrow array as text."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.null_count == len(column):  # (a NULL that is known may have another type natively)
        return [None] * len(column)
    writer = _WRITERS.get(type_.base)
    if writer is None:
        return _strings(column, type_)
    return writer(column, type_)


def _strings(column: Any, type_: Type) -> Texts:
    texts: Texts = column.to_pylist()
    return texts


def _cast(column: Any, type_: Type) -> Texts:
    texts: Texts = pc.cast(column, pa.string()).to_pylist()
    return texts


def _each(column: Any, function: Callable[[Any], str]) -> Texts:
    return [None if value is None else function(value) for value in column.to_pylist()]


def _decimal(column: Any, type_: Type) -> Texts:
    if int(str(type_.arguments[1])) <= 6:  # (Arrow writes more digits as 1E-7)
        return _cast(column, type_)
    return _each(column, lambda value: format(value, "f"))


def _double(column: Any, type_: Type) -> Texts:
    return [
        None if value is None else (repr(value) if 1e-3 <= abs(value) < 1e7 else java_double(value))
        for value in column.to_pylist()
    ]


def _real(column: Any, type_: Type) -> Texts:
    return _each(column, java_float)


def _date(column: Any, type_: Type) -> Texts:
    """Arrow writes the years 0 to 9999 as Trino does."""
    texts = _cast(column, type_)
    if not any(text is not None and len(text) > 10 for text in texts):
        return texts
    days = pc.cast(column, pa.int32()).to_pylist()
    return [None if day is None else _day_text(day) for day in days]


def _timestamp(column: Any, type_: Type) -> Texts:
    precision = precision_of(type_)
    if precision > 6:
        fine = column.field("ps").to_pylist()
        coarse = _timestamp(column.field("us"), Type("timestamp", (6,)))
        valid = column.is_valid().to_pylist()
        return [
            text + f"{rest:06}"[: precision - 6] if text is not None and ok else None
            for text, rest, ok in zip(coarse, fine, valid, strict=True)
        ]
    digits = max(precision, 3)
    texts = _clock_texts(column, 19, 20 + digits)
    if all(text is None or text[4] == "-" for text in texts):  # (years of four digits)
        return texts
    moments = pc.cast(column, pa.int64()).to_pylist()
    return [None if us is None else _cut(_moment_text(us), digits) for us in moments]


def _cut(text: str, digits: int) -> str:
    """Six digits of fraction without the last ones."""
    return text[: len(text) - (6 - digits)]


def _clock_texts(column: Any, seconds: int, length: int) -> Texts:
    """Arrow's text of microseconds cut to `length`; `seconds` is where the fraction begins."""
    texts = pc.cast(column, pa.string())
    sizes = pc.min_max(pc.binary_length(texts)).as_py()
    if sizes["min"] == sizes["max"] == seconds + 7:
        cut: Texts = pc.utf8_slice_codeunits(texts, 0, length).to_pylist()
        return cut
    made: Texts = []
    for text in texts.to_pylist():
        if text is None:
            made.append(None)
            continue
        whole, _, fraction = text.partition(".")
        digits = fraction.ljust(6, "0")[: length - seconds - 1]
        made.append(f"{whole}.{digits}")
    return made


def _time(column: Any, type_: Type) -> Texts:
    precision = precision_of(type_)
    if precision > 6:
        fine = column.field("ps").to_pylist()
        coarse = _time(column.field("us"), Type("time", (6,)))
        valid = column.is_valid().to_pylist()
        return [
            text + f"{rest:06}"[: precision - 6] if text is not None and ok else None
            for text, rest, ok in zip(coarse, fine, valid, strict=True)
        ]
    length = 9 + max(precision, 3)
    return _clock_texts(column, 8, length)


def _time_tz(column: Any, type_: Type) -> Texts:
    digits = max(precision_of(type_), 3)

    def one(value: dict[str, int]) -> str:
        seconds, fraction = divmod(value["ps"], 10**12)
        minutes, second = divmod(seconds, 60)
        clock = f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{fraction:012}"
        return f"{clock[: 9 + digits]}{_offset_text(value['zone'])}"

    return _each(column, one)


def _offset_text(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _timestamp_tz(column: Any, type_: Type) -> Texts:
    precision = precision_of(type_)
    micros = pc.cast(column.field("instant"), pa.int64()).to_pylist()
    zones = column.field("zone").to_pylist()
    fine = column.field("ps").to_pylist() if precision > 6 else None
    valid = column.is_valid().to_pylist()
    digits = max(min(precision, 6), 3)
    texts: Texts = []
    for index, (moment, zone) in enumerate(zip(micros, zones, strict=True)):
        if not valid[index] or moment is None:
            texts.append(None)
            continue
        shift = instants.offset_at(zone, moment // 10**6) * 10**6
        text = _cut(_moment_text(moment + shift), digits)
        if fine is not None:
            text += f"{fine[index]:06}"[: precision - 6]
        texts.append(f"{text} {zone}")
    return texts


def _moment_text(micros: int) -> str:
    """Microseconds since 1970 as `2020-01-01 00:00:00.000000`."""
    seconds, fraction = divmod(micros, 10**6)
    days, seconds = divmod(seconds, 86_400)
    minutes, second = divmod(seconds, 60)
    return f"{_day_text(days)} {minutes // 60:02}:{minutes % 60:02}:{second:02}.{fraction:06}"


def _day_text(days: int) -> str:
    """Days since 1970 as `2020-01-01`, with a sign before the year 0 and after 9999."""
    year, month, day = instants.date_of(days)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04}-{month:02}-{day:02}"


def _binary(column: Any, type_: Type) -> Texts:
    return _each(column, lambda value: value.hex(" "))


def _address(column: Any, type_: Type) -> Texts:
    return _each(column, address_text)


def _sketch(column: Any, type_: Type) -> Texts:
    """A sketch or digest: its bytes would not be Trino's."""
    if column.null_count == len(column):
        return [None] * len(column)
    raise SqlError("NOT_SUPPORTED", f"a result column of type {type_} is not supported")


def _tile(column: Any, type_: Type) -> Texts:
    def one(value: int) -> str:
        x, y, zoom = unpack_tile(value)
        return f'{{"x": {x}, "y": {y}, "zoom": {zoom}}}'

    return _each(column, one)


def _day_interval(column: Any, type_: Type) -> Texts:
    def one(value: int) -> str:
        sign = "-" if value < 0 else ""
        seconds, rest = divmod(abs(value), 1000)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        return f"{sign}{hours // 24} {hours % 24:02}:{minute:02}:{second:02}.{rest:03}"

    return _each(column, one)


def _month_interval(column: Any, type_: Type) -> Texts:
    return _each(column, lambda v: f"{'-' if v < 0 else ''}{abs(v) // 12}-{abs(v) % 12}")


# ---------------------------------------------------------------- nested


def _array(column: Any, type_: Type) -> Texts:
    items = column_texts(column.flatten(), element_of(type_))
    lengths = pc.list_value_length(column).to_pylist()
    texts: Texts = []
    start = 0
    for length in lengths:
        if length is None:
            texts.append(None)
            continue
        shown = ", ".join("null" if t is None else t for t in items[start : start + length])
        texts.append(f"[{shown}]")
        start += length
    return texts


def _map(column: Any, type_: Type) -> Texts:
    key_type, value_type = entry_of(type_)
    offsets = column.offsets.to_pylist()
    first, last = offsets[0], offsets[-1]
    keys = column_texts(column.keys.slice(first, last - first), key_type)
    values = column_texts(column.items.slice(first, last - first), value_type)
    valid = column.is_valid().to_pylist()
    texts: Texts = []
    for index, ok in enumerate(valid):
        if not ok:
            texts.append(None)
            continue
        start, end = offsets[index] - first, offsets[index + 1] - first
        pairs = zip(keys[start:end], values[start:end], strict=True)
        texts.append("{" + ", ".join(f"{k}={'null' if v is None else v}" for k, v in pairs) + "}")
    return texts


def _row(column: Any, type_: Type) -> Texts:
    names = [
        field.name if field.name is not None else f"field{index}"
        for index, field in enumerate(f for f in type_.arguments if isinstance(f, Field))
    ]
    parts = [
        column_texts(part, field_type)
        for part, field_type in zip(column.flatten(), fields_of(type_), strict=True)
    ]
    valid = column.is_valid().to_pylist()
    return [
        "{"
        + ", ".join(
            f"{n}={'null' if p[i] is None else p[i]}" for n, p in zip(names, parts, strict=True)
        )
        + "}"
        if ok
        else None
        for i, ok in enumerate(valid)
    ]


def _unknown(column: Any, type_: Type) -> Texts:
    return [None] * len(column)


_WRITERS: dict[str, Callable[[Any, Type], Texts]] = {
    "boolean": _cast,
    "tinyint": _cast,
    "smallint": _cast,
    "integer": _cast,
    "bigint": _cast,
    "real": _real,
    "double": _double,
    "decimal": _decimal,
    "date": _date,
    "time": _time,
    "time with time zone": _time_tz,
    "timestamp": _timestamp,
    "timestamp with time zone": _timestamp_tz,
    "varbinary": _binary,
    "ipaddress": _address,
    "bingtile": _tile,
    "hyperloglog": _sketch,
    "tdigest": _sketch,
    "qdigest": _sketch,
    "interval day to second": _day_interval,
    "interval year to month": _month_interval,
    "array": _array,
    "map": _map,
    "row": _row,
    "unknown": _unknown,
}


# ---------------------------------------------------------------- files


def csv_field(value: str | None) -> str:
    """A value of the result CSV: always quoted, quotes doubled; NULL is nothing at all."""
    return "" if value is None else '"' + value.replace('"', '""') + '"'


class ResultWriter:
    """Writes a SELECT's answer: the CSV with its header, and the rows to page from."""

    def __init__(
        self, path: Path, names: Sequence[str], types: Sequence[Type], rows: RowsWriter
    ) -> None:
        self._types = tuple(types)
        self._rows = rows
        self.row_count = 0
        self._file = path.open("wb")
        self._file.write((",".join(map(csv_field, names)) + "\n").encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        self.write_texts(batch_texts(batch, self._types))

    def write_texts(self, columns: Sequence[Texts]) -> None:
        """Append rows, of at least one, given as columns of text."""
        fields = [list(map(csv_field, column)) for column in columns]
        lines = map(",".join, zip(*fields, strict=True))
        self._file.write(("\n".join(lines) + "\n").encode("utf-8", "surrogatepass"))
        self._rows.write(zip(*columns, strict=True))
        self.row_count += len(columns[0])

    def write_all(self, batches: Iterable[pa.RecordBatch]) -> int:
        """Append every batch; the number of rows written so far."""
        for batch in batches:
            if batch.num_rows:
                self.write(batch)
        return self.row_count

    def close(self) -> None:
        """Finish the CSV (the rows file is its owner's to close)."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
