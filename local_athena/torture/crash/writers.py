"""Writers of different kinds. Each changes things of its own, again and again, until the
server is gone; rows of several writers lie in the same tables."""

import hashlib
import io
import random
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
from asking import Clients, Queries
from botocore.exceptions import ClientError
from model import Model, Refused

PART = 5 * 1024 * 1024
SHARED = "crash.shared"
HIVE = "crash.hive"


def missing(call: Callable[[], Any]) -> Any:
    """The answer, or None when the thing is not there."""
    try:
        return call()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404):
            return None
        raise


def s3_state(bucket: str, key: str) -> Callable[[Clients], Any]:
    """(MD5 of the bytes, user metadata) of an object; None without one."""

    def look(clients: Clients) -> Any:
        found = missing(lambda: clients.s3.get_object(Bucket=bucket, Key=key))
        if found is None:
            return None
        body = found["Body"].read()
        assert len(body) == found["ContentLength"]
        return hashlib.md5(body).hexdigest(), found["Metadata"].get("n")

    return look


class Writer:
    """One writer: `step` makes one change."""

    def __init__(self, number: int, model: Model, queries: Queries, rng: random.Random) -> None:
        self.number = number
        self.model = model
        self.queries = queries
        self.rng = rng
        self.count = 0

    def step(self, clients: Clients) -> None:
        raise NotImplementedError

    def next(self) -> int:
        self.count += 1
        return self.count

    def sql(self, clients: Clients, sql: str) -> None:
        """Run a statement; a lost race is a refusal, anything else is a defect."""
        state, reason = self.queries.run(clients, sql)
        if state == "SUCCEEDED":
            return
        if "ICEBERG_COMMIT_ERROR" in reason:
            raise Refused(reason)
        raise AssertionError(f"{sql}: {state} {reason}")


class Objects(Writer):
    """PutObject, DeleteObject, in a plain and in a versioned bucket."""

    def step(self, clients: Clients) -> None:
        bucket = self.rng.choice(["plain", "versioned"])
        key = f"w{self.number}/{self.rng.randrange(6)}"
        thing = self.model.thing(("s3", bucket, key), s3_state(bucket, key))
        if thing.state is not None and self.rng.random() < 0.3:
            with self.model.change(thing, None):
                clients.s3.delete_object(Bucket=bucket, Key=key)
            return
        body, n = self.rng.randbytes(self.rng.choice([0, 10, 70_000])), str(self.next())
        with self.model.change(thing, (hashlib.md5(body).hexdigest(), n)):
            clients.s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"n": n})


