"""DDL, with the words and classes of the Athena user guide and of clients' recordings."""

import pytest

PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def create_t(lake, location="s3://b/t/"):
    lake.run(
        "CREATE EXTERNAL TABLE db.t (id int, `name` string COMMENT 'who') "
        f"PARTITIONED BY (dt string) STORED AS PARQUET LOCATION '{location}'"
    )


def test_create_table__parquet__classes_as_athena_writes_them(lake):
    create_t(lake)
    table = lake.catalog.get_table("db", "t")
    assert table.input_format == f"{PARQUET}.MapredParquetInputFormat"
    assert table.output_format == f"{PARQUET}.MapredParquetOutputFormat"
    assert table.serde.library == f"{PARQUET}.serde.ParquetHiveSerDe"
    assert table.parameters["EXTERNAL"] == "TRUE"
    assert [key.name for key in table.partition_keys] == ["dt"]


def test_create_table__no_format__lazy_simple_text(lake):
    lake.run("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/t/'")
    table = lake.catalog.get_table("db", "t")
    assert table.serde.library == "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    assert table.input_format == "org.apache.hadoop.mapred.TextInputFormat"


def test_create_table__exists__already_exists_exception(lake):
    create_t(lake)
    error = lake.fails("CREATE EXTERNAL TABLE db.t (id int) LOCATION 's3://b/t/'")
    assert "AlreadyExistsException(message:Table t already exists)" in str(error)
    assert str(error).startswith("FAILED: Execution Error, return code 1")


def test_create_table__unknown_database__error_10072(lake):
    error = lake.fails("CREATE EXTERNAL TABLE nope.t (id int) LOCATION 's3://b/t/'")
    assert str(error) == "FAILED: SemanticException [Error 10072]: Database does not exist: nope"


@pytest.mark.parametrize("clause", ["", " IF EXISTS"])
def test_drop_table__missing__fails_unless_if_exists(lake, clause):
    if clause:
        lake.run(f"DROP TABLE{clause} db.nope")
        return
    error = lake.fails("DROP TABLE db.nope")
    assert str(error) == "FAILED: SemanticException [Error 10001]: Table not found db.nope"


def test_drop_table__external__keeps_its_files(lake):
    create_t(lake)
    lake.put("s3://b/t/dt=1/x", "data")
    lake.run("DROP TABLE t")
    assert lake.files("s3://b/t/") == ["s3://b/t/dt=1/x"]


def test_drop_table__iceberg__removes_its_files(lake):
    lake.run("CREATE TABLE i (a int) LOCATION 's3://b/i/' TBLPROPERTIES ('table_type'='ICEBERG')")
    lake.run("INSERT INTO i VALUES 1")
    assert lake.files("s3://b/i/")
    lake.run("DROP TABLE i")
    assert lake.files("s3://b/i/") == []


def test_drop_database__with_tables__refused_without_cascade(lake):
    create_t(lake)
    assert "Database db is not empty" in str(lake.fails("DROP DATABASE db"))
    lake.run("DROP DATABASE db CASCADE")
    assert lake.rows("SHOW DATABASES", database=None) == []


def test_create_database__twice__fails_unless_if_not_exists(lake):
    assert "Database db already exists" in str(lake.fails("CREATE SCHEMA db"))
    lake.run("CREATE SCHEMA IF NOT EXISTS `db`")


def test_alter_table__partitions__added_renamed_moved_dropped(lake):
    create_t(lake)
    lake.run("ALTER TABLE t ADD PARTITION (dt = '1') PARTITION (dt = '2') LOCATION 's3://b/two/'")
    assert lake.rows("SHOW PARTITIONS t") == [["dt=1"], ["dt=2"]]
    assert "Partition already exists" in str(lake.fails("ALTER TABLE t ADD PARTITION (dt = '1')"))
    lake.run("ALTER TABLE t ADD IF NOT EXISTS PARTITION (dt = '1')")
    lake.run("ALTER TABLE t PARTITION (dt = '1') SET LOCATION 's3://b/one/'")
    lake.run("ALTER TABLE t PARTITION (dt = '1') RENAME TO PARTITION (dt = '3')")
    found = {p.values: p.location for p in lake.catalog.partitions("db", "t")}
    assert found == {("2",): "s3://b/two", ("3",): "s3://b/one"}
    lake.run("ALTER TABLE t DROP PARTITION (dt = '3')")
    assert lake.rows("SHOW PARTITIONS t") == [["dt=2"]]


def test_alter_table__columns__added_replaced_changed(lake):
    create_t(lake)
    lake.run("ALTER TABLE t ADD COLUMNS (z bigint)")
    assert [c.name for c in lake.catalog.get_table("db", "t").columns] == ["id", "name", "z"]
    lake.run("ALTER TABLE t CHANGE COLUMN z zed decimal(5,2) COMMENT 'last'")
    changed = lake.catalog.get_table("db", "t").columns[-1]
    assert (changed.name, changed.type, changed.comment) == ("zed", "decimal(5,2)", "last")
    lake.run("ALTER TABLE t REPLACE COLUMNS (lone int)")
    assert [c.name for c in lake.catalog.get_table("db", "t").columns] == ["lone"]


