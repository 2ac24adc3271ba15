"""Which failures Airflow tries again: those that `lakehouse.transience` calls transient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy

from lakehouse.transience import classify

if TYPE_CHECKING:
    from airflow.sdk import Context


class TransientOnly(RetryPolicy):  # type: ignore[misc]
    """Try again what may pass by itself, after the task's own back-off; end what lasts at once.

    An error that nothing is known of keeps the task's retries. It goes for every operator, and for
    errors that no code of ours has seen, such as botocore's own.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Decide by the kind of the error alone; Airflow counts the tries."""
        del try_number, max_tries, context
        verdict = classify(exception)
        if verdict.kind == "lasting":
            return RetryDecision.fail(f"trying again cannot help: {verdict.reason}")
        if verdict.kind == "transient":
            return RetryDecision.retry(reason=f"may pass by itself: {verdict.reason}")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """Nothing: the policy has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> TransientOnly:
        """The policy."""
        del data
        return cls()
