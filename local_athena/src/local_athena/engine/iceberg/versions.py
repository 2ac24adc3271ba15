"""The value of FOR VERSION AS OF and FOR TIMESTAMP AS OF."""

from datetime import UTC, datetime, time
from typing import Any

from local_athena.engine.job import Job
from local_athena.sql.bound import BoundExpression
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import precision_of


def version_value(job: Job, expression: BoundExpression) -> Any:
    """The version as int or str, or the instant as an aware datetime (a date is its midnight, UTC).

    Raises:
        SqlError: the expression fails.
    """
    from local_athena.sql.rewrite import write_expression

    base = expression.type.base
    text = write_expression(expression, {})
    if base == "timestamp with time zone":
        text = f"({text}).instant"
    elif base == "timestamp" and precision_of(expression.type) > 6:
        text = f"({text}).us"
    with job.session.cursor(job.control) as cursor:
        value = cursor.rows(f"SELECT {text}")[0][0]
    if base == "date":
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return value
    instant = value.replace(tzinfo=UTC)
    if instant > datetime.now(UTC):
        raise SqlError("INVALID_ARGUMENTS", f"Pointer value '{value}' is not in the past")
    return instant
