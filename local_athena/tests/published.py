"""Answers held to a service's published model, as botocore has it.

`watch` looks at the body of each answer that a boto3 session gets, before botocore reads it: what
the model does not have, lacks, or has otherwise fails the test that asked.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from botocore.model import OperationModel, Shape

ALWAYS = ("SerializationException", "UnknownOperationException", "InternalServerException")
"""Errors of every operation, whatever its model lists."""


def watch(events: Any, service: str, seen: set[str]) -> None:
    """Check each answer of `service`; names of operations that succeeded go to `seen`."""

    def check(operation_model: OperationModel, response_dict: Any, **_: Any) -> None:
        body = json.loads(response_dict["body"])
        name = operation_model.name
        if response_dict["status_code"] < 300:
            found = list(problems(operation_model.output_shape, body, name))
            seen.add(name)
        else:
            found = list(_of_error(operation_model, body))
        assert not found, found

    events.register(f"before-parse.{service}", check)


def problems(shape: Shape | None, value: Any, where: str) -> Iterator[str]:
    """What is wrong with a value of JSON, by its shape."""
    kind = "structure" if shape is None else shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no structure"
            return
        members = {} if shape is None else shape.members
        for required in [] if shape is None else shape.required_members:
            if required not in value:
                yield f"{where}.{required} is missing"
        for name, item in value.items():
            if name not in members:
                yield f"{where}.{name} is not in the model"
            elif item is None:
                yield f"{where}.{name} is null"
            else:
                yield from problems(members[name], item, f"{where}.{name}")
    elif kind == "list":
        for number, item in enumerate(_of(value, list, where)):
            yield from problems(shape.member, item, f"{where}[{number}]")
    elif kind == "map":
        for key, item in _of(value, dict, where).items():
            yield from problems(shape.key, key, f"{where}.key")
            yield from problems(shape.value, item, f"{where}[{key}]")
    elif kind == "string":
        yield from _of_string(shape, value, where)
    elif kind == "boolean":
        _of(value, bool, where)
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        yield f"{where}: {value!r} is no {kind}"  # a timestamp is a number of seconds here
    elif kind in ("integer", "long") and not isinstance(value, int):
        yield f"{where}: {value!r} is no {kind}"


def _of_string(shape: Shape, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{where}: {value!r} is no string"
        return
    if shape.enum and value not in shape.enum:
        yield f"{where}: {value!r} is not one of {shape.enum}"
    limits = shape.metadata
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        yield f"{where}: {value[:40]!r} has {len(value)} characters"
    if "pattern" in limits and not java_pattern(limits["pattern"]).fullmatch(value):
        yield f"{where}: {value!r} does not match {limits['pattern']}"


def _of_error(operation: OperationModel, body: dict[str, Any]) -> Iterator[str]:
    shapes = {shape.name: shape for shape in operation.error_shapes}
    name = body.pop("__type")
    if name not in shapes:
        if name not in ALWAYS:
            yield f"{operation.name} has no error {name}"
        return
    reason = body.pop("ErrorCode", None)  # Athena sends it; the model lacks it
    yield from problems(shapes[name], body, name)
    if name == "InvalidRequestException" and not (reason and reason == body["AthenaErrorCode"]):
        yield f"{name} says {reason} and {body.get('AthenaErrorCode')}"


def java_pattern(pattern: str) -> re.Pattern[str]:
    """A published pattern; Python has code points where Java has pairs."""
    pairs = r"\\uD800\\uDC00-\\uDBFF\\uDFFF"
    text = re.sub(pairs, lambda _: "\U00010000-\U0010ffff", pattern).replace(r"\p{L}", r"\w")
    return re.compile(text, re.DOTALL)


def _of(value: Any, kind: type, where: str) -> Any:
    assert isinstance(value, kind), f"{where}: {value!r} is no {kind.__name__}"
    return value
