"""Trino's errors for DuckDB's failures, by their texts (measured on DuckDB 1.5.5)."""

from __future__ import annotations

import re
from collections.abc import Callable

import duckdb

from local_athena.errors import FULL_DISK, is_full_disk
from local_athena.sql.errors import SqlError
from local_athena.storage.keys import decode_path

_PAYLOAD = re.compile(r"TRINO:([A-Z_0-9]+):(.*?):TRINO", re.DOTALL)
_TOO_DEEP = re.compile(r"[Mm]ax(imum)? expression depth|memory exhausted|recursion|stack depth")
_INTEGERS = {"8": "tinyint", "16": "smallint", "32": "integer", "64": "bigint"}
_IN_TRINOS_WORDS: tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"More than one row returned by a subquery"),
        "SUBQUERY_MULTIPLE_ROWS",
        lambda match: "Scalar sub-query has returned multiple rows",
    ),
    (
        re.compile(r"Out of Memory Error: (?!failed to offload).*/(\d[^/]*?) used\)"),
        "EXCEEDED_LOCAL_MEMORY_LIMIT",
        lambda match: f"Query exceeded per-node memory limit of {match[1]}",
    ),
    (
        re.compile(r"Overflow in (HUGEINT addition|\w+ of DECIMAL)"),
        "NUMERIC_VALUE_OUT_OF_RANGE",
        lambda match: "Decimal overflow",
    ),
    (
        re.compile(r"Overflow in (\w+) of INT(8|16|32|64) \(([^)]+)\)"),
        "NUMERIC_VALUE_OUT_OF_RANGE",
        lambda match: f"{_INTEGERS[match[2]]} {match[1]} overflow: {match[3]}",
    ),
    (
        re.compile(
            r"Type INT(?:8|16|32|64) with value (-?\d+) can't be cast because the value is out of "
            r"range for the destination type INT(8|16|32|64)\b"
        ),
        "NUMERIC_VALUE_OUT_OF_RANGE",
        lambda match: f"Out of range for {_INTEGERS[match[2]]}: {match[1]}",
    ),
)
_TRACE = "\n\nAt:\n"
"""What follows says where in a Python function it failed: files of this machine."""
_GONE = re.compile(
    r'(?:No files found that match the pattern|Cannot open file) "[^"]*/s3/([^"]+)"', re.DOTALL
)
_BY_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"Overflow in|[Oo]verflow|out of range|Out of Range"),
        "NUMERIC_VALUE_OUT_OF_RANGE",
    ),
    (re.compile(r"[Dd]ivision by zero"), "DIVISION_BY_ZERO"),
    (re.compile(r"Map keys? (must be unique|can not be NULL)"), "INVALID_FUNCTION_ARGUMENT"),
    (re.compile(r"Conversion Error: (Type|Casting value|Could not cast)"), "INVALID_CAST_ARGUMENT"),
    (re.compile(r"Conversion Error"), "INVALID_CAST_ARGUMENT"),
    (re.compile(r"max_temp_directory_size"), "EXCEEDED_SPILL_LIMIT"),
    (
        re.compile(r"Out of Memory Error|bad allocation|bad_alloc|MemoryError|malloc of size"),
        "EXCEEDED_LOCAL_MEMORY_LIMIT",
    ),
    (re.compile(r"Failed to decompress|[Dd]ecompression fail"), "HIVE_BAD_DATA"),
    (re.compile(r"like pattern must not end with escape"), "INVALID_FUNCTION_ARGUMENT"),
)


def error_of(error: Exception) -> SqlError:
    """Trino's error for a failure of DuckDB: our own payload, a known text, or
    GENERIC_INTERNAL_ERROR with DuckDB's text."""
    text = str(error).partition(_TRACE)[0]
    found = _PAYLOAD.search(text)
    if found:
        return SqlError(found.group(1), found.group(2))
    if isinstance(error, MemoryError):
        return SqlError("EXCEEDED_LOCAL_MEMORY_LIMIT", text or "The process has no more memory")
    if isinstance(error, RecursionError):
        return SqlError("STACK_OVERFLOW", "The statement is nested too deeply")
    if is_full_disk(error):
        return SqlError("GENERIC_INTERNAL_ERROR", FULL_DISK)
    if _TOO_DEEP.search(text):
        return SqlError("STACK_OVERFLOW", "The statement is nested too deeply")
    gone = _GONE.search(text)
    if gone:
        where = f"s3://{decode_path(gone[1])}"
        return SqlError("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split {where}")
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException):
        return SqlError("GENERIC_INTERNAL_ERROR", text)
    for pattern, name, message in _IN_TRINOS_WORDS:
        match = pattern.search(text)
        if match:
            return SqlError(name, message(match))
    for pattern, name in _BY_TEXT:
        if pattern.search(text):
            return SqlError(name, text.partition("\n")[0].partition(": ")[2] or text)
    return SqlError("GENERIC_INTERNAL_ERROR", text)
