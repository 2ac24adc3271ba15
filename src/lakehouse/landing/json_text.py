"""JSON objects as text, built a whole column at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_OTHER_CONTROLS = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]"


def quote_json(text: Any) -> Any:
    """Each text as a JSON string; null stays null."""
    for character, escape in _SHORT.items():
        text = pc.replace_substring(text, pattern=character, replacement=escape)
    if pc.any(pc.match_substring_regex(text, pattern=_OTHER_CONTROLS)).as_py():
        for code in (*range(9), 11, 12, *range(14, 32)):
            text = pc.replace_substring(text, pattern=chr(code), replacement=f"\\u{code:04x}")
    return pc.binary_join_element_wise('"', text, '"', "")


def build_objects(values: Mapping[str, Any], *, keep_nulls: bool = False) -> Any:
    """One JSON object a row out of columns of text, in the given order of keys.

    A null is left out, or written as `null` when `keep_nulls`. A row without any value becomes
    null when nulls are left out. `values` must not be empty.
    """
    members = []
    for key, column in values.items():
        quoted = quote_json(column)
        if keep_nulls:
            quoted = pc.fill_null(quoted, "null")
        member = pc.binary_join_element_wise(f'"{key}": ', quoted, ", ", "")
        members.append(pc.fill_null(member, ""))
    # Not null_handling="skip": pyarrow 26 then drops rows in which every value is null.
    joined = pc.binary_join_element_wise(*members, "")
    objects = pc.binary_join_element_wise(
        "{", pc.utf8_slice_codeunits(joined, 0, -len(", ")), "}", ""
    )
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), objects)
