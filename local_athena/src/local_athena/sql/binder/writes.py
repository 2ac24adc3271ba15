"""INSERT, UPDATE, DELETE, MERGE and CREATE TABLE AS: what is stored, and whether it may be.

A value may be stored where it and the column have a common type: a bigint goes into an integer
column and fails by its value, a varchar never goes into an integer column. Trino's
`typesMatchForInsert`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.grouping import groups_refused_first, refuse_groups
from local_athena.sql.binder.relations import find_table, scan_of, table_parts
from local_athena.sql.binder.scope import Scope, ScopeField, renamed
from local_athena.sql.binder.selects import condition
from local_athena.sql.binder.subqueries import coerce_query
from local_athena.sql.binder.values import assign
from local_athena.sql.bound import (
    ArrayOf,
    BoundCreateTableAs,
    BoundDelete,
    BoundExpression,
    BoundInsert,
    BoundMerge,
    BoundMergeClause,
    BoundQuery,
    BoundSelect,
    BoundUpdate,
    Cast,
    Constant,
    Derived,
    Output,
    Reference,
    Scan,
    TableColumn,
    TableHandle,
    ViewHandle,
    visible,
)
from local_athena.sql.coercion import can_coerce, common_super_type
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Field, Type, display


def can_store(value: Type, column: Type) -> bool:
    """Whether a value of one type may be stored in a column of the other."""
    if _has_sized_text_inside(column):
        return can_coerce(value, column)
    return common_super_type(value, column) is not None


def _has_sized_text_inside(type_: Type) -> bool:
    """Whether an array, map or row holds varchar(n) or char(n), which Trino does not cut."""
    inner = [a.type if isinstance(a, Field) else a for a in type_.arguments]
    return any(
        isinstance(a, Type)
        and ((a.base in ("varchar", "char") and a != t.VARCHAR) or _has_sized_text_inside(a))
        for a in inner
    )


def _all_storable(values: Sequence[Type], columns: Sequence[Type]) -> bool:
    return len(values) == len(columns) and all(
        can_store(value, column) for value, column in zip(values, columns, strict=True)
    )


def _listed(types: Sequence[Type]) -> str:
    return "[" + ", ".join(display(type_) for type_ in types) + "]"


def _target(binder: Binder, name: nodes.Name, what: str, at: nodes.At) -> TableHandle:
    """The table to write.

    Raises:
        SqlError: TABLE_NOT_FOUND, also where the database is missing; NOT_SUPPORTED for a view.
    """
    try:
        found = find_table(binder, name, at)
    except SqlError as error:
        if error.name != "SCHEMA_NOT_FOUND":
            raise
        shown = ".".join(_qualifier(binder, name))
        raise SqlError("TABLE_NOT_FOUND", f"Table '{shown}' does not exist", at) from error
    if isinstance(found, ViewHandle):
        raise SqlError("NOT_SUPPORTED", f"{what} views is not supported", at)
    return found


def _qualifier(binder: Binder, name: nodes.Name) -> tuple[str, ...]:
    return tuple(part for part in table_parts(binder, name) if part)


# ---------------------------------------------------------------- INSERT


def bind_insert(binder: Binder, node: nodes.Insert) -> BoundInsert:
    table = _target(binder, node.table, "Inserting into", node.at)
    query = binder.query(node.query, Scope())
    columns = visible(table.columns)
    chosen = _insert_columns(columns, node)
    types = [column.type for column in chosen]
    given = [column.type for column in query.columns]
    if not _all_storable(given, types):
        raise SqlError(
            "TYPE_MISMATCH",
            "Insert query has mismatched column types: "
            f"Table: {_listed(types)}, Query: {_listed(given)}",
            node.at,
        )
    query = coerce_query(binder, query, types, assignment=True)
    if list(chosen) != list(columns):
        query = _spread(binder, query, [column.name for column in chosen], columns)
    return BoundInsert(table, query)


def _insert_columns(columns: Sequence[TableColumn], node: nodes.Insert) -> Sequence[TableColumn]:
    """The columns that an INSERT names, or all.

    Raises:
        SqlError: COLUMN_NOT_FOUND, DUPLICATE_COLUMN_NAME.
    """
    if not node.columns:
        return columns
    by_name = {column.name.lower(): column for column in columns}
    chosen: dict[str, TableColumn] = {}
    for name in node.columns:
        lower = name.value.lower()
        if lower not in by_name:
            raise SqlError(
                "COLUMN_NOT_FOUND",
                f"Insert column name does not exist in target table: {lower}",
                node.at,
            )
        if lower in chosen:
            raise SqlError(
                "DUPLICATE_COLUMN_NAME",
                f"Insert column name is specified more than once: {lower}",
                node.at,
            )
        chosen[lower] = by_name[lower]
    return list(chosen.values())


def _spread(
    binder: Binder, query: BoundQuery, names: Sequence[str], columns: Sequence[TableColumn]
) -> BoundQuery:
    """The query's columns in the table's order, NULL for those it does not give."""
    inner = tuple(binder.new_column(c.name, c.type) for c in query.columns)
    by_name = dict(zip(names, inner, strict=True))
    outputs: list[Output] = []
    for column in columns:
        given = by_name.get(column.name)
        value: BoundExpression = Constant(None, column.type) if given is None else Reference(given)
        outputs.append(Output(value, binder.new_column(column.name, column.type)))
    select = BoundSelect(tuple(outputs), False, Derived(query, inner), None, (), None, None)
    return BoundQuery(select, tuple(output.column for output in outputs))


# ---------------------------------------------------------------- DELETE and UPDATE


def _scan_in_scope(
    binder: Binder, table: TableHandle, name: nodes.Name
) -> tuple[Scan, tuple[ScopeField, ...]]:
    scan, fields = scan_of(binder, table, _qualifier(binder, name))
    return scan, fields


def _where(binder: Binder, node: nodes.Expression | None, scope: Scope) -> BoundExpression | None:
    if node is None:
        return None
    with groups_refused_first(node, "WHERE clause"):
        bound = condition(binder, node, scope, "WHERE clause")
    refuse_groups(bound, node, "WHERE clause")
    return bound


def bind_delete(binder: Binder, node: nodes.Delete) -> BoundDelete:
    table = _target(binder, node.table, "Deleting from", node.at)
    scan, fields = _scan_in_scope(binder, table, node.table)
    return BoundDelete(scan, _where(binder, node.where, Scope(fields)))


def bind_update(binder: Binder, node: nodes.Update) -> BoundUpdate:
    table = _target(binder, node.table, "Updating", node.at)
    scan, fields = _scan_in_scope(binder, table, node.table)
    scope = Scope(fields)
    indexes: list[int] = []
    for assignment in node.assignments:
        name = assignment.column.value
        index = _column_index(table, name)
        if index is None:
            raise SqlError(
                "COLUMN_NOT_FOUND",
                f"The UPDATE SET target column {name} doesn't exist",
                assignment.column.at,
            )
        if index in indexes:
            raise SqlError(
                "DUPLICATE_COLUMN_NAME",
                f"Update column name is specified more than once: {name}",
                assignment.column.at,
            )
        indexes.append(index)
    values = [_single(binder, assignment.value, scope, "SET") for assignment in node.assignments]
    where = _where(binder, node.where, scope)
    types = [table.columns[index].type for index in indexes]
    if not _all_storable([value.type for value in values], types):
        given = _listed([value.type for value in values])
        raise SqlError(
            "TYPE_MISMATCH",
            "UPDATE table column types don't match SET expressions: "
            f"Table: {_listed(types)}, Expressions: {given}",
            node.at,
        )
    assigned = tuple(
        (index, assign(value, type_))
        for index, value, type_ in zip(indexes, values, types, strict=True)
    )
    return BoundUpdate(scan, assigned, where)


def _column_index(table: TableHandle, name: str) -> int | None:
    for index, column in enumerate(table.columns):
        if column.name.lower() == name.lower() and not column.hidden:
            return index
    return None


def _single(binder: Binder, node: nodes.Expression, scope: Scope, clause: str) -> BoundExpression:
    """A value for one row: no aggregates, no windows."""
    value = binder.expression(node, scope)
    refuse_groups(value, node, clause)
    return value


# ---------------------------------------------------------------- MERGE


def bind_merge(binder: Binder, node: nodes.Merge) -> BoundMerge:
    table = _target(binder, node.table, "Merging into", node.at)
    scan, fields = _scan_in_scope(binder, table, node.table)
    if node.alias is not None:
        fields = renamed(fields, node.alias.value, (), node.alias.at)
    source = binder.relation(node.using, Scope())
    scope = Scope((*fields, *source.fields))
    on = condition(binder, node.on, scope, "MERGE ON clause")
    refuse_groups(on, node.on, "MERGE ON clause")
    clauses = tuple(
        _merge_clause(binder, clause, number, table, scope)
        for number, clause in enumerate(node.clauses)
    )
    return BoundMerge(scan, source.relation, on, clauses)


def _merge_clause(
    binder: Binder, clause: nodes.MergeClause, number: int, table: TableHandle, scope: Scope
) -> BoundMergeClause:
    guard = None
    if clause.condition is not None:
        guard = condition(binder, clause.condition, scope, "WHEN clause")
        refuse_groups(guard, clause.condition, "WHEN clause")
    if clause.kind == "delete":
        return BoundMergeClause(clause.kind, clause.matched, guard, (), ())
    if clause.kind == "update":
        names: Sequence[nodes.Identifier] = [each.column for each in clause.assignments]
        sources: Sequence[nodes.Expression] = [each.value for each in clause.assignments]
    else:
        names, sources = clause.columns, clause.values
    indexes = _merge_columns(table, clause, names)
    values = [_single(binder, source, scope, "MERGE") for source in sources]
    if len(indexes) != len(values):
        raise SqlError(
            "GENERIC_INTERNAL_ERROR",
            f"Number of merge columns ({len(indexes)}) isn't equal to number of expressions "
            f"({len(values)})",
        )
    types = [table.columns[index].type for index in indexes]
    if not _all_storable([value.type for value in values], types):
        given = _listed([value.type for value in values])
        raise SqlError(
            "TYPE_MISMATCH",
            f"MERGE table column types don't match for MERGE case {number}, SET expressions: "
            f"Table: {_listed(types)}, Expressions: {given}",
            clause.at,
        )
    stored = {
        index: assign(value, type_)
        for index, value, type_ in zip(indexes, values, types, strict=True)
    }
    if clause.kind == "update":
        return BoundMergeClause(clause.kind, clause.matched, guard, tuple(stored.items()), ())
    row = tuple(
        stored.get(index, Constant(None, column.type))
        for index, column in enumerate(table.columns)
        if not column.hidden
    )
    return BoundMergeClause(clause.kind, clause.matched, guard, (), row)


def _merge_columns(
    table: TableHandle, clause: nodes.MergeClause, names: Sequence[nodes.Identifier]
) -> list[int]:
    if clause.kind == "insert" and not names:
        return [index for index, column in enumerate(table.columns) if not column.hidden]
    indexes: list[int] = []
    for name in names:
        index = _column_index(table, name.value)
        if index is None:
            raise SqlError(
                "COLUMN_NOT_FOUND",
                f"Merge column name does not exist in target table: {name.value.lower()}",
                clause.at,
            )
        if index in indexes:
            raise SqlError(
                "DUPLICATE_COLUMN_NAME",
                f"Merge column name is specified more than once: {name.value.lower()}",
                clause.at,
            )
        indexes.append(index)
    return indexes


# ---------------------------------------------------------------- CREATE TABLE AS


def bind_create_table_as(binder: Binder, node: nodes.CreateTableAs) -> BoundCreateTableAs:
    query = binder.query(node.query, Scope())
    if node.columns:
        if len(node.columns) != len(query.columns):
            raise SqlError(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(node.columns)} entries but relation has "
                f"{len(query.columns)} columns",
                node.at,
            )
        names = [name.value.lower() for name in node.columns]
    else:
        names = _names_of(query, node.at)
    check_column_names(names, node.at)
    for name, column in zip(names, query.columns, strict=True):
        if column.type == t.UNKNOWN:
            raise SqlError("COLUMN_TYPE_UNKNOWN", f"Column type is unknown: {name}", node.at)
    given: set[str] = set()
    for each in node.properties:
        if each.name.lower() in given:
            raise SqlError("DUPLICATE_PROPERTY", f"Duplicate property: {each.name}", each.at)
        given.add(each.name.lower())
    properties = tuple((each.name, _property_value(binder, each)) for each in node.properties)
    return BoundCreateTableAs(query, tuple(names), properties)


def _names_of(query: BoundQuery, at: nodes.At) -> list[str]:
    names: list[str] = []
    for index, column in enumerate(query.columns):
        if column.name is None:
            raise SqlError(
                "MISSING_COLUMN_NAME", f"Column name not specified at position {index + 1}", at
            )
        names.append(column.name.lower())
    return names


def check_column_names(names: Sequence[str], at: nodes.At) -> None:
    """Refuse a name that comes twice.

    Raises:
        SqlError: DUPLICATE_COLUMN_NAME.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SqlError(
                "DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once", at
            )
        seen.add(name)


def _property_value(binder: Binder, node: nodes.Property) -> Any:
    """A WITH property's value in Python: str, int, float, bool or a list of them.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY for anything but constants.
    """
    return _constant(binder.expression(node.value, Scope()), node)


def _constant(value: BoundExpression, node: nodes.Property) -> Any:
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, ArrayOf):
        return [_constant(item, node) for item in value.items]
    if isinstance(value, Cast) and value.implicit:
        return _constant(value.operand, node)
    raise SqlError(
        "INVALID_TABLE_PROPERTY",
        f"Invalid value for property '{node.name}': it must be a constant",
        node.at,
    )
