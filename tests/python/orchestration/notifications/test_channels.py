"""Messages by Airflow's providers to a real SMTP server, a webhook, and SNS read back by SQS."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ConfigError
from lakehouse.orchestration.notifications import NotifySettings
from tests.python.orchestration.notifications.conftest import Office

pytestmark = pytest.mark.integration

FAILED = {"call": "on_failure", "error": "unknown"}
SECRETS = ("abcdef123456", "ana@example.com,", "123.456.789-09", "secret-token", "hunter2")


def test_failure__all_channels__get_the_same_facts_without_secrets(office: Office) -> None:
    _, log = office.run(FAILED)
    (post,), (mail,), (note,) = office.posts, office.mailbox.mails, office.notes()
    title = "DAG land_payments failed: 1 task"
    assert post["blocks"][0]["text"]["text"] == f"🔴 {title}"
    assert mail["Subject"] == note["Subject"] == title
    assert (mail["From"], mail["To"]) == ("lake@example.com", "ana@example.com, rui@example.com")
    part = mail.get_body(("html",))
    assert part is not None
    for text in (json.dumps(post), part.get_content(), note["Message"]):
        assert "land_payments.land_0" in text
        assert "token=***" in text
        assert "http://airflow.example/dags/land_payments/runs/run-1/tasks/land_0" in text
        assert "docs/en/runbooks/errors.md" in text
        assert "payments" in text
        assert not [secret for secret in SECRETS if secret in text]
    assert "task failed: dag=land_payments task=land_0 run=run-1 try=3" in log
    assert not [secret for secret in SECRETS if secret in log]


def test_failure__in_portuguese__names_the_portuguese_runbook(office: Office) -> None:
    office.run(
        {**FAILED, "dag_id": "transform"},
        LAKEHOUSE_NOTIFY_LANGUAGE="pt-BR",
        LAKEHOUSE_NOTIFY_DOCS="https://docs.example/",
    )
    (note,) = office.notes()
    assert note["Subject"] == "DAG transform falhou: 1 tarefa"
    assert "Espécie de erro: desconhecido" in note["Message"]
    page = "https://docs.example/pt-BR/runbooks/transform.md"
    assert f"O que fazer: {page}" in note["Message"]


def test_failure__no_channel_is_on__is_a_line_of_the_log_and_asks_nobody(office: Office) -> None:
    off = dict.fromkeys(("SLACK", "EMAIL", "SNS"), "")
    _, log = office.run(
        FAILED, **{f"LAKEHOUSE_NOTIFY_{name}": value for name, value in off.items()}
    )
    assert "task failed: dag=land_payments" in log
    assert "notif" not in log.replace("notifications", "")
    assert office.counts() == {"slack": 0, "email": 0, "sns": 0}


@pytest.mark.parametrize("channel", ["slack", "email", "sns"])
def test_failure__one_channel_is_broken__the_others_get_it_and_the_log_says_so(
    office: Office, channel: str
) -> None:
    broken = {
        "slack": {"LAKEHOUSE_NOTIFY_SLACK": "no_such_connection"},
        "email": {},
        "sns": {"LAKEHOUSE_NOTIFY_SNS": f"{office.topic}-gone"},
    }
    office.mailbox.is_full = channel == "email"
    _, log = office.run(FAILED, **broken[channel])
    assert f"event=not_notified channel={channel} error=" in log
    assert office.counts() == {"slack": 1, "email": 1, "sns": 1} | {channel: 0}
    office.mailbox.is_full = False
    office.run({**FAILED, "task_id": "other"}, **broken[channel])
    assert sum(office.counts().values()) == 2, "one channel took it, so it was told: quiet"


def test_failure__nobody_takes_it__the_next_one_tells_both(office: Office) -> None:
    gone = {
        "LAKEHOUSE_NOTIFY_SLACK": "no_such_connection",
        "LAKEHOUSE_NOTIFY_EMAIL": "no_such_connection",
        "LAKEHOUSE_NOTIFY_SNS": f"{office.topic}-gone",
    }
    office.run(FAILED, **gone)
    assert sum(office.counts().values()) == 0
    office.run({**FAILED, "task_id": "other"})
    (note,) = office.notes()
    assert note["Subject"] == "DAG land_payments failed: 2 tasks"


def test_failure__a_channel_that_never_answers__holds_the_task_up_for_ten_seconds(
    office: Office,
) -> None:
    office.slack_hangs = True
    seconds, log = office.run(FAILED)
    assert 5 < seconds < 15
    assert "event=not_notified channel=slack error=" in log
    assert office.counts() == {"slack": 0, "email": 1, "sns": 1}


def test_failure__the_ops_bucket_is_out_of_reach__the_run_tells_it_once(
    office: Office, lake: Any
) -> None:
    """Tasks do not tell without the state: forty would be forty messages."""
    lake.s3.delete_bucket(Bucket=lake.bucket("ops"))
    _, log = office.run(FAILED)
    assert "event=not_notified error=" in log
    assert sum(office.counts().values()) == 0
    _, log = office.run({"call": "on_dag_failure"})
    assert "event=notifications_without_state" in log
    assert office.counts() == {"slack": 1, "email": 1, "sns": 1}


def test_failure__the_ops_bucket_does_not_answer__the_run_tells_it_all_the_same(
    office: Office,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        away = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        off = {"LAKEHOUSE_NOTIFY_SNS": ""}
        seconds, log = office.run({"call": "on_dag_failure"}, **away, **off)
    assert seconds < 25
    assert "event=notifications_without_state error=not done within 10 s" in log
    assert office.counts() == {"slack": 1, "email": 1, "sns": 0}


def test_notify_command__test__sends_a_sample_of_each_message(office: Office) -> None:
    command = [str(Path(sys.executable).with_name("lakehouse")), "notify", "--test"]
    run = subprocess.run(command, env=office.environ, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert office.counts() == {"slack": 8, "email": 8, "sns": 8}
    titles = [note["Subject"] for note in office.notes()]
    assert len(set(titles)) == 8
    broken = {**office.environ, "LAKEHOUSE_NOTIFY_SNS": f"{office.topic}-gone"}
    run = subprocess.run(command, env=broken, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"slack: sent: {titles[0]}" in run.stdout
    assert "sns: NotFound" in run.stdout


def test_notify_command__dry_run__prints_and_sends_nothing(office: Office) -> None:
    environ = {**office.environ, "LAKEHOUSE_NOTIFY_LANGUAGE": "pt-BR"}
    command = [str(Path(sys.executable).with_name("lakehouse")), "notify", "--dry-run"]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert "Fonte payment_gateway voltou a responder" in run.stdout
    assert sum(office.counts().values()) == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LAKEHOUSE_NOTIFY_LANGUAGE", "fr"),
        ("LAKEHOUSE_NOTIFY_SNS", "my-topic"),
        ("LAKEHOUSE_NOTIFY_EMAIL_TO", ""),
        ("LAKEHOUSE_NOTIFY_GATHER_SECONDS", "soon"),
        ("LAKEHOUSE_NOTIFY_QUIET_MINUTES", "-1"),
    ],
)
def test_settings__a_wrong_one__is_named(variable: str, value: str) -> None:
    environ = {"LAKEHOUSE_NOTIFY_EMAIL": "smtp", "LAKEHOUSE_NOTIFY_EMAIL_TO": "a@example.com"}
    with pytest.raises(ConfigError, match=variable) as caught:
        NotifySettings.from_env({**environ, variable: value})
    assert caught.value.variable == variable
