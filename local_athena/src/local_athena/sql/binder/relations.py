"""What stands in FROM: tables, views, WITH queries, subqueries, joins, UNNEST, samples, aliases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder, RelationInScope
from local_athena.sql.binder.correlation import can_run_lateral
from local_athena.sql.binder.grouping import groups_refused_first, refuse_groups
from local_athena.sql.binder.operators import compare
from local_athena.sql.binder.scope import Scope, ScopeField, fields_of_columns, renamed
from local_athena.sql.binder.subqueries import check_correlation
from local_athena.sql.binder.values import coerce
from local_athena.sql.binder.views import bind_view
from local_athena.sql.bound import (
    BoundExpression,
    Coalesce,
    Column,
    CommonTable,
    Constant,
    Derived,
    JoinOf,
    Logical,
    Reference,
    SampleOf,
    Scan,
    SequenceOf,
    TableHandle,
    UnnestOf,
    ViewHandle,
)
from local_athena.sql.coercion import NUMERIC, can_coerce, common_super_type
from local_athena.sql.errors import SqlError
from local_athena.sql.types import display, element_of, fields_of
from local_athena.sql.walk import queries_in, references_in, walk


def table_parts(binder: Binder, name: nodes.Name) -> tuple[str | None, str, str]:
    """Catalog, database and table of a name, in lower case, completed from the session.

    Raises:
        SqlError: MISSING_SCHEMA_NAME, or SYNTAX_ERROR for too many parts.
    """
    parts = [part.value.lower() for part in name.parts]
    if len(parts) > 3:
        raise SqlError("SYNTAX_ERROR", f"Too many dots in table name: {'.'.join(parts)}", name.at)
    context = binder.context
    catalog = parts[-3] if len(parts) == 3 else context.catalog
    database = parts[-2] if len(parts) > 1 else context.database
    if not database:
        raise SqlError(
            "MISSING_SCHEMA_NAME",
            "Schema must be specified when session schema is not set",
            name.at,
        )
    return catalog, database, parts[-1]


def find_table(binder: Binder, name: nodes.Name, at: nodes.At) -> TableHandle | ViewHandle:
    """What the catalog knows under the name.

    Raises:
        SqlError: TABLE_NOT_FOUND, SCHEMA_NOT_FOUND, CATALOG_NOT_FOUND at the name's place.
    """
    catalog, database, table = table_parts(binder, name)
    try:
        found = binder.context.resolver.resolve(catalog, database, table)
    except SqlError as error:
        raise SqlError(error.name, error.message, error.at or at) from error
    if found is None:
        shown = ".".join(part for part in (catalog, database, table) if part)
        raise SqlError("TABLE_NOT_FOUND", f"Table '{shown}' does not exist", at)
    return found


def bind_table(binder: Binder, node: nodes.TableName, scope: Scope) -> RelationInScope:
    """A table, a view, or a WITH query in sight."""
    name = node.name
    if len(name.parts) == 1:
        shown = name.parts[0].value
        named = scope.named_query(shown.lower())
        if named is not None and node.version is None:
            columns = tuple(binder.new_column(c.name, c.type) for c in named.columns)
            fields = fields_of_columns(columns, (shown.lower(),))
            return RelationInScope(CommonTable(named.id, columns), fields)
    found = find_table(binder, name, node.at)
    catalog, database, table = table_parts(binder, name)
    qualifier = tuple(part for part in (catalog, database, table) if part)
    if isinstance(found, ViewHandle):
        return bind_view(binder, found, qualifier, node.at)
    version = _version(binder, node)
    if version is not None:
        found = binder.context.resolver.at_version(found, version)
    scan, scanned = scan_of(binder, found, qualifier, version)
    return RelationInScope(scan, scanned)


def scan_of(
    binder: Binder,
    handle: TableHandle,
    qualifier: tuple[str, ...],
    version: tuple[str, BoundExpression] | None = None,
) -> tuple[Scan, tuple[ScopeField, ...]]:
    """A read of a table, all columns in sight, hidden ones by name only."""
    columns = tuple(binder.new_column(c.name, c.type) for c in handle.columns)
    fields = tuple(
        ScopeField(column.name, Reference(column), qualifier, declared.hidden)
        for column, declared in zip(columns, handle.columns, strict=True)
    )
    return Scan(binder.new_id(), handle, columns, version), fields


def _version(binder: Binder, node: nodes.TableName) -> tuple[str, BoundExpression] | None:
    if node.version is None:
        return None
    kind, source = node.version
    value = binder.expression(source, Scope())
    if any(True for _ in queries_in(value)):
        raise SqlError(
            "EXPRESSION_NOT_CONSTANT", "Constant expression cannot contain a subquery", source.at
        )
    base = value.type.base
    if isinstance(value, Constant) and value.value is None:
        raise SqlError("INVALID_ARGUMENTS", "Pointer value cannot be NULL", source.at)
    if kind == "timestamp" and base not in ("date", "timestamp", "timestamp with time zone"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Type {display(value.type)} invalid. Temporal pointers must be of type Timestamp, "
            "Timestamp with Time Zone, or Date.",
            source.at,
        )
    if kind == "version" and base not in ("bigint", "varchar"):
        raise SqlError(
            "NOT_SUPPORTED", f"Unsupported type for table version: {display(value.type)}"
        )
    return kind, value


def bind_subquery(binder: Binder, node: nodes.SubqueryRelation, scope: Scope) -> RelationInScope:
    """A query in brackets: it sees what the whole FROM sees, not its neighbours."""
    query = binder.query(node.query, scope.parent or Scope())
    columns = tuple(binder.new_column(c.name, c.type) for c in query.columns)
    return RelationInScope(Derived(query, columns), fields_of_columns(columns))


def bind_lateral(binder: Binder, node: nodes.LateralRelation, scope: Scope) -> RelationInScope:
    """LATERAL: the query sees what stands left of it."""
    query = binder.query(node.query, scope)
    columns = tuple(binder.new_column(c.name, c.type) for c in query.columns)
    return RelationInScope(Derived(query, columns, lateral=True), fields_of_columns(columns))


def bind_unnest(binder: Binder, node: nodes.Unnest, scope: Scope) -> RelationInScope:
    columns: list[Column] = []
    items: list[BoundExpression] = []
    for source in node.items:
        with groups_refused_first(source, "UNNEST"):
            value = binder.expression(source, scope)
        refuse_groups(value, source, "UNNEST")
        type_ = value.type
        if type_.base == "array" and element_of(type_).base == "row":
            columns += [binder.new_column(f.name, f.type) for f in fields_of(element_of(type_))]
        elif type_.base == "array":
            columns.append(binder.new_column(None, element_of(type_)))
        elif type_.base == "map":
            columns += [binder.new_column(None, element_of(type_, i)) for i in (0, 1)]
        else:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", f"Cannot unnest type: {display(type_)}", source.at
            )
        items.append(value)
    if node.ordinality:
        columns.append(binder.new_column(None, t.BIGINT))
    relation = UnnestOf(tuple(items), node.ordinality, tuple(columns))
    return RelationInScope(relation, fields_of_columns(columns))


def bind_table_function(binder: Binder, node: nodes.TableFunction, scope: Scope) -> RelationInScope:
    """TABLE(sequence(…)), the one table function that needs no connector."""
    name = node.name.parts[-1].value.lower()
    if name != "sequence":
        raise SqlError("FUNCTION_NOT_FOUND", f"Table function '{name}' not registered", node.at)
    given: dict[str, BoundExpression] = {}
    order = ("start", "stop", "step")
    for index, (label, source) in enumerate(node.arguments):
        key = order[index] if label is None and index < 3 else label.value.lower() if label else ""
        value = binder.expression(source, Scope())
        if key not in order or key in given:
            problem = "Duplicate" if key in given else "Unexpected"
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", f"{problem} argument name: {key.upper()}", source.at
            )
        if not can_coerce(value.type, t.BIGINT):
            raise SqlError(
                "TYPE_MISMATCH",
                f"Invalid argument {key.upper()}: expected bigint, got {display(value.type)}",
                source.at,
            )
        given[key] = coerce(value, t.BIGINT)
    if "stop" not in given:
        raise SqlError("MISSING_ARGUMENT", "Missing argument: STOP", node.at)
    arguments = (
        given.get("start", Constant(0, t.BIGINT)),
        given["stop"],
        given.get("step", Constant(1, t.BIGINT)),
    )
    columns = (binder.new_column("sequential_number", t.BIGINT),)
    return RelationInScope(SequenceOf(arguments, columns), fields_of_columns(columns))


def bind_sample(binder: Binder, node: nodes.Sampled, scope: Scope) -> RelationInScope:
    inner = binder.relation(node.relation, scope)
    percentage = binder.expression(node.percentage, Scope(inner.fields))
    if any(isinstance(each, Reference) for each in walk(percentage)):
        raise SqlError(
            "EXPRESSION_NOT_CONSTANT",
            "Sample percentage cannot contain column references",
            node.percentage.at,
        )
    if isinstance(percentage, Constant) and percentage.value is None:
        raise SqlError("INVALID_ARGUMENTS", "Sample percentage cannot be NULL", node.percentage.at)
    if percentage.type.base not in NUMERIC:
        raise SqlError(
            "TYPE_MISMATCH", "Sample percentage should be a numeric expression", node.percentage.at
        )
    if isinstance(percentage, Constant) and not 0 <= percentage.value <= 100:
        raise SqlError(
            "NUMERIC_VALUE_OUT_OF_RANGE",
            "Sample percentage must be between 0 and 100 inclusive",
            node.percentage.at,
        )
    relation = SampleOf(
        inner.relation, node.method, coerce(percentage, t.DOUBLE), inner.relation.columns
    )
    return RelationInScope(relation, inner.fields)


def bind_aliased(binder: Binder, node: nodes.Aliased, scope: Scope) -> RelationInScope:
    inner = binder.relation(node.relation, scope)
    fields = renamed(inner.fields, node.alias.value, node.columns, node.at)
    return RelationInScope(inner.relation, fields)


# ---------------------------------------------------------------- joins


def bind_join(binder: Binder, node: nodes.Join, scope: Scope) -> RelationInScope:
    """A join; a chain of them leans to the left and is bound in a loop."""
    chain = [node]
    while isinstance(chain[-1].left, nodes.Join):
        chain.append(chain[-1].left)
    left = binder.relation(chain[-1].left, scope)
    for join in reversed(chain):
        left = _join(binder, join, left, scope)
    return left


def _join(binder: Binder, node: nodes.Join, left: RelationInScope, scope: Scope) -> RelationInScope:
    if node.natural:
        raise SqlError("NOT_SUPPORTED", "Natural join not supported", node.at)
    right_scope = scope
    if _is_lateral(node.right):
        right_scope = Scope(left.fields, scope.parent)
    right = binder.relation(node.right, right_scope)
    if right_scope is not scope:
        right = _beside(node, left, right)
    columns = left.relation.columns + right.relation.columns
    if node.using:
        return _join_using(node, left, right, columns)
    fields = left.fields + right.fields
    condition = None
    if node.on is not None:
        lateral = node.kind in ("right", "full") and _is_lateral(node.right)
        if (lateral or _is_unnest(node.right)) and not _is_true(node.on):
            what = "UNNEST" if _is_unnest(node.right) else "LATERAL relation"
            raise SqlError(
                "NOT_SUPPORTED",
                f"{node.kind.upper()} JOIN involving {what} is only supported with "
                "condition ON TRUE",
                node.on.at,
            )
        closed = node.kind in ("left", "right", "full")  # (Trino has no plan for such joins)
        with groups_refused_first(node.on, "JOIN clause"):
            condition = binder.expression(node.on, Scope(fields, scope.parent, closed=closed))
        if condition.type == t.UNKNOWN:
            condition = coerce(condition, t.BOOLEAN)
        if condition.type != t.BOOLEAN:
            raise SqlError(
                "TYPE_MISMATCH",
                f"JOIN ON clause must evaluate to a boolean: actual type {display(condition.type)}",
                node.on.at,
            )
        refuse_groups(condition, node.on, "JOIN clause")
    if isinstance(right.relation, Derived) and right.relation.lateral:
        filtered = node.on is not None and not _is_true(node.on)
        check_correlation(
            binder,
            right.relation.query,
            Scope(left.fields, boundary=True),
            partial(can_run_lateral, filtered=filtered, left=node.kind == "left"),
            _query_at(node.right),
        )
    relation = JoinOf(node.kind, left.relation, right.relation, condition, columns)
    return RelationInScope(relation, fields)


def _beside(node: nodes.Join, left: RelationInScope, right: RelationInScope) -> RelationInScope:
    """The right side of a join that could see the left: one that adds rows lets it see nothing.

    Raises:
        SqlError: INVALID_COLUMN_REFERENCE.
    """
    if node.kind not in ("right", "full"):
        return right
    seen = {column.id for column in left.relation.columns}
    if any(reference.column.id in seen for reference in references_in(right.relation)):
        raise SqlError(
            "INVALID_COLUMN_REFERENCE",
            f"LATERAL reference not allowed in {node.kind.upper()} JOIN",
            node.right.at,
        )
    if isinstance(right.relation, Derived):
        return replace(right, relation=replace(right.relation, lateral=False))
    return right


def _without_alias(node: nodes.Relation) -> nodes.Relation:
    return node.relation if isinstance(node, nodes.Aliased) else node


def _query_at(node: nodes.Relation) -> nodes.At:
    inner = _without_alias(node)
    return inner.query.at if isinstance(inner, nodes.LateralRelation) else inner.at


def _is_lateral(node: nodes.Relation) -> bool:
    return isinstance(_without_alias(node), nodes.Unnest | nodes.LateralRelation)


def _is_unnest(node: nodes.Relation) -> bool:
    return isinstance(_without_alias(node), nodes.Unnest)


def _is_true(node: nodes.Expression) -> bool:
    return isinstance(node, nodes.BooleanLiteral) and node.value


def _join_using(
    node: nodes.Join, left: RelationInScope, right: RelationInScope, columns: tuple[Column, ...]
) -> RelationInScope:
    """Columns of one name become one, the merged ones first and without a relation's name."""
    merged: list[ScopeField] = []
    equal: list[BoundExpression] = []
    taken: set[int] = set()
    seen: set[str] = set()
    for name in node.using:
        if name.value.lower() in seen:
            raise SqlError(
                "DUPLICATE_COLUMN_NAME",
                f"Column '{name.value}' appears multiple times in USING clause",
                name.at,
            )
        seen.add(name.value.lower())
        mine = _only(left.fields, name, "left")
        theirs = _only(right.fields, name, "right")
        common = common_super_type(mine.value.type, theirs.value.type)
        if common is None:
            raise SqlError(
                "TYPE_MISMATCH",
                f"Column Types for column '{name.value}' do not match: "
                f"{display(mine.value.type)} vs {display(theirs.value.type)}",
                name.at,
            )
        equal.append(compare("=", mine.value, theirs.value, node.at))
        value = coerce(mine.value, common)
        if node.kind in ("right", "full"):
            value = Coalesce((value, coerce(theirs.value, common)), common)
        merged.append(ScopeField(name.value, value))
        taken |= {id(mine), id(theirs)}
    condition = equal[0] if len(equal) == 1 else Logical("and", tuple(equal), t.BOOLEAN)
    rest = tuple(f for f in (*left.fields, *right.fields) if id(f) not in taken)
    relation = JoinOf(node.kind, left.relation, right.relation, condition, columns)
    return RelationInScope(relation, (*merged, *rest))


def _only(fields: Sequence[ScopeField], name: nodes.Identifier, side: str) -> ScopeField:
    found = [f for f in fields if f.name is not None and f.name.lower() == name.value.lower()]
    if not found:
        raise SqlError(
            "COLUMN_NOT_FOUND",
            f"Column '{name.value}' is missing from {side} side of join",
            name.at,
        )
    if len(found) > 1:
        raise SqlError("AMBIGUOUS_NAME", f"Column '{name.value}' is ambiguous", name.at)
    return found[0]
