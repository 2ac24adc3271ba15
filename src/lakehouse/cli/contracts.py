"""`lakehouse contracts`: check the contracts, render files from them, apply them to a lake."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from lakehouse.cli._output import ends_with_status, print_json
from lakehouse.contracts import (
    apply_contracts,
    bootstrap_lake,
    check_standard,
    connect_lake,
    load_contract,
    load_contracts,
    load_inventory,
)
from lakehouse.contracts.evolution import Change, judge_changes
from lakehouse.contracts.inventory import LOCAL_ENVIRONMENTS
from lakehouse.contracts.loader import SUFFIX, read_contracts
from lakehouse.contracts.previous import find_previous_contracts
from lakehouse.contracts.render import find_stale, render_all, write_rendered
from lakehouse.contracts.requirements import find_gaps
from lakehouse.contracts.rules import render_pages
from lakehouse.errors import ContractError
from lakehouse.settings import Settings


@click.group("contracts", short_help="Check, render and apply contracts.")
def contracts_command() -> None:
    """What every raw table is: contracts/*.odcs.yaml (Open Data Contract Standard v3.1)."""


@contracts_command.command("check")
@click.option(
    "--against",
    metavar="REF|FOLDER",
    envvar="LAKEHOUSE_CONTRACTS_AGAINST",
    help="Compare with this git reference or folder (default: where this branch left main).",
)
@click.option("--json", "as_json", is_flag=True, help="Print problems and changes as JSON.")
@ends_with_status
def check_command(against: str | None, as_json: bool) -> None:
    """Check every contract, infra/lake.yml, that rendered files are fresh, and what changed.

    A change against the previous version must show in the contract's version number; what takes
    away something that a model names is a problem whatever the number.

    \b
    Examples:
      lakehouse contracts check
      lakehouse contracts check --against v1.2.0 --json
    """
    project = Settings.from_env().project_dir
    problems: list[str] = []
    changes: list[Change] = []
    previous = None
    paths = sorted((project / "contracts").glob(f"*{SUFFIX}"))
    for path in paths:
        try:
            load_contract(path)
            problems += check_standard(path)
        except ContractError as error:
            problems.append(str(error))
    if not problems:
        contracts = read_contracts(project / "contracts")
        problems += [str(gap) for gap in find_gaps(contracts)]
        inventory = load_inventory(project / "infra" / "lake.yml")
        files = render_all(contracts, inventory) | render_pages(project, contracts)
        stale = find_stale(project, files)
        problems += [f"{problem} (run `lakehouse contracts render`)" for problem in stale]
        try:
            previous = find_previous_contracts(project, against)
        except ContractError as error:
            if against is not None:
                raise
            # Contracts of before that this version no longer reads must not stop what repairs them.
            click.echo(f"not compared with the previous version: {error}", err=True)
        if previous is not None:
            changes, found = judge_changes(project, previous, contracts)
            problems += found
    if as_json:
        print_json(
            {
                "contracts": len(paths),
                "against": previous.name if previous else None,
                "changes": [asdict(change) for change in changes],
                "problems": problems,
            }
        )
    else:
        for change in changes:
            click.echo(str(change))
        for problem in problems:
            click.echo(f"error: {problem}", err=True)
    if problems:
        sys.exit(ContractError.exit_code)
    if not as_json:
        click.echo(f"{len(paths)} contracts are valid and their rendered files fresh")


@contracts_command.command("render")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; fail when stale.")
@ends_with_status
def render_command(only_check: bool) -> None:
    """Write what the contracts describe: dbt sources, tables' DDL, Talend's jobs, table of rules.

    \b
    Examples:
      lakehouse contracts render
      lakehouse contracts render --check
    """
    project = Settings.from_env().project_dir
    contracts = load_contracts(project / "contracts")
    files = render_all(contracts, load_inventory(project / "infra" / "lake.yml"))
    files |= render_pages(project, contracts)
    if only_check:
        stale = find_stale(project, files)
        for problem in stale:
            click.echo(f"error: {problem} (run `lakehouse contracts render`)", err=True)
        if stale:
            sys.exit(ContractError.exit_code)
        click.echo(f"{len(files)} rendered files are fresh")
        return
    changed = write_rendered(project, files)
    for name in changed:
        click.echo(name)
    click.echo(f"{len(changed)} of {len(files)} rendered files changed")


@contracts_command.command("apply")
@click.option("--target", help="Environment: local, ci, dev, prod… (default: LAKEHOUSE_ENV).")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@ends_with_status
def apply_command(target: str | None, dry_run: bool, as_json: bool) -> None:
    """Make raw and reject tables in the Glue catalog of a target; the second time changes nothing.

    Buckets and databases are Terraform's; those of a local lake are made here when missing.

    \b
    Examples:
      local-athena exec -- lakehouse contracts apply --target local
      lakehouse contracts apply --target dev --dry-run
    """
    lake = connect_lake(Settings.from_env(), target)
    is_local = lake.environment in LOCAL_ENVIRONMENTS
    made = bootstrap_lake(lake, dry_run=dry_run) if is_local else []
    changes = apply_contracts(lake, dry_run=dry_run)
    if as_json:
        print_json({"made": made, "tables": [asdict(change) for change in changes]})
        return
    verb = "would make" if dry_run else "made"
    for thing in made:
        click.echo(f"{verb} {thing}")
    for change in changes:
        detail = f" ({', '.join(change.differences)})" if change.differences else ""
        click.echo(f"{change.action:6} {change.database}.{change.table}{detail}")
