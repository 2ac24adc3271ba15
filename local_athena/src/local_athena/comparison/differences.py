"""Two outcomes side by side: one line for each kind of difference.

Doubles are compared by 12 significant digits and reals by 6: sums of them depend on the order of
addition. Everything else must be the same text.
"""

from collections import Counter
from collections.abc import Sequence

from local_athena.comparison.outcomes import Outcome, Row
from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement

_DIGITS = {"double": 12, "float": 6}
_SHOWN = 3


def is_ordered(sql: str) -> bool:
    """Whether a statement says the order of its rows."""
    try:
        statement = parse_statement(sql)
    except SqlError:
        return False
    return isinstance(statement, nodes.QueryStatement) and bool(statement.query.order_by)


def differences(embedded: Outcome, trino: Outcome, ordered: bool = False) -> list[str]:
    """What differs, embedded engine first; nothing when they agree."""
    if embedded.error or trino.error:
        if embedded.error == trino.error:
            return []
        return [f"error: {_failure(embedded)} | {_failure(trino)}"]
    found = []
    if embedded.names != trino.names:
        found.append(f"names: {list(embedded.names)} | {list(trino.names)}")
    if embedded.types != trino.types:
        found.append(f"types: {list(embedded.types)} | {list(trino.types)}")
    if len(embedded.names) == len(trino.names):
        found.extend(_rows(embedded, trino, ordered))
    return found


def _failure(outcome: Outcome) -> str:
    return outcome.message or f"{len(outcome.rows)} rows"


def _rows(embedded: Outcome, trino: Outcome, ordered: bool) -> list[str]:
    ours = [_normal(row, trino.types) for row in embedded.rows]
    theirs = [_normal(row, trino.types) for row in trino.rows]
    more, less = Counter(ours), Counter(theirs)
    only_ours, only_theirs = list((more - less).elements()), list((less - more).elements())
    if only_ours or only_theirs:
        counts = f"{len(only_ours)} of {len(ours)} rows | {len(only_theirs)} of {len(theirs)}"
        return [f"values: {counts}: {_sample(only_ours)} | {_sample(only_theirs)}"]
    if ordered and ours != theirs:
        return ["order: the same rows in another order"]
    return []


def _sample(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=repr)[:_SHOWN]


def _normal(row: Row, types: Sequence[str]) -> Row:
    return tuple(
        value if value is None or type_ not in _DIGITS else _rounded(value, _DIGITS[type_])
        for value, type_ in zip(row, types, strict=True)
    )


def _rounded(text: str, digits: int) -> str:
    number = float(text)
    return f"{number + 0.0:.{digits}g}"
