"""Trino's functions that are refused by name, and why."""

from __future__ import annotations

_ESRI = "only Trino's own geometry library could give the same answer"
_SET_DIGEST = "set digests hold hashes that only Trino makes"
_COLOR = "colours for a terminal are no part of Athena's results"
_SPATIAL = "an internal of Trino's spatial joins"

REFUSED: dict[str, str] = {
    "bar": _COLOR,
    "color": _COLOR,
    "render": _COLOR,
    "rgb": _COLOR,
    "current_groups": "groups of a user are not kept",
    "geometry_from_hadoop_shape": _ESRI,
    "geometry_invalid_reason": _ESRI,
    "st_geomfromkml": _ESRI,
    "spatial_partitioning": _SPATIAL,
    "spatial_partitions": _SPATIAL,
    "make_set_digest": _SET_DIGEST,
    "merge_set_digest": _SET_DIGEST,
    "hash_counts": _SET_DIGEST,
    "intersection_cardinality": _SET_DIGEST,
    "jaccard_index": _SET_DIGEST,
}
"""Lower-case name -> the reason, as a message says it."""


def unsupported(kind: str, name: str) -> str:
    """What is said of a function that is not supported, with the reason where one is known."""
    reason = REFUSED.get(name)
    return f"{kind} {name} is not supported" + (f": {reason}" if reason else "")
