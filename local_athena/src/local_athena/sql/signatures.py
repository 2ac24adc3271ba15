"""Trino's function signatures: read from `functions/signatures.jsonl` when a name is first asked
for.

The file is what SHOW FUNCTIONS of a Trino 476 answers. It says neither which functions take any
number of arguments nor what a type variable must be able to do; two tables here add that. Special
forms (coalesce, if, try, …) are no functions and stand in `sql/binder`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import make_type
from local_athena.sql.types import Field, Type

_FILE = Path(__file__).parent.parent / "functions" / "signatures.jsonl"


@dataclass(frozen=True, slots=True)
class Variable:
    """A type variable of a signature, `T` of array(T). Names are lower case."""

    name: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A type with variables inside. A str among the arguments is a variable of a length, precision
    or scale; `labels` are the names of a row's fields."""

    base: str
    arguments: tuple[Part | int | str, ...]
    labels: tuple[str | None, ...] = ()


Part = Type | Variable | Pattern


@dataclass(frozen=True, slots=True)
class Signature:
    """One overload. `kind` is scalar, aggregate or window; with `variadic` the last argument may
    come any number of times, at least `minimum` arguments in all.

    `constraints` maps every type variable to `comparable`, `orderable` or None. `text` is how Trino
    writes the overload in messages.
    """

    name: str
    arguments: tuple[Part, ...]
    result: Part
    kind: str
    deterministic: bool
    variadic: bool
    minimum: int
    constraints: Mapping[str, str | None]
    text: str

    def formals(self, count: int) -> tuple[Part, ...] | None:
        """The declared arguments for a call with `count` of them; None when it cannot have so
        many."""
        if not self.variadic:
            return self.arguments if count == len(self.arguments) else None
        if count < self.minimum:
            return None
        fixed = self.arguments[:-1]
        return fixed + (self.arguments[-1],) * (count - len(fixed))


_VARIADIC: dict[tuple[str, str], int] = {
    ("concat", "varchar"): 0,
    ("concat", "varbinary"): 0,
    ("concat", "array(E)"): 1,
    ("concat_ws", "varchar, varchar"): 1,
    ("greatest", "E"): 1,
    ("least", "E"): 1,
    ("map_concat", "map(K,V)"): 1,
}
"""(name, arguments) of overloads whose last argument repeats -> the fewest arguments they take."""

_NEEDS = (
    ("orderable", "e", "greatest least array_sort max min"),
    ("orderable", "t", "array_sort array_max array_min max min"),
    ("orderable", "k", "max_by min_by"),
    ("comparable", "e", "array_distinct array_except array_intersect array_remove array_union"),
    ("comparable", "e", "arrays_overlap"),
    ("comparable", "t", "array_histogram array_position contains contains_sequence histogram"),
    ("comparable", "t", "approx_distinct checksum make_set_digest"),
    ("comparable", "k", "map map_agg map_concat map_filter map_from_entries map_union"),
    ("comparable", "k", "multimap_agg multimap_from_entries element_at map_zip_with"),
    ("comparable", "k", "transform_values"),
    ("comparable", "k1", "transform_keys"),
    ("comparable", "k2", "transform_keys"),
)
"""What a type variable of these functions must be able to do: (ability, variable, functions)."""


def _demands_of(name: str) -> dict[str, str]:
    return {variable: ability for ability, variable, names in _NEEDS if name in names.split()}


_TOKEN = re.compile(r'\s*("[^"]*"|\w+|[(),])')
_NUMBERED = frozenset(
    (
        *("varchar", "char", "decimal", "time", "timestamp"),
        *("time with time zone", "timestamp with time zone"),
    )
)
_COMPOSED = frozenset(("array", "map", "row", "function", "qdigest"))


