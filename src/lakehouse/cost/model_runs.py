"""The Iceberg table `<env>_ops.model_runs`: one row per node of a build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from lakehouse.athena import QueryResult
from lakehouse.cost.build_costs import NodeCost

TABLE = "model_runs"
_COLUMNS = (
    ("run_id", "string"),
    ("run_at", "timestamp"),
    ("run_date", "string"),
    ("node", "string"),
    ("kind", "string"),
    ("scan", "string"),
    ("row_count", "bigint"),
    ("scanned_bytes", "bigint"),
    ("billed_bytes", "bigint"),
    ("query_count", "int"),
    ("seconds", "double"),
    ("budget_ratio", "double"),
)
_ROWS_A_STATEMENT = 500
Run = Callable[[str], QueryResult]


def keep(costs: Sequence[NodeCost], database: str, bucket: str, run: Run) -> None:
    """Add a build's rows; a build that is there already is not added again."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
    run(
        f"create table if not exists {database}.{TABLE} ({columns}) "
        f"location 's3://{bucket}/{TABLE}/' tblproperties ('table_type' = 'ICEBERG')"
    )
    if (
        not costs
        or run(
            f"select 1 from {database}.{TABLE} where run_id = {_text(costs[0].run_id)} limit 1"
        ).rows
    ):
        return
    for begin in range(0, len(costs), _ROWS_A_STATEMENT):
        rows = ", ".join(_values(cost) for cost in costs[begin : begin + _ROWS_A_STATEMENT])
        run(f"insert into {database}.{TABLE} values {rows}")


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


def _read(rows: Iterable[tuple[str | None, ...]]) -> Iterable[NodeCost]:
    for row in rows:
        run_id, at, date, node, kind, scan, count, scanned, billed, queries, seconds, budget = row
        yield NodeCost(
            str(run_id),
            dt.datetime.fromisoformat(str(at)).replace(tzinfo=dt.UTC),
            str(date),
            str(node),
            str(kind),
            str(scan),
            None if count is None else int(count),
            int(str(scanned)),
            int(str(billed)),
            int(str(queries)),
            float(str(seconds)),
            float(str(budget)),
        )


def _values(cost: NodeCost) -> str:
    at = cost.run_at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    texts = [_text(text) for text in (cost.run_date, cost.node, cost.kind, cost.scan)]
    rows = "null" if cost.rows is None else str(cost.rows)
    numbers = f"{cost.scanned_bytes}, {cost.billed_bytes}, {cost.queries}"
    return (
        f"({_text(cost.run_id)}, timestamp '{at}', {', '.join(texts)}, {rows}, {numbers}, "
        f"{cost.seconds:.6f}e0, {cost.budget:.6f}e0)"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
