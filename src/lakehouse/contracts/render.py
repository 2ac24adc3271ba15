"""Files that are rendered from contracts and committed: dbt sources, tables' DDL, Talend's jobs.

The first line of each says so. `find_stale` compares what is committed with what the contracts
say now, so that nobody edits a rendered file or forgets to render it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lakehouse.contracts.inventory import Inventory
from lakehouse.contracts.model import Column, Contract
from lakehouse.contracts.rules import describe_check
from lakehouse.contracts.tables import build_tables, render_ddl
from lakehouse.contracts.talend import render_jobs
from lakehouse.contracts.technical import (
    NOTES,
    PARTITION_COLUMN,
    REJECTED_TEXTS,
    SOURCE_TEXTS,
    TECHNICAL_COLUMNS,
    TechnicalColumn,
)

NOTICE = "rendered from contracts by `lakehouse contracts render`; do not edit."

# A target is named as its stage: people and pull requests read the shared tables of dev.
_STAGE = "{{ target.name }}"

_SYSTEMS = {
    "catalogue": "Product catalogue, delivered as full snapshots.",
    "customer_service": "Customer service, delivered as files of surveys.",
    "events": "Event store of the orders, a topic of which files stand for.",
    "marketing": "Marketing, delivered as daily exports.",
    "order_management": "Order management, extracted by watermark.",
    "payment_gateway": "Payment gateway, read page by page.",
    "postal": "Postal service, delivered as a monthly list.",
}


def render_all(contracts: Mapping[str, Contract], inventory: Inventory) -> dict[str, str]:
    """Every rendered file by its path in the project."""
    by_system: dict[str, list[Contract]] = defaultdict(list)
    for contract in sorted(contracts.values(), key=lambda contract: contract.feed):
        by_system[contract.source.system].append(contract)
    files = {
        f"models/raw/_{system}__sources.yml": _render_source(system, feeds)
        for system, feeds in sorted(by_system.items())
    }
    files["models/raw/_ops__sources.yml"] = _render_ops(contracts.values())
    for table in build_tables(contracts.values(), inventory):
        bucket = inventory.bucket_pattern.format(
            prefix="${prefix}", stage="${stage}", zone=table.zone
        )
        database = inventory.database_pattern.format(env="${stage}", zone=table.zone)
        ddl = render_ddl(table, database, bucket)
        files[f"contracts/rendered/{database.removeprefix('${stage}_')}.{table.name}.sql"] = (
            f"-- {NOTICE.capitalize()}\n{ddl}"
        )
    return files | render_jobs(contracts, inventory, NOTICE.capitalize())


def find_stale(project_dir: Path, files: Mapping[str, str]) -> list[str]:
    """One sentence for each rendered file that is missing, differs, or is left over."""
    problems = []
    for name, text in files.items():
        path = project_dir / name
        if not path.is_file():
            problems.append(f"{name}: missing")
        elif path.read_text("utf-8") != text:
            problems.append(f"{name}: differs from its contract")
    problems += [f"{name}: no contract renders it" for name in _left_over(project_dir, files)]
    return problems


def write_rendered(project_dir: Path, files: Mapping[str, str]) -> list[str]:
    """Write the files that changed and delete those left over; return their names."""
    changed = []
    for name, text in files.items():
        path = project_dir / name
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        changed.append(name)
    for name in _left_over(project_dir, files):
        (project_dir / name).unlink()
        changed.append(name)
    return changed


def _left_over(project_dir: Path, files: Mapping[str, str]) -> list[str]:
    found = [
        *(project_dir / "models" / "raw").glob("_*__sources.yml"),
        *(project_dir / "contracts" / "rendered").glob("*.sql"),
        *(project_dir / "talend").glob("*/*.*"),
    ]
    names = sorted(path.relative_to(project_dir).as_posix() for path in found)
    return [
        name
        for name in names
        if name not in files and NOTICE in (project_dir / name).read_text("utf-8").lower()
    ]


def _render_source(system: str, contracts: Iterable[Contract]) -> str:
    return _dump(
        {
            "name": system,
            "description": _SYSTEMS.get(system, f"The source system {system}."),
            "schema": f"{_STAGE}_raw",
            "tables": [_source_table(contract) for contract in contracts],
        }
    )


def _source_table(contract: Contract) -> dict[str, Any]:
    kinds = personal_kinds([contract])
    columns = [
        {
            "name": column.name,
            "description": column.description,
            "data_type": column.type.athena,
            **({"config": {"meta": meta}} if (meta := _column_meta(column)) else {}),
            **(
                {
                    "data_tests": [
                        {"not_null": {"name": f"raw_{contract.feed}__{column.name}__is_given"}}
                    ]
                }
                if column.key_position is not None
                else {}
            ),
        }
        for column in contract.columns
    ]
    return {
        "name": contract.feed,
        "description": (
            f"{contract.description} {contract.purpose} {contract.usage} {contract.limitations}"
        ),
        "config": {
            "loaded_at_field": "_ingested_at",
            "freshness": {
                "warn_after": {"count": contract.warn_after_hours, "period": "hour"},
                "error_after": {"count": contract.error_after_hours, "period": "hour"},
                # Older partitions are stale whatever they hold; without it all of raw is read.
                "filter": (
                    f"ingest_date >= date_add('day', -{contract.error_after_hours // 24 + 1}, "
                    "current_date)"
                ),
            },
            "meta": {
                "grain": contract.grain,
                "owner": contract.team,
                "key": list(contract.key),
                "loading": contract.loading.mode,
                "retention_days": contract.retention_days,
                "contract": contract.file,
                "contract_version": contract.version,
            },
        },
        "columns": [
            *columns,
            *(
                _technical_column(column, kinds if column.name == SOURCE_TEXTS else ())
                for column in (*TECHNICAL_COLUMNS, PARTITION_COLUMN)
            ),
        ],
    }


def _column_meta(column: Column) -> dict[str, Any]:
    """What a reader of the source must know of a column besides type and description."""
    meta: dict[str, Any] = {}
    if column.is_personal:
        meta["personal_data"] = _kinds(column)
    if column.unit is not None:
        meta["unit"] = column.unit
    if column.checks:
        meta["rules"] = [describe_check(check) for check in column.checks]
    if column.lookup is not None:
        meta["looked_up"] = f"{column.lookup.list}.{column.lookup.take} by {column.lookup.key}"
    if column.references:
        meta["references"] = [str(reference) for reference in column.references]
    return meta


def personal_kinds(contracts: Iterable[Contract]) -> list[str]:
    """The kinds of personal data in feeds: what texts of whole rows may hold."""
    columns = (column for contract in contracts for column in contract.columns)
    return sorted({kind for each in columns for kind in _kinds(each)})


def _kinds(column: Column) -> list[str]:
    return (list(column.tags) or ["other"]) if column.is_personal else []


def _technical_column(column: TechnicalColumn, kinds: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "name": column.name,
        "description": column.description,
        "data_type": column.type.athena,
        **({"config": {"meta": {"personal_data": list(kinds)}}} if kinds else {}),
    }


def _render_ops(contracts: Iterable[Contract]) -> str:
    kinds = personal_kinds(contracts)
    return _dump(
        {
            "name": "ops",
            "description": "What the platform writes about itself.",
            "schema": f"{_STAGE}_ops",
            "tables": [
                {
                    "name": note.table,
                    "description": note.description,
                    "config": {"meta": {"grain": note.grain, "owner": "platform"}},
                    "columns": [
                        _technical_column(column, kinds if column.name in REJECTED_TEXTS else ())
                        for column in (*note.columns, PARTITION_COLUMN)
                    ],
                }
                for note in NOTES
            ],
        }
    )


class _Dumper(yaml.SafeDumper):
    """Indents the elements of a list below its key, as the project's YAML style has it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _dump(source: Mapping[str, Any]) -> str:
    body = yaml.dump(
        {"version": 2, "sources": [source]},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
    return f"# {NOTICE.capitalize()}\n{body}"
