"""What happened, as plain data: the input of every notification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["retry", "deadline", "failure", "skip", "open", "paused", "recovery"]

RANK: Mapping[Kind, int] = {
    "retry": 1,  # a task failed and is tried again
    "deadline": 2,  # a run is not done in time
    "failure": 3,  # a task, or a run as a whole, failed for good
    "skip": 3,  # a task was skipped because its source does not answer
    "open": 3,  # the breaker of a source opened
    "paused": 4,  # Airflow paused a DAG that failed again and again
    "recovery": 5,  # it works again
}
"""What is worse, or newer, than what was told already is told without waiting."""

BAD: int = RANK["deadline"]
"""From this rank on an incident is one whose end is worth telling."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Texts hold no secrets and no personal data: they are kept and sent.

    `incident` is what it belongs to: `dag.<dag_id>` or `source.<source system>`. `task_id` is empty
    for what concerns a whole run. `error_kind` is the verdict of `lakehouse.transience`. `log_url`
    leads to the task's log, or to the run. `runbook` is a path below the documentation of a
    language. `at` is UTC.
    """

    kind: Kind
    incident: str
    at: datetime
    dag_id: str = ""
    run_id: str = ""
    task_id: str = ""
    map_index: int = -1
    try_number: int = 0
    owner: str = ""
    error: str = ""
    error_kind: str = ""
    log_url: str = ""
    runbook: str = ""

    @property
    def identity(self) -> str:
        """The same for the same thing, whichever worker tells of it and how often."""
        if self.kind in ("open", "recovery"):
            return f"{self.kind}|{self.incident}|{self.at.isoformat()}"
        instance = f"{self.task_id}|{self.map_index}|{self.try_number}"
        return f"{self.kind}|{self.dag_id}|{self.run_id}|{instance}"

    @property
    def name(self) -> str:
        """The task as people name it, the run where there is no task."""
        if not self.task_id:
            return self.dag_id
        mapped = f"[{self.map_index}]" if self.map_index >= 0 else ""
        return f"{self.dag_id}.{self.task_id}{mapped}"

    def to_document(self) -> dict[str, Any]:
        """The event as plain values."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Event:
        """Read what `to_document` gave."""
        return cls(**{**document, "at": datetime.fromisoformat(document["at"])})
