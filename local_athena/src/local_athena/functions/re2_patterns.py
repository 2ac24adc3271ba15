"""Patterns that DuckDB's RE2 matches as Joni does, and so may run there: the plain ones.

Left to Python are alternatives, options, look-around, back references, `$`, a quantifier behind a
group, and whatever matches the empty text: there the two differ, or may.
"""

from __future__ import annotations

import re

_CLASSES = {"d": "[0-9]", "w": "[A-Za-z0-9_]", "s": r"[\t-\r ]"}
_NEGATED = {"D": "[^0-9]", "W": "[^A-Za-z0-9_]", "S": r"[^\t-\r ]"}
_TOKEN = re.compile(
    r"(?P<open>\((?:\?:)?(?![?*+{]))|(?P<close>\)(?![?*+{]))|(?P<dot>\.)"
    r"|\\(?P<kind>[dwsDWS])|(?P<escaped>\\[.\-+*?()\[\]{}|^$/\\])"
    r"|(?P<class>\[\^?[A-Za-z0-9_@#%=:;,/ .+-]+\])"
    r"|(?P<literal>[^\0\\\[\](){}|^$.*+?])"
)
_LONGEST = 500
"""Characters: RE2 refuses what would take much memory."""
_QUANTIFIER = re.compile(r"(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})\??(?![*+?{])")


def re2_pattern(pattern: str) -> str | None:
    """The pattern in RE2's syntax; None where it is not plain. It must be one that Joni takes."""
    if len(pattern) > _LONGEST:
        return None
    parts = ["^"] if pattern.startswith("^") else []
    position = len(parts)
    depth = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            return None
        kind = token.lastgroup
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            return None
        parts.append(_written(token))
        position = token.end()
        quantifier = _QUANTIFIER.match(pattern, position)
        if quantifier is not None:
            if kind in ("open", "close"):
                return None
            parts.append(quantifier[0])
            position = quantifier.end()
    return "".join(parts) if depth == 0 else None


def _written(token: re.Match[str]) -> str:
    if token["dot"]:
        return r"[^\n]"
    if token["kind"]:
        return {**_CLASSES, **_NEGATED}[token["kind"]]
    return token[0]
