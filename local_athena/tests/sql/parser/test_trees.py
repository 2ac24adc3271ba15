"""Trees of queries and DML: precedence, the forms with words of their own, places."""

from __future__ import annotations

from typing import Any

import pytest
from local_athena.sql import nodes
from local_athena.sql.errors import SyntaxFault
from local_athena.sql.nodes import At
from local_athena.sql.parser import parse_expression, parse_statement, parse_type


def _shown(node: Any) -> Any:
    """A tree as nested tuples, names and literals as plain values."""
    match node:
        case nodes.ColumnName():
            return node.name.value
        case nodes.StringLiteral() | nodes.IntegerLiteral() | nodes.BooleanLiteral():
            return node.value
        case nodes.DecimalLiteral() | nodes.DoubleLiteral():
            return ("number", node.text)
        case nodes.NullLiteral():
            return None
        case nodes.Binary() | nodes.Comparison():
            return (node.operator, _shown(node.left), _shown(node.right))
        case nodes.Logical():
            return (node.operator, *map(_shown, node.operands))
        case nodes.Not():
            return ("not", _shown(node.operand))
        case nodes.Unary():
            return (f"unary {node.operator}", _shown(node.operand))
        case nodes.FunctionCall():
            name = ".".join(part.value for part in node.name.parts)
            return (name, *map(_shown, node.arguments))
        case nodes.Dereference():
            return (".", _shown(node.base), node.field.value)
        case nodes.Subscript():
            return ("[]", _shown(node.base), _shown(node.index))
        case nodes.Lambda():
            return ("->", tuple(p.value for p in node.parameters), _shown(node.body))
        case nodes.AtTimeZone():
            return ("at", _shown(node.operand), _shown(node.zone))
        case nodes.RowConstructor():
            return ("row", *map(_shown, node.items))
        case nodes.ArrayConstructor():
            return ("array", *map(_shown, node.items))
        case nodes.TypedLiteral():
            return (node.type.name, node.value)
        case nodes.IntervalLiteral():
            return ("interval", node.sign, node.value, node.unit, node.to_unit)
        case nodes.IsNull():
            return ("is not null" if node.negated else "is null", _shown(node.operand))
        case nodes.Between():
            word = "not between" if node.negated else "between"
            return (word, *map(_shown, (node.value, node.low, node.high)))
        case nodes.InList():
            word = "not in" if node.negated else "in"
            return (word, _shown(node.value), *map(_shown, node.items))
        case nodes.Like():
            word = "not like" if node.negated else "like"
            return (word, *map(_shown, (node.value, node.pattern, node.escape)))
        case nodes.Case():
            whens = tuple((_shown(w.condition), _shown(w.result)) for w in node.whens)
            return ("case", _shown(node.operand), whens, _shown(node.default))
        case nodes.Cast():
            return ("try_cast" if node.safe else "cast", _shown(node.operand), node.type.name)
        case None:
            return None
    return type(node).__name__


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        # precedence
        ("1 + 2 * 3", ("+", 1, ("*", 2, 3))),
        ("1 - 2 - 3", ("-", ("-", 1, 2), 3)),
        ("a || b + c", ("||", "a", ("+", "b", "c"))),
        ("a + b || c", ("||", ("+", "a", "b"), "c")),
        ("(1 + 2) * 3", ("*", ("+", 1, 2), 3)),
        ("-a * b", ("*", ("unary -", "a"), "b")),
        ("- a AT TIME ZONE 'UTC'", ("unary -", ("at", "a", "UTC"))),
        ("a + b AT TIME ZONE 'UTC'", ("+", "a", ("at", "b", "UTC"))),
        ("a OR b AND NOT c", ("or", "a", ("and", "b", ("not", "c")))),
        ("a AND b AND c", ("and", "a", "b", "c")),
        ("(a AND b) AND c", ("and", ("and", "a", "b"), "c")),
        ("NOT a = b", ("not", ("=", "a", "b"))),
        ("NOT NOT a", ("not", ("not", "a"))),
        ("a != b", ("<>", "a", "b")),
        ("a IS NOT DISTINCT FROM b + 1", ("is not distinct from", "a", ("+", "b", 1))),
        ("a BETWEEN 1 AND 2 AND b", ("and", ("between", "a", 1, 2), "b")),
        ("a NOT BETWEEN 1 AND 2", ("not between", "a", 1, 2)),
        ("a NOT IN (1, 2)", ("not in", "a", 1, 2)),
        ("a IN ((1))", ("in", "a", 1)),
        ("a LIKE b ESCAPE c", ("like", "a", "b", "c")),
        ("a + 1 IS NOT NULL", ("is not null", ("+", "a", 1))),
        # literals
        ("-1", -1),
        ("- 1", -1),
        ("2 - -1", ("-", 2, -1)),
        ("2-1", ("-", 2, 1)),
        ("-9223372036854775808", -(2**63)),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("1_000", 1000),
        ("1.50", ("number", "1.50")),
        ("-.5", ("number", "-.5")),
        ("1.", ("number", "1.")),
        ("1e5", ("number", "1e5")),
        ("'it''s'", "it's"),
        ("U&'d\\0061t\\+000061'", "data"),
        ("U&'d!0061ta!!' UESCAPE '!'", "data!"),
        ("DATE '2020-01-01'", ("date", "2020-01-01")),
        ("timestamp '2020-01-01 00:00:00'", ("timestamp", "2020-01-01 00:00:00")),
        ("DOUBLE PRECISION '1'", ("double", "1")),
        ("interval - '2' day to second", ("interval", -1, "2", "day", "second")),
        ("interval '1'", ("interval", "1")),
        ("date '2020-01-01' + interval '1' day",
         ("+", ("date", "2020-01-01"), ("interval", 1, "1", "day", None))),
        ("TRUE", True),
        # names, calls, suffixes
        ("a.b.c", (".", (".", "a", "b"), "c")),
        ("a.f(1)", ("a.f", 1)),
        ("a[1][2].b", (".", ("[]", ("[]", "a", 1), 2), "b")),
        ("f(a)[1]", ("[]", ("f", "a"), 1)),
        ("f()", ("f",)),
        ("x -> x + 1", ("->", ("x",), ("+", "x", 1))),
        ("f((x, y) -> x, () -> 1)", ("f", ("->", ("x", "y"), "x"), ("->", (), 1))),
        ("(a, b)", ("row", "a", "b")),
        ("ROW(1)", ("row", 1)),
        ("array[1, 2]", ("array", 1, 2)),
        ("array[]", ("array",)),
        ("array", "array"),
        ("date", "date"),
        ("year", "year"),
        ("position", "position"),
        ("map(array[1], array[2])", ("map", ("array", 1), ("array", 2))),
        # forms with words of their own
        ("EXTRACT(YEAR FROM d)", ("extract", "year", "d")),
        ("POSITION('a' IN b)", ("strpos", "b", "a")),
        ("position('a', b)", ("position", "a", "b")),
        ("SUBSTRING(a FROM 1 FOR 2)", ("substring", "a", 1, 2)),
        ("substring(a, 1)", ("substring", "a", 1)),
        ("TRIM(a)", ("trim", "both", "a")),
        ("TRIM(LEADING 'x' FROM a)", ("trim", "leading", "a", "x")),
        ("TRIM(TRAILING FROM a)", ("trim", "trailing", "a")),
        ("TRIM('x' FROM a)", ("trim", "both", "a", "x")),
        ("trim(a, 'x')", ("trim", "both", "a", "x")),
        ("NORMALIZE(a)", ("normalize", "a", "NFC")),
        ("NORMALIZE(a, NFKD)", ("normalize", "a", "NFKD")),
        ("CURRENT_TIMESTAMP(3)", ("current_timestamp", 3)),
        ("CURRENT_DATE", ("current_date",)),
        ("GROUPING(a, t.b)", ("grouping", "a", (".", "t", "b"))),
        ("LISTAGG(a, ',') WITHIN GROUP (ORDER BY b)",
         ("listagg", "a", ",", True, "...", False)),
        ("LISTAGG(a ON OVERFLOW TRUNCATE '~' WITH COUNT) WITHIN GROUP (ORDER BY b)",
         ("listagg", "a", "", False, "~", True)),
        ("CASE a WHEN 1 THEN 'x' ELSE 'y' END", ("case", "a", ((1, "x"),), "y")),
        ("CASE WHEN a THEN 1 WHEN b THEN 2 END", ("case", None, (("a", 1), ("b", 2)), None)),
        ("TRY_CAST(a AS timestamp(3) with time zone)",
         ("try_cast", "a", "timestamp with time zone")),
        ("(SELECT 1)", "ScalarQuery"),
        ("((SELECT 1))", "ScalarQuery"),
        ("((SELECT 1) + 1)", ("+", "ScalarQuery", 1)),
        ("EXISTS (SELECT 1)", "Exists"),
        ("a IN (SELECT 1)", "InQuery"),
        ("a IN ((SELECT 1))", ("in", "a", "ScalarQuery")),
        ("a IN ((SELECT 1) UNION (SELECT 2))", "InQuery"),
        ("a > ALL (SELECT 1)", "QuantifiedComparison"),
        ("a > all (1)", (">", "a", ("all", 1))),
    ],
)  # fmt: skip
def test_parse_expression__text__gives_the_tree(text: str, tree: Any) -> None:
    assert _shown(parse_expression(text)) == tree


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("DECIMAL(10, 2)", "decimal", 2),
        ("double precision", "double", 0),
        ("time(3) with time zone", "time with time zone", 1),
        ("timestamp without time zone", "timestamp", 0),
        ("interval day to second", "interval day to second", 0),
        ("interval year to month", "interval year to month", 0),
        ("array(row(a integer, b varchar(3)))", "array", 1),
        ("map<varchar, array<integer>>", "map", 2),
        ("integer array", "array", 1),
        ("row(a integer, varchar, b double precision, timestamp with time zone)", "row", 4),
    ],
)
def test_parse_type__text__gives_name_and_arguments(text: str, name: str, arguments: int) -> None:
    found = parse_type(text)
    assert (found.name, len(found.arguments)) == (name, arguments)


