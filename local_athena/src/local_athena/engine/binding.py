"""The context in which a job's names and parameters are bound."""

from local_athena.engine.job import Job
from local_athena.engine.resolver import EngineResolver
from local_athena.sql import nodes
from local_athena.sql.binder import BindContext

USER = "local"


def bind_context(job: Job, parameters: tuple[nodes.Expression, ...] = ()) -> BindContext:
    """What binding is told: the catalog, the session's database and instant, `?` values."""
    return BindContext(
        resolver=EngineResolver(job),
        catalog=job.session_catalog,
        database=job.database,
        now=job.request.started_at,
        zone="UTC",
        parameters=parameters,
        user=USER,
        double_literals=job.settings.decimal_literals == "double",
    )
