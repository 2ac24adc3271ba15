"""EXPLAIN: the plan by which a statement would be answered, in text.

The tree is that of the bound statement (`sql.explain`), with the columns and domains of each scan;
its head says what the scans would read. Only EXPLAIN ANALYZE reads, and is billed. `TYPE VALIDATE`
only binds. Formats other than text are refused by name.
"""

import time

from local_athena.engine.answer import TextAnswer, text_column
from local_athena.engine.binding import bind_context
from local_athena.engine.job import Job
from local_athena.engine.prepared import Arguments
from local_athena.engine.reading import plan_reading
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Cursor
from local_athena.sql import nodes
from local_athena.sql.binder import bind_create_table_as, bind_insert, bind_query
from local_athena.sql.bound import BoundQuery
from local_athena.sql.errors import SqlError
from local_athena.sql.explain import explain_query
from local_athena.sql.pruning import plan_scans

_TYPES = frozenset({"logical", "distributed", "validate", "io"})


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
    options = {name.lower(): value.lower() for name, value in statement.options}
    if options.get("format", "text") != "text":
        raise SqlError(
            "NOT_SUPPORTED", f"local_athena does not support EXPLAIN (FORMAT {options['format']})"
        )
    kind = options.get("type", "distributed")
    if kind not in _TYPES or kind == "io":
        raise SqlError("NOT_SUPPORTED", f"local_athena does not support EXPLAIN (TYPE {kind})")
    query = _query(job, statement, parameters)
    if kind == "validate":
        return _answer("Valid", ["true"])
    reading = plan_reading(job, cursor, planner, query, counted=statement.analyze)
    lines = [f"Reads {reading.scanned_bytes} bytes of {reading.files} files"]
    if statement.analyze:
        started = time.monotonic()
        rows = cursor.rows(f"SELECT count(*) FROM ({reading.sql})")[0][0]
        lines.append(f"Output: {rows} rows in {(time.monotonic() - started) * 1000:.0f} ms")
    return _answer("Query Plan", lines + explain_query(query, plan_scans(query)))


def _answer(name: str, lines: list[str]) -> TextAnswer:
    """Athena repeats the column's name as the first row."""
    return TextAnswer((text_column(name),), [(name,), *((line,) for line in lines)])


def _query(job: Job, statement: nodes.Explain, parameters: Arguments) -> BoundQuery:
    context = bind_context(job, parameters)
    match statement.statement:
        case nodes.QueryStatement(query=query):
            return bind_query(query, context)
        case nodes.Insert() as insert:
            return bind_insert(insert, context).query
        case nodes.CreateTableAs() as create:
            return bind_create_table_as(create, context).query
    raise SqlError(
        "NOT_SUPPORTED", "local_athena explains queries, INSERT and CREATE TABLE AS only"
    )