def test_parse_type__row__tells_names_from_types() -> None:
    found = parse_type(
        'row(a integer, varchar, "B" double precision, timestamp(3) with time zone, '
        "interval day to second, double double, integer array)"
    )
    fields = [f for f in found.arguments if isinstance(f, nodes.RowField)]
    shown = [(f.name.value if f.name else None, f.type.name) for f in fields]
    assert shown == [
        ("a", "integer"),
        (None, "varchar"),
        ("B", "double"),
        (None, "timestamp with time zone"),
        (None, "interval day to second"),
        ("double", "double"),
        (None, "array"),
    ]


# ---------------------------------------------------------------- queries


def _query(text: str) -> nodes.Query:
    statement = parse_statement(text)
    assert isinstance(statement, nodes.QueryStatement)
    return statement.query


def _select(text: str) -> nodes.Select:
    body = _query(text).body
    assert isinstance(body, nodes.Select)
    return body


def test_parse_statement__set_operations__bind_intersect_tighter() -> None:
    body = _query("select 1 union all select 2 intersect select 3 except select 4").body
    assert isinstance(body, nodes.SetOperation)
    assert (body.kind, body.distinct) == ("except", True)
    assert isinstance(body.left, nodes.SetOperation)
    assert (body.left.kind, body.left.distinct) == ("union", False)
    assert isinstance(body.left.right, nodes.SetOperation)
    assert body.left.right.kind == "intersect"


