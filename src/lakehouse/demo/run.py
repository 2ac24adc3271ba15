"""Run a demonstration: sources, landing, dbt, reconciliation, day by day.

Nothing is done twice: a day that was landed and built by the same dbt project is only checked.
"""

from __future__ import annotations

import datetime as dt
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.athena import Athena, QueryResult, connect_athena
from lakehouse.contracts import Lake, apply_contracts, bootstrap_lake, connect_lake
from lakehouse.cost import record_last_build
from lakehouse.demo.dbt_build import DbtProject
from lakehouse.demo.leftovers import drop_leftovers
from lakehouse.demo.marks import (
    built_days,
    check_lake,
    claim_lake,
    mark_built,
    release_lake,
)
from lakehouse.demo.plan import Plan, require_local
from lakehouse.demo.progress import Reporter
from lakehouse.errors import DemoError, LakehouseError
from lakehouse.landing import Manifest, NotDue, Sources, find_runs, land
from lakehouse.landing.model import run_id_of
from lakehouse.landing.olist import land_olist
from lakehouse.marketplace import Sources as Marketplace
from lakehouse.marketplace import advance, running_sources, write_ledger
from lakehouse.observability import bound
from lakehouse.project_digest import project_digest
from lakehouse.reconcile import Reconciliation, reconcile
from lakehouse.settings import Settings


@dataclass(slots=True)
class Outcome:
    """What a demonstration did: the last day built, the reconciliation (None for Olist's files),
    bytes that Athena scanned, rows read and refused while landing, how many days the lake has."""

    last_day: dt.date
    reconciliation: Reconciliation | None = None
    scanned_bytes: int = 0
    built_days: int = 0
    landed: list[Manifest] = field(default_factory=list)
    lake_days: int = 0


def run_demo(plan: Plan, settings: Settings, reporter: Reporter) -> Outcome:
    """Do what the plan says.

    Raises:
        LakehouseError: a step failed; doing the same again goes on where it stopped.
    """
    require_local(settings)
    with reporter.step("prepare", "lake") as step:
        lake = connect_lake(settings)
        made = bootstrap_lake(lake)
        check_lake(lake, plan.identity)
        changes = [change for change in apply_contracts(lake) if change.action != "keep"]
        athena = connect_athena(settings)
        leftovers = drop_leftovers(lake, athena)
        step.note = f"{len(made)} things made, {len(changes)} tables applied"
        if leftovers:
            step.note += f", {len(leftovers)} left by a killed build dropped"
    project = DbtProject(
        settings.project_dir, settings.environment, lambda: _keep_costs(settings, reporter)
    )
    outcome = Outcome(plan.dates[-1])
    digest = project_digest(settings.project_dir)
    built = built_days(lake)
    if plan.olist is not None:
        for day in _find_outgrown(plan.olist, sorted(set(plan.dates) & set(built)), lake):
            reporter.say(f"{day}: {plan.olist} has files that were not there before")
            del built[day]
    if any(builder != digest for builder in built.values()):
        # An incremental build would leave the days before as the old project made them.
        _rebuild(lake, digest, project, reporter, outcome)
    missing = [day for day in plan.dates if day not in built]
    with ExitStack() as stack:
        marketplace: Marketplace | None = None
        for day in plan.dates:
            if day not in built:
                if marketplace is None and plan.olist is None:
                    marketplace = _start(plan, settings, reporter, stack)
                claim_lake(lake, plan.identity)
                try:
                    _land_day(plan, day, lake, marketplace, reporter, outcome)
                except LakehouseError:
                    _release_if_empty(lake)
                    raise
                # What reads the whole history is built once, with the last day.
                selector = "daily" if day != missing[-1] else None
                tested = day in plan.tested_dates
                _build_day(day, project, reporter, outcome, selector, tested=tested)
                mark_built(lake, day, digest)
            else:
                reporter.say(f"{day}: landed and built before, unchanged")
    days = {*built, *plan.dates}
    outcome.last_day, outcome.lake_days = max(days), len(days)
    if len(days) > len(plan.dates):
        reporter.say(f"the lake has {len(days)} days already, up to {outcome.last_day}")
    if plan.olist is None:
        outcome.reconciliation = _reconcile(plan, settings, lake, athena, reporter, outcome)
    return outcome


def _find_outgrown(folder: Path, days: list[dt.date], lake: Lake) -> list[dt.date]:
    """The days that the folder has more files for than were built; lands what is new.

    Raises:
        LandingError: a file changed since.
    """
    runs = find_runs(lake, lake.contracts.values())
    before = {run.manifest.run_id for run in runs if run.manifest}
    return [
        day
        for day in days
        if not {manifest.run_id for manifest in land_olist(folder, day, lake)} <= before
    ]


