"""Operations on query executions: start, read, stop, list, and pages of results."""

import hashlib
import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from local_athena.api.describe import describe_execution, runtime_statistics
from local_athena.api.executions import (
    CANCELLED,
    FINAL,
    SUCCEEDED,
    Execution,
    Executions,
    new_facts,
)
from local_athena.api.prepared import Prepared
from local_athena.api.runner import Job, Runner
from local_athena.api.workgroups import PRIMARY, QuerySettings, Workgroups
from local_athena.engine.contract import QueryControl, StatementType, result_uri
from local_athena.errors import InvalidRequestError, StorageError
from local_athena.protocol.paging import MAX_ROWS, decode_token, encode_token, page, result_rows
from local_athena.settings import Settings
from local_athena.storage import ObjectStore
from local_athena.storage.files import split_uri

log = logging.getLogger(__name__)

Json = dict[str, Any]

MAX_QUERY_BYTES = 262_144
MAX_TOKEN_BYTES = 128
_OWN_BUCKETS = "aws-athena-query-results-"
"""How the bucket begins that Athena makes for an account and a region."""
_COMMENT = re.compile(r"\s+|--[^\n]*(\n|$)|/\*.*?\*/|\(", re.DOTALL)
_DML = {
    "select",
    "with",
    "insert",
    "merge",
    "update",
    "delete",
    "values",
    "table",
    "unload",
    "explain",
}
_WORK = re.compile(
    r"\b(select|insert|update|delete|merge|execute|optimize|vacuum|values|unload)\b", re.IGNORECASE
)
"""Words of statements that read or write data: the others need not wait behind them."""
_UTILITY = {"show", "describe", "desc"}


