"""Logging as `key=value` facts or JSON lines on stderr, the facts of a run that lines carry, and a
timer for steps.

Modules log through `logging.getLogger(__name__)`; only the edge (a command, a DAG) calls
`configure_logging`. Facts are names, sizes and counts, never rows; `lakehouse.redaction` takes out
what slips in all the same.
"""

from __future__ import annotations

from lakehouse.observability.context import (
    bind_process,
    bound,
    current_facts,
    new_trace_id,
    trace_id_of,
)
from lakehouse.observability.facts import Facts, Step, format_facts, timed_step
from lakehouse.observability.lines import JsonLines, PlainLines, RedactingFilter
from lakehouse.observability.setup import LogSettings, configure_logging

__all__ = [
    "Facts",
    "JsonLines",
    "LogSettings",
    "PlainLines",
    "RedactingFilter",
    "Step",
    "bind_process",
    "bound",
    "configure_logging",
    "current_facts",
    "format_facts",
    "new_trace_id",
    "timed_step",
    "trace_id_of",
]
