"""awswrangler's Athena module: every public function; expectations from its documentation.

Frames go in through `wr.s3` and the Glue catalog and come back through Athena, by each of the three
ways of reading: CSV, CTAS and UNLOAD.
"""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import awswrangler as wr
import boto3
import numpy as np
import pandas as pd
import pytest
from local_athena.pytest_plugin import AthenaDatabase

WAYS = {
    "csv": {"ctas_approach": False},
    "ctas": {"ctas_approach": True},
    "unload": {"ctas_approach": False, "unload_approach": True, "keep_files": False},
}
way = pytest.mark.parametrize("how", WAYS.values(), ids=WAYS.keys())
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "i8": pd.array([1, None, 2], dtype="Int8"),
            "i64": pd.array([1, None, 2**62], dtype="Int64"),
            "f32": np.array([0.5, np.nan, 1.5], dtype="float32"),
            "f64": [0.25, np.nan, 2.25],
            "price": [Decimal("1.99"), None, Decimal("1.90")],
            "text": pd.array(["Seattle", None, 'He said "no", twice'], dtype="string"),
            "day": [dt.date(2020, 1, 1), None, dt.date(2020, 1, 2)],
            "at": pd.to_datetime(["2020-01-01 00:00:00.5", None, "2020-01-02 00:00:01.0"]),
            "ok": pd.array([True, None, False], dtype="boolean"),
            "raw": [b"0", None, b"1"],
            "par": pd.array(["a", "b", "b"], dtype="string"),
        }
    )


@pytest.fixture
def out(database: AthenaDatabase) -> dict[str, Any]:
    """What nearly every call of awswrangler wants; UNLOAD needs an empty prefix."""
    output = f"{database.output_location}{uuid.uuid4().hex}/"
    return {"database": database.name, "s3_output": output}


