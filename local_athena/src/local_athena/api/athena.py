"""The Athena API as one object: an operation's name and body in, the answer's body out."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from local_athena.api.engine_versions import SELECTABLE, engine_version
from local_athena.api.executions import Executions
from local_athena.api.metadata import Metadata
from local_athena.api.prepared import NamedQueries, Prepared
from local_athena.api.queries import Queries
from local_athena.api.runner import Runner
from local_athena.api.things import Things
from local_athena.api.workgroups import Workgroups
from local_athena.catalog import Catalog
from local_athena.engine.contract import EngineProtocol
from local_athena.errors import ApiError, InvalidRequestError
from local_athena.protocol.model import ServiceModel, load_service
from local_athena.protocol.paging import page
from local_athena.settings import Settings
from local_athena.storage import ObjectStore
from local_athena.storage.database import Database
from local_athena.storage.rows import delete_rows

Json = dict[str, Any]

HISTORY_SECONDS = 45 * 24 * 3600
"""Athena keeps query history for 45 days."""

OUT_OF_SCOPE = ("Session", "Calculation", "Notebook", "Executor", "DPU")


class AthenaApi:
    """All operations; safe to call from any thread. `close` ends running queries."""

    def __init__(
        self,
        settings: Settings,
        store: ObjectStore,
        catalog: Catalog,
        engine: EngineProtocol,
        state: Database,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._tags = Things(state, "tags")
        self._workgroups = Workgroups(state, clock)
        self._executions = Executions(state)
        self._prepared = Prepared(state, self._workgroups, clock)
        self._named = NamedQueries(state, self._workgroups)
        self._metadata = Metadata(state, catalog, settings.account_id)
        self._runner = Runner(engine, store, self._executions, settings, clock)
        self._queries = Queries(
            settings,
            store,
            self._workgroups,
            self._executions,
            self._prepared,
            self._runner,
            clock,
        )
        self._executions.fail_interrupted(clock())
        self._forget_rows(self._executions.forget_before(clock() - HISTORY_SECONDS))
        self._model = _as_served(load_service("athena"))
        self._operations = self._table()

    def has(self, operation: str) -> bool:
        """Whether the operation is implemented."""
        return operation in self._operations

    def handle(self, operation: str, body: Any) -> Json:
        """Answer one request.

        Raises:
            ApiError: any refusal, with the code that AWS gives.
        """
        run = self._operations.get(operation)
        if run is None:
            raise self._unknown(operation)
        self._model.validate(operation, body, InvalidRequestError)
        return run(body)

    def close(self) -> None:
        """Cancel running queries, wait for them, close the engine."""
        self._runner.close()

    def _table(self) -> dict[str, Callable[[Json], Json]]:
        queries, prepared, named = self._queries, self._prepared, self._named
        metadata = self._metadata
        return {
            "StartQueryExecution": queries.start,
            "GetQueryExecution": queries.get,
            "BatchGetQueryExecution": queries.batch_get,
            "ListQueryExecutions": queries.list,
            "StopQueryExecution": queries.stop,
            "GetQueryResults": queries.results,
            "GetQueryRuntimeStatistics": queries.runtime_statistics,
            "CreateWorkGroup": self._create_workgroup,
            "GetWorkGroup": self._workgroups.show,
            "ListWorkGroups": self._workgroups.list,
            "UpdateWorkGroup": self._update_workgroup,
            "DeleteWorkGroup": self._delete_workgroup,
            "ListEngineVersions": self._list_engine_versions,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
            "ListDataCatalogs": metadata.list_catalogs,
            "GetDataCatalog": metadata.get_catalog,
            "CreateDataCatalog": self._create_catalog,
            "UpdateDataCatalog": metadata.update_catalog,
            "DeleteDataCatalog": metadata.delete_catalog,
            "ListDatabases": metadata.list_databases,
            "GetDatabase": metadata.get_database,
            "ListTableMetadata": metadata.list_tables,
            "GetTableMetadata": metadata.get_table,
            "CreateNamedQuery": named.create,
            "GetNamedQuery": named.get,
            "BatchGetNamedQuery": named.batch_get,
            "ListNamedQueries": named.list,
            "UpdateNamedQuery": named.update,
            "DeleteNamedQuery": named.delete,
            "CreatePreparedStatement": prepared.create,
            "GetPreparedStatement": prepared.get,
            "BatchGetPreparedStatement": prepared.batch_get,
            "ListPreparedStatements": prepared.list,
            "UpdatePreparedStatement": prepared.update,
            "DeletePreparedStatement": prepared.delete,
        }

    def _unknown(self, operation: str) -> ApiError:
        if operation not in self._model.operations:
            return ApiError("UnknownOperationException", f"Unknown operation {operation}")
        if any(word in operation for word in OUT_OF_SCOPE):
            why = "Spark sessions and notebooks are out of scope"
        else:
            why = "this operation is not implemented"
        return ApiError("UnknownOperationException", f"{operation}: {why} in local-athena")

    def _create_workgroup(self, body: Json) -> Json:
        self._workgroups.create(body)
        if body.get("Tags"):
            self._set_tags(self._arn("workgroup", body["Name"]), body["Tags"])
        return {}

    def _update_workgroup(self, body: Json) -> Json:
        self._workgroups.update(body)
        return {}

    def _delete_workgroup(self, body: Json) -> Json:
        name = body["WorkGroup"]
        self._workgroups.get(name)
        contents = (
            self._named.count(name) or self._prepared.names(name) or self._executions.ids(name)
        )
        if contents and not body.get("RecursiveDeleteOption"):
            raise InvalidRequestError(f"WorkGroup {name} is not empty")
        self._workgroups.delete(name)
        self._named.forget(name)
        self._prepared.forget(name)
        self._forget_rows(self._executions.forget_workgroup(name))
        self._tags.delete(self._arn("workgroup", name))
        return {}

    def _create_catalog(self, body: Json) -> Json:
        created = self._metadata.create_catalog(body)
        if body.get("Tags"):
            self._set_tags(self._arn("datacatalog", body["Name"]), body["Tags"])
        return created

    def _list_engine_versions(self, body: Json) -> Json:
        versions = [engine_version({"SelectedEngineVersion": name}) for name in SELECTABLE]
        found, more = page(versions, body, "engine versions", default=10)
        return {"EngineVersions": found, **more}

    def _tag(self, body: Json) -> Json:
        arn = self._taggable(body["ResourceARN"])
        self._set_tags(arn, body["Tags"])
        return {}

    def _untag(self, body: Json) -> Json:
        arn = self._taggable(body["ResourceARN"])
        tags = self._tags.get(arn) or {}
        self._tags.put(arn, {key: tags[key] for key in tags if key not in body["TagKeys"]})
        return {}

    def _list_tags(self, body: Json) -> Json:
        arn = self._taggable(body["ResourceARN"])
        tags = [{"Key": key, "Value": value} for key, value in (self._tags.get(arn) or {}).items()]
        found, more = page(tags, body, f"tags {arn}", default=75)
        return {"Tags": found, **more}

    def _set_tags(self, arn: str, tags: list[Json]) -> None:
        merged = self._tags.get(arn) or {}
        merged.update({tag["Key"]: tag.get("Value", "") for tag in tags if "Key" in tag})
        self._tags.put(arn, merged)

    def _taggable(self, arn: str) -> str:
        """The ARN as stored, of a workgroup or data catalog that exists."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        exists = {"workgroup": self._workgroups.exists, "datacatalog": self._metadata.exists}
        if kind not in exists or not exists[kind](name):
            raise ApiError(
                "ResourceNotFoundException", f"Resource {arn} was not found", ResourceName=arn
            )
        return self._arn(kind, name)

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:athena:{self._settings.region}:{self._settings.account_id}:{kind}/{name}"

    def _forget_rows(self, query_ids: list[str]) -> None:
        for query_id in query_ids:
            delete_rows(self._settings.results, query_id)


def _as_served(model: ServiceModel) -> ServiceModel:
    """The model as the service holds to it: a page of more than 1,000 rows is refused by the
    operation itself, in words of its own (measured in September 2026)."""
    rows = {**model.shapes["MaxQueryResults"], "max": 100_000}
    return dataclasses.replace(model, shapes={**model.shapes, "MaxQueryResults": rows})
