"""Glue's partition expressions; the operators are those of the API reference of GetPartitions."""

import pytest
from local_athena.catalog.expression import compile_expression
from local_athena.errors import ExpressionError

KEYS = [("year", "int"), ("country", "string"), ("day", "date")]
ROWS = [
    ("2025", "br", "2025-12-31"),
    ("2026", "br", "2026-01-01"),
    ("2026", "us", "2026-01-02"),
    ("10000", "o'x", "2026-02-01"),
    ("2026", "__HIVE_DEFAULT_PARTITION__", "2026-03-01"),
]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("year = 2026", [1, 2, 4]),
        ("year = '2026' and country = 'br'", [1]),
        ("year > 2026", [3]),  # by value: as text 10000 would be less
        ("year >= 2026 AND year <> 10000", [1, 2, 4]),
        ("year != 2026", [0, 3]),
        ("country IN ('us', 'xx')", [2]),
        ("country NOT IN ('us')", [0, 1, 3]),  # NULL is never in nor out
        ("country IS NULL", [4]),
        ("country is not null and year = 2026", [1, 2]),
        ("day between '2026-01-01' and '2026-01-31'", [1, 2]),
        ("day >= date '2026-02-01'", [3, 4]),
        ("country LIKE 'b%' OR country like '_s'", [0, 1, 2]),
        ("country = 'o''x'", [3]),
        ("NOT (year = 2026 OR country = 'br')", [3]),
        ("2026 < year", [3]),
        ("`year`=2025", [0]),
        ("(\"country\"='us')", [2]),
        ("year = 2025 or year = 2026 and country = 'us'", [0, 2]),  # AND binds closer
    ],
)
def test_compile_expression__operators__choose_partitions(
    expression: str, wanted: list[int]
) -> None:
    accepts = compile_expression(expression, KEYS)
    assert [index for index, row in enumerate(ROWS) if accepts(row)] == wanted


@pytest.mark.parametrize(
    "expression",
    ["year =", "= 1", "month = 1", "year = 1 AND", "year ~ 1", "(year = 1", "year = 'x'",
     "year NOT = 1", "year IN ()", "lower(country) = 'x'", "x" * 3000],
)  # fmt: skip
def test_compile_expression__not_understood__is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(expression, KEYS)
