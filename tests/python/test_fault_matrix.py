"""The fault matrix of the docs: each of its rows names a test that there is, in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TEST = re.compile(r"`([\w./-]+\.py)::(\w+)`")


def _named(language: str) -> list[tuple[str, str]]:
    """(file, test) of each row, in order."""
    lines = (PROJECT / "docs" / language / "fault-matrix.md").read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.endswith("by |")]
    rows = [row for row in rows if not row.endswith("por |")]
    found = [TEST.findall(row) for row in rows]
    without = [row for row, tests in zip(rows, found, strict=True) if not tests]
    assert without == [], "a row without the test that proves it"
    return [test for tests in found for test in tests]


def _tests_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_fault_matrix__every_test_that_it_names__exists() -> None:
    named = _named("en")
    assert len(named) >= 50
    missing = []
    for name, test in named:
        file = PROJECT / "tests" / "python" / name
        if not file.is_file() or test not in _tests_of(file) or not test.startswith("test_"):
            missing.append(f"{name}::{test}")
    assert missing == []


def test_fault_matrix__both_languages__have_the_same_rows() -> None:
    assert _named("en") == _named("pt-BR")
