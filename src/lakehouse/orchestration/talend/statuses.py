"""The life of an execution in the Talend Management Console.

Source: Talend Cloud Processing API 2021-03, "Get Task execution status", read 2026-11-29:
https://talend.qlik.dev/apis/processing/2021-03/

    dispatching ─┬─ executing ─┬─ execution_successful
                 ├─ deploy_failed        ├─ execution_failed
                 └─ execution_rejected   ├─ terminated
                                         ├─ terminated_timeout
                                         └─ terminated_shutdown
"""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal[
    "dispatching",
    "executing",
    "execution_successful",
    "execution_failed",
    "execution_rejected",
    "deploy_failed",
    "terminated",
    "terminated_timeout",
    "terminated_shutdown",
]
STATUSES: tuple[Status, ...] = get_args(Status)
RUNNING: frozenset[Status] = frozenset({"dispatching", "executing"})
SUCCESS: Status = "execution_successful"
FAILURES: dict[Status, tuple[bool, str]] = {
    "execution_failed": (True, "the job failed: its log says why"),
    "execution_rejected": (True, "the engine refused the run: is it paired, up and not full?"),
    "deploy_failed": (True, "the artifact could not be deployed to the engine"),
    "terminated": (False, "somebody stopped it: start it again when that is meant to be over"),
    "terminated_timeout": (True, "it ran longer than its timeout"),
    "terminated_shutdown": (True, "its engine was shut down"),
}
"""Of each end without success: whether trying again may help, and what it means."""
