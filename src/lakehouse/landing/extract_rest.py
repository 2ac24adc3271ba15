"""Pages of a REST answer, one file a page, from where the previous run ended.

Answers that a second try may cure (no connection, 429, 5xx) are tried again, waiting as long as
the service asks or longer each time. Pages are stored as they come: a run that was killed goes
on after the last page it stored.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from lakehouse.contracts import Contract
from lakehouse.errors import SourceError, SourceUnavailableError
from lakehouse.landing.model import Manifest
from lakehouse.landing.read_json import decode_page
from lakehouse.landing.stage import Stage
from lakehouse.observability import format_facts

logger = logging.getLogger(__name__)

_ATTEMPTS = 6
_TIMEOUT_SECONDS = (5, 30)
_LONGEST_WAIT_SECONDS = 30
_LAST_CURSOR = "last_cursor"


class _TryAgainError(Exception):
    """An answer that a second try may cure; `wait` is what the service asked for, in seconds."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def copy_pages(
    contract: Contract, until: datetime, url: str, previous: Manifest | None, stage: Stage
) -> Mapping[str, str | None]:
    """Write `page-00001.json` and so on to the stage; return where the next run goes on.

    Raises:
        SourceUnavailableError: the service did not answer after several tries.
        SourceError: the service refused the request, or sent the same cursor twice.
        SourceSchemaError: an answer is not a page.
    """
    start = previous.watermark.get("cursor") if previous else None
    limit = until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    number, cursor, last = _find_position(contract, stage, start)
    with requests.Session() as session:
        while number == 0 or cursor is not None:
            parameters = {"limit": str(contract.source.page_size), "updated_until": limit}
            if cursor is not None:
                parameters["cursor"] = cursor
            content = _get(session, url.rstrip("/") + contract.source.object, parameters, contract)
            number += 1
            name = _page_name(number)
            page = decode_page(content, name, contract)
            following = page.get(contract.source.cursor)
            if following is not None and following == cursor:
                raise SourceError(contract.feed, f"{name} leads to itself: cursor {cursor}")
            stage.put(name, content)
            cursor, last = following, page.get(_LAST_CURSOR) or following or last
    return {"from": start, "until": limit, "cursor": last}


def _find_position(
    contract: Contract, stage: Stage, start: str | None
) -> tuple[int, str | None, str | None]:
    """Pages stored by a killed run of this date, the cursor after them, the last cursor seen."""
    stored = stage.names()
    if stored != [_page_name(number) for number in range(1, len(stored) + 1)] or not stored:
        stage.clear()
        return 0, start, start
    content = stage.read_unchecked(stored[-1]) or b""
    page = decode_page(content, stored[-1], contract)
    following = page.get(contract.source.cursor)
    logger.info("%s", format_facts(event="resume", feed=contract.feed, pages=len(stored)))
    return len(stored), following, page.get(_LAST_CURSOR) or following or start


def _page_name(number: int) -> str:
    return f"page-{number:05d}.json"


def _get(
    session: requests.Session, url: str, parameters: Mapping[str, str], contract: Contract
) -> bytes:
    retrying = Retrying(
        retry=retry_if_exception_type(_TryAgainError),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=_wait,
        reraise=True,
    )
    try:
        return retrying(_get_once, session, url, parameters, contract)
    except _TryAgainError as error:
        raise SourceUnavailableError(
            contract.feed, f"{url} did not answer in {_ATTEMPTS} tries: {error}"
        ) from error


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _TryAgainError) and error.wait is not None:
        return min(error.wait, _LONGEST_WAIT_SECONDS)
    return wait_exponential_jitter(initial=0.2, max=_LONGEST_WAIT_SECONDS)(state)


def _get_once(
    session: requests.Session, url: str, parameters: Mapping[str, str], contract: Contract
) -> bytes:
    try:
        answer = session.get(url, params=parameters, timeout=_TIMEOUT_SECONDS)
        content = answer.content
    except requests.RequestException as error:
        raise _TryAgainError(type(error).__name__) from error
    if answer.status_code == 429 or answer.status_code >= 500:
        asked = answer.headers.get("Retry-After", "")
        wait = float(asked) if asked.replace(".", "", 1).isdigit() else None
        raise _TryAgainError(f"status {answer.status_code}", wait)
    if answer.status_code != 200:
        raise SourceError(contract.feed, f"{answer.url} answered status {answer.status_code}")
    return content
