"""EXPLAIN: the plan by which a statement would be answered, as text, JSON, or a graph.

The tree is that of the bound statement (`sql.explain`), with the columns and domains of each scan;
its head says what the scans would read. Only EXPLAIN ANALYZE reads, and is billed. `TYPE VALIDATE`
only binds, `TYPE IO` names the tables and what of them is read. Source: Athena user guide, "Using
EXPLAIN and EXPLAIN ANALYZE in Athena" (read 2026-11); JSON has Trino's members.
"""

import time
from dataclasses import dataclass

from local_athena.engine.answer import TextAnswer
from local_athena.engine.binding import bind_context
from local_athena.engine.contract import ColumnInfo
from local_athena.engine.explain_forms import analyzed_json, graph, io_json, plan_json
from local_athena.engine.job import Job
from local_athena.engine.prepared import Arguments
from local_athena.engine.reading import plan_reading
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Cursor
from local_athena.sql import nodes
from local_athena.sql.binder import bind_create_table_as, bind_insert, bind_query
from local_athena.sql.bound import BoundQuery
from local_athena.sql.errors import SqlError
from local_athena.sql.explain import explain_query, explain_tree
from local_athena.sql.pruning import plan_scans

_TYPES = ("logical", "distributed", "validate", "io")
_FORMATS = ("text", "json", "graphviz")


@dataclass(frozen=True, slots=True)
class _Options:
    form: str
    kind: str


def explain(
    job: Job,
    cursor: Cursor,
    planner: ScanPlanner,
    statement: nodes.Explain,
    parameters: Arguments,
) -> TextAnswer:
    """The plan's lines, or `true` for TYPE VALIDATE.

    Raises:
        SqlError: the statement does not bind, or the option is not supported.
    """
    options = _options(statement)
    query = _query(job, statement, parameters)
    if options.kind == "validate":
        return _answer("Valid", ["true"])
    needs = plan_scans(query)
    if options.kind == "io":
        return _answer("Query Plan", io_json(query, needs))
    if options.form == "graphviz":
        return _answer("Query Plan", graph(explain_tree(query, needs)))
    if options.form == "json" and not statement.analyze:
        tree = explain_tree(query, needs)
        return _answer("Query Plan", plan_json(tree, query, options.kind == "distributed"))
    reading = plan_reading(job, cursor, planner, query, counted=statement.analyze)
    lines = [f"Reads {reading.scanned_bytes} bytes of {reading.files} files"]
    if statement.analyze:
        started = time.monotonic()
        rows = cursor.rows(f"SELECT count(*) FROM ({reading.sql})")[0][0]
        taken = (time.monotonic() - started) * 1000
        if options.form == "json":
            tree = explain_tree(query, needs)
            found = analyzed_json(tree, query, taken, rows, reading.scanned_bytes)
            return _answer("Query Plan", found)
        lines.append(f"Output: {rows} rows in {taken:.0f} ms")
    return _answer("Query Plan", lines + explain_query(query, needs))


def _options(statement: nodes.Explain) -> _Options:
    given = {name.lower(): value.lower() for name, value in statement.options}
    form, kind = given.get("format", "text"), given.get("type", "distributed")
    if kind not in _TYPES or form not in _FORMATS:
        raise SqlError(
            "NOT_SUPPORTED", f"local_athena does not support EXPLAIN (TYPE {kind}, FORMAT {form})"
        )
    if statement.analyze and ("type" in given or form == "graphviz"):
        raise SqlError(
            "NOT_SUPPORTED", "EXPLAIN ANALYZE has the option FORMAT only, and TEXT or JSON for it"
        )
    if kind == "io" and form == "graphviz":
        raise SqlError("NOT_SUPPORTED", "EXPLAIN (TYPE IO) can be returned only in JSON format")
    return _Options(form, kind)


def _answer(name: str, lines: list[str]) -> TextAnswer:
    """Athena repeats the column's name as the first row; the type has the plan's length."""
    size = len("\n".join(lines))
    column = ColumnInfo(name, "varchar", size, case_sensitive=True)
    return TextAnswer((column,), [(name,), *((line,) for line in lines)])


def _query(job: Job, statement: nodes.Explain, parameters: Arguments) -> BoundQuery:
    context = bind_context(job, parameters)
    explained = statement.statement
    if isinstance(explained, nodes.QueryStatement):
        return bind_query(explained.query, context)
    if statement.analyze:
        raise SqlError(
            "NOT_SUPPORTED", "local_athena does not support EXPLAIN ANALYZE of what writes"
        )
    match explained:
        case nodes.Insert() as insert:
            return bind_insert(insert, context).query
        case nodes.CreateTableAs() as create:
            return bind_create_table_as(create, context).query
        case nodes.Unload(query=query):
            return bind_query(query, context)
    raise SqlError(
        "NOT_SUPPORTED", "local_athena explains queries, INSERT, CREATE TABLE AS and UNLOAD only"
    )
