"""Landing: from source systems to the stage and, through the door, to raw."""

from lakehouse.landing.batch import Replay, land, replay
from lakehouse.landing.history import find_previous, list_runs, read_rejects, verify_manifest
from lakehouse.landing.model import FileFacts, Manifest, NotDue, Sources, run_id_of

__all__ = [
    "FileFacts",
    "Manifest",
    "NotDue",
    "Replay",
    "Sources",
    "find_previous",
    "land",
    "list_runs",
    "read_rejects",
    "replay",
    "run_id_of",
    "verify_manifest",
]