@cache
def _records() -> dict[str, list[dict[str, object]]]:
    """The file's records by lower-case name, repeated and table functions left out."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    by_name: dict[str, list[dict[str, object]]] = {}
    for record in json.loads(f"[{','.join(lines)}]"):
        if record["kind"] == "table":
            continue
        same_name = by_name.setdefault(record["name"].lower(), [])
        if record not in same_name:
            same_name.append(record)
    return by_name


@cache
def signatures_of(name: str) -> tuple[Signature, ...]:
    """The overloads of a lower-case function name; none when Trino has no such function."""
    return tuple(_signature(name, record) for record in _records().get(name, ()))


def function_names() -> frozenset[str]:
    """Every function name, lower case."""
    return frozenset(_records())


@cache
def kinds_of(name: str) -> frozenset[str]:
    """What the name may be: `scalar`, `aggregate`, `window`; empty for an unknown one."""
    return frozenset(str(record["kind"]) for record in _records().get(name, ()))


def is_aggregate(name: str) -> bool:
    return "aggregate" in kinds_of(name)


def is_window(name: str) -> bool:
    """Whether it is a function that only works over a window, as row_number."""
    return "window" in kinds_of(name)


def _signature(name: str, record: dict[str, object]) -> Signature:
    written = str(record["arguments"])
    arguments = tuple(parse_part(text) for text in split_arguments(written))
    result = parse_part(str(record["returns"]))
    minimum = _VARIADIC.get((name, written))
    demands = _demands_of(name)
    variables: dict[str, str | None] = {}
    for part in (*arguments, result):
        for variable in _variables_of(part):
            variables.setdefault(variable, demands.get(variable))
    shown = [v.upper() + (f":{demand}" if demand else "") for v, demand in variables.items()]
    return Signature(
        name=name,
        arguments=arguments,
        result=result,
        kind=str(record["kind"]),
        deterministic=bool(record["deterministic"]),
        variadic=minimum is not None,
        minimum=minimum or 0,
        constraints=variables,
        text=" ".join([f"{record['name']}({written})", ", ".join(shown)]).rstrip(),
    )


def split_arguments(text: str) -> list[str]:
    """Split at the commas outside brackets: `array(t), map(k,v)` is two."""
    parts: list[str] = []
    depth = 0
    start = 0
    for index, letter in enumerate(text):
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


@cache
def parse_part(text: str) -> Part:
    """A declared type: a Type when it has no variables."""
    tokens = _TOKEN.findall(text)
    part, end = _read(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"not a declared type: {text}")
    return part


def _read(tokens: list[str], at: int) -> tuple[Part, int]:
    words: list[str] = []
    while at < len(tokens) and tokens[at] not in ("(", ")", ","):
        words.append(tokens[at].lower())
        at += 1
    base = " ".join(words)
    if at == len(tokens) or tokens[at] != "(":
        try:
            return make_type(base), at
        except SqlError:
            return Variable(base), at
    labels: list[str | None] = []
    arguments: list[Part | int | str] = []
    while tokens[at] != ")":
        at += 1
        token = tokens[at]
        following = tokens[at + 1]
        if base in _NUMBERED:
            arguments.append(int(token) if token.isdigit() else token.lower())
            at += 1
            continue
        if base == "row" and following not in ("(", ")", ","):
            labels.append(token.strip('"'))
            at += 1
        else:
            labels.append(None)
        part, at = _read(tokens, at)
        arguments.append(part)
    at += 1
    if [token.lower() for token in tokens[at : at + 3]] == ["with", "time", "zone"]:
        base, at = f"{base} with time zone", at + 3
    return _assemble(base, arguments, labels), at


def _assemble(base: str, arguments: list[Part | int | str], labels: list[str | None]) -> Part:
    ground = [a for a in arguments if isinstance(a, int | Type)]
    if len(ground) < len(arguments):
        return Pattern(base, tuple(arguments), tuple(labels) if base == "row" else ())
    if base == "row":
        types = [a for a in ground if isinstance(a, Type)]
        return Type(base, tuple(Field(label, a) for label, a in zip(labels, types, strict=True)))
    return Type(base, tuple(ground)) if base in _COMPOSED else make_type(base, ground)


def _variables_of(part: Part | int | str) -> list[str]:
    if isinstance(part, Variable):
        return [part.name]
    if isinstance(part, Pattern) and part.base not in _NUMBERED:
        return [name for argument in part.arguments for name in _variables_of(argument)]
    return []