class Queries:
    """The query operations of the API."""

    def __init__(
        self,
        settings: Settings,
        store: ObjectStore,
        workgroups: Workgroups,
        executions: Executions,
        prepared: Prepared,
        runner: Runner,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._workgroups = workgroups
        self._executions = executions
        self._prepared = prepared
        self._runner = runner
        self._clock = clock
        self._token_lock = threading.Lock()

    def start(self, request: Json) -> Json:
        """StartQueryExecution: checks in Athena's order, so that a refused token is not used up.

        A token stands for its text, database, catalog and place of results, whatever the
        parameters and the workgroup (measured on the service in September 2026).
        """
        token = _token(request)
        sql = request["QueryString"]
        if len(sql.encode()) > MAX_QUERY_BYTES:
            raise InvalidRequestError(
                f"Query string is longer than {MAX_QUERY_BYTES} bytes in UTF-8."
            )
        workgroup = request.get("WorkGroup") or PRIMARY
        chosen = self._workgroups.settings_for(workgroup, request.get("ResultConfiguration"))
        why = self._runner.refusal(sql)
        if why is not None:
            raise InvalidRequestError(why, "MALFORMED_QUERY")
        context = request.get("QueryExecutionContext") or {}
        fingerprint = _digest(
            [sql, context.get("Catalog"), context.get("Database"), chosen.output_location]
        )
        with self._token_lock:
            earlier = self._executions.by_token(token)
            if earlier is None:
                return self._start(request, workgroup, chosen, fingerprint)
        if earlier.facts["fingerprint"] != fingerprint:
            raise InvalidRequestError(
                "Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH"
            )
        return {"QueryExecutionId": earlier.id}

    def get(self, request: Json) -> Json:
        """GetQueryExecution: waits a little for a query that still runs."""
        execution = self._executions.get(request["QueryExecutionId"])
        execution.done.wait(self._settings.poll_wait_seconds)
        with execution.lock:
            return {"QueryExecution": describe_execution(execution)}

    def batch_get(self, request: Json) -> Json:
        """BatchGetQueryExecution."""
        found, missing = [], []
        for query_id in request["QueryExecutionIds"]:
            execution = self._executions.find(query_id)
            if execution is None:
                missing.append(
                    {
                        "QueryExecutionId": query_id,
                        "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                        "ErrorMessage": f"QueryExecution {query_id} was not found",
                    }
                )
            else:
                with execution.lock:
                    found.append(describe_execution(execution))
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def list(self, request: Json) -> Json:
        """ListQueryExecutions."""
        workgroup = request.get("WorkGroup") or PRIMARY
        self._workgroups.get(workgroup)
        ids, more = page(self._executions.ids(workgroup), request, f"queries {workgroup}")
        return {"QueryExecutionIds": ids, **more}

    def stop(self, request: Json) -> Json:
        """StopQueryExecution."""
        self._runner.stop(self._executions.get(request["QueryExecutionId"]))
        return {}

    def runtime_statistics(self, request: Json) -> Json:
        """GetQueryRuntimeStatistics."""
        execution = self._executions.get(request["QueryExecutionId"])
        with execution.lock:
            return {"QueryRuntimeStatistics": runtime_statistics(execution)}

    def results(self, request: Json) -> Json:
        """GetQueryResults."""
        query_id = request["QueryExecutionId"]
        execution = self._executions.get(query_id)
        size = request.get("MaxResults") or MAX_ROWS
        if size > MAX_ROWS:
            raise InvalidRequestError(f"MaxResults is more than maximum allowed length {MAX_ROWS}")
        _check_finished(execution)
        if request.get("QueryResultType") == "DATA_MANIFEST":
            return self._manifest(execution)
        start = decode_token(request.get("NextToken"), f"rows {query_id}", _malformed)
        facts = execution.facts
        header = [column["Name"] for column in facts["columns"]] if facts["has_header"] else None
        rows, following = result_rows(
            self._settings.results,
            facts["rows_of"] or query_id,
            header,
            facts["row_count"],
            start,
            size,
        )
        found: Json = {
            "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": facts["columns"]}}
        }
        if _counts(facts):
            found["UpdateCount"] = facts["update_count"] or 0
        if following is not None:
            found["NextToken"] = encode_token(f"rows {query_id}", following)
        return found

    def _manifest(self, execution: Execution) -> Json:
        manifest = execution.facts["manifest"]
        if not manifest:
            raise InvalidRequestError(
                "DATA_MANIFEST is for CREATE TABLE AS SELECT, UNLOAD and INSERT only."
            )
        try:
            lines = self._store.path(manifest).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            raise InvalidRequestError(
                f"Could not find results: {manifest}", "RESULT_NOT_FOUND"
            ) from None
        return {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": line}]} for line in lines]}}

    def _start(
        self, request: Json, workgroup: str, chosen: QuerySettings, fingerprint: str
    ) -> Json:
        sql = request["QueryString"]
        context = request.get("QueryExecutionContext") or {}
        parameters = request.get("ExecutionParameters")
        self._find_bucket(chosen)
        query_id = str(uuid.uuid4())
        reuse_key = _digest([sql.strip(), context, parameters, workgroup])
        execution = Execution(
            id=query_id,
            workgroup=workgroup,
            submitted=self._clock(),
            facts=new_facts(
                sql,
                context=_shown(context),
                result_configuration=chosen.result_configuration,
                reuse=request.get("ResultReuseConfiguration"),
                managed=chosen.managed,
                parameters=parameters,
                fingerprint=fingerprint,
                **_guess(sql, chosen, query_id),
            ),
            token=request["ClientRequestToken"],
            reuse_key=reuse_key,
            is_ddl=not _WORK.search(sql),
            control=QueryControl(chosen.bytes_scanned_limit),
        )
        earlier = self._reusable(request.get("ResultReuseConfiguration"), reuse_key)
        if earlier is not None:
            self._reuse(execution, earlier)
            return {"QueryExecutionId": query_id}
        self._executions.add(execution)
        self._runner.submit(
            execution,
            Job(
                sql=sql,
                catalog=context.get("Catalog") or "AwsDataCatalog",
                database=_unquoted(context.get("Database")),
                output_location=chosen.output_location,
                parameters=tuple(parameters or ()),
                prepared=self._prepared.of(workgroup),
                location_enforced=chosen.enforced,
            ),
        )
        return {"QueryExecutionId": query_id}

    def _find_bucket(self, chosen: QuerySettings) -> None:
        """Refuse a bucket that is not there, or of another owner. Athena makes only the bucket that
        it names itself: its users may create no other (managed policy AmazonAthenaFullAccess)."""
        bucket, _ = split_uri(chosen.output_location)
        owner = chosen.result_configuration.get("ExpectedBucketOwner")
        account = self._settings.account_id
        try:
            if chosen.managed or bucket.startswith(_OWN_BUCKETS):
                self._store.ensure_bucket(bucket)
            is_there = self._store.bucket_exists(bucket)
        except (OSError, StorageError):
            is_there = False
        if not is_there:
            log.warning("the bucket %s does not exist: create it, or start with --bucket", bucket)
        elif owner not in (None, account):
            log.warning("the bucket %s is of the account %s, not %s", bucket, account, owner)
        else:
            return
        raise InvalidRequestError(f"Unable to verify/create output bucket {bucket}")

    def _reusable(self, configuration: Json | None, reuse_key: str) -> Execution | None:
        by_age = (configuration or {}).get("ResultReuseByAgeConfiguration") or {}
        if not by_age.get("Enabled"):
            return None
        minutes = by_age.get("MaxAgeInMinutes")
        since = self._clock() - (60 if minutes is None else minutes) * 60
        earlier = self._executions.reusable(reuse_key, since)
        if earlier is None or not self._store.exists(earlier.facts["output_file"]):
            return None
        return earlier

    def _reuse(self, execution: Execution, earlier: Execution) -> None:
        """Store an execution that answers with an earlier one's result."""
        kept = (
            "statement_type", "substatement_type", "output_file", "columns", "has_header",
            "row_count", "rows_of",
        )  # fmt: skip
        execution.facts.update({name: earlier.facts[name] for name in kept})
        now = self._clock()
        execution.facts.update(reused=True, started=now, completed=now)
        execution.reuse_key = None  # its age is that of the original
        self._executions.add(execution)
        self._executions.finish(execution, SUCCEEDED)


def _guess(sql: str, chosen: QuerySettings, query_id: str) -> Json:
    """Statement type and result file until the engine has said what they are."""
    text, position = sql, 0
    while (match := _COMMENT.match(text, position)) and match.end() > position:
        position = match.end()
    word = (re.match(r"\w*", text[position:]) or [""])[0].lower()
    kind: StatementType = "DML" if word in _DML else "UTILITY" if word in _UTILITY else "DDL"
    place = result_uri(chosen.output_location, query_id, kind, word.upper())
    return {"statement_type": kind, "output_file": place}


def _unquoted(database: str | None) -> str | None:
    """The session's database; awswrangler sends it in backticks for DDL."""
    if database and len(database) > 2 and database[0] == database[-1] == "`":
        return database[1:-1]
    return database


def _shown(context: Json) -> Json:
    """A context as GetQueryExecution has it: the catalog in lower case."""
    return {name: value.lower() if name == "Catalog" else value for name, value in context.items()}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _token(request: Json) -> str:
    """The request's token. Athena wants one; every SDK sends one of its own making."""
    token: str | None = request.get("ClientRequestToken")
    if token is None:
        raise InvalidRequestError("clientRequestToken is null or empty")
    if len(token.encode()) > MAX_TOKEN_BYTES:
        raise InvalidRequestError(
            f"clientRequestToken exceeds maximum allowed length {MAX_TOKEN_BYTES}"
        )
    return token


def _counts(facts: Json) -> bool:
    """Whether the answer has an UpdateCount: 0 for rows read, none for DDL and EXPLAIN."""
    if facts["update_count"] is not None:
        return True
    return not (facts["statement_type"] == "DDL" or facts["substatement_type"] == "EXPLAIN")


def _check_finished(execution: Execution) -> None:
    """Refuse to give results that there are none of."""
    if execution.state == SUCCEEDED:
        return
    if execution.state == CANCELLED:
        raise InvalidRequestError("Could not find results", "RESULT_NOT_FOUND")
    if execution.state in FINAL:
        why = f"Query did not finish successfully. Final query state: {execution.state}"
    else:
        why = f"Query has not yet finished. Current state: {execution.state}"
    raise InvalidRequestError(why, "INVALID_QUERY_EXECUTION_STATE")


def _malformed(token: str) -> InvalidRequestError:
    return InvalidRequestError(f"Malformed nextPageToken {token}")
