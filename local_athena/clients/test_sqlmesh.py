"""SQLMesh with its Athena adapter: plan, a second plan over a changed model, audits, rows."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

CONFIG = """
gateways:
  athena:
    connection:
      type: athena
      region_name: us-east-1
      s3_staging_dir: {output}
      s3_warehouse_location: s3://{bucket}/warehouse/
      work_group: primary
      concurrent_tasks: 1
    state_connection: {{type: duckdb, database: state.db}}
default_gateway: athena
model_defaults: {{dialect: athena, start: 2024-01-01}}
disable_anonymized_analytics: true
"""
SEED = "id,item_id,event_date\n1,2,2024-01-01\n2,1,2024-01-01\n3,3,2024-01-03\n4,1,2024-01-04\n"
SOURCE = "SELECT id, item_id, event_date FROM app.items"
DAYS = f"{SOURCE} WHERE event_date BETWEEN @start_date AND @end_date"
BY_TIME = "kind INCREMENTAL_BY_TIME_RANGE (time_column event_date)"
COUNTS = "SELECT item_id, COUNT(DISTINCT id) AS num FROM app.by_day GROUP BY item_id"
MODELS = {
    "items": "kind SEED (path '../seeds/items.csv'), "
    "columns (id INTEGER, item_id INTEGER, event_date DATE)); ",
    "by_day": f"{BY_TIME}, table_format iceberg, partitioned_by (event_date)); {DAYS}",
    "by_day_hive": f"{BY_TIME}, partitioned_by (event_date)); {DAYS}",
    "by_key": f"kind INCREMENTAL_BY_UNIQUE_KEY (unique_key id), table_format iceberg); {SOURCE}",
    "versions": "kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns [item_id]), "
    "table_format iceberg); SELECT id, item_id FROM app.items",
    "counts": f"kind FULL, audits (not_null(columns := (item_id)))); {COUNTS}",
    "often": "kind VIEW); SELECT item_id, num FROM app.counts WHERE num > 1",
}


@pytest.fixture
def run(sqlmesh: Path, environ: dict[str, str], tmp_path: Path) -> Any:
    """A project in a folder, and its commands: their standard output."""
    places = {"output": environ["OUTPUT"], "bucket": environ["BUCKET"]}
    (tmp_path / "config.yaml").write_text(CONFIG.format(**places))
    for folder in ("models", "seeds", "macros", "audits", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "seeds" / "items.csv").write_text(SEED)
    for name, text in MODELS.items():
        (tmp_path / "models" / f"{name}.sql").write_text(f"MODEL (name app.{name}, {text}")

    def command(*arguments: str) -> str:
        done = subprocess.run(
            [str(sqlmesh / "bin" / "sqlmesh"), *arguments],
            cwd=tmp_path,
            env={**environ, "HOME": str(tmp_path), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        return done.stdout

    return command


def rows(run: Any, sql: str) -> list[list[str]]:
    """The rows of a printed frame."""
    lines = run("fetchdf", sql).splitlines()
    found = [line.split()[1:] for line in lines if line[:1].isdigit()]
    assert found
    return found


def test_project__planned_twice__has_its_rows(run: Any, tmp_path: Path) -> None:
    run("plan", "--auto-apply", "--no-prompts")
    whole = [["1", "2"], ["2", "1"], ["3", "3"], ["4", "1"]]
    for name in ("by_day", "by_day_hive", "by_key", "versions"):
        assert rows(run, f"select id, item_id from app.{name} order by 1") == whole, name
    assert rows(run, "select item_id, num from app.often") == [["1", "2"]]
    changed = tmp_path / "models" / "often.sql"
    changed.write_text(changed.read_text().replace("num > 1", "num > 0"))
    run("plan", "dev", "--auto-apply", "--no-prompts")
    assert len(rows(run, "select item_id, num from app__dev.often")) == 3
    run("plan", "--auto-apply", "--no-prompts")
    assert len(rows(run, "select item_id, num from app.often")) == 3
    assert "PASS" in run("audit")
    run("run")
    run("invalidate", "dev")
    run("janitor")
