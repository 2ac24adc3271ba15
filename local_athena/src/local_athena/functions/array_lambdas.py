"""Functions of arrays that take a lambda, and those of vectors.

Measured on DuckDB 1.5.5: list_reduce wants one type for state and items; any/all match skip NULLs.
A lambda arrives as the text `lambda x, y: body`; where DuckDB's own shape differs, its parameters
are bound to other texts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from local_athena.functions.lambdas import bind, parameters, reduce_text
from local_athena.functions.text import fail, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call, LambdaOf
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import Type

Writer = Callable[[Call, Sequence[str]], str]


def sort_by(call: Call, arguments: Sequence[str], type_: Type) -> str:
    """With a comparator: insertion sort as a fold, each element put before the first that it
    precedes (stable; quadratic, as arrays are small)."""
    left, right, body = parameters(arguments[1])
    kind = duckdb_type(type_)
    wrong = fail(
        "INVALID_FUNCTION_ARGUMENT", text("Lambda comparator must return either -1, 0, or 1")
    )
    before = let(
        [bind(body, {left: "rb.e", right: "si.e"})],
        lambda c: f"(CASE WHEN {c} IN (-1, 0, 1) THEN {c} ELSE {wrong} END)",
    )
    state = f"STRUCT(e {kind})[]"
    place = f"list_filter(ra.s, lambda si: {before} >= 0)"
    after = f"list_filter(ra.s, lambda si: {before} < 0)"
    inner = f"list_concat(list_concat({place}, [{{'e': rb.e}}]), {after})"
    items = arguments[0]
    head = f"{{'s': CAST([] AS {state}), 'e': CAST(NULL AS {kind})}}"
    rest = f"list_transform({items}, lambda ri: {{'s': CAST(NULL AS {state}), 'e': ri}})"
    fold = (
        f"list_reduce(list_concat([{head}], {rest}), "
        f"lambda ra, rb: {{'s': {inner}, 'e': CAST(NULL AS {kind})}})"
    )
    # `before` says how rb compares with each si: those not greater than rb stand in front
    return let(
        [items],
        lambda a: (
            f"(CASE WHEN {a} IS NOT NULL THEN "
            f"list_transform({fold.replace(items, a)}.s, lambda so: so.e) END)"
        ),
    )


def _transform(call: Call, arguments: Sequence[str]) -> str:
    return f"list_transform({arguments[0]}, {arguments[1]})"


def _filter(call: Call, arguments: Sequence[str]) -> str:
    return f"list_filter({arguments[0]}, {arguments[1]})"


def _match(kind: str) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        tests = f"list_transform({arguments[0]}, {arguments[1]})"
        decided, default = {
            "any": ("TRUE", "FALSE"),
            "all": ("FALSE", "TRUE"),
            "none": ("TRUE", "TRUE"),
        }[kind]
        result = "FALSE" if kind == "none" else decided
        return let(
            [tests],
            lambda t: (
                f"(CASE WHEN {t} IS NULL THEN NULL "
                f"WHEN list_contains({t}, {decided}) THEN {result} "
                f"WHEN list_count({t}) < len({t}) THEN NULL ELSE {default} END)"
            ),
        )

    return write


def _reduce(call: Call, arguments: Sequence[str]) -> str:
    step = call.arguments[2]
    if not isinstance(step, LambdaOf):
        raise SqlError("NOT_SUPPORTED", "reduce with a function that is no lambda")
    state_type, item_type = step.parameters[0].type, step.parameters[1].type
    state_name, item_name, body = parameters(arguments[2])
    start = arguments[1]
    folded = reduce_text(
        "{a}", start, state_name, item_name, body, duckdb_type(state_type), duckdb_type(item_type)
    )
    final_name, _, final = arguments[3].removeprefix("lambda ").partition(": ")

    def finish(state: str) -> str:
        return bind(final, {final_name.strip(): state})

    def whole(a: str) -> str:
        made = let([folded.replace("{a}", a)], finish)
        return f"(CASE WHEN {a} IS NULL THEN NULL ELSE {made} END)"

    return let([arguments[0]], whole)


def _zip_with(call: Call, arguments: Sequence[str]) -> str:
    left, right, body = parameters(arguments[2])

    def made(a: str, b: str) -> str:
        inner = bind(body, {left: f"{a}[iz]", right: f"{b}[iz]"})
        return (
            f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL ELSE "
            f"list_transform(range(1, greatest(len({a}), len({b})) + 1), lambda iz: {inner}) END)"
        )

    return let([arguments[0], arguments[1]], made)


def _vector(name: str, function: Callable[..., Any]) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        kinds = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(name, function, arguments, kinds, duckdb_type(call.type))

    return write


def _pairs(left: list[Any], right: list[Any]) -> list[tuple[Any, Any]]:
    if len(left) != len(right):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "The arguments must have the same length")
    return list(zip(_numbers(left), _numbers(right), strict=True))


def _numbers(items: list[Any]) -> list[Any]:
    """A missing number counts as 0."""
    return [0.0 if item is None else item for item in items]


def _dot(left: list[Any], right: list[Any]) -> float:
    return float(sum(a * b for a, b in _pairs(left, right)))


def _euclidean(left: list[Any], right: list[Any]) -> float:
    return float(sum((a - b) ** 2 for a, b in _pairs(left, right)) ** 0.5)


def _length(numbers: Iterable[Any]) -> float:
    return math.sqrt(sum(number * number for number in numbers))


def _cosine(left: Any, right: Any) -> float | None:
    if any(isinstance(item, tuple) for item in (*left, *right)):
        return _sparse_cosine(dict(left), dict(right))
    dot = _dot(left, right)
    if None in left or None in right:
        return None
    size = _length(_numbers(left)) * _length(_numbers(right))
    if size == 0:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Vector magnitude cannot be zero")
    return dot / size


def _sparse_cosine(left: dict[Any, Any], right: dict[Any, Any]) -> float | None:
    """Vectors as maps of their parts; NULL where a part is."""
    if None in left.values() or None in right.values():
        return None
    dot = sum(left[key] * right[key] for key in left if key in right)
    size = _length(left.values()) * _length(right.values())
    if size == 0:
        return math.nan
    return float(dot / size)


def _cosine_distance(left: Any, right: Any) -> float | None:
    similarity = _cosine(left, right)
    return None if similarity is None else 1 - similarity


SCALARS = {
    "transform": _transform,
    "filter": _filter,
    "any_match": _match("any"),
    "all_match": _match("all"),
    "none_match": _match("none"),
    "reduce": _reduce,
    "zip_with": _zip_with,
    "dot_product": _vector("dot_product", _dot),
    "euclidean_distance": _vector("euclidean", _euclidean),
    "cosine_similarity": _vector("cosine_similarity", _cosine),
    "cosine_distance": _vector("cosine_distance", _cosine_distance),
}