@pytest.fixture(scope="module", autouse=True)
def table(database: AthenaDatabase) -> str:
    wr.config.athena_query_wait_polling_delay = 0.01
    wr.s3.to_parquet(
        frame(),
        path=f"{database.location}things/",
        dataset=True,
        database=database.name,
        table="things",
        partition_cols=["par"],
    )
    return "things"


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Equal in values and nulls; columns and rows in any order, dtypes of one family."""
    assert sorted(found.columns) == sorted(wanted.columns)
    assert len(found) == len(wanted)
    for name in wanted.columns:
        left = [None if pd.isna(value) else value for value in found[name]]
        right = [None if pd.isna(value) else value for value in wanted[name]]
        key = lambda value: (value is None, str(value))  # noqa: E731
        assert sorted(left, key=key) == sorted(right, key=key), name


@way
def test_read_sql_query__every_type__as_it_was_written(out: Any, how: dict[str, bool]) -> None:
    found = wr.athena.read_sql_query("select * from things", **out, **how)
    if how == WAYS["csv"]:  # a CSV has bytes as hex digits, and awswrangler leaves them so
        assert set(found.pop("raw").dropna()) == {b"30", b"31"}
        same(found, frame().drop(columns="raw"))
    else:
        same(found, frame())


@way
def test_read_sql_query__dtypes(out: Any, how: dict[str, bool]) -> None:
    found = wr.athena.read_sql_query("select i8, i64, f64, text, ok from things", **out, **how)
    assert [str(kind) for kind in found.dtypes] == ["Int8", "Int64", "float64", "string", "boolean"]


@way
def test_read_sql_table__all_rows(out: Any, how: dict[str, bool]) -> None:
    found = wr.athena.read_sql_table("things", **out, **how)
    assert len(found) == 3
    assert found.query_metadata["Status"]["State"] == "SUCCEEDED"


@way
def test_read_sql_query__chunks__together_all_rows(out: Any, how: dict[str, bool]) -> None:
    sql = "select n from unnest(sequence(1, 250)) t (n)"
    chunks = list(wr.athena.read_sql_query(sql, chunksize=100, **out, **how))
    assert max(len(chunk) for chunk in chunks) <= 100
    assert sorted(pd.concat(chunks)["n"]) == [*range(1, 251)]


@way
def test_read_sql_query__no_rows(out: Any, how: dict[str, bool]) -> None:
    sql = "select i64, text from things where i64 = 77"
    if how == WAYS["unload"]:  # no file, no types: awswrangler says so
        with pytest.raises(wr.exceptions.EmptyDataFrame):
            wr.athena.read_sql_query(sql, **out, **how)
        return
    found = wr.athena.read_sql_query(sql, **out, **how)
    assert (len(found), list(found.columns)) == (0, ["i64", "text"])


@way
def test_read_sql_query__named_parameters__are_quoted(out: Any, how: dict[str, bool]) -> None:
    found = wr.athena.read_sql_query(
        "select i64 from things where text = :text and day = :day",
        params={"text": "Seattle", "day": dt.date(2020, 1, 1)},
        **out,
        **how,
    )
    assert list(found["i64"]) == [1]


@way
def test_read_sql_query__qmark_parameters(out: Any, how: dict[str, bool]) -> None:
    for column, value in (("text", "Seattle"), ("i64", "1"), ("day", "DATE '2020-01-01'")):
        found = wr.athena.read_sql_query(
            f"select f64 from things where {column} = ?",
            params=[value],
            paramstyle="qmark",
            **out,
            **how,
        )
        assert list(found["f64"]) == [0.25]


@pytest.mark.parametrize("kept", [True, False])
def test_read_sql_query__keep_files(database: AthenaDatabase, out: Any, kept: bool) -> None:
    prefix = f"{database.output_location}kept-{kept}/"
    wr.athena.read_sql_query(
        "select i64 from things",
        database=database.name,
        s3_output=prefix,
        ctas_approach=False,
        unload_approach=True,
        keep_files=kept,
    )
    assert bool(wr.s3.list_objects(prefix)) is kept


def test_read_sql_query__arrow_dtypes(out: Any) -> None:
    found = wr.athena.read_sql_query(
        "select i64, text from things where par = 'a'",
        ctas_approach=False,
        dtype_backend="pyarrow",
        **out,
    )
    assert [str(kind) for kind in found.dtypes] == ["int64[pyarrow]", "string[pyarrow]"] or [
        str(kind) for kind in found.dtypes
    ] == ["int64[pyarrow]", "string"]
    assert found["text"].to_list() == ["Seattle"]


def test_read_sql_query__nested_types_by_unload(out: Any) -> None:
    found = wr.athena.read_sql_query(
        "select array[1, 2] as a, map(array['k'], array[1]) as m, "
        "cast(row(1, 'x') as row(i integer, s varchar)) as r",
        ctas_approach=False,
        unload_approach=True,
        **out,
    )
    assert list(found["a"][0]) == [1, 2]
    assert dict(found["m"][0]) == {"k": 1}
    assert found["r"][0] == {"i": 1, "s": "x"}


def test_read_sql_query__duplicate_names__ctas_refuses(out: Any) -> None:
    with pytest.raises(wr.exceptions.InvalidCtasApproachQuery):
        wr.athena.read_sql_query("select 1 as a, 2 as a", **out)
    found = wr.athena.read_sql_query("select 1 as a, 2 as a", ctas_approach=False, **out)
    assert list(found.columns) == ["a", "a.1"]


def test_read_sql_query__bad_column__fails_with_athena_s_reason(out: Any) -> None:
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND"):
        wr.athena.read_sql_query("select nope from things", ctas_approach=False, **out)


def test_cache__same_query__is_not_run_again(out: Any) -> None:
    sql, settings = "select 'cached' as c", {"max_cache_seconds": 900}
    first = wr.athena.read_sql_query(sql, ctas_approach=False, **out)
    again = wr.athena.read_sql_query(
        sql, ctas_approach=False, athena_cache_settings=settings, **out
    )
    assert first.query_metadata["QueryExecutionId"] == again.query_metadata["QueryExecutionId"]
    assert again["c"].to_list() == ["cached"]


def test_result_reuse__second_read__scans_nothing(out: Any) -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    for expected in (False, True):
        found = wr.athena.read_sql_query(
            "select max(i64) as m from things",
            ctas_approach=False,
            result_reuse_configuration=reuse,
            **out,
        )
        facts = found.query_metadata["Statistics"]
        assert facts["ResultReuseInformation"]["ReusedPreviousResult"] is expected
        assert found["m"].to_list() == [2**62]


def test_unload__writes_partitions_of_files(database: AthenaDatabase) -> None:
    path = f"{database.location}unloaded/"
    metadata = wr.athena.unload(
        "select i64, par from things",
        path=path,
        database=database.name,
        file_format="PARQUET",
        compression="snappy",
        partitioned_by=["par"],
    )
    assert metadata.raw_payload["SubstatementType"] == "UNLOAD"
    files = [uri for uri in wr.s3.list_objects(path) if "/par=" in uri]
    found = wr.s3.read_parquet(files, dataset=True, path_root=path)
    assert sorted(found["par"]) == ["a", "b", "b"]


def test_create_ctas_table__formats_partitions_and_buckets(
    database: AthenaDatabase, out: Any
) -> None:
    made = wr.athena.create_ctas_table(
        sql="select i64, text, par from things",
        ctas_table="copied",
        storage_format="orc",
        write_compression="zlib",
        partitioning_info=["par"],
        wait=True,
        **out,
    )
    assert made["ctas_table"] == "copied"
    assert len(wr.athena.read_sql_table("copied", ctas_approach=False, **out)) == 3
    assert wr.catalog.get_partitions(database.name, "copied")
    wr.athena.create_ctas_table(
        sql="select i64, par from things",
        ctas_table="bucketed",
        bucketing_info=(["i64"], 2),
        wait=True,
        **out,
    )
    assert len(wr.athena.read_sql_table("bucketed", ctas_approach=False, **out)) == 3


def test_create_ctas_table__schema_only__has_no_rows(out: Any) -> None:
    wr.athena.create_ctas_table(
        sql="select i64, text from things",
        ctas_table="shape",
        schema_only=True,
        wait=True,
        **out,
    )
    assert len(wr.athena.read_sql_table("shape", ctas_approach=False, **out)) == 0


def test_start_wait_get__an_execution(database: AthenaDatabase, out: Any) -> None:
    query_id = wr.athena.start_query_execution(
        "select 1 as a union all select 2", database=database.name, s3_output=out["s3_output"]
    )
    done = wr.athena.wait_query(query_execution_id=query_id)
    assert done["Status"]["State"] == "SUCCEEDED"
    assert wr.athena.get_query_execution(query_id)["Query"].startswith("select 1")
    assert wr.athena.get_query_columns_types(query_id) == {"a": "integer"}
    assert sorted(wr.athena.get_query_results(query_id)["a"]) == [1, 2]
    listed = wr.athena.list_query_executions(workgroup="primary")
    assert query_id in listed
    frame = wr.athena.get_query_executions([query_id])
    assert frame["QueryExecutionId"].to_list() == [query_id]
    found, missing = wr.athena.get_query_executions(
        [query_id, "00000000-0000-0000-0000-000000000000"], return_unprocessed=True
    )
    assert len(found) == 1
    assert len(missing) == 1


def test_start_query_execution__token__runs_once(database: AthenaDatabase, out: Any) -> None:
    token = "a-token-of-at-least-thirty-two-characters"
    ids = {
        wr.athena.start_query_execution(
            "select 'once'",
            database=database.name,
            s3_output=out["s3_output"],
            client_request_token=token,
        )
        for _ in range(2)
    }
    assert len(ids) == 1


def test_stop_query_execution__ends_it(database: AthenaDatabase, out: Any, endless: str) -> None:
    query_id = wr.athena.start_query_execution(
        endless, database=database.name, s3_output=out["s3_output"]
    )
    wr.athena.stop_query_execution(query_execution_id=query_id)
    with pytest.raises(wr.exceptions.QueryCancelled):
        wr.athena.wait_query(query_execution_id=query_id)


def test_describe_and_show__a_table(database: AthenaDatabase, out: Any) -> None:
    described = wr.athena.describe_table("things", **out)
    assert list(described.columns) == ["Column Name", "Type", "Partition", "Comment"]
    assert described["Column Name"].to_list() == list(frame().columns)
    assert described["Partition"].to_list() == [False] * 10 + [True]
    assert "PARTITIONED BY" in wr.athena.show_create_table("things", **out)
    query = wr.athena.generate_create_query("things", database=database.name)
    assert query.startswith("CREATE EXTERNAL TABLE `things`(")
    assert "`par` string" in query


def test_generate_create_query__properties_in_glue_s_order(database: AthenaDatabase) -> None:
    """The order of a Java map, as aws-sdk-pandas' own test on AWS has it."""
    wr.catalog.create_parquet_table(
        database=database.name,
        table="ordered",
        path=f"{database.location}ordered/",
        columns_types={"c0": "int"},
    )
    query = wr.athena.generate_create_query("ordered", database=database.name)
    keys = [line.split("'")[1] for line in query.split("TBLPROPERTIES (")[1].strip().splitlines()]
    assert keys == ["compressionType", "classification", "projection.enabled", "typeOfData"]


