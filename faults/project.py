"""The dbt project that mutants are made in: what a file takes part in, and builds of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults import metrics
from faults.fault import Fault, FaultError
from faults.rare import DAY
from lakehouse.shared_clients import share_clients

_RED = ("error", "fail", "runtime error")
_TABLES = ("model", "snapshot", "seed")
MACRO_TESTS = "test_all"
"""The macro that tests the others: `dbt build` does not run it."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. red: names and messages of the nodes that failed; count: of nodes that
    were run or skipped."""

    red: dict[str, str]
    count: int


class Project:
    """A copy of the project in `folder`; dbt keeps what it parsed in `target`."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.folder = folder
        self._target = target
        share_clients()
        self._manifest = self.parse()

    def parse(self) -> Any:
        """dbt's manifest of the project as it is now; raises FaultError when there is none."""
        return self._invoke("parse").result

    def forget(self) -> None:
        """Let dbt parse everything anew: what it keeps of unit tests has rows of seeds in it."""
        (self._target / "partial_parse.msgpack").unlink(missing_ok=True)

    def read(self, fault: Fault) -> str:
        """The text of a fault's target; raises FaultError when there is no such file."""
        path = self.folder / fault.target
        if not path.is_file():
            raise FaultError(f"{fault.name}: there is no {fault.target}")
        return path.read_text("utf-8")

    def check(self, fault: Fault) -> None:
        """See without building whether the fault fits the project.

        Raises:
            FaultError: its target, its change or an expected name does not.
        """
        fault.applied_to(self.read(fault))
        manifest = self._manifest
        if fault.target.startswith(metrics.FOLDER):
            known = {metrics.TEST, *(metric.name for metric in manifest.metrics.values())}
        else:
            self.made_from(fault.target)
            nodes = [*manifest.nodes.values(), *manifest.unit_tests.values()]
            known = {MACRO_TESTS, *(node.name for node in nodes)}
        if unknown := sorted(set(fault.expect) - known):
            raise FaultError(f"{fault.name}: expects what the project lacks: {', '.join(unknown)}")

    def tables(self) -> list[str]:
        """Ids of everything that makes a table."""
        nodes = self._manifest.nodes.items()
        return [key for key, node in nodes if node.resource_type in _TABLES]

    def made_from(self, target: str) -> list[str]:
        """Ids of the tables that a file defines or describes, or in whose making one of its macros
        takes part, and of the tests that call its macros; none for a macro that is only run.

        Raises:
            FaultError: a file of anything else says nothing of any table.
        """
        macros = self._macros_of(target)
        found = [
            key
            for key, node in self._manifest.nodes.items()
            if node.resource_type in (*_TABLES, "test")
            and (
                (node.original_file_path == target and node.resource_type in _TABLES)
                or str(getattr(node, "patch_path", None)).endswith(f"://{target}")
                or macros & set(node.depends_on.macros)
            )
        ]
        if not found and not target.startswith("macros/"):
            raise FaultError(f"no model, seed or snapshot is made from {target}")
        return found

    def merged_below(self, keys: Iterable[str]) -> list[tuple[str, str]]:
        """Database and name of the tables, the given and their descendants, that merge days."""
        waiting, seen = list(keys), set[str]()
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                waiting += self._manifest.child_map.get(key, [])
        nodes = [self._manifest.nodes[key] for key in sorted(seen & set(self._manifest.nodes))]
        return [
            (node.schema, node.alias)
            for node in nodes
            if node.resource_type in _TABLES
            and node.config.materialized in ("incremental", "snapshot")
        ]

    def build(self, keys: Iterable[str], ends: Iterable[str] = (), *, anew: bool) -> Built:
        """Build the tables and all that depends on them, with every test; only what leads to the
        `ends`, where some are named.

        Raises:
            FaultError: dbt does not start, so that no node can tell anything.
        """
        names = sorted(self._manifest.nodes[key].name for key in keys)
        ways = [f",+{end}" for end in ends if end != MACRO_TESTS] if ends else [""]
        select = [f"{name}+{way}" for name in names for way in ways]
        if not select:
            return Built({}, 0)
        more = ["--full-refresh"] if anew else []
        more += ["--indirect-selection", "empty"] if ends else []
        more += ["--select", *select]
        results = self._invoke("build", *more).result.results
        red = {each.node.name: each.message or "" for each in results if str(each.status) in _RED}
        return Built(red, len(results))

    def test_macros(self) -> dict[str, str]:
        """The macros' own tests, when they are red."""
        answer = self._invoke("run-operation", MACRO_TESTS)
        messages = [str(each.message) for each in answer.result.results]
        return {} if answer.success else {MACRO_TESTS: " ".join(messages)}

    def _macros_of(self, target: str) -> set[str]:
        """Ids of a file's macros and of all that call them."""
        macros = self._manifest.macros
        found = {key for key, macro in macros.items() if macro.original_file_path == target}
        while True:
            callers = {key for key, macro in macros.items() if found & set(macro.depends_on.macros)}
            if callers <= found:
                return found
            found |= callers

    def _invoke(self, command: str, *more: str) -> Any:
        from dbt.cli.main import dbtRunner  # takes seconds to import

        folder = str(self.folder)
        options = ["--project-dir", folder, "--profiles-dir", folder, "--target", "local"]
        options += ["--target-path", str(self._target), "--log-path", str(self._target / "logs")]
        options += ["--log-level", "none", "--log-level-file", "debug", "--no-use-colors"]
        # The date is part of what partial parsing compares: every command says the same one.
        options += ["--vars", json.dumps({"run_date": DAY})]
        answer = dbtRunner().invoke([command, *more, *options])
        if isinstance(answer.exception, (KeyboardInterrupt, SystemExit)):
            raise answer.exception
        if answer.exception is not None or answer.result is None:
            raise FaultError(f"dbt {command} did not run: {answer.exception}")
        return answer
