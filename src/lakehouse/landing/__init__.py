"""Landing: from source systems to the stage and, through the door, to raw."""

from lakehouse.landing.batch import Replay, land, replay
from lakehouse.landing.history import (
    find_previous,
    published_days,
    read_rejects,
    verify_manifest,
)
from lakehouse.landing.model import FileFacts, Manifest, NotDue, Sources, run_id_of
from lakehouse.landing.runs import Run, find_runs

__all__ = [
    "FileFacts",
    "Manifest",
    "NotDue",
    "Replay",
    "Run",
    "Sources",
    "find_previous",
    "find_runs",
    "land",
    "published_days",
    "read_rejects",
    "replay",
    "run_id_of",
    "verify_manifest",
]
