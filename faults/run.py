"""`make mutants` plants every fault of faults/*.yml, one at a time, and says which test catches it;
ARGS="NAME…" those of the names (of faults or families), `--check` only sees whether they fit the
project, `--control` builds without the faults: then everything must be green.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from faults.base import FOREIGN, copy_project, make_base
from faults.fault import FOLDER, Fault, FaultError, choose, load_faults
from faults.mutant import Outcome, Verdict, Workshop
from faults.project import Project
from lakehouse.demo.lock import only_one
from lakehouse.errors import DemoError

CHECKOUT = FOLDER.parent
_SHOWN_NAMES = 2


def main(arguments: list[str]) -> int:
    """0 when each fault is caught by a test that it expects; 1 when one is not; 2 for a mistake."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="faults or families; all without any")
    parser.add_argument("--check", action="store_true", help="build nothing")
    parser.add_argument("--control", action="store_true", help="build without the faults")
    parser.add_argument("--families", type=Path, default=FOLDER, help="where the *.yml lie")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".lakehouse" / "faults")
    options = parser.parse_args(arguments)
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            del os.environ[name]
    try:
        faults = choose(load_faults(options.families), options.names)
        with only_one(options.folder, None):
            folder = options.folder.absolute()
            copy_project(CHECKOUT, folder / "project")
            project = Project(folder / "project", folder / "target")
            if options.check:
                return _check(project, faults)
            base = make_base(project, folder / "base")
            workshop = Workshop(project, base, folder)
            if options.control:
                return _control(workshop, faults)
            return _mutate(workshop, faults)
    except (FaultError, DemoError) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2


def _check(project: Project, faults: list[Fault]) -> int:
    bad = 0
    for fault in faults:
        try:
            project.check(fault)
        except FaultError as error:
            bad += 1
            print(f"{fault.family}/{error}", file=sys.stderr)
    print(f"{len(faults) - bad} of {len(faults)} faults fit the project")
    return 1 if bad else 0


def _mutate(workshop: Workshop, faults: list[Fault]) -> int:
    counted: Counter[Verdict] = Counter()
    for fault in faults:
        outcome = workshop.run(fault)
        counted[outcome.verdict] += 1
        print(_line(outcome), flush=True)
    print(", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict]))
    return 0 if counted[Verdict.CAUGHT] == len(faults) else 1


def _control(workshop: Workshop, faults: list[Fault]) -> int:
    """Build what each target is made into, once, with nothing planted."""
    several = {(fault.target, fault.build): fault for fault in faults}
    red = 0
    for fault in several.values():
        outcome = workshop.run(fault, planted=False)
        red += outcome.verdict is not Verdict.SURVIVED
        names = ", ".join(outcome.red) or outcome.problem or "all green"
        print(f"{fault.target} ({fault.build}): {outcome.nodes} nodes, {names}", flush=True)
    return 1 if red else 0


def _line(outcome: Outcome) -> str:
    fault = outcome.fault
    names = ", ".join(outcome.red[:_SHOWN_NAMES])
    if more := len(outcome.red) - _SHOWN_NAMES:
        names += f" and {more} more" if more > 0 else ""
    if outcome.verdict is Verdict.INVALID:
        names = outcome.problem
    elif outcome.verdict is not Verdict.CAUGHT:
        names = f"{names or 'nothing is red'}; expected {' or '.join(fault.expect)}"
    return (
        f"{outcome.verdict:10} {fault.family}/{fault.name} "
        f"({outcome.nodes} nodes, {outcome.seconds:.0f} s): {names}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