def test_generate_create_query__of_a_view__makes_it_again(
    database: AthenaDatabase, out: Any
) -> None:
    wr.athena.start_query_execution(
        'create view "seen" as select i64 from things where ok', wait=True, **out
    )
    assert wr.athena.read_sql_query("select * from seen", **out)["i64"].to_list() == [1]
    query = wr.athena.generate_create_query("seen", database=database.name)
    assert query.startswith('CREATE OR REPLACE VIEW "seen" AS')


def test_repair_table__finds_partitions(database: AthenaDatabase, out: Any) -> None:
    path = f"{database.location}unrepaired/"
    wr.s3.to_parquet(frame()[["i64", "par"]], path=path, dataset=True, partition_cols=["par"])
    wr.catalog.create_parquet_table(
        database=database.name,
        table="unrepaired",
        path=path,
        columns_types={"i64": "bigint"},
        partitions_types={"par": "string"},
    )
    assert len(wr.athena.read_sql_table("unrepaired", ctas_approach=False, **out)) == 0
    assert wr.athena.repair_table("unrepaired", **out) == "SUCCEEDED"
    assert len(wr.athena.read_sql_table("unrepaired", ctas_approach=False, **out)) == 3


def test_prepared_statements__create_list_run_delete(database: AthenaDatabase, out: Any) -> None:
    wr.athena.create_prepared_statement(
        "select i64 from things where text = ?", statement_name="by_text"
    )
    with pytest.raises(wr.exceptions.AlreadyExists):
        wr.athena.create_prepared_statement("select 1", statement_name="by_text", mode="error")
    assert "by_text" in [
        found["StatementName"] for found in wr.athena.list_prepared_statements("primary")
    ]
    for sql, given in (
        ('EXECUTE "by_text"', {"params": ["Seattle"], "paramstyle": "qmark"}),
        ("EXECUTE \"by_text\" USING 'Seattle'", {}),
    ):
        found = wr.athena.read_sql_query(sql, ctas_approach=False, **out, **given)
        assert found["i64"].to_list() == [1]
    wr.athena.delete_prepared_statement("by_text")
    assert not wr.athena.list_prepared_statements("primary")


