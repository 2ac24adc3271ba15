"""Writes local_athena's page of differences from Athena; `--check` fails when it is stale."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from local_athena.differences import DIFFERENCES
from local_athena.functions.refused import REFUSED
from local_athena.protocol.model import load_service
from local_athena.server import serve

PAGE = Path(__file__).parent.parent / "local_athena" / "docs" / "differences.md"
HEAD = """\
<!-- Made by scripts/differences_page.py from marks and registries: change those, then run it. -->

# Differences from Amazon Athena

What is known to be otherwise than on Amazon Athena. None of it was observed on an AWS account:
it rests on Amazon's pages and on clients' own tests. What is not supported is meant to fail by
name.

| kind | Amazon Athena | local_athena |
|---|---|---|
"""


class NoEngine:
    """Nothing is run here."""

    def __init__(self, *given: object) -> None:
        pass

    def close(self) -> None:
        pass


def operations() -> tuple[list[str], list[str]]:
    """Operations of the published model: answered here, and refused."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(folder, engine_factory=NoEngine) as endpoint,
    ):
        names = sorted(load_service("athena").operations)
        answered = [name for name in names if endpoint.answers("AmazonAthena", name)]
    return answered, [name for name in names if name not in answered]


def page() -> str:
    """The whole page."""
    answered, refused = operations()
    rows = "".join(f"| {one.kind} | {one.what} | {one.reason} |\n" for one in DIFFERENCES)
    return (
        HEAD
        + rows
        + "\n`notimpl`: to be done here. `notyet`: waits for what this builds on. `never`: out of "
        "scope.\n"
        + f"\n## Operations\n\nAnswered, {len(answered)}: {', '.join(answered)}.\n"
        + f"\nRefused by name, {len(refused)}: {', '.join(refused)}.\n"
        + f"\n## Functions\n\n{len(REFUSED)} functions of Trino are refused by name; "
        "[functions.md](functions.md) says which and why.\n"
    )


def main() -> None:
    """Write the page, or say that it is stale."""
    made = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != made:
            sys.exit(f"{PAGE.name} is stale: run scripts/differences_page.py")
        return
    PAGE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
