"""People who get notifications: a mail server, an incoming webhook, a topic with a queue."""

from __future__ import annotations

import email
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiosmtpd.controller import Controller

from tests.python.orchestration.notifications.test_message import check_slack

PROJECT = Path(__file__).resolve().parents[4]


@dataclass
class _Mailbox:
    """A handler of aiosmtpd: keeps what it gets; refuses all while it is full."""

    mails: list[EmailMessage] = field(default_factory=list)
    is_full: bool = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        del server, session
        if self.is_full:
            return "452 no space left"
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


class _Webhook(BaseHTTPRequestHandler):
    """Slack's incoming webhook: `ok`, or what Slack says of a payload beyond its limits."""

    def do_POST(self) -> None:
        office: Office = self.server.office  # type: ignore[attr-defined]
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if office.slack_hangs:
            office.slack_released.wait(60)
        try:
            check_slack(payload)
            known = self.path == "/services/T1/B1/secret-token"
            answer = (200, b"ok") if known else (404, b"no_service")
        except AssertionError:
            answer = (400, b"invalid_blocks")
        if answer[0] == 200:
            office.posts.append(payload)
            office.arrived.release()
        self.send_response(answer[0])
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, *args: Any) -> None:
        del args


@dataclass
class Office:
    """What arrived, and the variables of a process that sends there."""

    environ: dict[str, str]
    mailbox: _Mailbox
    queue_url: str
    topic: str
    worker: Worker
    delivered: list[dict[str, str]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    slack_hangs: bool = False
    slack_released: threading.Event = field(default_factory=threading.Event)

    def notes(self) -> list[dict[str, str]]:
        """What SNS delivered to the queue until now: `Subject` and `Message`."""
        sqs, found = boto3.client("sqs"), self.delivered
        while batch := sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages", []):
            for each in batch:
                found.append(json.loads(each["Body"]))
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        return found

    def counts(self) -> dict[str, int]:
        """How many messages each channel got."""
        return {
            "slack": len(self.posts),
            "email": len(self.mailbox.mails),
            "sns": len(self.notes()),
        }

    def run(self, case: dict[str, Any], **environ: str) -> tuple[float, str]:
        """Let the worker do one thing; give the seconds that it took and its log."""
        self.worker.begin(case, {**self.environ, **environ})
        return self.worker.end()


@dataclass
class Worker:
    """`worker.py` in a process of its own."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, environ: dict[str, str]) -> Worker:
        """A worker that is ready."""
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py"))],
            env=environ,
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return cls(process)

    def wait_until_ready(self) -> Worker:
        """It has imported all that it needs."""
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"
        return self

    def begin(self, case: dict[str, Any], environ: dict[str, str]) -> None:
        """Tell it what to do."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({**case, "environ": environ}) + "\n")
        self.process.stdin.flush()

    def end(self) -> tuple[float, str]:
        """Wait until it is done: the seconds that it took, and its log."""
        assert self.process.stdout
        answer = json.loads(self.process.stdout.readline())
        return answer["seconds"], answer["log"]

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def office(
    lake: Any, tmp_path: Path, airflow_environ: dict[str, str], worker: Worker
) -> Iterator[Office]:
    mailbox = _Mailbox()
    port = _free_port()
    mail = Controller(mailbox, hostname="127.0.0.1", port=port)
    mail.start()
    webhook = ThreadingHTTPServer(("127.0.0.1", 0), _Webhook)
    threading.Thread(target=webhook.serve_forever, daemon=True).start()
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name=f"alarms-{tmp_path.name[:40]}")["TopicArn"]
    queue_url = sqs.create_queue(QueueName=f"alarms-{tmp_path.name[:40]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    slack = {
        "conn_type": "slackwebhook",
        "host": f"http://127.0.0.1:{webhook.server_port}/services",
        "password": "T1/B1/secret-token",
    }
    smtp = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "extra": {"from_email": "lake@example.com", "disable_ssl": True, "disable_tls": True},
    }
    environ = {
        **airflow_environ,
        **{name: os.environ[name] for name in os.environ if name.startswith(("AWS", "LAKEHOUSE"))},
        "AIRFLOW_CONN_LAKEHOUSE_SLACK": json.dumps(slack),
        "AIRFLOW_CONN_LAKEHOUSE_SMTP": json.dumps(smtp),
        "LAKEHOUSE_NOTIFY_SLACK": "lakehouse_slack",
        "LAKEHOUSE_NOTIFY_EMAIL": "lakehouse_smtp",
        "LAKEHOUSE_NOTIFY_EMAIL_TO": "ana@example.com, rui@example.com",
        "LAKEHOUSE_NOTIFY_SNS": topic,
        "LAKEHOUSE_NOTIFY_GATHER_SECONDS": "0",
    }
    office = Office(environ, mailbox, queue_url, topic, worker)
    webhook.office = office  # type: ignore[attr-defined]
    yield office
    office.slack_released.set()
    mail.stop()
    webhook.shutdown()
    webhook.server_close()


@pytest.fixture(scope="session")
def airflow_environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home without a database: connections come from the environment."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LAKEHOUSE_", "AWS_", "AIRFLOW"))
    }
    return {
        **kept,
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow_home")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__API__BASE_URL": "http://airflow.example",
        "PYTHONPATH": str(PROJECT),
        "DO_NOT_TRACK": "1",
    }


@pytest.fixture(scope="session")
def workers(airflow_environ: dict[str, str]) -> Iterator[list[Worker]]:
    """Three of them, as Airflow takes seconds to import."""
    found = [Worker.start(airflow_environ) for _ in range(3)]
    yield [each.wait_until_ready() for each in found]
    for each in found:
        each.stop()


@pytest.fixture(scope="session")
def worker(workers: list[Worker]) -> Worker:
    """One of them."""
    return workers[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
