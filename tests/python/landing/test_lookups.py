"""Columns that no source delivers: looked up at the door, as a join by hand would."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.contracts import Check, Column, ColumnType, Contract, Lake, Lookup, load_contracts
from lakehouse.landing import Manifest, Sources, land, replay
from lakehouse.landing.door import Admission, admit
from tests.python.landing.test_bad_input import reviews
from tests.python.landing.test_door import reasons, records_of

PROJECT = Path(__file__).resolve().parents[3]
RATES = load_contracts(PROJECT / "contracts")["exchange_rates"]
DAY = date(2026, 6, 1)


def with_miss(severity: str | None) -> Contract:
    """The contract of rates in which names are looked up with that answer to a miss, and currencies
    may be absent."""
    checks = (Check("lookup", "currencies", severity, "n" * (severity == "warning")),)  # type: ignore[arg-type]
    columns = tuple(
        replace(
            column,
            checks=checks if severity and column.name == "currency_name" else (),
            required=column.required and column.name != "currency",
        )
        for column in RATES.columns
    )
    return replace(RATES, columns=columns)


def admit_rates(contract: Contract, currencies: list[str | None]) -> Admission:
    rows = [
        {
            "currency": currency,
            "rate_date": "2026-06-01",
            "brl_per_unit": str(n),
            "updated_at": "2026-06-01T10:00:00Z",
        }
        for n, currency in enumerate(currencies, start=1)
    ]
    return admit(records_of(contract, rows), contract)


def test_admit__known_codes__have_the_name_and_digits_of_iso_4217() -> None:
    admission = admit_rates(RATES, ["BRL", "jpy", " KWD ", "XXQ"])
    assert [
        (row["currency"], row["currency_name"], row["currency_minor_digits"])
        for row in admission.rows.to_pylist()
    ] == [
        ("BRL", "Brazilian Real", 2),
        ("jpy", "Japanese Yen", 0),
        ("KWD", "Kuwaiti Dinar", 3),
        ("XXQ", None, None),
    ]
    assert admission.warned_by_rule == {"exchange_rates__currency_name__lookup": 1}
    assert admission.rejected.num_rows == 0


CODES = st.sampled_from(["USD", "eur", "Brl", " JPY", "ZZZ", "qqq", "KWD ", "", "TND", "us"])


@given(
    codes=st.lists(CODES | st.none(), max_size=40),
    severity=st.sampled_from(["error", "warning", None]),
)
def test_admit__any_codes__are_joined_as_by_hand(
    codes: list[str | None], severity: str | None
) -> None:
    with (PROJECT / "contracts/lookups/currencies.csv").open(encoding="utf-8") as file:
        listed = {row[0]: (row[1], int(row[2])) for row in list(csv.reader(file))[1:]}
    entered: list[tuple[str | None, str | None, int | None]] = []
    refused: list[tuple[str, str, str | None]] = []
    missed = 0
    for code in codes:
        bare = (code or "").strip() or None
        name, digits = listed.get((bare or "").upper(), (None, None))
        if bare is not None and name is None and severity == "error":
            refused.append(("lookup", "currency_name", code))
            continue
        missed += bare is not None and name is None
        entered.append((bare, name, digits))

    admission = admit_rates(with_miss(severity), codes)

    assert [
        (row["currency"], row["currency_name"], row["currency_minor_digits"])
        for row in admission.rows.to_pylist()
    ] == entered
    assert reasons(admission) == refused
    assert admission.warned_by_rule == ({"n": missed} if missed and severity == "warning" else {})


def with_kinds(lake: Lake, *entries: tuple[str, str], sha256: str) -> Lake:
    """The lake whose reviews have a kind of order, looked up in a list of these entries."""
    contract = lake.contract("reviews")
    kind = Column(
        name="order_kind",
        type=ColumnType("varchar"),
        description="Kind.",
        required=False,
        key_position=None,
        source_path="order_kind",
        is_personal=False,
        tags=(),
        unit=None,
        references=(),
        checks=(Check("lookup", "kinds", "warning", "kind_is_known"),),
        pad_with_zeros_to=None,
        lookup=Lookup("kinds", sha256, "order_id", "kind", entries),
    )
    changed = replace(contract, columns=(*contract.columns, kind))
    return replace(lake, contracts={**lake.contracts, "reviews": changed})


def kinds_of(lake: Lake, manifest: Manifest) -> list[tuple[str, str | None]]:
    (file,) = [file for file in manifest.files if file.role == "data"]
    bucket, _, key = file.uri.removeprefix("s3://").partition("/")
    content = lake.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    rows = pq.read_table(io.BytesIO(content)).to_pylist()
    return [(row["order_id"], row["order_kind"]) for row in rows]


def test_land__list_that_changed__is_in_the_manifest_and_reprocessed(
    lake: Lake, tmp_path: Path
) -> None:
    folder = tmp_path / "reviews" / DAY.isoformat()
    folder.mkdir(parents=True)
    rows: list[dict[str, Any]] = reviews(1, 3)
    # A source that sends a column of that name has no say in it.
    lines = [json.dumps({**row, "order_kind": "sent"}) + "\n" for row in rows]
    (folder / "r.jsonl").write_text("".join(lines), "utf-8")
    orders = [row["order"]["id"] for row in rows]
    known = with_kinds(lake, (orders[0].upper(), "gift"), sha256="a" * 64)

    manifest = land("reviews", DAY, Sources(drop_dir=tmp_path), known)

    assert isinstance(manifest, Manifest)
    assert manifest.lookups == {"kinds": "a" * 64}
    assert manifest.warned_by_rule == {"kind_is_known": 2}
    assert manifest.ignored_fields == ("order_kind",)
    assert kinds_of(lake, manifest) == [(orders[0], "gift"), (orders[1], None), (orders[2], None)]
    same = replay("reviews", DAY, known)
    assert (same.before, same.after, same.changed) == (manifest, manifest, False)

    more = with_kinds(
        lake, (orders[0].upper(), "gift"), (orders[2].upper(), "own"), sha256="b" * 64
    )
    other = replay("reviews", DAY, more)
    after = other.after
    assert (other.before, other.changed) == (manifest, True)
    assert after.lookups == {"kinds": "b" * 64}
    assert kinds_of(lake, after) == [(orders[0], "gift"), (orders[1], None), (orders[2], "own")]
