"""Every error this package raises, as one tree.

LocalAthenaError
 +-- ConfigError                   a setting or option is missing or malformed
 +-- DataFolderError               the data folder cannot be used
 |    +-- FolderLockedError        another server works on it
 |    +-- FolderNotWritableError   no permission, not a folder, or the disk is full
 +-- PortTakenError                something else listens on the address
 +-- EngineUnavailableError        the engine cannot run on this machine, or ended
 +-- StorageError
 |    +-- InvalidUriError          not s3://bucket/key
 |    +-- NoSuchBucketError
 |    +-- NoSuchObjectError
 +-- CatalogError                  `code` is Glue's exception name
 |    +-- EntityNotFoundError      EntityNotFoundException
 |    +-- AlreadyExistsError       AlreadyExistsException
 |    +-- InvalidInputError        InvalidInputException
 |    +-- ConcurrentModificationError  ConcurrentModificationException (retryable: read again)
 |    +-- ExpressionError          InvalidInputException, for a partition expression
 |    +-- ProjectionError          partition projection: bad parameters, or too many partitions
 |    +-- ViewEncodingError        a view's text is not `/* Presto View: ... */`
 +-- ApiError                      an AWS error response: code, message, HTTP status
 |    +-- InvalidRequestError      Athena's InvalidRequestException, with its AthenaErrorCode
 +-- StatementError                text that cannot be split into statements

A statement that fails is `local_athena.engine.contract.QueryFailed`, a part of the seam between
the Athena API and the engine.
"""

import errno
import sqlite3


class LocalAthenaError(Exception):
    """Anything this package refuses or fails at, with a message meant for people."""


class ConfigError(LocalAthenaError):
    """A setting is missing or malformed; `name` is the option or variable."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class DataFolderError(LocalAthenaError):
    """The data folder cannot be used; `folder` is its path."""

    def __init__(self, folder: object, message: str) -> None:
        super().__init__(message)
        self.folder = str(folder)


class FolderLockedError(DataFolderError):
    """Another server process holds the folder's lock."""


class FolderNotWritableError(DataFolderError):
    """The folder cannot be created or written: permission, a file in its place, a full disk."""


class PortTakenError(LocalAthenaError):
    """The address is in use by another program."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} is taken by another program; "
            "stop it or choose another one with --port"
        )
        self.host = host
        self.port = port


class EngineUnavailableError(LocalAthenaError):
    """The chosen engine cannot be had: what is missing, and what to do about it."""


class StorageError(LocalAthenaError):
    """The object store cannot do what was asked."""


class InvalidUriError(StorageError):
    """The text is not of the form s3://bucket/key."""


class NoSuchBucketError(StorageError):
    """The bucket does not exist; `bucket` is its name."""

    def __init__(self, bucket: str) -> None:
        super().__init__(f"the bucket {bucket} does not exist")
        self.bucket = bucket


class NoSuchObjectError(StorageError):
    """No object lies at `uri`."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"no object at {uri}")
        self.uri = uri


class CatalogError(LocalAthenaError):
    """The catalog refuses; `code` is the name of Glue's exception."""

    code = "InternalServiceException"


class EntityNotFoundError(CatalogError):
    """The database, table, version or partition does not exist."""

    code = "EntityNotFoundException"


class AlreadyExistsError(CatalogError):
    """A database, table or partition of that name is there already."""

    code = "AlreadyExistsException"


class InvalidInputError(CatalogError):
    """The request contradicts itself or names something impossible."""

    code = "InvalidInputException"


class ConcurrentModificationError(CatalogError):
    """The table moved on since the version the caller read: read it again, then retry."""

    code = "ConcurrentModificationException"


class ExpressionError(InvalidInputError):
    """A partition filter cannot be parsed or does not fit the partition keys."""


class ProjectionError(CatalogError):
    """Partition projection: the table's parameters are wrong, or it would list too much.

    `name` is Athena's name of the failure.
    """

    code = "InvalidInputException"

    def __init__(self, message: str, name: str = "INVALID_TABLE_PROPERTY") -> None:
        super().__init__(message)
        self.name = name


class ViewEncodingError(CatalogError):
    """The text of a view is not in Presto's encoded form."""

    code = "InvalidInputException"


class ApiError(LocalAthenaError):
    """An error as AWS answers it: `code` (exception name), message, HTTP `status`."""

    def __init__(self, code: str, message: str, status: int = 400, **members: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class InvalidRequestError(ApiError):
    """Athena's InvalidRequestException; `reason` is its AthenaErrorCode.

    Athena's answer has the reason twice; the published model lacks `ErrorCode`.
    """

    def __init__(self, message: str, reason: str = "INVALID_INPUT") -> None:
        super().__init__(
            "InvalidRequestException", message, AthenaErrorCode=reason, ErrorCode=reason
        )


class StatementError(LocalAthenaError):
    """A text of statements ends inside a string, a quoted name or a comment."""


FULL_DISK = "The disk of the data folder is full: free some space and try again."


def is_full_disk(error: BaseException) -> bool:
    """Whether an error says that there is no space left: the system's, SQLite's or DuckDB's."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, sqlite3.OperationalError):
        return "full" in str(error)
    return "No space left on device" in str(error)


def internal_text(error: Exception, *, detail: bool = False) -> str:
    """What is told of an unexpected error: a full disk by name, else the kind (and its text)."""
    if isinstance(error, LocalAthenaError):
        return str(error)
    if is_full_disk(error):
        return FULL_DISK
    if detail:
        return f"{type(error).__name__}: {error}"
    return f"An internal error happened: {type(error).__name__}."
