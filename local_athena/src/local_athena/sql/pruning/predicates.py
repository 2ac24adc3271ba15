"""From predicates to what columns may be.

`when(predicate, truth)` says what columns may be in the rows for which the predicate is true, or
false; rows for which it is NULL are in neither. What cannot be told is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isnan

from local_athena.sql import bound
from local_athena.sql.bound import BoundExpression, Constant
from local_athena.sql.pruning import preimages
from local_athena.sql.pruning.constants import INTEGERS, UnknownValueError, fold, value_of
from local_athena.sql.pruning.domains import (
    ALL,
    NONE,
    NOT_NULL,
    ONLY_NULL,
    Domain,
    between,
    points,
)
from local_athena.sql.types import BOOLEAN, Type

_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SUPPORTED = frozenset((*INTEGERS, "boolean", "decimal", "varchar", "date"))
_INSTANTS = ("timestamp", "timestamp with time zone")


@dataclass(frozen=True, slots=True)
class Limits:
    """What columns may be, by column id; `never` when no row is possible at all.

    `filters` are predicates that rows obey besides, whole, to be tried on a partition's values.
    """

    domains: Mapping[int, Domain]
    never: bool = False
    filters: tuple[BoundExpression, ...] = ()

    def of(self, column: int) -> Domain:
        """A column's domain."""
        return NONE if self.never else self.domains.get(column, ALL)

    def both(self, other: Limits) -> Limits:
        """What holds for rows that obey both."""
        if self.never or other.never:
            return NEVER
        found = dict(self.domains)
        for column, domain in other.domains.items():
            found[column] = found[column].intersect(domain) if column in found else domain
        checked = _checked(found)
        if checked.never or not (self.filters or other.filters):
            return checked
        return Limits(checked.domains, False, (*self.filters, *other.filters))

    def either(self, other: Limits) -> Limits:
        """What holds for rows that obey one of them."""
        if self.never:
            return other
        if other.never:
            return self
        common = self.domains.keys() & other.domains.keys()
        found = {column: self.domains[column].union(other.domains[column]) for column in common}
        restricted = {column: domain for column, domain in found.items() if not domain.is_all}
        if not (self.filters and other.filters):
            return Limits(restricted)
        sides = (_conjunction(self.filters), _conjunction(other.filters))
        return Limits(restricted, False, (bound.Logical("or", sides, BOOLEAN),))


def _conjunction(filters: tuple[BoundExpression, ...]) -> BoundExpression:
    return filters[0] if len(filters) == 1 else bound.Logical("and", filters, BOOLEAN)


FREE = Limits({})
NEVER = Limits({}, True)


def _checked(domains: Mapping[int, Domain]) -> Limits:
    if any(domain.is_none for domain in domains.values()):
        return NEVER
    return Limits({column: domain for column, domain in domains.items() if not domain.is_all})


def supported(type_: Type) -> bool:
    """Whether columns of the type have domains."""
    if type_.base in _INSTANTS:
        digits = type_.arguments[0]
        return isinstance(digits, int) and digits <= 6
    return type_.base in _SUPPORTED


