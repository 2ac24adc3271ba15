"""Scripts of DDL, DML and queries on Iceberg tables, each whole, against a real Trino's answers.

The answers are in ../golden (README.md says how they were recorded).
"""

import importlib.util
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from local_athena.storage.rows import read_rows

GOLDEN = Path(__file__).parents[1] / "golden"
_spec = importlib.util.spec_from_file_location("golden_harness", GOLDEN / "harness.py")
assert _spec is not None
assert _spec.loader is not None
harness = importlib.util.module_from_spec(_spec)
sys.modules["golden_harness"] = harness
_spec.loader.exec_module(harness)

SCRIPTS = [case for name in ("scripts", "more_scripts") for case in harness.cases(f"{name}.jsonl")]
# DDL that Athena runs by Hive fails in Hive's words.
HIVE_WORDS = {
    "TABLE_NOT_FOUND": "Table not found",
    "COLUMN_ALREADY_EXISTS": "Duplicate column name",
}
CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE")


def said(failure):
    """Trino's name of a failure, where it has one."""
    found = re.match(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b", failure)
    return found[1] if found else failure


def filled(lake, sql):
    """The text with `{snap:N}` and `{ts:N}`: the N-th snapshot of table t, a time just after it."""
    if "{snap:" not in sql and "{ts:" not in sql:
        return sql
    rows = lake.rows(
        "SELECT CAST(snapshot_id AS varchar), CAST(committed_at + INTERVAL '0.001' SECOND AS "
        'varchar) FROM "t$snapshots" ORDER BY committed_at'
    )

    def value(found):
        number = int(found[2]) - 1
        return rows[number][found[1] == "ts"] if number < len(rows) else "0"

    return re.sub(r"\{(snap|ts):(\d+)\}", value, sql)


def expected(step):
    """The step's answer, with the database's name where a value holds it."""
    rows = [[value and value.replace("{schema}", "db") for value in row] for row in step["rows"]]
    return {**step, "rows": rows}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script["id"])
def test_script__on_iceberg_tables__answers_as_trino(lake, script):
    for step in script["statements"]:
        sql = step["sql"].replace("{db}", "db").replace("{schema}", "db")
        sql = filled(lake, sql.replace("{location}", "s3://b/t"))
        if "error" in step:
            name = step["error"]["name"]
            failure = str(lake.fails(sql))
            assert name in (said(failure), "SYNTAX_ERROR") or HIVE_WORDS[name] in failure, sql
            continue
        outcome = lake.run(sql, started_at=datetime.now(UTC))
        if "rows" in step:
            rows = read_rows(lake.settings.results, lake.last, 0, 10_000)
            got = harness.Outcome(rows=rows, types=step["types"])
            assert harness.judge(expected(step), got)["value"], (sql, rows, step["rows"])
        elif step.get("update_count") is not None and step["update_type"] in CHANGES:
            assert outcome.update_count == step["update_count"], sql
