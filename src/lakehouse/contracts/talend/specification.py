"""What a Talend developer needs to build the job of a feed, as plain data out of its contract.

Its form is `talend/job.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from lakehouse.contracts.inventory import LOCAL_ENVIRONMENTS, Inventory
from lakehouse.contracts.lookups import FOLDER
from lakehouse.contracts.model import Check, Column, Contract
from lakehouse.contracts.tables import feed_prefix
from lakehouse.contracts.talend.texts import (
    CHANGED,
    CONTEXTS,
    CONVERSIONS,
    DECIMAL_COMMA,
    DOOR,
    EXIT_CODES,
    JAVA_TYPES,
    METERS,
    PARQUET_TYPES,
    PREPARATION,
    STATISTICS,
    STATISTICS_FILES,
    protocol,
)
from lakehouse.contracts.technical import (
    BATCHES,
    REJECTED_ROWS,
    TECHNICAL_COLUMNS,
    TechnicalColumn,
)

_INPUTS = {
    "postgresql": "tDBInput (PostgreSQL), then tFileOutputDelimited for the stage",
    "mysql": "tDBInput (MySQL), then tFileOutputDelimited for the stage",
    "kafka": "tKafkaInput, then tFileOutputRaw for the stage",
    "rest": "tRESTClient in a tLoop over the cursor, then tFileOutputRaw for the stage",
    "drop": "tFileList over the drop folder, then tS3Put for the stage",
}


def job_name(feed: str) -> str:
    """The name of a feed's job, artifact and task."""
    return f"land_{feed}"


def build_specification(contract: Contract, inventory: Inventory) -> dict[str, Any]:
    """The specification of the job of a feed."""
    families = sorted({column.type.family for column in contract.delivered})
    conversions: dict[str, str] = {family: CONVERSIONS[family] for family in families}
    if contract.format.decimal == ",":
        conversions["decimal_comma"] = DECIMAL_COMMA
    return {
        "specification": 1,
        "job": job_name(contract.feed),
        "feed": contract.feed,
        "description": contract.description,
        "grain": contract.grain,
        "owner": contract.team,
        "contract": {
            "file": contract.file,
            "version": contract.version,
            "sha256": contract.sha256,
        },
        "input": _build_input(contract),
        "preparation": list(PREPARATION),
        "mapping": [_build_column(column, contract) for column in contract.columns],
        "lookups": [
            {"list": name, "file": f"contracts/{FOLDER}/{name}.csv", "sha256": sha256}
            for name, sha256 in contract.lookups.items()
        ],
        "technical_columns": [_build_technical(column) for column in TECHNICAL_COLUMNS],
        "conversions": {**conversions, "changed_texts": CHANGED},
        "door": [_build_rule(rule, meaning, contract) for rule, meaning in DOOR],
        "warnings": [
            {"name": check.name, "column": column.name, **_describe(check)}
            for column in contract.columns
            for check in column.checks
            if check.warns
        ],
        "rejects": {
            "hold": {
                "share": contract.loading.reject_threshold,
                "allowance": contract.loading.reject_allowance,
                "empty_snapshot": contract.loading.mode == "full",
            },
            "columns": [_build_technical(c) for c in REJECTED_ROWS.columns if c.name != "feed"],
        },
        "batches": [_build_technical(c) for c in BATCHES.columns if c.name != "feed"],
        "contexts": dict(CONTEXTS),
        "context_parameters": _build_parameters(contract, inventory),
        "buckets": {
            zone: inventory.bucket_pattern.format(
                prefix="{bucket_prefix}", stage="{lakehouse_env}", zone=zone
            )
            for zone in ("stage", "raw", "ops")
        },
        "protocol": protocol(feed_prefix(contract), contract.feed),
        "statistics": {
            "folder": "statistics_dir",
            "separator": ";",
            "catchers": [
                {
                    "component": component,
                    "file": STATISTICS_FILES[component],
                    "columns": [{"name": name, "type": kind} for name, kind in columns],
                }
                for component, columns in STATISTICS.items()
            ],
            "meters": list(METERS),
        },
        "exit_codes": [
            {"code": code, "retry": is_retryable, "meaning": meaning}
            for code, is_retryable, meaning in EXIT_CODES
        ],
        "acceptance": {
            "manifest": f"{feed_prefix(contract)}ingest_date={{date}}/_manifest.json",
            "command": "lakehouse land --verify s3://<raw bucket>/<manifest>",
            "run_id": f"{contract.feed}-{{date}}",
        },
        "manifest": {
            "schema": "talend/manifest.schema.json",
            "values": {
                "protocol": 1,
                "feed": contract.feed,
                "run_id": f"{contract.feed}-{{date}}",
                "source_system": contract.source.system,
                "contract": contract.file,
                "contract_version": contract.version,
                "contract_sha256": contract.sha256,
            },
        },
    }


