"""The demonstration: business days from the sources to reconciled curated tables."""

from lakehouse.demo.plan import Plan
from lakehouse.demo.run import require_local, run_demo

__all__ = ["Plan", "require_local", "run_demo"]
