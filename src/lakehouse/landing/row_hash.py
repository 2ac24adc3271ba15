"""A hash of 64 bits of each row, over whole columns of texts and numbers.

Eight bytes of a text at a time, in all rows that are long enough. It is fast, not secret: whoever
uses it compares the texts of rows with equal hashes.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakehouse.landing.text_bytes import text_bytes

Hashes = npt.NDArray[np.uint64]

_SEED = np.uint64(0x9E3779B97F4A7C15)
_FACTOR = np.uint64(0xFF51AFD7ED558CCD)
_COLUMN = 0xC4CEB9FE1A85EC53
_HALF = np.uint64(32)
_WORD = 8
# Which bits of a word belong to a text of which so many bytes are left.
_MASKS = np.array([(1 << 8 * left) - 1 for left in range(_WORD + 1)], dtype=np.uint64)
_LONG = 256
"""Texts of more bytes than this are rare, and are hashed one by one."""


def hash_rows(columns: pa.Table) -> Hashes:
    """One hash a row; rows that are equal in every value, nulls included, have equal hashes.

    Columns are texts, or numbers of 4, 8 or 16 bytes.
    """
    hashes = np.full(columns.num_rows, _SEED, dtype=np.uint64)
    for number, name in enumerate(columns.column_names, start=1):
        column = np.uint64(number * _COLUMN % 2**64)
        mix = _mix_texts if pa.types.is_string(columns[name].type) else _mix_numbers
        start = 0
        for chunk in columns[name].chunks:
            mix(hashes[start : start + len(chunk)], chunk, column)
            start += len(chunk)
    return hashes


def _mix(hashes: Hashes, words: Any) -> Hashes:
    mixed: Hashes = hashes ^ words
    mixed *= _FACTOR
    mixed ^= mixed >> _HALF
    return mixed


def _mix_numbers(hashes: Hashes, numbers: Any, column: np.uint64) -> None:
    """Mix a column of numbers into the hashes of its rows, in place; a null does not count."""
    size, width = len(numbers), numbers.type.bit_width // 8
    if numbers.null_count == size:
        return
    data = np.frombuffer(numbers.buffers()[1], dtype=np.uint32 if width < _WORD else np.uint64)
    words = data.reshape(-1, max(1, width // _WORD))[numbers.offset : numbers.offset + size]
    mixed = hashes
    for word in words.T:
        mixed = _mix(mixed, word ^ column)
    if numbers.null_count:
        mixed = np.where(np.asarray(numbers.is_valid()), mixed, hashes)
    hashes[:] = mixed


def _mix_texts(hashes: Hashes, texts: Any, column: np.uint64) -> None:
    """Mix a column, which is one array of texts, into the hashes of its rows, in place.

    A text counts with its length and the number of its column, a null does not count.
    """
    size = len(texts)
    if texts.null_count == size:
        return
    content, offsets = text_bytes(texts)
    left = np.diff(offsets).astype(np.int64)
    if not texts.null_count and left.min() == left.max() and left[0] <= _LONG:
        _mix_equally_long(hashes, content.reshape(size, left[0]), column)
        return
    # Zeros behind the last text, so that its last word may be read whole.
    data = np.zeros(len(content) + _WORD, dtype=np.uint8)
    data[:-_WORD] = content
    words = np.lib.stride_tricks.as_strided(
        data[:_WORD].view(np.uint64), shape=(len(content) + 1,), strides=(1,)
    )
    starts = offsets[:-1].astype(np.int64)
    rows: Any = slice(None)
    if texts.null_count:
        rows = np.flatnonzero(np.asarray(texts.is_valid()))
        starts, left = starts[rows], left[rows]
    hashes[rows] = _mix(hashes[rows], left.view(np.uint64) ^ column)
    if left.size and int(left.max()) > _LONG:
        positions = np.arange(size)[rows]
        for at in np.flatnonzero(left > _LONG):
            row, start = positions[at], int(starts[at])
            digest = hashlib.blake2b(
                data[start : start + int(left[at])].tobytes(), digest_size=_WORD
            ).digest()
            word = np.frombuffer(digest, dtype=np.uint64)
            hashes[row : row + 1] = _mix(hashes[row : row + 1], word)
        rows, starts, left = _keep(left <= _LONG, rows, starts, left)
    while left.size and int(left.max()) > 0:
        shortest = int(left.min())
        if shortest <= 0:
            rows, starts, left = _keep(left > 0, rows, starts, left)
            shortest = int(left.min())
        word = words[starts]
        if shortest < _WORD:
            word &= _MASKS[np.minimum(left, _WORD)]
        hashes[rows] = _mix(hashes[rows], word)
        starts += _WORD
        left -= _WORD


def _mix_equally_long(hashes: Hashes, texts: Any, column: np.uint64) -> None:
    """The same for texts of one length, a row of bytes each, none of which is null."""
    size, length = texts.shape
    mixed = _mix(hashes, np.uint64(length) ^ column)
    if length % _WORD:
        padded = np.zeros((size, length + _WORD - length % _WORD), dtype=np.uint8)
        padded[:, :length] = texts
        texts = padded
    for word in texts.view(np.uint64).T:
        mixed = _mix(mixed, word)
    hashes[:] = mixed


def _keep(chosen: Any, rows: Any, starts: Any, left: Any) -> tuple[Any, Any, Any]:
    rows = np.flatnonzero(chosen) if isinstance(rows, slice) else rows[chosen]
    return rows, starts[chosen], left[chosen]