def test_workgroups_and_named_queries(database: AthenaDatabase) -> None:
    client = boto3.client("athena")
    location = f"s3://{database.bucket}/enforced/"
    client.create_work_group(
        Name="wr", Configuration={"ResultConfiguration": {"OutputLocation": location}}
    )
    assert wr.athena.get_work_group("wr")["WorkGroup"]["State"] == "ENABLED"
    found = wr.athena.read_sql_query(
        "select 1 as a", database=database.name, workgroup="wr", ctas_approach=False
    )
    assert found.query_metadata["ResultConfiguration"]["OutputLocation"].startswith(location)
    named = client.create_named_query(
        Name="ones", Database=database.name, QueryString="select 1", WorkGroup="wr"
    )["NamedQueryId"]
    assert wr.athena.get_named_query_statement(named) == "select 1"
    client.delete_work_group(WorkGroup="wr", RecursiveDeleteOption=True)


def test_create_athena_bucket__is_made_and_used(database: AthenaDatabase) -> None:
    location = wr.athena.create_athena_bucket()
    assert location == "s3://aws-athena-query-results-123456789012-us-east-1/"
    found = wr.athena.read_sql_query("select 5 as a", database=database.name, ctas_approach=False)
    assert found["a"].to_list() == [5]


@pytest.fixture
def iceberg(database: AthenaDatabase, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Arguments of to_iceberg for a table of the test's own."""
    name = f"ice_{abs(hash(request.node.name)) % 10**8}"
    return {
        "database": database.name,
        "table": name,
        "table_location": f"{database.location}{name}/",
        "temp_path": f"s3://{database.bucket}/temporary/{name}/",
        "s3_output": database.output_location,
        "keep_files": False,
    }


def rows(iceberg: dict[str, Any], sql: str = "*") -> pd.DataFrame:
    return wr.athena.read_sql_query(
        f"select {sql} from {iceberg['table']}",
        database=iceberg["database"],
        s3_output=iceberg["s3_output"],
        ctas_approach=False,
    )


def test_to_iceberg__creates_and_appends(iceberg: dict[str, Any]) -> None:
    first = pd.DataFrame(
        {"id": [1, 2], "name": ["a", "b"], "at": pd.to_datetime(["2024-01-01"] * 2)}
    )
    wr.athena.to_iceberg(first, partition_cols=["day(at)"], **iceberg)
    wr.athena.to_iceberg(first.assign(id=[3, 4]), **iceberg)
    assert sorted(rows(iceberg)["id"]) == [1, 2, 3, 4]


def test_to_iceberg__properties_and_reserved_partition(iceberg: dict[str, Any]) -> None:
    wr.athena.to_iceberg(
        pd.DataFrame({"partition": [1, 2], "v": ["x", "y"]}),
        partition_cols=["partition"],
        additional_table_properties={
            "write_target_data_file_size_bytes": 536870912,
            "optimize_rewrite_delete_file_threshold": 10,
        },
        **iceberg,
    )
    assert sorted(rows(iceberg)["partition"]) == [1, 2]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("append", [1, 1, 2, 3]), ("overwrite", [1, 3]), ("overwrite_partitions", [1, 2, 3])],
)
def test_to_iceberg__modes(iceberg: dict[str, Any], mode: Any, expected: list[int]) -> None:
    wr.athena.to_iceberg(
        pd.DataFrame({"id": [1, 2], "par": ["a", "b"]}), partition_cols=["par"], **iceberg
    )
    wr.athena.to_iceberg(
        pd.DataFrame({"id": [1, 3], "par": ["a", "c"]}),
        partition_cols=["par"],
        mode=mode,
        **iceberg,
    )
    assert sorted(rows(iceberg)["id"]) == expected


