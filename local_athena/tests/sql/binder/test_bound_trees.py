"""What the rewrite relies on, checked on every tree that the golden statements give.

The checker reads bound trees on its own: sides of a comparison have one type, branches of CASE have
its type, every reference names a column that something in scope offers, and nothing over groups
names a column of a single row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local_athena.sql import bound as b
from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder import BindContext, bind_query
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement

GOLDEN = Path(__file__).parents[2] / "golden" / "expressions.jsonl"

Seen = frozenset[int]


class NoTables:
    def resolve(self, catalog: str | None, database: str | None, name: str) -> None:
        return None

    def at_version(self, handle: b.TableHandle, version: tuple[str, Any]) -> b.TableHandle:
        return handle


def check_query(query: b.BoundQuery, outer: Seen, tables: dict[int, list[t.Type]]) -> None:
    tables = dict(tables)
    for table in query.with_:
        types = [column.type for column in table.query.columns]
        if table.recursive:
            tables[table.id] = types
        check_query(table.query, outer, tables)
        tables[table.id] = types
    body = query.body
    inside = outer
    grouped: b.BoundSelect | None = None
    if isinstance(body, b.BoundSelect):
        inside = check_select(body, outer, tables)
        assert [o.column for o in body.outputs] == list(query.columns)
        grouped = body if body.grouping_sets is not None else None
        given = [o.value.type for o in body.outputs]
    elif isinstance(body, b.BoundValues):
        for row in body.rows:
            assert [v.type for v in row] == [c.type for c in query.columns]
            for value in row:
                check(value, outer, tables)
        given = [c.type for c in query.columns]
    elif isinstance(body, b.BoundSetOperation):
        for side in (body.left, body.right):
            check_query(side, outer, tables)
            assert [c.type for c in side.columns] == [c.type for c in query.columns]
        given = [c.type for c in query.columns]
    else:
        assert isinstance(body, b.BoundQuery)
        check_query(body, outer, tables)
        assert body.columns == query.columns
        given = [c.type for c in body.columns]
    assert given == [c.type for c in query.columns]
    for key in query.order_by:
        outputs = {c.id for c in query.columns}
        if grouped is not None:
            check_over_groups(key.key, grouped, outer | outputs, tables)
        else:
            check(key.key, inside | outputs, tables)


def check_select(select: b.BoundSelect, outer: Seen, tables: dict[int, list[t.Type]]) -> Seen:
    inside = outer
    if select.relation is not None:
        check_relation(select.relation, outer, outer, tables)
        inside = outer | {c.id for c in select.relation.columns}
    if select.where is not None:
        assert select.where.type == t.BOOLEAN
        check(select.where, inside, tables)
    for key in select.group_keys:
        check(key, inside, tables)
    over_groups = [o.value for o in select.outputs]
    if select.having is not None:
        assert select.having.type == t.BOOLEAN
        over_groups.append(select.having)
    for value in over_groups:
        if select.grouping_sets is None:
            check(value, inside, tables)
        else:
            check_over_groups(value, select, outer, tables)
    for each in select.grouping_sets or ():
        assert all(0 <= index < len(select.group_keys) for index in each)
    return inside


def check_relation(relation: Any, outer: Seen, left: Seen, tables: dict[int, list[t.Type]]) -> None:
    if isinstance(relation, b.Derived):
        check_query(relation.query, left if relation.lateral else outer, tables)
        assert [c.type for c in relation.columns] == [c.type for c in relation.query.columns]
    elif isinstance(relation, b.CommonTable):
        assert [c.type for c in relation.columns] == tables[relation.id]
    elif isinstance(relation, b.JoinOf):
        check_relation(relation.left, outer, left, tables)
        further = left | {c.id for c in relation.left.columns}
        check_relation(relation.right, outer, further, tables)
        assert relation.columns == relation.left.columns + relation.right.columns
        if relation.condition is not None:
            assert relation.condition.type == t.BOOLEAN
            check(relation.condition, outer | {c.id for c in relation.columns}, tables)
    elif isinstance(relation, b.UnnestOf):
        for item in relation.items:
            check(item, left, tables)
        assert len(relation.columns) == relation.ordinality + sum(
            unnested_width(item.type) for item in relation.items
        )
    elif isinstance(relation, b.SampleOf):
        check_relation(relation.relation, outer, left, tables)
    else:
        assert isinstance(relation, b.Scan | b.SequenceOf)


def unnested_width(type_: t.Type) -> int:
    if type_.base == "map":
        return 2
    element = t.element_of(type_)
    return len(element.arguments) if element.base == "row" else 1


def inner_expressions(value: Any) -> Iterable[Any]:
    """The expressions directly inside, and the queries."""
    stack = [getattr(value, f.name) for f in fields(value) if f.name not in ("type", "column")]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack.extend(current)
        elif isinstance(current, b.SortKey | b.FrameOf):
            stack.extend(getattr(current, f.name) for f in fields(current))
        elif is_dataclass(current) and not isinstance(current, t.Type | t.Field):
            yield current


def check(value: Any, seen: Seen, tables: dict[int, list[t.Type]]) -> None:
    assert not isinstance(value, b.GroupKey | b.Grouping), "a group's value over single rows"
    rule = RULES.get(type(value))
    if rule is not None:
        rule(value)
    if isinstance(value, b.Reference):
        assert value.column.id in seen, f"{value.column} is offered by nothing in scope"
    if isinstance(value, b.LambdaVariable):
        assert value.id in seen, f"{value} outside its lambda"
    if isinstance(value, b.LambdaOf):
        seen |= {variable.id for variable in value.parameters}
    for inner in inner_expressions(value):
        if isinstance(inner, b.BoundQuery):
            check_query(inner, seen, tables)
        elif not (isinstance(value, b.LambdaOf) and isinstance(inner, b.LambdaVariable)):
            check(inner, seen, tables)


def check_over_groups(
    value: Any, select: b.BoundSelect, outer: Seen, tables: dict[int, list[t.Type]]
) -> None:
    """As `check`, where rows are groups: the relation's columns only inside aggregates."""
    columns = frozenset(c.id for c in select.relation.columns) if select.relation else frozenset()
    if isinstance(value, b.Aggregate):
        check(value, outer | columns, tables)
        return
    if isinstance(value, b.GroupKey):
        assert value.type == select.group_keys[value.index].type
        return
    if isinstance(value, b.Grouping):
        return
    if isinstance(value, b.Reference | b.LambdaVariable):
        check(value, outer, tables)
        return
    rule = RULES.get(type(value))
    if rule is not None:
        rule(value)
    if isinstance(value, b.LambdaOf):
        outer |= {variable.id for variable in value.parameters}
    keys = {k.column.id for k in select.group_keys if isinstance(k, b.Reference)}
    for inner in inner_expressions(value):
        if isinstance(inner, b.BoundQuery):
            check_query(inner, outer | keys, tables)
        else:
            check_over_groups(inner, select, outer, tables)


