"""The demonstration: business days from the sources to reconciled curated tables."""

from lakehouse.demo.plan import Plan, require_local

__all__ = ["Plan", "require_local"]
