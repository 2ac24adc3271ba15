"""INSERT, DELETE, UPDATE and MERGE from bound trees.

Each becomes one query over the target with row identity, written by the rewrite like any other;
`rows` applies its answer. `Read` gives the DuckDB SQL (columns c0, c1, …) of a bound query with its
scans planned.
"""

from collections.abc import Callable, Sequence

from pyiceberg.transforms import IdentityTransform

from local_athena.engine.answer import WriteAnswer
from local_athena.engine.iceberg.planning import PlannedFile
from local_athena.engine.iceberg.rows import (
    DELETE,
    INSERT,
    UNCHANGED,
    UPDATE,
    Written,
    all_files,
    change_rows,
    delete_all,
    insert_rows,
)
from local_athena.engine.iceberg.sources import RowSource, new_column, over_files, with_identity
from local_athena.engine.iceberg.table import IcebergTable, source_of
from local_athena.engine.iceberg.write import Cursor
from local_athena.sql import types
from local_athena.sql.bound import (
    BoundDelete,
    BoundExpression,
    BoundInsert,
    BoundMerge,
    BoundMergeClause,
    BoundQuery,
    BoundRelation,
    BoundSelect,
    BoundUpdate,
    Case,
    Constant,
    IsNull,
    JoinOf,
    Logical,
    Not,
    Output,
    Reference,
    Scan,
    TableHandle,
    visible,
)
from local_athena.sql.walk import queries_in, walk

Read = Callable[[BoundQuery], str]
_KINDS = {"delete": DELETE, "update": UPDATE, "insert": INSERT}


def insert(cursor: Cursor, read: Read, statement: BoundInsert) -> WriteAnswer:
    """Append the query's rows."""
    return _answer(insert_rows(source_of(statement.table), cursor, read(statement.query)))


def delete(cursor: Cursor, read: Read, statement: BoundDelete) -> WriteAnswer:
    """Remove rows: whole files by metadata where the predicate is on partitions alone."""
    table = source_of(statement.scan.handle)
    files = files_matching(cursor, read, statement.scan, statement.where)
    if files is not None:
        return WriteAnswer(delete_all(table, cursor, files))
    scan, source, number, position = with_identity(statement.scan)
    query = _select(scan, statement.where, (Reference(number), Reference(position)))
    text = f"SELECT {DELETE} AS op, c0 AS n, c1 AS p FROM ({read(query)})"
    return _answer(_change(source, cursor, text))


def update(cursor: Cursor, read: Read, statement: BoundUpdate) -> WriteAnswer:
    """Replace rows: their places deleted, their new values added."""
    scan, source, number, position = with_identity(statement.scan)
    assigned = dict(statement.assignments)
    values = tuple(
        assigned.get(index) or Reference(statement.scan.columns[index])
        for index in _visible(statement.scan.handle)
    )
    query = _select(scan, statement.where, (Reference(number), Reference(position), *values))
    shown = ", ".join(f"c{index + 2} AS c{index}" for index in range(len(values)))
    text = f"SELECT {UPDATE} AS op, c0 AS n, c1 AS p, {shown} FROM ({read(query)})"
    return _answer(_change(source, cursor, text))


def merge(cursor: Cursor, read: Read, statement: BoundMerge) -> WriteAnswer:
    """Source rows left-joined to the target; the first clause that fits a pair acts on it."""
    scan, source, number, position = with_identity(statement.scan)
    join = JoinOf(
        "left",
        statement.source,
        scan,
        statement.on,
        (*statement.source.columns, *scan.columns),
    )
    absent = IsNull(Reference(position), types.BOOLEAN)
    conditions = [_condition(clause, absent) for clause in statement.clauses]
    op = Case(
        None,
        tuple(
            (condition, Constant(_KINDS[clause.kind], types.INTEGER))
            for condition, clause in zip(conditions, statement.clauses, strict=True)
        ),
        Constant(UNCHANGED, types.INTEGER),
        types.INTEGER,
    )
    values = tuple(
        _merged(statement, conditions, place, index)
        for place, index in enumerate(_visible(statement.scan.handle))
    )
    query = _select(join, None, (op, Reference(number), Reference(position), *values))
    shown = ", ".join(f"c{index + 3} AS c{index}" for index in range(len(values)))
    text = f"SELECT c0 AS op, c1 AS n, c2 AS p, {shown} FROM ({read(query)}) "
    text += f"WHERE c0 <> {UNCHANGED} OR c1 IS NOT NULL"
    return _answer(_change(source, cursor, text, check_matches=True))


