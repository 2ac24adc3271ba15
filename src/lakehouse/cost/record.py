"""Keep what a build cost: the one step that whoever ran dbt takes after it, failed or not."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from lakehouse.athena import connect_athena
from lakehouse.contracts import connect_lake, find_inventory
from lakehouse.cost.build_costs import (
    NodeCost,
    RunResults,
    cost_nodes,
    incremental_date,
    list_executions,
    read_results,
    started_at,
)
from lakehouse.cost.landed import landed_bytes
from lakehouse.cost.model_runs import is_kept, keep
from lakehouse.project_digest import project_digest
from lakehouse.settings import Settings


def artifacts_folder(settings: Settings) -> Path:
    """Where dbt leaves its artifacts: DBT_TARGET_PATH, by default `target` in the project."""
    return settings.project_dir / os.environ.get("DBT_TARGET_PATH", "target")


def record_last_build(settings: Settings) -> None:
    """Keep what dbt's last command cost, unless it built nothing, is kept already or was a build of
    another lake: then Athena knows none of its queries here.

    Raises:
        QueryError: Athena did not take the rows.
    """
    folder = artifacts_folder(settings)
    results = read_results(folder)
    if results is None:
        return
    database = find_inventory(settings).database(settings.environment, "ops")
    run_id = results["metadata"]["invocation_id"]
    if not is_kept(database, connect_athena(settings).run, run_id):
        record_build([results], folder / "manifest.json", run_id, settings)


def record_build(
    commands: Sequence[RunResults], manifest: Path, run_id: str, settings: Settings
) -> list[NodeCost]:
    """Keep the nodes of one build in `<env>_ops.model_runs`, in place of what was kept of it.

    commands: what the build's dbt commands left, one at least; manifest: dbt's file. Nothing is
    kept of commands that sent this Athena no query of a node.

    Raises:
        QueryError: Athena did not take the rows.
    """
    athena, inventory = connect_athena(settings), find_inventory(settings)
    since = incremental_date(commands)
    costs = cost_nodes(
        commands,
        json.loads(manifest.read_text("utf-8")),
        list_executions(athena.client, athena.workgroup, min(map(started_at, commands))),
        run_id,
        project_digest(settings.project_dir),
        None if since is None else landed_bytes(connect_lake(settings), since),
    )
    if not any(cost.queries for cost in costs):
        return []
    database = inventory.database(settings.environment, "ops")
    keep(costs, database, inventory.bucket(settings.environment, "ops"), athena.run)
    return costs
