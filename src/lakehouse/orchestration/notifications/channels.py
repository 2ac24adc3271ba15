"""Slack, e-mail and SNS: each takes a message and sends it by Airflow's provider of it.

A channel gets its connection as data. Who fetches it knows where it runs: in a task, in the DAG
processor or in the triggerer, where it must be awaited.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lakehouse.orchestration.notifications.message import Message
from lakehouse.orchestration.notifications.render import as_email, as_slack, as_sns
from lakehouse.orchestration.notifications.settings import NotifySettings

if TYPE_CHECKING:
    from airflow.sdk import Connection

Send = Callable[[Message], None]
Found = Mapping[str, "Connection | Exception"]
"""Connections by id, or why there is none."""

TIMEOUT_SECONDS = 8


def channels_of(settings: NotifySettings, found: Found) -> dict[str, Send]:
    """The channels that are on, by name. One without its connection raises when it is to send."""
    channels: dict[str, Send] = {}
    if settings.slack:
        channels["slack"] = _with_connection(found, settings.slack, send_slack)
    if settings.email:
        recipients = settings.email_to

        def send_to(connection: Connection, message: Message) -> None:
            send_email(connection, recipients, message)

        channels["email"] = _with_connection(found, settings.email, send_to)
    if settings.sns:
        topic = settings.sns
        channels["sns"] = lambda message: send_sns(topic, message)
    return channels


def connection_ids(settings: NotifySettings) -> list[str]:
    """The Airflow connections that the channels need."""
    return [each for each in (settings.slack, settings.email) if each]


def send_slack(connection: Connection, message: Message) -> None:
    """Post to an incoming webhook; raises when Slack does not answer `ok`."""
    from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook

    class Hook(SlackWebhookHook):  # type: ignore[misc]
        def get_connection(self, conn_id: str) -> Any:
            del conn_id
            return connection

    hook = Hook(slack_webhook_conn_id=str(connection.conn_id), timeout=TIMEOUT_SECONDS)
    hook.send(**as_slack(message), unfurl_links=False)


def send_email(connection: Connection, recipients: tuple[str, ...], message: Message) -> None:
    """Send by SMTP, from the connection's `from_email`; raises when the server refuses it."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    class Hook(SmtpHook):  # type: ignore[misc]
        smtp_retry_limit = 0
        timeout = TIMEOUT_SECONDS

        def get_connection(self, conn_id: str) -> Any:
            del conn_id
            return connection

    subject, content = as_email(message)
    with Hook(smtp_conn_id=str(connection.conn_id)) as hook:
        hook.send_email_smtp(to=list(recipients), subject=subject, html_content=content)


def send_sns(topic: str, message: Message) -> None:
    """Publish to a topic with the process's own AWS credentials; raises when SNS refuses."""
    from airflow.providers.amazon.aws.hooks.sns import SnsHook
    from botocore.config import Config

    config = Config(
        connect_timeout=3, read_timeout=TIMEOUT_SECONDS - 3, retries={"total_max_attempts": 1}
    )
    region = topic.split(":")[3]
    subject, body = as_sns(message)
    hook = SnsHook(aws_conn_id=None, region_name=region, config=config)
    hook.publish_to_target(target_arn=topic, message=body, subject=subject)


def _with_connection(
    found: Found, conn_id: str, send: Callable[[Connection, Message], None]
) -> Send:
    def run(message: Message) -> None:
        connection = found[conn_id]
        if isinstance(connection, Exception):
            raise connection
        send(connection, message)

    return run
