"""A text of several statements, split at the semicolons that stand outside strings and comments."""

import re

from local_athena.errors import StatementError

_PIECE = re.compile(
    r"""
      (?P<text>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
    | (?P<line>--[^\n]*)
    | (?P<block>/\*.*?\*/)
    | (?P<end>;)
    | (?P<open>/\*|['"`])
    | (?P<word>[^'"`;/\-]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPEN = {"'": "a string", '"': "a quoted name", "`": "a quoted name", "/*": "a comment"}


def split_statements(text: str) -> list[str]:
    """The statements, without the semicolons; those of blanks and comments only are left out.

    Raises:
        StatementError: the text ends inside a string, a quoted name or a comment.
    """
    found: list[str] = []
    start, has_words = 0, False
    for match in _PIECE.finditer(text):
        kind = match.lastgroup
        if kind == "open":
            line = text.count("\n", 0, match.start()) + 1
            raise StatementError(f"{_OPEN[match.group()]} that starts in line {line} is not closed")
        if kind == "end":
            if has_words:
                found.append(text[start : match.start()].strip())
            start, has_words = match.end(), False
        elif kind in ("text", "name") or (kind == "word" and match.group().strip()):
            has_words = True
    if has_words:
        found.append(text[start:].strip())
    return found
