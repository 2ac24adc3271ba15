"""Patterns of java.util.regex, as the SerDes run them, on the `regex` package.

The functions of SQL run Joni's patterns instead (`functions/joni.py`), which are others.
"""

import re
from functools import lru_cache
from typing import Any

from local_athena.functions.regexp import MATCH_SECONDS, too_slow
from local_athena.sql.errors import SqlError

_ESCAPES = {"z": r"\Z", "Z": r"(?=\n?\Z)", "h": r"[ \t\xA0]", "H": r"[^ \t\xA0]"}


class JavaPattern:
    """A pattern whose search in one line ends after MATCH_SECONDS."""

    __slots__ = ("_pattern",)

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern

    def search(self, line: str) -> Any:
        """The first match, or None."""
        try:
            return self._pattern.search(line, timeout=MATCH_SECONDS)
        except TimeoutError:
            raise too_slow() from None

    def fullmatch(self, line: str) -> Any:
        """The match of the whole line, or None."""
        try:
            return self._pattern.fullmatch(line, timeout=MATCH_SECONDS)
        except TimeoutError:
            raise too_slow() from None


@lru_cache(maxsize=512)
def java_pattern(pattern: str) -> JavaPattern:
    """The pattern, ready to search.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for what is no pattern.
    """
    import regex

    try:
        return JavaPattern(regex.compile(_translated(pattern), regex.VERSION1))
    except regex.error as error:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", str(error)) from None


def _translated(pattern: str) -> str:
    """Java's syntax as the `regex` package reads it."""
    out: list[str] = []
    position, in_class = 0, 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            piece, position = _escape(pattern, position)
            out.append(piece)
            continue
        if character == "[":
            if in_class and pattern.startswith("[:", position):
                end = pattern.find(":]", position)
                if end > 0:
                    out.append(pattern[position : end + 2])
                    position = end + 2
                    continue
            in_class += 1
        elif character == "]" and in_class:
            in_class -= 1
        elif character == "$" and not in_class:
            out.append("$" if "(?m" in pattern else r"\Z")
            position += 1
            continue
        out.append(character)
        position += 1
    return "".join(out)


def _escape(pattern: str, position: int) -> tuple[str, int]:
    following = pattern[position + 1 : position + 2]
    if following == "Q":
        end = pattern.find("\\E", position + 2)
        stop = len(pattern) if end < 0 else end
        return re.escape(pattern[position + 2 : stop]), min(stop + 2, len(pattern))
    if following == "x" and pattern[position + 2 : position + 3] == "{":
        end = pattern.find("}", position)
        if end > 0:
            return re.escape(chr(int(pattern[position + 3 : end], 16))), end + 1
    if not following:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "end pattern at escape")
    return _ESCAPES.get(following, "\\" + following), position + 2
