"""Read ``ledger/<date>.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lakehouse.errors import ReconcileError

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}\.json")

METRICS = "metrics"
"""The figure that says what each metric must answer; `lakehouse.reconcile.metrics` compares it."""

Grain = tuple[tuple[str, str], ...]
"""Column and value, sorted by column; empty for a figure without a grain."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The truth at the end of a business date: value by figure and grain."""

    day: date
    figures: Mapping[tuple[str, Grain], Decimal]

    @property
    def as_of_days(self) -> list[date]:
        """The days whose customers it states, in order."""
        texts = {value for _, grain in self.figures for column, value in grain if column == "as_of"}
        return [date.fromisoformat(text) for text in sorted(texts)]


def find_ledger(folder: Path, day: date | None) -> Path:
    """The ledger of a day, or of the last day that has one.

    Raises:
        ReconcileError: there is none.
    """
    if day is not None:
        path = folder / f"{day.isoformat()}.json"
        if path.is_file():
            return path
        raise ReconcileError(f"there is no ledger of {day} in {folder}: run `lakehouse demo` first")
    days = [path for path in folder.glob("*.json") if _NAME.fullmatch(path.name)]
    if not days:
        raise ReconcileError(f"there is no ledger in {folder}: run `lakehouse demo` first")
    return max(days, key=lambda path: path.name)


def read_ledger(path: Path) -> Ledger:
    """Read a ledger; raises ReconcileError when it is not one."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        figures = {
            (entry["figure"], grain_of(entry["grain"] or {})): Decimal(str(entry["value"]))
            for entry in document["figures"]
        }
        day = date.fromisoformat(document["date"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise ReconcileError(
            f"{path} is not a ledger: {error}; remove it and run `lakehouse demo` again"
        ) from error
    if not figures:
        raise ReconcileError(f"{path} has no figures; remove it and run `lakehouse demo` again")
    return Ledger(day, figures)


def grain_of(columns: Mapping[str, str]) -> Grain:
    """A grain in its one form."""
    return tuple(sorted(columns.items()))
