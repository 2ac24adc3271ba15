"""AWS's published service models (botocore's `service-2.json`), and validation of input by them.

Messages are AWS's: `1 validation error detected: Value '…' at 'queryString' failed to satisfy
constraint: Member must have length greater than or equal to 1`.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from local_athena.errors import ApiError

Json = dict[str, Any]

_SHOWN = 100


@dataclass(frozen=True)
class ServiceModel:
    """A service: its operations and shapes as published."""

    name: str
    operations: Mapping[str, Json]
    shapes: Mapping[str, Json]

    def input_shape(self, operation: str) -> Json | None:
        """The structure that an operation takes, None for one without input."""
        given = self.operations[operation].get("input")
        return self.shapes[given["shape"]] if given else None

    def validate(self, operation: str, body: Any, code: str) -> None:
        """Refuse a body that the operation's input shape does not allow.

        Raises:
            ApiError: `code` for broken constraints, SerializationException for wrong JSON types.
        """
        if not isinstance(body, dict):
            raise _not_serializable("the request body", "object")
        shape = self.input_shape(operation)
        if shape is None:
            return
        problems = list(self._structure(shape, body, ""))
        if problems:
            plural = "s" if len(problems) > 1 else ""
            raise ApiError(
                code,
                f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}",
            )

    def _check(self, name: str, value: Any, path: str) -> Iterator[str]:
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            yield from self._structure(shape, _typed(value, dict, path, "object"), path)
        elif kind == "list":
            items = _typed(value, list, path, "list")
            yield from _bounds(shape, len(items), path, value)
            for position, item in enumerate(items, 1):
                here = f"{path}.{position}.member"
                if item is None:
                    yield (
                        f"Value null at '{here}' failed to satisfy constraint: "
                        "Member must not be null"
                    )
                else:
                    yield from self._check(shape["member"]["shape"], item, here)
        elif kind == "map":
            yield from self._map(shape, _typed(value, dict, path, "object"), path)
        elif kind == "string":
            yield from _string(shape, _typed(value, str, path, "string"), path)
        elif kind in ("integer", "long"):
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            if isinstance(value, bool) or not whole:
                raise _not_serializable(path, kind)
            yield from _range(shape, value, path)
        elif kind == "boolean":
            _typed(value, bool, path, "boolean")
        elif kind in ("double", "float") and (
            isinstance(value, bool) or not isinstance(value, (int, float))
        ):
            raise _not_serializable(path, kind)

    def _structure(self, shape: Json, value: Json, path: str) -> Iterator[str]:
        members = shape.get("members", {})
        for required in shape.get("required", ()):
            if value.get(required) is None:
                yield (
                    f"Value null at '{_join(path, required)}' failed to satisfy constraint: "
                    "Member must not be null"
                )
        for member, given in value.items():
            if given is not None and member in members:
                yield from self._check(members[member]["shape"], given, _join(path, member))

    def _map(self, shape: Json, value: Json, path: str) -> Iterator[str]:
        yield from _bounds(shape, len(value), path, value)
        for key, item in value.items():
            yield from self._check(shape["key"]["shape"], key, f"{path}.key")
            if item is not None:
                yield from self._check(shape["value"]["shape"], item, f"{path}.{key}.member")


@lru_cache(maxsize=4)
def load_service(name: str) -> ServiceModel:
    """The model that the installed botocore has for `athena`, `glue`..."""
    folder = resources.files("botocore") / "data" / name
    version = max(entry.name for entry in folder.iterdir() if entry.is_dir())
    packed = folder / version / "service-2.json.gz"
    if packed.is_file():
        text = gzip.decompress(packed.read_bytes())
    else:
        text = (folder / version / "service-2.json").read_bytes()
    body = json.loads(text)
    return ServiceModel(name, body["operations"], body["shapes"])


def _string(shape: Json, value: str, path: str) -> Iterator[str]:
    if "enum" in shape and value not in shape["enum"]:
        yield (
            f"Value '{value[:_SHOWN]}' at '{path}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
        )
    yield from _bounds(shape, len(value), path, value)
    pattern = shape.get("pattern")
    if pattern and not _matches(pattern, value):
        yield (
            f"Value '{value[:_SHOWN]}' at '{path}' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {pattern}"
        )


def _bounds(shape: Json, size: int, path: str, value: Any) -> Iterator[str]:
    shown = value[:_SHOWN] if isinstance(value, str) else json.dumps(value, default=str)[:_SHOWN]
    if size < shape.get("min", 0):
        yield (
            f"Value '{shown}' at '{path}' failed to satisfy constraint: "
            f"Member must have length greater than or equal to {shape['min']}"
        )
    if "max" in shape and size > shape["max"]:
        yield (
            f"Value '{shown}' at '{path}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {shape['max']}"
        )


def _range(shape: Json, value: float, path: str) -> Iterator[str]:
    if "min" in shape and value < shape["min"]:
        yield (
            f"Value '{value}' at '{path}' failed to satisfy constraint: "
            f"Member must have value greater than or equal to {shape['min']}"
        )
    if "max" in shape and value > shape["max"]:
        yield (
            f"Value '{value}' at '{path}' failed to satisfy constraint: "
            f"Member must have value less than or equal to {shape['max']}"
        )


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A published (Java) pattern for Python; None when Python cannot read it."""
    text = re.sub(
        r"\\u([0-9A-Fa-f]{4})\\u([0-9A-Fa-f]{4})(?:-\\u([0-9A-Fa-f]{4})\\u([0-9A-Fa-f]{4}))?",
        _surrogates,
        pattern,
    )
    try:
        return re.compile(text.replace(r"\p{L}", r"\w"), re.DOTALL)
    except re.error:
        return None


def _surrogates(match: re.Match[str]) -> str:
    """Java's surrogate pairs `\\uD800\\uDC00-\\uDBFF\\uDFFF` as code points."""
    groups = [int(group, 16) for group in match.groups() if group]

    def point(high: int, low: int) -> str:
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    if not 0xD800 <= groups[0] <= 0xDBFF:
        return match.group()
    first = point(groups[0], groups[1])
    return first if len(groups) == 2 else f"{first}-{point(groups[2], groups[3])}"


def _typed(value: Any, kind: type, path: str, name: str) -> Any:
    if not isinstance(value, kind):
        raise _not_serializable(path, name)
    return value


def _not_serializable(path: str, kind: str) -> ApiError:
    return ApiError("SerializationException", f"{path} must be of type {kind}")


def _join(path: str, member: str) -> str:
    name = member[:1].lower() + member[1:]
    return f"{path}.{name}" if path else name
