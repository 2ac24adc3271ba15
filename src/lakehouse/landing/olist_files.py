"""The public Olist files: their names, their columns, and what spreadsheets do to them.

Source: "Brazilian E-Commerce Public Dataset by Olist", names and headers as published; the
spelling `lenght` is theirs, a corrected `length` is understood as well. A file may have been
saved by a spreadsheet: semicolons and decimal commas, dates with slashes, lost leading zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.contracts import Contract, Format
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.clocks import DateOrder
from lakehouse.landing.read_csv import read_header, read_text_table
from lakehouse.landing.records import Unreadable

NAME = "olist"
ORDERS = "olist_orders_dataset.csv"
OPTIONAL = frozenset({"geolocation"})
"""Feeds whose file may be left out of a folder."""
FILES: Mapping[str, str] = {
    "category_translations": "product_category_name_translation.csv",
    "customers": "olist_customers_dataset.csv",
    "geolocation": "olist_geolocation_dataset.csv",
    "order_items": "olist_order_items_dataset.csv",
    "orders": ORDERS,
    "payments": "olist_order_payments_dataset.csv",
    "products": "olist_products_dataset.csv",
    "reviews": "olist_order_reviews_dataset.csv",
    "sellers": "olist_sellers_dataset.csv",
}
# Columns of the contracts that Olist does not publish: derived, or null by policy.
DERIVED: Mapping[str, frozenset[str]] = {
    "customers": frozenset({"updated_at"}),
    "orders": frozenset({"created_at", "updated_at"}),
    "order_items": frozenset({"updated_at"}),
    "payments": frozenset({"updated_at"}),
}
ABSENT: Mapping[str, frozenset[str]] = {
    "customers": frozenset(
        {
            "customer_name",
            "customer_email",
            "customer_phone",
            "customer_cpf",
            "created_at",
            "deleted_at",
        }
    ),
    "orders": frozenset({"deleted_at"}),
    "payments": frozenset({"currency"}),
    "order_items": frozenset({"deleted_at"}),
    "sellers": frozenset({"seller_name", "seller_cnpj"}),
}
_SPELLINGS = {
    "product_name_length": "product_name_lenght",
    "product_description_length": "product_description_lenght",
}
_SLASHED = r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.]\d{4}"
_COMMA = r"^[+-]?[\d.]*\d,\d+$"


@dataclass(frozen=True, slots=True)
class OlistFile:
    """One file, read as text. `table` has the contract's spelling of the published columns."""

    name: str
    source_file: str
    format: Format
    table: pa.Table
    row_number: Any
    unreadable: tuple[Unreadable, ...]
    ignored: tuple[str, ...]

    @property
    def read_count(self) -> int:
        """Records in the file, readable or not."""
        return int(self.table.num_rows) + len(self.unreadable)

    def lying_at(self, source_file: str) -> OlistFile:
        """The same file, once it lies in the stage."""
        moved = tuple(replace(record, source_file=source_file) for record in self.unreadable)
        return replace(self, source_file=source_file, unreadable=moved)


def published_columns(contract: Contract) -> list[str]:
    """The columns of a contract that the Olist file of its feed has."""
    ours = DERIVED.get(contract.feed, frozenset()) | ABSENT.get(contract.feed, frozenset())
    return [column.name for column in contract.delivered if column.name not in ours]


def read_folder(folder: Path, contracts: Mapping[str, Contract]) -> dict[str, bytes]:
    """The bytes of every file, by name, once the folder is known to be complete.

    The file of an optional feed may be missing. A file may be without a record, the orders
    excepted: everything else hangs on them.

    Raises:
        SourceSchemaError: naming every file and every column that is missing.
    """
    if not folder.is_dir():
        raise SourceSchemaError(NAME, f"{folder} is not a folder")
    contents: dict[str, bytes] = {}
    problems: list[str] = []
    for feed, name in sorted(FILES.items(), key=lambda item: item[1]):
        path = folder / name
        if not path.is_file() and feed in OPTIONAL:
            continue
        if not path.is_file():
            problems.append(f"the file {name} is missing")
            continue
        contents[name] = path.read_bytes()
        contract = contracts[feed]
        try:
            shape = sniff_format(contents[name], contract)
            header = _spell(read_header(contents[name], name, NAME, shape))
        except SourceSchemaError as error:
            problems.append(str(error).removeprefix(f"{NAME}: "))
            continue
        missing = [column for column in published_columns(contract) if column not in header]
        if missing:
            problems.append(f"{name} lacks the columns {', '.join(missing)}")
        elif name == ORDERS and not _has_record(contents[name]):
            problems.append(f"{name} has a header and no record")
    if problems:
        raise SourceSchemaError(NAME, f"{folder} cannot be landed: {'; '.join(problems)}")
    return contents


