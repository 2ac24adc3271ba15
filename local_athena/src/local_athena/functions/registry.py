"""How a Trino function is told to DuckDB: the shapes that every family file fills.

A family module exports three plain dictionaries where it has such functions: `SCALARS`, `AGGREGATES`,
`WINDOWS`, each from Trino's lower-case name to a function that writes DuckDB SQL. It writes it from the
bound call (its types are Trino's) and from the texts of its arguments, already rewritten. What plain SQL
cannot say is a `PythonFunction`, which a session registers with DuckDB under its name.

A function that is in no dictionary is refused by name; nothing is ever passed through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_athena.sql.bound import Aggregate, Call, WindowCall

ScalarWriter = Callable[[Call, Sequence[str]], str]
"""(call, argument texts) -> text. A lambda argument's text is DuckDB's `lambda x, y: body`."""

AggregateWriter = Callable[[Aggregate, Sequence[str], str], str]
"""(aggregate, argument texts, tail) -> text. The tail is ` FILTER (WHERE …)` or nothing, to be put
behind every DuckDB aggregate that the text calls; DISTINCT and ORDER BY are the writer's to place:
see `distinct` and `order_by` of the call, whose texts come through `SortTexts` in the rewrite."""

WindowWriter = Callable[[WindowCall, Sequence[str], str], str]
"""(call, argument texts, over) -> text; `over` is the whole ` OVER (…)`."""


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A scalar function in Python, run on Arrow arrays.

    `function` takes and gives pyarrow arrays of one length. `arguments` and `returns` are DuckDB type
    texts. It sees NULLs when `sees_null` (otherwise a NULL argument gives NULL without a call). To fail
    for Trino it raises SqlError with Trino's error name.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    returns: str
    sees_null: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """What one family file offers. `macros` are `CREATE MACRO` statements it relies on."""

    scalars: Mapping[str, ScalarWriter]
    aggregates: Mapping[str, AggregateWriter]
    windows: Mapping[str, WindowWriter]
    python: tuple[PythonFunction, ...] = ()
    macros: tuple[str, ...] = ()
