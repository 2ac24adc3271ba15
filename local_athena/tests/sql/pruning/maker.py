"""Makes small tables and queries on them from a seed; the texts lie in the files beside it."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

_DAYS = [date(2026, 6, 1) + timedelta(days=n) for n in range(6)]
_TEXTS = ["", "a", "ab", "abc", "b", "2026-06-01", "2026-06-02", "é", "A"]
_CLOCKS = [0, 1, 999, 43_200_000, 86_399_999, 86_400_000, 172_800_500, 400_000_000]
_OPERATORS = ("=", "=", "<>", "<", "<=", ">", ">=", "is distinct from", "is not distinct from")
_PATTERNS = ("a%", "ab", "%b", "a_", "x%%b' escape 'x", "", "é%")
COLUMNS = ("k", "i", "n", "s", "p", "d", "ts", "b", "x")


def _lines(name: str) -> list[str]:
    text = (Path(__file__).parent / name).read_text()
    return [line for line in text.splitlines() if line and not line.startswith("# ")]


SHAPES = [line for line in _lines("shapes.txt") if "{" in line]
_VALUES: dict[str, list[str]] = defaultdict(list)
_FUNCTIONS: dict[str, list[tuple[str, str]]] = defaultdict(list)
for _line in _lines("values.txt"):
    _kind, _text = _line.split(" ", 1)
    _VALUES[_kind].append(_text)
for _line in _lines("functions.txt"):
    _kind, _fits, _text = _line.split(" ", 2)
    _FUNCTIONS[_kind].append((_text, _fits))
_VALUES["i"], _VALUES["p"] = _VALUES["k"], _VALUES["s"]


class Maker:
    """One seed's tables and query."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def row(self) -> dict[str, Any]:
        moment = datetime(2026, 6, 1) + timedelta(milliseconds=self.pick(*_CLOCKS))  # noqa: DTZ001
        row: dict[str, Any] = {
            "k": self.random.randint(-2, 5),
            "i": self.random.randint(-2, 5),
            "n": Decimal(self.random.randint(-300, 500)) / 100,
            "s": self.pick(*_TEXTS),
            "p": self.pick(*_TEXTS)[:8],
            "d": self.pick(*_DAYS),
            "ts": moment,
            "b": self.pick(True, False),
            "x": self.pick(0.0, -0.0, 1.5, float("nan"), float("inf"), -1.0),
        }
        return {name: None if self.random.random() < 0.15 else row[name] for name in row}

    def rows(self) -> list[dict[str, Any]]:
        return [self.row() for _ in range(self.random.randint(0, 9))]

    # ------------------------------------------------------------ predicates

    def constant(self, kind: str) -> str:
        text = self.pick(*_VALUES[kind])
        return (
            str(text).replace("{day}", str(self.pick(*_DAYS))).replace("{text}", self.pick(*_TEXTS))
        )

    def value(self, column: str) -> tuple[str, str]:
        """An expression on a column, and the kind of constants that fit it."""
        kind = column.split(".")[-1]
        if self.random.random() < 0.6:
            return column, kind
        text, fits = self.pick(*_FUNCTIONS[kind])
        return text.replace("{c}", column), fits

    def simple(self, columns: list[str]) -> str:
        column = self.pick(*columns)
        kind = column.split(".")[-1]
        value, fits = self.value(column)
        negated = self.pick("", "not ")
        form = self.random.random()
        if form < 0.5:
            sides = [value, self.constant(fits)]
            if self.random.random() < 0.2:
                sides.reverse()
            return f" {self.pick(*_OPERATORS)} ".join(sides)
        if form < 0.6:
            items = ", ".join(self.constant(fits) for _ in range(self.random.randint(1, 3)))
            return f"{value} {negated}in ({items})"
        if form < 0.7:
            return f"{value} {negated}between {self.constant(fits)} and {self.constant(fits)}"
        if form < 0.8:
            return f"{value} is {negated}null"
        if form < 0.9 and fits == "s":
            if form < 0.86:
                return f"{value} {negated}like '{self.pick(*_PATTERNS)}'"
            return f"starts_with({value}, 'a')"
        if form < 0.93:
            return str(self.pick("true", "false", "1 = 0", "null", "1 < 2"))
        if len(columns) > len(COLUMNS):
            return f"{column} = {self.pick('t', 'u')}.{kind}"
        return column if kind == "b" else f"{column} = {self.constant(kind)}"

    def predicate(self, columns: list[str], depth: int = 2) -> str:
        form = self.random.random()
        if depth == 0 or form < 0.35:
            return self.simple(columns)
        if form < 0.45:
            return f"not ({self.predicate(columns, depth - 1)})"
        count = self.random.randint(2, 3)
        parts = [f"({self.predicate(columns, depth - 1)})" for _ in range(count)]
        return (" and " if form < 0.75 else " or ").join(parts)

    # ------------------------------------------------------------ queries

    def query(self) -> str:
        key = self.pick("k", "i", "s", "d", "ts", "n")
        t, u = [f"t.{c}" for c in COLUMNS], [f"u.{c}" for c in COLUMNS]
        on = f"t.{key} = u.{key}"
        if self.random.random() < 0.5:
            on += f" and {self.predicate(t + u, 1)}"
        shape = str(self.pick(*SHAPES))
        while "{join}" in shape:
            join = self.pick("join", "left join", "right join", "full join")
            shape = shape.replace("{join}", join, 1)
        named = {"by_key": [key], "by_key_b": [key, "b"], "by_k": ["k"], "by_i": ["i"]}
        named |= {f"by_{names}": list(names) for names in ("ds", "kds", "dk", "ks")}
        parts = {name: f"({self.predicate(columns)})" for name, columns in named.items()}
        return shape.format(
            one=f"({self.predicate(list(COLUMNS))})",
            two=f"({self.predicate(list(COLUMNS))})",
            tu=f"({self.predicate(t + u)})",
            u=f"({self.predicate(u, 1)})",
            key=key,
            on=on,
            **parts,
        )
