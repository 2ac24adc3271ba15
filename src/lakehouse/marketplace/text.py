"""Columns of text, made a column at a time: identifiers, numbers, instants, words.

Everything returns a ``pyarrow`` string array; a mask says where it is null.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.marketplace.streams import I64, U64, Bools, draw

Text: TypeAlias = Any
"""A ``pyarrow.StringArray``; pyarrow has no types to check."""
_HEX = np.frombuffer(
    "".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint8
).reshape(256, 2)


def identifiers(seed: int, kind: str, keys: I64) -> Text:
    """32 hexadecimal digits for each key, as the public Olist data set has them."""
    halves = np.empty((len(keys), 2), dtype=">u8")
    halves[:, 0] = identifier_order(seed, kind, keys)
    halves[:, 1] = draw(seed, f"{kind}.id.low", keys)
    digits = _HEX[halves.view(np.uint8).reshape(len(keys), 16)]
    return _fixed(digits.reshape(len(keys), 32))


def identifier_order(seed: int, kind: str, keys: I64) -> U64:
    """Numbers that sort as the identifiers do."""
    return draw(seed, f"{kind}.id.high", keys)


def digits(values: I64, width: int) -> Text:
    """Numbers with leading zeros; must fit in the width."""
    places = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return _fixed((values[:, None] // places % 10 + ord("0")).astype(np.uint8))


def _fixed(characters: npt.NDArray[np.uint8]) -> Text:
    """Strings of equal width from a matrix of ASCII codes."""
    rows, width = characters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(characters)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def numbers(values: I64, null: Bools | None = None) -> Text:
    """Plain decimal integers."""
    return pc.cast(pa.array(values, mask=null), pa.string())


def money(cents: I64) -> Text:
    """``-12.34``"""
    sign = pc.if_else(pa.array(cents < 0), "-", "")
    whole = np.abs(cents)
    return join(sign, numbers(whole // 100), ".", digits(whole % 100, 2))


def instants(seconds: I64, null: Bools | None = None) -> Text:
    """``2026-06-01 12:34:56``"""
    return pc.cast(pa.array(seconds, pa.timestamp("s"), mask=null), pa.string())


def days(numbers: I64) -> Text:
    """``2026-06-01`` for each day number."""
    return pc.cast(pa.array(numbers.astype(np.int32), pa.date32()), pa.string())


def iso_instants(seconds: I64, suffix: str, null: Bools | None = None) -> Text:
    """``2026-06-01T12:34:56`` and the suffix."""
    shown = instants(seconds, null)
    return join(
        pc.utf8_slice_codeunits(shown, 0, 10), "T", pc.utf8_slice_codeunits(shown, 11), suffix
    )


def words(vocabulary: Sequence[str | None], indexes: I64) -> Text:
    """The word of each index."""
    return pa.array(vocabulary, pa.string()).take(pa.array(indexes))


def join(*parts: "Text | str") -> Text:
    """The parts after each other, row by row; null where a part is null."""
    return pc.binary_join_element_wise(*parts, "")


def between(separator: str, *parts: Text) -> Text:
    """The parts with the separator between them, row by row; null where a part is null."""
    return pc.binary_join_element_wise(*parts, separator)


def choose(choice: I64, *options: "Text | str") -> Text:
    """The option of each row's choice."""
    return pc.choose(pa.array(choice), *options)


def plain(word: str) -> str:
    """A word in lower case and without accents, as mail addresses have it."""
    return unicodedata.normalize("NFD", word).encode("ascii", "ignore").decode().lower()
