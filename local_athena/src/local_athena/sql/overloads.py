"""Which overload a call means, by the rules of Trino's FunctionBinder and SignatureBinder.

First the overloads without type variables are tried as they are, then the generic ones, then all of
them with implicit coercions. Among several that fit with coercions the most specific wins: the one
whose bound arguments every other could take too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from local_athena.sql import types as t
from local_athena.sql.coercion import (
    as_base,
    can_coerce,
    common_super_type,
    is_comparable,
    is_orderable,
)
from local_athena.sql.computed_types import Numbers, compute
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import At
from local_athena.sql.signatures import Part, Pattern, Signature, Variable, signatures_of
from local_athena.sql.types import Field, Type, display


@dataclass(frozen=True, slots=True)
class LambdaArgument:
    """A lambda in a call: it has no type until its parameters have."""

    parameter_count: int
    result_type: Callable[[tuple[Type, ...]], Type]
    at: At


Actual = Type | LambdaArgument


@dataclass(frozen=True, slots=True)
class Resolved:
    """The chosen overload: what its arguments must be coerced to, and its result's type."""

    signature: Signature
    arguments: tuple[Type, ...]
    result: Type


@dataclass(slots=True)
class _Bindings:
    """What the variables of a signature stand for so far."""

    types: dict[str, Type] = field(default_factory=dict)
    numbers: Numbers = field(default_factory=dict)


def resolve(name: str, actuals: Sequence[Actual], at: At, shown: str | None = None) -> Resolved:
    """Choose the overload of the lower-case `name` for arguments of these types.

    Raises:
        SqlError: FUNCTION_NOT_FOUND, AMBIGUOUS_FUNCTION_CALL at `at`; INVALID_PARAMETER_USAGE and
            whatever a lambda's body raises.
    """
    types = tuple(actual for actual in actuals if isinstance(actual, Type))
    try:
        if len(types) == len(actuals):
            return _resolve_types(name, types, shown or name)
        return _choose(name, tuple(actuals), shown or name)
    except SqlError as error:
        if error.at is not None:
            raise
        raise SqlError(error.name, error.message, at) from None


@lru_cache(maxsize=8192)
def _resolve_types(name: str, types: tuple[Type, ...], shown: str) -> Resolved:
    return _choose(name, types, shown)


def _choose(name: str, actuals: tuple[Actual, ...], shown: str) -> Resolved:
    overloads = signatures_of(name)
    if not overloads:
        raise SqlError("FUNCTION_NOT_FOUND", f"Function '{shown}' not registered")
    problems: list[SqlError] = []
    plain = [signature for signature in overloads if not signature.constraints]
    generic = [signature for signature in overloads if signature.constraints]
    fitting = (
        _fitting(plain, actuals, False, problems)
        or _fitting(generic, actuals, False, problems)
        or _most_specific(_fitting(overloads, actuals, True, problems), actuals)
    )
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise SqlError("AMBIGUOUS_FUNCTION_CALL", ambiguity(fitting))
    if problems:
        raise problems[-1]
    given = ", ".join(display(a) if isinstance(a, Type) else "<function>" for a in actuals)
    expected = ", ".join(sorted(signature.text for signature in overloads))
    raise SqlError(
        "FUNCTION_NOT_FOUND",
        f"Unexpected parameters ({given}) for function {shown}. Expected: {expected}",
    )


def ambiguity(candidates: Sequence[Resolved]) -> str:
    """Trino's text for a call that several overloads fit equally well."""
    listed = "".join(
        f"\t * ({','.join(display(a) for a in each.arguments)}):{display(each.result)}\n"
        for each in candidates
    )
    return (
        "Could not choose a best candidate operator. Explicit type casts must be added.\n"
        f"Candidates are:\n{listed}"
    )


