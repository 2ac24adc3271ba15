"""The JavaScript SDK, `@aws-sdk/client-athena`, in Node."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import { AthenaClient, BatchGetQueryExecutionCommand, GetQueryExecutionCommand,
         GetQueryResultsCommand, ListWorkGroupsCommand, StartQueryExecutionCommand,
         StartSessionCommand, StopQueryExecutionCommand, paginateGetQueryResults }
  from "@aws-sdk/client-athena";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

const athena = new AthenaClient({});
const s3 = new S3Client({ forcePathStyle: true });
const { DATABASE, OUTPUT, BUCKET, ENDLESS } = process.env;

async function start(sql, more = {}) {
  const answer = await athena.send(new StartQueryExecutionCommand({
    QueryString: sql, QueryExecutionContext: { Database: DATABASE },
    ResultConfiguration: { OutputLocation: OUTPUT }, ...more }));
  return answer.QueryExecutionId;
}

async function finish(id) {
  for (;;) {
    const { QueryExecution } = await athena.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }));
    if (!["QUEUED", "RUNNING"].includes(QueryExecution.Status.State)) return QueryExecution;
  }
}

const facts = {};
const id = await start("select n from unnest(sequence(1, 2500)) t (n) order by n");
const done = await finish(id);
facts.state = done.Status.State;
facts.submitted = done.Status.SubmissionDateTime instanceof Date;
facts.rows = 0;
facts.pages = 0;
for await (const page of paginateGetQueryResults({ client: athena }, { QueryExecutionId: id })) {
  facts.pages += 1;
  facts.rows += page.ResultSet.Rows.length;
}
const first = await athena.send(
  new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: 2 }));
facts.first = first.ResultSet.Rows.map((row) => row.Data[0].VarCharValue);
facts.type = first.ResultSet.ResultSetMetadata.ColumnInfo[0].Type;
const parameters = await start("select ? as a", { ExecutionParameters: ["'it''s'"] });
await finish(parameters);
const csv = await s3.send(
  new GetObjectCommand({ Bucket: BUCKET, Key: `results/${parameters}.csv` }));
facts.csv = await csv.Body.transformToString();
const batch = await athena.send(
  new BatchGetQueryExecutionCommand({ QueryExecutionIds: [id, parameters] }));
facts.batch = batch.QueryExecutions.length;
const token = "javascript-token-of-thirty-two-characters";
const once = { ClientRequestToken: token };
facts.once = (await start("select 1", once)) === (await start("select 1", once));
const endless = await start(ENDLESS);
await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: endless }));
facts.stopped = (await finish(endless)).Status.State;
const failed = await finish(await start("select 1 / 0"));
facts.error = failed.Status.AthenaError.ErrorMessage;
facts.workgroups = (await athena.send(new ListWorkGroupsCommand({}))).WorkGroups[0].Name;
for (const [name, command] of [
  ["unknown", new GetQueryExecutionCommand({ QueryExecutionId: "no-such-id" })],
  ["session", new StartSessionCommand(
    { WorkGroup: "primary", EngineConfiguration: { MaxConcurrentDpus: 4 } })],
]) {
  try { await athena.send(command); } catch (error) {
    facts[name] = [error.name, error.message];
  }
}
console.log(JSON.stringify(facts));
"""
ENDLESS = (
    "select count(*) from unnest(sequence(1, 10000)) a (x) "
    "cross join unnest(sequence(1, 10000)) b (y) cross join unnest(sequence(1, 10000)) c (z) "
    "where x + y + z = 0"
)


@pytest.fixture
def facts(javascript: Path, environ: dict[str, str]) -> Any:
    """What the script saw."""
    (javascript / "script.js").write_text(SCRIPT)
    done = subprocess.run(
        ["node", "script.js"],
        cwd=javascript,
        env={**environ, "ENDLESS": ENDLESS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_sdk__queries_pages_errors(facts: Any) -> None:
    assert facts.pop("session")[1].startswith("StartSession: Spark sessions and notebooks")
    assert facts.pop("unknown") == [
        "InvalidRequestException",
        "QueryExecution no-such-id was not found",
    ]
    assert "DIVISION_BY_ZERO" in facts.pop("error")
    assert facts == {
        "state": "SUCCEEDED",
        "submitted": True,
        "rows": 2501,
        "pages": 3,
        "first": ["n", "1"],
        "type": "bigint",
        "csv": '"a"\n"it\'s"\n',
        "batch": 2,
        "once": True,
        "stopped": "CANCELLED",
        "workgroups": "primary",
    }
