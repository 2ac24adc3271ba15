"""Whether every model, snapshot and seed, and every column that they declare, has a description.

Columns that nothing declares show as columns without a comment in a lake: a seed's are those of its
file and a snapshot's those of its model and dbt's own, which are looked up here; a model's are
looked for in Glue by the test of the demonstration.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[1]
SNAPSHOT_COLUMNS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")


def undescribed(nodes: Mapping[str, Any]) -> Iterator[str]:
    """`node` or `node.column` for each that lacks a description."""
    for node in nodes.values():
        if node.resource_type not in ("model", "snapshot", "seed"):
            continue
        if not node.description.strip():
            yield node.name
        described = {name for name, column in node.columns.items() if column.description.strip()}
        yield from (
            f"{node.name}.{name}" for name in _columns(node, nodes) if name not in described
        )


def _columns(node: Any, nodes: Mapping[str, Any]) -> list[str]:
    """Columns that the node declares, or is known to have."""
    known = list(node.columns)
    if node.resource_type == "seed":
        with (PROJECT / node.original_file_path).open(encoding="utf-8", newline="") as file:
            known += next(csv.reader(file))
    if node.resource_type == "snapshot":
        known += SNAPSHOT_COLUMNS
        for parent in node.depends_on.nodes:
            known += nodes[parent].columns
    return list(dict.fromkeys(known))


def main() -> int:
    """Print what lacks a description; 1 if anything does."""
    folder = str(PROJECT)
    answer = dbtRunner().invoke(
        ["--quiet", "parse", "--project-dir", folder, "--profiles-dir", folder]
    )
    if not answer.success:
        print(f"dbt parse failed: {answer.exception}")
        return 1
    missing = list(undescribed(answer.result.nodes))
    for each in missing:
        print(f"{each}: no description")
    if not missing:
        print("models, snapshots and seeds: every column is described")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
