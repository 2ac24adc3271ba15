"""What a step of the engine gives back, and which kind of statement it was.

Statement and substatement types are those that Athena's GetQueryExecution shows (API reference,
QueryExecution; SubstatementType is not listed there: names as they were measured on the service,
September 2026, and as clients recorded them).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from local_athena.engine.contract import ColumnInfo, Row, StatementType
from local_athena.sql import nodes


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """The lines of a DDL, SHOW, DESCRIBE or EXPLAIN statement; no rows for most DDL."""

    columns: tuple[ColumnInfo, ...] = ()
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What a writing statement did. `files` are the uris of data files it published, where Athena
    lists them in a manifest: rows that went to a Hive table or an UNLOAD's folder, else None.

    `update_count` counts rows inserted, deleted, updated or merged. `output_bytes` counts the
    published files' bytes.
    """

    update_count: int
    files: Sequence[str] | None = None
    output_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A statement's types."""

    statement: StatementType
    substatement: str


SELECT = Kind("DML", "SELECT")

_KINDS: dict[type[nodes.Statement], Kind] = {
    nodes.QueryStatement: SELECT,
    nodes.Insert: Kind("DML", "INSERT"),
    nodes.Delete: Kind("DML", "DELETE"),
    nodes.Update: Kind("DML", "UPDATE"),
    nodes.Merge: Kind("DML", "MERGE"),
    nodes.CreateTableAs: Kind("DDL", "CREATE_TABLE_AS_SELECT"),
    nodes.Unload: Kind("DML", "UNLOAD"),
    nodes.CreateView: Kind("DDL", "CREATE_VIEW"),
    nodes.DropView: Kind("DDL", "DROP_VIEW"),
    nodes.CreateTable: Kind("DDL", "CREATE_TABLE"),
    nodes.DropTable: Kind("DDL", "DROP_TABLE"),
    nodes.CreateDatabase: Kind("DDL", "CREATE_DATABASE"),
    nodes.DropDatabase: Kind("DDL", "DROP_DATABASE"),
    nodes.RepairTable: Kind("DDL", "MSCK_REPAIR"),
    nodes.Optimize: Kind("DDL", "OPTIMIZE"),
    nodes.Vacuum: Kind("DML", "VACUUM_TABLE"),
    nodes.Describe: Kind("UTILITY", "DESCRIBE_TABLE"),
    nodes.Explain: Kind("DML", "EXPLAIN"),
    nodes.Prepare: Kind("DDL", "PREPARE"),
    nodes.Deallocate: Kind("DDL", "DEALLOCATE_PREPARE"),
}
_ALTER = {
    "add partition": "ALTER_TABLE_ADD_PARTITION",
    "drop partition": "ALTER_TABLE_DROP_PARTITION",
    "rename partition": "ALTER_TABLE_RENAME_PARTITION",
    "set partition location": "ALTER_TABLE_SET_LOCATION",
    "set location": "ALTER_TABLE_SET_LOCATION",
    "set properties": "ALTER_TABLE_PROPERTIES",
    "unset properties": "ALTER_TABLE_UNSET_TBLPROPERTIES",
    "add columns": "ALTER_TABLE_ADD_COLUMN",
    "replace columns": "ALTER_TABLE_REPLACE_COLUMN",
    "change column": "ALTER_TABLE_CHANGE_COLUMN",
    "drop column": "ALTER_TABLE_DROP_COLUMN",
    "rename to": "ALTER_TABLE_RENAME",
    "set database properties": "ALTER_DATABASE_SET_DBPROPERTIES",
}


def classify(statement: nodes.Statement) -> Kind:
    """The types of a statement. EXECUTE has those of what it runs: ask again for that."""
    if isinstance(statement, nodes.AlterTable):
        return Kind("DDL", _ALTER[statement.action])
    if isinstance(statement, nodes.Show):
        what = statement.what.replace("tblproperties", "table properties")
        return Kind("UTILITY", "SHOW_" + what.upper().replace(" ", "_"))
    return _KINDS.get(type(statement), SELECT)


def text_column(name: str, kind: str = "string") -> ColumnInfo:
    """A column of a SHOW or DESCRIBE answer: Athena calls its type `string`, where it speaks of
    views `varchar` (measured in September 2026)."""
    return ColumnInfo(name=name, type=kind, case_sensitive=False)
