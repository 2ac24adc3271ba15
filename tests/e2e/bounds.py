"""Which reads of tables in a statement are bounded, so that Athena prunes what it scans.

A read is a table of a database in FROM, JOIN or as the target of MERGE; it is bounded when the
condition of its own SELECT, or of the MERGE, compares one of the table's bounding columns, or is
false.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp

LANDING = {"_landed_date", "account_landed_date", "_person_changed_date"}
"""Days of landing: each file of a table has those of its own days, as its statistics tell."""
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TRANSFORM = re.compile(r"(?:month|year)\((\w+)\)")


def bounding_columns(manifest: Mapping[str, Any]) -> dict[str, set[str]]:
    """By table that grows with history: the columns of which a condition prunes it.

    Left out are seeds, and the tables that a run builds of its own day.
    """
    found = {source["identifier"]: {"ingest_date"} for source in manifest["sources"].values()}
    for node in manifest["nodes"].values():
        is_of_the_day = node["name"].startswith(("int_changed_", "int_named_"))
        if node["resource_type"] in {"model", "snapshot"} and not is_of_the_day:
            transforms = node["config"].get("partitioned_by") or []
            columns = {match[1] for each in transforms if (match := _TRANSFORM.fullmatch(each))}
            found[node["alias"]] = columns | LANDING
    return found


def unbounded_reads(sql: str, bounding: Mapping[str, set[str]]) -> list[str]:
    """Tables of `bounding` that a statement reads without a bound."""
    found = []
    for statement in sqlglot.parse(_COMMENT.sub("", sql), dialect="trino"):
        written = _written(statement)
        for table in statement.find_all(exp.Table) if statement else ():
            if table.db and table.name in bounding and table is not written:
                condition = _condition(table)
                if not (condition and _bounds(condition, bounding[table.name])):
                    found.append(table.name)
    return found


def _written(statement: exp.Expression | None) -> exp.Expression | None:
    """The table that CREATE TABLE names or INSERT writes, which reads nothing."""
    if isinstance(statement, exp.Create | exp.Insert):
        return statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    return None


def _condition(table: exp.Table) -> exp.Expression | None:
    """The condition that the read of a table is under."""
    scope = table.find_ancestor(exp.Select, exp.Merge)
    if isinstance(scope, exp.Merge):
        condition: exp.Expression = scope.args["on"]
        return condition
    where = scope.args.get("where") if scope else None
    return where.this if where else None


def _bounds(condition: exp.Expression, columns: set[str]) -> bool:
    if condition == exp.false():
        return True
    return any(column.name in columns for column in condition.find_all(exp.Column))
