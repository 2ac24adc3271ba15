"""The facts of a run that every line carries: bound once, where the run, feed or step begins.

The names are Airflow's where it has one: `run_id`, `dag_id`, `task_id`, `try_number`; ours are
`feed`, `batch` (the run id of landing), `step` and `trace_id` (32 hex digits, as W3C writes them).
"""

from __future__ import annotations

import hashlib
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

_facts: ContextVar[Mapping[str, str]] = ContextVar("lakehouse_facts", default={})  # noqa: B039


def current_facts() -> Mapping[str, str]:
    """What is bound here, outermost first."""
    return _facts.get()


@contextmanager
def bound(**facts: str) -> Iterator[None]:
    """Let every line that is logged within the block carry these facts besides those around it."""
    with ExitStack() as stack:
        if "structlog" in sys.modules:
            # Airflow's tasks write their lines by it.
            from structlog.contextvars import bound_contextvars

            stack.enter_context(bound_contextvars(**facts))
        token = _facts.set({**_facts.get(), **facts})
        stack.callback(_facts.reset, token)
        yield


def bind_process(**facts: str) -> None:
    """Let every line from here on carry these facts and no others, until they are replaced."""
    if "structlog" in sys.modules:
        from structlog.contextvars import bind_contextvars

        bind_contextvars(**facts)
    _facts.set(facts)


def trace_id_of(*names: str) -> str:
    """The trace id of what has these names: always the same, so that tasks of a run share it."""
    return hashlib.sha256("\0".join(names).encode("utf-8")).hexdigest()[:32]


def new_trace_id(traceparent: str | None = None) -> str:
    """The trace id of a W3C `traceparent` where it is one, else a new one."""
    parts = (traceparent or "").split("-")
    if len(parts) == 4 and len(parts[1]) == 32 and parts[1].strip("0"):
        return parts[1]
    return secrets.token_hex(16)