def test_parse_statement__surroundings__are_read_in_order() -> None:
    query = _query(
        "with recursive a (x, y) as (select 1, 2), b as (table a) "
        "select * from b order by 1 desc nulls first, x offset 5 rows fetch first 3 rows with ties"
    )
    assert query.recursive
    assert [[c.value for c in n.columns] for n in query.with_] == [["x", "y"], []]
    assert [(i.descending, i.nulls_first) for i in query.order_by] == [(True, True), (False, None)]
    assert query.offset == nodes.IntegerLiteral(At(), 5)
    assert query.limit == nodes.IntegerLiteral(At(), 3)
    assert query.with_ties
    assert _query("select 1 limit all").limit is None
    assert _query("select 1 fetch next row only").limit == nodes.IntegerLiteral(At(), 1)


def test_parse_statement__words_that_may_be_names__are_told_by_what_follows() -> None:
    select = _select("select 1 limit from t offset where limit > 1 order by offset limit 2")
    item = select.items[0]
    assert isinstance(item, nodes.SelectExpression)
    assert item.alias == nodes.Identifier(At(), "limit")
    assert isinstance(select.from_, nodes.Aliased)
    assert select.from_.alias.value == "offset"
    assert isinstance(_select("select * from t window w as (order by a)").from_, nodes.TableName)
    sampled = _select("select * from t tablesample system (10)").from_
    assert isinstance(sampled, nodes.Sampled)
    assert _select("select all a from t").items == _select("select a from t").items
    assert len(_select("select all, first, date from t").items) == 3


def test_parse_statement__joins__nest_by_their_conditions() -> None:
    left = _select("select * from a join b on x cross join c left join d using (y), e").from_
    assert isinstance(left, nodes.Join)
    assert left.kind == "cross"
    inner = left.left
    assert isinstance(inner, nodes.Join)
    assert (inner.kind, [c.value for c in inner.using]) == ("left", ["y"])
    right = _select("select * from a join b join c on x on y").from_
    assert isinstance(right, nodes.Join)
    assert isinstance(right.right, nodes.Join)
    natural = _select("select * from a natural full outer join b").from_
    assert isinstance(natural, nodes.Join)
    assert (natural.kind, natural.natural) == ("full", True)


