"""``dbt build`` of one business date, in this process, with every node reported."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.errors import DemoError

_BAD = ("error", "fail", "runtime error")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """What a build did. nodes: models, seeds, snapshots and tests that ran; scanned_bytes: as
    Athena reported them."""

    nodes: int
    models: int
    tests: int
    scanned_bytes: int


def dbt_build(
    project: Path,
    target: str,
    run_date: dt.date | None,
    report: Callable[[int, int, str], None],
) -> BuildOutcome:
    """Build and test everything; ``run_date`` None reads all that was ever landed.

    Raises:
        DemoError: dbt did not start, or a node failed; the message names the first ones.
    """
    from dbt.cli.main import dbtRunner  # takes seconds to import

    watcher = _Watcher(report)
    options = ["--project-dir", str(project), "--profiles-dir", str(project), "--target", target]
    options += ["--log-level", "none", "--log-level-file", "debug"]
    options += ["--log-path", str(project / "logs")]
    options += ["--no-use-colors"]
    if run_date is not None:
        options += ["--vars", json.dumps({"run_date": run_date.isoformat()})]
    label = run_date or "all days"
    answer = dbtRunner(callbacks=[watcher.see]).invoke(["build", *options])
    if isinstance(answer.exception, (KeyboardInterrupt, SystemExit)):
        raise answer.exception
    if answer.exception is not None:
        raise DemoError(
            f"dbt build of {label} did not run: {answer.exception}. See {project / 'logs/dbt.log'}"
        ) from answer.exception
    results: list[Any] = list(getattr(answer.result, "results", []))
    bad = [result for result in results if str(result.status) in _BAD]
    if bad or not answer.success:
        lines = [f"  {result.node.name}: {_first_line(result.message)}" for result in bad[:_SHOWN]]
        more = f"\n  … and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        raise DemoError(
            f"dbt build of {label}: {len(bad)} of {len(results)} nodes failed\n"
            + "\n".join(lines)
            + f"{more}\nSee {project / 'logs/dbt.log'}; repair, then run the same command again"
        )
    kinds = [str(result.node.resource_type) for result in results]
    return BuildOutcome(
        nodes=len(results),
        models=sum(kind in ("model", "snapshot", "seed") for kind in kinds),
        tests=sum(kind in ("test", "unit_test") for kind in kinds),
        scanned_bytes=sum(_scanned(result.adapter_response) for result in results),
    )


class _Watcher:
    """Turns dbt's events into progress."""

    def __init__(self, report: Callable[[int, int, str], None]) -> None:
        self._report = report
        self._done = 0
        self._total = 0

    def see(self, event: Any) -> None:
        """One event of dbt's event manager."""
        if event.info.name == "ConcurrencyLine":
            self._total = int(event.data.node_count)
        elif event.info.name == "NodeFinished":
            self._done += 1
            total = max(self._total, self._done)
            self._report(self._done, total, str(event.data.node_info.node_name))


def _scanned(response: Any) -> int:
    return int((response or {}).get("data_scanned_in_bytes") or 0)


def _first_line(message: str | None) -> str:
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    return " ".join(lines[:3]) if lines else "failed"
