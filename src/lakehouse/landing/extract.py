"""Bring a feed's delivery of a business date from its source system to the stage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from lakehouse.contracts import Contract
from lakehouse.drop_place import DropPlace, S3Prefix
from lakehouse.errors import ConfigError, SourceMissingError
from lakehouse.landing.extract_drop import copy_files, find_files
from lakehouse.landing.model import Manifest, Sources
from lakehouse.landing.stage import Delivery, Stage

# Variables of the systems whose rows may come as files instead, where the contract says so.
_SYSTEMS = {"mysql": "LAKEHOUSE_MYSQL_URL", "kafka": "LAKEHOUSE_KAFKA_BOOTSTRAP"}
BUSINESS_ZONE = ZoneInfo("America/Sao_Paulo")


def end_of_day(business_date: date) -> datetime:
    """The instant at which a business date ends: the next midnight in America/Sao_Paulo."""
    return datetime.combine(business_date + timedelta(days=1), time(), BUSINESS_ZONE)


def reader_of(contract: Contract, sources: Sources) -> str:
    """How the files are read that `extract` stores."""
    if contract.source.kind == "kafka" and sources.kafka:
        return "kafka_lines"
    return contract.format.name


def extract(
    contract: Contract,
    business_date: date,
    sources: Sources,
    previous: Manifest | None,
    stage: Stage,
) -> Delivery:
    """Fill the stage and declare the delivery complete.

    `previous` is the last published run before this date; extraction goes on where it ended. A
    system that may be replaced by files is asked when its address is known, else the files are.

    Raises:
        ConfigError: the source's address is not known.
        SourceError: the source did not deliver.
    """
    # The clients of the sources are slow to import, and a run that is published needs none.
    watermark: Mapping[str, str | None] = {}
    ignored: tuple[str, ...] = ()
    match contract.source.kind:
        case "postgresql":
            from lakehouse.landing.extract_postgres import copy_changes

            url = _require(sources.postgres_url, "LAKEHOUSE_POSTGRES_URL", contract)
            watermark, ignored = copy_changes(
                contract, end_of_day(business_date), url, previous, stage
            )
        case "rest":
            from lakehouse.landing.extract_rest import copy_pages

            url = _require(sources.payments_url, "LAKEHOUSE_PAYMENTS_URL", contract)
            watermark = copy_pages(
                contract,
                end_of_day(business_date),
                url,
                sources.payments_login,
                previous,
                stage,
            )
        case "mysql" if sources.mysql_url:
            from lakehouse.landing.extract_mysql import copy_table

            ignored = copy_table(contract, sources.mysql_url, stage)
        case "kafka" if sources.kafka:
            from lakehouse.landing.extract_kafka import copy_records

            watermark = copy_records(
                contract, end_of_day(business_date), sources.kafka, previous, stage
            )
        case _:
            _copy_drop(contract, business_date, sources, stage)
    delivery = Delivery(
        reader=reader_of(contract, sources),
        sha256=stage.checksums(),
        watermark=watermark,
        ignored=ignored,
    )
    stage.complete(delivery)
    return delivery


def acknowledge(contract: Contract, sources: Sources, manifest: Manifest) -> None:
    """Tell the source that a run is published, where it is a source that wants to know."""
    if contract.source.kind == "kafka" and sources.kafka:
        from lakehouse.landing.extract_kafka import acknowledge as tell

        tell(contract, sources.kafka, manifest)


def _require(address: str | None, variable: str, contract: Contract) -> str:
    if not address:
        raise ConfigError(
            f"{contract.feed} comes from {contract.source.system}, whose address is not known: "
            f"set {variable}, or start the demonstration's systems by `make sources`",
            variable=variable,
        )
    return address


def drop_folder(contract: Contract, business_date: date, sources: Sources) -> DropPlace | None:
    """Where a feed's files of a business date are dropped; None where it does not come as files."""
    source = contract.source
    is_asked = {
        "postgresql": True,
        "rest": True,
        "mysql": bool(sources.mysql_url),
        "kafka": sources.kafka is not None,
    }.get(source.kind, False)
    if is_asked or sources.drop_dir is None or not source.folder:
        return None
    return sources.drop_dir / source.folder / business_date.isoformat()


def _copy_drop(contract: Contract, business_date: date, sources: Sources, stage: Stage) -> None:
    folder = drop_folder(contract, business_date, sources)
    if folder is None:
        system = _SYSTEMS.get(contract.source.kind)
        ways = [name for name in (system, contract.source.folder and "LAKEHOUSE_DROP_DIR") if name]
        _require(None, " or ".join(ways), contract)
        return
    if isinstance(folder, S3Prefix):
        from lakehouse.landing.extract_drop_s3 import copy_objects, find_objects

        delivered = find_objects(stage.s3, folder, contract)
        copy = partial(copy_objects, stage.s3, folder)
    else:
        delivered = find_files(folder, contract)
        copy = partial(copy_files, folder, settle_seconds=sources.drop_settle_seconds)
    if not delivered:
        raise SourceMissingError(
            contract.feed,
            f"no {contract.source.pattern} in {folder}: has {contract.source.system} delivered "
            f"{business_date.isoformat()} yet?",
        )
    copy(delivered, contract, stage)