class Predicates:
    """Reads predicates of one query; `keys` are what its GroupKeys stand for, None if unsure."""

    def __init__(self, keys: Sequence[BoundExpression | None] = ()) -> None:
        self.keys = keys

    def when(self, predicate: BoundExpression, truth: bool) -> Limits:
        """What columns may be where the predicate is `truth`."""
        if isinstance(predicate, bound.Not):
            return self.when(predicate.operand, not truth)
        if isinstance(predicate, bound.Logical):
            parts = (self.when(operand, truth) for operand in predicate.operands)
            return _combined(parts, (predicate.operator == "and") == truth)
        if isinstance(predicate, bound.Comparison):
            return self._comparison(predicate, truth)
        if isinstance(predicate, bound.Between):
            ends = (
                self._compared(">=", predicate.value, predicate.low, truth),
                self._compared("<=", predicate.value, predicate.high, truth),
            )
            return _combined(ends, truth)
        if isinstance(predicate, bound.InList):
            return self._in_list(predicate, truth)
        if isinstance(predicate, bound.IsNull):
            return self.within(predicate.operand, ONLY_NULL if truth else NOT_NULL)
        if isinstance(predicate, bound.Like):
            return self._like(predicate, truth)
        if isinstance(predicate, bound.Call) and predicate.name == "starts_with" and truth:
            prefix = _text(predicate.arguments[1])
            if prefix is not None:
                return self.within(predicate.arguments[0], _prefixed(prefix))
        return self.within(predicate, points((truth,)))

    # ------------------------------------------------------------ comparisons

    def _comparison(self, predicate: bound.Comparison, truth: bool) -> Limits:
        operator, left, right = predicate.operator, predicate.left, predicate.right
        if operator not in _FLIPPED:
            return self._distinct(left, right, (operator == "is distinct from") == truth)
        if fold(right) is None:
            left, right, operator = right, left, _FLIPPED[operator]
        return self._compared(operator, left, right, truth)

    def _compared(
        self, operator: str, value: BoundExpression, other: BoundExpression, truth: bool
    ) -> Limits:
        """`value operator other`, where `other` may be constant."""
        constant = fold(other)
        if constant is None:
            return FREE
        domain = _compared_with(operator if truth else _NEGATED[operator], constant)
        return FREE if domain is None else self.within(value, domain)

    def _distinct(self, left: BoundExpression, right: BoundExpression, distinct: bool) -> Limits:
        constant = fold(right)
        if constant is None:
            left, constant = right, fold(left)
        if constant is None:
            return FREE
        if constant.value is None:
            return self.within(left, NOT_NULL if distinct else ONLY_NULL)
        domain = _compared_with("<>" if distinct else "=", constant)
        return FREE if domain is None else self.within(left, domain.with_null(distinct))

    def _in_list(self, predicate: bound.InList, truth: bool) -> Limits:
        values = []
        for item in predicate.items:
            constant = fold(item)
            if constant is None:
                return FREE
            if constant.value is None:
                if not truth:
                    return NEVER  # NOT IN a list with NULL is never true
                continue
            try:
                value = value_of(constant)
            except UnknownValueError:
                return FREE
            if isinstance(value, float):
                return FREE
            values.append(value)
        domain = points(values)
        return self.within(predicate.value, domain if truth else domain.complement())

    def _like(self, predicate: bound.Like, truth: bool) -> Limits:
        pattern = _text(predicate.pattern)
        escape = "" if predicate.escape is None else _text(predicate.escape)
        if pattern is None or escape is None or len(escape) > 1:
            return FREE
        value = _text(predicate.value)
        if value is not None and not escape:
            return FREE if _is_like(value, pattern) == truth else NEVER
        if not truth:
            return FREE
        prefix = []
        position = 0
        while position < len(pattern) and pattern[position] not in "%_":
            if pattern[position] == escape:
                position += 1
                if pattern[position : position + 1] not in ("%", "_", escape):
                    return FREE  # the statement will fail
            prefix.append(pattern[position])
            position += 1
        text = "".join(prefix)
        domain = _prefixed(text) if position < len(pattern) else points((text,))
        return self.within(predicate.value, domain)

    # ------------------------------------------------------------ expressions

    def within(self, expression: BoundExpression, domain: Domain) -> Limits:
        """What columns may be where the expression lies in the domain."""
        while True:
            if domain.is_all:
                return FREE
            if isinstance(expression, bound.Reference):
                if not supported(expression.type) and domain not in (ONLY_NULL, NOT_NULL):
                    return FREE
                return _checked({expression.column.id: domain})
            if isinstance(expression, bound.GroupKey):
                key = self.keys[expression.index] if expression.index < len(self.keys) else None
                if key is None:
                    return FREE
                expression = key
                continue
            if isinstance(expression, bound.Try) and not domain.null:
                expression = expression.operand
                continue
            step = _step(expression, domain)
            if step is None:
                break
            expression, domain = step
        if isinstance(expression, bound.Coalesce):
            return self._coalesce(expression, domain)
        return _constant(expression, domain)

    def _coalesce(self, expression: bound.Coalesce, domain: Domain) -> Limits:
        """The first operand lies in the domain, or is NULL where the others may do for it."""
        first, rest = expression.operands[0], expression.operands[1:]
        others = any(not _constant(operand, domain).never for operand in rest)
        return self.within(first, domain.with_null(others))


