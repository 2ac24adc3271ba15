"""How to reach a Kafka cluster: where its brokers are, and what they ask of a client."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakehouse.errors import ConfigError

BOOTSTRAP = "LAKEHOUSE_KAFKA_BOOTSTRAP"
CONFIG = "LAKEHOUSE_KAFKA_CONFIG"
_BROKER = re.compile(r"(?:\w+://)?(?:\[[0-9A-Fa-f:.]+\]|[^\s:,/\[\]]+)(?::\d{1,5})?", re.ASCII)
# What decides that nothing is lost or repeated is the platform's to say.
_OURS = frozenset(
    {
        "bootstrap.servers",
        "group.id",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.partition.eof",
        "auto.offset.reset",
        "isolation.level",
    }
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Brokers, as `host:port,host:port`, and the file with the client's other properties, such as
    `security.protocol`; None where the brokers ask for none. `group` is the consumer group that
    is told how far a topic was landed."""

    bootstrap: str
    properties: Path | None = field(default=None)
    group: str = "lakehouse"

    def client(self, **more: Any) -> dict[str, Any]:
        """Configuration of a client: the file's properties and `more` (`a_b` stands for `a.b`).

        Raises:
            ConfigError: the brokers are no addresses; the file cannot be read, has a line that is
                no `name=value`, or a name that is not its to say.
        """
        wrong = [each for each in self.bootstrap.split(",") if not _BROKER.fullmatch(each.strip())]
        if wrong:
            raise ConfigError(
                f"{BOOTSTRAP} has {wrong[0]!r} for a broker: it must look like host:9092,host:9092",
                variable=BOOTSTRAP,
            )
        given = _read(self.properties) if self.properties is not None else {}
        ours = {name.replace("_", "."): value for name, value in more.items()}
        return {**given, "bootstrap.servers": self.bootstrap, **ours}


def _read(path: Path) -> dict[str, str]:
    """Lines `name=value`; blank ones and those that begin with `#` say nothing."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{CONFIG} is {path}, which cannot be read", variable=CONFIG) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, is_pair, value = text.partition("=")
        if not is_pair or not name.strip():
            raise ConfigError(f"{path}: line {number} is no name=value", variable=CONFIG)
        if name.strip() in _OURS:
            raise ConfigError(
                f"{path}: line {number}: {name.strip()} is set by the platform: remove the line",
                variable=CONFIG,
            )
        found[name.strip()] = value.strip()
    return found
