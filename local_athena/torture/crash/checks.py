"""What is looked at after a restart beyond the model: history, other engines, rubbish."""

from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_avro
import duckdb_extension_httpfs
import duckdb_extension_iceberg
from asking import FINAL, Clients, Queries
from pyiceberg.catalog.glue import GlueCatalog

EXTENSIONS = (duckdb_extension_avro, duckdb_extension_httpfs, duckdb_extension_iceberg)


class Checker:
    """Holds the other engines between restarts."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._duckdb = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        for extension in EXTENSIONS:
            (file,) = Path(extension.__path__[0]).rglob("*.duckdb_extension")
            self._duckdb.execute(f"LOAD '{file}'")

    def history(self, clients: Clients) -> list[str]:
        """Every query that was started is known, and over as it was told."""
        wrong = []
        ids = list(self._queries.told)
        for start in range(0, len(ids), 50):
            answer = clients.athena.batch_get_query_execution(
                QueryExecutionIds=ids[start : start + 50]
            )
            wrong += [
                f"query {one['QueryExecutionId']} is lost"
                for one in answer["UnprocessedQueryExecutionIds"]
            ]
            for execution in answer["QueryExecutions"]:
                query_id = execution["QueryExecutionId"]
                state, told = execution["Status"]["State"], self._queries.told[query_id]
                if state not in FINAL or (told is not None and told != state):
                    wrong.append(f"query {query_id} is {state}, was told as {told}")
                self._queries.told[query_id] = state
        listed: set[str] = set()
        for page in clients.athena.get_paginator("list_query_executions").paginate():
            listed.update(page["QueryExecutionIds"])
        wrong += [f"query {query_id} is not listed" for query_id in set(ids) - listed]
        return wrong

    def tables(self, clients: Clients) -> list[str]:
        """Every Iceberg table has the same rows for us, PyIceberg and DuckDB, and no orphans."""
        wrong = []
        catalog = GlueCatalog(
            "crash",
            **{
                "glue.endpoint": clients.url, "glue.region": "us-east-1",
                "glue.access-key-id": "local", "glue.secret-access-key": "local",
                "s3.endpoint": clients.url, "s3.access-key-id": "local", "s3.region": "us-east-1",
                "s3.secret-access-key": "local", "s3.force-virtual-addressing": "false",
            },
        )  # fmt: skip
        address = clients.url.removeprefix("http://")
        self._duckdb.execute(
            "CREATE OR REPLACE SECRET lake (TYPE s3, KEY_ID 'local', SECRET 'local', "
            f"ENDPOINT '{address}', URL_STYLE 'path', USE_SSL false, REGION 'us-east-1')"
        )
        tables = clients.glue.get_tables(DatabaseName="crash")["TableList"]
        for entry in tables:
            if entry.get("Parameters", {}).get("table_type") == "ICEBERG":
                wrong += self._table(clients, catalog, entry["Name"])
        return wrong

    def _table(self, clients: Clients, catalog: Any, name: str) -> list[str]:
        table = catalog.load_table(f"crash.{name}")
        theirs = table.scan().to_arrow()
        facts = [(theirs.num_rows, sum(theirs["n"].to_pylist()))]
        facts += self._duckdb.execute(
            "SELECT count(*), coalesce(sum(n), 0)::BIGINT "
            f"FROM iceberg_scan('{table.metadata_location}')"
        ).fetchall()
        ours = self._queries.rows(
            clients, f"SELECT count(*), coalesce(sum(n), 0) FROM crash.{name}"
        )
        facts += [(int(a or 0), int(b or 0)) for a, b in ours]
        wrong = [] if len(set(facts)) == 1 else [f"{name}: PyIceberg, DuckDB, we: {facts}"]
        return wrong + [f"{name}: {uri} belongs to nothing" for uri in orphans(clients, table)]


def orphans(clients: Clients, table: Any) -> set[str]:
    """Files below a table's location that no snapshot and no metadata file names."""
    named: set[str] = set()
    for snapshot in table.metadata.snapshots:
        named.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            named.add(manifest.manifest_path)
            named.update(
                entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)
            )
    bucket, _, prefix = table.metadata.location.removeprefix("s3://").partition("/")
    found: set[str] = set()
    for page in clients.s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix.rstrip("/") + "/"
    ):
        found.update(f"s3://{bucket}/{one['Key']}" for one in page.get("Contents", ()))
    metadata = {uri for uri in found if uri.endswith(".metadata.json")}
    logged = {entry.metadata_file for entry in table.metadata.metadata_log}
    kept = {table.metadata_location, *logged}
    # The log forgets old files; of one number there is one file that anybody committed.
    numbers = {uri.rpartition("/")[2].split("-")[0] for uri in kept}
    twice = {uri for uri in metadata - kept if uri.rpartition("/")[2].split("-")[0] in numbers}
    return (found - metadata - named) | twice
