"""Python functions behind DuckDB: made while a text is written, registered when it first runs.

DuckDB runs them on threads of its own, which know of no query. So each call carries the number of
its query, by which the function finds out that the query has ended. In a text that is made before
its query has a number, `QUERY` stands for it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import localcontext
from typing import Any

from local_athena.functions.registry import PythonFunction, ScalarWriter
from local_athena.functions.text import guard, is_quiet, text
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type

_known: dict[str, PythonFunction] = {}
_lock = threading.Lock()
_USE = re.compile(r"\bpy_[a-z0-9_]+")
QUERY = str(secrets.randbelow(1 << 60) + (1 << 60))
"""A number that no text has by chance."""
_checks: dict[int, Callable[[], object]] = {}
_ROWS_A_CHECK = 64
_FIGURES = 100
"""What Decimal computes with: its own 28 figures are fewer than a decimal's 38."""
_YEARS = "This function does not take years before 1 and after 9999"
BYTES_A_CALL = 256 << 20
"""Text that one call may make for the rows that DuckDB gives it at once (at most 2,048)."""
TOO_LARGE = f"Query exceeded per-node memory limit of {BYTES_A_CALL >> 20}MB"


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
    pyarrow gives them (lists, dicts for structs, lists of pairs for maps). What fails is NULL where
    the text is written quietly (`text.quiet`).
    """
    if is_quiet():
        name, function = f"quiet_{name}", _null_for_failure(function)
    mark = hashlib.sha1("|".join((*types, returns)).encode(), usedforsecurity=False).hexdigest()
    full = f"py_{name}_{mark[:8]}"
    if full not in _known:
        with _lock:
            _known[full] = PythonFunction(
                full,
                _of_arity(by_rows(function, returns, sees_null), len(types) + 1),
                ("BIGINT", *types),
                returns,
                True,
                volatile,
            )
    return _owned(f"{full}({', '.join((QUERY, *texts))})", returns)


def _null_for_failure(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        try:
            return function(*values)
        except SqlError as error:
            if error.name == "EXCEEDED_LOCAL_MEMORY_LIMIT":
                raise
            return None

    return run


def _owned(call: str, returns: str) -> str:
    """The call's result with texts of its own.

    Measured on DuckDB 1.5.5: CASE and COALESCE keep a text of an Arrow function (longer than the 12
    bytes that a value holds itself) without keeping Arrow's memory alive; what then stands there is
    whatever came next. Concatenation and a list's elements are copies.
    """
    if returns == "VARCHAR":
        return f"CAST(({call} || '') AS VARCHAR)"  # (a NULL folded while planning has no type)
    if returns == "BLOB":
        return f"({call} || CAST('' AS BLOB))"
    if returns.startswith("STRUCT") and not returns.endswith("]") and "VARCHAR" in returns:
        return f"([{call}][1])"
    return call


def python_writer(name: str, function: Callable[..., Any]) -> ScalarWriter:
    """A writer that calls `function(value, …)` with arguments and result of the bound types."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        types = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(name, function, arguments, types, duckdb_type(call.type))

    return write


def by_rows(function: Callable[..., Any], returns: str, sees_null: bool) -> Callable[..., Any]:
    """An Arrow function of the query's number and columns that calls `function` for each row."""

    def of_rows(lists: list[list[Any]], start: int, end: int) -> list[Any]:
        parts = [values[start:end] for values in lists]
        if sees_null:
            return [function(*row) for row in zip(*parts, strict=True)]
        if len(parts) == 1:
            return [None if v is None else function(v) for v in parts[0]]
        return [
            None if any(v is None for v in row) else function(*row)
            for row in zip(*parts, strict=True)
        ]

    def run(query: Any, *columns: Any) -> Any:
        import pyarrow as pa

        target = arrow_type(returns)
        count = len(query)
        check = _checks.get(query[0].as_py()) if count else None
        try:
            lists = [column.to_pylist() for column in columns]
        except OverflowError:  # Python's dates end there
            raise ValueError(f"TRINO:NOT_SUPPORTED:{_YEARS}:TRINO") from None
        result: list[Any] = []
        size = 0
        try:
            with localcontext(prec=_FIGURES):
                for start in range(0, count, _ROWS_A_CHECK):
                    if check is not None:
                        check()
                    made = of_rows(lists, start, start + _ROWS_A_CHECK)
                    result += made
                    if target in (pa.string(), pa.binary()):
                        size += sum(len(value) for value in made if value is not None)
                        check_text(size)
        except SqlError as error:
            message = error.message.replace("\0", "")  # (DuckDB's message would end there)
            raise ValueError(f"TRINO:{error.name}:{message}:TRINO") from None
        try:
            return pa.array(result, type=target)
        except UnicodeEncodeError:
            return pa.array(_encodable(result), type=target)

    return run


def _encodable(value: Any) -> Any:
    """A value with `?` for half a surrogate pair, which has no UTF-8: Java's `getBytes(UTF_8)`."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, (list, tuple)):
        return type(value)(map(_encodable, value))
    if isinstance(value, dict):
        return {_encodable(key): _encodable(held) for key, held in value.items()}
    return value


def check_text(size: int) -> None:
    """Refuse texts that would take the process's memory; `size` in characters.

    Raises:
        SqlError: EXCEEDED_LOCAL_MEMORY_LIMIT.
    """
    if size > BYTES_A_CALL:
        raise SqlError(
            "EXCEEDED_LOCAL_MEMORY_LIMIT",
            TOO_LARGE,
        )


def within_memory(size: str, value: str) -> str:
    """The SQL text `value`, whose texts have `size` bytes (SQL), unless that is too much.

    One call of DuckDB can be neither interrupted nor bounded by its memory limit.
    """
    return guard(f"{size} > {BYTES_A_CALL}", "EXCEEDED_LOCAL_MEMORY_LIMIT", text(TOO_LARGE), value)


@contextmanager
def checked(query: int, check: Callable[[], object]) -> Iterator[None]:
    """Let the functions of a query call `check` between rows; it raises when the query ended."""
    _checks[query] = check
    try:
        yield
    finally:
        del _checks[query]


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
