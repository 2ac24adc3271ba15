"""Operators that land a feed by a Talend job: through the Management Console, or by its launcher.

Both end the same way: the batch counts as landed when `acceptance` finds its manifest in raw. They
return the run id and update the feed's Asset; None and no update where no batch was due.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.sdk import BaseHook, BaseOperator, BaseOperatorLink

from lakehouse.contracts.talend.texts import EXIT_CODES
from lakehouse.orchestration.assets import raw_alias, raw_asset
from lakehouse.orchestration.business_date import DAY
from lakehouse.orchestration.retries import TransientOnly
from lakehouse.orchestration.talend.errors import (
    TalendError,
    TalendJobError,
    TalendUnavailableError,
)
from lakehouse.orchestration.talend.hook import TalendHook
from lakehouse.orchestration.talend.launcher import Job, LocalJob, build_arguments
from lakehouse.orchestration.talend.ssh import RemoteJob, read_host
from lakehouse.orchestration.talend.statuses import FAILURES, SUCCESS
from lakehouse.orchestration.talend.trigger import LOST, OVERDUE, REFUSED, TalendExecutionTrigger

_log = logging.getLogger(__name__)
_DEADLINE_GRACE = timedelta(minutes=2)
"""The Management Console stops an execution at its timeout; who waits gives it this much more."""

LOG_KEY = "talend_log"
"""The XCom that holds the address of an execution's log."""


