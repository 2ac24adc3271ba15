"""Expected values: the examples of the Athena user guide on partition projection, and by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest
from local_athena.catalog import Column, Table
from local_athena.catalog.domain import Span, Values
from local_athena.catalog.projection import escape, project
from local_athena.errors import ProjectionError

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)


def table(keys: dict[str, str], **parameters: str) -> Table:
    """A projected table; parameter names have `__` for the dots behind `projection`."""
    settings = {f"projection.{key.replace('__', '.')}": text for key, text in parameters.items()}
    return Table(
        "db",
        "t",
        partition_keys=tuple(Column(name, kind) for name, kind in keys.items()),
        location="s3://bucket/t",
        parameters={"projection.enabled": "true", **settings},
    )


def values(projected: Table, **domains: Any) -> list[str]:
    return ["/".join(part.values) for part in project(projected, domains, NOW)]


def test_project__enum__lists_values_in_order() -> None:
    t = table({"region": "string"}, region__type="enum", region__values="us,br,ca")
    assert values(t) == ["us", "br", "ca"]
    assert values(t, region=Values(frozenset({"ca", "xx"}))) == ["ca"]
    assert values(t, region=Span(low="br", high="ca")) == ["br", "ca"]


def test_project__enum__blanks_are_part_of_a_value() -> None:
    # "Supported types for partition projection", "Enum type"
    t = table({"region": "string"}, region__type="enum", region__values="us, br")
    assert values(t) == ["us", " br"]


def test_project__integer_with_digits__pads() -> None:
    # the user guide: range 0,9 with digits 2 gives 00, 01, ... 09
    t = table({"n": "string"}, n__type="integer", n__range="0,9", n__digits="2")
    assert values(t) == [f"0{n}" for n in range(10)]
    assert values(t, n=Values(frozenset({"07", "7"}))) == ["07"]


def test_project__integer_column__compares_by_value() -> None:
    t = table({"n": "int"}, n__type="integer", n__range="8,12", n__interval="2", n__digits="3")
    assert values(t, n=Values(frozenset({"10", "11"}))) == ["010"]
    assert values(t, n=Span(low="9")) == ["010", "012"]


def test_project__text_column_with_unpadded_integers__compares_by_text() -> None:
    t = table({"n": "string"}, n__type="integer", n__range="8,11")
    assert values(t, n=Span(low="10", high="8")) == ["8", "10", "11"]


def test_project__date_until_now__includes_today() -> None:
    t = table({"day": "string"}, day__type="date", day__range="2026-02-27,NOW",
              day__format="yyyy-MM-dd")  # fmt: skip
    assert values(t) == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]


def test_project__date_relative_to_now__counts_back() -> None:
    t = table({"day": "date"}, day__type="date", day__range="NOW-2DAYS,NOW+1DAY",
              day__format="yyyy-MM-dd")  # fmt: skip
    assert values(t) == ["2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"]


def test_project__months__default_interval_is_a_month() -> None:
    t = table({"m": "string"}, m__type="date", m__range="2025-11,2026-02", m__format="yyyy-MM")
    assert values(t) == ["2025-11", "2025-12", "2026-01", "2026-02"]


def test_project__hours_with_slashes__narrows_by_text() -> None:
    t = table({"h": "string"}, h__type="date", h__range="2020/01/01/00,2026/01/01/00",
              h__format="yyyy/MM/dd/HH", h__interval="6", h__interval__unit="HOURS")  # fmt: skip
    assert values(t, h=Span(low="2025/12/31", high="2025/12/31/12")) == [
        "2025/12/31/00",
        "2025/12/31/06",
        "2025/12/31/12",
    ]


def test_project__day_first_format__filters_by_text_not_by_bisection() -> None:
    t = table({"d": "string"}, d__type="date", d__range="30-01-2026,02-02-2026",
              d__format="dd-MM-yyyy")  # fmt: skip
    assert values(t, d=Span(high="02")) == ["01-02-2026"]


def test_project__seconds_of_years_with_an_hour__stays_cheap() -> None:
    t = table({"s": "string"}, s__type="date", s__range="2000-01-01 00:00:00,NOW",
              s__format="yyyy-MM-dd HH:mm:ss", s__interval="1", s__interval__unit="SECONDS"
              )  # fmt: skip
    found = values(t, s=Span(low="2026-01-01 00:00:00", high="2026-01-01 00:59:59"))
    assert len(found) == 3600
    with pytest.raises(ProjectionError, match="limit"):
        values(t)


def test_project__injected__needs_values() -> None:
    t = table({"id": "string"}, id__type="injected")
    assert values(t, id=Values(frozenset({"b", "a"}))) == ["a", "b"]
    with pytest.raises(ProjectionError, match="static equality conditions"):
        values(t)


def test_project__two_columns__multiplies_and_locates() -> None:
    t = table(
        {"region": "string", "year": "int"},
        region__type="enum",
        region__values="us,br",
        year__type="integer",
        year__range="2025,2026",
    )
    assert [part.location for part in project(t, {}, NOW)] == [
        "s3://bucket/t/region=us/year=2025/",
        "s3://bucket/t/region=us/year=2026/",
        "s3://bucket/t/region=br/year=2025/",
        "s3://bucket/t/region=br/year=2026/",
    ]


def test_project__template__fills_it() -> None:
    t = table({"day": "string"}, day__type="enum", day__values="2026/01/02")
    t.parameters["storage.location.template"] = "s3://logs/${day}/"  # type: ignore[index]
    assert [part.location for part in project(t, {}, NOW)] == ["s3://logs/2026/01/02/"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "missing projection configuration: .n."),
        ({"n__type": "list"}, "'list' is none of"),
        ({"n__type": "integer"}, "projection.n.range: it is missing"),
        ({"n__type": "integer", "n__range": "1"}, "two values"),
        ({"n__type": "integer", "n__range": "9,1"}, "1 is less than 9"),
        ({"n__type": "date", "n__range": "2020,2021", "n__format": "yyyy"}, "n.interval: it is"),
        ({"n__type": "date", "n__range": "x,NOW", "n__format": "yyyy-MM-dd"}, "'x' is neither"),
        ({"n__type": "date", "n__range": "x,NOW", "n__format": "QQ"}, "'QQ' is not supported"),
    ],
)
def test_project__wrong_parameters__names_the_parameter(
    parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(ProjectionError, match=message):
        values(table({"n": "string"}, **parameters))


def test_escape__characters_of_a_path__as_hive_writes_them() -> None:
    # org.apache.hadoop.hive.common.FileUtils: a colon is %3A, a slash %2F, a blank stays
    assert escape("2026-01-01 10:00/x") == "2026-01-01 10%3A00%2Fx"