def _condition(clause: BoundMergeClause, absent: IsNull) -> BoundExpression:
    matched: BoundExpression = Not(absent, types.BOOLEAN) if clause.matched else absent
    if clause.condition is None:
        return matched
    return Logical("and", (matched, clause.condition), types.BOOLEAN)


def _merged(
    statement: BoundMerge, conditions: Sequence[BoundExpression], place: int, index: int
) -> BoundExpression:
    """The new value of the table's column `index`, the `place`-th visible one."""
    column = statement.scan.columns[index]
    whens: list[tuple[BoundExpression, BoundExpression]] = []
    for condition, clause in zip(conditions, statement.clauses, strict=True):
        value: BoundExpression = Constant(None, column.type)
        if clause.kind == "insert":
            value = clause.values[place]
        elif clause.kind == "update":
            value = dict(clause.assignments).get(index) or Reference(column)
        whens.append((condition, value))
    return Case(None, tuple(whens), Constant(None, column.type), column.type)


def _change(
    source: RowSource, cursor: Cursor, text: str, *, check_matches: bool = False
) -> Written:
    return change_rows(
        source.table,
        cursor,
        text,
        source.plan.files if source.plan is not None else (),
        source.restrictions,
        check_matches=check_matches,
    )


def files_matching(
    cursor: Cursor, read: Read, scan: Scan, where: BoundExpression | None
) -> list[PlannedFile] | None:
    """The data files all of whose rows match; None when partition values alone cannot tell."""
    table = source_of(scan.handle)
    files = all_files(table)
    if where is None or not files:
        return files
    if any(True for _ in queries_in(where)):
        return None
    by_id = {
        column.id: declared.name
        for column, declared in zip(scan.columns, scan.handle.columns, strict=True)
    }
    used = {by_id.get(node.column.id) for node in walk(where) if isinstance(node, Reference)}
    if not used <= _partition_columns(table, files):
        return None
    over, number = over_files(scan, files)
    query = _select(over, where, (Reference(number),))
    return [files[row[0]] for row in cursor.rows(read(query))]


def _partition_columns(table: IcebergTable, files: Sequence[PlannedFile]) -> set[str | None]:
    """Columns whose value every file's partition says."""
    specs = table.metadata.specs()
    found: set[str | None] | None = None
    for spec_id in {planned.file.spec_id for planned in files}:
        identities = {
            part.source_id
            for part in specs[spec_id].fields
            if isinstance(part.transform, IdentityTransform)
        }
        names: set[str | None] = {
            f.name.lower() for f in table.schema.fields if f.field_id in identities
        }
        found = names if found is None else found & names
    return found or set()


def _select(
    relation: BoundRelation, where: BoundExpression | None, values: Sequence[BoundExpression]
) -> BoundQuery:
    columns = tuple(new_column(f"c{index}", value.type) for index, value in enumerate(values))
    outputs = tuple(Output(value, column) for value, column in zip(values, columns, strict=True))
    return BoundQuery(BoundSelect(outputs, False, relation, where, (), None, None), columns)


def _visible(handle: TableHandle) -> list[int]:
    wanted = visible(handle.columns)
    return [index for index, column in enumerate(handle.columns) if column in wanted]


def _answer(written: Written) -> WriteAnswer:
    size = sum(file.file_size_in_bytes for file in written.files)
    return WriteAnswer(written.row_count, output_bytes=size)
