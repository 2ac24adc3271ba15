"""The door of raw: every record enters typed and clean, or is refused with the rule it broke.

Rules that have their home here: encoding, trimming, null policy, types, decimal comma, zone to
UTC, bounds, patterns, allowed values, look-ups in reference lists, exact repeats within a batch.
All work on whole columns of a chunk of the batch: what a row tells by itself is seen by `inspect`,
in any order of chunks; what takes the rows above it, by `admit`, in the order of the batch.
A row is refused once, under the first rule it breaks in the order of RULES, and under the first
column, in the contract's order, that breaks that rule. Source: docs/en/business-rules.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.contracts import Check, Column, Contract, Lookup
from lakehouse.contracts.technical import REJECTED_ROWS
from lakehouse.landing.clocks import DateOrder, Flags
from lakehouse.landing.json_text import build_objects
from lakehouse.landing.records import Records
from lakehouse.landing.repeats import Repeats
from lakehouse.landing.row_hash import Hashes, hash_rows
from lakehouse.landing.text_bytes import text_bytes
from lakehouse.landing.values import Typed, arrow_type, convert, flags

Rule = Literal[
    "shape", "required", "type", "future", "minimum", "maximum", "max_length", "pattern",
    "allowed_values", "lookup", "duplicate_row",
]  # fmt: skip
RULES: tuple[Rule, ...] = (
    "shape",
    "required",
    "type",
    "future",
    "minimum",
    "maximum",
    "max_length",
    "pattern",
    "allowed_values",
    "lookup",
    "duplicate_row",
)
_DELETE = 0x7F  # the first character after the visible ones of ASCII
REJECTED_SCHEMA = pa.schema(
    [(c.name, arrow_type(c.type)) for c in REJECTED_ROWS.columns if c.name != "feed"]
)


@dataclass(frozen=True, slots=True)
class Admission:
    """What came of a batch, or of a chunk of it.

    `rows` are the contract's columns, typed, of the rows that entered, followed by
    `_source_file`, `_row_number`, `_source_sequence`, `_is_ambiguous_time`, `_source_values`.
    `rejected` has REJECTED_SCHEMA without `run_id`, in the order of file and row.
    `rejected_by_rule` lists only the rules that were broken. `warned_by_rule` counts, under the
    names of the contract's rules that warn, the rows that entered against one.
    """

    rows: pa.Table
    rejected: pa.Table
    rejected_by_rule: Mapping[str, int]
    warned_by_rule: Mapping[str, int]
    read_count: int


@dataclass(frozen=True, slots=True)
class _Checked:
    """A column behind its checks; every array has one element a row."""

    text: Any
    typed: Typed
    is_changed: Flags
    broken: Mapping[str, Flags]
    warned: Mapping[str, Flags]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the rows of a chunk tell by themselves; every array has one element a row.

    `rule` and `column` are positions in RULES and in the contract's columns, -1 for none.
    """

    checked: Mapping[str, _Checked]
    rule: Any
    column: Any
    hashes: Hashes


def inspect(
    records: Records,
    contract: Contract,
    *,
    date_orders: Mapping[str, DateOrder] | None = None,
    until: datetime | None = None,
) -> Inspection:
    """Check and convert the records of a chunk, all but repeats; see `admit`."""
    orders = date_orders or {}
    checked = {
        column.name: _check_column(
            records.columns[column.name].combine_chunks(),
            column,
            contract,
            orders.get(column.name, "ymd"),
            until if column.name == contract.loading.watermark else None,
        )
        for column in contract.delivered
    }
    for column in contract.columns:
        if column.lookup is not None:
            checked[column.name] = _look_up(column, column.lookup, checked[column.lookup.key].text)
    rule, column_at = _judge(records, contract, checked)
    return Inspection(checked, rule, column_at, hash_rows(_comparable(records, contract, checked)))


