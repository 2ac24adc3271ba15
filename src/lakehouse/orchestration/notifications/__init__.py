"""Telling people of failures, retries, late runs and recoveries, without storms.

    event      what happened, as plain data
    incident   what of it belongs together, and when it is told: pure functions
    message    the one template; `texts` has its words, `render` lays it out for a channel
    channels   Slack, e-mail, SNS
    notifier   the state that workers share, and who sends
    callbacks  what DAGs and tasks call

Why it is built so: docs/adr/0021-notifications-are-told-by-incident.md.
"""

from __future__ import annotations

from lakehouse.orchestration.notifications.channels import channels_of
from lakehouse.orchestration.notifications.event import Event
from lakehouse.orchestration.notifications.incident import Incident
from lakehouse.orchestration.notifications.message import Message, compose
from lakehouse.orchestration.notifications.notifier import Notifier
from lakehouse.orchestration.notifications.settings import NotifySettings

__all__ = [
    "Event",
    "Incident",
    "Message",
    "Notifier",
    "NotifySettings",
    "channels_of",
    "compose",
]
