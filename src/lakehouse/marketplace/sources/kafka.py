"""The event store's broker: one Kafka node in KRaft mode, where the machine has Java and the jars.

It listens on 127.0.0.1 alone, and keeps its log in a folder of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from lakehouse.errors import MarketplaceError
from lakehouse.kafka_client import Cluster
from lakehouse.marketplace.events import PARTITIONS
from lakehouse.marketplace.sources._server import Server, free_port
from lakehouse.marketplace.sources.kafka_jars import JARS

_READY_SECONDS = 240.0
_JAVA = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def find_java() -> str:
    """The program; raises MarketplaceError where there is none."""
    java = shutil.which("java")
    if java is None:
        raise MarketplaceError(
            "Java is not installed (17 or later; Debian: apt-get install default-jre-headless)"
        )
    return java


class KafkaBroker:
    """A broker over the folder `data`; use as a context manager.

    Raises:
        MarketplaceError: Java or the jars are missing, or it did not start.
    """

    def __init__(
        self, data: Path, jars: Path, port: int | None = None, advertised: int | None = None
    ) -> None:
        """`advertised`: the port that clients are sent to, where something stands in between."""
        self._data = data.resolve()
        self._jars = jars
        self._port = port
        self._advertised = advertised
        self._server: Server | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        if not any(self._jars.glob("kafka_2.13-*.jar")):
            raise MarketplaceError(
                f"Kafka cannot start: there is no kafka_2.13-*.jar in {self._jars} ({JARS}); or "
                "name any brokers by LAKEHOUSE_KAFKA_BOOTSTRAP"
            )
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        self._port = self._port or free_port()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker on its port, or start it again after `stop` or `kill`."""
        properties = self._data / "server.properties"
        log = self._data / "log"
        properties.write_text(
            _properties(self._port or 0, self._advertised, free_port(), log), encoding="utf-8"
        )
        if not (log / "meta.properties").is_file():
            identity = self._run("random-uuid").strip().splitlines()[-1]
            self._run("format", "-t", identity, "-c", str(properties))
        command = [*self._java(), "kafka.Kafka", str(properties)]
        self._server = Server("Kafka", command, self._data)
        self._server.wait_ready(self._answers, _READY_SECONDS)

    def stop(self) -> None:
        """Stop the broker and wait for it; more than once does no harm."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def kill(self) -> None:
        """End the broker as a power cut would."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def _answers(self) -> bool:
        client = AdminClient(Cluster(self.bootstrap).client() | {"log_level": 0})
        with contextlib.suppress(KafkaException):
            return bool(client.list_topics(timeout=2).brokers)
        return False

    def _java(self) -> list[str]:
        return [find_java(), *_JAVA, "-cp", f"{self._jars}{os.sep}*"]

    def _run(self, *arguments: str) -> str:
        answer = subprocess.run(
            [*self._java(), "kafka.tools.StorageTool", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            lines = (answer.stderr or answer.stdout).strip().splitlines()
            raise MarketplaceError(f"Kafka's folder cannot be made: {' / '.join(lines[-3:])}")
        return answer.stdout


def _properties(port: int, advertised: int | None, controller: int, log: Path) -> str:
    facts: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{advertised or port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": log,
        "num.partitions": PARTITIONS,
        "offsets.topic.num.partitions": 1,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "log.retention.ms": -1,
    }
    return "".join(f"{name}={value}\n" for name, value in facts.items())
