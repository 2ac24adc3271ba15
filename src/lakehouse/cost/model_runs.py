"""The Iceberg table `<env>_ops.model_runs`: one row per node of a build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from lakehouse.athena import QueryResult
from lakehouse.cost.build_costs import DEFAULT_LANDED_BUDGET, NodeCost

TABLE = "model_runs"
_COLUMNS = (
    ("run_id", "string"),
    ("run_at", "timestamp"),
    ("run_date", "string"),
    ("project", "string"),
    ("node", "string"),
    ("kind", "string"),
    ("scan", "string"),
    ("row_count", "bigint"),
    ("scanned_bytes", "bigint"),
    ("billed_bytes", "bigint"),
    ("query_count", "int"),
    ("seconds", "double"),
    ("budget_ratio", "double"),
    ("landed_ratio", "double"),
    ("landed_bytes", "bigint"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_ROWS_A_STATEMENT = 500
Run = Callable[[str], QueryResult]


def keep(costs: Sequence[NodeCost], database: str, bucket: str, run: Run) -> None:
    """Write a build's rows, in place of those that were kept of it before; none for no nodes."""
    if not costs:
        return
    _prepare(database, bucket, run)
    if is_kept(database, run, costs[0].run_id):
        run(f"delete from {database}.{TABLE} where run_id = {_text(costs[0].run_id)}")
    for begin in range(0, len(costs), _ROWS_A_STATEMENT):
        rows = ", ".join(_values(cost) for cost in costs[begin : begin + _ROWS_A_STATEMENT])
        run(f"insert into {database}.{TABLE} ({_NAMES}) values {rows}")


def last_runs(database: str, count: int, run: Run) -> list[list[NodeCost]]:
    """The rows of the last builds that are kept, the latest build first."""
    names = ", ".join(f"cast({name} as varchar)" for name, _ in _COLUMNS)
    found = run(
        f"select {names} from {database}.{TABLE} where run_at in (select distinct run_at from "
        f"{database}.{TABLE} order by run_at desc limit {int(count)}) order by run_at desc, node"
    )
    runs: dict[str, list[NodeCost]] = {}
    for row in _read(found.rows):
        runs.setdefault(row.run_id, []).append(row)
    return list(runs.values())


def is_kept(database: str, run: Run, run_id: str | None = None) -> bool:
    """Whether a build is kept; without its id, whether any build ever was."""
    if not _existing_columns(database, run):
        return False
    mine = "true" if run_id is None else f"run_id = {_text(run_id)}"
    return bool(run(f"select 1 from {database}.{TABLE} where {mine} limit 1").rows)


def _prepare(database: str, bucket: str, run: Run) -> None:
    """Make the table, or give one of an earlier version the columns that it lacks.

    People share a stage's bucket, so the place has the environment's name in it.
    """
    existing = _existing_columns(database, run)
    if not existing:
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
        run(
            f"create table if not exists {database}.{TABLE} ({columns}) location "
            f"'s3://{bucket}/{database}/{TABLE}/' tblproperties ('table_type' = 'ICEBERG')"
        )
        return
    missing = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS if name not in existing)
    if missing:
        run(f"alter table {database}.{TABLE} add columns ({missing})")


def _existing_columns(database: str, run: Run) -> set[str | None]:
    found = run(
        "select column_name from information_schema.columns "
        f"where table_schema = {_text(database)} and table_name = {_text(TABLE)}"
    )
    return {row[0] for row in found.rows}


def _read(rows: Iterable[tuple[str | None, ...]]) -> Iterable[NodeCost]:
    for row in rows:
        run_id, at, date, project, node, kind, scan, count, *numbers, of_landed, landed = row
        scanned, billed, queries, seconds, growth = map(str, numbers)
        yield NodeCost(
            str(run_id),
            dt.datetime.fromisoformat(str(at)).replace(tzinfo=dt.UTC),
            str(date),
            project or "",
            str(node),
            str(kind),
            str(scan),
            None if count is None else int(count),
            int(scanned),
            int(billed),
            int(queries),
            float(seconds),
            float(growth),
            DEFAULT_LANDED_BUDGET if of_landed is None else float(of_landed),
            None if landed is None else int(landed),
        )


def _values(cost: NodeCost) -> str:
    at = cost.run_at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    texts = (cost.run_date, cost.project, cost.node, cost.kind, cost.scan)
    rows, landed = (
        "null" if each is None else str(each) for each in (cost.rows, cost.landed_bytes)
    )
    numbers = f"{cost.scanned_bytes}, {cost.billed_bytes}, {cost.queries}"
    return (
        f"({_text(cost.run_id)}, timestamp '{at}', {', '.join(map(_text, texts))}, {rows}, "
        f"{numbers}, {cost.seconds:.6f}e0, {cost.growth_budget:.6f}e0, "
        f"{cost.landed_budget:.6f}e0, {landed})"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
