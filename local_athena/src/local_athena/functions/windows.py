"""Window functions proper; aggregates over windows come from the aggregates' families."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local_athena.functions.text import fail, text
from local_athena.sql.bound import Constant, WindowCall
from local_athena.sql.errors import SqlError
from local_athena.sql.pruning.constants import fold

Writer = Callable[[WindowCall, Sequence[str], str], str]


def _native(function: str) -> Writer:
    return lambda call, arguments, over: f"{function}({', '.join(arguments)}){over}"


def _value(function: str) -> Writer:
    def write(call: WindowCall, arguments: Sequence[str], over: str) -> str:
        nulls = " IGNORE NULLS" if call.ignore_nulls else ""
        return f"{function}({arguments[0]}{nulls}){over}"

    return write


def _nth(call: WindowCall, arguments: Sequence[str], over: str) -> str:
    value, offset = arguments
    nulls = " IGNORE NULLS" if call.ignore_nulls else ""
    _at_least(call, 1, 1, "Offset must be at least 1")
    checked = _checked(call, 1, offset, 1, "Offset must be at least 1")
    return f"nth_value({value}, {checked}{nulls}){over}"


def _at_least(call: WindowCall, index: int, least: int, message: str) -> None:
    argument = call.arguments[index]
    if isinstance(argument, Constant) and argument.value is not None and argument.value < least:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", message)


def _checked(call: WindowCall, index: int, value: str, least: int, message: str) -> str:
    if isinstance(call.arguments[index], Constant):
        return value
    failure = fail("INVALID_FUNCTION_ARGUMENT", text(message))
    return f"(CASE WHEN {value} < {least} THEN {failure} ELSE {value} END)"


def _ntile(call: WindowCall, arguments: Sequence[str], over: str) -> str:
    _at_least(call, 0, 1, "Buckets must be greater than 0")
    return f"ntile({_checked(call, 0, arguments[0], 1, 'Buckets must be greater than 0')}){over}"


def _shift(function: str) -> Writer:
    def write(call: WindowCall, arguments: Sequence[str], over: str) -> str:
        nulls = " IGNORE NULLS" if call.ignore_nulls else ""
        texts = list(arguments)
        if len(texts) > 1:
            _at_least(call, 1, 0, "Offset must be at least 0")
            texts[1] = _checked(call, 1, texts[1], 0, "Offset must be at least 0")
            offset = fold(call.arguments[1])
            if offset is not None and offset.value is None:
                raise SqlError("INVALID_FUNCTION_ARGUMENT", "Offset must not be null")
        return f"{function}({', '.join(texts)}{nulls}){over}"

    return write


WINDOWS = {
    "row_number": _native("row_number"),
    "rank": _native("rank"),
    "dense_rank": _native("dense_rank"),
    "percent_rank": _native("percent_rank"),
    "cume_dist": _native("cume_dist"),
    "ntile": _ntile,
    "first_value": _value("first_value"),
    "last_value": _value("last_value"),
    "nth_value": _nth,
    "lead": _shift("lead"),
    "lag": _shift("lag"),
}
