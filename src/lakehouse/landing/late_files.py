"""Files of a drop that came, or changed, after the batch of their day was published.

What is published stays as it is; that the folder has something else by now is told.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.drop_place import DropPlace
from lakehouse.errors import SourceError
from lakehouse.landing.extract import drop_folder
from lakehouse.landing.extract_drop import find_files, size_of
from lakehouse.landing.model import Manifest, Sources
from lakehouse.observability import format_facts

logger = logging.getLogger(__name__)


def with_late_files(
    manifest: Manifest, lake: Lake, contract: Contract, sources: Sources
) -> Manifest:
    """The manifest of a published batch, with the warning `late_files` where the folder of its day
    has files by now that are not those of the batch, by name and size. They are logged, too.

    A folder that cannot be looked at is a line of the log.
    """
    folder = drop_folder(contract, manifest.business_date, sources)
    if folder is None:
        return manifest
    landed = {
        file.uri.rpartition("/")[2]: file.size_bytes
        for file in manifest.files
        if file.role == "stage"
    }
    try:
        found = _sizes(lake, folder, contract)
    except SourceError as error:
        facts = {"run_id": manifest.run_id, "error": str(error)}
        logger.warning("%s", format_facts(event="late_files_unknown", **facts))
        return manifest
    late = [
        f"{name} ({size} bytes{f', landed {landed[name]}' if name in landed else ''})"
        for name, size in found.items()
        if landed.get(name) != size
    ]
    if not late:
        return manifest
    sentence = (
        f"{folder} has files that are not in the published batch: {', '.join(late)}. Have their "
        "rows delivered under a later day"
    )
    logger.warning("%s", format_facts(event="late_files", run_id=manifest.run_id, files=late))
    return replace(manifest, warnings={**manifest.warnings, "late_files": sentence})


def _sizes(lake: Lake, folder: DropPlace, contract: Contract) -> dict[str, int]:
    """Bytes by name of what is delivered."""
    if isinstance(folder, Path):
        return {name: size_of(folder / name, contract) for name in find_files(folder, contract)}
    from lakehouse.landing.extract_drop_s3 import find_sizes

    return find_sizes(lake.s3, folder, contract)
