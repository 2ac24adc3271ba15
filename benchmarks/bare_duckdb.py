"""The project's statements in bare DuckDB: transpiled mechanically, over the same raw Parquet.

Only time is compared: sqlglot's reading of Trino's functions is not always Trino's answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from benchmarks.demonstration import PROJECT

Error = duckdb.Error

_FUNCTIONS = (
    "create macro if not exists with_timezone(instant, zone) as timezone(zone, instant)",
    "create macro if not exists at_timezone(instant, zone) as timezone(zone, instant)",
    "create macro if not exists codepoint(sign) as unicode(sign)",
)
"""Trino's names of functions that DuckDB has under another one and sqlglot does not translate."""


def open_database(file: Path, data: Path, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A database file with views of the endpoint's raw Parquet under its sources' names."""
    connection = duckdb.connect(str(file), config={"threads": threads})
    for text in _FUNCTIONS:
        connection.execute(text)
    project = manifest()
    for schema in {
        item["schema"] for kind in ("nodes", "sources") for item in project[kind].values()
    }:
        connection.execute(f'create schema if not exists "{schema}"')
    for source in project["sources"].values():
        files = (data / "s3").glob(f"*-raw/*/{source['name']}/**/*.parquet")
        listed = [str(path) for path in files if not path.name.startswith("_")]
        if listed:
            connection.execute(
                f'create or replace view "{source["schema"]}"."{source["name"]}" as '
                f"select * from read_parquet({listed}, hive_partitioning = true)"
            )
    return connection


def manifest() -> dict[str, Any]:
    """dbt's manifest of the last build."""
    found: dict[str, Any] = json.loads((PROJECT / "target" / "manifest.json").read_text("utf-8"))
    return found


def transpiled(sql: str) -> str:
    """A SELECT or CREATE TABLE AS as DuckDB reads it; the table's Athena properties are left out.

    Raises:
        SqlglotError: it cannot be transpiled.
    """
    text = sql.replace('"awsdatacatalog".', "").rstrip().rstrip(";")
    tree = sqlglot.parse_one(text, read="athena")
    for element in tree.find_all(exp.Bracket):
        for division in list(element.find_all(exp.Div)):  # of integers: it is a place in an array
            division.replace(exp.IntDiv(this=division.this, expression=division.expression))
    if isinstance(tree, exp.Create):
        tree.set("properties", None)
        tree.set("replace", True)
    return tree.sql(dialect="duckdb", comments=False)


def load_seed(connection: duckdb.DuckDBPyConnection, node: dict[str, Any]) -> None:
    """Make a seed's table from its CSV."""
    path = PROJECT / node["original_file_path"]
    connection.execute(
        f'create or replace table "{node["schema"]}"."{node["alias"]}" as '
        f"select * from read_csv('{path}', header = true)"
    )