def render_yaml(specification: Mapping[str, Any]) -> str:
    """The specification as YAML."""
    return yaml.dump(
        dict(specification), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and writes equal parts out instead of referring to them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _build_input(contract: Contract) -> dict[str, Any]:
    source, form = contract.source, contract.format
    extraction: dict[str, Any]
    if source.kind == "postgresql":
        extraction = {
            "table": source.object,
            "watermark": contract.loading.watermark,
            "window": (
                "Rows whose watermark is at or after the `until` of the previous published "
                "manifest (the first run: all) and before the end of the business date, both wall "
                "time of the format's zone; rows of the seven days before it that were written by "
                "transactions which the `snapshot` of that manifest did not see; and rows without "
                "a watermark. In one read-only transaction, repeatable read, ordered by watermark, "
                "then key."
            ),
            "file": "part-00001-001.csv and so on, each with a header, some 8 MiB",
            "manifest_watermark": ["from", "until", "snapshot"],
        }
    elif source.kind == "rest":
        extraction = {
            "path": source.object,
            "cursor": source.cursor,
            "records": source.records,
            "page_size": source.page_size,
            "window": (
                "GET with limit, updated_until (end of the business date, UTC) and, from the "
                "second page on or where the previous published manifest has one, cursor; until "
                "the answer has no cursor. 429 and 5xx are tried again, six times, as Retry-After "
                "says."
            ),
            "file": "page-00001.json, page-00002.json and so on",
            "manifest_watermark": ["from", "until", "cursor"],
        }
    elif source.kind == "mysql":
        extraction = {
            "table": source.object,
            "window": (
                "The whole table, in one read-only transaction with a consistent snapshot, "
                "repeatable read, ordered by the primary key. NULL is nothing, an empty text is "
                "two quotes."
            ),
            "file": "part-00001.csv, part-00002.csv and so on, each with a header, up to 32 MiB",
            "manifest_watermark": [],
        }
    elif source.kind == "kafka":
        extraction = {
            "topic": source.object,
            "window": (
                "Of each partition, the messages from the offset of the previous published "
                "manifest (the first run: the earliest) to the first one whose timestamp is not "
                "before the end of the business date. Offsets are committed after publication."
            ),
            "file": "part-00001.jsonl, part-00002.jsonl and so on, up to 32 MiB",
            "manifest_watermark": ["offsets"],
        }
    else:
        extraction = {
            "folder": f"{source.folder}/{{date}}",
            "pattern": source.pattern,
            "window": "All files of the folder that fit the pattern, in the order of their names.",
            "file": "the names as delivered",
            "manifest_watermark": [],
        }
    return {
        "system": source.system,
        "kind": source.kind,
        "components": _INPUTS[source.kind],
        "loading": contract.loading.mode,
        "key": list(contract.key),
        "every": f"{contract.frequency.count}{contract.frequency.unit}",
        "extraction": extraction,
        "format": {
            "name": form.name,
            "encoding": form.encoding,
            "delimiter": form.delimiter,
            "quote": form.quote,
            "decimal": form.decimal,
            "time_zone": form.time_zone,
            "null_tokens": list(form.null_tokens),
        },
    }


def _build_column(column: Column, contract: Contract) -> dict[str, Any]:
    kind, lookup = column.type, column.lookup
    return {
        "column": column.name,
        "source": None if lookup else column.source_path,
        "type": kind.athena,
        "talend_type": JAVA_TYPES[kind.family],
        "parquet_type": PARQUET_TYPES[kind.family]
        + (f"({kind.precision}, {kind.scale})" if kind.family == "decimal" else ""),
        "conversion": kind.family,
        "required": column.required,
        "key_position": column.key_position,
        "is_watermark": column.name == contract.loading.watermark,
        "pad_with_zeros_to": column.pad_with_zeros_to,
        "lookup": (
            {"list": lookup.list, "key": lookup.key, "take": lookup.take} if lookup else None
        ),
        "unit": column.unit,
        "personal_data": list(column.tags) if column.is_personal else [],
        "description": column.description,
    }


def _build_technical(column: TechnicalColumn) -> dict[str, Any]:
    family = column.type.family
    return {
        "column": column.name,
        "type": column.type.athena,
        "talend_type": JAVA_TYPES[family],
        "parquet_type": PARQUET_TYPES[family],
        "required": column.required,
        "description": column.description,
    }


def _build_rule(rule: str, meaning: str, contract: Contract) -> dict[str, Any]:
    """A rule of the door with the columns that it asks, in the contract's order."""
    asked: list[dict[str, Any]] = []
    for column in contract.columns:
        if rule == "type" and column.type.family != "varchar" and column.lookup is None:
            asked.append({"column": column.name, "limit": column.type.athena})
        elif rule == "future" and column.name == contract.loading.watermark:
            asked.append({"column": column.name, "limit": "end of the business date"})
        else:
            limits = [c for c in column.checks if c.rule == rule and not c.warns]
            if limits:
                asked.append({"column": column.name, "limit": _limit(limits[-1])})
            elif rule == "required" and column.required:
                asked.append({"column": column.name, "limit": None})
    return {"rule": rule, "meaning": meaning, "asks": asked}


def _describe(check: Check) -> dict[str, Any]:
    return {"rule": check.rule, "limit": _limit(check)}


def _limit(check: Check) -> Any:
    if isinstance(check.limit, tuple):
        return list(check.limit)
    if check.limit is None or isinstance(check.limit, str):
        return check.limit
    return f"{check.limit:f}" if check.rule in ("minimum", "maximum") else check.limit


def _build_parameters(contract: Contract, inventory: Inventory) -> list[dict[str, Any]]:
    """Context parameters; a default of None must be given at each run or by the engine."""
    per_context = {
        "lakehouse_env": dict(CONTEXTS),
        "bucket_prefix": {
            context: inventory.bucket_prefix if stage in LOCAL_ENVIRONMENTS else None
            for context, stage in CONTEXTS.items()
        },
        "aws_region": dict.fromkeys(CONTEXTS, inventory.region),
        "aws_endpoint_url": {
            "Local": "http://127.0.0.1:4566",
            "Ci": None,
            "Dev": "",
            "Prod": "",
        },
    }
    always = {
        "contract_version": contract.version,
        "contract_sha256": contract.sha256,
        "reject_threshold": contract.loading.reject_threshold,
        "reject_allowance": contract.loading.reject_allowance,
        "again": False,
    }
    addresses = {
        "postgresql": ("postgres_url", "id_Password", "Address of the source's database."),
        "mysql": ("mysql_url", "id_Password", "Address of the source's database."),
        "kafka": ("kafka_bootstrap", "id_String", "Bootstrap servers of the source's cluster."),
        "rest": ("payments_url", "id_String", "Base address of the source's service."),
        "drop": ("drop_dir", "id_Directory", "Folder in which the source drops its files."),
    }
    asked = [addresses[contract.source.kind]]
    optional = {"again", "statistics_dir", "aws_endpoint_url"}
    if contract.source.folder and contract.source.kind != "drop":
        name, kind, _ = addresses["drop"]
        asked.append((name, kind, "Folder of the files that come where the source has no address."))
        optional |= {name for name, _, _ in asked}
    described: list[tuple[str, str, str]] = [
        ("business_date", "id_String", "Day to land, yyyy-MM-dd, America/Sao_Paulo."),
        ("run_id", "id_String", f"{contract.feed}-<business_date>; any other is status 2."),
        ("lakehouse_env", "id_String", "Environment whose lake is written."),
        ("bucket_prefix", "id_String", "First part of the buckets' names."),
        ("aws_region", "id_String", "Region of the buckets."),
        ("aws_endpoint_url", "id_String", "Endpoint of S3; empty for AWS itself."),
        *asked,
        ("contract_version", "id_String", "Version of the contract the job was built from."),
        ("contract_sha256", "id_String", "SHA-256 of that contract's file."),
        ("reject_threshold", "id_Double", "Share of refused rows above which a batch is held."),
        ("reject_allowance", "id_Integer", "Refused rows that hold no batch, whatever the share."),
        ("again", "id_Boolean", "Ask the source again although the stage holds its delivery."),
        ("statistics_dir", "id_Directory", "Folder of the catchers' files; none without it."),
    ]
    return [
        {
            "name": name,
            "type": kind,
            "required": name not in optional,
            "defaults": per_context.get(name, dict.fromkeys(CONTEXTS, always.get(name))),
            "description": description,
        }
        for name, kind, description in described
    ]
