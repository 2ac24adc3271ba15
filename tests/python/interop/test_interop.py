"""Other engines on the lake of this project's own build: `make interop`.

A demonstration of one business day is built twice, by the embedded engine and by a real Trino; each
lake is then read by both, and the Iceberg tables of the first one by PyIceberg through Glue and S3.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

pytestmark = pytest.mark.interop
Run = Callable[..., subprocess.CompletedProcess[str]]
COMPARED = re.compile(r"compared (\d+) tables and views with ([\d,]+) rows")
FEWEST_TABLES = 20


def _diff(run_command: Run, *words: str) -> None:
    """Both engines agree, on at least the tables of a build."""
    done = run_command("local-athena", "diff", *words)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    found = COMPARED.search(done.stderr)
    assert found is not None, done.stderr
    assert int(found[1]) >= FEWEST_TABLES
    assert int(found[2].replace(",", "")) > 1000


@pytest.mark.usefixtures("java")
def test_trino__tables_of_the_embedded_engine__reads_the_same_rows(
    embedded_lake: Path, run_command: Run
) -> None:
    _diff(run_command, "--data", str(embedded_lake), "--", "true")


@pytest.mark.usefixtures("java")
def test_embedded_engine__tables_of_trino__reads_the_same_rows(
    tmp_path: Path, run_command: Run, build_lake: Callable[..., Path]
) -> None:
    _diff(run_command, "--data", str(build_lake(tmp_path, "--engine", "trino")), "--", "true")


@pytest.mark.usefixtures("java")
def test_project__built_on_both_engines__has_the_same_tables(
    tmp_path: Path, run_command: Run
) -> None:
    demo = (
        'LAKEHOUSE_SOURCES_DIR=$(mktemp -d "$0/XXXXXX") exec lakehouse demo --days 1 --scale 0.002'
    )
    _diff(run_command, "--data", str(tmp_path / "none"), "--", "sh", "-c", demo, str(tmp_path))


def _facts(column: pa.ChunkedArray) -> list[str]:
    """Values that are there, distinct ones, and the sum of numbers."""
    facts = [
        str(pc.count(column).as_py()),
        str(pc.count_distinct(column, mode="only_valid").as_py()),
    ]
    if pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
        facts.append(
            str(sum((Decimal(value) for value in column.drop_null().to_pylist()), Decimal(0)))
        )
    return facts


def test_pyiceberg__every_iceberg_table__same_rows_and_sums(
    pyiceberg: Any, ask: Callable[[str], list[tuple[str, ...]]]
) -> None:
    seen = 0
    for name in [
        table for space in pyiceberg.list_namespaces() for table in pyiceberg.list_tables(space)
    ]:
        rows = pyiceberg.load_table(name).scan().to_arrow()
        flat = [field.name for field in rows.schema if not pa.types.is_nested(field.type)]
        texts, expected = ["count(*)"], [str(rows.num_rows)]
        for column in flat:
            facts = _facts(rows[column])
            shown = [f'count("{column}")', f'count(DISTINCT "{column}")']
            if len(facts) == 3:
                shown.append(f'coalesce(sum(CAST("{column}" AS decimal(38, 6))), 0)')
            texts += shown
            expected += facts
        (found,) = ask(f'SELECT {", ".join(texts)} FROM "{name[0]}"."{name[1]}"')
        assert [Decimal(v) for v in found] == [Decimal(v) for v in expected], name
        seen += 1
    assert seen >= 10