def test_parse_statement__relations__of_all_kinds() -> None:
    text = (
        "select * from ((select 1) x), ((select 1) union (select 2)) y, lateral (select 1) z, "
        "unnest(a, b) with ordinality as u (c, d, n), table(sequence(start => 1, stop => 5)) s, "
        '(t), "d"."t$snapshots" for version as of 5, t for timestamp as of current_timestamp as v'
    )
    relation = _select(text).from_
    kinds: list[str] = []
    while isinstance(relation, nodes.Join):
        right = relation.right
        kinds.append(type(right.relation if isinstance(right, nodes.Aliased) else right).__name__)
        relation = relation.left
    assert kinds[::-1] == [
        "SubqueryRelation", "LateralRelation", "Unnest", "TableFunction", "TableName",
        "TableName", "TableName",
    ]  # fmt: skip


def test_parse_statement__grouping__keeps_sets() -> None:
    select = _select(
        "select a from t group by distinct a, (b, c), (a + 1) * 2, (), rollup (a, (b, c)), "
        "grouping sets ((a), b, ())"
    )
    assert select.group_by_distinct
    shown = [(g.kind, [len(s) for s in g.sets]) for g in select.group_by]
    assert shown == [
        ("simple", [1]), ("simple", [2]), ("simple", [1]), ("simple", [0]),
        ("rollup", [1, 2]), ("sets", [1, 1, 0]),
    ]  # fmt: skip


def test_parse_statement__windows__keep_bases_and_frames() -> None:
    select = _select(
        "select sum(a) filter (where b) over (w partition by c order by d "
        "rows between 1 preceding and unbounded following), "
        "lag(a) ignore nulls over w, rank() over (rows) from t "
        "window w as (partition by partition range current row)"
    )
    calls = [item.value for item in select.items if isinstance(item, nodes.SelectExpression)]
    first, second, third = (c for c in calls if isinstance(c, nodes.FunctionCall))
    assert first.filter is not None
    assert first.window is not None
    assert first.window.base == nodes.Identifier(At(), "w")
    assert first.window.frame is not None
    assert first.window.frame.start.kind == "preceding"
    assert first.window.frame.end is not None
    assert first.window.frame.end.kind == "unbounded following"
    assert second.null_treatment == "ignore"
    assert third.window == nodes.Window(At(), nodes.Identifier(At(), "rows"))
    named = select.windows[0].window
    assert named.base is None
    assert named.frame is not None
    assert named.frame.unit == "range"


def test_parse_statement__stars__keep_base_and_aliases() -> None:
    items = _select("select *, t.*, (r).* as (a, b) from t").items
    stars = [item for item in items if isinstance(item, nodes.SelectStar)]
    assert [len(star.aliases) for star in stars] == [0, 0, 2]
    assert stars[0].base is None
    with pytest.raises(SyntaxFault):
        parse_statement("select a + t.* from t")


# ---------------------------------------------------------------- DML and the rest


def test_parse_statement__dbt_merge__gives_clauses() -> None:
    merge = parse_statement(
        """
        merge into "awsdatacatalog"."d"."t" as target using "d"."s" as src
        on (target.id = src.id and (target.p >= date '2020-01-01'))
        when matched and (src.gone) then delete
        when matched then update set "a"=src."a", b = target.b
        when not matched and src.x then insert ("a","b") values (src."a", src."b")
        -- /* {"app": "dbt"} */"""
    )
    assert isinstance(merge, nodes.Merge)
    assert merge.alias == nodes.Identifier(At(), "target")
    assert [(c.kind, c.matched, c.condition is not None) for c in merge.clauses] == [
        ("delete", True, True), ("update", True, False), ("insert", False, True),
    ]  # fmt: skip
    assert [len(c.assignments) for c in merge.clauses] == [0, 2, 0]
    assert len(merge.clauses[2].columns) == len(merge.clauses[2].values) == 2


