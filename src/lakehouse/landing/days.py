"""Business dates in the names of objects of raw and stage: `<source>/<feed>/ingest_date=D/…`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from lakehouse.contracts import Contract
from lakehouse.contracts.tables import feed_prefix
from lakehouse.observability import format_facts

logger = logging.getLogger(__name__)

_NAME = re.compile(r"ingest_date=(\d{4}-\d{2}-\d{2})/(.*)", re.ASCII | re.DOTALL)


def split_key(contract: Contract, key: str) -> tuple[date, str] | None:
    """The business date of a feed's object and its name within that day; None, and a warning once,
    for a name that is not of the protocol."""
    match = _NAME.fullmatch(key.removeprefix(feed_prefix(contract)))
    try:
        return (date.fromisoformat(match[1]), match[2]) if match else _ignore(key)
    except ValueError:
        return _ignore(key)


def days_with(contract: Contract, keys: Iterable[str], name: str) -> list[date]:
    """The business dates of which there is an object of that name, in order."""
    found = (split_key(contract, key) for key in keys)
    return sorted(each[0] for each in found if each is not None and each[1] == name)


def days_of(contract: Contract, keys: Iterable[str]) -> set[date]:
    """The business dates of which there is anything."""
    found = (split_key(contract, key) for key in keys)
    return {each[0] for each in found if each is not None}


@lru_cache(maxsize=1024)
def _ignore(key: str) -> None:
    logger.warning("%s", format_facts(event="foreign_object", key=key))
