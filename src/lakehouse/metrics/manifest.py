"""The semantic manifest: what dbt reads in the project's semantic models and metrics."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from lakehouse.errors import MetricError
from lakehouse.settings import Settings, stage_of


def parse_project(settings: Settings) -> Any:
    """Parse the dbt project for the environment; dbt's own manifest.

    Raises:
        MetricError: dbt cannot parse the project.
    """
    from dbt.cli.main import dbtRunner  # takes seconds to import

    folder = settings.project_dir
    arguments = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    arguments += ["--target", stage_of(settings.environment), "--log-path", str(folder / "logs")]
    answer = dbtRunner().invoke(["parse", *arguments, "--log-level", "none"])
    if isinstance(answer.exception, (KeyboardInterrupt, SystemExit)):
        raise answer.exception
    if not answer.success:
        raise MetricError(
            f"dbt cannot parse the project: {answer.exception}. `dbt parse` shows where"
        )
    return answer.result


def semantic_manifest(manifest: Any) -> str:
    """The semantic part of dbt's manifest, JSON. Its tables are in the target's databases."""
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "semantic_manifest.json")
        SemanticManifest(manifest).write_json_to_file(str(path))
        return path.read_text(encoding="utf-8")
