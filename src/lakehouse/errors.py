"""Every error that the platform raises on purpose.

    LakehouseError                   exit status 1
    ├── ConfigError                  2   a setting is missing or malformed
    ├── ContractError                3   a contract, or infra/lake.yml, is malformed
    ├── LakeError                    4   a bucket, database or table is not as it must be
    ├── SourceError                  5   a source system did not deliver
    │   ├── SourceMissingError       5   the delivery of that day is not there
    │   ├── SourceSchemaError        5   the delivery lacks files or columns
    │   ├── SourceUnavailableError  75   the source does not answer; trying again may help
    │   └── SourcePausedError       75   the source did not answer for long, and is left alone
    ├── LandingError                 6   a batch may not be published
    │   ├── BatchHeldError           6   too many rows were rejected, or a snapshot is empty
    │   ├── FeedClaimedError        75   another loader lands the feed at this moment
    │   └── ManifestError            6   counts, sizes or checksums differ from the manifest
    ├── MarketplaceError             7   the demonstration's source systems cannot be made
    ├── QueryError                   8   Athena did not answer a query
    ├── ReconcileError               9   the warehouse and the ledger cannot be compared
    ├── DemoError                   10   a step of the demonstration failed
    └── MetricError                 11   a metric cannot be asked as it was

A message says what is wrong and what to do, and never holds a secret (`lakehouse.redaction`). Facts
that a program may want are attributes. `retryable` tells whether the same call may succeed later
without any repair; `lakehouse.transience` says it of other libraries' errors too.
"""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.redaction import redact


class LakehouseError(Exception):
    """Base of all; never raised itself."""

    exit_code: int = 1
    retryable: bool = False

    def __init__(self, message: str = "") -> None:
        super().__init__(redact(message))


class ConfigError(LakehouseError):
    """A setting is missing or malformed; `variable` names the environment variable."""

    exit_code = 2

    def __init__(self, message: str, *, variable: str | None = None) -> None:
        super().__init__(message)
        self.variable = variable


class ContractError(LakehouseError):
    """A declaration is malformed: `file` and `path` (in the document) say where."""

    exit_code = 3

    def __init__(self, file: str, path: str, problem: str, advice: str = "") -> None:
        where = f"{file}: {path}" if path else file
        super().__init__(f"{where}: {problem}" + (f" ({advice})" if advice else ""))
        self.file = file
        self.path = path
        self.problem = problem
        self.advice = advice


class LakeError(LakehouseError):
    """A bucket, database or table of the lake is missing or not as declared."""

    exit_code = 4


class SourceError(LakehouseError):
    """A source system did not deliver what the contract promises; `feed` says which feed."""

    exit_code = 5

    def __init__(self, feed: str, message: str) -> None:
        super().__init__(f"{feed}: {message}")
        self.feed = feed


class SourceMissingError(SourceError):
    """The delivery of that day is not there (yet)."""

    retryable = True


class SourceSchemaError(SourceError):
    """The delivery lacks files or columns, or is in a form that cannot be decided."""


class SourceUnavailableError(SourceError):
    """The source does not answer; trying again later may help."""

    exit_code = 75
    retryable = True


class SourcePausedError(SourceError):
    """The breaker of the source system is open: it was not asked. `source` names the system,
    `until` is the instant (UTC, ISO 8601) from which it may be asked again."""

    exit_code = 75
    retryable = True

    def __init__(self, feed: str, source: str, until: str, reason: str) -> None:
        super().__init__(
            feed,
            f"{source} was not asked: it did not answer before ({reason}) and is left alone until "
            f"{until}. See `lakehouse breakers`",
        )
        self.source = source
        self.until = until


class LandingError(LakehouseError):
    """A batch may not be published; nothing of it is visible in raw."""

    exit_code = 6

    def __init__(self, run_id: str, message: str) -> None:
        super().__init__(f"{run_id}: {message}")
        self.run_id = run_id


class BatchHeldError(LandingError):
    """The batch waits for a person: too many rejected rows, or an empty snapshot."""

    def __init__(
        self, run_id: str, message: str, *, rejected_by_rule: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(run_id, message)
        self.rejected_by_rule = dict(rejected_by_rule or {})


class FeedClaimedError(LandingError):
    """Another loader lands the feed at this moment, or took it over from this one. `holder` says
    who, `since` when (UTC, ISO 8601)."""

    exit_code = 75
    retryable = True

    def __init__(self, run_id: str, message: str, *, holder: str = "", since: str = "") -> None:
        super().__init__(run_id, message)
        self.holder = holder
        self.since = since


class ManifestError(LandingError):
    """Counts do not add up, or a file differs from what its manifest promises."""


class MarketplaceError(LakehouseError):
    """The demonstration's source systems, or their ledger, cannot be made as asked."""

    exit_code = 7


class QueryError(LakehouseError):
    """Athena refused or failed a query; `query_id` is None when it was never accepted."""

    exit_code = 8

    def __init__(
        self, message: str, *, query_id: str | None = None, retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.query_id = query_id
        self.retryable = retryable


class ReconcileError(LakehouseError):
    """The warehouse and the ledger cannot be compared: one of them is not there or not readable.

    A difference between the two is an answer, not an error: see `lakehouse.reconcile`.
    """

    exit_code = 9


class DemoError(LakehouseError):
    """A step of the demonstration failed; the message says which and what to do."""

    exit_code = 10


class MetricError(LakehouseError):
    """A metric or dimension is unknown, unclear or not to be had together."""

    exit_code = 11
