"""Domains that predicates give, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from local_athena.sql.pruning import Domain, Range, ScanNeed
from local_athena.sql.pruning.domains import ALL, NONE, NOT_NULL, ONLY_NULL, between, points

Need = Callable[[str], ScanNeed]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> date:
    return date.fromisoformat(text)


_JUNE_1, _JUNE_2 = _day("2026-06-01"), _day("2026-06-02")

# `now` of the tests is 2026-06-10 12:30 UTC.
_CASES: list[tuple[str, str, Domain]] = [
    # comparisons
    ("p = '2026-01-01'", "p", points(["2026-01-01"])),
    ("'2026-01-01' = p", "p", points(["2026-01-01"])),
    ("k < 3", "k", between(None, 3, True, False)),
    ("3 < k", "k", between(3, None, False)),
    ("k <= 3 and k > 1", "k", between(1, 3, False, True)),
    ("k <> 3", "k", Domain((Range(None, 3, True, False), Range(3, None, False)), False)),
    ("not k = 3", "k", Domain((Range(None, 3, True, False), Range(3, None, False)), False)),
    ("k > 3 or k < 1", "k", Domain((Range(None, 1, True, False), Range(3, None, False)), False)),
    ("k = 1 or k = 2 or k is null", "k", points([1, 2]).with_null(True)),
    ("k between 1 and 3", "k", between(1, 3)),
    (
        "k not between 1 and 3",
        "k",
        Domain((Range(None, 1, True, False), Range(3, None, False)), False),
    ),
    ("k in (5, 1, 1)", "k", points([1, 5])),
    ("k in (5, null)", "k", points([5])),
    (
        "k not in (1, 5)",
        "k",
        Domain(
            (Range(None, 1, True, False), Range(1, 5, False, False), Range(5, None, False)), False
        ),
    ),
    ("k not in (1, null)", "k", NONE),
    ("k = null", "k", NONE),
    ("k is null", "k", ONLY_NULL),
    ("k is not null", "k", NOT_NULL),
    ("not (k is null)", "k", NOT_NULL),
    ("k is not distinct from 3", "k", points([3])),
    ("k is not distinct from null", "k", ONLY_NULL),
    (
        "k is distinct from 3",
        "k",
        Domain((Range(None, 3, True, False), Range(3, None, False)), True),
    ),
    ("b", "b", points([True])),
    ("not b", "b", points([False])),
    ("b = false", "b", points([False])),
    ("k = 1 and k = 2", "k", NONE),
    ("1 = 0", "k", NONE),
    # what cannot be told restricts nothing
    ("k = i", "k", ALL),
    ("k = 1 or s = 'a'", "k", ALL),
    ("k + 1 = 2", "k", ALL),
    ("upper(s) = 'A'", "s", ALL),
    ("x = 1.5E0", "x", ALL),
    ("random() < 0.5", "k", ALL),
    ("k > random()", "k", ALL),
    ("cast(s as date) = date '2026-06-01'", "s", ALL),
    ("try_cast(k as tinyint) is null", "k", ALL),
    ("k in (select k from t)", "b", ALL),
    # numbers of other types
    ("k > 1.5", "k", between(2, None)),
    ("k >= 2.0", "k", between(2, None)),
    ("k > 2.0", "k", between(3, None)),
    ("k = 1.5", "k", NONE),
    ("k < 2.5E0", "k", between(None, 2)),
    ("n = 1", "n", points([Decimal(1)])),
    ("n > 1.2345", "n", between(Decimal("1.2345"), None, False)),
    ("cast(i as bigint) = 7", "i", points([7])),
    # dates and instants
    ("d = date '2026-06-01'", "d", points([_JUNE_1])),
    ("d >= cast('2026-06-01' as date)", "d", between(_JUNE_1, None)),
    ("d > timestamp '2026-06-01 10:00:00'", "d", between(_JUNE_2, None)),
    ("d >= timestamp '2026-06-01 00:00:00'", "d", between(_JUNE_1, None)),
    ("d > timestamp '2026-06-01 00:00:00'", "d", between(_JUNE_2, None)),
    ("d < timestamp '2026-06-02 00:00:00'", "d", between(None, _JUNE_1)),
    ("d >= current_date - interval '9' day", "d", between(_JUNE_1, None)),
    ("d = date_add('day', -8, current_date)", "d", points([_JUNE_2])),
    ("d = date '2026-05-01' + interval '1' month", "d", points([_JUNE_1])),
    ("d = date '2026-03-31' - interval '1' month", "d", points([_day("2026-02-28")])),
    ("d + interval '1' day = date '2026-06-02'", "d", points([_JUNE_1])),
    ("ts >= timestamp '2026-06-01 00:00:00'", "ts", between(_at("2026-06-01"), None)),
    ("ts >= cast(date '2026-06-01' as timestamp)", "ts", between(_at("2026-06-01"), None)),
    ("ts >= date '2026-06-01'", "ts", between(_at("2026-06-01"), None)),
    (
        "ts >= date_add('day', -3, timestamp '2026-06-04 00:00:00')",
        "ts",
        between(_at("2026-06-01"), None),
    ),
    ("ts < current_date", "ts", between(None, _at("2026-06-10"), True, False)),
    (
        "cast(ts as date) = date '2026-06-01'",
        "ts",
        between(_at("2026-06-01"), _at("2026-06-02"), True, False),
    ),
    (
        "date(ts) between date '2026-06-01' and date '2026-06-02'",
        "ts",
        between(_at("2026-06-01"), _at("2026-06-03"), True, False),
    ),
    (
        "date_trunc('month', d) = date '2026-06-01'",
        "d",
        between(_JUNE_1, _day("2026-07-02"), True, False),
    ),
    ("year(d) = 2026", "d", between(_day("2026-01-01"), _day("2026-12-31"))),
    (
        "year(ts) = 2026",
        "ts",
        between(_at("2026-01-01"), _at("2027-01-01"), True, False),
    ),
    ("extract(year from d) >= 2026", "d", between(_day("2026-01-01"), None)),
    # text
    ("s like 'ab%'", "s", between("ab", "ac", True, False)),
    ("s like 'ab'", "s", points(["ab"])),
    ("s like 'a!%b%' escape '!'", "s", between("a%b", "a%c", True, False)),
    ("s like '%ab'", "s", NOT_NULL),
    ("s not like 'ab%'", "s", ALL),
    ("starts_with(s, 'ab')", "s", between("ab", "ac", True, False)),
    ("substr(s, 1, 7) = '2026-06'", "s", between("2026-06", "2026-07", True, False)),
    ("s = 'a' || 'b'", "s", points(["ab"])),
    ("p = 'abc'", "p", points(["abc"])),
    # functions that stand for NULL
    ("coalesce(k, 0) > 5", "k", between(5, None, False)),
    ("coalesce(k, 9) > 5", "k", between(5, None, False).with_null(True)),
    ("coalesce(k, i) = 5", "k", points([5]).with_null(True)),
    ("try(k) = 5", "k", points([5])),
]


@pytest.mark.parametrize(("predicate", "column", "expected"), _CASES)
def test_plan_scans__predicate__gives_the_domain(
    need: Need, predicate: str, column: str, expected: Domain
) -> None:
    found = need(f"select k from t where {predicate}" if "from t)" not in predicate else "table t")
    assert found.domains.get(column, ALL) == expected


def test_need__impossible_predicate__is_empty(need: Need) -> None:
    found = need("select k from t where k = 1 and k = 2")
    assert found.empty
    assert set(found.domains.values()) == {NONE}
