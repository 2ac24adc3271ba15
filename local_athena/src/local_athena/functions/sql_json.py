"""The path language of SQL/JSON: parsing and evaluation, lax and strict.

Supported: members (`.a`, `."a b"`, `.*`), elements (`[0]`, `[1, 2 to last]`, `[*]`), methods
(`type size double ceiling floor abs keyvalue`), filters (`?(@.a > 1 && exists(@.b))`), arithmetic,
literals and named variables.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Any

from local_athena.functions.json_text import Number
from local_athena.sql.errors import SqlError


class PathError(Exception):
    """Evaluation failed; what happens then is the function's ON ERROR."""

    def __init__(self, message: str, name: str = "PATH_EVALUATION_ERROR") -> None:
        self.name = name
        self.message = f"path evaluation failed: {message}" if name.startswith("PATH") else message
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path: its mode and its tree of (kind, operands…) tuples."""

    lax: bool
    tree: tuple[Any, ...]


_TOKEN = re.compile(
    r'\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|"(?P<string>(?:[^"]|"")*)"'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<mark>&&|\|\||==|!=|<>|<=|>=|[$@.*\[\](),?<>!+\-/%]))"
)


_NOT_YET = frozenset(("like_regex", "datetime"))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if not found:
                raise self.wrong()
            kind = found.lastgroup or ""
            self.tokens.append((kind, found[kind]))
            at = found.end()
        self.at = 0

    def wrong(self) -> SqlError:
        for kind, value in self.tokens:
            if kind == "name" and value in _NOT_YET:
                return SqlError("NOT_SUPPORTED", f"{value} in JSON path is not yet supported")
        return SqlError("SYNTAX_ERROR", f"mismatched input in JSON path '{self.text}'")

    def peek(self, value: str, ahead: int = 0) -> bool:
        index = self.at + ahead
        return (
            index < len(self.tokens)
            and self.tokens[index][1] == value
            and self.tokens[index][0] in ("mark", "name")
        )

    def take(self, value: str) -> bool:
        if self.peek(value):
            self.at += 1
            return True
        return False

    def need(self, value: str) -> None:
        if not self.take(value):
            raise self.wrong()

    def path(self) -> Path:
        mode = self.next()
        if mode[1].lower() not in ("lax", "strict"):
            raise self.wrong()
        tree = self.sum()
        if self.at < len(self.tokens):
            raise self.wrong()
        return Path(mode[1].lower() == "lax", tree)

    def next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self.wrong()
        self.at += 1
        return self.tokens[self.at - 1]

    def sum(self) -> tuple[Any, ...]:
        tree = self.product()
        while self.peek("+") or self.peek("-"):
            operator = self.next()[1]
            tree = ("binary", operator, tree, self.product())
        return tree

    def product(self) -> tuple[Any, ...]:
        tree = self.unary()
        while self.peek("*") or self.peek("/") or self.peek("%"):
            operator = self.next()[1]
            tree = ("binary", operator, tree, self.unary())
        return tree

    def unary(self) -> tuple[Any, ...]:
        if self.take("-"):
            return ("negate", self.unary())
        if self.take("+"):
            return self.unary()
        return self.steps(self.primary())

    def primary(self) -> tuple[Any, ...]:
        kind, value = self.next()
        if kind == "number":
            return ("literal", int(value) if value.isdigit() else Number(value))
        if kind == "string":
            return ("literal", value.replace('""', '"'))
        if kind == "variable":
            return ("variable", value[1:])
        if value == "$":
            return ("root",)
        if value == "@":
            return ("current",)
        if kind == "name" and value in ("true", "false", "null"):
            return ("literal", {"true": True, "false": False, "null": None}[value])
        if value == "last":
            return ("last",)
        if value == "(":
            tree = self.sum()
            self.need(")")
            return tree
        raise self.wrong()

    def steps(self, tree: tuple[Any, ...]) -> tuple[Any, ...]:
        while True:
            if self.take("."):
                tree = self.member(tree)
            elif self.take("["):
                tree = self.elements(tree)
            elif self.take("?"):
                self.need("(")
                tree = ("filter", tree, self.disjunction())
                self.need(")")
            else:
                return tree

    def member(self, tree: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.take("*"):
            return ("members", tree)
        kind, value = self.next()
        if kind == "name" and self.take("("):
            self.need(")")
            if value not in ("type", "size", "double", "ceiling", "floor", "abs", "keyvalue"):
                raise self.wrong()
            return ("method", value, tree)
        if kind not in ("name", "string"):
            raise self.wrong()
        return ("member", tree, value.replace('""', '"') if kind == "string" else value)

    def elements(self, tree: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.take("*"):
            self.need("]")
            return ("all", tree)
        ranges = []
        while True:
            first = self.sum()
            last = self.sum() if self.take("to") else None
            ranges.append((first, last))
            if not self.take(","):
                break
        self.need("]")
        return ("elements", tree, tuple(ranges))

    def disjunction(self) -> tuple[Any, ...]:
        tree = self.conjunction()
        while self.take("||"):
            tree = ("or", tree, self.conjunction())
        return tree

    def conjunction(self) -> tuple[Any, ...]:
        tree = self.predicate()
        while self.take("&&"):
            tree = ("and", tree, self.predicate())
        return tree

    def predicate(self) -> tuple[Any, ...]:
        if self.take("!"):
            return ("not", self.predicate())
        if self.peek("exists"):
            self.at += 1
            self.need("(")
            tree = self.sum()
            self.need(")")
            return ("exists", tree)
        if self.peek("("):
            start = self.at
            self.at += 1
            try:
                tree = self.disjunction()
                self.need(")")
                return tree
            except SqlError:
                self.at = start
        left = self.sum()
        if self.take("starts"):
            self.need("with")
            return ("starts", left, self.sum())
        operator = self.next()[1]
        if operator not in ("==", "!=", "<>", "<", "<=", ">", ">="):
            raise self.wrong()
        return ("compare", operator, left, self.sum())


@lru_cache(maxsize=512)
def parse_path(text: str) -> Path:
    """A path of SQL/JSON.

    Raises:
        SqlError: SYNTAX_ERROR, NOT_SUPPORTED.
    """
    return _Parser(text).path()


def evaluate(path: Path, document: Any, variables: dict[str, Any]) -> list[Any]:
    """The items that a path finds.

    Raises:
        PathError: a structural or type error (in lax mode fewer things are).
    """
    return _Evaluator(path.lax, document, variables).run(path.tree, None, None)


class _Evaluator:
    def __init__(self, lax: bool, root: Any, variables: dict[str, Any]) -> None:
        self.lax = lax
        self.root = root
        self.variables = variables

    def run(self, tree: tuple[Any, ...], current: Any, last: int | None) -> list[Any]:
        kind = tree[0]
        if kind == "root":
            return [self.root]
        if kind == "current":
            return [current]
        if kind == "literal":
            return [tree[1]]
        if kind == "last":
            if last is None:
                raise PathError("accessing the last array index with no enclosing array")
            return [last]
        if kind == "variable":
            if tree[1] not in self.variables:
                raise PathError(f"no value passed for parameter {tree[1]}")
            return [self.variables[tree[1]]]
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

    def _member(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        found: list[Any] = []
        for item in self._unwrapped(self.run(tree[1], current, last)):
            if isinstance(item, dict):
                if tree[2] in item:
                    found.append(item[tree[2]])
                elif not self.lax:
                    raise PathError(f"structural error: missing member '{tree[2]}' in JSON object")
            elif not self.lax:
                raise PathError(f"invalid item type. Expected: OBJECT, actual: {kind_of(item)}")
        return found

    def _members(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        found: list[Any] = []
        for item in self._unwrapped(self.run(tree[1], current, last)):
            if isinstance(item, dict):
                found.extend(item.values())
            elif not self.lax:
                raise PathError(f"invalid item type. Expected: OBJECT, actual: {kind_of(item)}")
        return found

    def _arrays(self, items: list[Any]) -> list[list[Any]]:
        arrays: list[Any] = []
        for item in items:
            if isinstance(item, list):
                arrays.append(item)
            elif self.lax:
                arrays.append([item])
            else:
                raise PathError(f"invalid item type. Expected: ARRAY, actual: {kind_of(item)}")
        return arrays

    def _all(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        return [e for array in self._arrays(self.run(tree[1], current, last)) for e in array]

    def _elements(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        found: list[Any] = []
        for array in self._arrays(self.run(tree[1], current, last)):
            for first, end in tree[2]:
                low = self._index(first, current, len(array) - 1)
                high = low if end is None else self._index(end, current, len(array) - 1)
                if not self.lax and (low > high or low < 0 or high >= len(array)):
                    raise PathError(
                        f"structural error: invalid array subscript for array of size {len(array)}"
                    )
                found.extend(array[max(low, 0) : high + 1])
        return found

    def _index(self, tree: Any, current: Any, last: int) -> int:
        items = self.run(tree, current, last)
        if len(items) != 1 or isinstance(items[0], bool) or not isinstance(items[0], int | Number):
            raise PathError("array subscript 'from' value must be singleton numeric")
        return int(Decimal(items[0]))

    def _filter(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        items = self._unwrapped(self.run(tree[1], current, last))
        return [item for item in items if self.test(tree[2], item, last) is True]

    def test(self, tree: Any, current: Any, last: int | None) -> bool | None:
        """A predicate: true, false or unknown (None)."""
        kind = tree[0]
        if kind == "not":
            inner = self.test(tree[1], current, last)
            return None if inner is None else not inner
        if kind in ("and", "or"):
            first: bool | None = self.test(tree[1], current, last)
            second: bool | None = self.test(tree[2], current, last)
            stop: bool = kind == "or"
            if first is stop or second is stop:
                return stop
            return None if first is None or second is None else not stop
        try:
            if kind == "exists":
                return bool(self.run(tree[1], current, last))
            if kind == "starts":
                texts = self._unwrapped(self.run(tree[1], current, last))
                prefix = self.run(tree[2], current, last)[0]
                return any(isinstance(t, str) and t.startswith(prefix) for t in texts)
            left = self._unwrapped(self.run(tree[2], current, last))
            right = self._unwrapped(self.run(tree[3], current, last))
        except PathError:
            return None
        results = [_compare(tree[1], a, b) for a in left for b in right]
        if None in results and not (self.lax and True in results):
            return None
        return True in results

    def _binary(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        left = self._one(tree[2], current, last)
        right = self._one(tree[3], current, last)
        if tree[1] in "/%" and right == 0:
            raise PathError("division by zero")
        if tree[1] == "+":
            made = left + right
        elif tree[1] == "-":
            made = left - right
        elif tree[1] == "*":
            made = left * right
        elif tree[1] == "%":
            made = Decimal(math.fmod(left, right)) if left % 1 or right % 1 else left % right
        else:
            made = left / right
        return [_number(made)]

    def _one(self, tree: Any, current: Any, last: int | None) -> Decimal:
        items = self._unwrapped(self.run(tree, current, last))
        if (
            len(items) != 1
            or isinstance(items[0], bool)
            or not isinstance(items[0], int | float | Number)
        ):
            raise PathError("arithmetic binary requires singleton numeric operands")
        return Decimal(str(items[0]))

    def _negate(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        return [_number(-_decimal(i)) for i in self._unwrapped(self.run(tree[1], current, last))]

    def _method(self, tree: Any, current: Any, last: int | None) -> list[Any]:
        name = tree[1]
        items = self.run(tree[2], current, last)
        if name == "type":
            return [kind_of(item).lower() for item in items]
        if name == "size":
            if not self.lax and any(not isinstance(item, list) for item in items):
                raise PathError("invalid item type. Expected: ARRAY")
            return [len(item) if isinstance(item, list) else 1 for item in items]
        items = self._unwrapped(items)
        if name == "keyvalue":
            return [
                {"name": key, "value": value, "id": 0}
                for item in items
                for key, value in _object(item).items()
            ]
        if name == "double":
            return [_double(item) for item in items]
        if name == "abs":
            return [_number(abs(_decimal(item))) for item in items]
        rounding = ROUND_CEILING if name == "ceiling" else ROUND_FLOOR
        return [_number(_decimal(i).to_integral_value(rounding=rounding)) for i in items]


def _object(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise PathError(f"invalid item type. Expected: OBJECT, actual: {kind_of(item)}")
    return item


def _double(item: Any) -> float:
    try:
        if isinstance(item, bool) or not isinstance(item, str | int | float):
            raise ValueError
        return float(item)
    except ValueError:
        raise PathError(
            f"invalid item type. Expected: NUMBER or TEXT, actual: {kind_of(item)}"
        ) from None


def _decimal(item: Any) -> Decimal:
    if isinstance(item, bool) or not isinstance(item, int | float | Number):
        raise PathError(f"invalid item type. Expected: NUMBER, actual: {kind_of(item)}")
    return Decimal(str(item))


def _number(value: Decimal) -> Any:
    return int(value) if value == value.to_integral_value() else Number(format(value, "f"))


def kind_of(item: Any) -> str:
    """A JSON item's type, as the path language names it."""
    if item is None:
        return "NULL"
    if isinstance(item, bool):
        return "BOOLEAN"
    if isinstance(item, int | float | Number):
        return "NUMBER"
    if isinstance(item, str):
        return "STRING"
    return "ARRAY" if isinstance(item, list) else "OBJECT"


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        if operator == "==":
            return left is None and right is None
        if operator in ("!=", "<>"):
            return (left is None) != (right is None)
        return None
    kinds = {kind_of(left), kind_of(right)}
    if len(kinds) > 1 or kinds & {"ARRAY", "OBJECT"}:
        return None
    if kinds == {"NUMBER"}:
        left, right = Decimal(str(left)), Decimal(str(right))
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
