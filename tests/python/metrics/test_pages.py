"""The pages on metrics: every metric has its row, with the unit that it is defined with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakehouse.metrics import MetricCompiler

PROJECT = Path(__file__).resolve().parents[3]
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| .*\w.* \|$", re.MULTILINE)
IN_PORTUGUESE = {"ratio": "razão", "count": "contagem", "days": "dias", "score": "nota"}


@pytest.mark.parametrize(("language", "words"), [("en", {}), ("pt-BR", IN_PORTUGUESE)])
def test_page__every_metric__has_a_row_with_its_unit(
    compiler: MetricCompiler, language: str, words: dict[str, str]
) -> None:
    page = (PROJECT / "docs" / language / "metrics.md").read_text(encoding="utf-8")
    section = page.split("\n## ")[1]
    expected = {m.name: words.get(m.unit, m.unit) for m in compiler.metrics.values()}
    assert dict(ROW.findall(section)) == expected
