"""Hive's DDL: trees of statements from Athena's documentation and from dbt's adapter."""

from __future__ import annotations

import pytest
from local_athena.sql import nodes
from local_athena.sql.errors import DdlFault, SeveralStatements, SqlError
from local_athena.sql.nodes import At, Identifier, Name
from local_athena.sql.parser import parse_statement

_HERE = At()


def _name(*parts: str) -> Name:
    return Name(_HERE, tuple(Identifier(_HERE, part) for part in parts))


def _quoted(*parts: str) -> Name:
    return Name(_HERE, tuple(Identifier(_HERE, part, True) for part in parts))


def _columns(table: nodes.CreateTable | nodes.AlterTable) -> dict[str, str]:
    return {column.name.value: column.type for column in table.columns}


def _create(text: str) -> nodes.CreateTable:
    statement = parse_statement(text)
    assert isinstance(statement, nodes.CreateTable)
    return statement


def _alter(text: str) -> nodes.AlterTable:
    statement = parse_statement(text)
    assert isinstance(statement, nodes.AlterTable)
    return statement


def test_create_table__regex_serde__keeps_patterns_and_delimiters() -> None:
    found = _create(
        r"""
        CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`cloudfront` (
          `date` DATE COMMENT 'the day',
          `time` STRING,
          bytes BIGINT)
        COMMENT "It's logs"
        PARTITIONED BY (`year` int, region string COMMENT 'where')
        ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
        WITH SERDEPROPERTIES ("input.regex" = "^(?!#)([^ ]+)\\s+([^ ]+)\\s+\"x\"$")
        STORED AS TEXTFILE
        LOCATION 's3://bucket/logs/'
        TBLPROPERTIES ("skip.header.line.count"="2", 'a'='b')
        """
    )
    assert (found.external, found.if_not_exists) == (True, True)
    assert found.table == _quoted("logs", "cloudfront")
    assert _columns(found) == {"date": "date", "time": "string", "bytes": "bigint"}
    assert found.columns[0].comment == "the day"
    assert found.comment == "It's logs"
    assert [(c.name.value, c.type, c.comment) for c in found.partition_columns] == [
        ("year", "int", None),
        ("region", "string", "where"),
    ]
    assert found.serde == "org.apache.hadoop.hive.serde2.RegexSerDe"
    assert found.serde_properties == (("input.regex", r'^(?!#)([^ ]+)\s+([^ ]+)\s+"x"$'),)
    assert found.stored_as == "textfile"
    assert found.location == "s3://bucket/logs/"
    assert found.properties == (("skip.header.line.count", "2"), ("a", "b"))


def test_create_table__delimited__gives_the_serdes_property_names() -> None:
    found = _create(
        r"""
        create external table t (a int)
        row format delimited
          fields terminated by '\t' escaped by '\\'
          collection items terminated by '|'
          map keys terminated by '\003'
          lines terminated by '\n'
          null defined as ''
        location 's3://b/p/'
        """
    )
    assert found.delimited == (
        ("field.delim", "\t"),
        ("serialization.format", "\t"),
        ("escape.delim", "\\"),
        ("colelction.delim", "|"),
        ("mapkey.delim", "\x03"),
        ("line.delim", "\n"),
        ("serialization.null.format", ""),
    )


def test_create_table__iceberg__has_transforms() -> None:
    found = _create(
        """
        CREATE TABLE db.t (id bigint, data string, category string, ts timestamp)
        PARTITIONED BY (category, bucket(16, id), day(ts), truncate(3, data))
        LOCATION 's3://b/p/' TBLPROPERTIES ('table_type' = 'ICEBERG')
        """
    )
    assert found.external is False
    assert found.partition_columns == ()
    assert [(t.transform, t.column.value, t.argument) for t in found.partition_transforms] == [
        ("identity", "category", None),
        ("bucket", "id", 16),
        ("day", "ts", None),
        ("truncate", "data", 3),
    ]


def test_create_table__classes_and_buckets__are_kept() -> None:
    found = _create(
        """
        create external table t (a int) clustered by (a) into 8 buckets
        stored as inputformat 'x.In' outputformat 'x.Out' location 's3://b/p/'
        """
    )
    assert (found.input_format, found.output_format, found.stored_as) == ("x.In", "x.Out", None)
    assert [c.value for c in found.clustered_by] == ["a"]
    assert found.buckets == 8


