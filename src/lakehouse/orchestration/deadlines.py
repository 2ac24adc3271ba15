"""By when a run must be done, and who is told when it is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from lakehouse.orchestration.notifications.callbacks import run_is_late
from lakehouse.orchestration.tasks import demonstration_world


def deadline_after(
    limit: timedelta,
    owner: str,
    environ: Mapping[str, str] = os.environ,
    argv: Sequence[str] | None = None,
) -> DeadlineAlert | None:
    """A run must be done so long after it was queued, or its owner is told.

    None where no run is scheduled, so none can be late: over a made-up marketplace, and in
    `airflow dags test`, whose runs Airflow 3.3 cannot end when the DAG has a deadline.
    """
    arguments = sys.argv if argv is None else argv
    if demonstration_world(environ) is not None or list(arguments[1:3]) == ["dags", "test"]:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=limit,
        callback=AsyncCallback(run_is_late, kwargs={"owner": owner}),
    )
