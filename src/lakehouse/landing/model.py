"""What landing works with: the sources it reads and the manifest it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from lakehouse.drop_place import DropPlace
from lakehouse.errors import ConfigError, ManifestError
from lakehouse.kafka_client import Cluster
from lakehouse.oauth_client import ClientCredentials
from lakehouse.settings import Settings

PROTOCOL = 1
State = Literal["published", "held", "refused"]
Role = Literal["stage", "data", "rejected"]


@dataclass(frozen=True, slots=True)
class Sources:
    """Addresses of the source systems; None where there is none. Passwords stay out of `repr`.

    A dropped file that changed within the last `drop_settle_seconds` is looked at once more.
    """

    postgres_url: str | None = field(default=None, repr=False)
    drop_dir: DropPlace | None = None
    payments_url: str | None = None
    mysql_url: str | None = field(default=None, repr=False)
    kafka: Cluster | None = None
    payments_login: ClientCredentials | None = None
    drop_settle_seconds: float = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> Sources:
        """The sources that the environment names."""
        return cls(
            postgres_url=settings.postgres_url,
            drop_dir=settings.drop_dir,
            payments_url=settings.payments_url,
            mysql_url=settings.mysql_url,
            kafka=settings.kafka,
            payments_login=settings.payments_login,
            drop_settle_seconds=settings.drop_settle_seconds,
        )


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of a run: its object, and what is promised of it. `row_count` leaves out headers."""

    role: Role
    uri: str
    size_bytes: int
    row_count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Timing:
    """When a run began (UTC, ISO 8601), and the seconds that extraction and door took.

    `extraction_seconds` is None when the stage held the delivery already.
    """

    started_at: str
    extraction_seconds: float | None
    door_seconds: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one run of a feed read, wrote and refused. Counts are rows; read = written + rejected.

    `watermark` holds what the next run needs to go on (`from`, `until`, `cursor`). `reason` says
    why a batch is held or refused; `error` is the class of the error that refused it whole, before
    a row was counted. `ignored_fields` came from the source and are in no contract.
    `null_columns` had no value in any row that was written, `future_columns` one after the
    business date. `warnings` are the oddities of the batch by kind (`lakehouse.landing.oddities`);
    `warned_by_rule` counts the written rows against each rule of the contract that warns. `lookups`
    has the SHA-256 of each reference list that values were looked up in, by its name.
    Nothing in it but `timing` depends on the clock: the same stage gives an equal manifest. Older
    ones have no `timing`.
    """

    feed: str
    run_id: str
    business_date: date
    state: State
    source_system: str
    contract: str
    contract_version: str
    contract_sha256: str
    ingested_at: str
    read_count: int
    written_count: int
    rejected_count: int
    rejected_by_rule: Mapping[str, int]
    files: tuple[FileFacts, ...]
    watermark: Mapping[str, str | None]
    ignored_fields: tuple[str, ...] = ()
    reason: str | None = None
    null_columns: tuple[str, ...] = ()
    future_columns: tuple[str, ...] = ()
    warnings: Mapping[str, str] = field(default_factory=dict)
    warned_by_rule: Mapping[str, int] = field(default_factory=dict)
    lookups: Mapping[str, str] = field(default_factory=dict)
    timing: Timing | None = field(default=None, compare=False)
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The manifest as plain values, keys in order."""
        return {
            "protocol": PROTOCOL,
            **asdict(self),
            "business_date": self.business_date.isoformat(),
        }

    def to_json(self) -> bytes:
        """The manifest as it is stored: UTF-8, indented."""
        return (json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n").encode("utf-8")

    @classmethod
    def from_json(cls, content: bytes, name: str) -> Manifest:
        """Read a stored manifest; raises ManifestError naming it when it is none."""
        try:
            document: dict[str, Any] = json.loads(content)
            protocol = document.pop("protocol")
            if protocol != PROTOCOL:
                raise ValueError(f"protocol {protocol}, expected {PROTOCOL}")
            document["business_date"] = date.fromisoformat(document["business_date"])
            document["files"] = tuple(FileFacts(**item) for item in document["files"])
            if document.get("timing") is not None:
                document["timing"] = Timing(**document["timing"])
            for field in ("ignored_fields", "null_columns", "future_columns"):
                document[field] = tuple(document.get(field, ()))
            _require_texts(document["watermark"])
            return cls(**document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ManifestError(name, f"is not a manifest: {error}") from error


def _require_texts(watermark: object) -> None:
    """Raise ValueError unless it is an object whose values are texts or null."""
    if not isinstance(watermark, dict) or not all(
        value is None or isinstance(value, str) for value in watermark.values()
    ):
        raise ValueError("watermark is no object of texts")


@dataclass(frozen=True, slots=True)
class NotDue:
    """A feed without a delivery on a day on which none was due: its last published batch is of
    `last`, and the next delivery is due on `due`."""

    feed: str
    business_date: date
    last: date
    due: date

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values."""
        return {
            "feed": self.feed,
            "business_date": self.business_date.isoformat(),
            "state": "not_due",
            "last": self.last.isoformat(),
            "due": self.due.isoformat(),
        }


def run_id_of(feed: str, business_date: date) -> str:
    """The one run id of a feed and a business date."""
    return f"{feed}-{business_date.isoformat()}"


def parse_run_id(run_id: str) -> tuple[str, date]:
    """Feed and business date of a run id.

    Raises:
        ConfigError: it is none.
    """
    feed, day = run_id[:-11], run_id[-10:]
    try:
        business_date = date.fromisoformat(day)
    except ValueError:
        business_date = date.min
    if not feed or run_id != run_id_of(feed, business_date):
        raise ConfigError(f"{run_id!r} is no run id: write <feed>-YYYY-MM-DD, as `lakehouse runs`")
    return feed, business_date
