"""Workgroups: create, read, change, delete, and what they say about a query.

Source of rules: Athena API reference, CreateWorkGroup to UpdateWorkGroup; user guide, "How
workgroups work" (read November 2026).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_athena.api.engine_versions import engine_version
from local_athena.api.result_configuration import check_result_configuration
from local_athena.api.things import Things
from local_athena.errors import InvalidRequestError
from local_athena.protocol.paging import page
from local_athena.storage.database import Database

Json = dict[str, Any]

PRIMARY = "primary"
MANAGED_BUCKET = "local-athena-managed-results"


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """What a workgroup decides for one query.

    `managed`: the result location stays hidden. `enforced`: no client, and no table, may choose
    another one.
    """

    output_location: str
    bytes_scanned_limit: int | None
    result_configuration: Json
    managed: bool = False
    enforced: bool = False


class Workgroups:
    """All workgroups; `primary` is always there."""

    def __init__(self, state: Database, clock: Callable[[], float] = time.time) -> None:
        self._things = Things(state, "workgroup")
        self._state = state
        self._clock = clock
        self._things.add(PRIMARY, self._new(PRIMARY, {}, ""))

    def get(self, name: str) -> Json:
        """One workgroup in the API's shape.

        Raises:
            InvalidRequestError: there is none.
        """
        found = self._things.get(name)
        if found is None:
            raise InvalidRequestError("WorkGroup is not found.")
        return found

    def show(self, request: Json) -> Json:
        """GetWorkGroup: an empty description is left out."""
        body = dict(self.get(request["WorkGroup"]))
        if not body["Description"]:
            del body["Description"]
        return {"WorkGroup": body}

    def exists(self, name: str) -> bool:
        """Whether there is one of that name."""
        return self._things.get(name) is not None

    def create(self, request: Json) -> None:
        """CreateWorkGroup."""
        configuration = dict(request.get("Configuration") or {})
        check_result_configuration(configuration.get("ResultConfiguration"))
        body = self._new(request["Name"], configuration, request.get("Description") or "")
        if not self._things.add(request["Name"], body):
            raise InvalidRequestError("WorkGroup is already created")

    def list(self, request: Json) -> Json:
        """ListWorkGroups."""
        summaries = [
            {
                "Name": body["Name"],
                "State": body["State"],
                "Description": body["Description"],
                "CreationTime": body["CreationTime"],
                "EngineVersion": body["Configuration"]["EngineVersion"],
            }
            for body in self._things.all()
        ]
        found, more = page(summaries, request, "workgroups")
        return {"WorkGroups": found, **more}

    def update(self, request: Json) -> None:
        """UpdateWorkGroup."""
        body = self.get(request["WorkGroup"])
        if "Description" in request:
            body["Description"] = request["Description"]
        if "State" in request:
            body["State"] = request["State"]
        _apply(body["Configuration"], request.get("ConfigurationUpdates") or {})
        check_result_configuration(body["Configuration"].get("ResultConfiguration"))
        self._things.put(request["WorkGroup"], body)

    def delete(self, name: str) -> None:
        """Remove a workgroup; the caller has seen to its contents."""
        if name == PRIMARY:
            raise InvalidRequestError("The primary workgroup cannot be deleted.")
        if not self._things.delete(name):
            raise InvalidRequestError("WorkGroup is not found.")

    def settings_for(self, name: str, given: Json | None) -> QuerySettings:
        """Where a query's results go, and its limit, by workgroup and the client's configuration.

        Raises:
            InvalidRequestError: no such workgroup, it is disabled, no location or a malformed one.
        """
        body = self.get(name)
        if body["State"] != "ENABLED":
            raise InvalidRequestError(f"WorkGroup {name} is disabled.")
        configuration = body["Configuration"]
        own = configuration.get("ResultConfiguration") or {}
        limit = configuration.get("BytesScannedCutoffPerQuery")
        if (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
            return QuerySettings(f"s3://{MANAGED_BUCKET}/{name}/", limit, {}, managed=True)
        given = dict(given or {})
        if configuration["EnforceWorkGroupConfiguration"] or not given.get("OutputLocation"):
            chosen = own if own.get("OutputLocation") else given
        else:
            chosen = given
        location = chosen.get("OutputLocation")
        if not location:
            raise InvalidRequestError(
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input.",
            )
        check_result_configuration(chosen)
        location = location if location.endswith("/") else location + "/"
        enforced = bool(configuration["EnforceWorkGroupConfiguration"] and chosen is own)
        result = {**chosen, "OutputLocation": location}
        return QuerySettings(location, limit, result, enforced=enforced)

    def _new(self, name: str, configuration: Json, description: str) -> Json:
        enforced = name != PRIMARY  # CreateWorkGroup's default is true, primary's is false
        return {
            "Name": name,
            "State": "ENABLED",
            "Configuration": {
                "EnforceWorkGroupConfiguration": enforced,
                "PublishCloudWatchMetricsEnabled": False,
                "RequesterPaysEnabled": False,
                "EnableMinimumEncryptionConfiguration": False,
                "ResultConfiguration": {},
                **configuration,
                "EngineVersion": engine_version(configuration.get("EngineVersion")),
            },
            "Description": description,
            "CreationTime": round(self._clock(), 3),
        }


def _apply(configuration: Json, updates: Json) -> None:
    """Change a configuration by WorkGroupConfigurationUpdates, in place."""
    changes = dict(updates)
    results = changes.pop("ResultConfigurationUpdates", None)
    managed = changes.pop("ManagedQueryResultsConfigurationUpdates", None)
    if "EngineVersion" in changes:
        changes["EngineVersion"] = engine_version(changes["EngineVersion"])
    if changes.pop("RemoveBytesScannedCutoffPerQuery", False):
        configuration.pop("BytesScannedCutoffPerQuery", None)
    configuration.update(changes)
    if managed is not None:
        configuration["ManagedQueryResultsConfiguration"] = {
            name: value for name, value in managed.items() if not name.startswith("Remove")
        }
    if results is not None:
        own = configuration.setdefault("ResultConfiguration", {})
        for name, value in results.items():
            if not name.startswith("Remove"):
                own[name] = value
        for name, value in results.items():
            if name.startswith("Remove") and value:
                own.pop(name.removeprefix("Remove"), None)
