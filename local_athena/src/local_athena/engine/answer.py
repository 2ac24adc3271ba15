"""What a step of the engine gives back, and which kind of statement it was.

Statement and substatement types are those that Athena's GetQueryExecution shows (API reference,
QueryExecution; SubstatementType is not listed there: names as clients recorded them).
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
    """What a writing statement did. `files` are the uris of data files it published.

    `update_count` counts rows inserted, deleted, updated or merged. `output_bytes` counts the
    published files' bytes.
    """

    update_count: int
    files: Sequence[str] = ()
    output_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A statement's types; `manifest` when Athena lists the files it wrote."""

    statement: StatementType
    substatement: str
    manifest: bool = False


SELECT = Kind("DML", "SELECT")

_KINDS: dict[type[nodes.Statement], Kind] = {
    nodes.QueryStatement: SELECT,
    nodes.Insert: Kind("DML", "INSERT", manifest=True),
    nodes.Delete: Kind("DML", "DELETE"),
    nodes.Update: Kind("DML", "UPDATE"),
    nodes.Merge: Kind("DML", "MERGE"),
    nodes.CreateTableAs: Kind("DDL", "CREATE_TABLE_AS_SELECT", manifest=True),
    nodes.Unload: Kind("DML", "UNLOAD", manifest=True),
    nodes.CreateView: Kind("DDL", "CREATE_VIEW"),
    nodes.DropView: Kind("DDL", "DROP_VIEW"),
    nodes.CreateTable: Kind("DDL", "CREATE_TABLE"),
    nodes.DropTable: Kind("DDL", "DROP_TABLE"),
    nodes.CreateDatabase: Kind("DDL", "CREATE_DATABASE"),
    nodes.DropDatabase: Kind("DDL", "DROP_DATABASE"),
    nodes.RepairTable: Kind("DDL", "MSCK_REPAIR_TABLE"),
    nodes.Optimize: Kind("DML", "OPTIMIZE"),
    nodes.Vacuum: Kind("DDL", "VACUUM"),
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
    "set properties": "ALTER_TABLE_SET_TBLPROPERTIES",
    "unset properties": "ALTER_TABLE_UNSET_TBLPROPERTIES",
    "add columns": "ALTER_TABLE_ADD_COLUMNS",
    "replace columns": "ALTER_TABLE_REPLACE_COLUMNS",
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
        if statement.what == "functions":
            return Kind("DML", "SHOW_FUNCTIONS")
        return Kind("UTILITY", "SHOW_" + statement.what.upper().replace(" ", "_"))
    return _KINDS.get(type(statement), SELECT)


def text_column(name: str) -> ColumnInfo:
    """A column of a SHOW or DESCRIBE answer: Athena calls its type `string`."""
    return ColumnInfo(name=name, type="string", case_sensitive=False)
