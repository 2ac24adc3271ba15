"""Patterns that DuckDB's RE2 matches as Joni does, and so may run there: the plain ones.

Left to Python are options, look-around, back references, `$` but at the end, most quantifiers
behind a group, and groups that need not have part in a match: there the two differ, or may.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SHORTHANDS = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\t-\r "}
_TOKEN = re.compile(
    r"(?P<open>\((?:\?:)?(?![?*+{]))|(?P<close>\)(?![*+{]))|(?P<dot>\.)|(?P<choice>\|)"
    r"|\\(?P<kind>[dwsDWS])|(?P<escaped>\\[.\-+*?()\[\]{}|^$/\\])"
    r"|(?P<class>\[\^?(?:[A-Za-z0-9_@#%=:;,/ .+-]|(?<!-)\\[dws](?!-))+\])"
    r"|(?P<literal>[^\0\\\[\](){}|^$.*+?])"
)
_LONGEST = 500
"""Characters: RE2 refuses what would take much memory."""
_QUANTIFIER = re.compile(r"(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})\??(?![*+?{])")
_END = r"\n?\z"
"""What stands for `$`: a pattern before it is searched with it and told from it by a group."""


@dataclass(slots=True)
class _Group:
    """A group, or the whole pattern, as read so far. `number` is that of a capturing group."""

    number: int | None = None
    around_captures: bool = False
    has_choice: bool = False
    branch_may_be_empty: bool = True
    earlier_may_be_empty: bool = False

    @property
    def may_be_empty(self) -> bool:
        return self.branch_may_be_empty or self.earlier_may_be_empty

    def choose(self) -> None:
        """Begin an alternative."""
        self.has_choice = True
        self.earlier_may_be_empty |= self.branch_may_be_empty
        self.branch_may_be_empty = True

    def hold(self, inner: _Group, quantifier: str) -> bool:
        """Take in a group that ends; False where the two may differ."""
        captures = inner.number is not None or inner.around_captures
        if inner.has_choice and inner.around_captures:
            return False
        if quantifier and (quantifier != "?" or captures):
            return False
        self.around_captures |= captures
        self.branch_may_be_empty &= inner.may_be_empty or bool(quantifier)
        return True


@dataclass(frozen=True, slots=True)
class FirstMatch:
    """A pattern by which RE2 finds the first match: group n of it is `n + shift` of `text`.

    Every group has part in each match. `may_be_empty` are the groups that may match the empty text.
    """

    text: str
    shift: int
    may_be_empty: frozenset[int]


@dataclass(slots=True)
class _Reading:
    """A pattern read: its parts in RE2's syntax, and the groups that may match the empty text."""

    parts: list[str]
    may_be_empty: set[int] = field(default_factory=set)
    groups: int = 0


def re2_pattern(pattern: str) -> str | None:
    """The pattern in RE2's syntax, for all matches; None where it is not plain.

    It must be one that Joni takes. Alternatives, `$` and quantified groups are not plain here.
    """
    read = _read(pattern, choices=False)
    return None if read is None else "".join(read.parts)


def re2_first(pattern: str) -> FirstMatch | None:
    """The pattern for its first match alone; None where it is not plain. Joni must take it."""
    bare = pattern.removesuffix("$")
    ends = bare != pattern and (len(bare) - len(bare.rstrip("\\"))) % 2 == 0
    read = _read(bare if ends else pattern, choices=True)
    if read is None:
        return None
    text = "".join(read.parts)
    empty = frozenset(read.may_be_empty)
    return FirstMatch(f"({text}){_END}" if ends else text, int(ends), empty)


def _read(pattern: str, *, choices: bool) -> _Reading | None:
    if len(pattern) > _LONGEST:
        return None
    read = _Reading(["^"] if pattern.startswith("^") else [])
    open_groups = [_Group(number=0)]
    position = len(read.parts)
    before = "open"
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            return None
        kind = token.lastgroup or ""
        found = _QUANTIFIER.match(pattern, token.end())
        quantifier = "" if found is None else found[0]
        if kind in ("choice", "close") and choices and before in ("open", "choice"):
            return None  # (an empty alternative)
        if not _enter(read, open_groups, token, quantifier, choices=choices):
            return None
        read.parts.append(_written(token) + quantifier)
        position = token.end() + len(quantifier)
        before = kind
    if len(open_groups) > 1:
        return None
    if open_groups[0].may_be_empty:
        read.may_be_empty.add(0)
    return read


def _enter(
    read: _Reading,
    open_groups: list[_Group],
    token: re.Match[str],
    quantifier: str,
    *,
    choices: bool,
) -> bool:
    """What a token does to the groups around it; False where the two may differ."""
    match token.lastgroup:
        case "open":
            captures = token[0] == "("
            read.groups += captures
            open_groups.append(_Group(read.groups if captures else None))
            return not quantifier
        case "close":
            if len(open_groups) == 1 or (quantifier and not choices):
                return False
            inner = open_groups.pop()
            if inner.number is not None and inner.may_be_empty:
                read.may_be_empty.add(inner.number)
            return open_groups[-1].hold(inner, quantifier)
        case "choice":
            open_groups[-1].choose()
            return choices and len(open_groups) > 1 and not quantifier
    if not quantifier.startswith(("*", "?", "{0")):
        open_groups[-1].branch_may_be_empty = False
    return True


def _written(token: re.Match[str]) -> str:
    if token["dot"]:
        return r"[^\n]"
    if token["kind"]:
        negated = "^" if token["kind"].isupper() else ""
        return f"[{negated}{_SHORTHANDS[token['kind'].lower()]}]"
    if token["class"]:
        return re.sub(r"\\([dws])", lambda found: _SHORTHANDS[found[1]], token[0])
    return token[0]
