"""Run the queries of `queries/` on Athena and deliver their results: a DAG a query.

The result of a date is copied to `<query>/date=<date>/` of the delivery zone when it is whole, and
`_SUCCESS` is written last: who fetches the files waits for it. Safe to repeat: the date's files are
replaced. On failure: docs/en/runbooks/scheduled_queries.md.
"""

import os

import pendulum
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.s3 import (
    S3CopyObjectOperator,
    S3CopyPrefixOperator,
    S3CreateObjectOperator,
    S3DeleteObjectsOperator,
)
from airflow.sdk import DAG, dag, task

from lakehouse.orchestration import tasks
from lakehouse.orchestration.business_date import day_params
from lakehouse.orchestration.deadlines import deadline_after
from lakehouse.orchestration.defaults import DAG_ARGS, RUN_LIMIT
from lakehouse.orchestration.queries import ScheduledQuery, read_queries
from lakehouse.orchestration.schedule import query_schedule
from lakehouse.settings import find_project_dir

RESULTS, DELIVERY = "{{ bucket('athena-results') }}", "{{ bucket('delivery') }}"
AWS = {"aws_conn_id": None}  # credentials and endpoint as boto3 finds them


def query_dag(query: ScheduledQuery) -> DAG:
    """The DAG of a query."""

    @dag(
        dag_id=f"scheduled_queries__{query.name}",
        schedule=query_schedule(query.schedule, os.environ),
        start_date=pendulum.datetime(2025, 1, 1, tz="America/Sao_Paulo"),
        params=day_params(),
        user_defined_macros={
            "bucket": tasks.bucket_of,
            "database": tasks.database_of,
            "workgroup": tasks.find_workgroup,
        },
        doc_md=f"{query.description}\n\n```sql\n{query.sql}\n```\n\n{__doc__}",
        tags=["scheduled_query", "zone:delivery", f"format:{query.format}"],
        **DAG_ARGS
        | {
            "default_args": {**DAG_ARGS["default_args"], "owner": query.owner},
            "deadline": deadline_after(RUN_LIMIT, query.owner),
        },
    )
    def scheduled_query() -> None:
        results = f"scheduled_queries/{query.folder}"
        clear = S3DeleteObjectsOperator(task_id="clear", bucket=RESULTS, prefix=results, **AWS)
        run = AthenaOperator(
            task_id="query",
            query=query.statement,
            database="{{ database('curated') }}",
            output_location=f"s3://{RESULTS}/lakehouse/",  # what it says of queries is no result
            workgroup="{{ workgroup() }}",
            sleep_time=2,
            **AWS,
        )
        withdraw = S3DeleteObjectsOperator(
            task_id="withdraw", bucket=DELIVERY, prefix=query.folder, **AWS
        )
        publish = S3CreateObjectOperator(
            task_id="publish",
            s3_bucket=DELIVERY,
            s3_key=f"{query.folder}_SUCCESS",
            data="",
            replace=True,
            **AWS,
        )
        clear >> run >> withdraw
        if query.format == "csv":
            found = task(tasks.locate_result, task_id="result")(run.output)
            copy = S3CopyObjectOperator(
                task_id="copy",
                source_bucket_key=found,
                dest_bucket_key=f"s3://{DELIVERY}/{query.folder}{query.name}.csv",
                **AWS,
            )
        else:
            copy = S3CopyPrefixOperator(
                task_id="copy",
                source_bucket_name=RESULTS,
                source_bucket_prefix=results,
                dest_bucket_name=DELIVERY,
                dest_bucket_prefix=query.folder,
                **AWS,
            )
        withdraw >> copy >> publish

    return scheduled_query()


for each in read_queries(find_project_dir(os.environ) / "queries"):
    query_dag(each)