class Parts(Writer):
    """Multipart uploads and copies."""

    def step(self, clients: Clients) -> None:
        key = f"m{self.number}/{self.rng.randrange(3)}"
        thing = self.model.thing(("s3", "plain", key), s3_state("plain", key))
        n = str(self.next())
        if thing.state is not None and self.rng.random() < 0.6:
            target = f"c{self.number}/{self.rng.randrange(3)}"
            copied = self.model.thing(("s3", "plain", target), s3_state("plain", target))
            with self.model.change(copied, (thing.state[0], n)):
                clients.s3.copy_object(
                    Bucket="plain", Key=target, CopySource={"Bucket": "plain", "Key": key},
                    Metadata={"n": n}, MetadataDirective="REPLACE",
                )  # fmt: skip
            return
        bodies = [self.rng.randbytes(1000) * (PART // 1000 + 1), self.rng.randbytes(100)]
        whole = hashlib.md5(b"".join(bodies)).hexdigest()
        upload = clients.s3.create_multipart_upload(Bucket="plain", Key=key, Metadata={"n": n})
        where = {"Bucket": "plain", "Key": key, "UploadId": upload["UploadId"]}
        parts = [
            {"PartNumber": i, "ETag": clients.s3.upload_part(PartNumber=i, Body=b, **where)["ETag"]}
            for i, b in enumerate(bodies, 1)
        ]
        with self.model.change(thing, (whole, n)):
            clients.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)


class Entries(Writer):
    """Glue: tables with versions, partitions."""

    def step(self, clients: Clients) -> None:
        name = f"g{self.number}_{self.rng.randrange(3)}"
        if self.rng.random() < 0.5:
            self._partition(clients, name)
        else:
            self._table(clients, name)

    def _table(self, clients: Clients, name: str) -> None:
        def look(clients: Clients) -> Any:
            got = missing(lambda: clients.glue.get_table(DatabaseName="crash", Name=name))
            return got and (got["Table"]["VersionId"], got["Table"].get("Description"))

        thing = self.model.thing(("glue", name), look)
        n = str(self.next())
        given = {"Name": name, "Description": n, "PartitionKeys": [{"Name": "p", "Type": "string"}]}
        if thing.state is None:
            with self.model.change(thing, ("0", n)):
                clients.glue.create_table(DatabaseName="crash", TableInput=given)
            return
        version = int(thing.state[0])
        with self.model.change(thing, (str(version + 1), n)):
            clients.glue.update_table(
                DatabaseName="crash", TableInput=given, VersionId=str(version)
            )

    def _partition(self, clients: Clients, name: str) -> None:
        if self.model.things.get(("glue", name)) is None:
            return self._table(clients, name)
        value = str(self.rng.randrange(4))

        def look(clients: Clients) -> Any:
            got = missing(
                lambda: clients.glue.get_partition(
                    DatabaseName="crash", TableName=name, PartitionValues=[value]
                )
            )
            return got and got["Partition"]["Parameters"]["n"]

        if self.model.things[("glue", name)].state is None:
            return None
        thing = self.model.thing(("glue", name, value), look)
        where = {"DatabaseName": "crash", "TableName": name}
        if thing.state is not None:
            with self.model.change(thing, None):
                clients.glue.delete_partition(PartitionValues=[value], **where)
            return None
        n = str(self.next())
        with self.model.change(thing, n):
            clients.glue.create_partition(
                PartitionInput={"Values": [value], "Parameters": {"n": n}}, **where
            )
        return None


def rows_of(queries: Queries, table: str, owner: int, where: str = "") -> Callable[..., Any]:
    """{id: n} of an owner's rows; None when there are none."""

    def look(clients: Clients) -> Any:
        sql = f"SELECT id, n FROM {table} WHERE owner = {owner} {where}ORDER BY id"
        return {int(i or 0): int(n or 0) for i, n in queries.rows(clients, sql)}

    return look


class Rows(Writer):
    """INSERT, MERGE, UPDATE and DELETE of own rows in a shared partitioned Iceberg table."""

    def step(self, clients: Clients) -> None:
        thing = self.model.thing((SHARED, self.number), rows_of(self.queries, SHARED, self.number))
        if thing.state is None:
            thing.state = {}
        kind = self.rng.choice(["insert", "insert", "merge", "update", "delete"])
        rows: dict[int, int] = dict(thing.state)
        if len(rows) > 60 and kind == "insert":
            kind = "delete"
        n = self.next()
        if kind == "insert":
            new = {n * 100 + i: n for i in range(6)}
            values = ", ".join(f"({self.number}, {i}, {v}, {i % 3})" for i, v in new.items())
            sql, after = f"INSERT INTO {SHARED} VALUES {values}", rows | new
        elif kind == "merge":
            source = dict.fromkeys([*list(rows)[:2], n * 100 + 50], n)
            values = ", ".join(f"({i}, {v})" for i, v in source.items())
            sql = (
                f"MERGE INTO {SHARED} t USING (VALUES {values}) s(id, n) "
                f"ON t.owner = {self.number} AND t.id = s.id "
                "WHEN MATCHED THEN UPDATE SET n = s.n "
                f"WHEN NOT MATCHED THEN INSERT VALUES ({self.number}, s.id, s.n, 0)"
            )
            after = rows | source
        elif kind == "update":
            sql = f"UPDATE {SHARED} SET n = n + 1000 WHERE owner = {self.number}"
            after = {i: v + 1000 for i, v in rows.items()}
        else:
            limit = sorted(rows)[len(rows) // 2] if rows else 0
            sql = f"DELETE FROM {SHARED} WHERE owner = {self.number} AND id < {limit}"
            after = {i: v for i, v in rows.items() if i >= limit}
        with self.model.change(thing, after):
            self.sql(clients, sql)


class Tables(Writer):
    """Iceberg tables made and dropped, OPTIMIZE and VACUUM of the shared one."""

    def step(self, clients: Clients) -> None:
        if self.rng.random() < 0.3:
            word = self.rng.choice(
                [f"OPTIMIZE {SHARED} REWRITE DATA USING BIN_PACK", f"VACUUM {SHARED}"]
            )
            try:
                self.sql(clients, word)
            except Refused:
                return
            self.model.answered += 1
            return
        name = f"i{self.number}_{self.rng.randrange(2)}"

        def look(clients: Clients) -> Any:
            if not self.queries.rows(
                clients,
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'crash' "
                f"AND table_name = '{name}'",
            ):
                return None
            sql = f"SELECT count(*), min(n), max(n) FROM crash.{name}"
            return self.queries.rows(clients, sql)[0]

        thing = self.model.thing(("iceberg", name), look)
        if thing.state is not None:
            with self.model.change(thing, None):
                self.sql(clients, f"DROP TABLE crash.{name}")
            return
        n = self.next()
        with self.model.change(thing, ("500", str(n), str(n))):
            self.sql(
                clients,
                f"CREATE TABLE crash.{name} WITH (table_type = 'ICEBERG', is_external = false, "
                f"location = 's3://plain/iceberg/{name}/', partitioning = ARRAY['p']) AS "
                f"SELECT {n} n, x, x % 5 p FROM unnest(sequence(1, 500)) t(x)",
            )


class Files(Writer):
    """Hive tables: INSERT into many partitions at once, CREATE TABLE AS, DROP, UNLOAD."""

    def step(self, clients: Clients) -> None:
        self.rng.choice([self._insert, self._insert, self._create, self._unload])(clients)

    def _insert(self, clients: Clients) -> None:
        n = self.next()
        thing = self.model.thing((HIVE, self.number), rows_of(self.queries, HIVE, self.number))
        if thing.state is None:
            thing.state = {}
        new = {n * 100 + i: n for i in range(8)}
        values = ", ".join(f"({self.number}, {i}, {v}, {i % 8})" for i, v in new.items())
        with self.model.change(thing, thing.state | new):
            self.sql(clients, f"INSERT INTO {HIVE} VALUES {values}")

    def _unload(self, clients: Clients) -> None:
        n = self.next()
        prefix = f"unload/w{self.number}_{n}/"

        def look(clients: Clients) -> Any:
            listed = clients.s3.list_objects_v2(Bucket="plain", Prefix=prefix)
            bodies = [
                clients.s3.get_object(Bucket="plain", Key=one["Key"])["Body"].read()
                for one in listed.get("Contents", ())
            ]
            rows = [pq.read_table(io.BytesIO(body)) for body in bodies]
            return (sum(len(one) for one in rows), n) if rows else None

        thing = self.model.thing(("unload", n), look)
        with self.model.change(thing, (300, n)):
            self.sql(
                clients,
                f"UNLOAD (SELECT {n} n, x FROM unnest(sequence(1, 300)) t(x)) "
                f"TO 's3://plain/{prefix}' WITH (format = 'PARQUET')",
            )
        if n % 8:  # to look at all of them after each restart would take the test's time
            del self.model.things[("unload", n)]
            for one in clients.s3.list_objects_v2(Bucket="plain", Prefix=prefix)["Contents"]:
                clients.s3.delete_object(Bucket="plain", Key=one["Key"])

    def _create(self, clients: Clients) -> None:
        n = self.next()
        name = f"h{self.number}_{n}"
        prefix = f"hive/{name}/"

        def look(clients: Clients) -> Any:
            there = self.queries.rows(
                clients,
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'crash' "
                f"AND table_name = '{name}'",
            )
            files = clients.s3.list_objects_v2(Bucket="plain", Prefix=prefix)["KeyCount"]
            if not there:
                assert files == 0, f"{name} is not there, {files} files of it are"
                return None
            sql = f"SELECT count(*), count(distinct p), sum(n) FROM crash.{name}"
            return self.queries.rows(clients, sql)[0]

        thing = self.model.thing(("hive", name), look)
        with self.model.change(thing, ("300", "6", str(300 * n))):
            self.sql(
                clients,
                f"CREATE TABLE crash.{name} WITH (format = 'PARQUET', partitioned_by = ARRAY['p'], "
                f"external_location = 's3://plain/{prefix}') AS "
                f"SELECT {n} n, x, x % 6 p FROM unnest(sequence(1, 300)) t(x)",
            )
        if thing.state is not None:
            del self.model.things[("hive", name)]
            clients.glue.delete_table(DatabaseName="crash", Name=name)


class Names(Writer):
    """Prepared statements, workgroups and named queries."""

    def step(self, clients: Clients) -> None:
        name, n = f"n{self.number}_{self.rng.randrange(4)}", self.next()
        self.rng.choice([self._prepared, self._workgroup, self._named])(clients, name, n)

    def _prepared(self, clients: Clients, name: str, n: int) -> None:
        athena = clients.athena

        def look(clients: Clients) -> Any:
            got = missing(
                lambda: clients.athena.get_prepared_statement(
                    StatementName=name, WorkGroup="primary"
                )
            )
            return got and got["PreparedStatement"]["QueryStatement"]

        thing = self.model.thing(("prepared", name), look)
        if thing.state is None and self.rng.random() < 0.5:
            with self.model.change(thing, f"SELECT {n}"):
                self.sql(clients, f"PREPARE {name} FROM SELECT {n}")
        elif thing.state is None:
            with self.model.change(thing, f"SELECT {n}"):
                athena.create_prepared_statement(
                    StatementName=name, WorkGroup="primary", QueryStatement=f"SELECT {n}"
                )
        elif self.rng.random() < 0.5:
            with self.model.change(thing, f"SELECT {n}"):
                athena.update_prepared_statement(
                    StatementName=name, WorkGroup="primary", QueryStatement=f"SELECT {n}"
                )
        else:
            with self.model.change(thing, None):
                athena.delete_prepared_statement(StatementName=name, WorkGroup="primary")

    def _workgroup(self, clients: Clients, name: str, n: int) -> None:
        def look(clients: Clients) -> Any:
            got = missing(lambda: clients.athena.get_work_group(WorkGroup=name))
            return got and got["WorkGroup"].get("Description")

        thing = self.model.thing(("workgroup", name), look)
        if thing.state is not None and self.rng.random() < 0.3:
            with self.model.change(thing, None):
                clients.athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
        elif thing.state is not None:
            with self.model.change(thing, str(n)):
                clients.athena.update_work_group(WorkGroup=name, Description=str(n))
        else:
            with self.model.change(thing, str(n)):
                clients.athena.create_work_group(Name=name, Description=str(n))

    def _named(self, clients: Clients, name: str, n: int) -> None:
        """Named queries have ids that the endpoint gives: known by their name, ids looked up."""

        def found(clients: Clients) -> list[dict[str, str]]:
            ids = clients.athena.list_named_queries()["NamedQueryIds"]
            every = clients.athena.batch_get_named_query(NamedQueryIds=ids) if ids else {}
            return [one for one in every.get("NamedQueries", []) if one["Name"] == name]

        def look(clients: Clients) -> Any:
            queries = [one["QueryString"] for one in found(clients)]
            assert len(queries) < 2, queries
            return queries[0] if queries else None

        thing = self.model.thing(("named", name), look)
        if thing.state is None:
            with self.model.change(thing, f"SELECT {n}"):
                clients.athena.create_named_query(
                    Name=name, Database="crash", QueryString=f"SELECT {n}"
                )
            return
        (query,) = found(clients)
        query_id = query["NamedQueryId"]
        if self.rng.random() < 0.4:
            with self.model.change(thing, None):
                clients.athena.delete_named_query(NamedQueryId=query_id)
        else:
            with self.model.change(thing, f"SELECT {n}"):
                clients.athena.update_named_query(
                    NamedQueryId=query_id, Name=name, QueryString=f"SELECT {n}"
                )
