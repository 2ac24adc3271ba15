"""Cut a text into its statements at the semicolons between them."""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"""
      --[^\r\n]*
    | /\*.*?\*/
    | '[^']*'
    | "[^"]*"
    | `[^`]*`
    | ;
    """,
    re.VERBOSE | re.DOTALL,
)


def split_statements(text: str) -> list[str]:
    """The statements of a text, without their semicolons and surrounding blanks.

    Semicolons inside strings, quoted names and comments do not count. What holds nothing but
    comments and blanks is left out.
    """
    found: list[str] = []
    start = 0
    blank = True
    position = 0
    for piece in _PIECE.finditer(text):
        blank = blank and not text[position : piece.start()].strip()
        position = piece.end()
        if piece.group() != ";":
            blank = blank and piece.group().startswith(("--", "/*"))
            continue
        if not blank:
            found.append(text[start : piece.start()].strip())
        start, blank = position, True
    if not blank or text[position:].strip():
        found.append(text[start:].strip())
    return found
