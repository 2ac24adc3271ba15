"""A sample of each message that there is, for people who set a channel up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

from lakehouse.orchestration.notifications.airflow_events import SOURCE_PAGE
from lakehouse.orchestration.notifications.event import Event
from lakehouse.orchestration.notifications.incident import Incident, record, settle
from lakehouse.orchestration.runbooks import page_of

_RUN = "sample__2026-06-01"


def sample_incidents(now: datetime) -> list[Incident]:
    """Made-up incidents of which something is to be told: one of each kind of message."""
    dag_id = "landing__customer_service"
    failed = Event(
        kind="failure",
        incident=f"dag.{dag_id}",
        at=now,
        dag_id=dag_id,
        run_id=_RUN,
        task_id="land_reviews",
        try_number=1,
        owner="customer-service",
        error="reviews-2026-06-01: held, nothing was published: 41 of 1000 rows were refused",
        error_kind="lasting",
        runbook=page_of(dag_id),
    )
    away = replace(
        failed,
        incident="source.payment_gateway",
        dag_id="landing__payment_gateway",
        task_id="land_payments",
        try_number=3,
        owner="payments",
        error="payments: the payment service does not answer: status 503",
        error_kind="transient",
        runbook=SOURCE_PAGE,
    )
    run = replace(failed, task_id="", try_number=0, error="", error_kind="", owner="data-platform")
    late = replace(
        run,
        kind="deadline",
        incident="dag.transform",
        dag_id="transform",
        runbook=page_of("transform"),
    )
    opened = replace(away, kind="open", dag_id="", run_id="", task_id="", error="status 503")
    return [
        _of(replace(failed, kind="retry", try_number=2, error_kind="unknown")),
        _of(failed),
        _of(away, replace(away, task_id="land_exchange_rates")),
        _of(opened, replace(away, kind="skip", try_number=1)),
        _of(late),
        _told(replace(run, kind="paused"), before=failed),
        _told(replace(run, kind="recovery"), before=failed),
        _told(replace(away, kind="recovery", task_id="", error=""), before=away),
    ]


def _of(*events: Event) -> Incident:
    return reduce(record, events, Incident(events[0].incident))


def _told(event: Event, *, before: Event) -> Incident:
    """An incident of which something was told an hour before."""
    earlier = replace(before, at=event.at - timedelta(hours=1))
    incident = _of(earlier)
    return record(settle(incident, "", incident.pending, earlier.at), event)
