# ruff: noqa: DTZ001 - wall clocks and Hive timestamps have no zone
"""Wall clocks to UTC; Python's own zoneinfo is the independent reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lakehouse.landing.clocks as clocks
from lakehouse.landing.clocks import DateOrder, parse_instants

SAO_PAULO = "America/Sao_Paulo"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(*texts: str | None, order: DateOrder = "ymd", zone: str = SAO_PAULO) -> list[str | None]:
    instants = parse_instants(pa.array(texts, pa.string()), zone, order)
    return [
        (EPOCH + timedelta(microseconds=int(micros))).isoformat() if valid else None
        for micros, valid in zip(instants.micros, instants.is_valid, strict=True)
    ]


def test_parse_instants__before_and_after_2019__follows_daylight_saving() -> None:
    # UTC-3 all year since 2019; UTC-2 in the summers before.
    assert read("2017-12-25 10:00:00", "2017-07-25 10:00:00", "2026-12-25 10:00:00") == [
        "2017-12-25T12:00:00+00:00",
        "2017-07-25T13:00:00+00:00",
        "2026-12-25T13:00:00+00:00",
    ]


def test_parse_instants__repeated_hour__takes_first_offset_and_is_marked() -> None:
    # On 2018-02-18 at 00:00 clocks went back to 23:00 of the 17th.
    texts = pa.array(["2018-02-17 22:59:59", "2018-02-17 23:00:00", "2018-02-17 23:59:59.999",
                      "2018-02-18 00:00:00"])  # fmt: skip
    instants = parse_instants(texts, SAO_PAULO)
    assert instants.is_ambiguous.tolist() == [False, True, True, False]
    assert not instants.is_shifted.any()
    assert read("2018-02-17 23:30:00", "2018-02-18 00:00:00") == [
        "2018-02-18T01:30:00+00:00",
        "2018-02-18T03:00:00+00:00",
    ]


def test_parse_instants__skipped_hour__moves_forward_by_the_gap_and_is_marked() -> None:
    # On 2017-10-15 at 00:00 clocks went forward to 01:00.
    texts = pa.array(["2017-10-14 23:59:59", "2017-10-15 00:00:00", "2017-10-15 00:59:59",
                      "2017-10-15 01:00:00"])  # fmt: skip
    instants = parse_instants(texts, SAO_PAULO)
    assert instants.is_shifted.tolist() == [False, True, True, False]
    assert read("2017-10-15 00:30:00", "2017-10-15 01:30:00") == [
        "2017-10-15T03:30:00+00:00",
        "2017-10-15T03:30:00+00:00",
    ]


@given(
    st.lists(
        st.datetimes(min_value=datetime(1985, 1, 1), max_value=datetime(2060, 1, 1)), min_size=1
    ),
    st.sampled_from([SAO_PAULO, "America/Noronha", "Europe/Lisbon", "Asia/Kolkata", "UTC"]),
)
@settings(deadline=None)
def test_parse_instants__any_wall_time__agrees_with_zoneinfo(
    moments: list[datetime], zone: str
) -> None:
    instants = parse_instants(pa.array([m.isoformat(sep=" ") for m in moments]), zone)
    tz = ZoneInfo(zone)
    for moment, micros, ambiguous, shifted in zip(
        moments, instants.micros, instants.is_ambiguous, instants.is_shifted, strict=True
    ):
        first, second = (moment.replace(tzinfo=tz, fold=fold).utcoffset() for fold in (0, 1))
        assert first is not None
        assert second is not None
        expected = moment.replace(tzinfo=UTC) - first
        assert EPOCH + timedelta(microseconds=int(micros)) == expected
        assert (ambiguous, shifted) == (first > second, first < second)


def test_parse_instants__offsets__win_over_the_zone() -> None:
    assert read(
        "2026-06-01T10:00:00Z",
        "2026-06-01T10:00:00-03:00",
        "2026-06-01 10:00:00+0530",
        "2026-06-01T10:00:00.123456-02",
        "2026-06-01 10:00:00",
    ) == [
        "2026-06-01T10:00:00+00:00",
        "2026-06-01T13:00:00+00:00",
        "2026-06-01T04:30:00+00:00",
        "2026-06-01T12:00:00.123456+00:00",
        "2026-06-01T13:00:00+00:00",
    ]


def test_parse_instants__offset_inside_the_repeated_hour__is_not_ambiguous() -> None:
    instants = parse_instants(pa.array(["2018-02-17T23:30:00-03:00", "2018-02-17"]), SAO_PAULO)
    assert instants.is_ambiguous.tolist() == [False, False]


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2026-02-29 10:00:00", "2026-13-01 10:00:00", "2026-00-10", "2026-06-31",
        "2026-06-01 24:00:00", "2026-06-01 10:60:00", "2026-06-01 10:00:60", "01/06/2026 10:00",
        "2026-06-01T10:00:00+25:00", "2026-06-01 10:00:00 BRT", "20260601", "2026-06-01 10:00:00x",
    ],
)  # fmt: skip
def test_parse_instants__no_such_time__is_not_valid(text: str) -> None:
    assert read(text, "2026-06-01 10:00:00Z", "2024-02-29 10:00:00") == [
        None,
        "2026-06-01T10:00:00+00:00",
        "2024-02-29T13:00:00+00:00",
    ]


@pytest.mark.parametrize("text", ["0000-01-01 10:00:00", "0000-01-01 10:00:00Z"])
def test_parse_instants__year_zero__is_not_valid_alone_or_among_others(text: str) -> None:
    assert read(text) == [None]
    assert read(text, "2026-06-01 10:00:00", "2026-06-01 10:00:00Z")[0] is None


def test_parse_instants__spreadsheet_forms__follow_the_given_order() -> None:
    assert read("02/10/2017 10:56", "2/10/2017 10:56:33", "31/12/2017", order="dmy") == [
        "2017-10-02T13:56:00+00:00",
        "2017-10-02T13:56:33+00:00",
        "2017-12-31T02:00:00+00:00",
    ]
    assert read(
        "10/2/2017 10:56", "10/02/2017 10:56:33 PM", "12/31/2017 12:00 AM", order="mdy"
    ) == [
        "2017-10-02T13:56:00+00:00",
        "2017-10-03T01:56:33+00:00",
        "2017-12-31T02:00:00+00:00",
    ]
    assert read("31/12/2017 10:00", "2017-10-02 10:56:33", "12/31/2017 10:00", order="dmy") == [
        "2017-12-31T12:00:00+00:00",
        "2017-10-02T13:56:33+00:00",
        None,
    ]


def test_parse_instants__null__is_not_valid() -> None:
    assert read(None, "2026-06-01 10:00:00") == [None, "2026-06-01T13:00:00+00:00"]
    assert read(None) == [None]
    assert read() == []


DAYS = st.sampled_from(
    ["2026-05-03", "2018-11-04", "2018-02-18", "2024-02-29", "2026-02-29", "2026-04-31",
     "1999-12-31", "0001-01-01", "0000-01-01", "2026-13-01", "2026-5-3", "20260503", ""]
)  # fmt: skip
TIMES = st.sampled_from(
    [" 00:30:00", " 23:59:59", " 10:11:12.123456", " 10:11:12.1234567", " 24:00:00", " 10:60:00",
     " 10:11", "T10:11:12", "  10:11:12", "", " x", " 10:11:12Z", " 10:11:12-03:00", " 3:05:00 PM"]
)  # fmt: skip
TEXTS = st.one_of(st.none(), st.just("2026-05-03 10:11:12"), st.builds("{}{}".format, DAYS, TIMES))


@given(texts=st.lists(TEXTS, max_size=8))
@settings(deadline=None, max_examples=300)
def test_parse_instants__texts_in_any_company__are_read_as_by_the_careful_way(
    texts: list[str | None],
) -> None:
    column = pa.array(texts, pa.string())
    found = parse_instants(column, "America/Sao_Paulo")
    careful = clocks._parse_carefully(column, "America/Sao_Paulo", "ymd")
    for name in ("micros", "is_valid", "is_ambiguous", "is_shifted"):
        assert getattr(found, name).tolist() == getattr(careful, name).tolist(), name
