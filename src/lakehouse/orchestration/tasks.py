"""The work of each task, free of Airflow: plain functions of a feed and a business date.

A business date is text, `YYYY-MM-DD`, as templates give it. Heavy imports happen at task time,
because Airflow parses DAG files over and over.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from lakehouse.errors import ConfigError, ReconcileError
from lakehouse.observability import bound
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from lakehouse.landing import Manifest, NotDue
    from lakehouse.marketplace import World

_log = logging.getLogger(__name__)

WEEKLY_WEEKDAY = 6
"""Sunday, as Python numbers weekdays: what reads all history is built on those only."""

SEED, SCALE = "LAKEHOUSE_WORLD_SEED", "LAKEHOUSE_WORLD_SCALE"


def parse_day(day: str) -> date:
    """The business date of a run, as its template renders it.

    Raises:
        ConfigError: the run was started without one, or it is no date.
    """
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise ConfigError(
            f"the run has no business date ({day!r}): start it with a partition key such as "
            "2026-06-01, or with the parameter business_date"
        ) from error


def prepare_lake() -> int:
    """Make the raw and reject tables what the contracts say; gives how many were changed.

    A local lake gets its buckets and databases too; on AWS they are Terraform's.

    Raises:
        LakeError: a database is missing, or a table of that name is of another kind.
    """
    from lakehouse.contracts import apply_contracts, bootstrap_lake, connect_lake
    from lakehouse.contracts.inventory import LOCAL_ENVIRONMENTS

    lake = connect_lake(Settings.from_env())
    if lake.environment in LOCAL_ENVIRONMENTS:
        bootstrap_lake(lake)
    changed = [change for change in apply_contracts(lake) if change.action != "keep"]
    _log.info("event=prepared tables_changed=%s", len(changed))
    return len(changed)


def demonstration_world(environ: Mapping[str, str]) -> World | None:
    """The made-up marketplace whose sources this process must move, None where sources are real.

    Raises:
        ConfigError: a variable is no number.
    """
    if SEED not in environ:
        return None
    from lakehouse.marketplace import DEFAULT_SCALE, World

    try:
        return World(seed=int(environ[SEED]), scale=float(environ.get(SCALE, DEFAULT_SCALE)))
    except ValueError as error:
        raise ConfigError(f"{SEED} and {SCALE} must be numbers: {error}", variable=SEED) from error


def close_day(day: str) -> str:
    """End a business date: move the demonstration's sources to its end; real ones deliver alone.

    Raises:
        ConfigError: the day is none, or there is a marketplace to move and LAKEHOUSE_POSTGRES_URL
            is not set.
    """
    settings = Settings.from_env()
    business_date = parse_day(day)
    world = demonstration_world(os.environ)
    if world is None:
        return "the sources deliver by themselves"
    from lakehouse.marketplace import advance, write_ledger
    from lakehouse.marketplace.advance import find_sources

    advance(world, business_date, find_sources(settings))
    ledger = settings.demo_dir / "ledger"
    return str(write_ledger(world, business_date, ledger, has_topic=settings.kafka is not None))


def land_feed(feed: str, day: str) -> str | None:
    """Land one feed of one business date; gives the run id of the published batch, None when the
    feed is not due on that day.

    Raises:
        LandingError, SourceError: as `lakehouse.landing.land`.
    """
    from lakehouse.contracts import connect_lake
    from lakehouse.landing import Sources, land
    from lakehouse.landing.model import run_id_of

    settings = Settings.from_env()
    sources = Sources.from_settings(settings)
    business_date = parse_day(day)
    with bound(feed=feed, batch=run_id_of(feed, business_date)):
        manifest = land(feed, business_date, sources, connect_lake(settings))
    return tell_landed(manifest)


def tell_landed(manifest: Manifest | NotDue) -> str | None:
    """Log what became of a feed's day; gives the run id of the batch, None when none was due."""
    from lakehouse.landing import NotDue

    if isinstance(manifest, NotDue):
        _log.info("event=not_due feed=%s due=%s", manifest.feed, manifest.due.isoformat())
        return None
    _log.info(
        "event=landed run_id=%s read=%s written=%s rejected=%s",
        manifest.run_id,
        manifest.read_count,
        manifest.written_count,
        manifest.rejected_count,
    )
    for kind, sentence in manifest.warnings.items():
        _log.warning("event=odd run_id=%s kind=%s: %s", manifest.run_id, kind, sentence)
    return manifest.run_id


