"""Python functions behind DuckDB: made while a text is written, registered when it first runs."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions.registry import PythonFunction, ScalarWriter
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type

_known: dict[str, PythonFunction] = {}
_lock = threading.Lock()
_USE = re.compile(r"\bpy_[a-z0-9_]+")


def call_python(
    name: str,
    function: Callable[..., Any],
    texts: Sequence[str],
    types: Sequence[str],
    returns: str,
    *,
    sees_null: bool = False,
    volatile: bool = False,
) -> str:
    """A call of `function(value, …) -> value` row by row; types are DuckDB texts.

    The name and the types identify it: one name must mean one function. Values are Python's as
    pyarrow gives them (lists, dicts for structs, lists of pairs for maps).
    """
    mark = hashlib.sha1("|".join((*types, returns)).encode(), usedforsecurity=False).hexdigest()
    full = f"py_{name}_{mark[:8]}"
    if full not in _known:
        with _lock:
            _known[full] = PythonFunction(
                full,
                _of_arity(by_rows(function, returns, sees_null), len(types)),
                tuple(types),
                returns,
                True,
                volatile,
            )
    return f"{full}({', '.join(texts)})"


def python_writer(name: str, function: Callable[..., Any]) -> ScalarWriter:
    """A writer that calls `function(value, …)` with arguments and result of the bound types."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        types = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(name, function, arguments, types, duckdb_type(call.type))

    return write


def by_rows(function: Callable[..., Any], returns: str, sees_null: bool) -> Callable[..., Any]:
    """An Arrow function that calls `function` for each row."""

    def run(*columns: Any) -> Any:
        import pyarrow as pa

        target = arrow_type(returns)
        lists = [column.to_pylist() for column in columns]
        result: list[Any] = []
        try:
            if sees_null:
                result = [function(*row) for row in zip(*lists, strict=True)]
            elif len(lists) == 1:
                result = [None if v is None else function(v) for v in lists[0]]
            else:
                for row in zip(*lists, strict=True):
                    result.append(None if any(v is None for v in row) else function(*row))
        except SqlError as error:
            raise ValueError(f"TRINO:{error.name}:{error.message}:TRINO") from None
        return pa.array(result, type=target)

    return run


def _of_arity(run: Callable[..., Any], count: int) -> Callable[..., Any]:
    """DuckDB counts a function's parameters: `*columns` would be one."""
    names = ", ".join(f"a{index}" for index in range(count))
    made: Callable[..., Any] = eval(f"lambda {names}: run({names})", {"run": run})  # noqa: S307
    return made


_arrow_types: dict[str, Any] = {}


def arrow_type(duckdb_text: str) -> Any:
    """The pyarrow type of a DuckDB type text, as DuckDB itself maps it."""
    found = _arrow_types.get(duckdb_text)
    if found is None:
        import duckdb

        with duckdb.connect() as connection:
            query = f"SELECT CAST(NULL AS {duckdb_text}) AS x"
            found = connection.execute(query).to_arrow_table().schema.field(0).type
        _arrow_types[duckdb_text] = found
    return found


def used(sql: str) -> list[PythonFunction]:
    """The Python functions that a text calls."""
    names = set(_USE.findall(sql))
    return [_known[name] for name in sorted(names) if name in _known]
