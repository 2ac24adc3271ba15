"""Pages of a REST answer, one file a page, from where the previous run ended.

Pages are stored as they come: a run that was killed goes on after the last page it stored.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lakehouse.contracts import Contract
from lakehouse.errors import SourceError, SourceSchemaError
from lakehouse.landing.model import Manifest
from lakehouse.landing.read_json import decode_page
from lakehouse.landing.rest_calls import RestService
from lakehouse.landing.stage import Stage
from lakehouse.oauth_client import ClientCredentials
from lakehouse.observability import format_facts

logger = logging.getLogger(__name__)

_LAST_CURSOR = "last_cursor"
_LONGEST_CURSOR = 4_096
"""Servers take some 8 KiB of address."""


@dataclass(frozen=True, slots=True)
class _Page:
    """An answer as received, the cursor of the page after it, and where a later run goes on."""

    content: bytes
    following: str | None
    last: str | None


def _read(name: str, contract: Contract, content: bytes) -> _Page:
    page = decode_page(content, name, contract)
    if contract.source.cursor not in page:
        raise SourceSchemaError(
            contract.feed,
            f"{name} has no {contract.source.cursor!r}, which is null on the last page; it has "
            f"{', '.join(repr(key) for key in page)}",
        )
    following, last = page[contract.source.cursor], page.get(_LAST_CURSOR)
    for cursor in (following, last):
        if cursor is not None and not _is_cursor(cursor):
            raise SourceSchemaError(
                contract.feed,
                f"{name} has a cursor that is no text of 1 to {_LONGEST_CURSOR} printable "
                "characters",
            )
    return _Page(content, following, last or following)


def _is_cursor(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_CURSOR and value.isprintable()


def copy_pages(
    contract: Contract,
    until: datetime,
    url: str,
    credentials: ClientCredentials | None,
    previous: Manifest | None,
    stage: Stage,
) -> Mapping[str, str | None]:
    """Write `page-00001.json` and so on to the stage; return where the next run goes on.

    Raises:
        ConfigError: the service does not know the client.
        SourceUnavailableError: the service did not answer after several tries.
        SourceError: the service refused the request, or its cursors lead nowhere.
        SourceSchemaError: an answer is not a page.
    """
    start = previous.watermark.get("cursor") if previous else None
    limit = until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    number, cursor, last = _find_position(contract, stage, start)
    asked = {cursor}
    address = url.rstrip("/") + contract.source.object
    with RestService(contract, credentials) as service:
        while number == 0 or cursor is not None:
            if number == contract.source.most_pages:
                _refuse_endless(contract, stage, cursor)
            parameters = {"limit": str(contract.source.page_size), "updated_until": limit}
            if cursor is not None:
                parameters["cursor"] = cursor
            number += 1
            name = _page_name(number)
            page = service.get(address, parameters, partial(_read, name, contract))
            if page.following is not None and page.following in asked:
                raise SourceError(
                    contract.feed,
                    f"{name} leads to where the service was asked before: cursor "
                    f"{_shorten(page.following)}",
                )
            asked.add(page.following)
            stage.put(name, page.content)
            cursor, last = page.following, page.last or last
    return {"from": start, "until": limit, "cursor": last}


def _refuse_endless(contract: Contract, stage: Stage, cursor: str | None) -> None:
    """A killed run would go on after the last page: nothing stays of pages without end."""
    stage.clear()
    raise SourceError(
        contract.feed,
        f"the service has sent {contract.source.most_pages} pages and leads to one more, cursor "
        f"{_shorten(cursor)}: have it repaired; or, where there is so much, raise mostPages in the "
        f"source of {contract.file}",
    )


def _shorten(cursor: str | None) -> str:
    """What an error shows of a cursor."""
    return (cursor or "")[:100]


def _find_position(
    contract: Contract, stage: Stage, start: str | None
) -> tuple[int, str | None, str | None]:
    """Pages stored by a killed run of this date, the cursor after them, the last cursor seen."""
    stored = stage.names()
    if stored != [_page_name(number) for number in range(1, len(stored) + 1)] or not stored:
        stage.clear()
        return 0, start, start
    page = _read(stored[-1], contract, stage.read_unchecked(stored[-1]) or b"")
    logger.info("%s", format_facts(event="resume", feed=contract.feed, pages=len(stored)))
    return len(stored), page.following, page.last or start


def _page_name(number: int) -> str:
    return f"page-{number:05d}.json"