def test_to_iceberg__merge_on_key__updates_and_inserts(iceberg: dict[str, Any]) -> None:
    wr.athena.to_iceberg(pd.DataFrame({"id": [1, 2], "v": ["a", "b"]}), **iceberg)
    wr.athena.to_iceberg(
        pd.DataFrame({"id": [2, 3], "v": ["B", "C"]}), merge_cols=["id"], **iceberg
    )
    found = rows(iceberg)
    assert dict(zip(found["id"], found["v"], strict=True)) == {1: "a", 2: "B", 3: "C"}


def test_to_iceberg__merge_ignore__keeps_old_rows(iceberg: dict[str, Any]) -> None:
    wr.athena.to_iceberg(pd.DataFrame({"id": [1], "v": ["a"]}), **iceberg)
    wr.athena.to_iceberg(
        pd.DataFrame({"id": [1, 2], "v": ["A", "B"]}),
        merge_cols=["id"],
        merge_condition="ignore",
        **iceberg,
    )
    found = rows(iceberg)
    assert dict(zip(found["id"], found["v"], strict=True)) == {1: "a", 2: "B"}


def test_to_iceberg__schema_evolution__adds_and_fills(iceberg: dict[str, Any]) -> None:
    wr.athena.to_iceberg(pd.DataFrame({"id": [1], "v": ["a"]}), **iceberg)
    wr.athena.to_iceberg(
        pd.DataFrame({"id": [2], "more": [0.5]}),
        schema_evolution=True,
        fill_missing_columns_in_df=True,
        **iceberg,
    )
    found = rows(iceberg).sort_values("id")
    assert [None if pd.isna(value) else value for value in found["more"]] == [None, 0.5]
    assert [None if pd.isna(value) else value for value in found["v"]] == ["a", None]
    with pytest.raises(wr.exceptions.InvalidArgumentValue):
        wr.athena.to_iceberg(pd.DataFrame({"id": [3], "other": [1]}), **iceberg)


