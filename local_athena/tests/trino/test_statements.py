"""Which statements go to Trino, and in which words. Forms of WITH are those of Trino's connectors
(documentation, "Iceberg connector" and "Hive connector", read 2026-11)."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from local_athena.engine.contract import PreparedStatement, QueryControl, QueryRequest
from local_athena.engine.job import Job
from local_athena.engine.trino.statements import TrinoStatement, in_trino_words
from local_athena.settings import Settings
from local_athena.sql.errors import SqlError


def words(
    text: str, *arguments: str, literals: str = "decimal", **prepared: str
) -> TrinoStatement | None:
    """A statement in Trino's words; `prepared` are the workgroup's statements."""
    named = {name: PreparedStatement(name, sql) for name, sql in prepared.items()}
    request = QueryRequest(
        query_id="q-1",
        sql=text,
        catalog="awsdatacatalog",
        database="db",
        output_location="s3://lake/res/",
        workgroup="primary",
        parameters=arguments,
        started_at=datetime.now(UTC),
        prepared=cast("Any", SimpleNamespace(get=named.get)),
    )
    nothing = cast("Any", None)
    settings = Settings(data=Path(), decimal_literals=literals)
    job = Job(request, QueryControl(), nothing, nothing, settings, nothing, nothing)
    return in_trino_words(job, text, arguments)


def sent(text: str, *arguments: str, **prepared: str) -> TrinoStatement:
    found = words(text, *arguments, **prepared)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("select 1 -- why", "SELECT"),
        ("/* x */ with a as (select 1) table a", "SELECT"),
        ("(select 1) union all values 2", "SELECT"),
        ("select * from t match_recognize (pattern (a b) define a as true)", "SELECT"),
        ("select 1::integer", "SELECT"),
        ("explain analyze select 1", "EXPLAIN"),
        ("insert into t values (1)", "INSERT"),
        ("delete from t", "DELETE"),
        ("update t set a = 1", "UPDATE"),
        ("merge into t using s on true when matched then delete", "MERGE"),
        ("create or replace view v as select 1 a", "CREATE_VIEW"),
    ],
)
def test_words__queries_and_dml__as_written(text: str, kind: str) -> None:
    statement = sent(text + " ;\n")
    assert statement.sql == text.partition(" --")[0]
    assert statement.kind.substatement == kind


@pytest.mark.parametrize(
    "text",
    [
        "create table t (a int) location 's3://lake/t/'",
        "create external table t (a int) stored as parquet location 's3://lake/t/'",
        "create database d",
        "drop table t",
        "alter table t add columns (b int)",
        "msck repair table t",
        "show tables",
        "describe t",
        "optimize t rewrite data using bin_pack",
        "vacuum t",
        "prepare p from select 1",
        "deallocate prepare p",
        "drop view v",
    ],
)
def test_words__ddl__is_not_trinos(text: str) -> None:
    assert words(text) is None


def test_words__iceberg_table_as__in_the_iceberg_catalog() -> None:
    statement = sent(
        "create table if not exists Sales.T with (table_type = 'ICEBERG', is_external = false, "
        "location = 's3://lake/t/', format = 'orc', partitioning = array['day(at)', "
        "'bucket(16, id)', 'region'], vacuum_min_snapshots_to_keep = 3, "
        "write_compression = 'snappy') as select 1 id;"
    )
    assert statement.sql == (
        'CREATE TABLE IF NOT EXISTS "iceberg"."sales"."t" WITH (location = \'s3://lake/t\', '
        "format = 'ORC', partitioning = ARRAY['day(\"at\")', 'bucket(\"id\", 16)', "
        "'\"region\"'], extra_properties = MAP(ARRAY['vacuum_min_snapshots_to_keep'], "
        "ARRAY['3'])) AS select 1 id"
    )
    assert statement.session == {"iceberg.compression_codec": "SNAPPY"}
    assert statement.table == ("sales", "t")


def test_words__hive_table_as__below_the_result() -> None:
    statement = sent(
        "create table t (a, p) comment 'x' with (format = 'textfile', field_delimiter = '|', "
        "partitioned_by = array['p']) as select 1, 'a' with no data"
    )
    assert statement.sql == (
        'CREATE TABLE "awsdatacatalog"."db"."t" (a, p) comment \'x\' WITH (format = \'TEXTFILE\', '
        "external_location = 's3://lake/res/tables/q-1/', textfile_field_separator = '|', "
        "partitioned_by = ARRAY['p']) AS select 1, 'a' with no data"
    )
    assert statement.session == {"awsdatacatalog.compression_codec": "GZIP"}


def test_words__unload__a_table_that_is_dropped() -> None:
    statement = sent(
        "unload (select (1) a) to 's3://lake/u/' with (format = 'JSON', compression = 'none')"
    )
    assert statement.sql == (
        'CREATE TABLE "awsdatacatalog"."db"."unload_q_1" WITH (format = \'JSON\', '
        "external_location = 's3://lake/u/') AS select (1) a"
    )
    assert statement.dropped
    assert statement.session == {"awsdatacatalog.compression_codec": "NONE"}


def test_words__execute__the_prepared_text_with_its_arguments() -> None:
    statement = sent("execute p using f(1, 2), 'a,b' ;", p="select ?, ?")
    assert (statement.sql, statement.arguments) == ("select ?, ?", ("f(1, 2)", "'a,b'"))
    statement = sent("execute p", "7", p="select ?")
    assert (statement.sql, statement.arguments) == ("select ?", ("7",))


def test_words__bare_word_as_parameter__is_a_string() -> None:
    assert sent("select ?, ?", "it", "1.5").arguments == ("'it'", "1.5")


def test_words__older_time_travel__same_length() -> None:
    text = "select system_time from t for system_time as of now() for system_version as of 1"
    assert sent(text).sql == (
        "select system_time from t for TIMESTAMP   as of now() for VERSION        as of 1"
    )


def test_words__several_statements__refused() -> None:
    with pytest.raises(SqlError, match="line 1:9: Only one sql statement"):
        words("select 1; select 2")


def test_message__inside_the_query__at_its_place_in_the_users_text() -> None:
    text = "create table t as\n  select a,\n  nope from s"
    statement = sent(text)
    inside = statement.sql.split("\n")[0].index("select a") + len("select ") + 1
    assert statement.in_user_words(f"line 1:{inside}: Column") == "line 2:10: Column"
    assert statement.in_user_words("line 2:3: Column") == "line 3:3: Column"
    assert statement.in_user_words("line 1:5: Property") == "Property"
    assert statement.in_user_words("Division by zero") == "Division by zero"


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ('insert into "My Db"."T" (a) values (1)', ("my db", "t")),
        ("insert into awsdatacatalog.d.t select 1", ("d", "t")),
        ("update t set a = 1", ("db", "t")),
    ],
)
def test_words__target__qualified(text: str, table: tuple[str, str]) -> None:
    assert sent(text).table == table


def test_words__decimal_literals_as_doubles__get_an_exponent() -> None:
    text = "select 0.5, -1., 1.5E3, 2, '0.5', \"0.5\", decimal '0.5', ? -- 0.5\n, .5"
    found = words(text, "0.25", literals="double")
    assert found is not None
    assert found.sql == (
        "select 0.5E0, -1.E0, 1.5E3, 2, '0.5', \"0.5\", decimal '0.5', ? -- 0.5\n, .5E0"
    )
    assert found.arguments == ("0.25E0",)
