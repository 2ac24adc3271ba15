"""``dbt build`` of one business date, in this process, with every node reported."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakehouse.demo.causes import FailedNode, explain
from lakehouse.errors import DemoError
from lakehouse.shared_clients import share_clients

_BAD = ("error", "fail", "runtime error")
DEFAULT_RUN_DATE = "1970-01-01"
"""What dbt_project.yml says when nobody sets `run_date`."""


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """What a build did. nodes: models, seeds, snapshots and tests that ran; scanned_bytes: as
    Athena reported them; warned: tests of severity `warn` that found rows, with how many."""

    nodes: int
    models: int
    tests: int
    scanned_bytes: int
    warned: Mapping[str, int] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """One line, with the name of every test that warned."""
        line = f"{self.models} models, seeds and snapshots, {self.tests} tests"
        if not self.warned:
            return line
        named = ", ".join(f"{name} ({rows:,} rows)" for name, rows in self.warned.items())
        return f"{line}, {len(self.warned)} of them WARN: {named}"


class DbtProject:
    """The dbt project on a target. It is parsed once for several business dates, unless what
    parsing yields depends on the date, and its unit tests, which read no data, run once."""

    def __init__(
        self, project: Path, target: str, after: Callable[[], None] = lambda: None
    ) -> None:
        """after: what is done after every build, whether its nodes passed or not."""
        self._folder = project
        self._after = after
        self._target = target
        self._manifest: Any = None
        self._units_tested = False

    def build(
        self,
        run_date: dt.date | None,
        report: Callable[[int, int, str], None],
        selector: str | None = None,
        *,
        tested: bool = True,
    ) -> BuildOutcome:
        """Build what a selector of selectors.yml names, or everything, and test it if ``tested``;
        ``run_date`` None builds every table anew, from all that was ever landed.

        Raises:
            DemoError: dbt did not start, or nodes failed; the message has a line for each cause.
        """
        from dbt.cli.main import dbtRunner  # takes seconds to import

        share_clients()
        if self._manifest is None:
            parsed = self._invoke(dbtRunner(), "parse", run_date).result
        else:
            parsed = self._manifest
        # The project's configuration has the selectors; dbt 1.11 cannot copy the manifest's own.
        parsed.selectors = {}
        self._manifest = None if _depends_on_date(parsed, run_date) else parsed.deepcopy()
        watcher = _Watcher(report)
        more = ["--full-refresh"] if run_date is None else []
        if selector is not None:
            more += ["--selector", selector]
        if self._units_tested or not tested:
            more += ["--exclude-resource-type", "unit_test"]
        if not tested:
            more += ["--exclude-resource-type", "test"]
        answer = self._invoke(dbtRunner(parsed, [watcher.see]), "build", run_date, *more)
        self._units_tested |= tested
        self._after()
        return self._judge(answer, run_date)

    def _invoke(self, runner: Any, command: str, run_date: dt.date | None, *more: str) -> Any:
        folder = str(self._folder)
        options = ["--project-dir", folder, "--profiles-dir", folder, "--target", self._target]
        options += [*more, "--log-level", "none", "--log-level-file", "debug"]
        options += ["--log-path", str(self._folder / "logs"), "--no-use-colors"]
        if run_date is not None:
            options += ["--vars", json.dumps({"run_date": run_date.isoformat()})]
        answer = runner.invoke([command, *options])
        if isinstance(answer.exception, (KeyboardInterrupt, SystemExit)):
            raise answer.exception
        if answer.exception is not None:
            raise DemoError(
                f"dbt {command} did not run: {answer.exception}. See {self._log}"
            ) from answer.exception
        return answer

    def _judge(self, answer: Any, run_date: dt.date | None) -> BuildOutcome:
        results: list[Any] = list(getattr(answer.result, "results", []))
        bad = [result for result in results if str(result.status) in _BAD]
        if bad or not answer.success:
            lines = explain(FailedNode(each.node.name, each.message or "") for each in bad)
            raise DemoError(
                f"dbt build of {run_date or 'all days'}: {len(bad)} of {len(results)} nodes failed"
                + "".join(f"\n  {line}" for line in lines)
                + f"\nPut it right (details in {self._log}), then run the same command again"
            )
        kinds = [str(result.node.resource_type) for result in results]
        return BuildOutcome(
            nodes=len(results),
            models=sum(kind in ("model", "snapshot", "seed") for kind in kinds),
            tests=sum(kind in ("test", "unit_test") for kind in kinds),
            scanned_bytes=sum(_scanned(result.adapter_response) for result in results),
            warned={
                result.node.name: result.failures
                for result in results
                if str(result.status) == "warn"
            },
        )

    @property
    def _log(self) -> Path:
        return self._folder / "logs" / "dbt.log"


def _depends_on_date(manifest: Any, run_date: dt.date | None) -> bool:
    """Whether a rendered configuration, such as an incremental predicate, holds the date."""
    date = run_date.isoformat() if run_date else DEFAULT_RUN_DATE
    return any(date in repr(node.config) for node in manifest.nodes.values())


def _say_nothing(done: int, total: int, name: str) -> None:
    """Report nothing."""


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
            try:
                self._report(self._done, total, str(event.data.node_info.node_name))
            except OSError:  # nobody reads any more; dbt waits for ever for a thread that raised
                self._report = _say_nothing


def _scanned(response: Any) -> int:
    return int((response or {}).get("data_scanned_in_bytes") or 0)
