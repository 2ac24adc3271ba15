"""Spark with the Iceberg runtime on Glue and S3 of the endpoint: both read what either wrote."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import local_athena
from tests.python.interop.spark_home import find_spark

pytestmark = pytest.mark.interop
HERE = Path(__file__).parent
Rows = list[tuple[str | None, ...]]
Ask = Callable[[str], Rows]
Spark = Callable[..., list[Rows]]


@pytest.fixture(scope="module")
def spark(endpoint: local_athena.Endpoint) -> Spark:
    """Run statements in one Spark; their rows. Skipped where a part cannot be had."""
    home = find_spark()
    environ = {**home.environ, **endpoint.environ}

    def run(*statements: str) -> list[Rows]:
        done = subprocess.run(
            [home.python, HERE / "spark_job.py", endpoint.url, home.jars],
            input=json.dumps(statements), capture_output=True, text=True, env=environ, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        return [[tuple(row) for row in rows] for rows in json.loads(done.stdout)]

    return run


def _facts(name: tuple[str, str], columns: list[tuple[str, str]]) -> str:
    """A statement that counts and sums the flat columns, in words that both engines take."""
    texts = ["count(*)"]
    for column, kind in columns:
        if kind.startswith(("array", "map", "row", "struct")):
            continue
        texts += [f"count({column})", f"count(DISTINCT {column})"]
        if kind.startswith(("int", "long", "bigint", "decimal")):
            texts.append(f"coalesce(sum(CAST({column} AS decimal(38, 6))), 0)")
    return f"SELECT {', '.join(texts)} FROM {name[0]}.{name[1]}"


def test_spark__every_iceberg_table_of_the_build__same_rows_and_sums(
    spark: Spark, ask: Ask, pyiceberg: Any
) -> None:
    names = [t for space in pyiceberg.list_namespaces() for t in pyiceberg.list_tables(space)]
    texts = []
    for name in names:
        fields = pyiceberg.load_table(name).schema().fields
        texts.append(_facts(name, [(field.name, str(field.field_type)) for field in fields]))
    assert len(texts) >= 10
    theirs = spark("USE lake", *texts)[1:]
    for text, (row,) in zip(texts, theirs, strict=True):
        (ours,) = ask(text)
        assert [Decimal(v or 0) for v in ours] == [Decimal(v or 0) for v in row], text


SHOWN = "SELECT id, extra.a, extra.b[{first}], d, text, amount FROM {table} ORDER BY id"


def test_embedded_engine__table_that_spark_wrote_and_changed__reads_and_writes_it(
    spark: Spark, ask: Ask
) -> None:
    deletes = "SELECT count(*) FROM lake.of_spark.t.delete_files"
    theirs = SHOWN.format(table="lake.of_spark.t", first=0)
    written = (HERE / "spark_writes.sql").read_text().split(";\n")
    *_, (position_deletes,), rows = spark(*written, deletes, theirs)
    assert int(position_deletes[0] or 0) > 0
    ours = SHOWN.format(table="of_spark.t", first=1)
    assert len(rows) > 150
    assert ask(ours) == rows
    counted = sum(1 for row in rows if (row[3] or "") > "2024-06-30")
    assert ask("SELECT count(*) FROM of_spark.t WHERE d > DATE '2024-06-30'") == [(str(counted),)]

    ask("UPDATE of_spark.t SET text = 'ours' WHERE id = 12")
    ask("DELETE FROM of_spark.t WHERE id BETWEEN 20 AND 40")
    ask("INSERT INTO of_spark.t (id, d, text) VALUES (3000, DATE '2030-01-01', 'new')")
    ask("ALTER TABLE of_spark.t ADD COLUMNS (note string)")
    ask("MERGE INTO of_spark.t t USING (VALUES (BIGINT '3000', 'n')) s(id, note) ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET note = s.note")  # fmt: skip
    again, notes = spark(theirs, "SELECT id, note FROM lake.of_spark.t WHERE note IS NOT NULL")
    assert again == ask(ours)
    assert notes == [("3000", "n")]