def test_msck_repair__folders_on_disk__registered_and_named(lake):
    create_t(lake)
    lake.put("s3://b/t/dt=2020-01-01/x", "data")
    lake.put("s3://b/t/dt=a%3Ab/y", "data")
    lake.put("s3://b/t/other/z", "data")
    assert lake.rows("MSCK REPAIR TABLE t") == [
        ["Partitions not in metastore:\tt:dt=2020-01-01\tt:dt=a%3Ab"],
        ["Repair: Added partition to metastore t:dt=2020-01-01"],
        ["Repair: Added partition to metastore t:dt=a%3Ab"],
    ]
    values = [p.values for p in lake.catalog.partitions("db", "t")]
    assert values == [("2020-01-01",), ("a:b",)]
    assert lake.rows("MSCK REPAIR TABLE t") == []


def test_describe__partitioned__padded_cells_with_tabs(lake):
    create_t(lake)
    lines = [row[0] for row in lake.rows("DESCRIBE t")]
    assert lines[0] == "id                  \tint                 \t                    "
    assert lines[1] == "name                \tstring              \twho                 "
    assert "# Partition Information\t \t " in lines


def test_show_tables__pattern__star_and_bar(lake):
    create_t(lake)
    lake.run("CREATE VIEW v AS SELECT 1 a")
    assert lake.rows("SHOW TABLES IN db") == [["t"], ["v"]]
    assert lake.rows("SHOW TABLES IN db 't*|x'") == [["t"]]
    assert lake.rows("SHOW VIEWS") == [["v"]]
    assert lake.rows("SHOW COLUMNS IN t") == [[name.ljust(20)] for name in ("id", "name", "dt")]


def test_show_create_table__hive__makes_the_same_table_again(lake):
    create_t(lake)
    text = "\n".join(str(row[0]) for row in lake.rows("SHOW CREATE TABLE t"))
    before = lake.catalog.get_table("db", "t")
    lake.run("DROP TABLE t")
    lake.run(text)
    after = lake.catalog.get_table("db", "t")
    for part in ("columns", "partition_keys", "location", "serde", "input_format"):
        assert getattr(after, part) == getattr(before, part), part


def test_create_view__shown_and_read__as_written(lake):
    lake.run("CREATE VIEW v AS SELECT 1 AS a, 'x' AS b")
    assert lake.rows("SELECT * FROM v") == [["1", "x"]]
    assert lake.rows("SHOW CREATE VIEW v") == [["CREATE VIEW db.v AS"], ["SELECT 1 AS a, 'x' AS b"]]
    table = lake.catalog.get_table("db", "v")
    assert table.table_type == "VIRTUAL_VIEW"
    assert table.view_expanded_text == "/* Presto View */"
    assert [(c.name, c.type) for c in table.columns] == [("a", "int"), ("b", "varchar(1)")]


def test_create_view__over_a_table_or_twice__refused(lake):
    create_t(lake)
    assert lake.fails("CREATE OR REPLACE VIEW t AS SELECT 1 a").name == "TABLE_ALREADY_EXISTS"
    lake.run("CREATE VIEW v AS SELECT 1 a")
    assert lake.fails("CREATE VIEW v AS SELECT 1 a").name == "TABLE_ALREADY_EXISTS"
    lake.run("CREATE OR REPLACE VIEW v AS SELECT 2 a")
    assert lake.rows("SELECT a FROM v") == [["2"]]
    lake.run("DROP VIEW v")
    assert lake.fails("SELECT * FROM v").name == "TABLE_NOT_FOUND"


def test_outcome__ddl__txt_and_types(lake):
    outcome = lake.run("SHOW DATABASES")
    assert (outcome.statement_type, outcome.substatement_type) == ("UTILITY", "SHOW_DATABASES")
    assert outcome.output_location.endswith(".txt")
    assert not outcome.has_header
    assert lake.store.path(outcome.output_location).read_text() == "db\n"
    outcome = lake.run("CREATE VIEW v AS SELECT 1 a")
    assert (outcome.statement_type, outcome.substatement_type) == ("DDL", "CREATE_VIEW")


@pytest.mark.parametrize(
    ("written", "kept"),
    [("s3://b/t/", "s3://b/t"), ("s3://b/t", "s3://b/t"), ("s3://b/", "s3://b/")],
)
def test_location__loses_the_slash_at_its_end__but_a_buckets_root(lake, written, kept):
    create_t(lake, written)
    assert lake.catalog.get_table("db", "t").location == kept
    lake.run(f"ALTER TABLE t SET LOCATION '{written}'")
    assert lake.catalog.get_table("db", "t").location == kept
    assert [f"  '{kept}'"] in lake.rows("SHOW CREATE TABLE t")


def test_location__without_slash__another_folder_of_that_beginning_is_not_read(lake):
    lake.run("CREATE EXTERNAL TABLE x (a int) LOCATION 's3://b/one/'")
    lake.put("s3://b/one/x", "1\n")
    lake.put("s3://b/one-more/x", "2\n")
    assert lake.rows("SELECT * FROM x") == [["1"]]