def _comparable(records: Records, contract: Contract, checked: Mapping[str, _Checked]) -> pa.Table:
    """What rows that are equal in every text are equal in: texts, or numbers made of them, which
    are shorter."""
    of_text = ("varchar", "boolean")
    return pa.table(
        {
            column.name: records.columns[column.name]
            if column.type.family in of_text
            else checked[column.name].typed.values
            for column in contract.delivered
        }
    )


class Past:
    """What the door remembers of the chunks of a batch that went by.

    `again` gives the texts of all of them once more, from the first on.
    """

    def __init__(self, again: Callable[[], Iterable[pa.Table]]) -> None:
        self.repeats = Repeats(again)
        self.row_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *of_error: object) -> None:
        self.repeats.close()


def admit(
    records: Records,
    contract: Contract,
    *,
    date_orders: Mapping[str, DateOrder] | None = None,
    until: datetime | None = None,
    inspection: Inspection | None = None,
    past: Past | None = None,
) -> Admission:
    """Check and convert the records of a batch, or of a chunk of it.

    `until` is the instant at which its business date ends: no watermark may lie there or later.
    `date_orders` gives the order of the parts of dates for columns that are not ISO 8601.
    `inspection` is what `inspect` found, where that was done before. `past` are the chunks before
    this one, and remembers it; a batch that is one chunk has none.
    """
    seen = inspection or inspect(records, contract, date_orders=date_orders, until=until)
    if past is None:
        with Past(again=tuple) as alone:
            return _admit(records, contract, seen, alone)
    return _admit(records, contract, seen, past)


def _admit(records: Records, contract: Contract, seen: Inspection, past: Past) -> Admission:
    found = past.repeats.find(records.columns, seen.hashes, seen.rule == -1)
    rule = seen.rule.copy()
    rule[found] = RULES.index("duplicate_row")
    entered = rule == -1
    rows = _build_rows(records, contract, seen.checked, entered, past.row_count)
    past.row_count += records.columns.num_rows
    rejected = _build_rejected(records, contract, rule, seen.column)
    counts = pc.value_counts(rejected["rule"].combine_chunks())
    by_rule = {item["values"].as_py(): item["counts"].as_py() for item in counts}
    return Admission(
        rows=rows,
        rejected=rejected,
        rejected_by_rule={rule: by_rule[rule] for rule in RULES if rule in by_rule},
        warned_by_rule=_count_warned(seen.checked, entered),
        read_count=records.read_count,
    )


def _count_warned(checked: Mapping[str, _Checked], entered: Flags) -> dict[str, int]:
    """Rows that entered against a rule that warns, by its name."""
    counts = {
        name: int((is_broken & entered).sum())
        for column in checked.values()
        for name, is_broken in column.warned.items()
    }
    return {name: count for name, count in counts.items() if count}


def _check_column(
    source: Any, column: Column, contract: Contract, order: DateOrder, until: datetime | None
) -> _Checked:
    text = source if _is_clean(source, contract) else _clean(source, contract)
    if column.pad_with_zeros_to is not None:
        is_code = pc.match_substring_regex(text, pattern=r"^\d+$")
        padded = pc.utf8_lpad(text, width=column.pad_with_zeros_to, padding="0")
        text = pc.if_else(is_code, padded, text)
    typed = convert(text, column.type, contract.format, order)
    is_missing = flags(text.is_null())
    is_changed = typed.is_changed
    if text is not source:
        # Nothing is lost when an empty text becomes null; any other difference keeps its source.
        is_changed = is_changed | flags(
            pc.and_(pc.not_equal(source, ""), pc.fill_null(pc.not_equal(text, source), True))
        )
    broken: dict[str, Flags] = {"type": typed.is_unreadable}
    if column.required:
        broken["required"] = is_missing
    if until is not None and typed.micros is not None:
        broken["future"] = typed.micros >= round(until.timestamp() * 1_000_000)
    warned: dict[str, Flags] = {}
    for check in column.checks:
        is_broken = _break(check, column, text, typed)
        if check.warns:
            warned[check.name] = is_broken
        else:
            broken[check.rule] = is_broken
    return _Checked(text, typed, is_changed, broken, warned)


