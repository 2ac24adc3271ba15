"""An execution in the API's shapes: QueryExecution, ResultSetMetadata, runtime statistics."""

import time
from typing import Any

from local_athena.api.engine_versions import engine_version
from local_athena.api.executions import FINAL, RUNNING, SUCCEEDED, Execution
from local_athena.engine.contract import ColumnInfo

Json = dict[str, Any]


def describe_execution(execution: Execution) -> Json:
    """QueryExecution (GetQueryExecution, BatchGetQueryExecution)."""
    facts = execution.facts
    results = {
        key: value
        for key, value in facts["result_configuration"].items()
        if key != "OutputLocation"
    }
    if not facts["managed"] and facts["output_file"]:
        results["OutputLocation"] = facts["output_file"]
    found = {
        "QueryExecutionId": execution.id,
        "Query": facts["query"],
        "StatementType": facts["statement_type"],
        "SubstatementType": facts["substatement_type"],
        "ResultConfiguration": results,
        "ResultReuseConfiguration": facts["reuse"]
        or {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": facts["context"],
        "Status": _status(execution),
        "Statistics": statistics(execution),
        "WorkGroup": execution.workgroup,
        "EngineVersion": engine_version(None),
        "ExecutionParameters": facts["parameters"],
    }
    if facts["managed"]:
        found["ManagedQueryResultsConfiguration"] = {"Enabled": True}
        del found["ResultConfiguration"]
    return {key: value for key, value in found.items() if value is not None}


def statistics(execution: Execution) -> Json:
    """QueryExecutionStatistics; the queue time is at least 1 ms, as PyAthena requires."""
    facts = execution.facts
    running = execution.state not in FINAL
    end = time.time() if running else facts["completed"]
    engine_ms = facts["engine_ms"]
    if execution.state == RUNNING and facts["started"]:
        engine_ms = int((end - facts["started"]) * 1000)
    queue_ms = max(1, int(((facts["started"] or end) - execution.submitted) * 1000))
    total_ms = max(int((end - execution.submitted) * 1000), engine_ms + queue_ms)
    found = {
        "EngineExecutionTimeInMillis": engine_ms,
        "DataScannedInBytes": execution.control.scanned_bytes
        if running
        else facts["scanned_bytes"],
        "TotalExecutionTimeInMillis": total_ms,
        "QueryQueueTimeInMillis": queue_ms,
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": facts["planning_ms"],
        "ServiceProcessingTimeInMillis": max(0, total_ms - engine_ms - queue_ms),
        "ResultReuseInformation": {"ReusedPreviousResult": facts["reused"]},
    }
    if facts["manifest"]:
        found["DataManifestLocation"] = facts["manifest"]
    return found


def runtime_statistics(execution: Execution) -> Json:
    """QueryRuntimeStatistics (GetQueryRuntimeStatistics)."""
    facts = execution.facts
    timeline = statistics(execution)
    rows = {
        "InputRows": facts["input_rows"],
        "InputBytes": facts["scanned_bytes"],
        "OutputRows": facts["output_rows"] or facts["row_count"],
        "OutputBytes": facts["output_bytes"],
    }
    found: Json = {
        "Timeline": {
            key: timeline[key]
            for key in (
                "QueryQueueTimeInMillis",
                "ServicePreProcessingTimeInMillis",
                "QueryPlanningTimeInMillis",
                "EngineExecutionTimeInMillis",
                "ServiceProcessingTimeInMillis",
                "TotalExecutionTimeInMillis",
            )
        }
    }
    if execution.state == SUCCEEDED:
        found["Rows"] = rows
        if facts["plan"]:
            found["OutputStage"] = {
                "StageId": 0,
                "State": "FINISHED",
                **rows,
                "ExecutionTime": facts["engine_ms"],
                "QueryStagePlan": {"Name": facts["plan"], "Identifier": "0", "Children": []},
                "SubStages": [],
            }
    return found


def column_to_json(column: ColumnInfo) -> Json:
    """ColumnInfo as ResultSetMetadata has it."""
    return {
        "CatalogName": "hive",
        "SchemaName": column.schema,
        "TableName": column.table,
        "Name": column.name,
        "Label": column.name if column.label is None else column.label,
        "Type": column.type,
        "Precision": column.precision,
        "Scale": column.scale,
        "Nullable": column.nullable,
        "CaseSensitive": column.case_sensitive,
    }


def _status(execution: Execution) -> Json:
    facts = execution.facts
    status = {
        "State": execution.state,
        "StateChangeReason": facts["reason"],
        "SubmissionDateTime": round(execution.submitted, 3),
        "CompletionDateTime": round(facts["completed"], 3) if facts["completed"] else None,
        "AthenaError": facts["error"],
    }
    return {key: value for key, value in status.items() if value is not None}
