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

from faults.base import Base, put_back, served
from faults.fault import Fault, FaultError
from faults.project import Project


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
            keys = self._project.made_from(fault.target)
            with self._lake() as endpoint, self._changed(fault, planted):
                if fault.build == "day":
                    put_back(endpoint, self._base, self._project.merged_below(keys))
                built = self._project.build(keys, anew=fault.build == "anew")
                if fault.target.startswith("macros/"):
                    built.red.update(self._project.test_macros())
        except FaultError as error:
            return Outcome(fault, Verdict.INVALID, problem=str(error))
        expected = [name for name in fault.expect if name in built.red]
        red = (*expected, *sorted(set(built.red) - set(expected)))
        verdict = Verdict.SURVIVED if not red else Verdict.BY_ANOTHER
        if expected:
            verdict = Verdict.CAUGHT
        return Outcome(fault, verdict, red, "", built.count, time.monotonic() - started)

    @contextmanager
    def _changed(self, fault: Fault, planted: bool) -> Iterator[None]:
        """The project's copy with the fault in it."""
        path, right = self._project.folder / fault.target, self._project.read(fault)
        try:
            if planted:
                path.write_text(fault.applied_to(right), "utf-8")
            yield
        finally:
            path.write_text(right, "utf-8")

    @contextmanager
    def _lake(self) -> Iterator[Endpoint]:
        """An endpoint on a copy of the base.

        Its port is always the same one: dbt would parse the project anew for another address.
        """
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self._base.lake, self._copy)
        with served(self._copy, self._port) as endpoint:
            self._port = endpoint.port
            yield endpoint
        shutil.rmtree(self._copy)