def _look_up(column: Column, lookup: Lookup, text: Any) -> _Checked:
    """The values that a reference list has for the keys in a column of texts; null for a miss."""
    keys, values = zip(*lookup.entries, strict=True)
    found = pc.index_in(pc.utf8_upper(text), value_set=pa.array(keys, pa.string()))
    typed = pa.array(values, arrow_type(column.type)).take(found)
    no = np.zeros(len(text), dtype=np.bool_)
    is_missed = flags(pc.and_(text.is_valid(), found.is_null()))
    broken: dict[str, Flags] = {c.rule: is_missed for c in column.checks if not c.warns}
    warned = {check.name: is_missed for check in column.checks if check.warns}
    return _Checked(typed, Typed(typed, no, no), no, broken, warned)


def _is_clean(source: Any, contract: Contract) -> bool:
    """Whether `_clean` would change nothing, as far as a quick look tells.

    Every text begins and ends with a visible ASCII character, and none is a token of null.
    """
    data, offsets = text_bytes(source)
    has_text = offsets[1:] > offsets[:-1]
    if int(has_text.sum()) != len(source) - source.null_count:
        return False
    for ends in (data[offsets[:-1][has_text]], data[offsets[1:][has_text] - 1]):
        if ends.size and (ends.min() <= ord(" ") or ends.max() >= _DELETE):
            return False
    if contract.format.null_tokens:
        tokens = pa.array(contract.format.null_tokens, pa.string())
        return not pc.any(pc.is_in(source, value_set=tokens), min_count=0).as_py()
    return True


def _clean(source: Any, contract: Contract) -> Any:
    """The texts without white space at their ends; null where nothing is left, or a token of it."""
    trimmed = pc.utf8_trim_whitespace(source)
    is_null = pc.equal(trimmed, "")
    if contract.format.null_tokens:
        tokens = pa.array(contract.format.null_tokens, pa.string())
        is_null = pc.or_(is_null, pc.is_in(trimmed, value_set=tokens))
    return pc.if_else(pc.fill_null(is_null, True), pa.scalar(None, pa.string()), trimmed)


def _break(check: Check, column: Column, text: Any, typed: Typed) -> Flags:
    """Which rows break a check; a null breaks none but `required`."""
    match check.rule:
        case "required":
            return flags(text.is_null())
        case "minimum":
            return flags(pc.less(typed.values, _bound(column, typed, check.limit)))
        case "maximum":
            return flags(pc.greater(typed.values, _bound(column, typed, check.limit)))
        case "max_length":
            return flags(pc.greater(pc.utf8_length(text), check.limit))
        case "pattern":
            return flags(pc.invert(pc.match_substring_regex(text, pattern=str(check.limit))))
        case "allowed_values":
            words = pa.array(check.limit, pa.string())
            return flags(pc.and_(text.is_valid(), pc.invert(pc.is_in(text, value_set=words))))
        case "lookup":
            raise ValueError(f"{column.name} is delivered, and not looked up")


def _bound(column: Column, typed: Typed, bound: Any) -> Any:
    """The bound as a scalar that compares exactly with the column's values."""
    if column.type.family == "decimal":
        return pa.scalar(bound, pa.decimal128(38, column.type.scale))
    return pa.scalar(int(bound), typed.values.type)


def _judge(
    records: Records, contract: Contract, checked: Mapping[str, _Checked]
) -> tuple[Any, Any]:
    """The first rule that each row breaks, and the first column that breaks it; -1 for none."""
    size = records.columns.num_rows
    rule = np.full(size, -1, dtype=np.int8)
    column = np.full(size, -1, dtype=np.int16)
    for rule_position, name in enumerate(RULES[:-1]):
        for column_position, declared in enumerate(contract.columns):
            broken = checked[declared.name].broken.get(name)
            if broken is not None and broken.any():
                hit = broken & (rule == -1)
                rule[hit] = rule_position
                column[hit] = column_position
    return rule, column


