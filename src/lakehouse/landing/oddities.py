"""What is odd about a batch that is otherwise right, by comparison with the batches before it.

Oddities are warnings: the batch is published, and a person is told. The one that holds a batch is
text of a wrong encoding in too many rows (`lakehouse.landing.batch`). Source: docs/en/landing.md,
"Bad input".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.contracts import Contract
from lakehouse.landing.model import Manifest

RECENT = 7
"""Batches that a new one is compared with: a week of a daily feed."""

_FEWEST_BATCHES = 5
_FEWEST_ROWS = 20
_FACTOR = 5
# UTF-8 read as Latin-1 or Windows-1252 shows a lead byte (Â to ô), then a character that one of the
# two has for a continuation byte (80 to BF). U+FFFD is what stands for a byte that was none.
_CONTINUED = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_SUSPECT = f"[\u00c2-\u00f4][{_CONTINUED}]|\ufffd"


@dataclass(frozen=True, slots=True)
class Profile:
    """What later batches are compared with, and what this one is warned of.

    `null_columns` hold nothing but nulls, `future_columns` an instant or day after the business
    date; `garbled_count` are rows with text of a wrong encoding, by column in `garbled_columns`.
    """

    null_columns: tuple[str, ...]
    future_columns: tuple[str, ...]
    garbled_count: int
    garbled_columns: Mapping[str, int]


def merge_profiles(parts: Sequence[Profile], contract: Contract) -> Profile:
    """The profile of a batch out of those of its chunks, each of which has rows."""
    names = [column.name for column in contract.columns]
    garbled = {name: sum(part.garbled_columns.get(name, 0) for part in parts) for name in names}
    return Profile(
        null_columns=tuple(
            name for name in names if parts and all(name in part.null_columns for part in parts)
        ),
        future_columns=tuple(
            name for name in names if any(name in part.future_columns for part in parts)
        ),
        garbled_count=sum(part.garbled_count for part in parts),
        garbled_columns={name: count for name, count in garbled.items() if count},
    )


def profile_rows(rows: pa.Table, contract: Contract, end: datetime) -> Profile:
    """Look at the rows that entered; `end` is the instant at which the business date ends."""
    nulls, futures = [], []
    garbled = np.zeros(rows.num_rows, dtype=np.bool_)
    garbled_columns: dict[str, int] = {}
    for column in contract.columns:
        values = rows[column.name]
        if rows.num_rows and values.null_count == rows.num_rows:
            nulls.append(column.name)
        elif column.type.family in ("timestamp", "date"):
            latest = pc.max(values)
            bound = pa.scalar(end.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us"))
            if latest.is_valid and pc.greater_equal(latest.cast(pa.timestamp("us")), bound).as_py():
                futures.append(column.name)
        elif column.type.family == "varchar":
            hits = _find_garbled(values)
            if len(hits):
                garbled[hits] = True
                garbled_columns[column.name] = len(hits)
    return Profile(tuple(nulls), tuple(futures), int(garbled.sum()), garbled_columns)


def _find_garbled(values: Any) -> Any:
    """Positions of texts of which every byte makes sense when their encoding is undone once."""
    is_ascii = pc.string_is_ascii(values)
    if pc.all(is_ascii, min_count=0).as_py():
        return np.zeros(0, dtype=np.int64)
    others = np.flatnonzero(np.asarray(pc.fill_null(pc.invert(is_ascii), False)))
    found = pc.match_substring_regex(pc.take(values, pa.array(others)), pattern=_SUSPECT)
    positions = others[np.asarray(found, dtype=np.bool_)]
    texts = pc.take(values, pa.array(positions)).to_pylist()
    return positions[[_is_garbled(text) for text in texts]]


def _is_garbled(text: str) -> bool:
    if "\ufffd" in text:
        return True
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode("utf-8") != text
        except UnicodeError:
            continue
    return False


def find_oddities(
    manifest: Manifest,
    profile: Profile,
    contract: Contract,
    recent: Sequence[Manifest],
    later: date | None,
) -> dict[str, str]:
    """What is odd about a batch, a sentence a kind: `new_fields`, `vanished_columns`,
    `future_times`, `unusual_volume`, `repeated_delivery`, `late_batch`, `garbled_text`,
    `broken_rules`.

    `recent` are up to RECENT published batches before it, `later` is a published day after it.
    """
    found: dict[str, str] = {}
    filled = [each for each in recent if each.written_count]
    if recent:
        known = {name for each in recent for name in each.ignored_fields}
        new = [name for name in manifest.ignored_fields if name not in known]
        if new:
            found["new_fields"] = f"the source has {', '.join(new)}, which no contract mentions"
    if len(filled) >= _FEWEST_BATCHES and manifest.written_count >= _FEWEST_ROWS:
        usual = {name for each in filled for name in each.null_columns}
        gone = [name for name in profile.null_columns if name not in usual]
        if gone:
            found["vanished_columns"] = f"{', '.join(gone)} had values until now and has none"
    if filled:
        usual = {name for each in filled for name in each.future_columns}
        ahead = [name for name in profile.future_columns if name not in usual]
        if ahead:
            found["future_times"] = (
                f"{', '.join(ahead)} lies after {manifest.business_date.isoformat()} in some rows"
            )
    if len(recent) >= _FEWEST_BATCHES:
        middle = median(each.read_count for each in recent)
        read = manifest.read_count
        is_far = read > _FACTOR * middle or _FACTOR * read < middle
        if is_far and abs(read - middle) >= _FEWEST_ROWS:
            found["unusual_volume"] = (
                f"{read} rows were read; in the middle of the {len(recent)} batches before it is "
                f"{middle:g}"
            )
    if contract.loading.mode == "append" and manifest.read_count:
        same = [each for each in recent if _stage_sums(each) == _stage_sums(manifest)]
        if same:
            found["repeated_delivery"] = (
                f"the files are those of {same[0].business_date.isoformat()}, byte for byte"
            )
    if later is not None:
        day = manifest.business_date.isoformat()
        found["late_batch"] = (
            f"{later.isoformat()} was landed before it: rebuild what reads it with `lakehouse "
            f"backfill --from {day}`"
        )
    if profile.garbled_count:
        columns = ", ".join(f"{name} {count}" for name, count in profile.garbled_columns.items())
        found["garbled_text"] = f"text of a wrong encoding, by column: {columns}"
    if manifest.warned_by_rule:
        rules = ", ".join(f"{name} {count}" for name, count in manifest.warned_by_rule.items())
        found["broken_rules"] = f"rows that entered against a rule that warns: {rules}"
    return found


def _stage_sums(manifest: Manifest) -> list[str]:
    return sorted(file.sha256 for file in manifest.files if file.role == "stage")
