"""`lakehouse notify`: what notifications look like, and whether they arrive."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib.util import find_spec

import click

from lakehouse.cli._output import ends_with_status
from lakehouse.errors import ConfigError
from lakehouse.orchestration.notifications import Message, NotifySettings, channels_of
from lakehouse.orchestration.notifications.callbacks import fetch_connections
from lakehouse.orchestration.notifications.notifier import deliver, message_of
from lakehouse.orchestration.notifications.render import as_text
from lakehouse.orchestration.notifications.samples import sample_incidents


@click.command("notify", short_help="Show or send a sample of each notification.")
@click.option("--test", "sends", is_flag=True, help="Send the samples to the channels that are on.")
@click.option("--dry-run", is_flag=True, help="Print the samples and send nothing (the default).")
@click.pass_context
@ends_with_status
def notify_command(ctx: click.Context, sends: bool, dry_run: bool) -> None:
    """Show a sample of each message about failures, late runs and recoveries, or send them all.

    A channel is on when its variable is set: LAKEHOUSE_NOTIFY_SLACK and LAKEHOUSE_NOTIFY_EMAIL name
    Airflow connections, LAKEHOUSE_NOTIFY_SNS a topic. Connections are looked for in the environment
    (AIRFLOW_CONN_…) and in Airflow's secrets backend, so sending needs Airflow
    installed. Leaves status 1 when a channel refuses one.

    \b
    Examples:
      lakehouse notify --dry-run
      LAKEHOUSE_NOTIFY_LANGUAGE=pt-BR lakehouse notify
      lakehouse notify --test
    """
    settings = NotifySettings.from_env(os.environ)
    environment = os.environ.get("LAKEHOUSE_ENV", "local")
    messages = [
        message_of(incident, settings, environment)
        for incident in sample_incidents(datetime.now(UTC))
    ]
    if dry_run or not sends:
        click.echo(("\n" + "-" * 72 + "\n\n").join(map(as_text, messages)), nl=False)
    elif not settings.is_on:
        raise ConfigError(
            "no channel is on: set LAKEHOUSE_NOTIFY_SLACK, LAKEHOUSE_NOTIFY_EMAIL or "
            "LAKEHOUSE_NOTIFY_SNS (.env.example)",
            variable="LAKEHOUSE_NOTIFY_SLACK",
        )
    elif find_spec("airflow") is None:
        raise ConfigError(
            "channels send through Airflow, which is not installed here: `make airflow` installs "
            "and opens it, `pip install '.[airflow]'` installs it alone"
        )
    elif not _send(messages, settings):
        ctx.exit(1)


def _send(messages: list[Message], settings: NotifySettings) -> bool:
    """Send all, and say of each channel what came of it; whether every channel took every one."""
    channels = channels_of(settings, fetch_connections(settings))
    refused = False
    for message in messages:
        for name, reason in deliver(channels, message).items():
            click.echo(f"{name}: {'sent' if reason is None else reason}: {message.title}")
            refused = refused or reason is not None
    return not refused
