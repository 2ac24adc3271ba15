"""What changed between two versions of a contract, and what that does to the version number.

`major` is what somebody who relied on the old version may no longer rely on: a reader finds a
column gone, of another type or null, or the source sees rows or files refused that used to enter.
`minor` adds to what was promised, `patch` changes words only. Source of the numbers: semver.org
2.0.0, read 2026-11-29; below 1.0.0 a minor number stands for what a major one says later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Literal

from lakehouse.contracts.model import Check, CheckRule, Column, ColumnType, Contract, Lookup

Level = Literal["patch", "minor", "major"]
LEVELS: tuple[Level, ...] = ("patch", "minor", "major")

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
# Fields of `source` and `format` that refuse nothing that used to enter.
_HARMLESS: Mapping[str, Level] = {
    "page_size": "patch",
    "most_pages": "patch",
    "null_tokens": "minor",
}
_WORDS = ("description", "purpose", "usage", "limitations", "grain", "owner", "team")


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of a feed's contract; `column` is None where it concerns the whole table.

    `takes_away` marks a column or table that is no longer there: what names it cannot run.
    """

    feed: str
    column: str | None
    level: Level
    what: str
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class VersionProblem:
    """A version number that does not say what changed; `expected` is the least that does."""

    feed: str
    old: str
    new: str
    expected: str


def compare_contracts(
    old: Mapping[str, Contract], new: Mapping[str, Contract]
) -> tuple[list[Difference], list[VersionProblem]]:
    """The changes of every feed of `old`, and the versions that do not say so."""
    differences: list[Difference] = []
    problems = []
    for feed in sorted(old):
        if feed not in new:
            differences.append(Difference(feed, None, "major", "the contract is removed", True))
            continue
        found = list(_compare(old[feed], new[feed]))
        differences += found
        problem = _judge_version(old[feed], new[feed], found)
        if problem is not None:
            problems.append(problem)
    return differences, problems


def _judge_version(old: Contract, new: Contract, found: list[Difference]) -> VersionProblem | None:
    before, after = parse_version(old.version), parse_version(new.version)
    if before is None:
        # What follows a version of no known form cannot be too low, and need only have the form.
        expected = "1.0.0"
        return None if after else VersionProblem(old.feed, old.version, new.version, expected)
    least = before
    if found:
        least = _raise(before, max((each.level for each in found), key=LEVELS.index))
    if after is None or after < least:
        expected = ".".join(map(str, least))
        return VersionProblem(old.feed, old.version, new.version, expected)
    return None


