"""UNLOAD: a query's rows as files, without a table.

Source: Athena user guide, "UNLOAD" (read 2026-11): the target must be empty unless the output is
partitioned, and a format must be named.
"""

from typing import Any

from local_athena.catalog.projection import partition_path
from local_athena.engine.answer import WriteAnswer
from local_athena.engine.binding import bind_context
from local_athena.engine.job import Job
from local_athena.engine.reading import plan_reading
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Cursor
from local_athena.engine.writes.files import write_rows
from local_athena.engine.writes.properties import WriteProperties, write_properties
from local_athena.engine.writes.publish import publication
from local_athena.sql import nodes
from local_athena.sql.binder import bind_query
from local_athena.sql.bound import BoundQuery
from local_athena.sql.errors import SqlError

_KNOWN = frozenset(
    {"format", "compression", "compression_level", "field_delimiter", "partitioned_by"}
)


def unload(
    job: Job,
    cursor: Cursor,
    planner: ScanPlanner,
    statement: nodes.Unload,
    parameters: tuple[nodes.Expression, ...],
) -> WriteAnswer:
    """Write the rows below the location that the statement names.

    Raises:
        SqlError: the location holds objects, or a property is refused.
    """
    properties = _properties(statement)
    query = bind_query(statement.query, bind_context(job, parameters))
    names = _names(query)
    keys = properties.partitioned_by
    _check_target(job, statement.location, partitioned=bool(keys))
    for key in keys:
        if key not in names:
            raise SqlError(
                "INVALID_TABLE_PROPERTY", f"Partition columns [{key}] not present in schema"
            )
    if keys and tuple(names[-len(keys) :]) != keys:
        raise SqlError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the query and in the same order as the "
            f"properties: [{', '.join(keys)}]",
        )
    pairs = list(zip(names, (column.type for column in query.columns), strict=True))
    data, key_pairs = pairs[: len(pairs) - len(keys)], pairs[len(pairs) - len(keys) :]
    reading = plan_reading(job, cursor, planner, query)
    with job.store.temporary_folder() as folder:
        rows, files = write_rows(job, cursor, reading.sql, data, key_pairs, properties, folder)
        published = publication(job)
        base = statement.location.rstrip("/")
        for file in files:
            target = f"{base}/{partition_path(list(keys), file.values)}" if keys else base
            published.add(file, target, properties.ending)
        with published.commit():
            pass  # no table has them
    return WriteAnswer(rows, published.uris, published.size_bytes)


def _names(query: BoundQuery) -> list[str]:
    return [(column.name or f"_col{index}").lower() for index, column in enumerate(query.columns)]


def _properties(statement: nodes.Unload) -> WriteProperties:
    given = [(item.name, literal_value(item.value)) for item in statement.properties]
    for name, _ in given:
        if name.lower() not in _KNOWN:
            raise SqlError("INVALID_TABLE_PROPERTY", f"Unsupported UNLOAD property: {name}")
    if not any(name.lower() == "format" for name, _ in given):
        raise SqlError("INVALID_TABLE_PROPERTY", "The property format is required")
    return write_properties(given)


def _check_target(job: Job, location: str, *, partitioned: bool) -> None:
    """The target is in S3, and empty unless partitions are written."""
    if not location.startswith("s3://"):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"{location} is not an S3 location")
    if partitioned:
        return
    if next(iter(job.store.list(location.rstrip("/") + "/")), None) is not None:
        raise SqlError("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {location}")


def literal_value(value: nodes.Expression) -> Any:
    """A literal of WITH (...) as a Python value.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY when it is no literal.
    """
    match value:
        case nodes.StringLiteral(value=text):
            return text
        case nodes.IntegerLiteral(value=number):
            return number
        case nodes.BooleanLiteral(value=flag):
            return flag
        case nodes.ArrayConstructor(items=items):
            return [literal_value(item) for item in items]
    raise SqlError("INVALID_TABLE_PROPERTY", "A property's value must be a literal", value.at)