def same(values: Iterable[Any]) -> None:
    types = {value.type for value in values}
    assert len(types) == 1, types


def check_array(value: b.ArrayOf) -> None:
    assert {item.type for item in value.items} <= {t.element_of(value.type)}


def check_case(value: b.Case) -> None:
    results = [result for _, result in value.whens] + ([value.default] if value.default else [])
    assert {result.type for result in results} == {value.type}
    conditions = [condition for condition, _ in value.whens]
    expected = t.BOOLEAN if value.operand is None else value.operand.type
    assert {condition.type for condition in conditions} == {expected}


def check_lambda(value: b.LambdaOf) -> None:
    parts = [*(v.type for v in value.parameters), value.body.type]
    assert list(value.type.arguments) == parts


def check_constant(value: b.Constant) -> None:
    kinds: dict[str, type | tuple[type, ...]] = {
        "integer": int,
        "bigint": int,
        "date": int,
        "time": int,
        "timestamp": int,
        "timestamp with time zone": tuple,
        "time with time zone": tuple,
        "varchar": str,
        "double": float,
        "boolean": bool,
        "varbinary": bytes,
    }
    if value.value is not None and value.type.base in kinds:
        assert isinstance(value.value, kinds[value.type.base]), value


def check_call(value: b.Call) -> None:
    assert value.name == value.name.lower()
    if value.name in ("$add", "$subtract") and value.type.base in ("integer", "bigint", "double"):
        assert {a.type for a in value.arguments} == {value.type}
    if value.name == "$subscript":
        base, index = value.arguments
        wanted = t.BIGINT if base.type.base == "array" else t.element_of(base.type)
        assert index.type == wanted


RULES: dict[type, Callable[[Any], None]] = {
    b.Comparison: lambda v: same((v.left, v.right)),
    b.Between: lambda v: same((v.value, v.low, v.high)),
    b.InList: lambda v: same((v.value, *v.items)),
    b.Logical: lambda v: same((*v.operands, v)),
    b.Not: lambda v: same((v.operand, v)),
    b.Coalesce: lambda v: same((*v.operands, v)),
    b.ArrayOf: check_array,
    b.Case: check_case,
    b.LambdaOf: check_lambda,
    b.Constant: check_constant,
    b.Call: check_call,
}


def test_bind_query__golden_statements__give_sound_trees() -> None:
    checked = 0
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["sql"]
        try:
            statement = parse_statement(text)
            if not isinstance(statement, nodes.QueryStatement):
                continue
            context = BindContext(
                NoTables(), "awsdatacatalog", None, datetime(2026, 11, 23, tzinfo=UTC)
            )
            query = bind_query(statement.query, context)
        except SqlError:
            continue
        try:
            check_query(query, frozenset(), {})
        except AssertionError as error:
            raise AssertionError(f"{error} in {text}") from error
        checked += 1
    assert checked > 2400
