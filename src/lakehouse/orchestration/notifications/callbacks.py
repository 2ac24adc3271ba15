"""What DAGs and tasks call. It never raises, and holds nobody up longer than `longest_seconds`."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lakehouse.errors import SourceError
from lakehouse.orchestration.notifications.airflow_events import (
    deadline_event,
    describe,
    find_source,
    run_event,
    task_event,
    with_runbook,
)
from lakehouse.orchestration.notifications.bounded import run_bounded
from lakehouse.orchestration.notifications.channels import Found, channels_of, connection_ids
from lakehouse.orchestration.notifications.event import Event
from lakehouse.orchestration.notifications.incident import Incident, record
from lakehouse.orchestration.notifications.notifier import (
    PREFIX,
    SEND_SECONDS,
    SPARE_SECONDS,
    Notifier,
    message_of,
    send_all,
)
from lakehouse.orchestration.notifications.settings import NotifySettings
from lakehouse.redaction import learn_secrets
from lakehouse.settings import Settings, find_project_dir

if TYPE_CHECKING:
    from lakehouse.contracts.lake import Lake

STATE_SECONDS = 10.0
"""How long the end of a failed run waits for the state before it tells without."""

_log = logging.getLogger(__name__)

Work = Callable[[NotifySettings], None]


def task_failed(context: Mapping[str, Any]) -> None:
    """A task failed for good."""
    _run(lambda settings: _tell_task("failure", context, settings))


def task_retries(context: Mapping[str, Any]) -> None:
    """A task failed and is tried again; told from a number of failed tries on, a breaker that
    opened always."""
    _run(lambda settings: _tell_task("retry", context, settings))


def source_is_silent(error: SourceError, context: Mapping[str, Any]) -> None:
    """A task is about to be skipped, as its source does not answer."""
    _run(lambda settings: _tell_task("skip", {**context, "exception": error}, settings))


def run_failed(context: Mapping[str, Any]) -> None:
    """A run of a DAG failed for good. It is told even where the state is out of reach."""

    def work(settings: NotifySettings) -> None:
        event = _placed(run_event("failure", context, _base_url()))
        most = int(getattr(context["dag"], "max_consecutive_failed_dag_runs", 0) or 0)
        reached: list[Notifier] = []

        def reach() -> None:
            notifier = _notifier(settings, _connect_lake())
            notifier.state.read(event.incident)
            reached.append(notifier)

        error = run_bounded({"state": reach}, STATE_SECONDS)["state"]
        if error is None:
            reached[0].run_failed(event, most)
        else:
            _log.error("event=notifications_without_state error=%s", describe(error))
            _tell_directly(settings, event)

    _run(work)


def run_succeeded(context: Mapping[str, Any]) -> None:
    """A run of a DAG succeeded."""

    def work(settings: NotifySettings) -> None:
        lake = _connect_lake()
        event = _placed(run_event("recovery", context, _base_url()))
        _notifier(settings, lake).run_succeeded(event, lambda source: _answers(lake, source))

    _run(work)


async def run_is_late(context: Mapping[str, Any], owner: str = "") -> None:
    """A run is not done in time: what Airflow's triggerer awaits."""
    settings = _settings()
    if settings is None or not settings.is_on:
        return
    found = await _fetch_connections_async(settings)

    def work(settings: NotifySettings) -> None:
        event = _placed(deadline_event(context, owner, _base_url()))
        _notifier(settings, _connect_lake(), lambda: found).tell(event)

    await asyncio.to_thread(_run, work)


def longest_seconds(settings: NotifySettings) -> float:
    """How long a callback may hold up who calls it."""
    return settings.gather.total_seconds() + SEND_SECONDS + SPARE_SECONDS


def fetch_connections(settings: NotifySettings) -> Found:
    """The connections of the channels, as Airflow finds them where this runs."""
    from airflow.sdk import BaseHook

    found: dict[str, Any] = {}
    for conn_id in connection_ids(settings):
        try:
            found[conn_id] = BaseHook.get_connection(conn_id)
        except Exception as error:  # noqa: BLE001  (the channel says so when it is to send)
            found[conn_id] = error
    return found


async def _fetch_connections_async(settings: NotifySettings) -> Found:
    from airflow.sdk import BaseHook

    found: dict[str, Any] = {}
    for conn_id in connection_ids(settings):
        try:
            found[conn_id] = await BaseHook.aget_connection(conn_id)
        except Exception as error:  # noqa: BLE001  (the channel says so when it is to send)
            found[conn_id] = error
    return found


def _tell_task(kind: Any, context: Mapping[str, Any], settings: NotifySettings) -> None:
    error = context.get("exception") or ""
    lake = _connect_lake()

    def source_of(feed: str) -> str | None:
        contract = lake.contracts.get(feed)
        return contract.source.system if contract else None

    source = find_source(error, source_of)
    events = _opened(lake, source, context) if source else []
    if kind != "retry" or int(context["ti"].try_number or 0) >= settings.first_retry:
        events.append(_placed(task_event(kind, context, error, source)))
    if events:
        _notifier(settings, lake).tell(*events)


def _opened(lake: Lake, source: str, context: Mapping[str, Any]) -> list[Event]:
    """That the breaker of a source is open, if it is; the same each time until it opens anew."""
    from lakehouse.breakers import circuit_of

    breaker = circuit_of(lake, source).read()
    if breaker.state != "open" or breaker.since is None:
        return []
    noticed = task_event("open", context, breaker.reason, source)
    return [replace(noticed, at=breaker.since, task_id="", map_index=-1, try_number=0, log_url="")]


def _answers(lake: Lake, source: str) -> bool:
    from lakehouse.breakers import circuit_of

    breaker = circuit_of(lake, source).read()
    return breaker.state == "closed" and breaker.failures == 0


def _tell_directly(settings: NotifySettings, event: Event) -> None:
    incident = record(Incident(event.incident), event)
    message = message_of(incident, settings, os.environ.get("LAKEHOUSE_ENV", "local"))
    send_all(channels_of(settings, fetch_connections(settings)), message)


def _notifier(
    settings: NotifySettings, lake: Lake, fetch: Callable[[], Found] | None = None
) -> Notifier:
    from lakehouse.shared_state import SharedState

    found = fetch or (lambda: fetch_connections(settings))
    state = SharedState(lake.s3, lake.bucket("ops"), PREFIX)
    return Notifier(settings, lake.environment, state, lambda: channels_of(settings, found()))


def _placed(event: Event) -> Event:
    return with_runbook(event, find_project_dir(os.environ) / "docs" / "en")


def _connect_lake() -> Lake:
    from lakehouse.contracts import connect_lake

    return connect_lake(Settings.from_env())


def _base_url() -> str:
    from airflow.sdk.configuration import conf

    return str(conf.get("api", "base_url", fallback="") or "")


def _settings() -> NotifySettings | None:
    try:
        return NotifySettings.from_env(os.environ)
    except Exception as error:  # noqa: BLE001
        _log.error("event=not_notified error=%s", describe(error))
        return None


def _run(work: Work) -> None:
    """Do it in time or not at all; what goes wrong is one line of the log."""
    settings = _settings()
    if settings is None or not settings.is_on:
        return
    learn_secrets(os.environ)
    outcome = run_bounded({"notify": lambda: work(settings)}, longest_seconds(settings))
    if (error := outcome["notify"]) is not None:
        _log.error("event=not_notified error=%s", describe(f"{type(error).__name__}: {error}"))
