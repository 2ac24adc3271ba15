"""Which models read a raw table, and which of them name a column of it.

Read out of the project's own texts, not out of dbt's manifest: a contract that takes a table away
leaves a project that dbt no longer parses. A column counts as named when its name stands anywhere
in a reader, so a column of another table with that name counts too; none is overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_FOLDERS = ("models", "snapshots", "tests/dbt", "analyses")
_COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = r"""\s*['"](\w+)['"]\s*"""
_SOURCE = re.compile(rf"\bsource\({_QUOTED},{_QUOTED}\)")
_REF = re.compile(rf"\bref\({_QUOTED}\)")
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)(.*?)\{%-?\s*endmacro", re.DOTALL)
_CALL = re.compile(r"\b(\w+)\s*\(")


@dataclass(frozen=True, slots=True)
class Node:
    """A model, snapshot, test or analysis: the texts it is made of, macros it calls included."""

    name: str
    text: str
    sources: frozenset[tuple[str, str]]
    refs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Readers:
    """Who is concerned by a change, by name and in order.

    `naming` read the table and name the column (all readers of the table, where the whole table
    is meant); `others` read the table without naming it; `downstream` are built on either.
    """

    naming: tuple[str, ...]
    others: tuple[str, ...]
    downstream: tuple[str, ...]


def read_nodes(project: Path) -> list[Node]:
    """The nodes of the dbt project that lies in a folder."""
    macros = {
        match[1]: match[2]
        for path in sorted((project / "macros").glob("**/*.sql"))
        for match in _MACRO.finditer(_COMMENT.sub(" ", path.read_text("utf-8")))
    }
    nodes = [
        _build(path.stem, path.read_text("utf-8"), macros)
        for folder in _FOLDERS
        for path in sorted((project / folder).glob("**/*.sql"))
    ]
    for path in sorted((project / "snapshots").glob("**/*.yml")):
        snapshots = (yaml.safe_load(path.read_text("utf-8")) or {}).get("snapshots", [])
        nodes += [_build(each["name"], str(each.get("relation", "")), macros) for each in snapshots]
    return nodes


def find_readers(nodes: Iterable[Node], system: str, feed: str, column: str | None) -> Readers:
    """Who reads the raw table of a feed, and who names that column of it."""
    nodes = list(nodes)
    reading = [node for node in nodes if (system, feed) in node.sources]
    pattern = re.compile(rf"\b{re.escape(column)}\b" if column else "")
    naming = {node.name for node in reading if pattern.search(node.text)}
    others = {node.name for node in reading} - naming
    downstream: set[str] = set()
    frontier = naming | others
    while frontier:
        frontier = {node.name for node in nodes if node.refs & frontier} - downstream
        downstream |= frontier
    downstream -= naming | others
    return Readers(tuple(sorted(naming)), tuple(sorted(others)), tuple(sorted(downstream)))


def _build(name: str, text: str, macros: Mapping[str, str]) -> Node:
    whole = _COMMENT.sub(" ", text)
    pending, seen = [whole], set[str]()
    while pending:
        for called in _CALL.findall(pending.pop()):
            if called in macros and called not in seen:
                seen.add(called)
                pending.append(macros[called])
                whole += "\n" + macros[called]
    return Node(
        name,
        whole,
        frozenset((system, feed) for system, feed in _SOURCE.findall(whole)),
        frozenset(_REF.findall(whole)),
    )
