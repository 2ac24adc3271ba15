"""What the parser makes of a statement: plain trees, nothing resolved yet.

Names and clauses stand as they were written; every node knows where (`at`: line and column, both
from 1), since Athena's messages say so. One statement is one `Statement`; a query is `Query`,
whatever its body. The grammar is Trino's for queries and DML, and Hive's for the DDL that Athena
takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class At:
    """A place in the statement's text, line and column from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """The base of all nodes. `at` never takes part in comparison: it says where, not what."""

    at: At = field(compare=False, hash=False, repr=False)


# ---------------------------------------------------------------- names and types


@dataclass(frozen=True, slots=True)
class Identifier(Node):
    """One name. `value` keeps its letters; names match without regard to case, quoted or not."""

    value: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A dotted name of a table, view, schema or function, outermost part first."""

    parts: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written: `decimal(10, 2)`, `array(row(a integer))`, `timestamp(3) with time zone`.

    `name` is lower case ("timestamp with time zone" in full, "double" for double precision,
    "interval day to second"). `arguments` are numbers and types; a row's fields are `RowField`.
    """

    name: str
    arguments: tuple[int | TypeName | RowField, ...] = ()


@dataclass(frozen=True, slots=True)
class RowField(Node):
    """A field of a row or struct type; `name` is None when it has none."""

    name: Identifier | None
    type: TypeName


# ---------------------------------------------------------------- expressions


class Expression(Node):
    """Any expression."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class NullLiteral(Expression):
    pass


@dataclass(frozen=True, slots=True)
class BooleanLiteral(Expression):
    value: bool


@dataclass(frozen=True, slots=True)
class StringLiteral(Expression):
    """`'…'` and `U&'…'`, unescaped."""

    value: str


@dataclass(frozen=True, slots=True)
class BinaryLiteral(Expression):
    """`X'…'`."""

    value: bytes


@dataclass(frozen=True, slots=True)
class IntegerLiteral(Expression):
    """Digits without point or exponent, with the minus sign that stood before them.

    Hexadecimal, octal and binary forms are already read. It fits a bigint.
    """

    value: int


@dataclass(frozen=True, slots=True)
class DecimalLiteral(Expression):
    """Digits with a point and no exponent, as written with their minus sign, underscores left out.

    Its digits make precision and scale.
    """

    text: str


@dataclass(frozen=True, slots=True)
class DoubleLiteral(Expression):
    """Digits with an exponent, as written with their minus sign."""

    text: str


@dataclass(frozen=True, slots=True)
class TypedLiteral(Expression):
    """`DATE '…'`, `TIMESTAMP '…'`, `DECIMAL '…'`, `JSON '…'`, `BIGINT '…'` and so on."""

    type: TypeName
    value: str


@dataclass(frozen=True, slots=True)
class IntervalLiteral(Expression):
    """`INTERVAL [sign] '…' UNIT [TO UNIT]`, units in lower case."""

    sign: int
    value: str
    unit: str
    to_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter(Expression):
    """`?`, numbered from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class ColumnName(Expression):
    """A bare identifier: a column, a lambda's variable."""

    name: Identifier


@dataclass(frozen=True, slots=True)
class Dereference(Expression):
    """`base.field`: a qualified column or a row's field, which only binding can tell."""

    base: Expression
    field: Identifier


@dataclass(frozen=True, slots=True)
class Subscript(Expression):
    base: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    """`+x`, `-x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """`+ - * / % ||`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison(Expression):
    """`= <> < <= > >=` (`!=` is `<>`), `is distinct from`, `is not distinct from`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class QuantifiedComparison(Expression):
    """`x = ANY (subquery)`; quantifier is `all`, `any` (also for SOME)."""

    operator: str
    quantifier: str
    left: Expression
    query: Query


@dataclass(frozen=True, slots=True)
class Logical(Expression):
    """A chain of one operator, `and` or `or`, flat: two operands or more."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not(Expression):
    operand: Expression