class TalendLogLink(BaseOperatorLink):
    """The button of a task that leads to its execution's log."""

    @property
    def name(self) -> str:
        """The button's text."""
        return "Talend log"

    @property
    def xcom_key(self) -> str:
        """Where the operator leaves the address."""
        return LOG_KEY

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address, which the operator has known since the execution started."""
        del ti_key
        address: str = operator.log_address
        return address


class _LandingOperator(BaseOperator):
    """What both operators share: the run's parameters, and acceptance at its end."""

    template_fields: Sequence[str] = ("business_date", "context_name", "parameters")

    def __init__(
        self,
        *,
        feed: str,
        business_date: str = DAY,
        context_name: str | None = None,
        parameters: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("outlets", [raw_alias(feed)])
        kwargs.setdefault("retry_policy", TransientOnly())
        super().__init__(**kwargs)
        self.feed = feed
        self.business_date = business_date
        self.context_name = context_name
        self.parameters = dict(parameters or {})

    def prepare(self) -> tuple[str, dict[str, str]]:
        """The context and the parameters of the run; refuses what could not be accepted later.

        Raises:
            ConfigError: there is no such feed, or raw is another environment's.
            TalendError: the context writes another lake, or the business date is no date.
        """
        from lakehouse.contracts import connect_lake
        from lakehouse.landing import run_id_of
        from lakehouse.orchestration.talend.acceptance import context_of, require_context
        from lakehouse.settings import Settings

        lake = connect_lake(Settings.from_env())
        lake.check_owns("raw")
        contract = lake.contract(self.feed)
        context = self.context_name or context_of(lake.environment)
        require_context(lake, context)
        day = self._day()
        return context, {
            **self.parameters,
            "business_date": day.isoformat(),
            "run_id": run_id_of(self.feed, day),
            "contract_version": contract.version,
            "contract_sha256": contract.sha256,
        }

    def accept(self, context: Any) -> str | None:
        """Check that the batch landed, update the feed's Asset and return the run id.

        Raises:
            NotLandedError: as `acceptance.accept`.
        """
        from lakehouse.contracts import connect_lake
        from lakehouse.orchestration.talend.acceptance import accept, context_of
        from lakehouse.orchestration.tasks import tell_landed
        from lakehouse.settings import Settings

        lake = connect_lake(Settings.from_env())
        job_context = self.context_name or context_of(lake.environment)
        manifest = accept(lake, self.feed, self._day(), job_context)
        run_id = tell_landed(manifest)
        if run_id is None:
            return None
        if any(getattr(outlet, "name", None) == f"raw.{self.feed}" for outlet in self.outlets):
            context["outlet_events"][raw_alias(self.feed)].add(
                raw_asset(self.feed),
                extra={"run_id": run_id, "business_date": self._day().isoformat()},
            )
        return run_id

    def _day(self) -> date:
        try:
            return date.fromisoformat(self.business_date)
        except ValueError as error:
            raise TalendError(
                f"business_date is {self.business_date!r}: it must be a day such as 2026-06-01"
            ) from error


class TalendJobOperator(_LandingOperator):
    """Land a feed by a task of the Talend Management Console.

    The worker starts the execution and is free again; the triggerer waits for its end. A task that
    is killed, cleared or marked while it waits stops its execution.

    Args:
        feed: the feed to land; its task is the job `land_<feed>`.
        executable: id of the task in the Management Console.
        business_date: day to land, `YYYY-MM-DD`; the run's own by default.
        context_name: context of the task's environment; by default the one that writes this lake.
        parameters: more context parameters, by name.
        talend_conn_id: the connection, see `hook`.
        timeout: how long the execution may take; None for as long as it likes.
        poll_seconds: wait between two questions.
        lost_seconds: how long the Management Console may be silent.
        log_level: of the execution: OFF, ERROR, WARN, INFO.
    """

    template_fields: Sequence[str] = (*_LandingOperator.template_fields, "executable")
    operator_extra_links = (TalendLogLink(),)

    def __init__(
        self,
        *,
        executable: str,
        talend_conn_id: str = TalendHook.default_conn_name,
        timeout: timedelta | None = timedelta(hours=1),
        poll_seconds: float = 15.0,
        lost_seconds: float = 1800.0,
        log_level: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.executable = executable
        self.talend_conn_id = talend_conn_id
        self.timeout = timeout
        self.poll_seconds = poll_seconds
        self.lost_seconds = lost_seconds
        self.log_level = log_level
        self.log_address = ""
        self._execution_id: str | None = None

    def execute(self, context: Any) -> None:
        """Start the execution and wait in the triggerer.

        Raises:
            TalendError: the Management Console refused; TalendUnavailableError when it is silent.
        """
        _, parameters = self.prepare()
        hook = TalendHook(self.talend_conn_id)
        timeout = self.timeout
        self._execution_id = hook.start(
            self.executable,
            parameters,
            timeout_minutes=math.ceil(timeout.total_seconds() / 60) if timeout else None,
            log_level=self.log_level,
        )
        self.log_address = hook.log_link(self._execution_id)
        _log.info(
            "event=talend_started execution_id=%s log=%s", self._execution_id, self.log_address
        )
        context["ti"].xcom_push(key=LOG_KEY, value=self.log_address)
        deadline = datetime.now(UTC) + timeout + _DEADLINE_GRACE if timeout else None
        self.defer(
            trigger=TalendExecutionTrigger(
                talend_conn_id=self.talend_conn_id,
                execution_id=self._execution_id,
                deadline=deadline.isoformat() if deadline else None,
                poll_seconds=self.poll_seconds,
                lost_seconds=self.lost_seconds,
            ),
            method_name="resume",
        )

    def resume(self, context: Any, event: Mapping[str, Any]) -> str | None:
        """Judge how the execution ended; return the run id of its batch.

        Raises:
            TalendJobError: it ended without success.
            NotLandedError: it says that it succeeded and its batch is not in raw.
        """
        execution, status = event["execution_id"], event["status"]
        self.log_address = TalendHook(self.talend_conn_id).log_link(execution)
        said = f" ({event['message']})" if event["message"] else ""
        if event["outcome"] == LOST:
            raise TalendUnavailableError(
                f"execution {execution} is lost, last seen {status or 'never'}{said}. It may still "
                "be at work; starting it again is safe"
            )
        if event["outcome"] == REFUSED:
            raise TalendError(f"execution {execution} cannot be followed{said}")
        if event["outcome"] == OVERDUE:
            raise TalendJobError(
                f"execution {execution} was {status} at its deadline{said} and was stopped",
                retryable=True,
            )
        if status != SUCCESS:
            may_pass, meaning = FAILURES[status]
            raise TalendJobError(
                f"execution {execution} ended {status}: {meaning}{said}", retryable=may_pass
            )
        return self.accept(context)

    def on_kill(self) -> None:
        """Stop the execution that was started; after that the trigger does so."""
        if self._execution_id is not None:
            TalendHook(self.talend_conn_id).terminate(self._execution_id)


class TalendScriptOperator(_LandingOperator):
    """Land a feed by the launcher of an exported job, on the worker's own machine or over SSH.

    Args:
        feed: the feed to land.
        launcher: path of `land_<feed>_run.sh` in the unpacked archive.
        business_date: day to land, `YYYY-MM-DD`; the run's own by default.
        context_name: context to run in; by default the one that writes this lake.
        parameters: more context parameters, by name; no secrets, as every user of a machine sees
            the arguments of its processes.
        environment: variables of the job's process, besides the worker's own; of a job on another
            machine they are that machine's matter.
        ssh_conn_id: the connection of the machine to run it on, see `ssh`; None for the worker's.

    Raises:
        ValueError: `environment` and `ssh_conn_id` are given both.
    """

    template_fields: Sequence[str] = (*_LandingOperator.template_fields, "launcher")

    def __init__(
        self,
        *,
        launcher: str,
        environment: Mapping[str, str] | None = None,
        ssh_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        if environment and ssh_conn_id:
            raise ValueError("environment is of a job on this machine: set it on the other one")
        super().__init__(**kwargs)
        self.launcher = launcher
        self.environment = dict(environment or {})
        self.ssh_conn_id = ssh_conn_id
        self._job: Job | None = None

    def execute(self, context: Any) -> str | None:
        """Run the job to its end; return the run id of its batch.

        Raises:
            TalendJobError: it ended with another status than 0, or the connection broke.
            NotLandedError: it ended with status 0 and its batch is not in raw.
        """
        job_context, parameters = self.prepare()
        self._job = self._make_job(build_arguments(job_context, parameters))
        _log.info("event=talend_started launcher=%s at=%s", self.launcher, self._job.place)
        status = self._job.follow(lambda line: _log.info("%s", line))
        if status != 0:
            raise judge_status(self.launcher, status)
        return self.accept(context)

    def on_kill(self) -> None:
        """End the job and all that it started."""
        if self._job is not None:
            self._job.stop()

    def _make_job(self, arguments: list[str]) -> Job:
        if self.ssh_conn_id is None:
            return LocalJob(self.launcher, arguments, self.environment)
        host = read_host(BaseHook.get_connection(self.ssh_conn_id))
        return RemoteJob(host, self.launcher, arguments)


def judge_status(launcher: str, status: int) -> TalendJobError:
    """The error of a job that ended with another status than 0."""
    for code, may_pass, meaning in EXIT_CODES:
        if code == status:
            return TalendJobError(
                f"{launcher} ended with status {status}: {meaning}", retryable=may_pass
            )
    if status > 128:
        return TalendJobError(f"{launcher} was ended by signal {status - 128}", retryable=True)
    return TalendJobError(
        f"{launcher} ended with status {status}, which is none of the job's", retryable=True
    )
