"""Joni's regular expressions (Java's syntax, as Trino runs them) in the syntax of `regex`.

A recursive descent over the pattern that writes the same automaton for `regex` in its version 1.
What differs from Python's habits, by Joni's rules:

- `\\d`, `\\s` and `\\w` are ASCII; `\\p{…}`, `[:…:]` and `\\b` are Unicode.
- `^` and `$` are the ends of the text, `$` and `\\Z` also before a last newline; `(?m)` makes them
  the ends of lines.
- `(?i)` within a group holds to the group's end, alternatives included.
- `\\h`, `\\R`, `\\X` and other unknown escapes are the letter itself, as is `{` where no interval
  begins.
- A look-behind has a known width, and no look-ahead, back reference or option inside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby

from local_athena.functions.joni_classes import CharacterClass
from local_athena.functions.joni_escapes import (
    Cursor,
    code_escape,
    control_character,
    named_class,
    property_class,
    refused,
)
from local_athena.functions.joni_nodes import Node, any_case, literal
from local_athena.sql.errors import SqlError

_MOST_REPEATS = 100_000
_NEVER = "(?!)"
_ANCHORS = {"A": r"\A", "z": r"\Z", "Z": r"(?=\n?\Z)", "G": r"\G", "b": r"\b", "B": r"\B"}
_BEHIND = frozenset("AGbB")
"""Escaped anchors that may stand in a look-behind."""
_TYPES = {"d": "[0-9]", "D": "[^0-9]", "w": "[A-Za-z0-9_]", "W": "[^A-Za-z0-9_]"} | {
    "s": r"[\t-\r ]",
    "S": r"[^\t-\r ]",
}
_BLANK = " \t\n\r\f"


@dataclass(frozen=True, slots=True)
class Joni:
    """A pattern for `regex`; `names` are its named groups' numbers."""

    text: str
    groups: int
    names: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Options:
    """What `(?imsx)` switches: `lines` is `m`, `all_characters` is `s`."""

    ignore_case: bool = False
    lines: bool = False
    all_characters: bool = False
    extended: bool = False


def translate_joni(pattern: str) -> Joni:
    """A pattern as `regex` reads it.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for what Joni refuses, NOT_SUPPORTED.
    """
    return _Translator(pattern).whole()


