"""DDL over the catalog: databases, tables, partitions and views."""

from local_athena.engine.ddl.alter import alter_table
from local_athena.engine.ddl.databases import create_database, drop_database
from local_athena.engine.ddl.repair import repair_table
from local_athena.engine.ddl.tables import create_table, drop_table
from local_athena.engine.ddl.views import create_view, drop_view

__all__ = [
    "alter_table",
    "create_database",
    "create_table",
    "create_view",
    "drop_database",
    "drop_table",
    "drop_view",
    "repair_table",
]
