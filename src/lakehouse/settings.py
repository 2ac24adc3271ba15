"""What the environment decides, read once at the edge.

Nothing below the edge reads `os.environ`. boto3 reads `AWS_ENDPOINT_URL`, keys and profile by
itself; the region is repeated here because some clients need it spelled out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lakehouse.drop_place import DropPlace, parse_place
from lakehouse.errors import ConfigError
from lakehouse.kafka_client import BOOTSTRAP, CONFIG, Cluster
from lakehouse.oauth_client import TOKEN_URL, ClientCredentials, find_credentials

_ENVIRONMENT_NAME = re.compile(r"local|ci|prod|dev|dev_[a-z0-9_]{1,30}|pr_[0-9]{1,10}")
_MOST_SECONDS = 3_600
_BUCKET_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{1,30}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process.

    `environment` is the first half of database names (`<environment>_<zone>`), `bucket_prefix` the
    first part of bucket names, None where `infra/lake.yml` says it. `project_dir` holds
    `contracts/` and `infra/lake.yml`. The addresses of sources are None when unset: a feed that
    needs one raises ConfigError naming its variable.
    """

    environment: str
    project_dir: Path
    region: str
    endpoint_url: str | None
    postgres_url: str | None
    drop_dir: DropPlace | None
    payments_url: str | None
    sources_dir: Path | None = None
    bucket_prefix: str | None = None
    mysql_url: str | None = None
    kafka: Cluster | None = None
    payments_login: ClientCredentials | None = None
    drop_settle_seconds: float = 5.0

    @property
    def demo_dir(self) -> Path:
        """Folder of the demonstration's source systems and ledger."""
        return self.sources_dir or self.project_dir / ".lakehouse"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; raises ConfigError naming the variable that is wrong."""
        values = os.environ if environ is None else environ
        environment = values.get("LAKEHOUSE_ENV", "local")
        if not _ENVIRONMENT_NAME.fullmatch(environment):
            raise ConfigError(
                f"LAKEHOUSE_ENV is {environment!r}: it must be local, ci, dev, dev_<user> "
                "(lower-case letters, digits, underscores), pr_<number> or prod",
                variable="LAKEHOUSE_ENV",
            )
        prefix = values.get("LAKEHOUSE_BUCKET_PREFIX") or None
        if prefix and not _BUCKET_PREFIX.fullmatch(prefix):
            raise ConfigError(
                f"LAKEHOUSE_BUCKET_PREFIX is {prefix!r}: it must be 3 to 32 lower-case letters, "
                "digits and hyphens, such as acme-lakehouse",
                variable="LAKEHOUSE_BUCKET_PREFIX",
            )
        endpoint = _address(values, "AWS_ENDPOINT_URL")
        drop_dir = values.get("LAKEHOUSE_DROP_DIR")
        sources_dir = values.get("LAKEHOUSE_SOURCES_DIR")
        return cls(
            environment=environment,
            project_dir=find_project_dir(values),
            region=values.get("AWS_REGION") or values.get("AWS_DEFAULT_REGION") or "us-east-1",
            endpoint_url=endpoint,
            postgres_url=values.get("LAKEHOUSE_POSTGRES_URL"),
            drop_dir=parse_place(drop_dir) if drop_dir else None,
            payments_url=_address(values, "LAKEHOUSE_PAYMENTS_URL"),
            sources_dir=Path(sources_dir).resolve() if sources_dir else None,
            bucket_prefix=prefix,
            mysql_url=values.get("LAKEHOUSE_MYSQL_URL") or None,
            kafka=_find_cluster(values, environment),
            payments_login=_find_login(values),
            drop_settle_seconds=_seconds(values, "LAKEHOUSE_DROP_SETTLE_SECONDS", 5.0),
        )

    def __repr__(self) -> str:
        """Show everything but the passwords in the addresses of databases."""
        return (
            f"Settings(environment={self.environment!r}, project_dir={str(self.project_dir)!r}, "
            f"region={self.region!r}, endpoint_url={self.endpoint_url!r}, "
            f"postgres_url={_mask(self.postgres_url)!r}, mysql_url={_mask(self.mysql_url)!r}, "
            f"kafka={self.kafka!r}, drop_dir={self.drop_dir!r}, "
            f"payments_url={self.payments_url!r}, payments_login={self.payments_login!r})"
        )


def _address(values: Mapping[str, str], variable: str) -> str | None:
    """A variable's HTTP address; raises ConfigError where it is none."""
    text = values.get(variable) or None
    if text and not _is_address(text):
        raise ConfigError(
            f"{variable} is {text!r}: it must be an address such as http://127.0.0.1:4566, or "
            "unset",
            variable=variable,
        )
    return text


def _seconds(values: Mapping[str, str], variable: str, default: float) -> float:
    """A variable's seconds; raises ConfigError where they are none."""
    text = values.get(variable) or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _MOST_SECONDS:
        raise ConfigError(
            f"{variable} is {text!r}: it must be seconds, from 0 to {_MOST_SECONDS}",
            variable=variable,
        )
    return seconds


def _find_login(values: Mapping[str, str]) -> ClientCredentials | None:
    _address(values, TOKEN_URL)
    return find_credentials(values)


def _find_cluster(values: Mapping[str, str], environment: str) -> Cluster | None:
    bootstrap = values.get(BOOTSTRAP)
    if not bootstrap:
        return None
    properties = values.get(CONFIG)
    return Cluster(bootstrap, Path(properties) if properties else None, f"lakehouse-{environment}")


def _mask(url: str | None) -> str:
    """An address without its password."""
    return re.sub(r"://([^:/@]*):.*@", r"://\1:***@", url or "")


def _is_address(text: str) -> bool:
    """Whether a text is an HTTP address with a host and, where there is one, a number of a port."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def stage_of(environment: str) -> str:
    """Where an environment's data lie, and the name of its dbt target: those of people
    (`dev_<user>`) and of pull requests (`pr_<n>`) lie in `dev`."""
    return "dev" if environment.startswith(("dev", "pr_")) else environment


def find_project_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder that holds `infra/lake.yml` and `contracts/`.

    `LAKEHOUSE_PROJECT_DIR` decides when set; else the nearest of the working directory's
    parents that has both; else the checkout this package was installed from.
    """
    named = environ.get("LAKEHOUSE_PROJECT_DIR")
    if named:
        if not _is_project(Path(named)):
            raise ConfigError(
                f"LAKEHOUSE_PROJECT_DIR is {named!r}, which lacks infra/lake.yml or contracts/: "
                "set it to a checkout of the project",
                variable="LAKEHOUSE_PROJECT_DIR",
            )
        return Path(named).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if _is_project(folder):
            return folder
    raise ConfigError(
        "no contracts/ and infra/lake.yml here or above: run inside a checkout of the project, "
        "or set LAKEHOUSE_PROJECT_DIR",
        variable="LAKEHOUSE_PROJECT_DIR",
    )


def _is_project(folder: Path) -> bool:
    return (folder / "infra" / "lake.yml").is_file() and (folder / "contracts").is_dir()
