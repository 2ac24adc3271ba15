"""Prepared statements and named queries, kept per workgroup."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from local_athena.api.things import Things
from local_athena.api.workgroups import PRIMARY, Workgroups
from local_athena.engine.contract import PreparedStatement
from local_athena.errors import ApiError, InvalidRequestError
from local_athena.protocol.paging import page
from local_athena.storage.database import Database

Json = dict[str, Any]


class Prepared:
    """The prepared statement operations; `of` is what PREPARE and EXECUTE use."""

    def __init__(
        self, state: Database, workgroups: Workgroups, clock: Callable[[], float] = time.time
    ) -> None:
        self._things = Things(state, "prepared")
        self._workgroups = workgroups
        self._clock = clock

    def of(self, workgroup: str) -> "WorkgroupStatements":
        """A workgroup's statements, for the engine."""
        return WorkgroupStatements(self._things, workgroup, self._clock)

    def create(self, request: Json) -> Json:
        """CreatePreparedStatement."""
        workgroup = self._workgroups.get(request["WorkGroup"])["Name"]
        name = request["StatementName"]
        body = _statement(
            workgroup, name, request["QueryStatement"], request.get("Description"), self._clock()
        )
        if not self._things.add(name, body, workgroup):
            raise InvalidRequestError(
                f"PreparedStatement {name} already exists in workGroup {workgroup}"
            )
        return {}

    def get(self, request: Json) -> Json:
        """GetPreparedStatement."""
        return {"PreparedStatement": self._find(request["WorkGroup"], request["StatementName"])}

    def batch_get(self, request: Json) -> Json:
        """BatchGetPreparedStatement."""
        workgroup = self._workgroups.get(request["WorkGroup"])["Name"]
        found, missing = [], []
        for name in request["PreparedStatementNames"]:
            body = self._things.get(name, workgroup)
            if body is None:
                missing.append(
                    {
                        "StatementName": name,
                        "ErrorCode": "STATEMENT_NOT_FOUND",
                        "ErrorMessage": _missing(name, workgroup),
                    }
                )
            else:
                found.append(body)
        return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}

    def list(self, request: Json) -> Json:
        """ListPreparedStatements."""
        workgroup = self._workgroups.get(request["WorkGroup"])["Name"]
        summaries = [
            {"StatementName": body["StatementName"], "LastModifiedTime": body["LastModifiedTime"]}
            for body in self._things.all(workgroup)
        ]
        found, more = page(summaries, request, f"prepared {workgroup}")
        return {"PreparedStatements": found, **more}

    def update(self, request: Json) -> Json:
        """UpdatePreparedStatement."""
        name = request["StatementName"]
        old = self._find(request["WorkGroup"], name)
        workgroup = old["WorkGroupName"]
        description = request.get("Description", old.get("Description"))
        body = _statement(workgroup, name, request["QueryStatement"], description, self._clock())
        self._things.put(name, body, workgroup)
        return {}

    def delete(self, request: Json) -> Json:
        """DeletePreparedStatement."""
        self._find(request["WorkGroup"], request["StatementName"])
        self._things.delete(request["StatementName"], request["WorkGroup"])
        return {}

    def names(self, workgroup: str) -> int:
        """How many statements a workgroup has."""
        return len(self._things.all(workgroup))

    def forget(self, workgroup: str) -> None:
        """Remove a deleted workgroup's statements."""
        self._things.clear(workgroup)

    def _find(self, workgroup: str, name: str) -> Json:
        workgroup = self._workgroups.get(workgroup)["Name"]
        body = self._things.get(name, workgroup)
        if body is None:
            raise ApiError("ResourceNotFoundException", _missing(name, workgroup))
        return body


