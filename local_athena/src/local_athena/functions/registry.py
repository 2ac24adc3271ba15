"""How a Trino function is told to DuckDB: the shapes that every family file fills.

A family module exports plain dictionaries where it has such functions: `SCALARS`, `AGGREGATES`,
`WINDOWS`, each from Trino's lower-case name to a function that writes DuckDB SQL, and `CASTS` from
(source base, target base). A writer works from the bound node (its types are Trino's) and from the
texts of its arguments, already rewritten. What plain SQL cannot say is a `PythonFunction`, made by
`functions.udf.call_python` while writing; the session registers it before the text runs.

A function that is in no dictionary is refused by name; nothing is ever passed through.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from local_athena.sql.bound import Aggregate, Call, WindowCall
from local_athena.sql.types import Type

ScalarWriter = Callable[[Call, Sequence[str]], str]
"""(call, argument texts) -> text. A lambda argument's text is DuckDB's `lambda x, y: body`."""

CastWriter = Callable[[str, Type, Type], str]
"""(text, source type, target type) -> text. It raises for Trino as a cast does; TRY_CAST wraps it
in TRY()."""


@dataclass(frozen=True, slots=True)
class AggregateTexts:
    """An aggregate's parts as texts, over a group or, when `over` is given, over a window.

    `order_by` holds whole sort items (`x DESC NULLS LAST`). `over` is ` OVER (…)`.
    """

    arguments: tuple[str, ...]
    distinct: bool = False
    order_by: tuple[str, ...] = ()
    filter: str | None = None
    over: str = ""

    def call(
        self,
        function: str,
        *arguments: str,
        where: str | None = None,
        order_by: Sequence[str] | None = None,
        distinct: bool | None = None,
    ) -> str:
        """A DuckDB aggregate over the same rows: its own arguments, and further conditions."""
        keys = self.order_by if order_by is None else tuple(order_by)
        inside = "DISTINCT " if (self.distinct if distinct is None else distinct) else ""
        inside += ", ".join(arguments)
        if keys:
            inside += " ORDER BY " + ", ".join(keys)
        conditions = [text for text in (self.filter, where) if text]
        tail = f" FILTER (WHERE {' AND '.join(f'({c})' for c in conditions)})" if conditions else ""
        return f"{function}({inside}){tail}{self.over}"


AggregateWriter = Callable[["Aggregate | WindowCall", AggregateTexts], str]
"""(aggregate, parts) -> text. Every DuckDB aggregate in the text is made by `parts.call`."""

WindowWriter = Callable[[WindowCall, Sequence[str], str], str]
"""(call, argument texts, over) -> text; `over` is the whole ` OVER (…)`."""


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A scalar function in Python, run on Arrow arrays.

    `function` takes and gives pyarrow arrays of one length. `arguments` and `returns` are DuckDB
    type texts. It sees NULLs when `sees_null` (otherwise a NULL argument gives NULL without a
    call). To fail for Trino it raises SqlError with Trino's error name.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    returns: str
    sees_null: bool = False
    volatile: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """What one family file offers."""

    scalars: Mapping[str, ScalarWriter] = field(default_factory=dict)
    aggregates: Mapping[str, AggregateWriter] = field(default_factory=dict)
    windows: Mapping[str, WindowWriter] = field(default_factory=dict)
    casts: Mapping[tuple[str, str], CastWriter] = field(default_factory=dict)


FAMILIES = (
    "operators",
    "introspection",
    "math",
    "distributions",
    "strings",
    "regexp",
    "dates",
    "date_units",
    "unix_time",
    "at_time_zone",
    "durations",
    "date_formats",
    "iso_dates",
    "casts",
    "cast_text",
    "cast_time",
    "times_zoned",
    "cast_json",
    "json",
    "arrays",
    "array_lambdas",
    "maps",
    "aggregates",
    "aggregates_more",
    "digests",
    "windows",
    "url",
    "binary",
    "bitwise",
    "identifiers",
    "formats",
    "geospatial",
    "bing_tiles",
)


def families() -> dict[str, Family]:
    """Every family file's dictionaries, by the file's name."""
    found: dict[str, Family] = {}
    for name in FAMILIES:
        module = importlib.import_module(f"local_athena.functions.{name}")
        found[name] = Family(
            getattr(module, "SCALARS", {}),
            getattr(module, "AGGREGATES", {}),
            getattr(module, "WINDOWS", {}),
            getattr(module, "CASTS", {}),
        )
    return found


@cache
def catalogue() -> Family:
    """All families' dictionaries as one. A name belongs to one family (a test holds it)."""
    scalars: dict[str, ScalarWriter] = {}
    aggregates: dict[str, AggregateWriter] = {}
    windows: dict[str, WindowWriter] = {}
    casts: dict[tuple[str, str], CastWriter] = {}
    for family in families().values():
        scalars.update(family.scalars)
        aggregates.update(family.aggregates)
        windows.update(family.windows)
        casts.update(family.casts)
    return Family(scalars, aggregates, windows, casts)
