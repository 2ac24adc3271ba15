"""Writing Hive tables: CREATE TABLE AS, INSERT and UNLOAD."""

from local_athena.engine.writes.create_as import create_table_as
from local_athena.engine.writes.insert import insert
from local_athena.engine.writes.unload import unload

__all__ = ["create_table_as", "insert", "unload"]
