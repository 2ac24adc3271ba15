"""Land the public Olist files through the same stage, door and protocol as every other source."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.errors import ConfigError, LandingError
from lakehouse.landing.batch import require_visible
from lakehouse.landing.claim import Claim
from lakehouse.landing.clocks import DateOrder
from lakehouse.landing.door import admit
from lakehouse.landing.filling import new_draft
from lakehouse.landing.model import Manifest, run_id_of
from lakehouse.landing.olist_files import (
    FILES,
    ORDERS,
    OlistFile,
    decide_date_orders,
    read_file,
    read_folder,
)
from lakehouse.landing.olist_records import build_records
from lakehouse.landing.publish import Publication
from lakehouse.landing.settle import Stopwatch, settle
from lakehouse.landing.stage import Delivery, Stage
from lakehouse.landing.store import Bucket
from lakehouse.observability import timed_step

logger = logging.getLogger(__name__)


def land_olist(
    folder: Path,
    business_date: date,
    lake: Lake,
    *,
    feeds: Collection[str] | None = None,
) -> list[Manifest]:
    """Land the files of a folder as the batches of a business date; return their manifests.

    All files and columns are checked, and the order of days and months decided, before anything
    is written. `feeds` limits what is landed, not what must be there.

    Raises:
        ConfigError: raw is shared and another environment's, or a feed is asked for of which there
            is no file.
        SourceSchemaError: naming all files and columns that are missing, or dates that cannot be
            decided.
        LandingError: the date holds batches of another delivery.
        BatchHeldError: too many rows of a feed were refused.
    """
    lake.check_owns("raw")
    contracts = {feed: lake.contract(feed) for feed in FILES}
    contents = read_folder(folder, contracts)
    present = sorted(feed for feed, name in FILES.items() if name in contents)
    wanted = present if feeds is None else [lake.contract(feed).feed for feed in feeds]
    if missing := sorted(set(wanted) - set(present)):
        raise ConfigError(
            f"{folder} has no file of {', '.join(missing)}: it has {', '.join(present)}"
        )
    published = _find_published(lake, business_date, wanted, contents)
    if len(published) == len(wanted):
        return [published[feed] for feed in wanted]
    files = {
        feed: read_file(feed, contents[FILES[feed]], FILES[feed], contracts[feed])
        for feed in present
    }
    orders = decide_date_orders(files, contracts)
    return [
        published.get(feed) or _land_feed(feed, business_date, lake, files, contents, orders)
        for feed in wanted
    ]


def _find_published(
    lake: Lake, business_date: date, feeds: Collection[str], contents: Mapping[str, bytes]
) -> dict[str, Manifest]:
    """The batches of that date that are there already, made of these very files."""
    found: dict[str, Manifest] = {}
    for feed in feeds:
        run_id = run_id_of(feed, business_date)
        require_visible(lake, business_date, run_id)
        manifest, is_published = Publication(
            lake, lake.contract(feed), business_date, run_id
        ).find()
        if manifest is None or not is_published:
            continue
        staged = {
            file.uri.rpartition("/")[2]: file.sha256
            for file in manifest.files
            if file.role == "stage"
        }
        names = _staged_names(feed)
        changed = [name for name in names if staged.get(name) != _digest(contents[name])]
        if changed:
            raise LandingError(
                run_id,
                f"is published already, out of other files: {', '.join(changed)} changed since. "
                "What is published is never altered: start anew (`make clean` removes lake and "
                "sources), or choose another lake by LOCAL_ATHENA_DATA and LAKEHOUSE_SOURCES_DIR, "
                "or with `lakehouse land` a later --date",
            )
        found[feed] = manifest
    return found


def _land_feed(
    feed: str,
    business_date: date,
    lake: Lake,
    files: Mapping[str, OlistFile],
    contents: Mapping[str, bytes],
    orders: Mapping[str, Mapping[str, DateOrder]],
) -> Manifest:
    contract = lake.contract(feed)
    run_id = run_id_of(feed, business_date)
    watch = Stopwatch()
    with timed_step(logger, "land", run_id=run_id), Claim(lake, feed, run_id) as claim:
        publication = Publication(lake, contract, business_date, run_id, claim)
        manifest, is_published = publication.find()
        if manifest is not None and is_published:  # by another process, since it was looked for
            return manifest
        bucket = Bucket(lake.s3, lake.bucket("stage"))
        stage = Stage(bucket, contract, business_date, run_id, claim)
        staged = {name: contents[name] for name in _staged_names(feed)}
        delivery = Delivery(
            reader="olist",
            sha256={name: _digest(content) for name, content in staged.items()},
            watermark={},
        )
        if stage.find_complete() != delivery:
            stage.clear()
            for name, content in staged.items():
                stage.put(name, content)
            stage.complete(delivery)
        watch.extracted()
        file = files[feed].lying_at(stage.key(FILES[feed]))
        shaped: Contract = replace(contract, format=file.format)
        records = build_records(shaped, file, files["orders"], orders.get("orders", {}))
        admission = admit(records, shaped, date_orders=orders.get(feed))
        counts = {FILES[name]: read.read_count for name, read in files.items()}
        facts = [
            stage.describe(name, len(content), counts[name], delivery.sha256[name])
            for name, content in staged.items()
        ]
        with new_draft(contract, business_date) as draft:
            draft.add(admission, records.ignored)
            draft.finish()
            timing = watch.timing()
            return settle(
                lake, publication, contract, business_date, delivery, facts, draft, timing
            )


def _staged_names(feed: str) -> list[str]:
    """The feed's own file, and the orders where times of change come from them."""
    needs_orders = feed in ("customers", "order_items", "payments")
    return [FILES[feed], ORDERS] if needs_orders else [FILES[feed]]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
