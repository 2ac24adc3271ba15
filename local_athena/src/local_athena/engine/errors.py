"""Athena's words, categories and numbers for failures.

A failed query or DML says `NAME: line 1:8: message` (Trino); a failed Hive DDL says
`FAILED: SemanticException [Error 10001]: ...`. Source: Athena user guide, "Athena error catalog"
(category 1 system, 2 user, 3 other; types such as 233 "Iceberg error"), and answers of Athena as
clients quote them. The error type of a name that the catalog does not list is 1006, a user error.
"""

from local_athena.engine.contract import OTHER, SYSTEM, USER, QueryFailed
from local_athena.errors import (
    AlreadyExistsError,
    CatalogError,
    ConcurrentModificationError,
    EntityNotFoundError,
    InvalidUriError,
    NoSuchBucketError,
    ViewEncodingError,
)
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import Name

USER_ERROR = 1006
ICEBERG_ERROR = 233
INTERNAL_ERROR = 100
RESOURCES_EXHAUSTED = 0

_BY_NAME: dict[str, tuple[int, int, bool]] = {
    "GENERIC_INTERNAL_ERROR": (SYSTEM, INTERNAL_ERROR, False),
    "INTERNAL_ERROR": (SYSTEM, INTERNAL_ERROR, False),
    "EXCEEDED_MEMORY_LIMIT": (USER, RESOURCES_EXHAUSTED, False),
    "EXCEEDED_LOCAL_MEMORY_LIMIT": (USER, RESOURCES_EXHAUSTED, False),
    "EXCEEDED_TIME_LIMIT": (USER, RESOURCES_EXHAUSTED, False),
    "EXCEEDED_WRITE_LIMIT": (USER, RESOURCES_EXHAUSTED, False),
    "EXCEEDED_BYTES_SCANNED_LIMIT": (USER, 2, False),
    "ICEBERG_COMMIT_ERROR": (USER, ICEBERG_ERROR, True),
    "HIVE_FILESYSTEM_ERROR": (OTHER, USER_ERROR, False),
}


def failure(error: SqlError, planning_ms: int = 0) -> QueryFailed:
    """What Athena says of a statement that Trino's rules refuse."""
    category, error_type, retryable = _BY_NAME.get(error.name, (USER, USER_ERROR, False))
    if error.name.startswith("ICEBERG_"):
        error_type = ICEBERG_ERROR
    text = str(error).removeprefix(f"{error.name}: ")
    return QueryFailed(error.name, text, category, error_type, retryable, planning_ms)


def ddl_failure(text: str) -> QueryFailed:
    """A failure of Hive DDL; `text` follows `FAILED: `."""
    return QueryFailed("", f"FAILED: {text}", USER, USER_ERROR)


def task_failure(text: str) -> QueryFailed:
    """A failure of Hive's DDL task, as Athena quotes it."""
    return ddl_failure(
        f"Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {text}"
    )


def table_not_found(name: Name) -> QueryFailed:
    """DDL names a table that is not there."""
    written = ".".join(part.value for part in name.parts)
    return ddl_failure(f"SemanticException [Error 10001]: Table not found {written}")


def database_not_found(name: str) -> QueryFailed:
    """DDL names a database that is not there."""
    return ddl_failure(f"SemanticException [Error 10072]: Database does not exist: {name}")


def catalog_failure(error: CatalogError) -> QueryFailed:
    """A refusal of the catalog that no statement gave words of its own."""
    if isinstance(error, ConcurrentModificationError):
        return QueryFailed(
            "ICEBERG_COMMIT_ERROR",
            f"Failed to commit the transaction: {error}",
            USER,
            ICEBERG_ERROR,
            retryable=True,
        )
    if isinstance(error, ViewEncodingError):
        return QueryFailed("INVALID_VIEW", str(error))
    if isinstance(error, (EntityNotFoundError, AlreadyExistsError)):
        return task_failure(f"{error.code}(message:{error})")
    return QueryFailed("", f"{error.code}: {error}")


def location_failure(error: InvalidUriError | NoSuchBucketError) -> QueryFailed:
    """A location that no bucket of the store holds."""
    if isinstance(error, NoSuchBucketError):
        return QueryFailed(
            "HIVE_METASTORE_ERROR", f"The specified bucket does not exist: {error.bucket}"
        )
    return QueryFailed("INVALID_TABLE_PROPERTY", str(error))
