"""Prepared statements and `?`: PREPARE, EXECUTE ... USING, DEALLOCATE, ExecutionParameters."""

from typing import Any

from local_athena.engine.answer import TextAnswer
from local_athena.engine.contract import PreparedStatement
from local_athena.engine.job import Job
from local_athena.engine.trees import walk
from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_expression, parse_statement

Arguments = tuple[nodes.Expression, ...]
_PREPARABLE = (
    nodes.QueryStatement,
    nodes.Insert,
    nodes.Delete,
    nodes.Update,
    nodes.Merge,
    nodes.CreateTableAs,
    nodes.Unload,
    nodes.Explain,
)


def open_statement(job: Job, statement: nodes.Statement) -> tuple[nodes.Statement, Arguments]:
    """The statement to run, and the values of its `?`.

    EXECUTE becomes what it names. Values come from USING or, when there is none, from the
    request's ExecutionParameters.

    Raises:
        SqlError: the prepared statement is not there, or the number of values is wrong.
    """
    arguments = tuple(given_value(text) for text in job.request.parameters)
    if isinstance(statement, nodes.Execute):
        arguments = statement.arguments or arguments
        statement = parse_statement(find_prepared(job, statement.name).sql)
    if isinstance(statement, nodes.Prepare | nodes.CreateView):
        return statement, ()
    expected = parameter_count(statement)
    if expected != len(arguments):
        raise SqlError(
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {expected} but found {len(arguments)}",
            statement.at,
        )
    return statement, arguments


def prepare(job: Job, statement: nodes.Prepare) -> TextAnswer:
    """Keep a statement under a name in the workgroup."""
    if not isinstance(statement.statement, _PREPARABLE):
        raise SqlError(
            "NOT_SUPPORTED", "Invalid statement type for prepared statement", statement.at
        )
    _store(job).put(statement.name.value, statement.text)
    return TextAnswer()


def deallocate(job: Job, statement: nodes.Deallocate) -> TextAnswer:
    """Forget a prepared statement."""
    if not _store(job).delete(statement.name.value):
        raise _missing(statement.name)
    return TextAnswer()


def parameter_count(tree: Any) -> int:
    """How many `?` a statement has."""
    indexes = (node.index for node in walk(tree) if isinstance(node, nodes.Parameter))
    return max(indexes, default=-1) + 1


def given_value(text: str) -> nodes.Expression:
    """A text of ExecutionParameters: a literal in SQL syntax, or a bare word, which is a string.

    Athena's guide asks for quotes around strings; AWS's own tests of awswrangler pass words
    without them, and no column could be meant ("Use parameterized queries"; aws-sdk-pandas,
    tests/unit/test_athena_prepared.py; read November 2026).
    """
    value = parse_expression(text)
    if isinstance(value, nodes.ColumnName) and not value.name.quoted:
        return nodes.StringLiteral(value.at, value.name.value)
    return value


def find_prepared(job: Job, name: nodes.Identifier) -> PreparedStatement:
    """The workgroup's prepared statement of a name.

    Raises:
        SqlError: there is none.
    """
    found: PreparedStatement | None = _store(job).get(name.value)
    if found is None:
        raise _missing(name)
    return found


def _store(job: Job) -> Any:
    if job.request.prepared is None:
        raise SqlError("NOT_SUPPORTED", "Prepared statements need a workgroup")
    return job.request.prepared


def _missing(name: nodes.Identifier) -> SqlError:
    return SqlError("NOT_FOUND", f"Prepared statement not found: {name.value}")
