"""A delivery that is refused whole, as one that cannot be read: why, in a manifest of its own.

It lies where that of the batch will: whoever lands the day once more replaces it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from lakehouse.contracts import Contract
from lakehouse.errors import SourceError
from lakehouse.landing.publish import Publication
from lakehouse.landing.settle import Stopwatch, new_manifest
from lakehouse.observability import format_facts

logger = logging.getLogger(__name__)


@contextmanager
def refusal_kept(
    publication: Publication, contract: Contract, business_date: date, watch: Stopwatch
) -> Iterator[None]:
    """Keep the reason of a `SourceError` that trying again does not help, and let it go on.

    A reason that cannot be kept is a line of the log: it never takes the error's place.
    """
    try:
        yield
    except SourceError as error:
        if not error.retryable:
            _keep(error, publication, contract, business_date, watch)
        raise


def _keep(
    error: SourceError,
    publication: Publication,
    contract: Contract,
    business_date: date,
    watch: Stopwatch,
) -> None:
    kind, run_id = type(error).__name__, publication.run_id
    manifest = replace(
        new_manifest(contract, business_date, run_id, watch.timing()),
        state="refused",
        reason=str(error).removeprefix(f"{error.feed}: "),
        error=kind,
    )
    try:
        publication.hold(manifest, rejected=None)
    except Exception as problem:  # noqa: BLE001  (the refusal itself is what must be told)
        facts = {"run_id": run_id, "error": type(problem).__name__}
        logger.warning("%s", format_facts(event="refusal_not_kept", **facts))
    else:
        logger.info("%s", format_facts(event="refused", run_id=run_id, error=kind))
