"""Mutants of the project end to end: a mistake that a test catches, and a change that is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FAMILY = """\
faults:
  - name: a_comment
    mistake: Somebody explained what needs no explanation, which is no mistake of the figures.
    target: models/curated/sales/dim_sellers.sql
    change: {from: "left join states", to: "/* all of them */ left join states"}
    expect: [dim_sellers__one_row_per_seller]
  - name: sellers_twice
    mistake: States are joined by nothing, so that each seller comes with each state.
    target: models/curated/sales/dim_sellers.sql
    change: {from: "left join states on sellers.state = states.state", to: "cross join states"}
    expect: [dim_sellers__one_row_per_seller]
  - name: sellers_of_the_next_state
    mistake: The test that is expected sleeps, and another one is red.
    target: models/curated/sales/dim_sellers.sql
    change: {from: "    sellers.state,", to: "    'ZZ' as state,"}
    expect: [dim_sellers__one_row_per_seller]
  - name: orders_marked_but_kept
    mistake: A merge that updates what it should delete, which only a deletion of the day shows.
    target: models/curated/sales/fct_orders.sql
    change: {from: "delete_condition='src._is_deleted', insert_condition", to: insert_condition}
    expect: [fct_orders__is_deleted__never]
  - name: gmv_of_freight
    mistake: A measure reads the column beside the one that it means.
    target: models/metrics/orders.yml
    change: {from: "expr: gmv_brl", to: "expr: freight_brl"}
    expect: [gmv]
  - name: a_macro_that_makes_no_table
    mistake: A rollback keeps the rows that it should take out; no table is made by its macro.
    target: macros/operations/rollback.sql
    change: {from: "select false as _is_wanted", to: "select true as _is_wanted"}
    expect: [test_all]
  - name: no_such_text
    mistake: The model was changed since, and nobody looked here.
    target: models/curated/sales/dim_sellers.sql
    change: {from: nothing of the kind, to: else}
    expect: [dim_sellers__one_row_per_seller]
"""


def test_mutants__of_each_kind__are_judged_and_nothing_is_changed(tmp_path: Path) -> None:
    families = tmp_path / "families"
    families.mkdir()
    (families / "kinds.yml").write_text(FAMILY, "utf-8")
    command = [sys.executable, "-m", "faults.run", "--families", str(families)]
    command += ["--folder", str(tmp_path / "work")]
    before = _status()
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    verdicts = [line.partition(" (")[0] for line in done.stdout.splitlines()]
    assert verdicts == [
        "SURVIVED   kinds/a_comment",
        "caught     kinds/sellers_twice",
        "by another kinds/sellers_of_the_next_state",
        "caught     kinds/orders_marked_but_kept",
        "caught     kinds/gmv_of_freight",
        "caught     kinds/a_macro_that_makes_no_table",
        "INVALID    kinds/no_such_text",
        "4 caught, 1 by another, 1 SURVIVED, 1 INVALID",
    ], done.stdout + done.stderr
    assert done.returncode == 1
    control = subprocess.run(
        [*command, "--control", "sellers_twice", "orders_marked_but_kept"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert control.returncode == 0, control.stdout + control.stderr
    assert control.stdout.count("all green") == 2
    assert _status() == before


def _status() -> str:
    command = ["git", "status", "--porcelain"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