def test_delete_from_iceberg_table__rows_that_match(iceberg: dict[str, Any]) -> None:
    wr.athena.to_iceberg(pd.DataFrame({"id": [1, 2, 3], "v": ["a", "b", "c"]}), **iceberg)
    wr.athena.delete_from_iceberg_table(
        pd.DataFrame({"id": [1, 3]}),
        database=iceberg["database"],
        table=iceberg["table"],
        merge_cols=["id"],
        temp_path=iceberg["temp_path"],
        s3_output=iceberg["s3_output"],
        keep_files=False,
    )
    assert rows(iceberg)["id"].to_list() == [2]


def test_spark__is_refused_by_name() -> None:
    with pytest.raises(Exception, match="StartSession: Spark sessions and notebooks are out of sc"):
        wr.athena.create_spark_session(workgroup="primary")
    with pytest.raises(Exception, match="Spark sessions and notebooks are out of scope"):
        wr.athena.run_spark_calculation(code="1", workgroup="primary")


def test_catalog__what_reading_and_writing_rest_on(database: AthenaDatabase) -> None:
    name = database.name
    assert wr.catalog.does_table_exist(name, "things")
    assert wr.catalog.get_table_types(name, "things")["price"] == "decimal(3,2)"
    assert [
        found["Name"] for found in wr.catalog.get_tables(database=name, name_contains="hing")
    ] == ["things"]
    assert [found["Name"] for found in wr.catalog.get_tables(database=name, name_prefix="thi")] == [
        "things"
    ]
    assert [found["Name"] for found in wr.catalog.get_tables(database=name, name_suffix="ngs")] == [
        "things"
    ]
    assert "things" in wr.catalog.tables(database=name)["Table"].to_list()
    assert name in wr.catalog.databases()["Database"].to_list()
    assert len(wr.catalog.get_parquet_partitions(name, "things")) == 2
    assert len(wr.catalog.get_partitions(name, "things", expression="par = 'a'")) == 1
    assert [found["Name"] for found in wr.catalog.search_tables(text="things")]


def test_every_public_function__is_touched_here() -> None:
    source = open(__file__, encoding="utf-8").read()  # noqa: SIM115, PTH123
    missing = [name for name in wr.athena.__all__ if f"wr.athena.{name}(" not in source]
    assert missing == []
