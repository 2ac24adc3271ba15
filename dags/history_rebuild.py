"""Rebuild years of a feed's raw batches from the stage by Spark on EMR Serverless.

Runs when triggered, for a feed and a span of days: when raw was lost, or when a new contract reads
the same bytes differently. Every day passes the same door as at landing; what became of it stands
in `<env>_ops.history_rebuilds`. Then build what reads the feed: `lakehouse backfill`.
On failure: docs/en/runbooks/history_rebuild.md.
"""

from datetime import timedelta

from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator
from airflow.sdk import Param, dag

from lakehouse.orchestration import tasks
from lakehouse.orchestration.deadlines import deadline_after
from lakehouse.orchestration.defaults import DAG_ARGS, OWNER
from lakehouse.orchestration.landing import source_systems
from lakehouse.orchestration.spark_job import APPLICATION, ROLE, job_driver, setting_of

FEEDS = sorted(each.name for system in source_systems() for each in system.feeds)


@dag(
    schedule=None,
    params={
        "feed": Param(FEEDS[0], enum=FEEDS),
        "first_day": Param("2026-01-01", type="string", format="date"),
        "last_day": Param("2026-01-01", type="string", format="date"),
    },
    user_defined_macros={
        "bucket": tasks.bucket_of,
        "database": tasks.database_of,
        "setting": setting_of,
    },
    doc_md=__doc__,
    tags=["domain:platform", "zone:raw"],
    **{**DAG_ARGS, "deadline": deadline_after(timedelta(hours=26), OWNER)},
)
def history_rebuild() -> None:
    EmrServerlessStartJobOperator(
        task_id="rebuild",
        application_id=f"{{{{ setting('{APPLICATION}') }}}}",
        execution_role_arn=f"{{{{ setting('{ROLE}') }}}}",
        name="history_rebuild {{ params.feed }}",
        job_driver=job_driver(),
        waiter_delay=30,
        waiter_max_attempts=24 * 120,
        execution_timeout=timedelta(hours=24),
        aws_conn_id=None,
    )


history_rebuild()
