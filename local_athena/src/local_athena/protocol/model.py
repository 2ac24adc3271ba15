"""AWS's published service models (botocore's `service-2.json`), and validation of input by them.

Messages are AWS's: `1 validation error detected: Value at 'queryString' failed to satisfy
constraint: Member must have length greater than or equal to 1`. Athena's do not show the value
that they refuse; its texts for JSON of a wrong kind were measured on the service in September 2026.
"""

import gzip
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from local_athena.errors import ApiError

Json = dict[str, Any]

_SHOWN = 100


@dataclass(frozen=True)
class ServiceModel:
    """A service: its operations and shapes as published.

    `shows_values`: its messages show what they refuse.
    """

    name: str
    operations: Mapping[str, Json]
    shapes: Mapping[str, Json]
    shows_values: bool = True

    def input_shape(self, operation: str) -> Json | None:
        """The structure that an operation takes, None for one without input."""
        given = self.operations[operation].get("input")
        return self.shapes[given["shape"]] if given else None

    def validate(self, operation: str, body: Any, refusal: Callable[[str], ApiError]) -> None:
        """Refuse a body that the operation's input shape does not allow.

        What AWS reads otherwise than it stands is changed in place: fractions of whole numbers are
        cut, nulls in lists left out.

        Raises:
            ApiError: `refusal` of broken constraints, SerializationException for wrong JSON types.
        """
        if not isinstance(body, dict):
            raise _not_serializable(body, "a structure")
        shape = self.input_shape(operation)
        if shape is None:
            return
        problems = list(self._structure(shape, body, ""))
        if problems:
            plural = "s" if len(problems) > 1 else ""
            raise refusal(
                f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}"
            )

    def _check(self, name: str, value: Any, path: str) -> Iterator[str]:
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            yield from self._structure(shape, _typed(value, dict, "a structure"), path)
        elif kind == "list":
            items = _typed(value, list, "a list")
            items[:] = [item for item in items if item is not None]
            yield from self._bounds(shape, len(items), path, value)
            for position, item in enumerate(items, 1):
                yield from self._check(shape["member"]["shape"], item, f"{path}.{position}.member")
        elif kind == "map":
            yield from self._map(shape, _typed(value, dict, "a map"), path)
        elif kind == "string":
            yield from self._string(shape, _typed(value, str, "a String"), path)
        elif kind in ("integer", "long"):
            target = "an Integer" if kind == "integer" else "a Long"
            yield from self._range(shape, _number(value, target), path)
        elif kind == "boolean":
            _typed(value, bool, "a Boolean")
        elif kind in ("double", "float"):
            _number(value, "a Double")

    def _structure(self, shape: Json, value: Json, path: str) -> Iterator[str]:
        members = shape.get("members", {})
        for required in shape.get("required", ()):
            if value.get(required) is None:
                yield (
                    f"Value null at '{_join(path, required)}' failed to satisfy constraint: "
                    "Member must not be null"
                )
        for member, given in value.items():
            if given is None or member not in members:
                continue
            name = members[member]["shape"]
            yield from self._check(name, given, _join(path, member))
            if self.shapes[name]["type"] in ("integer", "long"):
                value[member] = math.trunc(given)

    def _map(self, shape: Json, value: Json, path: str) -> Iterator[str]:
        yield from self._bounds(shape, len(value), path, value)
        for key, item in value.items():
            yield from self._check(shape["key"]["shape"], key, f"{path}.key")
            if item is not None:
                yield from self._check(shape["value"]["shape"], item, f"{path}.{key}.member")

    def _string(self, shape: Json, value: str, path: str) -> Iterator[str]:
        if "enum" in shape and value not in shape["enum"]:
            allowed = f"[{', '.join(shape['enum'])}]"
            yield self._problem(value, path, f"satisfy enum value set: {allowed}")
        yield from self._bounds(shape, len(value), path, value)
        pattern = shape.get("pattern")
        if pattern and not _matches(pattern, value):
            yield self._problem(value, path, f"satisfy regular expression pattern: {pattern}")

    def _bounds(self, shape: Json, size: int, path: str, value: Any) -> Iterator[str]:
        if size < shape.get("min", 0):
            least = f"have length greater than or equal to {shape['min']}"
            yield self._problem(value, path, least)
        if "max" in shape and size > shape["max"]:
            yield self._problem(value, path, f"have length less than or equal to {shape['max']}")

    def _range(self, shape: Json, value: float, path: str) -> Iterator[str]:
        if "min" in shape and value < shape["min"]:
            least = f"have value greater than or equal to {shape['min']}"
            yield self._problem(value, path, least)
        if "max" in shape and value > shape["max"]:
            yield self._problem(value, path, f"have value less than or equal to {shape['max']}")

    def _problem(self, value: Any, path: str, rule: str) -> str:
        shown = ""
        if self.shows_values:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            shown = f" '{text[:_SHOWN]}'"
        return f"Value{shown} at '{path}' failed to satisfy constraint: Member must {rule}"


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
    return ServiceModel(name, body["operations"], body["shapes"], name != "athena")


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


def _typed(value: Any, kind: type, target: str) -> Any:
    if not isinstance(value, kind):
        raise _not_serializable(value, target)
    return value


def _number(value: Any, target: str) -> float:
    finite = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    if isinstance(value, bool) or not finite:
        raise _not_serializable(value, target)
    number: float = value
    return number


def _not_serializable(value: Any, target: str) -> ApiError:
    """What AWS says of a JSON value that cannot be read as the `target` that its model has."""
    if isinstance(value, list):
        why = "Start of list found where not expected"
    elif isinstance(value, dict):
        why = "Start of structure or map found where not expected."
    elif target == "a list":
        why = "Expected list or null"
    elif target in ("a structure", "a map"):
        why = "Expected null"
    else:
        why = f"{_kind(value)} can not be converted to {target}"
    return ApiError("SerializationException", why)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"


def _join(path: str, member: str) -> str:
    name = member[:1].lower() + member[1:]
    return f"{path}.{name}" if path else name
