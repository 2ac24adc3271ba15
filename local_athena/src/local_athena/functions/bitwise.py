"""Bits of integers: and, or, xor, not, counts, and shifts by Trino's rules.

Shifts: a count of the type's width or more gives 0 (arithmetic right: the sign's bits); of a
negative count the low six bits count, as Java has it; the logical right shift sees the value as
unsigned in its own width. They are written over HUGEINT, since DuckDB's own shifts raise.
"""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.functions.registry import ScalarWriter
from local_athena.functions.text import fail, let, template
from local_athena.sql.bound import Call
from local_athena.sql.representation import duckdb_type

_BITS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}


def _wrapped(value: str, bits: int, type_text: str) -> str:
    """A non-negative HUGEINT below 2^bits as the signed integer of those bits."""
    half = 1 << (bits - 1)
    return let(
        [value],
        lambda v: (
            f"CAST(CASE WHEN {v} >= {half}::HUGEINT THEN {v} - {1 << bits}::HUGEINT "
            f"ELSE {v} END AS {type_text})"
        ),
    )


def _unsigned(value: str, bits: int) -> str:
    wide = f"{value}::HUGEINT"
    return f"(CASE WHEN {value} < 0 THEN {wide} + {1 << bits}::HUGEINT ELSE {wide} END)"


def _count(count: str) -> str:
    return let([count], lambda n: f"(CASE WHEN {n} < 0 THEN CAST({n} AS BIGINT) & 63 ELSE {n} END)")


def _left(call: Call, arguments: Sequence[str]) -> str:
    bits, type_text = _BITS[call.type.base], duckdb_type(call.type)

    def body(v: str, n: str) -> str:
        # Keep only the bits that stay inside, then multiply: the product is below 2^bits.
        kept = f"({_unsigned(v, bits)} % (2::HUGEINT ** ({bits} - {n}))::HUGEINT)"
        shifted = f"({kept} * (2::HUGEINT ** {n})::HUGEINT)"
        whole = _wrapped(shifted, bits, type_text)
        return f"(CASE WHEN {n} >= {bits} THEN 0 * {v} ELSE {whole} END)"

    return let([arguments[0], _count(arguments[1])], body)


def _right(call: Call, arguments: Sequence[str]) -> str:
    bits, type_text = _BITS[call.type.base], duckdb_type(call.type)

    def body(v: str, n: str) -> str:
        shifted = f"({_unsigned(v, bits)} // (2::HUGEINT ** {n})::HUGEINT)"
        whole = _wrapped(shifted, bits, type_text)
        return f"(CASE WHEN {n} >= {bits} THEN 0 * {v} ELSE {whole} END)"

    return let([arguments[0], _count(arguments[1])], body)


def _right_arithmetic(call: Call, arguments: Sequence[str]) -> str:
    bits, type_text = _BITS[call.type.base], duckdb_type(call.type)

    def body(v: str, n: str) -> str:
        return (
            f"(CASE WHEN {n} >= {bits} THEN CAST(CASE WHEN {v} < 0 THEN -1 ELSE 0 * {v} "
            f"END AS {type_text}) ELSE CAST({v} >> {n} AS {type_text}) END)"
        )

    return let([arguments[0], _count(arguments[1])], body)


def _bit_count(call: Call, arguments: Sequence[str]) -> str:
    def body(v: str, bits: str) -> str:
        wide = f"({bits} < 2 OR {bits} > 64)"
        bad_bits = fail(
            "INVALID_FUNCTION_ARGUMENT",
            f"'Bits specified in bit_count must be between 2 and 64, got ' || {bits}",
        )
        half = f"(2::HUGEINT ** ({bits} - 1))::HUGEINT"
        outside = f"({v}::HUGEINT >= {half} OR {v}::HUGEINT < -({half}))"
        bad_value = fail(
            "INVALID_FUNCTION_ARGUMENT",
            f"'Number must be representable with the bits specified. ' || {v} || "
            f"' cannot be represented with ' || {bits} || ' bits'",
        )
        # A negative number of n bits, seen in 64, has 64 - n set bits that only extend its sign.
        extended = f"CASE WHEN {v} < 0 THEN 64 - {bits} ELSE 0 END"
        count = f"CAST(bit_count({v}::BIGINT) - {extended} AS BIGINT)"
        return (
            f"(CASE WHEN {wide} THEN {bad_bits} WHEN {outside} THEN {bad_value} ELSE {count} END)"
        )

    return let(arguments, body)


SCALARS: dict[str, ScalarWriter] = {
    "bitwise_and": template("{0} & {1}"),
    "bitwise_or": template("{0} | {1}"),
    "bitwise_xor": template("xor({0}, {1})"),
    "bitwise_not": template("~{0}"),
    "bitwise_left_shift": _left,
    "bitwise_right_shift": _right,
    "bitwise_right_shift_arithmetic": _right_arithmetic,
    "bit_count": _bit_count,
}