def _has_record(content: bytes) -> bool:
    """Whether something other than blanks follows the first line."""
    return bool(content.partition(b"\n")[2].strip())


def read_file(feed: str, content: bytes, source_file: str, contract: Contract) -> OlistFile:
    """Read one file as text under the contract's names."""
    shape = sniff_format(content, contract)
    as_saved = replace(contract, format=shape)
    table, row_number, unreadable = read_text_table(content, source_file, as_saved)
    table = table.rename_columns(_spell(table.column_names))
    return OlistFile(
        name=FILES[feed],
        source_file=source_file,
        format=replace(shape, decimal=_sniff_decimal(table, contract)),
        table=table,
        row_number=row_number,
        unreadable=unreadable,
        ignored=tuple(sorted(set(table.column_names) - {c.name for c in contract.delivered})),
    )


def sniff_format(content: bytes, contract: Contract) -> Format:
    """How the file was saved: as published (commas), or by a spreadsheet (semicolons)."""
    header = content[:65_536].split(b"\n", 1)[0]
    delimiter = ";" if header.count(b";") > header.count(b",") else ","
    return replace(
        contract.format, name="csv", encoding="utf-8", delimiter=delimiter, quote='"', decimal="."
    )


def _sniff_decimal(table: pa.Table, contract: Contract) -> str:
    for column in contract.delivered:
        if column.type.family == "decimal" and column.name in table.column_names:
            values = pc.utf8_trim_whitespace(table[column.name])
            if pc.any(pc.match_substring_regex(values, pattern=_COMMA)).as_py():
                return ","
    return "."


def _spell(header: list[str]) -> list[str]:
    return [_SPELLINGS.get(name, name) for name in header]


def decide_date_orders(
    files: Mapping[str, OlistFile], contracts: Mapping[str, Contract]
) -> dict[str, dict[str, DateOrder]]:
    """For each feed, the columns whose dates are not ISO 8601, and the order of their parts.

    A value such as 18/10/2017 proves that days come first. A column without such a proof takes
    the order of its file, then of the folder, because one spreadsheet saves all dates alike.

    Raises:
        SourceSchemaError: naming every column that cannot be decided, or contradicts itself.
    """
    slashed: dict[tuple[str, str], set[DateOrder]] = {}
    for feed, file in files.items():
        for column in contracts[feed].delivered:
            if (
                column.type.family in ("timestamp", "date")
                and column.name in file.table.schema.names
            ):
                found = _evidence(file.table[column.name])
                if found is not None:
                    slashed[feed, column.name] = found
    problems: list[str] = []
    orders: dict[str, dict[str, DateOrder]] = {}
    everywhere = set().union(*slashed.values())
    for (feed, name), own in slashed.items():
        in_file = set().union(*(found for (other, _), found in slashed.items() if other == feed))
        decided = next((found for found in (own, in_file, everywhere) if found), set())
        place = f"{name} in {FILES[feed]}"
        if len(decided) == 1:
            orders.setdefault(feed, {})[name] = next(iter(decided))
        elif own:
            problems.append(f"{place} has days both before and after months")
        else:
            problems.append(f"{place} does not tell days from months: no day above 12")
    if problems:
        raise SourceSchemaError(
            NAME,
            f"dates cannot be decided: {'; '.join(problems)}. Save them as 2017-10-02 10:56:33",
        )
    return orders


def _evidence(texts: Any) -> set[DateOrder] | None:
    """The orders that a column's slashed dates prove; None when it has no slashed date."""
    parts = pc.extract_regex(pc.utf8_trim_whitespace(texts.combine_chunks()), pattern=_SLASHED)
    parts = parts.drop_null()
    if len(parts) == 0:
        return None
    first = np.asarray(pc.cast(pc.struct_field(parts, "first"), pa.int64()))
    second = np.asarray(pc.cast(pc.struct_field(parts, "second"), pa.int64()))
    found: set[DateOrder] = set()
    if ((first > 12) & (second <= 12)).any():
        found.add("dmy")
    if ((second > 12) & (first <= 12)).any():
        found.add("mdy")
    return found
