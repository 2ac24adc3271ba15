"""What binding makes of a statement: every name resolved, every node typed, every coercion written
out.

The rewrite to DuckDB and the planning of scans read nothing else: they never look at the SQL text
and never guess a type. A column is an object with an identity (`Column.id`), so two tables' `id`
never mix. Expressions carry `type`; where Trino coerces, a `Cast` stands in the tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_athena.sql.types import Type

# ---------------------------------------------------------------- what the catalog tells


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A table's column. Hidden ones (`$path`) are found by name and left out of `*`."""

    name: str
    type: Type
    hidden: bool = False
    partition_key: bool = False


@dataclass(frozen=True, slots=True)
class TableHandle:
    """A table that a query may read: a Hive or Iceberg one, a metadata or an information_schema
    one.

    `source` is the engine's own object; binding only carries it.
    """

    database: str
    name: str
    kind: str  # `hive`, `iceberg`, `system`
    columns: tuple[TableColumn, ...]
    source: Any = None


@dataclass(frozen=True, slots=True)
class ViewHandle:
    """A view: its SQL, the columns it promised when it was made, and where its names are looked up:
    in `context_catalog` and `context_database`, or in its own database when they are None."""

    database: str
    name: str
    sql: str
    columns: tuple[TableColumn, ...]
    context_catalog: str | None = None
    context_database: str | None = None


