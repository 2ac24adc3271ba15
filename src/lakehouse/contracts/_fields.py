"""A cursor over a parsed YAML document that knows its path, so that errors can name the place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from lakehouse.errors import ContractError


class Node:
    """One value of the document. Accessors raise ContractError naming file and path."""

    __slots__ = ("_file", "_path", "_value")

    def __init__(self, value: Any, file: str, path: str) -> None:
        self._value = value
        self._file = file
        self._path = path

    def error(self, problem: str, advice: str) -> ContractError:
        """Return the error to raise about this value."""
        return ContractError(self._file, self._path, problem, advice)

    def named(self, name: str) -> Node:
        """The same value under a path that shows a name instead of a list position."""
        head = self._path.rpartition("[")[0] or self._path
        return Node(self._value, self._file, f"{head}[{name}]")

    def child(self, key: str) -> Node:
        """The value under a key, which must be there."""
        found = self.optional(key)
        if found is None:
            raise self._at(key).error("is missing", f"add {key}")
        return found

    def optional(self, key: str) -> Node | None:
        """The value under a key, or None when the key is absent or null."""
        if not isinstance(self._value, Mapping):
            raise self.error("is not a mapping", "indent its keys below it")
        value = self._value.get(key)
        return None if value is None else Node(value, self._file, self._at(key)._path)

    def names(self) -> list[str]:
        """The keys of a mapping, in their order."""
        if not isinstance(self._value, Mapping):
            raise self.error("is not a mapping", "indent its keys below it")
        return [str(key) for key in self._value]

    def items(self) -> list[Node]:
        """The elements of a list, which must not be empty."""
        if not isinstance(self._value, list) or not self._value:
            raise self.error("is not a list with elements", "start each element with a hyphen")
        return [
            Node(value, self._file, f"{self._path}[{position}]")
            for position, value in enumerate(self._value)
        ]

    def text(self, *, length: int | None = None) -> str:
        """A text that is not blank, of exactly `length` characters if given."""
        if not isinstance(self._value, str) or not self._value.strip(" "):
            raise self.error("is not a text", "write a text, in quotes if it looks like a number")
        if length is not None and len(self._value) != length:
            raise self.error(f"is {self._value!r}", f"write {length} character")
        return self._value

    def texts(self, key: str, *, at_least: int = 0) -> list[str]:
        """The texts of a list under a key; an absent list is empty."""
        node = self.optional(key)
        values = node._value if node else []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self._at(key).error("is not a list of texts", "quote its elements")
        if len(values) < at_least:
            raise self._at(key).error("is empty", f"list at least {at_least}")
        return values

    def choice(self, *allowed: str) -> str:
        """One of the allowed texts."""
        if self._value not in allowed:
            raise self.error(f"is {self._value!r}", f"must be {' or '.join(allowed)}")
        return str(self._value)

    def integer(self, *, minimum: int | None = None, maximum: int | None = None) -> int:
        """A whole number, not below `minimum` nor above `maximum`."""
        if not isinstance(self._value, int) or isinstance(self._value, bool):
            raise self.error(f"is {self._value!r}", "write a whole number")
        if minimum is not None and self._value < minimum:
            raise self.error(f"is {self._value}", f"at least {minimum}")
        if maximum is not None and self._value > maximum:
            raise self.error(f"is {self._value}", f"at most {maximum}")
        return self._value

    def decimal(self) -> Decimal:
        """A number; what YAML read as float is taken by its shortest text."""
        if isinstance(self._value, bool) or not isinstance(self._value, int | float | str):
            raise self.error(f"is {self._value!r}", "write a number")
        try:
            number = Decimal(str(self._value))
        except InvalidOperation as error:
            raise self.error(f"is {self._value!r}", "write a number") from error
        if not number.is_finite():
            raise self.error(f"is {self._value!r}", "write a number")
        return number

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """A true or false under a key; absent means `default`, or an error when that is None."""
        node = self.optional(key)
        if node is None:
            if default is None:
                raise self._at(key).error("is missing", f"add {key}: true or false")
            return default
        if not isinstance(node._value, bool):
            raise node.error(f"is {node._value!r}", "write true or false")
        return node._value

    def custom_properties(self) -> dict[str, Node]:
        """The values of `customProperties` by their names; none when there is no such list."""
        custom = self.optional("customProperties")
        return {
            item.child("property").text(): item.child("value")
            for item in (custom.items() if custom else [])
        }

    def _at(self, key: str) -> Node:
        return Node(None, self._file, f"{self._path}.{key}" if self._path else key)
