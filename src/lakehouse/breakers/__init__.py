"""Circuit breakers, one for each source system: who does not answer is left alone for a while.

The state of all breakers lies in the ops bucket, so that every worker sees the same; see
docs/adr/0016-breakers-live-in-the-ops-bucket.md.
"""

from __future__ import annotations

from lakehouse.breakers.circuit import Circuit, circuit_of, list_breakers, to_document
from lakehouse.breakers.machine import Breaker, State, admit, fail, release, reset, succeed

__all__ = [
    "Breaker",
    "Circuit",
    "State",
    "admit",
    "circuit_of",
    "fail",
    "list_breakers",
    "release",
    "reset",
    "succeed",
    "to_document",
]
