"""The engine: statements over the catalog and the object store, run by DuckDB.

`contract` is the seam to the Athena API. `Engine` is loaded when it is first asked for, so that
what needs only the contract starts quickly.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_athena.engine.engine import Engine

__all__ = ["Engine"]


def __getattr__(name: str) -> Any:
    if name == "Engine":
        from local_athena.engine.engine import Engine

        return Engine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
