"""A planted fault, and how families of them are read from YAML."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jsonschema
import yaml

FOLDER = Path(__file__).resolve().parent


class FaultError(Exception):
    """A fault is not written as faults/README.md says, or does not fit the project."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in one file. before, after: the text of the target that changes; expect: names of
    nodes of which one must turn red; build: what is built, the second day or everything anew."""

    family: str
    name: str
    mistake: str
    target: str
    before: str
    after: str
    expect: tuple[str, ...]
    build: Literal["day", "anew"] = "day"

    def applied_to(self, text: str) -> str:
        """The target's text with the mistake in it.

        Raises:
            FaultError: the text that changes does not occur exactly once.
        """
        count = text.count(self.before)
        if count != 1:
            raise FaultError(
                f"{self.name}: the change does not apply: {self.target} holds its `from` "
                f"{count or 'no'} time{'s' if count != 1 else ''}, not once"
            )
        return text.replace(self.before, self.after)


def load_faults(folder: Path = FOLDER) -> list[Fault]:
    """All faults of a folder's families, in the order of files and of their lines.

    Raises:
        FaultError: a file is not YAML, not of the schema, or a name occurs twice.
    """
    schema = json.loads((FOLDER / "faults.schema.json").read_text("utf-8"))
    faults = [
        fault for path in sorted(folder.glob("*.yml")) for fault in _load_family(path, schema)
    ]
    seen: dict[str, Fault] = {}
    for fault in faults:
        if other := seen.get(fault.name):
            raise FaultError(f"{fault.name} is in {other.family}.yml and in {fault.family}.yml")
        seen[fault.name] = fault
    return faults


def choose(faults: list[Fault], names: list[str]) -> list[Fault]:
    """Those of the names, which may be families too; all of them when there are no names.

    Raises:
        FaultError: there is neither a fault nor a family of a name.
    """
    known = {name for fault in faults for name in (fault.name, fault.family)}
    if unknown := sorted(set(names) - known):
        raise FaultError(f"there is neither a fault nor a family named {', '.join(unknown)}")
    return [fault for fault in faults if not names or {fault.name, fault.family} & set(names)]


def _load_family(path: Path, schema: Any) -> list[Fault]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise FaultError(f"{path.name} is not YAML: {error}") from error
    errors = sorted(
        jsonschema.Draft202012Validator(schema).iter_errors(document), key=lambda error: error.path
    )
    if errors:
        raise FaultError(f"{path.name}: {_place(document, errors[0])}: {errors[0].message}")
    return [
        Fault(
            family=path.stem,
            name=each["name"],
            mistake=" ".join(each["mistake"].split()),
            target=each["target"],
            before=each["change"]["from"],
            after=each["change"]["to"],
            expect=tuple(each["expect"]),
            build=each.get("build", "day"),
        )
        for each in document["faults"]
    ]


def _place(document: Any, error: jsonschema.ValidationError) -> str:
    """Where a document breaks the schema: the fault's name, or its number, and the key."""
    parts = [str(part) for part in error.absolute_path]
    if len(parts) > 1:
        fault = document["faults"][int(parts[1])]
        name = fault.get("name") if isinstance(fault, dict) else None
        parts[:2] = [str(name or f"fault {int(parts[1]) + 1}")]
    return ".".join(parts) or "the document"
