"""Numbers with a point as doubles: `Settings(decimal_literals="double")`.

Expected rows and types are a Trino 476's, for the same statements with the exponent E0 written
after every such number, which makes it a double there.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from local_athena.catalog import Catalog
from local_athena.engine import Engine

from .conftest import Lake

ANSWERS = (
    ("select 1/0.0, 0/0.0, typeof(0.0)", "double double varchar", ["Infinity", "NaN", "double"]),
    (
        "select 0.1 + 0.2, -1.50, 10.0 / 4, 7 % 2.5",
        "double double double double",
        ["0.30000000000000004", "-1.5", "2.5", "2.0"],
    ),
    (
        "select typeof(1.), typeof(.5), typeof(-0.5), typeof(decimal '0.5')",
        "varchar varchar varchar varchar",
        ["double", "double", "double", "decimal(1,1)"],
    ),
    ("select typeof(0.5 * decimal '2.0')", "varchar", ["double"]),
    (
        "select sum(x), avg(x), max(x) from (values 0.1, 0.2, 0.7) t (x)",
        "double double double",
        ["1.0", "0.3333333333333333", "0.7"],
    ),
    (
        "select decimal '0.10' = 0.1, decimal '0.3' = 0.1 + 0.2, 0.1 in (decimal '0.1', 2)",
        "boolean boolean boolean",
        ["true", "false", "true"],
    ),
    (
        "select round(2.5), round(-2.345, 2), cast(2.5 as integer), cast(0.1 as decimal(20, 18))",
        "double double integer decimal",
        ["3.0", "-2.35", "3", "0.100000000000000000"],
    ),
    (
        "select case when 1.0 = 1 then 1.25 else 2 end, coalesce(null, 1.5), greatest(1, 2.5)",
        "double double double",
        ["1.25", "1.5", "2.5"],
    ),
    (
        "select array[1.5, 2.7], row(1.5, 'a')",
        "array row",
        ["[1.5, 2.7]", "{field0=1.5, field1=a}"],
    ),
    ("select approx_percentile(x, 0.5) from (values 1, 2, 3) t (x)", "bigint", ["2"]),
    ("select 12345678901234567890123456789012345678901.5", "double", ["1.2345678901234568E40"]),
)
REFUSED = (
    ("select date_add('day', 1.5, date '2020-01-01')", "FUNCTION_NOT_FOUND"),
    ("select 'a' || 1.5", "FUNCTION_NOT_FOUND"),
)


@pytest.fixture
def doubles(lake: Lake) -> Iterator[Lake]:
    """The lake served by an engine that reads decimal literals as doubles."""
    settings = replace(lake.settings, decimal_literals="double")
    catalog: Catalog = lake.catalog
    engine = Engine(lake.store, catalog, settings)
    yield replace(lake, engine=engine, settings=settings)
    engine.close()


@pytest.mark.parametrize(("sql", "types", "row"), ANSWERS)
def test_double_literals__answer_as_trinos_doubles(
    doubles: Lake, sql: str, types: str, row: list[str]
) -> None:
    outcome = doubles.run(sql)
    assert [column.type for column in outcome.columns] == types.split()
    assert doubles.rows(sql) == [row]


@pytest.mark.parametrize(("sql", "name"), REFUSED)
def test_double_literals__are_refused_where_doubles_are(doubles: Lake, sql: str, name: str) -> None:
    assert doubles.fails(sql).name == name


def test_double_literals__in_parameters_prepared_statements_and_views(doubles: Lake) -> None:
    assert doubles.rows("select typeof(?)", parameters=["0.5"]) == [["double"]]
    doubles.run("prepare p from select typeof(?), typeof(1.5)")
    assert doubles.rows("execute p using 0.5") == [["double", "double"]]
    doubles.run("create view v as select 0.5 as half")
    assert doubles.rows("select typeof(half), half from v") == [["double", "0.5"]]


def test_default__decimal_literals_are_decimals(lake: Lake) -> None:
    assert lake.rows("select typeof(0.1), typeof(-0.1)") == [["decimal(1,1)", "decimal(1,1)"]]
    assert lake.fails("select 1/0.0").name == "DIVISION_BY_ZERO"
