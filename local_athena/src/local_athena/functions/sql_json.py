"""The path language of SQL/JSON: evaluation, lax and strict.

Items are JSON's values as Python's, numbers by Trino's types: a whole one is an `int` (integer or
bigint), one with a fraction of a document a `JsonDouble`, a double a `float`, a decimal a
`Decimal`; what PASSING gives of dates and times is a `Moment`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_athena.functions.java_numbers import read_double
from local_athena.functions.sql_json_numbers import (
    NotComputable,
    absolute,
    arithmetic,
    ceiling,
    floor,
    is_number,
    negated,
    rounded,
)
from local_athena.functions.sql_json_parser import Path


class PathError(Exception):
    """Evaluation failed; what happens then is the function's ON ERROR."""

    def __init__(self, message: str, name: str = "PATH_EVALUATION_ERROR") -> None:
        self.name = name
        self.message = f"path evaluation failed: {message}" if name.startswith("PATH") else message
        super().__init__(self.message)


class JsonDouble(float):
    """A number with a fraction or an exponent, as a document has it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time of SQL: its type's name and its text."""

    base: str
    text: str


_OUTSIDE = object()
EMPTY = object()
"""A variable without any item: NULL passed with FORMAT JSON."""


def evaluate(path: Path, document: Any, variables: dict[str, Any]) -> list[Any]:
    """The items that a path finds.

    Raises:
        PathError: a structural or type error (in lax mode fewer things are).
    """
    return _Evaluator(path.lax, document, variables).run(path.tree, _OUTSIDE, None)