class Resolver(Protocol):
    """How binding asks for tables. Names come in lower case."""

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> TableHandle | ViewHandle | None:
        """Return what the name means, None when there is no such table in an existing database.

        Raises:
            SqlError: SCHEMA_NOT_FOUND, CATALOG_NOT_FOUND.
        """

    def at_version(self, handle: TableHandle, version: tuple[str, BoundExpression]) -> TableHandle:
        """The table as it was at a version (`Scan.version`), with the columns of then.

        Raises:
            SqlError: INVALID_ARGUMENTS, or NOT_SUPPORTED for a table without versions.
        """


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation, by identity: equal only to itself (by `id`, unique in a
    statement)."""

    id: int
    name: str | None = field(compare=False)
    type: Type = field(compare=False)


class BoundExpression(Protocol):
    """Any bound expression."""

    @property
    def type(self) -> Type: ...


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal.

    `value` by type: bool, int, Decimal, float, str, bytes; a date is days since 1970-01-01; a time
    or timestamp is picoseconds (since midnight, since the epoch); with time zone it is a pair of
    UTC picoseconds and zone text; intervals are months or milliseconds; None is NULL.
    """

    value: Any
    type: Type


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of a relation in scope, this query's or an outer one's."""

    column: Column

    @property
    def type(self) -> Type:
        return self.column.type


@dataclass(frozen=True, slots=True)
class LambdaVariable:
    """A lambda's parameter; `id` is unique in the statement."""

    id: int
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class LambdaOf:
    parameters: tuple[LambdaVariable, ...]
    body: BoundExpression
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """A scalar function or operator, arguments already coerced to the chosen signature.

    Operators are named `$add $subtract $multiply $divide $modulus $negate $subscript` and `concat`
    for `||`; AT TIME ZONE is `at_timezone`; EXTRACT(year …) is `year`.
    The arguments' types are the chosen overload's (a lambda's is a function type); `type` is its
    result with lengths and precisions computed. Values of an unknown type (a bare NULL) stay
    `unknown` only where the overload takes any type.
    """

    name: str
    arguments: tuple[BoundExpression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Cast:
    """CAST or, when `safe`, TRY_CAST; also every implicit coercion (`implicit`).

    `assignment` marks what INSERT, UPDATE and MERGE store: a varchar or char that does not fit
    fails (`Cannot truncate non-space characters when casting from X to Y on INSERT`) instead of
    being cut.
    """

    operand: BoundExpression
    type: Type
    safe: bool = False
    implicit: bool = False
    assignment: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """`= <> < <= > >=`, `is distinct from`, `is not distinct from`; both sides of one type."""

    operator: str
    left: BoundExpression
    right: BoundExpression
    type: Type


@dataclass(frozen=True, slots=True)
class Logical:
    """`and` or `or` of two operands or more."""

    operator: str
    operands: tuple[BoundExpression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Not:
    operand: BoundExpression
    type: Type


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: BoundExpression
    type: Type


@dataclass(frozen=True, slots=True)
class Between:
    value: BoundExpression
    low: BoundExpression
    high: BoundExpression
    type: Type


@dataclass(frozen=True, slots=True)
class InList:
    value: BoundExpression
    items: tuple[BoundExpression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Like:
    value: BoundExpression
    pattern: BoundExpression
    escape: BoundExpression | None
    type: Type


@dataclass(frozen=True, slots=True)
class Case:
    """CASE, IF. With `operand` the conditions are values of its type to compare with.

    All results are of `type`; without `default` it is NULL.
    """

    operand: BoundExpression | None
    whens: tuple[tuple[BoundExpression, BoundExpression], ...]
    default: BoundExpression | None
    type: Type


@dataclass(frozen=True, slots=True)
class Coalesce:
    operands: tuple[BoundExpression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class NullIf:
    """`first` unless `first` = `second`, both compared as `compared`."""

    first: BoundExpression
    second: BoundExpression
    compared: Type
    type: Type


@dataclass(frozen=True, slots=True)
class Try:
    operand: BoundExpression
    type: Type


@dataclass(frozen=True, slots=True)
class ArrayOf:
    items: tuple[BoundExpression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class RowOf:
    items: tuple[BoundExpression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A row's field, by position from 0."""

    base: BoundExpression
    index: int
    type: Type


@dataclass(frozen=True, slots=True)
class JsonOf:
    """JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY; options as parsed."""

    name: str
    arguments: tuple[BoundExpression, ...]
    options: tuple[tuple[str, str], ...]
    defaults: tuple[tuple[str, BoundExpression], ...]
    passing: tuple[tuple[str, BoundExpression], ...]
    type: Type


@dataclass(frozen=True, slots=True)
class SortKey:
    key: BoundExpression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate over a group. `count(*)` has no arguments."""

    name: str
    arguments: tuple[BoundExpression, ...]
    type: Type
    distinct: bool = False
    order_by: tuple[SortKey, ...] = ()
    filter: BoundExpression | None = None


@dataclass(frozen=True, slots=True)
class FrameOf:
    """kinds as in `nodes.FrameBound`; values are bound, None where the kind has none."""

    unit: str
    start: str
    start_value: BoundExpression | None
    end: str
    end_value: BoundExpression | None


@dataclass(frozen=True, slots=True)
class WindowCall:
    """A window function or an aggregate over a window, the named windows already merged in.

    `sort_by` is an aggregate's own ORDER BY, inside its brackets.
    """

    name: str
    arguments: tuple[BoundExpression, ...]
    type: Type
    partition_by: tuple[BoundExpression, ...]
    order_by: tuple[SortKey, ...]
    frame: FrameOf | None
    ignore_nulls: bool = False
    distinct: bool = False
    sort_by: tuple[SortKey, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupKey:
    """The value of the select's `group_keys[index]` for the group."""

    index: int
    type: Type


@dataclass(frozen=True, slots=True)
class Grouping:
    """GROUPING(…): the keys' indexes, the first the highest bit."""

    indexes: tuple[int, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Exists:
    query: BoundQuery
    type: Type


@dataclass(frozen=True, slots=True)
class ScalarQuery:
    """At most one row, else SUBQUERY_MULTIPLE_ROWS; the query gives one column (several columns are
    packed into a row)."""

    query: BoundQuery
    type: Type


@dataclass(frozen=True, slots=True)
class InQuery:
    """value IN (query); value's type is the query's single column's. A row value meets a query of
    as many columns as it has fields."""

    value: BoundExpression
    query: BoundQuery
    type: Type


@dataclass(frozen=True, slots=True)
class Quantified:
    """`value operator ANY|ALL (query)`."""

    operator: str
    quantifier: str
    value: BoundExpression
    query: BoundQuery
    type: Type


# ---------------------------------------------------------------- relations


class BoundRelation(Protocol):
    """Any bound relation; `columns` are what it offers, in order."""

    @property
    def columns(self) -> tuple[Column, ...]: ...


@dataclass(frozen=True, slots=True)
class Scan:
    """A read of a table: `columns[i]` is the table's `handle.columns[i]` (hidden ones too).

    `id` is unique in the statement; the engine gives each scan a DuckDB relation by it.
    `version` is (`timestamp`|`version`, expression) of FOR … AS OF.
    """

    id: int
    handle: TableHandle
    columns: tuple[Column, ...]
    version: tuple[str, BoundExpression] | None = None


@dataclass(frozen=True, slots=True)
class ValuesOf:
    """Rows of expressions, each as wide as `columns`."""

    rows: tuple[tuple[BoundExpression, ...], ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """A subquery in FROM, or a view; `columns[i]` stands for the query's i-th output. Lateral ones
    may use columns of what stands left of them."""

    query: BoundQuery
    columns: tuple[Column, ...]
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class CommonTable:
    """A use of the WITH query of that id; `columns[i]` stands for its i-th output."""

    id: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class UnnestOf:
    """UNNEST. Items may use columns of what stands left of it.

    `columns`: of each item in turn an array's element (or a row element's fields), a map's key and
    value; last the ordinal when `ordinality`.
    """

    items: tuple[BoundExpression, ...]
    ordinality: bool
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class SequenceOf:
    """TABLE(sequence(start, stop, step))."""

    arguments: tuple[BoundExpression, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class SampleOf:
    relation: BoundRelation
    method: str
    percentage: BoundExpression
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class JoinOf:
    """USING and NATURAL are already an ON condition; their merged columns are COALESCE in the
    select."""

    kind: str
    left: BoundRelation
    right: BoundRelation
    condition: BoundExpression | None
    columns: tuple[Column, ...]


# ---------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True)
class Output:
    """One column that a query gives: its expression (in a select) and its identity outside."""

    value: BoundExpression
    column: Column


@dataclass(frozen=True, slots=True)
class BoundSelect:
    """`grouping_sets` are indexes into `group_keys`; None when there is no aggregation at all.

    A global aggregation has no keys and `((),)`. After aggregation, outputs, having and order keys
    hold only GroupKey, Grouping, Aggregate and what is built of them, outer queries' columns, and
    subqueries. A subquery in them refers to this select's grouped columns by plain `Reference`
    (always a group key that is itself a `Reference`), never by GroupKey.
    """

    outputs: tuple[Output, ...]
    distinct: bool
    relation: BoundRelation | None
    where: BoundExpression | None
    group_keys: tuple[BoundExpression, ...]
    grouping_sets: tuple[tuple[int, ...], ...] | None
    having: BoundExpression | None


@dataclass(frozen=True, slots=True)
class BoundValues:
    rows: tuple[tuple[BoundExpression, ...], ...]


@dataclass(frozen=True, slots=True)
class BoundTable:
    """TABLE name, as a body."""

    relation: BoundRelation


@dataclass(frozen=True, slots=True)
class BoundSetOperation:
    """Both sides give the same types, coercions already inside them."""

    kind: str
    distinct: bool
    left: BoundQuery
    right: BoundQuery


@dataclass(frozen=True, slots=True)
class BoundCommonTable:
    """A WITH query. A recursive one refers to its own id."""

    id: int
    name: str
    query: BoundQuery
    recursive: bool


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """`columns` are the outputs.

    Order keys use output columns (`Reference` to one of `columns`). Over a select without DISTINCT
    they also use columns of its relation, or after aggregation GroupKey, Grouping and Aggregate;
    they may hold window calls. A select's outputs and its query's columns are the same objects.
    """

    body: BoundSelect | BoundValues | BoundTable | BoundSetOperation | BoundQuery
    columns: tuple[Column, ...]
    with_: tuple[BoundCommonTable, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    offset: int | None = None
    limit: int | None = None
    with_ties: bool = False


# ---------------------------------------------------------------- statements that write


@dataclass(frozen=True, slots=True)
class BoundInsert:
    """`query` gives exactly the table's visible columns, in its order and of its types."""

    table: TableHandle
    query: BoundQuery


@dataclass(frozen=True, slots=True)
class BoundCreateTableAs:
    """`properties` are the values of WITH, evaluated (str, int, bool, list of str)."""

    query: BoundQuery
    names: tuple[str, ...]
    properties: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class BoundDelete:
    scan: Scan
    where: BoundExpression | None


@dataclass(frozen=True, slots=True)
class BoundUpdate:
    """Assignments by index into `scan.columns`, values already of the column's type."""

    scan: Scan
    assignments: tuple[tuple[int, BoundExpression], ...]
    where: BoundExpression | None


@dataclass(frozen=True, slots=True)
class BoundMergeClause:
    """For insert, one value for each visible column, in the table's order."""

    kind: str
    matched: bool
    condition: BoundExpression | None
    assignments: tuple[tuple[int, BoundExpression], ...]
    values: tuple[BoundExpression, ...]


@dataclass(frozen=True, slots=True)
class BoundMerge:
    scan: Scan
    source: BoundRelation
    on: BoundExpression
    clauses: tuple[BoundMergeClause, ...]


BoundStatement = (
    BoundQuery | BoundInsert | BoundCreateTableAs | BoundDelete | BoundUpdate | BoundMerge
)


def visible(columns: Sequence[TableColumn]) -> tuple[TableColumn, ...]:
    """The columns that `*` gives."""
    return tuple(column for column in columns if not column.hidden)
