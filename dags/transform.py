"""Build and test the models of a business date that all source systems have landed, and reconcile.

Its run starts when the last system has landed the date, and reads what the sources made visible up
to its end. A date of which a feed that was due has not landed waits for it; run by hand, it skips
with the reason. What the build scanned is kept in `<env>_ops.model_runs`, of a failed one as far as
it went. Safe to repeat: models merge on their keys.
On failure: docs/en/runbooks/transform.md.
"""

from airflow.sdk import AssetAll, dag, task

from lakehouse.orchestration import tasks
from lakehouse.orchestration.assets import curated_asset, landed_asset, updates_day
from lakehouse.orchestration.business_date import DAY, day_params, when_all_have
from lakehouse.orchestration.dbt import dbt_group
from lakehouse.orchestration.dbt_artifacts import record_cost
from lakehouse.orchestration.defaults import DAG_ARGS
from lakehouse.orchestration.landing import source_systems
from lakehouse.orchestration.skips import skip_without_sources


@dag(
    schedule=when_all_have(AssetAll(*(landed_asset(each.name) for each in source_systems()))),
    params=day_params(),
    doc_md=__doc__,
    tags=["domain:marketplace", "zone:integration", "zone:curated"],
    **DAG_ARGS,
)
def transform() -> None:
    landed = task(skip_without_sources, task_id="all_landed")(DAY)
    build = dbt_group("dbt", DAY)
    curated = curated_asset()
    reconcile = task(updates_day(curated, tasks.reconcile_day), outlets=[curated])(DAY)
    cost = task(record_cost, trigger_rule="all_done")()
    landed >> build >> [reconcile, cost]


transform()
