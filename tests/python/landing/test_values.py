"""Numbers out of text: the short way for plain ones and the long way for all say the same."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lakehouse.landing.values as values
from lakehouse.contracts import ColumnType, Format
from lakehouse.landing.values import convert

POINT = Format("csv", "utf-8", ",", '"', ".", "Etc/UTC", ())
TYPES = [
    ColumnType("integer"),
    ColumnType("bigint"),
    ColumnType("decimal", 10, 2),
    ColumnType("decimal", 18, 0),
    ColumnType("decimal", 38, 20),
    ColumnType("decimal", 3, 3),
]
# Plain numbers, and what looks like one.
NUMBERS = st.from_regex(r"-?[0-9]{1,19}(\.[0-9]{0,3})?", fullmatch=True)
ODD = st.text("-+.0123456789e, x", min_size=1, max_size=8)
TEXTS = st.one_of(st.none(), NUMBERS, ODD)


def expected(text: str | None, column: ColumnType) -> Decimal | None:
    """By Python's own numbers: docs/en/business-rules.md, rule `type`."""
    if text is None or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", text):
        return None
    with localcontext(prec=200):
        number = Decimal(text)
        if column.family == "decimal":
            scale, precision = column.scale or 0, column.precision or 38
            fits = number == round(number, scale) and abs(number) < 10 ** (precision - scale)
            return number if fits else None
        if text.endswith(".") or number != int(number):
            return None
        bound = 2**31 if column.family == "integer" else 2**63
        return number if -bound <= number < bound else None


def read(texts: list[str | None], column: ColumnType) -> tuple[list[Any], list[bool], list[bool]]:
    typed = convert(pa.array(texts, pa.string()), column, POINT, "ymd")
    return typed.values.to_pylist(), typed.is_unreadable.tolist(), typed.is_changed.tolist()


@pytest.mark.parametrize("column", TYPES, ids=lambda column: column.athena)
@given(texts=st.lists(TEXTS, max_size=6))
@example(texts=["-"])
@example(texts=["-", ".5"])
@example(texts=["-.5", "1"])
@example(texts=["1", ".5"])
@example(texts=["5."])
@example(texts=["0000000000000000001"])
@example(texts=["9223372036854775807", "-9223372036854775808"])
@example(texts=[str(n) for n in (2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 7)])
@example(texts=["+" + "0" * 40 + "1000000000000000000.0", "9" * 20])
@example(texts=["0.5", "+0.250000", "1.5"])
@example(texts=["2147483648", "-2147483648"])
@example(texts=["12345678.999"])
@settings(deadline=None, max_examples=150)
def test_convert__any_texts__are_the_numbers_that_python_reads(
    texts: list[str | None], column: ColumnType
) -> None:
    found, unreadable, changed = read(texts, column)
    wanted = [expected(text, column) for text in texts]
    assert found == wanted
    assert unreadable == [t is not None and w is None for t, w in zip(texts, wanted, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "_cast_plain", lambda *_, **__: None)
        assert read(texts, column) == (found, unreadable, changed), "the long way"


def test_convert__a_slice_of_a_column__is_read_from_its_own_texts() -> None:
    texts = pa.array(["x", "1.50", None, "-2", ".5"], pa.string())
    for first, last in ((1, 4), (1, 2), (2, 3), (4, 5)):
        typed = convert(texts.slice(first, last - first), TYPES[2], POINT, "ymd")
        assert typed.values.to_pylist() == [
            expected(text.as_py(), TYPES[2]) for text in texts[first:last]
        ]
