"""INSERT, DELETE, UPDATE and MERGE as changes of files, from plain DuckDB SELECTs.

This layer knows no Trino trees: `dml` writes the SELECTs. Row changes are merge-on-read: position
delete files and new data files in one snapshot. A data file that loses all rows so stays, as in
Trino, until OPTIMIZE; only a DELETE that partition values alone decide drops files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from pyiceberg.manifest import DataFile

from local_athena.engine.iceberg.columns import quote_text
from local_athena.engine.iceberg.commit import Change, commit_change
from local_athena.engine.iceberg.deletes import write_position_deletes
from local_athena.engine.iceberg.domains import Restrictions
from local_athena.engine.iceberg.planning import PlannedFile, plan_files
from local_athena.engine.iceberg.scan import read_files
from local_athena.engine.iceberg.table import IcebergTable
from local_athena.engine.iceberg.write import Cursor, Target, write_rows
from local_athena.sql.errors import SqlError

DELETE, UPDATE, INSERT, UNCHANGED = 0, 1, 2, -1
"""Values of the column `op` of a SELECT of changes."""
_names = count(1)


@dataclass(frozen=True, slots=True)
class Written:
    """What a statement did: rows counted, and new data files."""

    row_count: int
    files: Sequence[DataFile] = field(default_factory=tuple)


def target_of(table: IcebergTable) -> Target:
    """Where new files of the table go: its current schema and spec."""
    return Target(table.lake, table.metadata, table.metadata.schema(), table.metadata.spec())


def insert_rows(table: IcebergTable, cursor: Cursor, select: str) -> Written:
    """Append the rows of a SELECT of c0, c1, … (all columns in order); no rows, no snapshot."""
    files = write_rows(target_of(table), cursor, select)
    if files:
        commit_change(table, Change("append", added=files))
    return Written(sum(file.record_count for file in files), files)


def delete_all(table: IcebergTable, cursor: Cursor, files: Sequence[PlannedFile]) -> int:
    """Drop whole data files; returns how many live rows they had."""
    if not files:
        return 0
    removed = sum(live_counts(table, cursor, files))
    commit_change(table, Change("rows", removed=[f.entry for f in files]))
    return removed


def live_counts(table: IcebergTable, cursor: Cursor, files: Sequence[PlannedFile]) -> list[int]:
    """Rows of each file that are not deleted by position."""
    deletes = {d.file_path: d for planned in files for d in planned.position_deletes}
    gone: dict[str, int] = {}
    if deletes:
        source = read_files([str(table.lake.local(delete)) for delete in deletes.values()])
        paths = ", ".join(f"({quote_text(planned.file.file_path)})" for planned in files)
        gone = dict(
            cursor.rows(
                f"SELECT file_path, count(DISTINCT pos) FROM {source} d "
                f"SEMI JOIN (VALUES {paths}) m(path) ON d.file_path = m.path GROUP BY file_path"
            )
        )
    return [planned.file.record_count - gone.get(planned.file.file_path, 0) for planned in files]


def change_rows(
    table: IcebergTable,
    cursor: Cursor,
    select: str,
    files: Sequence[PlannedFile],
    restrictions: Restrictions,
    *,
    check_matches: bool = False,
) -> Written:
    """Apply a SELECT of changes: op, n (index into `files`), p (position), c0, c1, ….

    A DELETE row has n and p; an INSERT row has columns; an UPDATE row has both. An UNCHANGED row,
    with n and p, was met by no clause of a MERGE. With `check_matches` a row of the table may be
    changed once only, and left unchanged once only.

    Raises:
        SqlError: MERGE_TARGET_ROW_MULTIPLE_MATCHES.
        QueryFailed: ICEBERG_COMMIT_ERROR.
    """
    staged = f"iceberg_changes_{next(_names)}"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {staged} AS {select}")
    try:
        return _apply(table, cursor, staged, files, restrictions, check_matches)
    finally:
        cursor.execute(f"DROP TABLE IF EXISTS {staged}")


def _apply(
    table: IcebergTable,
    cursor: Cursor,
    staged: str,
    files: Sequence[PlannedFile],
    restrictions: Restrictions,
    check_matches: bool,
) -> Written:
    total, deleted, added = cursor.rows(
        f"SELECT count(*), count(*) FILTER (op <> {INSERT}), count(*) FILTER (op <> {DELETE}) "
        f"FROM {staged} WHERE op <> {UNCHANGED}"
    )[0]
    if check_matches:
        twice = cursor.rows(
            f"SELECT 1 FROM {staged} WHERE op <> {INSERT} "
            f"GROUP BY n, p, op = {UNCHANGED} HAVING count(*) > 1 LIMIT 1"
        )
        if twice:
            raise SqlError(
                "MERGE_TARGET_ROW_MULTIPLE_MATCHES",
                "One MERGE target table row matched more than one source row",
            )
    if total == 0:
        return Written(0)
    gone = f"SELECT n, p FROM {staged} WHERE op IN ({DELETE}, {UPDATE})"
    new_files: list[DataFile] = []
    if added:
        names = ", ".join(f"c{index}" for index in range(len(table.metadata.schema().fields)))
        new_files = write_rows(
            target_of(table),
            cursor,
            f"SELECT {names} FROM {staged} WHERE op IN ({INSERT}, {UPDATE})",
        )
    deletes = (
        write_position_deletes(target_of(table), cursor, gone, [planned.file for planned in files])
        if deleted
        else []
    )
    touched = frozenset(
        files[number].file.file_path
        for (number,) in (cursor.rows(f"SELECT DISTINCT n FROM ({gone})") if deleted else ())
    )
    change = Change(
        "rows",  # of an empty table too: the statement decided by there being none
        added=[*new_files, *deletes],
        restrictions=restrictions,
        touched=touched,
    )
    commit_change(table, change)
    return Written(total, new_files)


def all_files(table: IcebergTable) -> list[PlannedFile]:
    """Every data file of the snapshot with its deletes."""
    return plan_files(table, {})
