"""Temporary tables that a build left behind when it was killed.

dbt drops the table of a unit test when the test has ended, and refuses to make it while one of
that name is there: without this, a build that was killed in the middle of one could never be
repeated.
"""

from __future__ import annotations

from lakehouse.athena import Athena
from lakehouse.contracts import Lake

_ZONES = ("integration", "curated", "snapshots")
_SUFFIX = "__dbt_tmp"


def drop_leftovers(lake: Lake, athena: Athena) -> list[str]:
    """Drop dbt's temporary tables in the zones that dbt writes; return their names.

    Only for a lake in which no other dbt is at work.
    """
    dropped = []
    for zone in _ZONES:
        database = lake.database(zone)
        pages = lake.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        names = [table["Name"] for page in pages for table in page["TableList"]]
        for name in sorted(name for name in names if name.endswith(_SUFFIX)):
            athena.run(f"drop table if exists `{database}`.`{name}`")
            dropped.append(f"{database}.{name}")
    return dropped