def parse_version(text: str) -> tuple[int, int, int] | None:
    """The three numbers of a version; None when it is not of the form 1.2.3."""
    found = _VERSION.fullmatch(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _raise(version: tuple[int, int, int], level: Level) -> tuple[int, int, int]:
    """The least version after one that says a change of this level."""
    major, minor, patch = version
    if level == "patch":
        return (major, minor, patch + 1)
    if level == "minor" or major == 0:
        return (major, minor + 1, 0)
    return (major + 1, 0, 0)


def _compare(old: Contract, new: Contract) -> Iterator[Difference]:
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    yield from _compare_columns(old.feed, before, after)
    if set(old.key) != set(new.key):
        yield Difference(
            old.feed, None, "major", f"the key was {_listed(old.key)}, now {_listed(new.key)}"
        )
    elif old.key != new.key:
        yield Difference(old.feed, None, "patch", "the key's columns have another order")
    if [n for n in before if n in after] != [n for n in after if n in before]:
        yield Difference(old.feed, None, "patch", "the columns have another order")
    yield from _compare_loading(old, new)
    yield from _compare_delivery(old, new)
    yield from _compare_retention(old, new)
    for name in _WORDS:
        if getattr(old, name) != getattr(new, name):
            yield Difference(old.feed, None, "patch", f"{name} is said otherwise")


def _compare_columns(
    feed: str, before: Mapping[str, Column], after: Mapping[str, Column]
) -> Iterator[Difference]:
    for name, column in before.items():
        if name not in after:
            yield Difference(feed, name, "major", "the column is removed", True)
            continue
        for level, what in _compare_column(column, after[name]):
            yield Difference(feed, name, level, what)
    for name, column in after.items():
        if name in before:
            continue
        if column.required:
            yield Difference(
                feed, name, "major", "a required column is new: rows without it are refused"
            )
        else:
            yield Difference(feed, name, "minor", "an optional column is new")


def _compare_column(old: Column, new: Column) -> Iterator[tuple[Level, str]]:
    if old.type != new.type:
        level: Level = "minor" if _is_wider(old.type, new.type) else "major"
        yield level, f"the type was {old.type.athena}, now {new.type.athena}"
    if new.required and not old.required:
        yield "major", "it was optional, now required: rows without it are refused"
    if old.required and not new.required:
        yield "major", "it was required, now optional: readers meet nulls"
    if old.source_path != new.source_path:
        yield "major", f"the source called it {old.source_path}, now {new.source_path}"
    yield from _compare_checks(old.checks, new.checks)
    yield from _compare_lookups(old.lookup, new.lookup)
    if old.pad_with_zeros_to != new.pad_with_zeros_to:
        was, now = old.pad_with_zeros_to, new.pad_with_zeros_to
        yield "major", f"padWithZerosTo was {was}, now {now}: codes read otherwise"
    if old.unit != new.unit:
        # To say at last what was meant all along changes nobody's reading.
        level = "patch" if old.unit is None else "major"
        yield level, f"the unit was {old.unit or 'not said'}, now {new.unit or 'not said'}"
    for reference in old.references:
        if reference not in new.references:
            yield "major", f"it refers to {reference} no longer"
    for reference in new.references:
        if reference not in old.references:
            yield "minor", f"it refers to {reference} now"
    if old.is_personal != new.is_personal:
        yield "minor", "it is personal data now" if new.is_personal else "no personal data now"
    if (old.description, old.tags) != (new.description, new.tags):
        yield "patch", "description or tags are said otherwise"


def _is_wider(old: ColumnType, new: ColumnType) -> bool:
    """Whether every value of the old type is one of the new, and files of the old read as such."""
    if (old.family, new.family) == ("integer", "bigint"):
        return True
    return (
        old.family == new.family == "decimal"
        and old.scale == new.scale
        and (new.precision or 0) > (old.precision or 0)
    )


def _compare_checks(old: tuple[Check, ...], new: tuple[Check, ...]) -> Iterator[tuple[Level, str]]:
    """What is refused that used to enter is grave; what is counted or refused no longer is not."""
    before = {(each.rule, each.warns): each.limit for each in old}
    after = {(each.rule, each.warns): each.limit for each in new}
    for rule, warns in dict.fromkeys((*before, *after)):
        was, now = before.get((rule, warns)), after.get((rule, warns))
        is_old, is_new = (rule, warns) in before, (rule, warns) in after
        if is_old and is_new and was == now:
            continue
        if warns:
            how = "counted otherwise" if is_old and is_new else "counted" if is_new else "no longer"
            yield "minor", f"rows beyond {rule} {_limit(now if is_new else was)} are {how}"
        elif not is_new:
            yield "minor", f"{rule} was {_limit(was)}, now none: nothing is refused for it"
        elif is_old and isinstance(was, tuple) and isinstance(now, tuple):
            yield from _compare_words(was, now)
        else:
            level: Level = "minor" if is_old and _is_looser(rule, was, now) else "major"
            end = "" if level == "minor" else ": rows beyond it are refused"
            yield level, f"{rule} was {_limit(was) if is_old else 'none'}, now {_limit(now)}{end}"


def _compare_lookups(old: Lookup | None, new: Lookup | None) -> Iterator[tuple[Level, str]]:
    """Another value for a key is a major change; a key more is none for those who read the rest."""
    was, now = _describe_lookup(old), _describe_lookup(new)
    if was != now:
        yield "major", f"its values came from {was}, now from {now}"
        return
    if old is None or new is None:
        return
    before, after = dict(old.entries), dict(new.entries)
    changed = [key for key in before if key not in after or before[key] != after[key]]
    added = [key for key in after if key not in before]
    if changed:
        yield "major", f"{old.list} has no longer the same for {_listed(changed)}"
    if added:
        yield "minor", f"{old.list} has {_listed(added)} now"


def _describe_lookup(lookup: Lookup | None) -> str:
    if lookup is None:
        return "the source"
    return f"{lookup.take} of {lookup.list} by {lookup.key}"


def _compare_words(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[tuple[Level, str]]:
    removed = [word for word in old if word not in new]
    added = [word for word in new if word not in old]
    if removed:
        yield "major", f"the words {_listed(removed)} are refused now"
    if added:
        yield "minor", f"the words {_listed(added)} are allowed now"


def _is_looser(rule: CheckRule, old: object, new: object) -> bool:
    """Whether a bound lets in all that it used to; of two patterns nobody can tell."""
    if not isinstance(old, Decimal | int) or not isinstance(new, Decimal | int):
        return False
    return new < old if rule == "minimum" else new > old


def _limit(limit: object) -> str:
    return _listed(limit) if isinstance(limit, tuple) else str(limit)


def _compare_loading(old: Contract, new: Contract) -> Iterator[Difference]:
    feed, before, after = old.feed, old.loading, new.loading
    if before.mode != after.mode:
        yield Difference(
            feed, None, "major", f"the loading mode was {before.mode}, now {after.mode}"
        )
    if before.watermark != after.watermark:
        yield Difference(
            feed, None, "major", f"the watermark was {before.watermark}, now {after.watermark}"
        )
    for name in ("reject_threshold", "reject_allowance"):
        if getattr(before, name) != getattr(after, name):
            yield Difference(
                feed,
                None,
                "minor",
                f"{name} was {getattr(before, name)}, now {getattr(after, name)}",
            )


def _compare_delivery(old: Contract, new: Contract) -> Iterator[Difference]:
    """How the source delivers: another place or form means that yesterday's delivery is refused."""
    for part in ("source", "format"):
        before, after = getattr(old, part), getattr(new, part)
        for field in fields(before):
            was, now = getattr(before, field.name), getattr(after, field.name)
            if was != now:
                level: Level = "minor" if _is_one_more(old, new, field.name) else "major"
                level = _HARMLESS.get(field.name, level)
                what = f"{part}.{field.name} was {_shown(was)}, now {_shown(now)}"
                yield Difference(old.feed, None, level, what)
    was_due = f"{old.warn_after_hours} and {old.error_after_hours} hours"
    now_due = f"{new.warn_after_hours} and {new.error_after_hours} hours"
    if was_due != now_due:
        yield Difference(old.feed, None, "minor", f"freshness was {was_due}, now {now_due}")
    if old.frequency != new.frequency:
        was_often = f"{old.frequency.count} {old.frequency.unit}"
        now_often = f"{new.frequency.count} {new.frequency.unit}"
        yield Difference(old.feed, None, "minor", f"frequency was {was_often}, now {now_often}")


def _is_one_more(old: Contract, new: Contract, field: str) -> bool:
    """Whether a changed field of `source` lets in more than before and still all that it did."""
    before, after = old.source, new.source
    match field:
        case "kind":  # what came as files may still come so, beside the system that is new
            drop = (before.folder, before.pattern)
            return before.kind == "drop" and drop == (after.folder, after.pattern)
        case "folder" | "pattern" | "partition_column" | "offset_column":
            return not getattr(before, field)
        case "text_columns":
            return set(before.text_columns) <= set(after.text_columns)
    return False


def _compare_retention(old: Contract, new: Contract) -> Iterator[Difference]:
    was, now = old.retention_days, new.retention_days
    if was == now:
        return
    # Kept for less time, or no longer said how long, is less than readers were promised.
    level: Level = "major" if now is None or (was is not None and now < was) else "minor"
    what = f"retention was {_days(was)}, now {_days(now)}"
    yield Difference(old.feed, None, level, what)


def _days(count: int | None) -> str:
    return "not said" if count is None else f"{count} days"


def _shown(value: str | int | Sequence[str] | None) -> str:
    return repr(value) if value is None or isinstance(value, str | int) else _listed(value)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"
