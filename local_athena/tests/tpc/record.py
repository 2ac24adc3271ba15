"""Ask a real Trino for the answers of TPC-H and TPC-DS and write them to `answers/`.

    python local_athena/tests/tpc/record.py http://127.0.0.1:8080 FOLDER

The server has a catalog `hive` whose `local.location` is FOLDER; the tables' files are put there.
"""

from __future__ import annotations

import json
import shutil
import sys
import urllib.request
from pathlib import Path
from typing import Any

import benchmark
from local_athena.engine.results import java_double

ANSWERS = Path(__file__).parent / "answers"


def ask(server: str, sql: str, schema: str = "") -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """The columns and rows of a statement.

    Raises:
        RuntimeError: the server's error.
    """
    headers = {
        "X-Trino-User": "record",
        "X-Trino-Catalog": "hive",
        "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        **({"X-Trino-Schema": schema} if schema else {}),
    }
    request = urllib.request.Request(f"{server}/v1/statement", sql.encode(), headers)
    columns: list[dict[str, Any]] = []
    rows: list[list[Any]] = []
    while True:
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)
        if "error" in page:
            raise RuntimeError(f"{page['error']['message']}\n{sql}")
        columns = page.get("columns", columns)
        rows += page.get("data", [])
        if "nextUri" not in page:
            return columns, rows
        request = urllib.request.Request(page["nextUri"])


def as_text(value: Any) -> str | None:
    """A value of the protocol as Athena prints it (no type of TPC needs more)."""
    if value is None or isinstance(value, str):
        return value
    return java_double(value) if isinstance(value, float) else str(value)


def create_tables(server: str, mark: benchmark.Benchmark, folder: Path) -> str:
    """External tables over freshly written files; the name of their schema."""
    files, schema = folder / "recorded" / mark.name, f"recorded_{mark.name}"
    shutil.rmtree(files, ignore_errors=True)
    tables = benchmark.write_tables(mark, files)
    ask(server, f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    ask(server, f"CREATE SCHEMA {schema}")
    for name, columns in tables.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in columns)
        location = f"local:///recorded/{mark.name}/{name}"
        properties = f"format = 'PARQUET', external_location = '{location}'"
        ask(server, f"CREATE TABLE {schema}.{name} ({listed}) WITH ({properties})")
    return schema


def main(server: str, folder: Path) -> None:
    with urllib.request.urlopen(f"{server}/v1/info") as answer:
        version = json.load(answer)["nodeVersion"]["version"]
    for mark in benchmark.BENCHMARKS:
        schema = create_tables(server, mark, folder)
        lines = [{"server": f"Trino {version}", "benchmark": mark.name, "scale": mark.scale}]
        for number, text in benchmark.queries(mark).items():
            described, _ = ask(server, f"SELECT * FROM ({text}) LIMIT 0", schema)
            sql = benchmark.fully_ordered(text, len(described))
            columns, rows = ask(server, sql, schema)
            lines.append(
                {
                    "query": number,
                    "names": [column["name"] for column in columns],
                    "types": [column["type"] for column in columns],
                    "rows": [[as_text(value) for value in row] for row in rows],
                }
            )
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (ANSWERS / f"{mark.name}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