def _fitting(
    signatures: Sequence[Signature],
    actuals: tuple[Actual, ...],
    coercing: bool,
    problems: list[SqlError],
) -> list[Resolved]:
    """The signatures that take the arguments. What a lambda's body raised goes to `problems`."""
    found: list[Resolved] = []
    for signature in signatures:
        try:
            bound = _bind(signature, actuals, coercing)
        except SqlError as error:
            problems.append(error)
            continue
        if bound is not None:
            found.append(bound)
    return found


def _bind(signature: Signature, actuals: tuple[Actual, ...], coercing: bool) -> Resolved | None:
    formals = signature.formals(len(actuals))
    if formals is None:
        return None
    bindings = _Bindings()
    lambdas: list[tuple[Pattern, LambdaArgument]] = []
    for formal, actual in zip(formals, actuals, strict=True):
        is_function = isinstance(formal, Pattern) and formal.base == "function"
        if isinstance(actual, LambdaArgument):
            if not (is_function and isinstance(formal, Pattern)):
                return None
            lambdas.append((formal, actual))
        elif is_function or not _unify(formal, actual, bindings, coercing):
            return None
    if not _solve_lambdas(lambdas, bindings, coercing):
        return None
    if not _satisfied(signature, bindings):
        return None
    arguments = tuple(_substitute(formal, bindings) for formal in formals)
    for actual, argument in zip(actuals, arguments, strict=True):
        if not isinstance(actual, Type) or actual == argument:
            continue
        if not coercing or not can_coerce(actual, argument):
            return None
    bases = tuple(argument.base for argument in arguments)
    bindings.numbers = compute(signature.name, bases, bindings.numbers)
    return Resolved(signature, arguments, _substitute(signature.result, bindings))


def _solve_lambdas(
    lambdas: list[tuple[Pattern, LambdaArgument]], bindings: _Bindings, coercing: bool
) -> bool:
    """Type the lambdas' bodies until the variables stay: a reduce's state may widen on the way.

    What a body gives is not coerced: it must be of the declared type itself.
    """
    for _ in range(4 if lambdas else 0):
        before = dict(bindings.types)
        results: list[tuple[Part, Type]] = []
        for formal, actual in lambdas:
            parameters = tuple(_substitute(part, bindings) for part in _inner(formal)[:-1])
            if len(parameters) != actual.parameter_count:
                raise SqlError(
                    "INVALID_PARAMETER_USAGE",
                    f"Expected a lambda that takes {len(parameters)} argument(s) "
                    f"but got {actual.parameter_count}",
                    actual.at,
                )
            result = actual.result_type(parameters)
            results.append((_inner(formal)[-1], result))
            if not _unify(_inner(formal)[-1], result, bindings, coercing):
                return False
        if bindings.types == before:
            return all(_substitute(declared, bindings) == result for declared, result in results)
    return True


def _inner(pattern: Pattern) -> list[Part]:
    return [part for part in pattern.arguments if isinstance(part, Type | Pattern | Variable)]


def _unify(formal: Part, actual: Type, bindings: _Bindings, coercing: bool) -> bool:
    """Make the formal's variables fit `actual`; False when they cannot."""
    if isinstance(formal, Type):
        return actual == formal or (coercing and can_coerce(actual, formal))
    if isinstance(formal, Variable):
        bound = bindings.types.get(formal.name)
        if bound is None or bound == actual:
            bindings.types[formal.name] = actual
            return True
        common = common_super_type(bound, actual) if coercing else None
        if common is None:
            return False
        bindings.types[formal.name] = common
        return True
    if formal.base in ("array", "map", "row", "qdigest", "function"):
        return _unify_inside(formal, actual, bindings, coercing)
    seen = actual if actual.base == formal.base else None
    if seen is None and coercing:
        seen = as_base(actual, formal.base)
    if seen is None:
        return False
    if formal.base == "decimal":
        return _unify_decimal(formal, seen, bindings, coercing)
    variable, length = str(formal.arguments[0]), t.number_of(seen)
    if variable in bindings.numbers and bindings.numbers[variable] != length:
        if not coercing:
            return False
        bound_length = bindings.numbers[variable]
        length = None if length is None or bound_length is None else max(length, bound_length)
    bindings.numbers[variable] = length
    return True