class _Translator(Cursor):
    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.options = _Options()
        self.groups = 0
        self.open_groups: list[int] = []
        self.names: dict[str, int] = {}
        self.highest_reference = 0

    def whole(self) -> Joni:
        node = self.alternatives()
        if self.at < len(self.pattern):
            raise refused("unmatched close parenthesis")
        if self.highest_reference > self.groups:
            raise refused("invalid backref number/name")
        return Joni(node.text, self.groups, self.names)

    # ------------------------------------------------------------ what is skipped

    def skip_blank(self) -> None:
        """Step over comments, and over blanks where `(?x)` says so."""
        while self.at < len(self.pattern):
            if self.pattern.startswith("(?#", self.at):
                self.comment()
            elif self.options.extended and self.peek() in _BLANK:
                self.at += 1
            elif self.options.extended and self.peek() == "#":
                end = self.pattern.find("\n", self.at)
                self.at = len(self.pattern) if end < 0 else end + 1
            else:
                return

    def comment(self) -> None:
        self.at += 3
        while self.peek() != ")":
            if not self.peek():
                raise refused("end pattern in group")
            self.at += 2 if self.peek() == "\\" else 1
        self.at += 1

    # ------------------------------------------------------------ structure

    def alternatives(self) -> Node:
        branches = [self.branch()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.branch())
        if len(branches) == 1:
            return branches[0]
        widths = [branch.width for branch in branches]
        return Node(
            "|".join(branch.text for branch in branches),
            widths[0] if len(set(widths)) == 1 else None,
            tuple(widths),
            frozenset().union(*(branch.holds for branch in branches)),
        )

    def branch(self) -> Node:
        parts: list[Node] = []
        while True:
            self.skip_blank()
            if self.peek() in ("", "|", ")"):
                break
            parts.append(self.repeated(self.atom()))
        if len(parts) == 1:
            return parts[0]
        widths = [part.width for part in parts]
        return Node(
            self.in_line(parts),
            None if None in widths else sum(w for w in widths if w is not None),
            (),
            frozenset().union(*(part.holds for part in parts)),
        )

    def in_line(self, parts: list[Node]) -> str:
        if not self.options.ignore_case:
            return "".join(part.text for part in parts)
        texts = []
        for is_literal, run in groupby(parts, lambda part: bool(part.literal)):
            if is_literal:
                texts.append(any_case("".join(part.literal for part in run)))
            else:
                texts += (part.text for part in run)
        return "".join(texts)

    def repeated(self, node: Node) -> Node:
        while True:
            self.skip_blank()
            bounds = self.quantifier()
            if bounds is None:
                return node
            low, high = bounds
            mode = self.take() if self.peek() in ("?", "+") else ""
            counts = f"{{{low},{'' if high is None else high}}}"
            width = None if node.width is None or low != high else node.width * low
            holds = node.holds | ({"other"} if mode == "+" else set())
            node = Node(f"(?:{node.text}){counts}{mode}", width, (), holds)

    def quantifier(self) -> tuple[int, int | None] | None:
        """The bounds of a quantifier that stands here; None for none."""
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self.peek())
        if simple is not None:
            self.at += 1
            return simple
        found = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}").match(self.pattern, self.at)
        if self.peek() == "{":
            self.check_sizes()
        if found is None:
            return None
        low = int(found[1])
        high = low if found[2] is None else int(found[3]) if found[3] else None
        if high is not None and low > high:
            raise refused("upper is smaller than lower in repeat range")
        self.at = found.end()
        return low, high

    def check_sizes(self) -> None:
        for number in re.compile(r"\{([0-9]*),?([0-9]*)").match(self.pattern, self.at).groups():  # type: ignore[union-attr]
            if number and int(number) > _MOST_REPEATS:
                raise refused("too big number for repeat range")

    # ------------------------------------------------------------ atoms

    def atom(self) -> Node:
        if self.peek() == "{":
            if self.quantifier() is not None:
                raise refused("target of repeat operator is not specified")
            return self.literal(self.take())
        character = self.take()
        if character in "*+?":
            raise refused("target of repeat operator is not specified")
        if character == "(":
            return self.group()
        if character == "[":
            return Node(CharacterClass(self).text(), 1)
        if character == ".":
            return Node("(?s:.)" if self.options.all_characters else r"[^\n]", 1)
        if character == "^":
            return Node(r"(?:\A|(?<=\n)(?!\Z))" if self.options.lines else r"\A")
        if character == "$":
            if self.options.lines:
                return Node(r"(?=\n|\Z)")
            return Node(r"(?=\n?\Z)", 0, (), frozenset(("other",)))
        if character == "\\":
            return self.escape()
        return self.literal(character)

    def literal(self, character: str) -> Node:
        if self.options.ignore_case:
            return Node(any_case(character), 1, literal=character)
        return Node(literal(character), 1, literal=character)

    def escape(self) -> Node:
        character = self.take()
        if not character:
            raise refused("end pattern at escape")
        if character in _TYPES:
            return self.type(_TYPES[character])
        if character in _ANCHORS:
            refused_behind = () if character in _BEHIND else ("other",)
            return Node(_ANCHORS[character], 0, (), frozenset(refused_behind))
        if character in "pP":
            return self.property(character)
        if character == "Q":
            return self.quotation()
        if character in "123456789":
            return self.digit_escape(character)
        if character == "k" and self.peek() in ("<", "'"):
            return self.named_reference()
        if character in "xu0":
            self.at -= 1
            return self.numbered()
        return self.literal(control_character(self, character))

    def property(self, character: str) -> Node:
        if self.peek() == "{":
            self.at += 1
            return self.type(property_class(self, character == "P"))
        name = self.take()
        if not name:
            raise refused("end pattern at escape")
        return self.type(named_class(name, character == "P"))

    def type(self, text: str) -> Node:
        """A kind of characters: outside brackets `(?i)` adds none to it."""
        return Node(f"(?-i:{text})" if self.options.ignore_case else text, 1)

    def quotation(self) -> Node:
        end = self.pattern.find("\\E", self.at)
        quoted = self.pattern[self.at :] if end < 0 else self.pattern[self.at : end]
        self.at = len(self.pattern) if end < 0 else end + 2
        if not quoted:
            return Node("")
        last = self.repeated(self.literal(quoted[-1]))
        text = self.in_line([*map(self.literal, quoted[:-1]), last])
        return Node(text, None if last.width is None else len(quoted) - 1 + last.width)

    def numbered(self) -> Node:
        character = code_escape(self)
        if character is None:
            return self.literal(self.take())
        return self.literal(character) if character else Node(_NEVER, 1)

    def digit_escape(self, first: str) -> Node:
        """`\\12`: the group 12 where there is one, else the code 10."""
        end = self.at
        while self.pattern[end : end + 1] in tuple("0123456789"):
            end += 1
        number = int(self.pattern[self.at - 1 : end])
        if number <= 1000 and (number <= self.groups or number <= 9):
            self.at = end
            return self.reference(number)
        if first in "89":
            return self.literal(first)
        self.at -= 1
        return self.numbered()

    def reference(self, number: int) -> Node:
        self.highest_reference = max(self.highest_reference, number)
        if number in self.open_groups:
            raise SqlError(
                "NOT_SUPPORTED", "A back reference inside the group that it names is not supported"
            )
        return Node(rf"\g<{number}>", None, (), frozenset(("other",)))

    def named_reference(self) -> Node:
        end = ">" if self.take() == "<" else "'"
        name = self.group_name(end, reference=True)
        relative = re.fullmatch(r"-?[0-9]+", name)
        if relative:
            number = int(name)
            if number < 0:
                number += self.groups + 1
            if number <= 0:
                raise refused("invalid backref number/name")
            return self.reference(number)
        if re.search(r"[+-][0-9]+$", name):
            raise SqlError("NOT_SUPPORTED", "A back reference with a level is not supported")
        if name not in self.names:
            raise refused(f"undefined name <{name}> reference")
        return self.reference(self.names[name])

    # ------------------------------------------------------------ groups

    def group(self) -> Node:
        if not self.pattern[self.at :]:
            raise refused("end pattern with unmatched parenthesis")
        if self.peek() != "?":
            return self.capture(None)
        self.at += 1
        if not self.peek():
            raise refused("end pattern in group")
        kind = self.take()
        if kind == ":":
            inner = self.inside()
            return replace(inner, text=f"(?:{inner.text})")
        if kind in "=!":
            return Node(f"(?{kind}{self.inside().text})", 0, (), frozenset(("other",)))
        if kind == ">":
            inner = self.inside()
            return Node(f"(?>{inner.text})", inner.width, (), inner.holds | {"other"})
        if kind == "'":
            return self.capture(self.group_name("'", reference=False))
        if kind == "<":
            if self.peek() in ("=", "!"):
                return self.look_behind(self.take())
            return self.capture(self.group_name(">", reference=False))
        if kind in "-imsx":
            self.at -= 1
            return self.option_group()
        raise refused("undefined group option")

    def inside(self) -> Node:
        """The group's content and its closing bracket; options end with the group."""
        before = self.options
        node = self.alternatives()
        self.options = before
        if self.take() != ")":
            raise refused("end pattern with unmatched parenthesis")
        return node

    def capture(self, name: str | None) -> Node:
        self.groups += 1
        number = self.groups
        if name is not None:
            if name in self.names:
                raise refused(f"multiplex defined name <{name}>")
            self.names[name] = number
        self.open_groups.append(number)
        inner = self.inside()
        self.open_groups.pop()
        return Node(f"({inner.text})", inner.width, (), inner.holds | {"capture"})

    def group_name(self, end: str, *, reference: bool) -> str:
        start = self.at
        while self.peek() and self.peek() not in (end, ")"):
            self.at += 1
        name = self.pattern[start : self.at]
        if not name:
            raise refused("group name is empty")
        if self.take() != end:
            raise refused(f"invalid group name <{name}>")
        allowed = r"-?[0-9]+|[^\W\d]\w*(?:[+-][0-9]+)?" if reference else r"[^\W\d]\w*"
        if not re.fullmatch(allowed, name) or name.strip("-") == "0":
            raise refused(f"invalid group name <{name}>")
        return name

    def option_group(self) -> Node:
        """`(?i-m)`, which holds for the rest of the group around it, and `(?i-m:…)`."""
        before = options = self.options
        on = True
        names = {"i": "ignore_case", "m": "lines", "s": "all_characters", "x": "extended"}
        while True:
            letter = self.take()
            if not letter:
                raise refused("end pattern in group")
            if letter in ":)":
                break
            if letter == "-":
                on = False
            elif letter in names:
                options = replace(options, **{names[letter]: on})
            else:
                raise refused("undefined group option")
        self.options = options
        inner = self.inside() if letter == ":" else self.alternatives()
        self.options = before
        flag = "(?i:" if options.ignore_case else "(?-i:"
        return Node(f"{flag}{inner.text})", inner.width, (), inner.holds | {"other"})

    def look_behind(self, kind: str) -> Node:
        inner = self.inside()
        wrong = refused("invalid pattern in look-behind")
        if "other" in inner.holds or (kind == "!" and "capture" in inner.holds):
            raise wrong
        if inner.width is None and (not inner.choices or None in inner.choices):
            raise wrong
        return Node(f"(?<{kind}{inner.text})", 0, (), inner.holds)
