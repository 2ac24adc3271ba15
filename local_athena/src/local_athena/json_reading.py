"""Reading JSON that others wrote, however deep it nests.

Python's JSON parser uses the C stack for each level and stops at the recursion limit only, which
the SQL parser needs high: a text of 90,000 brackets would end the process.
"""

import json
import re
from typing import Any

MAX_DEPTH = 1000
"""As Jackson, which Trino reads JSON with (StreamReadConstraints.DEFAULT_MAX_DEPTH)."""
_NOT_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[^\[\]{}"]+', re.DOTALL)


def read_json(text: str, **options: Any) -> Any:
    """`json.loads(text, **options)`, refused beyond MAX_DEPTH.

    Raises:
        ValueError: the text is no JSON, or nested too deeply.
    """
    if _is_too_deep(text):
        raise ValueError("nested too deeply")
    return json.loads(text, **options)


def _is_too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _NOT_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