def _unify_inside(formal: Pattern, actual: Type, bindings: _Bindings, coercing: bool) -> bool:
    parts = _inner(formal)
    if actual.base == "unknown" and coercing:
        return all(_unify(part, t.UNKNOWN, bindings, coercing) for part in parts)
    if actual.base != formal.base or len(actual.arguments) != len(parts):
        return False
    return all(
        _unify(part, inner.type if isinstance(inner, Field) else inner, bindings, coercing)
        for part, inner in zip(parts, actual.arguments, strict=True)
        if isinstance(inner, Type | Field)
    )


def _unify_decimal(formal: Pattern, seen: Type, bindings: _Bindings, coercing: bool) -> bool:
    names = [a for a in formal.arguments if isinstance(a, str)]
    precision, scale = t.decimal_size(seen)
    bound = [bindings.numbers.get(name) for name in names]
    if bound[0] is not None and bound[1] is not None and (bound[0], bound[1]) != (precision, scale):
        common = common_super_type(t.decimal(bound[0], bound[1]), seen) if coercing else None
        if common is None:
            return False
        precision, scale = t.decimal_size(common)
    bindings.numbers[names[0]], bindings.numbers[names[1]] = precision, scale
    return True


def _satisfied(signature: Signature, bindings: _Bindings) -> bool:
    for name, demand in signature.constraints.items():
        type_ = bindings.types.get(name)
        if type_ is None or demand is None:
            continue
        if not (is_orderable(type_) if demand == "orderable" else is_comparable(type_)):
            return False
    return True


def _substitute(part: Part, bindings: _Bindings) -> Type:
    if isinstance(part, Type):
        return part
    if isinstance(part, Variable):
        return bindings.types.get(part.name, t.UNKNOWN)
    if part.base == "row":
        inner = [_substitute(each, bindings) for each in _inner(part)]
        return t.row(*(Field(label, each) for label, each in zip(part.labels, inner, strict=True)))
    arguments: list[int | Type | None] = []
    for argument in part.arguments:
        if isinstance(argument, str):
            arguments.append(bindings.numbers.get(argument))
        elif isinstance(argument, int):
            arguments.append(argument)
        else:
            arguments.append(_substitute(argument, bindings))
    return Type(part.base, tuple(arguments))


def _most_specific(fitting: list[Resolved], actuals: tuple[Actual, ...]) -> list[Resolved]:
    """Those whose arguments every other could take; when NULLs leave several, the one that casts
    only the NULLs, or any of them when it makes no difference."""
    if len(fitting) < 2:
        return fitting
    representatives: list[Resolved] = []
    for current in fitting:
        kept: list[Resolved] = []
        beaten = False
        for other in representatives:
            if _fits_in(other, current, actuals):
                beaten = True
                kept.append(other)
            elif not _fits_in(current, other, actuals):
                kept.append(other)
        representatives = kept if beaten else [*kept, current]
    if len(representatives) < 2 or t.UNKNOWN not in actuals:
        return representatives
    only_nulls = [
        each
        for each in representatives
        if all(a in (t.UNKNOWN, b) for a, b in zip(actuals, each.arguments, strict=True))
    ]
    representatives = only_nulls or representatives
    if len({each.result for each in representatives}) == 1:
        return representatives[:1]
    return representatives


def _fits_in(left: Resolved, right: Resolved, actuals: tuple[Actual, ...]) -> bool:
    """Whether the right's signature takes the left's arguments, so that the left is more
    specific."""
    passed = tuple(
        actual if isinstance(actual, LambdaArgument) else bound
        for actual, bound in zip(actuals, left.arguments, strict=True)
    )
    try:
        return _bind(right.signature, passed, True) is not None
    except SqlError:
        return False


__all__ = ["Actual", "LambdaArgument", "Resolved", "ambiguity", "resolve"]
