"""Make one mutant of the project and see which of its tests turn red."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from local_athena.server import Endpoint

from faults import metrics
from faults.base import Base, athena_of, put_back, served
from faults.fault import Fault, FaultError
from faults.project import Built, Project


class Verdict(StrEnum):
    """What became of a fault. A fault that cannot be planted is no proof either way."""

    CAUGHT = "caught"
    BY_ANOTHER = "by another"
    SURVIVED = "SURVIVED"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A fault's end. red: the nodes that failed, the expected ones first; problem: why it could not
    be planted; nodes: how many were built."""

    fault: Fault
    verdict: Verdict
    red: tuple[str, ...] = ()
    problem: str = ""
    nodes: int = 0
    seconds: float = 0.0


class Workshop:
    """Where mutants are made, one after the other: below `folder`, never in the checkout."""

    def __init__(self, project: Project, base: Base, folder: Path) -> None:
        self._project = project
        self._base = base
        self._copy = folder / "lake"
        self._port = 0

    def run(self, fault: Fault, *, planted: bool = True) -> Outcome:
        """Plant the fault, build what its file is made into on a copy of the base, and judge.

        With `planted` False nothing is changed, and whatever is red then is no sign of the fault.
        """
        started = time.monotonic()
        try:
            self._project.check(fault)
            asked = fault.target.startswith(metrics.FOLDER)
            with self._changed(fault, planted):
                built = self._ask() if asked else self._build(fault, shortcut=planted)
        except FaultError as error:
            return Outcome(fault, Verdict.INVALID, problem=str(error))
        expected = [name for name in fault.expect if name in built.red]
        red = (*expected, *sorted(set(built.red) - set(expected)))
        verdict = Verdict.SURVIVED if not red else Verdict.BY_ANOTHER
        if expected:
            verdict = Verdict.CAUGHT
        return Outcome(fault, verdict, red, "", built.count, time.monotonic() - started)

    def _build(self, fault: Fault, *, shortcut: bool) -> Built:
        """Build what the fault's file is made into, with every test.

        With `shortcut` it is first built as far as the expected tests; when one of them is red, the
        rest is left out.
        """
        keys = self._project.made_from(fault.target)
        macros = self._project.test_macros() if fault.target.startswith("macros/") else {}
        if shortcut and set(macros) & set(fault.expect):
            return Built(macros, len(macros))
        anew = fault.build == "anew"
        with self._lake(self._base.lake) as endpoint:
            for ends in (fault.expect, ()) if shortcut else ((),):
                if not anew:
                    put_back(endpoint, self._base, self._project.merged_below(keys))
                built = self._project.build(keys, ends, anew=anew)
                if set(built.red) & set(fault.expect):
                    break
        return Built(built.red | macros, built.count)

    def _ask(self) -> Built:
        """Ask every metric, as the project defines it now, of the tables that the ledger knows."""
        with self._lake(self._base.reconciled) as endpoint:
            manifest = self._project.parse()
            red = metrics.reconcile(manifest, self._base.ledgers, athena_of(endpoint).run)
        return Built(red, len(manifest.metrics))

    @contextmanager
    def _changed(self, fault: Fault, planted: bool) -> Iterator[None]:
        """The project's copy with the fault in it."""
        path, right = self._project.folder / fault.target, self._project.read(fault)
        is_seed = fault.target.startswith("seeds/")
        try:
            if planted:
                path.write_text(fault.applied_to(right), "utf-8")
            if is_seed:
                self._project.forget()
            yield
        finally:
            path.write_text(right, "utf-8")
            if is_seed:
                self._project.forget()

    @contextmanager
    def _lake(self, base: Path) -> Iterator[Endpoint]:
        """An endpoint on a copy of a data folder.

        Its port is always the same one: dbt would parse the project anew for another address.
        """
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(base, self._copy)
        with served(self._copy, self._port) as endpoint:
            self._port = endpoint.port
            yield endpoint
        shutil.rmtree(self._copy)
