"""The business date of a run: its partition key, from the sources' day to the curated tables.

Runs that Assets start have no logical date. Who starts one by hand gives the partition key too, or
the parameter `business_date` where there is no field for a key (`airflow dags test`, the command).
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, PartitionedAssetTimetable, StartOfDayMapper
from airflow.sdk.definitions.asset import BaseAsset

ZONE = "America/Sao_Paulo"
KEY_FORMAT = "%Y-%m-%d"

DAY_EXPRESSION = "dag_run.partition_key or params.business_date"
DAY = f"{{{{ {DAY_EXPRESSION} }}}}"
"""Template of a run's business date; the expression is for templates that say more."""


def day_params() -> dict[str, Any]:
    """The parameter of every DAG that works on a business date."""
    return {
        "business_date": Param(
            None,
            type=["null", "string"],
            format="date",
            description="The business date, where the run has no partition key.",
        )
    }


def when_all_have(assets: BaseAsset) -> PartitionedAssetTimetable:
    """A run for each business date that all of some Assets have."""
    mapper = StartOfDayMapper(timezone=ZONE, input_format=KEY_FORMAT)
    return PartitionedAssetTimetable(assets=assets, default_partition_mapper=mapper)