@dataclass(frozen=True, slots=True)
class Between(Expression):
    value: Expression
    low: Expression
    high: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InList(Expression):
    value: Expression
    items: tuple[Expression, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InQuery(Expression):
    value: Expression
    query: Query
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like(Expression):
    value: Expression
    pattern: Expression
    escape: Expression | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsNull(Expression):
    operand: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Exists(Expression):
    query: Query


@dataclass(frozen=True, slots=True)
class ScalarQuery(Expression):
    query: Query


@dataclass(frozen=True, slots=True)
class When(Node):
    condition: Expression
    result: Expression


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """`operand` is None for the searched form."""

    operand: Expression | None
    whens: tuple[When, ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    """CAST, or TRY_CAST when `safe`."""

    operand: Expression
    type: TypeName
    safe: bool = False


@dataclass(frozen=True, slots=True)
class AtTimeZone(Expression):
    operand: Expression
    zone: Expression


@dataclass(frozen=True, slots=True)
class ArrayConstructor(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class RowConstructor(Expression):
    """`ROW(a, b)` and `(a, b)`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Lambda(Expression):
    parameters: tuple[Identifier, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class SortItem(Node):
    """`nulls_first` is None where it was not said (Trino: nulls last, ascending or descending)."""

    key: Expression
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class FrameBound(Node):
    """kind: `unbounded preceding|preceding|current row|following|unbounded following`."""

    kind: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Frame(Node):
    """unit: `rows|range|groups`; `end` None means current row."""

    unit: str
    start: FrameBound
    end: FrameBound | None = None


@dataclass(frozen=True, slots=True)
class Window(Node):
    """`OVER (…)`; `base` names a window of the WINDOW clause. `OVER w`, which is `bare`, is that
    window; `OVER (w)` is a new one made of it."""

    base: Identifier | None = None
    partition_by: tuple[Expression, ...] = ()
    order_by: tuple[SortItem, ...] = ()
    frame: Frame | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class FunctionCall(Expression):
    """Any call by name, special forms of their own syntax aside.

    Forms with words of their own become calls too, a field or mode being a StringLiteral in lower
    case that comes first: EXTRACT(year FROM x) is `extract('year', x)`; TRIM(LEADING c FROM x) is
    `trim('leading', x[, c])`, plain TRIM(x) has mode 'both'; POSITION(a IN b) is `strpos(b, a)`;
    SUBSTRING(x FROM a FOR b) is `substring(x, a, b)`; NORMALIZE(x, NFD) is `normalize(x, 'NFD')`,
    NFC where none is said; CURRENT_TIMESTAMP(3) is `current_timestamp(3)`; GROUPING(a, t.b) is
    `grouping(a, t.b)`. LISTAGG's arguments are value, separator, whether overflow is an error,
    filler, and whether what is left out is counted; its WITHIN GROUP is `order_by`. COALESCE,
    NULLIF, IF, TRY, FORMAT are ordinary calls. `star` marks `count(*)`.
    """

    name: Name
    arguments: tuple[Expression, ...] = ()
    star: bool = False
    distinct: bool = False
    order_by: tuple[SortItem, ...] = ()
    filter: Expression | None = None
    null_treatment: str | None = None  # `ignore` or `respect`
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class JsonFormat(Expression):
    """`x FORMAT JSON [ENCODING utf8|utf16|utf32]`, an argument of a JSON function."""

    operand: Expression
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class JsonCall(Expression):
    """JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY with their clauses.

    `arguments` holds input and path (exists, value, query; the path is a StringLiteral), values
    (array), or keys and values in turn (object); what has FORMAT JSON is a JsonFormat. `options`
    are the clauses that were written: `wrapper` (without|conditional|unconditional), `quotes`
    (keep|omit), `on_empty` and `on_error` (null|error|default|empty array|empty object|true|false|
    unknown), `nulls` (null|absent), `keys` (with unique|without unique), `format` (of RETURNING:
    `json`, `json utf8`…). `defaults` maps `on_empty` and `on_error` to a DEFAULT's expression;
    `passing` are PASSING arguments.
    """

    name: str
    arguments: tuple[Expression, ...]
    returning: TypeName | None = None
    options: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, Expression], ...] = ()
    passing: tuple[tuple[Identifier, Expression], ...] = ()


# ---------------------------------------------------------------- queries


class Relation(Node):
    """What may stand in FROM."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TableName(Relation):
    """A table, view or CTE; `version` is `FOR TIMESTAMP|VERSION AS OF` its kind and value."""

    name: Name
    version: tuple[str, Expression] | None = None


@dataclass(frozen=True, slots=True)
class SubqueryRelation(Relation):
    query: Query


@dataclass(frozen=True, slots=True)
class LateralRelation(Relation):
    query: Query


@dataclass(frozen=True, slots=True)
class Unnest(Relation):
    items: tuple[Expression, ...]
    ordinality: bool = False


@dataclass(frozen=True, slots=True)
class TableFunction(Relation):
    """`TABLE(name(args))`."""

    name: Name
    arguments: tuple[tuple[Identifier | None, Expression], ...]


@dataclass(frozen=True, slots=True)
class Sampled(Relation):
    relation: Relation
    method: str  # `bernoulli` or `system`
    percentage: Expression


@dataclass(frozen=True, slots=True)
class Aliased(Relation):
    relation: Relation
    alias: Identifier
    columns: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Join(Relation):
    """kind: `cross|inner|left|right|full`; the comma is `cross`."""

    kind: str
    left: Relation
    right: Relation
    on: Expression | None = None
    using: tuple[Identifier, ...] = ()
    natural: bool = False


@dataclass(frozen=True, slots=True)
class SelectExpression(Node):
    value: Expression
    alias: Identifier | None = None


@dataclass(frozen=True, slots=True)
class SelectStar(Node):
    """`*`, `t.*`, `expression.*` with column aliases where given."""

    base: Expression | None = None
    aliases: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupingElement(Node):
    """kind: `simple` (one set), `rollup`, `cube`, `sets`."""

    kind: str
    sets: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True)
class NamedWindow(Node):
    name: Identifier
    window: Window


@dataclass(frozen=True, slots=True)
class Select(Node):
    """One SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW."""

    items: tuple[SelectExpression | SelectStar, ...]
    distinct: bool = False
    from_: Relation | None = None
    where: Expression | None = None
    group_by: tuple[GroupingElement, ...] = ()
    group_by_distinct: bool = False
    having: Expression | None = None
    windows: tuple[NamedWindow, ...] = ()


@dataclass(frozen=True, slots=True)
class Values(Node):
    """`VALUES a, (b, c)`: each row is an expression."""

    rows: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class TableQuery(Node):
    """`TABLE name`."""

    name: Name


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """kind: `union|intersect|except`; `corresponding` are the names of CORRESPONDING BY, () where
    it names none, None where it is not said."""

    kind: str
    distinct: bool
    left: QueryBody
    right: QueryBody
    corresponding: tuple[Identifier, ...] | None = None


@dataclass(frozen=True, slots=True)
class NamedQuery(Node):
    name: Identifier
    columns: tuple[Identifier, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A body with what surrounds it. A query in brackets inside a set operation is a Query too."""

    body: QueryBody
    with_: tuple[NamedQuery, ...] = ()
    recursive: bool = False
    order_by: tuple[SortItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None  # None: no limit (also LIMIT ALL)
    with_ties: bool = False


QueryBody = Select | Values | TableQuery | SetOperation | Query


# ---------------------------------------------------------------- statements


class Statement(Node):
    """Any statement. `Query` is wrapped in `QueryStatement`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class QueryStatement(Statement):
    query: Query


@dataclass(frozen=True, slots=True)
class Insert(Statement):
    table: Name
    columns: tuple[Identifier, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Delete(Statement):
    table: Name
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    column: Identifier
    value: Expression


@dataclass(frozen=True, slots=True)
class Update(Statement):
    table: Name
    assignments: tuple[Assignment, ...]
    where: Expression | None


@dataclass(frozen=True, slots=True)
class MergeClause(Node):
    """kind: `update|delete|insert`; matched tells which WHEN; `condition` is its AND."""

    kind: str
    matched: bool
    condition: Expression | None
    assignments: tuple[Assignment, ...] = ()
    columns: tuple[Identifier, ...] = ()
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge(Statement):
    table: Name
    alias: Identifier | None
    using: Relation
    on: Expression
    clauses: tuple[MergeClause, ...]


@dataclass(frozen=True, slots=True)
class Property(Node):
    """`name = value` of WITH (…); Hive's string pairs have a StringLiteral value."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class CreateTableAs(Statement):
    table: Name
    if_not_exists: bool
    properties: tuple[Property, ...]
    query: Query
    columns: tuple[Identifier, ...] = ()
    with_data: bool = True


@dataclass(frozen=True, slots=True)
class Unload(Statement):
    query: Query
    location: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class CreateView(Statement):
    view: Name
    or_replace: bool
    query: Query
    query_text: str  # as written, from SELECT or WITH to the end
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class DropView(Statement):
    view: Name
    if_exists: bool


@dataclass(frozen=True, slots=True)
class ColumnDefinition(Node):
    """A column of Hive DDL. `type` as Glue writes it, normalised: `struct<a:int,b:string>`."""

    name: Identifier
    type: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class PartitionTransform(Node):
    """Iceberg: `day(ts)`, `bucket(16, id)`, or a column alone (transform `identity`)."""

    transform: str
    column: Identifier
    argument: int | None = None


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """Hive's CREATE [EXTERNAL] TABLE. Iceberg is `TBLPROPERTIES ('table_type'='ICEBERG')`."""

    table: Name
    external: bool
    if_not_exists: bool
    columns: tuple[ColumnDefinition, ...]
    comment: str | None = None
    partition_columns: tuple[ColumnDefinition, ...] = ()
    partition_transforms: tuple[PartitionTransform, ...] = ()
    clustered_by: tuple[Identifier, ...] = ()
    buckets: int | None = None
    serde: str | None = None
    serde_properties: tuple[tuple[str, str], ...] = ()
    delimited: tuple[tuple[str, str], ...] = ()  # field.delim, escape.delim, line.delim, ...
    stored_as: str | None = None
    input_format: str | None = None
    output_format: str | None = None
    location: str | None = None
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DropTable(Statement):
    table: Name
    if_exists: bool


@dataclass(frozen=True, slots=True)
class CreateDatabase(Statement):
    name: Name
    if_not_exists: bool
    comment: str | None = None
    location: str | None = None
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DropDatabase(Statement):
    name: Name
    if_exists: bool
    cascade: bool


@dataclass(frozen=True, slots=True)
class PartitionSpec(Node):
    """`PARTITION (a = 'x', …)`."""

    values: tuple[tuple[Identifier, Expression], ...]
    location: str | None = None


@dataclass(frozen=True, slots=True)
class AlterTable(Statement):
    """One ALTER TABLE. `action` says which; its parts are in the fields that it needs.

    actions: `add partition`, `drop partition`, `rename partition`, `set partition location`,
    `set location`, `set properties`, `unset properties`, `add columns`, `replace columns`,
    `change column`, `drop column`, `rename to`, `set database properties`, `set database location`
    (of the last two `table` names the database). `rename partition` has the old and the new one in
    `partitions`; `unset properties` has its keys in `properties`, with empty values.
    """

    table: Name
    action: str
    if_exists: bool = False
    if_not_exists: bool = False
    partitions: tuple[PartitionSpec, ...] = ()
    columns: tuple[ColumnDefinition, ...] = ()
    old_name: Identifier | None = None
    position: str | None = None  # `first`, or the column it comes after
    properties: tuple[tuple[str, str], ...] = ()
    location: str | None = None
    new_name: Name | None = None


@dataclass(frozen=True, slots=True)
class RepairTable(Statement):
    """MSCK REPAIR TABLE."""

    table: Name


@dataclass(frozen=True, slots=True)
class Optimize(Statement):
    """OPTIMIZE t REWRITE DATA USING BIN_PACK [WHERE …]."""

    table: Name
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Vacuum(Statement):
    table: Name


@dataclass(frozen=True, slots=True)
class Show(Statement):
    """what: `databases|tables|views|columns|partitions|create table|create view|tblproperties|
    functions`.

    `pattern` is the LIKE or regular expression text; `of` the table or database; `key` the one
    property that SHOW TBLPROPERTIES t ('key') asks for.
    """

    what: str
    of: Name | None = None
    pattern: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Describe(Statement):
    """DESCRIBE [EXTENDED|FORMATTED] t [PARTITION …] [column]."""

    table: Name
    mode: str | None = None
    partition: PartitionSpec | None = None
    column: tuple[Identifier, ...] = ()
    view: bool = False


@dataclass(frozen=True, slots=True)
class Explain(Statement):
    statement: Statement
    options: tuple[tuple[str, str], ...] = ()
    analyze: bool = False


@dataclass(frozen=True, slots=True)
class Prepare(Statement):
    name: Identifier
    statement: Statement
    text: str  # the statement to prepare, as written


@dataclass(frozen=True, slots=True)
class Execute(Statement):
    name: Identifier
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Deallocate(Statement):
    name: Identifier