@pytest.mark.parametrize(
    ("written", "type_text"),
    [
        ("INT", "int"),
        ("decimal", "decimal(10,0)"),
        ("DECIMAL ( 18 , 2 )", "decimal(18,2)"),
        ("decimal(5)", "decimal(5,0)"),
        ("varchar(10)", "varchar(10)"),
        ("char( 3 )", "char(3)"),
        ("ARRAY < STRING >", "array<string>"),
        ("map<string, array<int>>", "map<string,array<int>>"),
        (
            "struct<A: int, `order`: struct<c:double>, d:array<struct<e:date>>>",
            "struct<a:int,order:struct<c:double>,d:array<struct<e:date>>>",
        ),
    ],
)
def test_create_table__type__is_written_as_glue_does(written: str, type_text: str) -> None:
    assert _columns(_create(f"create external table t (a {written})")) == {"a": type_text}


def test_create_table__dbt_seed__parses() -> None:
    found = _create(
        """-- /* {"app": "dbt", "node_id": "seed.x"} */
        create external table `local_raw`.`s__dbt_tmp` (
            `id` string, name string
        )
        row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
        location 's3://b/x/'
        tblproperties (
          'skip.header.line.count'='1'
        )
        """
    )
    assert found.at == At(2, 9)
    assert found.serde == "org.apache.hadoop.hive.serde2.OpenCSVSerde"


def test_alter_table__partitions__of_all_forms() -> None:
    found = _alter(
        "ALTER TABLE `d`.`t` ADD IF NOT EXISTS PARTITION (dt='2016-05-14', n=3) "
        "LOCATION 's3://b/a/' PARTITION (dt=date '2016-05-15', n=-4)"
    )
    assert (found.action, found.if_not_exists) == ("add partition", True)
    first, second = found.partitions
    assert first.location == "s3://b/a/"
    assert [(c.value, v) for c, v in first.values] == [
        ("dt", nodes.StringLiteral(_HERE, "2016-05-14")),
        ("n", nodes.IntegerLiteral(_HERE, 3)),
    ]
    assert second.location is None
    assert second.values[1][1] == nodes.IntegerLiteral(_HERE, -4)

    found = _alter("alter table t drop if exists partition (dt='2020'), partition (dt='2021')")
    assert (found.action, found.if_exists) == ("drop partition", True)
    assert len(found.partitions) == 2

    found = _alter("alter table t partition (a='1') rename to partition (a='2')")
    assert found.action == "rename partition"
    assert len(found.partitions) == 2

    found = _alter("alter table t partition (a='1') set location 's3://b/p'")
    assert (found.action, found.location) == ("set partition location", "s3://b/p")


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("alter table t set location 's3://b/p'", "set location"),
        ("alter table `d`.`t` set tblproperties ('classification' = 'parquet')", "set properties"),
        ("alter table t unset tblproperties ('a', 'b')", "unset properties"),
        ("alter table t add columns (a int, b array<string> comment 'x')", "add columns"),
        ("alter table t replace columns (a int)", "replace columns"),
        ("alter table t change a b bigint comment 'x' after c", "change column"),
        ("alter table awsdatacatalog.d.t change column a b string", "change column"),
        ("alter table t drop column a", "drop column"),
        ("alter table `a`.`b` rename to `c`.`d`", "rename to"),
        ("alter database d set dbproperties ('a'='b')", "set database properties"),
        ("alter schema d set location 's3://b/p'", "set database location"),
    ],
)
def test_alter__form__gives_the_action(text: str, action: str) -> None:
    assert _alter(text).action == action
    assert _alter(text + ";").action == action