class WorkgroupStatements:
    """`engine.contract.PreparedStatements` of one workgroup."""

    def __init__(self, things: Things, workgroup: str, clock: Callable[[], float]) -> None:
        self._things = things
        self._workgroup = workgroup
        self._clock = clock

    def get(self, name: str) -> PreparedStatement | None:
        """The statement, or None."""
        body = self._things.get(name, self._workgroup)
        return None if body is None else PreparedStatement(name, body["QueryStatement"])

    def put(self, name: str, sql: str) -> None:
        """Create or replace it."""
        body = _statement(self._workgroup, name, sql, None, self._clock())
        self._things.put(name, body, self._workgroup)

    def delete(self, name: str) -> bool:
        """Remove it; False when there was none."""
        return self._things.delete(name, self._workgroup)


class NamedQueries:
    """The named query operations."""

    def __init__(self, state: Database, workgroups: Workgroups) -> None:
        self._things = Things(state, "named")
        self._tokens = Things(state, "named token")
        self._workgroups = workgroups

    def create(self, request: Json) -> Json:
        """CreateNamedQuery."""
        workgroup = self._workgroups.get(request.get("WorkGroup") or PRIMARY)["Name"]
        token = request.get("ClientRequestToken")
        body = {key: value for key, value in request.items() if key != "ClientRequestToken"}
        query_id = str(uuid.uuid4())
        if token and not self._tokens.add(token, {"id": query_id, "request": body}):
            earlier = self._tokens.get(token) or {}
            if earlier.get("request") != body:
                raise InvalidRequestError(
                    "Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH"
                )
            return {"NamedQueryId": earlier["id"]}
        self._things.put(
            query_id, {**body, "NamedQueryId": query_id, "WorkGroup": workgroup}, workgroup
        )
        return {"NamedQueryId": query_id}

    def get(self, request: Json) -> Json:
        """GetNamedQuery."""
        return {"NamedQuery": self._find(request["NamedQueryId"])}

    def batch_get(self, request: Json) -> Json:
        """BatchGetNamedQuery."""
        found, missing = [], []
        for query_id in request["NamedQueryIds"]:
            body = self._things.everywhere(query_id)
            if body is None:
                missing.append(
                    {
                        "NamedQueryId": query_id,
                        "ErrorCode": "INVALID_NAMED_QUERY_ID",
                        "ErrorMessage": f"NamedQuery {query_id} was not found",
                    }
                )
            else:
                found.append(body)
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}

    def list(self, request: Json) -> Json:
        """ListNamedQueries."""
        workgroup = self._workgroups.get(request.get("WorkGroup") or PRIMARY)["Name"]
        ids = [body["NamedQueryId"] for body in self._things.all(workgroup)]
        found, more = page(ids, request, f"named {workgroup}")
        return {"NamedQueryIds": found, **more}

    def update(self, request: Json) -> Json:
        """UpdateNamedQuery."""
        body = self._find(request["NamedQueryId"])
        body.update(
            {name: request[name] for name in ("Name", "Description", "QueryString")
             if name in request}
        )  # fmt: skip
        self._things.put(body["NamedQueryId"], body, body["WorkGroup"])
        return {}

    def delete(self, request: Json) -> Json:
        """DeleteNamedQuery."""
        body = self._find(request["NamedQueryId"])
        self._things.delete(body["NamedQueryId"], body["WorkGroup"])
        return {}

    def count(self, workgroup: str) -> int:
        """How many named queries a workgroup has."""
        return len(self._things.all(workgroup))

    def forget(self, workgroup: str) -> None:
        """Remove a deleted workgroup's named queries."""
        self._things.clear(workgroup)

    def _find(self, query_id: str) -> Json:
        body = self._things.everywhere(query_id)
        if body is None:
            raise InvalidRequestError(f"NamedQuery {query_id} was not found")
        return body


def _statement(
    workgroup: str, name: str, sql: str, description: str | None, modified: float
) -> Json:
    body: Json = {
        "StatementName": name,
        "QueryStatement": sql,
        "WorkGroupName": workgroup,
        "LastModifiedTime": round(modified, 3),
    }
    if description is not None:
        body["Description"] = description
    return body


def _missing(name: str, workgroup: str) -> str:
    return f"PreparedStatement {name} was not found in workGroup {workgroup}"
