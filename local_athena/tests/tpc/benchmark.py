"""TPC-H and TPC-DS: their tables from DuckDB's extensions, their queries in Trino's dialect.

The tables are the same for every run of an extension's version: `write_tables` makes them as
Parquet files at the scale that the recorded answers (`answers/`) were made at.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`generator` is the extension's procedure that fills its tables."""

    name: str
    generator: str
    scale: float


TPCH = Benchmark("tpch", "dbgen", 0.02)
TPCDS = Benchmark("tpcds", "dsdgen", 0.03)
BENCHMARKS = (TPCH, TPCDS)


def _connect(benchmark: Benchmark) -> duckdb.DuckDBPyConnection:
    package = importlib.util.find_spec(f"duckdb_extension_{benchmark.name}")
    assert package is not None
    assert package.origin is not None
    extension = next(Path(package.origin).parent.rglob(f"{benchmark.name}.duckdb_extension"))
    connection = duckdb.connect(config={"allow_unsigned_extensions": True, "threads": 2})
    connection.execute(f"LOAD '{extension}'")
    return connection


def write_tables(benchmark: Benchmark, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Write `folder/<table>/data.parquet`; the tables' columns as (name, DuckDB type)."""
    with _connect(benchmark) as connection:
        connection.execute(f"CALL {benchmark.generator}(sf={benchmark.scale})")
        names = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        tables = {}
        for (name,) in names:
            (folder / name).mkdir(parents=True)
            path = folder / name / "data.parquet"
            connection.execute(f"COPY {name} TO '{path}' (FORMAT parquet)")
            described = connection.execute(f"DESCRIBE {name}").fetchall()
            tables[name] = [(column[0], column[1]) for column in described]
    return tables


def queries(benchmark: Benchmark) -> dict[int, str]:
    """The queries by number, as Trino takes them."""
    with _connect(benchmark) as connection:
        found = connection.execute(
            f"SELECT query_nr, query FROM {benchmark.name}_queries() ORDER BY 1"
        ).fetchall()
    return {number: _adapted(benchmark, number, text) for number, text in found}


Rule = Callable[[str], str]


def _adapted(benchmark: Benchmark, number: int, text: str) -> str:
    text = _dates(text.strip().removesuffix(";"))
    for rule in _OWN_RULES.get((benchmark.name, number), ()):
        changed = rule(text)
        assert changed != text, f"{benchmark.name} {number}: a rule changed nothing"
        text = changed
    return text


def _dates(text: str) -> str:
    """A date written as mere text becomes a literal: Trino compares no date with text."""
    return re.sub(r"(?<!date )'(\d{4}-\d{2}-\d{2})'", r"DATE '\1'", text, flags=re.IGNORECASE)


def _replacing(old: str, new: str) -> Rule:
    return lambda text: text.replace(old, new)


def _level_by_name(text: str) -> str:
    """GROUPING of an output cannot stand in ORDER BY; the output that holds its sum can."""
    body, order, tail = text.rpartition("ORDER BY")
    return body + order + re.sub(r"grouping\(\w+\)\+grouping\(\w+\)", "lochierarchy", tail)


_OWN_RULES: dict[tuple[str, int], tuple[Rule, ...]] = {
    # GROUP BY knows no aliases of the select list.
    ("tpch", 15): (_replacing("GROUP BY\n        supplier_no", "GROUP BY\n        l_suppkey"),),
    ("tpcds", 70): (_level_by_name,),
    ("tpcds", 86): (_level_by_name,),
    # A date moves by an interval only.
    ("tpcds", 72): (_replacing("d1.d_date + 5", "d1.d_date + INTERVAL '5' DAY"),),
}


def fully_ordered(text: str, columns: int) -> str:
    """The query with all its outputs as last sort keys, so that a LIMIT cuts the same rows
    everywhere."""
    found = list(re.finditer(r"\bLIMIT\s+\d+\s*\Z", text, re.IGNORECASE))
    if not found:
        return text
    body, limit = text[: found[0].start()].rstrip(), found[0].group()
    keys = ", ".join(str(index + 1) for index in range(columns))
    last_order = body.upper().rfind("ORDER BY")
    outermost = last_order >= 0 and body.count("(", last_order) == body.count(")", last_order)
    return f"{body}{', ' if outermost else ' ORDER BY '}{keys} {limit}"