def _constant(expression: BoundExpression, domain: Domain) -> Limits:
    """NEVER for a constant outside of the domain."""
    constant = fold(expression)
    if constant is None:
        return FREE
    if constant.value is None:
        return FREE if domain.null else NEVER
    try:
        value = value_of(constant)
        return FREE if domain.admits(value) else NEVER
    except (UnknownValueError, TypeError):
        return FREE


def _combined(parts: Iterable[Limits], all_of_them: bool) -> Limits:
    """The limits of all parts, or of any; put together in pairs, so that long chains stay cheap."""
    found = list(parts)
    while len(found) > 1:
        pairs = zip(found[::2], found[1::2], strict=False)
        rest = found[-1:] if len(found) % 2 else []
        found = [one.both(other) if all_of_them else one.either(other) for one, other in pairs]
        found += rest
    return found[0] if found else FREE


def _compared_with(operator: str, constant: Constant) -> Domain | None:
    """The values that compare so with a constant; None: cannot be told."""
    if constant.value is None:
        return NONE
    try:
        value = value_of(constant)
    except UnknownValueError:
        return None
    if isinstance(value, float) and isnan(value):
        return None
    return _RANGES[operator](value)


_RANGES: dict[str, Callable[[object], Domain]] = {
    "=": lambda value: points((value,)),
    "<>": lambda value: points((value,)).complement(),
    "<": lambda value: between(None, value, True, False),
    "<=": lambda value: between(None, value),
    ">": lambda value: between(value, None, False),
    ">=": lambda value: between(value, None),
}


def _is_like(value: str, pattern: str) -> bool:
    parts = [{"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern]
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _prefixed(prefix: str) -> Domain:
    if not prefix:
        return NOT_NULL
    return between(prefix, preimages.after_prefix(prefix), True, False)


def _text(expression: BoundExpression) -> str | None:
    constant = fold(expression)
    if constant is None or constant.type.base != "varchar" or constant.value is None:
        return None
    return str(constant.value)


def _step(expression: BoundExpression, domain: Domain) -> tuple[BoundExpression, Domain] | None:
    """The argument of a function that keeps order, and what it may be; None: no such function."""
    inner: Domain | None = None
    operand: BoundExpression | None = None
    if isinstance(expression, bound.Cast):
        if expression.safe and domain.null:
            return None  # NULL may come of a value that cannot be cast
        operand = expression.operand
        inner = preimages.of_cast(operand.type, expression.type, domain)
    elif isinstance(expression, bound.Call):
        operand, inner = _call_step(expression, domain)
    if operand is None or inner is None:
        return None
    return operand, inner


def _call_step(call: bound.Call, domain: Domain) -> tuple[BoundExpression | None, Domain | None]:
    name, arguments = call.name, call.arguments
    if name == "date" and arguments[0].type.base in _INSTANTS:
        return arguments[0], preimages.of_cast(arguments[0].type, call.type, domain)
    if name == "year" and arguments[0].type.base in ("date", *_INSTANTS):
        return arguments[0], preimages.of_year(arguments[0].type, domain)
    if name == "date_trunc" and arguments[1].type.base in ("date", "timestamp"):
        unit = _text(arguments[0])
        if unit is not None:
            return arguments[1], preimages.of_truncation(unit, domain)
    if name in ("substr", "substring") and _is_text_part(arguments):
        start, length = fold(arguments[1]), fold(arguments[2])
        from_first = start is not None and start.value == 1 and length is not None
        if from_first and length is not None and (length.value or 0) > 0:
            return arguments[0], preimages.of_prefix(length.value, domain)
    if name in ("$add", "$subtract"):
        shift = fold(arguments[1])
        if shift is not None and shift.type.base == "interval day to second" and shift.value:
            by = timedelta(milliseconds=shift.value if name == "$add" else -shift.value)
            if call.type.base == "date" and by % timedelta(days=1):
                return None, None
            return arguments[0], preimages.of_shift(by, domain)
    return None, None


def _is_text_part(arguments: Sequence[BoundExpression]) -> bool:
    return len(arguments) == 3 and arguments[0].type.base == "varchar"
