"""What can go wrong with a Talend job, besides what landing says of its batch.

TalendError                  the Management Console or a launcher, see the message
├── TalendUnavailableError   it does not answer; trying again may help
├── TalendJobError           the job ended without success; `retryable` as its status says
└── NotLandedError           the job ended well and its batch is not in raw as it must be
"""

from __future__ import annotations

from lakehouse.errors import LakehouseError


class TalendError(LakehouseError):
    """The Management Console refused a request, or answered something else than documented."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class TalendUnavailableError(TalendError):
    """The Management Console does not answer, or asks to come back later."""

    retryable = True


class TalendJobError(TalendError):
    """A job ended without success."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class NotLandedError(TalendError):
    """A job said that it succeeded, and raw does not hold its batch as the protocol has it."""