class _Evaluator:
    def __init__(self, lax: bool, root: Any, variables: dict[str, Any]) -> None:
        self.lax = lax
        self.root = root
        self.variables = variables
        self.objects = 0

    def run(self, tree: tuple[Any, ...], current: Any, last: int | None) -> list[Any]:
        kind = tree[0]
        if kind == "root":
            return [self.root]
        if kind == "current":
            if current is _OUTSIDE:
                raise PathError("accessing current filter item with no enclosing filter")
            return [current]
        if kind == "literal":
            return [tree[1]]
        if kind == "last":
            if last is None:
                raise PathError("accessing the last array index with no enclosing array")
            return [last]
        if kind == "variable":
            value = self.variables[tree[1]]
            return [] if value is EMPTY else [value]
        handler = getattr(self, "_" + kind)
        found: list[Any] = handler(tree, current, last)
        return found

    def _unwrapped(self, items: list[Any]) -> list[Any]:
        if not self.lax:
            return items
        flat: list[Any] = []
        for item in items:
            flat.extend(item if isinstance(item, list) else [item])
        return flat

    # ------------------------------------------------------------ accessors

    def _objects(self, tree: Any, current: Any, last: int | None) -> list[dict[str, Any]]:
        found = []
        for item in self._unwrapped(self.run(tree[1], current, last)):
            if isinstance(item, dict):
                found.append(item)
            elif not self.lax:
                raise _wrong_kind("OBJECT", item)
        return found

    def _member(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        found = []
        for item in self._objects(tree, current, last):
            if tree[2] in item:
                found.append(item[tree[2]])
            elif not self.lax:
                raise PathError(f"structural error: missing member '{tree[2]}' in JSON object")
        return found

    def _members(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        return [v for item in self._objects(tree, current, last) for v in item.values()]

    def _descendants(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        found: list[Any] = []
        for item in self.run(tree[1], current, last):
            _collect(item, tree[2], found)
        return found

    def _arrays(self, items: list[Any]) -> list[list[Any]]:
        arrays: list[Any] = []
        for item in items:
            if isinstance(item, list):
                arrays.append(item)
            elif self.lax:
                arrays.append([item])
            else:
                raise _wrong_kind("ARRAY", item)
        return arrays

    def _all(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        return [e for array in self._arrays(self.run(tree[1], current, last)) for e in array]

    def _elements(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        found: list[Any] = []
        for array in self._arrays(self.run(tree[1], current, last)):
            if not array:
                if not self.lax:
                    raise PathError("structural error: invalid array subscript for empty array")
                continue
            for first, end in tree[2]:
                low = self._index(first, current, len(array) - 1)
                high = low if end is None else self._index(end, current, len(array) - 1)
                if not self.lax and not 0 <= low <= high < len(array):
                    raise PathError(
                        f"structural error: invalid array subscript: [{low}, {high}] for array of"
                        f" size {len(array)}"
                    )
                if low <= high and high >= 0:
                    found.extend(array[max(low, 0) : high + 1])
        return found

    def _index(self, tree: Any, current: Any, last: int) -> int:
        items = self.run(tree, current, last)
        if len(items) != 1:
            raise PathError("array subscript 'from' value must be singleton numeric")
        if not is_number(items[0]):
            raise _wrong_kind("NUMBER", items[0])
        if isinstance(items[0], JsonDouble):  # (a document's is cut, SQL's is rounded)
            return int(items[0]) if abs(items[0]) < 2**63 else self._too_long(items[0])
        return int(_computed(rounded, items[0]))

    def _too_long(self, value: float) -> int:
        raise PathError(f"cannot convert value {value} to long")

    def _filter(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        items = self._unwrapped(self.run(tree[1], current, last))
        return [item for item in items if self.test(tree[2], item, last) is True]

    # ------------------------------------------------------------ predicates

    def test(self, tree: Any, current: Any, last: int | None) -> bool | None:
        """A predicate: true, false or unknown (None)."""
        kind = tree[0]
        if kind == "not":
            inner = self.test(tree[1], current, last)
            return None if inner is None else not inner
        if kind == "unknown":
            return self.test(tree[1], current, last) is None
        if kind in ("and", "or"):
            stop: bool = kind == "or"
            first: bool | None = self.test(tree[1], current, last)
            if first is stop:
                return stop
            second: bool | None = self.test(tree[2], current, last)
            if second is stop:
                return stop
            return None if first is None or second is None else not stop
        try:
            if kind == "exists":
                return bool(self.run(tree[1], current, last))
            if kind == "starts":
                texts = self.run(tree[1], current, last)
                return self._starts(texts, self.run(tree[2], current, last))
            left = self._unwrapped(self.run(tree[2], current, last))
            right = self._unwrapped(self.run(tree[3], current, last))
        except PathError:
            return None
        return self._compared(tree[1], left, right)

    def _starts(self, texts: list[Any], prefixes: list[Any]) -> bool | None:
        if len(prefixes) != 1 or not isinstance(prefixes[0], str):
            return None
        found = False
        for item in self._unwrapped(texts):
            if not isinstance(item, str):
                return None
            found = found or item.startswith(prefixes[0])
            if found and self.lax:
                return True
        return found

    def _compared(self, operator: str, left: list[Any], right: list[Any]) -> bool | None:
        """Every item with every other; an error is unknown, in lax mode the first success counts.

        NULL is equal to NULL only, an array or object is comparable with NULL only.
        """
        if not left or not right:
            return False
        first, second = _Kinds(left), _Kinds(right)
        if (first.nested and (second.nested or second.scalars)) or (
            second.nested and first.scalars
        ):
            return None
        found = operator == "==" and first.null and second.null
        if operator in ("!=", "<>"):
            found = (first.null and bool(second.scalars or second.nested)) or (
                second.null and bool(first.scalars or first.nested)
            )
        if found and self.lax:
            return True
        for a in first.scalars:
            for b in second.scalars:
                result = _compare(operator, a, b)
                if result is None:
                    return None
                found = found or result
                if found and self.lax:
                    return True
        return found

    # ------------------------------------------------------------ numbers and methods

    def _binary(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        left = self._unwrapped(self.run(tree[2], current, last))
        right = self._unwrapped(self.run(tree[3], current, last))
        if len(left) != 1 or len(right) != 1:
            raise PathError("arithmetic binary expression requires singleton operands")
        a, b = _numeric(left[0]), _numeric(right[0])
        return [_computed(lambda x: arithmetic(tree[1], x, b), a)]

    def _negate(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        items = self._unwrapped(self.run(tree[1], current, last))
        return [_computed(negated, _numeric(item)) for item in items]

    def _plus(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        return [_numeric(item) for item in self._unwrapped(self.run(tree[1], current, last))]

    def _method(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        name = tree[1]
        items = self.run(tree[2], current, last)
        if name == "type":
            return [_type_name(item) for item in items]
        if name == "size":
            wrong = [item for item in items if not isinstance(item, list)]
            if wrong and not self.lax:
                raise _wrong_kind("ARRAY", wrong[0])
            return [len(item) if isinstance(item, list) else 1 for item in items]
        items = self._unwrapped(items)
        if name == "keyvalue":
            return [pair for item in items for pair in self._pairs(item)]
        if name == "double":
            return [_double(item) for item in items]
        function = {"abs": absolute, "ceiling": ceiling, "floor": floor}[name]
        return [_computed(function, _numeric(item)) for item in items]

    def _pairs(self, item: Any) -> list[dict[str, Any]]:
        if not isinstance(item, dict):
            raise _wrong_kind("OBJECT", item)
        pairs = [{"name": k, "value": v, "id": self.objects} for k, v in item.items()]
        self.objects += 1
        return pairs


class _Kinds:
    """The items of a sequence by what they can be compared with."""

    def __init__(self, items: list[Any]) -> None:
        self.null = any(item is None for item in items)
        self.nested = any(isinstance(item, dict | list) for item in items)
        self.scalars = [i for i in items if i is not None and not isinstance(i, dict | list)]


def _collect(item: Any, name: str, found: list[Any]) -> None:
    if isinstance(item, dict):
        if name in item:
            found.append(item[name])
        for value in item.values():
            _collect(value, name, found)
    elif isinstance(item, list):
        for value in item:
            _collect(value, name, found)


def _computed(function: Callable[[Any], Any], value: Any) -> Any:
    try:
        return function(value)
    except NotComputable as error:
        raise PathError(str(error)) from None


def _wrong_kind(expected: str, item: Any) -> PathError:
    return PathError(f"invalid item type. Expected: {expected}, actual: {kind_of(item)}")


def _numeric(item: Any) -> Any:
    if not is_number(item):
        raise _wrong_kind("NUMBER", item)
    if is_too_long(item):
        raise PathError(f"cannot convert {item} to Trino value (value too big)")
    return item


def is_too_long(item: Any) -> bool:
    """Whether a whole number is beyond bigint: no value of SQL."""
    return isinstance(item, int) and not -(2**63) <= item < 2**63


def _double(item: Any) -> float:
    if isinstance(item, str):
        try:
            return read_double(item)
        except ValueError:
            raise PathError(f"Cannot cast '{item}' to DOUBLE") from None
    if not is_number(item):
        raise _wrong_kind("NUMBER or TEXT", item)
    return float(_numeric(item))


def kind_of(item: Any) -> str:
    """A JSON item's kind, as messages name it."""
    if item is None:
        return "NULL"
    if isinstance(item, bool):
        return "BOOLEAN"
    if is_number(item):
        return "NUMBER"
    if isinstance(item, str):
        return "STRING"
    if isinstance(item, Moment):
        return item.base
    return "ARRAY" if isinstance(item, list) else "OBJECT"


def _type_name(item: Any) -> str:
    if isinstance(item, Moment):
        plain = item.base in ("time", "timestamp")
        return f"{item.base} without time zone" if plain else item.base
    return kind_of(item).lower()


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    if kind_of(left) != kind_of(right):
        return None
    if isinstance(left, Moment):
        left, right = left.text, right.text
    elif is_number(left):
        try:
            left, right = _numeric(left), _numeric(right)
        except PathError:
            return None
        if isinstance(left, float) != isinstance(right, float):
            left, right = float(left), float(right)
    result: bool = {
        "==": left == right,
        "!=": left != right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]
    return result