def _release_if_empty(lake: Lake) -> None:
    """Leave a lake in which nothing was published to whoever comes next."""
    if not any(run.manifest for run in find_runs(lake, lake.contracts.values())):
        release_lake(lake)


def _start(plan: Plan, settings: Settings, reporter: Reporter, stack: ExitStack) -> Marketplace:
    with reporter.step("generate", "source systems") as step:
        sources = stack.enter_context(
            running_sources(
                plan.world,
                settings.demo_dir,
                settings.postgres_url,
                mysql_url=settings.mysql_url,
                kafka=settings.kafka,
            )
        )
        step.note = ", ".join(sources.names()) + " are up"
    return sources


def _land_day(
    plan: Plan,
    day: dt.date,
    lake: Lake,
    marketplace: Marketplace | None,
    reporter: Reporter,
    outcome: Outcome,
) -> None:
    if marketplace is None:
        _land_olist(plan, day, lake, reporter, outcome)
        return
    with reporter.step("generate", f"{day} sources"):
        advance(plan.world, day, marketplace)
    addresses = Sources.from_settings(Settings.from_env({**os.environ, **marketplace.variables()}))
    with reporter.step("land", f"{day} land") as step:
        feeds = sorted(lake.contracts)
        manifests = []
        for number, feed in enumerate(feeds, start=1):
            with bound(feed=feed, batch=run_id_of(feed, day)):
                answer = land(feed, day, addresses, lake)
            if not isinstance(answer, NotDue):
                manifests.append(answer)
            step.tick(number, len(feeds), feed)
        step.note = _describe(manifests)
        outcome.landed += manifests


def _land_olist(plan: Plan, day: dt.date, lake: Lake, reporter: Reporter, outcome: Outcome) -> None:
    if plan.olist is None:
        raise DemoError("there is neither a marketplace nor a folder of files to land")
    with reporter.step("land", f"{day} land {plan.olist}") as step:
        manifests = land_olist(plan.olist, day, lake)
        step.note = _describe(manifests)
        outcome.landed += manifests


def _describe(manifests: list[Manifest]) -> str:
    read = sum(manifest.read_count for manifest in manifests)
    rejected = sum(manifest.rejected_count for manifest in manifests)
    return f"{len(manifests)} feeds, {read:,} rows read, {rejected:,} refused"


def _build_day(
    day: dt.date | None,
    project: DbtProject,
    reporter: Reporter,
    outcome: Outcome,
    selector: str | None = None,
    *,
    tested: bool = True,
) -> None:
    with reporter.step("build", f"{day or 'all days'} dbt build") as step:
        built = project.build(day, step.tick, selector, tested=tested)
        outcome.scanned_bytes += built.scanned_bytes
        outcome.built_days += 1
        step.note = built.summary


def _keep_costs(settings: Settings, reporter: Reporter) -> None:
    """Keep what dbt's last build scanned; a build is not undone because that cannot be kept."""
    try:
        record_last_build(settings)
    except (LakehouseError, BotoCoreError, ClientError) as error:
        reporter.say(f"what the build scanned is not kept: {error}")


def _rebuild(
    lake: Lake, digest: str, project: DbtProject, reporter: Reporter, outcome: Outcome
) -> None:
    """Build all that was landed anew, and mark every day that was built before with the digest."""
    reporter.say("the dbt project has changed since days were built: every table is built anew")
    _build_day(None, project, reporter, outcome)
    for day in built_days(lake):
        mark_built(lake, day, digest)


def _reconcile(
    plan: Plan,
    settings: Settings,
    lake: Lake,
    athena: Athena,
    reporter: Reporter,
    outcome: Outcome,
) -> Reconciliation:
    def run(sql: str) -> QueryResult:
        result = athena.run(sql)
        outcome.scanned_bytes += result.scanned_bytes
        return result

    with reporter.step("reconcile", f"{outcome.last_day} reconcile") as step:
        ledger = settings.demo_dir / "ledger" / f"{outcome.last_day.isoformat()}.json"
        if not ledger.is_file():
            has_topic = settings.kafka is not None
            write_ledger(plan.world, outcome.last_day, ledger.parent, has_topic=has_topic)
        answer = reconcile(ledger, lake.inventory.databases(lake.environment), run)
        step.note = answer.summary
    return answer
