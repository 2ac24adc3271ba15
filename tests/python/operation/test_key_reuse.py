"""A key that is used for another person: the last row of "Bad input" in docs/en/landing.md."""

from __future__ import annotations

from datetime import date

import pytest

from lakehouse.landing import Sources, land, run_id_of
from lakehouse.landing.stage import Delivery, Stage
from lakehouse.landing.store import Bucket
from tests.python.operation.conftest import Shop

pytestmark = [pytest.mark.recipes, pytest.mark.filterwarnings("ignore")]  # dbt has its own
WARNING = "assert_no_account_passes_to_another_person"


def land_customers(shop: Shop, day: int, rows: dict[str, str]) -> None:
    """Land accounts, person by account, from a stage that holds them as COPY writes them."""
    when = date(2026, 6, day)
    contract, run_id = shop.lake.contract("customers"), run_id_of("customers", when)
    stage = Stage(Bucket(shop.lake.s3, shop.lake.bucket("stage")), contract, when, run_id)
    given = {
        "customer_zip_code_prefix": "01310",
        "customer_city": "são paulo",
        "customer_state": "SP",
        "updated_at": f"{when} 10:00:00",
    }
    names = [column.source_path for column in contract.columns]
    lines = [",".join(names)]
    for account, person in rows.items():
        row = {"customer_id": account, "customer_unique_id": person, **given}
        lines.append(",".join(row.get(name, "") for name in names))
    stage.put("customers.csv", ("\n".join(lines) + "\n").encode())
    stage.complete(Delivery("csv", stage.checksums(), {"from": None, "until": str(when)}))
    assert land("customers", when, Sources(), shop.lake)


def build(shop: Shop, day: int) -> list[str]:
    """What the day's build says of accounts that passed to another person."""
    nodes = ["seed_br_states", "int_customers", "snp_customers", WARNING]
    options = ["--indirect-selection", "cautious"]
    said = shop.dbt("build", "--select", *nodes, *options, run_date=f"2026-06-{day:02d}")
    lines = [line for line in said if WARNING in line and "START" not in line]
    assert lines
    return [line for line in lines if "WARN" in line]


def test_key_reuse__another_person__newest_holds_history_keeps_both_and_the_day_warns(
    shop: Shop,
) -> None:
    land_customers(shop, 1, {"a1": "ana", "a2": "bia"})
    assert build(shop, 1) == []
    land_customers(shop, 2, {"a2": "caio"})
    assert build(shop, 2)
    query = "select customer_id, customer_unique_id from local_integration.int_customers order by 1"
    assert shop.athena.run(query).rows == (("a1", "ana"), ("a2", "caio"))
    query = (
        "select customer_unique_id, cast(cast(dbt_valid_to as date) as varchar) "
        "from local_snapshots.snp_customers where customer_id = 'a2' order by dbt_valid_from"
    )
    assert shop.athena.run(query).rows == (("bia", "2026-06-02"), ("caio", None))
    # The day after says nothing any more.
    land_customers(shop, 3, {"a1": "ana"})
    assert build(shop, 3) == []
