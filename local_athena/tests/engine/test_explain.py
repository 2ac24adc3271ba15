"""EXPLAIN's types and formats, as the Athena user guide documents them."""

import json

import pytest


def sales(lake):
    lake.run(
        "CREATE TABLE s WITH (partitioned_by=ARRAY['p']) AS SELECT n AS a, 'p' || CAST(n % 4 AS "
        "varchar) AS p FROM UNNEST(sequence(1, 40)) t(n)"
    )


def plan(lake, sql):
    (name, *lines) = [row[0] for row in lake.rows(sql)]
    return name, "\n".join(lines)


def names(node):
    return [node["name"], *(name for child in node["children"] for name in names(child))]


def test_explain__json__trino_members(lake):
    sales(lake)
    query = "SELECT p, count(*) AS n FROM s WHERE a > 3 GROUP BY p ORDER BY n LIMIT 2"
    title, text = plan(lake, f"EXPLAIN (TYPE LOGICAL, FORMAT JSON) {query}")
    node = json.loads(text)
    assert title == "Query Plan"
    assert set(node) == {
        "id",
        "name",
        "descriptor",
        "outputs",
        "details",
        "estimates",
        "children",
    }
    assert node["outputs"][1] == {"type": "bigint", "name": "n"}
    assert names(node)[0] == "Output"
    assert {"TopN", "Aggregate", "Filter", "TableScan"} <= set(names(node))
    _, text = plan(lake, f"EXPLAIN (FORMAT JSON) {query}")
    assert json.loads(text) == {"0": node}


def test_explain__io__tables_and_domains(lake):
    # the members are Trino 476's for the same kind of query
    sales(lake)
    _, text = plan(lake, "EXPLAIN (TYPE IO, FORMAT JSON) SELECT a FROM s WHERE a = 3")
    (table,) = json.loads(text)["inputTableColumnInfos"]
    assert table["table"] == {
        "catalog": "awsdatacatalog",
        "schemaTable": {"schema": "db", "table": "s"},
    }
    (constraint,) = table["constraint"]["columnConstraints"]
    assert constraint == {
        "columnName": "a",
        "type": "bigint",
        "domain": {
            "nullsAllowed": False,
            "ranges": [
                {
                    "low": {"value": "3", "bound": "EXACTLY"},
                    "high": {"value": "3", "bound": "EXACTLY"},
                }
            ],
        },
    }


def test_explain__graphviz__a_digraph(lake):
    sales(lake)
    _, text = plan(lake, "EXPLAIN (FORMAT GRAPHVIZ) SELECT a FROM s WHERE p = 'p1'")
    assert text.startswith("digraph logical_plan {")
    assert "plannode_1 -> plannode_2;" in text
    assert text.endswith("}")


def test_explain__pruning__is_visible_and_reads_nothing(lake):
    # "EXPLAIN example 3": verify partition pruning
    sales(lake)
    outcome = lake.run("EXPLAIN SELECT a FROM s WHERE p = 'p1'")
    assert outcome.scanned_bytes == 0
    _, text = plan(lake, "EXPLAIN SELECT a FROM s WHERE p = 'p1'")
    assert "of 1 files" in text
    assert "p :: ['p1']" in text


@pytest.mark.parametrize("form", ["TEXT", "JSON"])
def test_explain_analyze__reads_and_says_so(lake, form):
    sales(lake)
    sql = f"EXPLAIN ANALYZE (FORMAT {form}) SELECT a FROM s WHERE p = 'p1'"
    assert lake.run(sql).scanned_bytes == lake.run("SELECT a FROM s WHERE p = 'p1'").scanned_bytes
    _, text = plan(lake, sql)
    if form == "TEXT":
        assert "Output: 10 rows" in text
    else:
        (fragment,) = json.loads(text)["fragments"]
        assert fragment["stageStats"]["outputRows"] == "10 rows"
        assert fragment["outputLayout"] == "a"


def test_explain__validate__true_or_the_error(lake):
    sales(lake)
    assert plan(lake, "EXPLAIN (TYPE VALIDATE) SELECT a FROM s") == ("Valid", "true")
    assert lake.fails("EXPLAIN (TYPE VALIDATE) SELECT nope FROM s").name == "COLUMN_NOT_FOUND"


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN ANALYZE (TYPE LOGICAL) SELECT 1",
        "EXPLAIN ANALYZE (FORMAT GRAPHVIZ) SELECT 1",
        "EXPLAIN ANALYZE INSERT INTO s VALUES (1, 'x')",
        "EXPLAIN (TYPE IO, FORMAT GRAPHVIZ) SELECT 1",
    ],
)
def test_explain__what_is_not_offered__refused_by_name(lake, sql):
    sales(lake)
    assert lake.fails(sql).name == "NOT_SUPPORTED"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO s SELECT 1, 'x'",
        "CREATE TABLE u AS SELECT a FROM s",
        "UNLOAD (SELECT a FROM s) TO 's3://b/u/' WITH (format='ORC')",
    ],
)
def test_explain__writes__planned_and_not_done(lake, statement):
    sales(lake)
    title, text = plan(lake, f"EXPLAIN {statement}")
    assert title == "Query Plan"
    assert "Output[columnNames" in text
    assert lake.rows("SELECT count(*) FROM s") == [["40"]]
    assert lake.rows("SHOW TABLES") == [["s"]]
