"""The arguments that every task starts from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lakehouse.orchestration.callbacks import on_failure

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "data-platform",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
    "execution_timeout": timedelta(hours=1),
    "on_failure_callback": on_failure,
}
