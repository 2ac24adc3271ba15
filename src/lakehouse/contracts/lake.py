"""A connection to an environment's lake, and the bootstrap of a local one.

Terraform makes the same inventory on AWS. The bootstrap makes buckets and databases through
boto3 and refuses to run without a loopback endpoint, so it can never make them in an account.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from lakehouse.contracts.inventory import LOCAL_ENVIRONMENTS, Inventory, find_inventory
from lakehouse.contracts.loader import load_contracts
from lakehouse.contracts.model import Contract
from lakehouse.errors import ConfigError, LakeError
from lakehouse.observability import format_facts
from lakehouse.settings import Settings, stage_of

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)


_CONNECT_SECONDS, _SILENCE_SECONDS = 10, 60


@dataclass(frozen=True, slots=True)
class Lake:
    """An environment's lake: its inventory, its contracts by feed, the clients that reach it."""

    environment: str
    inventory: Inventory
    contracts: Mapping[str, Contract]
    s3: S3Client
    glue: GlueClient

    def bucket(self, zone: str) -> str:
        """Name of a zone's bucket here."""
        return self.inventory.bucket(self.environment, zone)

    def database(self, zone: str) -> str:
        """Name of a zone's database here."""
        return self.inventory.database(self.environment, zone)

    def check_owns(self, zone: str) -> None:
        """Raise ConfigError when the zone's database is shared and another environment's."""
        if self.database(zone) != f"{self.environment}_{zone}":
            stage = stage_of(self.environment)
            raise ConfigError(
                f"{self.environment} reads {self.database(zone)} and does not write it: run this "
                f"with LAKEHOUSE_ENV={stage}",
                variable="LAKEHOUSE_ENV",
            )

    def contract(self, feed: str) -> Contract:
        """The contract of a feed; raises ConfigError naming those that there are."""
        require_feeds([feed], self.contracts)
        return self.contracts[feed]


def require_feeds(feeds: Iterable[str], known: Collection[str]) -> None:
    """Raise ConfigError for a feed that is not among those that are known, naming these."""
    for feed in feeds:
        if feed not in known:
            raise ConfigError(
                f"there is no feed {feed!r}: the feeds are {', '.join(sorted(known))}"
            )


def connect_lake(settings: Settings, environment: str | None = None) -> Lake:
    """Connect to an environment's lake; `environment` defaults to the settings'.

    Raises:
        ConfigError: a local environment without an endpoint on this machine; its made-up names
            must never be looked for in an account.
    """
    import boto3  # slow to import; reading an inventory does not need it
    from botocore.config import Config

    name = environment or settings.environment
    host = urlparse(settings.endpoint_url).hostname if settings.endpoint_url else None
    is_loopback = host in ("127.0.0.1", "localhost", "::1")
    if name in LOCAL_ENVIRONMENTS and not is_loopback:
        raise ConfigError(
            f"the {name} lake needs AWS_ENDPOINT_URL to be a local endpoint: run this under "
            "`local-athena exec -- …`, or set the variable to a running `local-athena serve`",
            variable="AWS_ENDPOINT_URL",
        )
    inventory = find_inventory(settings, name)
    session = boto3.Session(region_name=settings.region)
    # An endpoint on this machine is up or it is not: nobody should wait to hear it.
    attempts = 2 if is_loopback else 5
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_SILENCE_SECONDS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        # Bodies have a checksum in a signed header: a signature over them sums them up once more.
        s3={"payload_signing_enabled": False},
    )
    options: dict[str, Any] = {"endpoint_url": settings.endpoint_url, "config": config}
    return Lake(
        environment=name,
        inventory=inventory,
        contracts=load_contracts(settings.project_dir / "contracts"),
        s3=session.client("s3", **options),
        glue=session.client("glue", **options),
    )


def bootstrap_lake(lake: Lake, *, dry_run: bool = False) -> list[str]:
    """Make the buckets and databases of a local lake that are not there; return what was made.

    With `dry_run`, return what would be made.

    Raises:
        LakeError: the environment is not a local one; Terraform makes the others.
    """
    if lake.environment not in LOCAL_ENVIRONMENTS:
        raise LakeError(
            f"the {lake.environment} lake is not made by the bootstrap: make what "
            "infra/lake.yml names"
        )
    present = {bucket["Name"] for bucket in lake.s3.list_buckets()["Buckets"]}
    pages = lake.glue.get_paginator("get_databases").paginate()
    databases = {database["Name"] for page in pages for database in page["DatabaseList"]}
    made = []
    for zone in lake.inventory.zones.values():
        bucket, database = lake.bucket(zone.name), lake.database(zone.name)
        if zone.has_bucket and bucket not in present:
            if not dry_run:
                _make_bucket(lake, bucket)
            made.append(f"bucket {bucket}")
        if zone.has_database and database not in databases:
            if not dry_run:
                lake.glue.create_database(
                    DatabaseInput={
                        "Name": database,
                        "Description": zone.description,
                        "LocationUri": f"s3://{bucket}/",
                    }
                )
            made.append(f"database {database}")
    logger.info("%s", format_facts(event="bootstrap", lake=lake.environment, made=len(made)))
    return made


def _make_bucket(lake: Lake, bucket: str) -> None:
    region = lake.s3.meta.region_name
    if region == "us-east-1":
        lake.s3.create_bucket(Bucket=bucket)
    else:
        lake.s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
        )
    days = lake.inventory.incomplete_upload_days
    lake.s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "abort-incomplete-uploads",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": days},
                }
            ]
        },
    )