def _build_rows(
    records: Records,
    contract: Contract,
    checked: Mapping[str, _Checked],
    entered: Flags,
    rows_before: int,
) -> pa.Table:
    keep = None if entered.all() else pa.array(entered)
    columns: dict[str, Any] = {}
    changed_texts: dict[str, Any] = {}
    is_ambiguous = np.zeros(len(entered), dtype=np.bool_)
    for column in contract.columns:
        result = checked[column.name]
        columns[column.name] = _filter(result.typed.values, keep).cast(arrow_type(column.type))
        if result.typed.is_ambiguous is not None:
            is_ambiguous |= result.typed.is_ambiguous
        if column.lookup is None and (result.is_changed & entered).any():
            source = records.columns[column.name].combine_chunks()
            changed = pc.if_else(pa.array(result.is_changed), source, pa.scalar(None, pa.string()))
            changed_texts[column.name] = _filter(changed, keep)
    columns["_source_file"] = _filter(records.source_file, keep).cast(pa.string())
    columns["_row_number"] = _filter(records.row_number, keep)
    columns["_source_sequence"] = _source_sequence(contract, checked, entered, rows_before)
    columns["_is_ambiguous_time"] = pa.array(is_ambiguous[entered])
    columns["_source_values"] = (
        build_objects(changed_texts) if changed_texts else pa.nulls(int(entered.sum()), pa.string())
    )
    return pa.table(columns)


def _filter(values: Any, keep: Any) -> Any:
    """The values of the rows that are kept; all of them for None."""
    return values if keep is None else values.filter(keep)


def _source_sequence(
    contract: Contract, checked: Mapping[str, _Checked], entered: Flags, rows_before: int
) -> Any:
    watermark = contract.loading.watermark
    if watermark is None:
        return pa.array(np.flatnonzero(entered) + 1 + rows_before, pa.int64())
    micros = checked[watermark].typed.micros
    return pa.array(micros[entered] if micros is not None else [], pa.int64())


def _build_rejected(records: Records, contract: Contract, rule: Any, column_at: Any) -> pa.Table:
    refused = np.flatnonzero(rule != -1)
    if not len(refused) and not records.unreadable:
        return REJECTED_SCHEMA.remove(REJECTED_SCHEMA.get_field_index("run_id")).empty_table()
    rows = records.columns.take(pa.array(refused))
    rules, at = rule[refused], column_at[refused]
    values = pa.nulls(len(refused), pa.string())
    for position, column in enumerate(contract.columns):
        broke = column.lookup.key if column.lookup is not None else column.name
        values = pc.if_else(pa.array(at == position), rows[broke].combine_chunks(), values)
    names = pa.array([column.name for column in contract.columns], pa.string())
    of_rows = {
        "rule": pa.array(RULES, pa.string()).take(pa.array(rules)),
        "column_name": names.take(pa.array(at, mask=at == -1)),
        "value": values,
        "row_json": build_objects(
            {name: rows[name].combine_chunks() for name in rows.column_names}, keep_nulls=True
        ),
        "row_number": pc.take(records.row_number, pa.array(refused)),
        "source_file": pc.take(records.source_file, pa.array(refused)).cast(pa.string()),
    }
    unreadable = records.unreadable
    of_unreadable = {
        "rule": pa.array(["shape"] * len(unreadable), pa.string()),
        "column_name": pa.nulls(len(unreadable), pa.string()),
        "value": pa.array([record.problem for record in unreadable], pa.string()),
        "row_json": build_objects(
            {"text": pa.array([record.text for record in unreadable], pa.string())},
            keep_nulls=True,
        ),
        "row_number": pa.array([record.row_number for record in unreadable], pa.int64()),
        "source_file": pa.array([record.source_file for record in unreadable], pa.string()),
    }
    both = pa.concat_tables([pa.table(of_rows), pa.table(of_unreadable)])
    return both.sort_by([("source_file", "ascending"), ("row_number", "ascending")])
