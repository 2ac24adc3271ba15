"""The runbook of errors, in both languages, against the errors and messages that the code has."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import lakehouse.errors as errors
from lakehouse.errors import LakehouseError

PROJECT = Path(__file__).resolve().parents[2]
PAGES = ("docs/en/runbooks/errors.md", "docs/pt-BR/runbooks/errors.md")
YES = {"yes", "sim"}

ROW = re.compile(r"^\| (\d+) \| `(\w+)` \| .+ \| (.+) \|$", re.MULTILINE)
SECTION = re.compile(r"^### (\d+): (\w+)$", re.MULTILINE)
NAME = re.compile(r"\b[A-Z]\w*Error\b")


def _classes() -> dict[str, type[LakehouseError]]:
    found = {
        name: value
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, LakehouseError) and value is not LakehouseError
    }
    assert len(found) > 10
    return found


@cache
def _texts() -> str:
    """Every text of the package's code, f-strings too, with … where a value is put in."""
    found: list[str] = []
    for path in sorted((PROJECT / "src" / "lakehouse").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    str(part.value) if isinstance(part, ast.Constant) else "…"
                    for part in node.values
                ]
                found.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def _has_message(quoted: str) -> bool:
    """Whether some text of the code has the quoted words in this order, on one line."""
    pieces = [re.escape(piece.strip()) for piece in quoted.split("…") if piece.strip()]
    return re.search(".*".join(pieces), _texts()) is not None


def _messages(page: str) -> list[str]:
    """The code spans in the first column of the tables below the headings of errors."""
    below = SECTION.split(page, maxsplit=1)[-1]
    rows = [line.split(" | ")[0] for line in below.splitlines() if line.startswith("| ")]
    spans = [span for cell in rows for span in re.findall(r"`([^`]+)`", cell)]
    return [span for span in spans if not span.startswith("--")]


@pytest.mark.parametrize("page", PAGES)
def test_error_runbook__table__has_every_error_with_its_exit_status(page: str) -> None:
    text = (PROJECT / page).read_text("utf-8")
    listed = [(name, int(status)) for status, name, _ in ROW.findall(text)]
    assert sorted(listed) == sorted((n, c.exit_code) for n, c in _classes().items())


@pytest.mark.parametrize("page", PAGES)
def test_error_runbook__table__says_which_errors_go_away_by_themselves(page: str) -> None:
    text = (PROJECT / page).read_text("utf-8")
    waiting = {name for _, name, answer in ROW.findall(text) if answer in YES}
    assert waiting == {name for name, value in _classes().items() if value.retryable}


@pytest.mark.parametrize("page", PAGES)
def test_error_runbook__sections__are_one_for_each_row_of_the_table(page: str) -> None:
    text = (PROJECT / page).read_text("utf-8")
    assert SECTION.findall(text) == [(status, name) for status, name, _ in ROW.findall(text)]


@pytest.mark.parametrize("page", PAGES)
def test_error_runbook__names_of_errors__all_exist(page: str) -> None:
    text = (PROJECT / page).read_text("utf-8")
    assert set(NAME.findall(text)) == set(_classes())


@pytest.mark.parametrize("page", PAGES)
def test_error_runbook__quoted_messages__are_what_the_code_says(page: str) -> None:
    quoted = _messages((PROJECT / page).read_text("utf-8"))
    assert len(quoted) > 40
    assert [message for message in quoted if not _has_message(message)] == []


def test_error_runbook__quoted_messages__are_the_same_in_both_languages() -> None:
    english, portuguese = (_messages((PROJECT / page).read_text("utf-8")) for page in PAGES)
    assert english == portuguese
