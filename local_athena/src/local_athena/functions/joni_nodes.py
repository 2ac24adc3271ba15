"""Parts of a pattern for `regex`: what is known of each, and characters for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Node:
    """A part: its text, its width in characters (None where it varies) and what it is made of.

    `choices` are the widths of top-level alternatives. `holds` names what a look-behind refuses:
    "capture" (only a negative one does) and "other". `literal` is the character that it is.
    """

    text: str
    width: int | None = 0
    choices: tuple[int | None, ...] = ()
    holds: frozenset[str] = frozenset()
    literal: str = ""


def literal(character: str) -> str:
    """One character for itself."""
    if character.isalnum() or character == "_":
        return character
    return f"\\x{ord(character):02x}" if character < "\x7f" else character


def any_case(text: str) -> str:
    """Characters in any case, `ss` and `ß` alike.

    `regex` itself takes the one for the other, but not in a text that is shorter than the pattern.
    """
    folded, folds = text.casefold(), _folds()
    parts, at = [], 0
    while at < len(folded):
        fold = next((folded[at : at + n] for n in (3, 2) if folded[at : at + n] in folds), "")
        if fold:
            plain = "".join(map(literal, fold))
            parts.append(f"(?:{plain}|(?-i:[{folds[fold]}]))")
        else:
            parts.append(literal(folded[at]))
        at += len(fold) or 1
    return "".join(parts)


@cache
def _folds() -> dict[str, str]:
    """Folded cases of several characters, and the single characters of each."""
    found: dict[str, str] = {}
    for character in map(chr, range(0x10000)):
        folded = character.casefold()
        if len(folded) > 1:
            found[folded] = found.get(folded, "") + character
    return found