def test_parse_statement__ctas__keeps_properties_and_query() -> None:
    text = """/* {"app": "dbt"} */ create table "d"."t"
        with (table_type='iceberg', is_external=false, bucket_count=5,
              partitioning=ARRAY['month(x)'], format='parquet')
        as ( with a as (select 1 as x) select * from a )"""
    found = parse_statement(text)
    assert isinstance(found, nodes.CreateTableAs)
    assert [p.name for p in found.properties] == [
        "table_type", "is_external", "bucket_count", "partitioning", "format",
    ]  # fmt: skip
    assert len(found.query.with_) == 1
    plain = parse_statement("create table if not exists t (a, b) as select 1, 2 with no data")
    assert isinstance(plain, nodes.CreateTableAs)
    assert (plain.if_not_exists, len(plain.columns), plain.with_data) == (True, 2, False)


def test_parse_statement__view__keeps_the_querys_text() -> None:
    found = parse_statement(
        "create or replace view \"d\".v as\n  with a as (select 'é;' x) select x  from a ; -- end"
    )
    assert isinstance(found, nodes.CreateView)
    assert found.or_replace
    assert found.query_text == "with a as (select 'é;' x) select x  from a"


def test_parse_statement__prepared__numbers_parameters_and_keeps_text() -> None:
    found = parse_statement("prepare p from select ? from t where a in (?, ?) limit ?")
    assert isinstance(found, nodes.Prepare)
    assert found.text == "select ? from t where a in (?, ?) limit ?"
    assert isinstance(found.statement, nodes.QueryStatement)
    assert found.statement.query.limit == nodes.Parameter(At(), 3)
    executed = parse_statement("execute p using 1, 'a'")
    assert isinstance(executed, nodes.Execute)
    assert len(executed.arguments) == 2
    assert isinstance(parse_statement("deallocate prepare p"), nodes.Deallocate)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("insert into t (a, b) (select 1, 2);", nodes.Insert),
        ("insert into t (select 1)", nodes.Insert),
        ("insert into t values (1), (2)", nodes.Insert),
        ("delete from t", nodes.Delete),
        ("update d.t set a = cast(b as integer), c = 1 where d;", nodes.Update),
        ("unload (select 1) to 's3://b/p/' with (format = 'parquet')", nodes.Unload),
        ("optimize awsdatacatalog.d.t rewrite data using bin_pack where a = 1", nodes.Optimize),
        ('vacuum "d"."t"', nodes.Vacuum),
        ("explain (format json, type distributed) select 1", nodes.Explain),
        ("explain analyze select 1", nodes.Explain),
        ("explain (select 1)", nodes.Explain),
        ('drop view if exists "c"."d"."v"', nodes.DropView),
        ("values 1, (2)", nodes.QueryStatement),
        ("table t", nodes.QueryStatement),
        ("(select 1) order by 1", nodes.QueryStatement),
    ],
)
def test_parse_statement__statement__is_of_its_kind(text: str, kind: type) -> None:
    assert isinstance(parse_statement(text), kind)


def test_parse_statement__json_functions__keep_their_clauses() -> None:
    found = parse_expression(
        "json_value(j format json encoding utf8, 'lax $.a' passing 1 as x, 2 format json as y "
        "returning decimal(5,2) default 1 on empty error on error)"
    )
    assert isinstance(found, nodes.JsonCall)
    assert isinstance(found.arguments[0], nodes.JsonFormat)
    assert found.arguments[0].encoding == "utf8"
    assert [name.value for name, _ in found.passing] == ["x", "y"]
    assert found.options == (("on_empty", "default"), ("on_error", "error"))
    assert found.defaults == (("on_empty", nodes.IntegerLiteral(At(), 1)),)
    query = parse_expression(
        "json_query(j, 'strict $' with conditional array wrapper omit quotes empty array on error)"
    )
    assert isinstance(query, nodes.JsonCall)
    assert query.options == (
        ("wrapper", "conditional"), ("quotes", "omit"), ("on_error", "empty array"),
    )  # fmt: skip
    made = parse_expression(
        "json_object('a': 1, key 'b' value x absent on null with unique keys returning varchar)"
    )
    assert isinstance(made, nodes.JsonCall)
    assert len(made.arguments) == 4
    assert made.options == (("nulls", "absent"), ("keys", "with unique"))


# ---------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a + b", At(1, 3)),
        ("a\n  = b", At(2, 3)),
        ("a AND b", At(1, 1)),
        ("  f(a)", At(1, 3)),
        ("a /* x\n */ NOT IN (1)", At(2, 5)),
        ("a -- x\r\n[1]", At(1, 1)),
        ("é || 'é' || b", At(1, 1)),
    ],
)
def test_parse_expression__node__knows_its_place(text: str, place: At) -> None:
    if text.startswith("é"):
        with pytest.raises(SyntaxFault) as caught:
            parse_expression(text)
        assert caught.value.at == place
    else:
        assert parse_expression(text).at == place
