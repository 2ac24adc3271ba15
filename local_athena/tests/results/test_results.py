"""Values as Athena's text. The forms are those of golden/README.md and of java.lang.Double."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from local_athena.engine.results import ResultWriter, column_info, column_texts, java_double
from local_athena.sql import types as t
from local_athena.storage.rows import RowsWriter, read_rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (123456789.125, "1.23456789125E8"),
        (1e22, "1.0E22"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_java_double__value__has_java_s_form(value: float, text: str) -> None:
    assert java_double(value) == text


def test_column_texts__simple_types__have_athena_s_form() -> None:
    assert column_texts(pa.array([True, None]), t.BOOLEAN) == ["true", None]
    assert column_texts(pa.array([Decimal("0.0000000001")]), t.decimal(18, 10)) == ["0.0000000001"]
    assert column_texts(pa.array([date(2020, 1, 2)]), t.DATE) == ["2020-01-02"]
    assert column_texts(pa.array([b"hel"]), t.VARBINARY) == ["68 65 6c"]
    assert column_texts(pa.array([-90061001]), t.INTERVAL_DAY_TO_SECOND) == ["-1 01:01:01.001"]
    assert column_texts(pa.array([14], pa.int32()), t.INTERVAL_YEAR_TO_MONTH) == ["1-2"]


def test_column_texts__timestamps__have_three_digits_or_more() -> None:
    values = pa.array([datetime(2020, 1, 2, 3, 4, 5, 120000, UTC)], pa.timestamp("us"))

    assert column_texts(values, t.timestamp(0)) == ["2020-01-02 03:04:05.120"]
    assert column_texts(values, t.timestamp(6)) == ["2020-01-02 03:04:05.120000"]


def test_column_texts__time_with_zone__shows_the_zone_s_clock() -> None:
    values = pa.array(
        [
            {"instant": datetime(2020, 7, 1, 12, tzinfo=UTC), "zone": "America/Sao_Paulo"},
            {"instant": datetime(2020, 7, 1, 12, tzinfo=UTC), "zone": "+05:30"},
            None,
        ],
        pa.struct([("instant", pa.timestamp("us")), ("zone", pa.string())]),
    )

    assert column_texts(values, t.timestamp_tz(3)) == [
        "2020-07-01 09:00:00.000 America/Sao_Paulo",
        "2020-07-01 17:30:00.000 +05:30",
        None,
    ]


def test_column_texts__nested__writes_names_and_nulls() -> None:
    type_ = t.array(t.row(t.Field("a", t.INTEGER), t.Field(None, t.map_(t.VARCHAR, t.DOUBLE))))
    values = pa.array(
        [[{"f0": 1, "f1": [("k", 1.5)]}, None], [], None],
        pa.list_(pa.struct([("f0", pa.int32()), ("f1", pa.map_(pa.string(), pa.float64()))])),
    )

    assert column_texts(values, type_) == ["[{a=1, field1={k=1.5}}, null]", "[]", None]
    assert column_texts(values[1:], type_) == ["[]", None]


def test_column_info__types__have_athena_s_precision_and_scale() -> None:
    shown = {
        str(type_): (info.type, info.precision, info.scale)
        for type_ in (t.INTEGER, t.BIGINT, t.DOUBLE, t.REAL, t.decimal(18, 2), t.VARCHAR)
        for info in [column_info("x", type_)]
    }

    assert shown == {
        "integer": ("integer", 10, 0),
        "bigint": ("bigint", 19, 0),
        "double": ("double", 17, 0),
        "real": ("float", 17, 0),
        "decimal(18, 2)": ("decimal", 18, 2),
        "varchar": ("varchar", 2147483647, 0),
    }


def test_result_writer__batch__writes_csv_and_rows(tmp_path: Path) -> None:
    batch = pa.record_batch({"a": pa.array(['say "hi"', None, ""]), "b": pa.array([1, 2, None])})
    path = tmp_path / "result.csv"

    with (
        RowsWriter(tmp_path, "q") as rows,
        ResultWriter(path, ["a", 'b"'], [t.VARCHAR, t.BIGINT], rows) as writer,
    ):
        count = writer.write_all([batch])

    assert count == 3
    assert path.read_text() == '"a","b"""\n"say ""hi""","1"\n,"2"\n"",\n'
    assert read_rows(tmp_path, "q", 0, 10) == [['say "hi"', "1"], [None, "2"], ["", None]]