def test_alter_table__parts__are_kept() -> None:
    changed = _alter("alter table t change column `old` new bigint comment 'x' after c")
    assert (changed.old_name, changed.position) == (Identifier(_HERE, "old", True), "c")
    assert changed.columns[0].comment == "x"
    assert _alter("alter table t change a a int first").position == "first"
    assert _alter("alter table t unset tblproperties ('a', 'b')").properties == (
        ("a", ""),
        ("b", ""),
    )
    assert _alter("alter table `a`.`b` rename to `c`.`d`").new_name == _quoted("c", "d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create database if not exists `d`", nodes.CreateDatabase(_HERE, _quoted("d"), True)),
        (
            "CREATE SCHEMA d COMMENT 'c' LOCATION 's3://b/' WITH DBPROPERTIES ('a'='b')",
            nodes.CreateDatabase(_HERE, _name("d"), False, "c", "s3://b/", (("a", "b"),)),
        ),
        (
            "drop schema if exists `d` cascade",
            nodes.DropDatabase(_HERE, _quoted("d"), True, True),
        ),
        ("drop database d restrict", nodes.DropDatabase(_HERE, _name("d"), False, False)),
        ("drop table if exists `a`.`b`", nodes.DropTable(_HERE, _quoted("a", "b"), True)),
        ("MSCK REPAIR TABLE d.t", nodes.RepairTable(_HERE, _name("d", "t"))),
        ("show databases", nodes.Show(_HERE, "databases")),
        ("show schemas like 'x.*'", nodes.Show(_HERE, "databases", None, "x.*")),
        ("show tables", nodes.Show(_HERE, "tables")),
        ("show tables in `d` '*logs'", nodes.Show(_HERE, "tables", _quoted("d"), "*logs")),
        ("show views in d like 'v*'", nodes.Show(_HERE, "views", _name("d"), "v*")),
        ("show columns in t from d", nodes.Show(_HERE, "columns", _name("d", "t"))),
        ("show columns from d.t", nodes.Show(_HERE, "columns", _name("d", "t"))),
        ("show partitions d.t", nodes.Show(_HERE, "partitions", _name("d", "t"))),
        ("show create table d.t", nodes.Show(_HERE, "create table", _name("d", "t"))),
        ("show create view v", nodes.Show(_HERE, "create view", _name("v"))),
        (
            "show tblproperties t ('x')",
            nodes.Show(_HERE, "tblproperties", _name("t"), None, "x"),
        ),
        ("describe extended d.t", nodes.Describe(_HERE, _name("d", "t"), "extended")),
        ("describe formatted t a", nodes.Describe(
            _HERE, _name("t"), "formatted", None, (Identifier(_HERE, "a"),)
        )),
        ("desc t a.b.'$elem$'", nodes.Describe(
            _HERE, _name("t"), None, None,
            (Identifier(_HERE, "a"), Identifier(_HERE, "b"), Identifier(_HERE, "$elem$", True)),
        )),
    ],
)  # fmt: skip
def test_parse_statement__hive_statement__gives_the_tree(
    text: str, expected: nodes.Statement
) -> None:
    assert parse_statement(text) == expected
    assert parse_statement(text.upper()).__class__ is expected.__class__


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "create table t (date date)",
            (
                "FAILED: ParseException line 1:16 cannot recognize input near 'date' 'date' ')' "
                "in column specification"
            ),
        ),
        (
            "create table t (a integer)",
            (
                "FAILED: ParseException line 1:18 cannot recognize input near "
                "'integer' ')' '<EOF>' in column type"
            ),
        ),
        (
            "drop table t purge",
            "FAILED: ParseException line 1:13 missing EOF at 'purge' near 't'",
        ),
        (
            'drop table\n  "t"',
            (
                "FAILED: ParseException line 2:2 cannot recognize input near '\"t\"' '<EOF>' "
                "in table name"
            ),
        ),
        (
            "create external table t (a int) location x",
            (
                "FAILED: ParseException line 1:41 mismatched input 'x' expecting StringLiteral "
                "near 'location'"
            ),
        ),
    ],
)
def test_parse_statement__no_hive_statement__says_so_in_hives_words(
    text: str, message: str
) -> None:
    with pytest.raises(DdlFault) as caught:
        parse_statement(text)
    assert str(caught.value) == message
    assert caught.value.name == "SYNTAX_ERROR"


@pytest.mark.parametrize("text", ["drop table a; drop table b", "show tables;;select 1"])
def test_parse_statement__two_statements__are_refused(text: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse_statement(text)
    assert isinstance(caught.value, SeveralStatements)
