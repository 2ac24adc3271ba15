"""Laws of domains: set algebra agrees with membership; functions' preimages lose no value."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from local_athena.sql import types as t
from local_athena.sql.pruning import preimages
from local_athena.sql.pruning.domains import Domain, Range, from_ranges

_NUMBERS = st.integers(-6, 6)
_VALUES = [None, *(n / 2 for n in range(-16, 17))]


@st.composite
def _ranges(draw: st.DrawFn) -> Range:
    ends = st.one_of(st.none(), _NUMBERS)
    return Range(draw(ends), draw(ends), draw(st.booleans()), draw(st.booleans()))


_DOMAINS = st.builds(from_ranges, st.lists(_ranges(), max_size=4), st.booleans())


@given(_DOMAINS, _DOMAINS)
def test_domain__union_and_intersection__agree_with_membership(one: Domain, two: Domain) -> None:
    for value in _VALUES:
        inside = (one.admits(value), two.admits(value))
        assert one.union(two).admits(value) == any(inside)
        assert one.intersect(two).admits(value) == all(inside)


@given(_DOMAINS)
def test_domain__complement__holds_the_other_values_without_null(domain: Domain) -> None:
    other = domain.complement()
    assert not other.null
    for value in _VALUES[1:]:
        assert other.admits(value) != domain.admits(value)


@given(_DOMAINS)
def test_domain__ranges__are_in_order_and_do_not_touch(domain: Domain) -> None:
    for left, right in zip(domain.ranges, domain.ranges[1:], strict=False):
        assert left.high < right.low or (
            left.high == right.low and not (left.high_inclusive or right.low_inclusive)
        )


@given(_DOMAINS, _NUMBERS, _NUMBERS, st.booleans())
def test_domain__overlap__is_missed_only_where_no_value_lies(
    domain: Domain, one: int, other: int, null: bool
) -> None:
    low, high = sorted((one, other))
    found = any(domain.admits(v) for v in _VALUES[1:] if v is not None and low <= v <= high)
    if found or (null and domain.null):
        assert domain.overlaps(low, high, null)


_BASE = datetime(2026, 1, 1)  # noqa: DTZ001
_INSTANTS = st.integers(0, 4 * 86_400).map(lambda n: _BASE + timedelta(seconds=n))
_DAYS = st.integers(-2, 6).map(lambda n: _BASE.date() + timedelta(days=n))
_ENDS = st.tuples(st.booleans(), st.booleans())


def _between(low: object, high: object, ends: tuple[bool, bool]) -> Domain:
    return from_ranges([Range(low, high, *ends)], False)


@given(_INSTANTS, _DAYS, _DAYS, _ENDS)
def test_of_cast__timestamp_to_date__keeps_every_value(
    value: datetime, low: date, high: date, ends: tuple[bool, bool]
) -> None:
    domain = _between(low, high, ends)
    found = preimages.of_cast(t.timestamp(3), t.DATE, domain)
    assert found is not None
    if domain.admits(value.date()):
        assert found.admits(value)


@given(_DAYS, _INSTANTS, _INSTANTS, _ENDS)
def test_of_cast__date_to_timestamp__is_exact(
    value: date, low: datetime, high: datetime, ends: tuple[bool, bool]
) -> None:
    domain = _between(low, high, ends)
    found = preimages.of_cast(t.DATE, t.timestamp(3), domain)
    assert found is not None
    midnight = datetime(value.year, value.month, value.day)  # noqa: DTZ001
    assert found.admits(value) == domain.admits(midnight)


@given(st.integers(-9, 9), st.floats(-9, 9), st.floats(-9, 9), _ENDS)
def test_of_cast__integer_to_double__is_exact(
    value: int, low: float, high: float, ends: tuple[bool, bool]
) -> None:
    domain = _between(low, high, ends)
    found = preimages.of_cast(t.BIGINT, t.DOUBLE, domain)
    assert found is not None
    assert found.admits(value) == domain.admits(float(value))


@given(st.text("abé\U0010ffff", max_size=4), st.text("abé\U0010ffff", max_size=3))
def test_after_prefix__text__is_above_all_that_begin_so(text: str, prefix: str) -> None:
    after = preimages.after_prefix(prefix)
    if after is None:
        assert set(prefix) <= {"\U0010ffff"}
    else:
        assert prefix + text < after
        assert not after.startswith(prefix) or not prefix
