"""The lake's inventory (`infra/lake.yml`): zones, and the one rule for names on every target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lakehouse.contracts._fields import Node
from lakehouse.contracts._yaml import YamlError, parse_yaml
from lakehouse.errors import ConfigError, ContractError
from lakehouse.settings import Settings, stage_of

LOCAL_ENVIRONMENTS = ("local", "ci")


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of the lake; `is_shared`: people and pull requests read the stage's; `retention_days`
    is None when objects are kept."""

    name: str
    description: str
    has_bucket: bool
    has_database: bool
    is_shared: bool
    retention_days: int | None


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """When a source system is left alone: after `failures` calls in a row that were not answered,
    for `open_seconds`; then one call may take `probe_seconds` to find out whether it is back."""

    failures: int
    open_seconds: int
    probe_seconds: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """What `infra/lake.yml` says. `first_ingest_date` and `last_ingest_date` bound projection;
    `incomplete_upload_days`: when a bucket aborts an upload that nobody completed.

    `breakers` holds the limits of the source systems that have some of their own, and those of the
    others under `default`; `pools` holds in the same way how many tasks may ask a source at a time.
    """

    region: str
    catalog: str
    bucket_prefix: str
    bucket_pattern: str
    database_pattern: str
    workgroup_pattern: str
    zones: Mapping[str, Zone]
    first_ingest_date: date
    last_ingest_date: str
    incomplete_upload_days: int
    breakers: Mapping[str, BreakerLimits]
    pools: Mapping[str, int]

    def pool_slots(self, source: str) -> int:
        """How many tasks may ask a source system at a time."""
        return self.pools.get(source) or self.pools["default"]

    def breaker_limits(self, source: str) -> BreakerLimits:
        """The limits of a source system's breaker."""
        return self.breakers.get(source) or self.breakers["default"]

    def bucket(self, environment: str, zone: str) -> str:
        """Name of a zone's bucket in an environment."""
        return self.bucket_pattern.format(
            prefix=self.bucket_prefix, stage=stage_of(environment), zone=zone
        )

    def database(self, environment: str, zone: str) -> str:
        """Name of a zone's Glue database in an environment."""
        owner = stage_of(environment) if self.zones[zone].is_shared else environment
        return self.database_pattern.format(env=owner, zone=zone)

    def databases(self, environment: str) -> dict[str, str]:
        """Name of the database of each zone that has one."""
        zones = [zone.name for zone in self.zones.values() if zone.has_database]
        return {zone: self.database(environment, zone) for zone in zones}

    def last_visible_day(self, today: date) -> date | None:
        """The last business date whose batch Athena sees, `today` being in UTC; None without one.

        Only the form NOW bounds; NOW+1DAYS and the like are taken as they come.
        """
        return today if self.last_ingest_date == "NOW" else None

    def workgroup(self, environment: str) -> str:
        """Name of the Athena workgroup of an environment on AWS."""
        return self.workgroup_pattern.format(stage=stage_of(environment))


def find_inventory(settings: Settings, environment: str | None = None) -> Inventory:
    """The inventory of the checkout, with the prefix of buckets that the settings name.

    Raises:
        ConfigError: an environment on AWS without a prefix.
        ContractError: naming the place of `infra/lake.yml` that is wrong.
    """
    name = environment or settings.environment
    if name not in LOCAL_ENVIRONMENTS and not settings.bucket_prefix:
        raise ConfigError(
            f"LAKEHOUSE_BUCKET_PREFIX is not set, and the {name} lake needs it: names of buckets "
            "are global, so set it to the prefix of yours, such as acme-lakehouse",
            variable="LAKEHOUSE_BUCKET_PREFIX",
        )
    path = settings.project_dir / "infra" / "lake.yml"
    return load_inventory(path, bucket_prefix=settings.bucket_prefix)


def load_inventory(path: Path, *, bucket_prefix: str | None = None) -> Inventory:
    """Read `infra/lake.yml`; raises ContractError naming the place that is wrong.

    `bucket_prefix` replaces the one that the file has for local lakes.
    """
    try:
        document = parse_yaml(path.read_text("utf-8"))
    except OSError as error:
        raise ContractError(path.name, "", f"cannot be read: {error.strerror}") from error
    except YamlError as error:
        line = f"line {error.line}" if error.line else ""
        raise ContractError(path.name, line, f"is not YAML: {error}", "fix the syntax") from error
    root = Node(document, path.name, "")
    names = root.child("names")
    dates = root.child("ingest_dates")
    first = dates.child("first")
    try:
        first_date = date.fromisoformat(first.text())
    except ValueError as error:
        raise first.error(f"is {first.text()!r}", "a date such as 2025-01-01") from error
    last = dates.child("last")
    if not re.fullmatch(r"NOW([+-]\d+(DAYS|WEEKS|MONTHS|YEARS))?", last.text()):
        raise last.error(f"is {last.text()!r}", "NOW, or NOW+1DAYS")
    return Inventory(
        region=root.child("region").text(),
        catalog=root.child("catalog").text(),
        bucket_prefix=bucket_prefix or names.child("bucket_prefix").text(),
        bucket_pattern=names.child("bucket").text(),
        database_pattern=names.child("database").text(),
        workgroup_pattern=names.child("workgroup").text(),
        zones={
            name: _build_zone(name, root.child("zones").child(name)) for name in document["zones"]
        },
        first_ingest_date=first_date,
        last_ingest_date=last.text(),
        incomplete_upload_days=root.child("incomplete_upload_days").integer(minimum=1),
        breakers=_build_breakers(root.child("breakers")),
        pools=_build_pools(root.child("pools")),
    )


def _build_breakers(node: Node) -> dict[str, BreakerLimits]:
    default = node.child("default")
    limits = ("failures", "open_seconds", "probe_seconds")
    found = {name: default.child(name).integer(minimum=1) for name in limits}
    breakers = {}
    for source in node.names():
        own = node.child(source)
        for name in own.names():
            if name not in limits:
                raise own.child(name).error("is no limit of a breaker", " or ".join(limits))
        given = {name: own.optional(name) for name in limits}
        values = {name: each.integer(minimum=1) for name, each in given.items() if each}
        breakers[source] = BreakerLimits(**{**found, **values})
    return breakers


def _build_pools(node: Node) -> dict[str, int]:
    node.child("default")
    return {source: node.child(source).integer(minimum=1) for source in node.names()}


def _build_zone(name: str, node: Node) -> Zone:
    retention = node.optional("retention_days")
    return Zone(
        name=name,
        description=node.child("description").text(),
        has_bucket=node.flag("bucket"),
        has_database=node.flag("database"),
        is_shared=node.flag("shared"),
        retention_days=retention.integer(minimum=1) if retention else None,
    )
