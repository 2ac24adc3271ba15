"""From the planner's domains of a scan to restrictions by field id, in Iceberg's values."""

from collections.abc import Mapping
from typing import Any

from pyiceberg.schema import Schema

from local_athena.engine.iceberg.domains import Allowed


def restrictions_of(schema: Schema, domains: Mapping[str, Any]) -> dict[int, Allowed]:
    """What the scan's predicates allow each column to be; columns that cannot be told are left out."""
    return {}
