"""Whether a query gives the same answer whenever it is asked of the same data.

Athena reuses no result of a query that asks for the time or for chance (Athena user guide, "Query
result reuse", read 2026-11).
"""

from local_athena.engine.trees import walk
from local_athena.sql import bound, nodes

_CHANCE = frozenset({"rand", "random", "shuffle", "uuid"})
_TIME = frozenset(
    {
        "now",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
    }
)


_UNSTABLE = _CHANCE | _TIME


def is_deterministic(query: nodes.Query, bound_query: bound.BoundQuery) -> bool:
    """False when the text calls for time or chance, or a view in it for chance."""
    for node in walk((query, bound_query)):
        if isinstance(node, nodes.FunctionCall):
            if node.name.parts[-1].value.lower() in _UNSTABLE:
                return False
        elif isinstance(node, bound.Call) and node.name in _CHANCE:
            return False
    return True
