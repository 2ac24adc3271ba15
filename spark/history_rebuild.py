"""Rebuild years of a feed's raw batches from the stage, days side by side on Spark's executors.

    spark-submit … spark/history_rebuild.py --feed orders --from 2024-01-01 --to 2025-12-31 \
        --outcomes lake.prod_ops.history_rebuilds

The driver claims the feed for all of them, so that no loader meets them. Each day passes the same
door as at landing, so a day gives the same rows there and here. What became of each day is appended
to the Iceberg table of `--outcomes`. The job ends with status 1 when a day failed; the other days
are done.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

from pyspark.sql import SparkSession

SCHEMA = (
    "feed string, business_date date, run_id string, outcome string, read_count bigint, "
    "written_count bigint, rejected_count bigint, problem string"
)


def rebuild(feed: str, token: str, days: Iterator[date]) -> Iterator[dict[str, Any]]:
    """Rebuild some days, on an executor."""
    from lakehouse.contracts import connect_lake
    from lakehouse.landing.rebuild import rebuild_day
    from lakehouse.settings import Settings

    lake = connect_lake(Settings.from_env())
    for day in days:
        yield rebuild_day(lake, feed, day, token).to_row()


def run(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Rebuild the days that the stage has of those asked for, and append what became of them.

    Raises:
        LakehouseError: there is no such feed, or another loader lands it.
    """
    from lakehouse.contracts import connect_lake
    from lakehouse.landing.rebuild import claim_days, staged_days
    from lakehouse.settings import Settings

    lake = connect_lake(Settings.from_env())
    feed = asked.feed
    days = [day for day in staged_days(lake, feed) if asked.first <= day <= asked.last]
    if not days:
        return []
    with claim_days(lake, feed, days[0]) as claim:
        token = claim.token
        spark = SparkSession.builder.appName(f"history_rebuild {feed}").getOrCreate()
        parts = spark.sparkContext.parallelize(days, len(days))
        rows: list[dict[str, Any]] = parts.mapPartitions(
            lambda each: rebuild(feed, token, each)
        ).collect()
    frame = spark.createDataFrame(rows, SCHEMA)
    spark.sql(f"create table if not exists {asked.outcomes} ({SCHEMA}) using iceberg")
    frame.writeTo(asked.outcomes).append()
    spark.stop()
    return rows


def main() -> int:
    """Rebuild what the arguments say; the exit status."""
    from lakehouse.errors import LakehouseError

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feed", required=True)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
    parser.add_argument("--outcomes", required=True, help="an Iceberg table, with its catalog")
    asked = parser.parse_args()
    try:
        rows = run(asked)
    except LakehouseError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if not rows:
        print(f"the stage has no delivery of {asked.feed} in these days", file=sys.stderr)
        return 1
    for row in rows:
        print(json.dumps(row, default=str))
    return 1 if any(row["outcome"] == "failed" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
