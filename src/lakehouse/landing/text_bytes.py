"""The bytes of a column of texts, as numpy sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def text_bytes(texts: Any) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The bytes of one array of texts, one text after the other; and where each begins among
    them, with the end of the last: one more than there are texts."""
    size = len(texts)
    _, of_offsets, of_data = texts.buffers()
    if of_data is None or not size:
        return np.zeros(0, dtype=np.uint8), np.zeros(size + 1, dtype=np.int32)
    offsets = np.frombuffer(of_offsets, dtype=np.int32)[texts.offset : texts.offset + size + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    return np.frombuffer(of_data, dtype=np.uint8)[first:last], offsets - np.int32(first)
