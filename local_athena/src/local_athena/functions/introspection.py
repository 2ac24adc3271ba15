"""Functions about the query itself: typeof."""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.sql.bound import Call, Constant, Reference
from local_athena.sql.representation import quote_text
from local_athena.sql.types import Type


def type_text(type_: Type) -> str:
    """typeof's text: as `str`, but without blanks between numbers (`decimal(2,1)`)."""
    if type_.base == "decimal":
        return f"decimal({type_.arguments[0]},{type_.arguments[1]})"
    if type_.base in ("array", "map", "row"):
        parts = []
        for argument in type_.arguments:
            if isinstance(argument, Type):
                parts.append(type_text(argument))
            else:
                name = str(argument).removesuffix(str(argument.type))  # type: ignore[union-attr]
                parts.append(name + type_text(argument.type))  # type: ignore[union-attr]
        return f"{type_.base}({', '.join(parts)})"
    return str(type_)


def _typeof(call: Call, arguments: Sequence[str]) -> str:
    """The argument is computed all the same: typeof of what fails fails."""
    name = quote_text(type_text(call.arguments[0].type))
    if isinstance(call.arguments[0], Constant | Reference):
        return name
    return f"(CASE WHEN {arguments[0]} IS NULL THEN {name} ELSE {name} END)"


SCALARS = {"typeof": _typeof}