def find_missing(day: str) -> list[str]:
    """The feeds that were due on a business date and have no published batch of it, each as a
    sentence: why its batch is held or was refused, or the word of the source's breaker where that
    is not closed.

    Raises:
        ConfigError: the day is none.
    """
    from lakehouse.breakers import circuit_of
    from lakehouse.contracts import connect_lake
    from lakehouse.landing import find_runs
    from lakehouse.landing.history import is_missing

    settings = Settings.from_env()
    business_date = parse_day(day)
    lake = connect_lake(settings)
    found = []
    for contract in lake.contracts.values():
        if is_missing(lake, contract, business_date):
            source = contract.source.system
            breaker = circuit_of(lake, source).read()
            runs = find_runs(lake, [contract], business_date, business_date)
            reasons = [f"{run.state}: {run.reason}" for run in runs if run.reason]
            if breaker.state != "closed":
                reasons.append(f"{source} is left alone: {breaker.reason}")
            why = f" ({'; '.join(reasons)})" if reasons else ""
            found.append(f"{contract.feed} has not landed{why}")
    return found


def expire_lake() -> str:
    """Delete what contracts and infra/lake.yml keep no longer; says what went, zone by zone.

    Raises:
        ConfigError: a zone is another environment's.
        LakeError: S3 refused to delete an object.
    """
    from lakehouse.contracts import connect_lake
    from lakehouse.landing.retention import expire

    lake = connect_lake(Settings.from_env())
    for zone in lake.inventory.zones.values():
        if zone.has_database:
            lake.check_owns(zone.name)
    gone = expire(lake, datetime.now(UTC).date())
    for each in gone:
        _log.info(
            "event=expired zone=%s feed=%s before=%s objects=%s bytes=%s",
            each.zone,
            each.feed or "-",
            each.before,
            each.object_count,
            each.size_bytes,
        )
    return f"{sum(each.object_count for each in gone)} objects deleted"


def bucket_of(zone: str) -> str:
    """The bucket of a zone, for templates; raises ConfigError as `find_inventory` does."""
    from lakehouse.contracts import find_inventory

    settings = Settings.from_env()
    return find_inventory(settings).bucket(settings.environment, zone)


def database_of(zone: str) -> str:
    """The database of a zone, for templates; raises ConfigError as `find_inventory` does."""
    from lakehouse.contracts import find_inventory

    settings = Settings.from_env()
    return find_inventory(settings).database(settings.environment, zone)


def find_workgroup() -> str:
    """The Athena workgroup of the environment, for templates."""
    from lakehouse.athena import connect_athena

    return connect_athena(Settings.from_env()).workgroup


def locate_result(query_id: str) -> str:
    """The address of the file that Athena wrote for a query; its workgroup may decide where."""
    from lakehouse.athena import connect_athena

    execution = connect_athena(Settings.from_env()).wait(query_id)
    location: str = execution["ResultConfiguration"]["OutputLocation"]
    return location


def is_weekly(day: str) -> bool:
    """Whether what reads all history is built on a business date."""
    return parse_day(day).weekday() == WEEKLY_WEEKDAY


def reconcile_day(day: str) -> str:
    """Compare the curated tables that the day's run built with its ledger, where there is one.

    Raises:
        ReconcileError: a figure differs; the message names the first ones.
    """
    from lakehouse.athena import connect_athena
    from lakehouse.contracts import find_inventory
    from lakehouse.reconcile import DAILY_FIGURES, FIGURE_QUERIES, reconcile

    settings = Settings.from_env()
    ledger = settings.demo_dir / "ledger" / f"{day}.json"
    if not ledger.exists() and demonstration_world(os.environ) is None:
        return "no ledger of that day: real sources keep none"
    databases = find_inventory(settings).databases(settings.environment)
    queries = FIGURE_QUERIES if is_weekly(day) else DAILY_FIGURES
    outcome = reconcile(ledger, databases, connect_athena(settings).run, queries)
    if outcome.differences:
        shown = "\n".join(str(difference) for difference in outcome.differences[:20])
        raise ReconcileError(f"{day}: {outcome.summary}\n{shown}")
    return f"{day}: {outcome.summary}"
