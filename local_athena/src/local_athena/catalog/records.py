"""Rows of the catalog: Glue's JSON bodies in SQLite, with versions and optimistic locking.

Every change is one durable transaction. Bodies are Glue's output shapes (`Database`, `Table`,
`Partition`) without the members that the row itself says (names, VersionId). Names come in lower
case. Epochs are seconds with milliseconds, as Glue's JSON has them.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from local_athena.errors import (
    AlreadyExistsError,
    ConcurrentModificationError,
    EntityNotFoundError,
    InvalidInputError,
)
from local_athena.storage.database import Database

Json = dict[str, Any]


class Records:
    """Databases, tables with versions, partitions, column statistics and tags."""

    def __init__(self, state: Database, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock

    def transaction(self) -> AbstractContextManager[None]:
        """Group several changes: all or none."""
        return self._state.transaction()

    def databases(self) -> list[Json]:
        """All databases by name."""
        rows = self._state.rows("SELECT body FROM glue_databases ORDER BY name")
        return [json.loads(body) for (body,) in rows]

    def database(self, name: str) -> Json:
        """One database."""
        row = self._state.row("SELECT body FROM glue_databases WHERE name = ?", (name,))
        if row is None:
            raise EntityNotFoundError(f"Database {name} not found.")
        found: Json = json.loads(row[0])
        return found

    def create_database(self, body: Json) -> Json:
        """Add a database."""
        body = {**body, "CreateTime": self._now()}
        added = self._state.run(
            "INSERT OR IGNORE INTO glue_databases VALUES (?, ?)", (body["Name"], _text(body))
        )
        if not added:
            raise AlreadyExistsError("Database already exists.")
        return body

    def update_database(self, name: str, body: Json) -> None:
        """Replace a database's body; its name stays."""
        with self.transaction():
            old = self.database(name)
            if body["Name"] != name:
                raise InvalidInputError("Database name cannot be changed.")
            body = {**body, "CreateTime": old["CreateTime"]}
            self._state.run(
                "UPDATE glue_databases SET body = ? WHERE name = ?", (_text(body), name)
            )

    def delete_database(self, name: str) -> None:
        """Remove a database with all that is in it."""
        with self.transaction():
            self.database(name)
            self._state.run("DELETE FROM glue_databases WHERE name = ?", (name,))
            for kind in ("tables", "table_versions", "partitions", "statistics"):
                self._state.run(f"DELETE FROM glue_{kind} WHERE database = ?", (name,))

    def tables(self, database: str) -> list[Json]:
        """All tables of a database by name."""
        self.database(database)
        rows = self._state.rows(
            "SELECT name, version, body FROM glue_tables WHERE database = ? ORDER BY name",
            (database,),
        )
        return [_table(database, *row) for row in rows]

    def table(self, database: str, name: str) -> Json:
        """One table."""
        row = self._state.row(
            "SELECT name, version, body FROM glue_tables WHERE database = ? AND name = ?",
            (database, name),
        )
        if row is None:
            self.database(database)
            raise EntityNotFoundError(f"Entity Not Found: table {database}.{name}")
        return _table(database, *row)

    def create_table(self, database: str, name: str, body: Json) -> Json:
        """Add a table at version 0."""
        now = self._now()
        body = {**_bare(body), "CreateTime": now, "UpdateTime": now}
        with self.transaction():
            self.database(database)
            added = self._state.run(
                "INSERT OR IGNORE INTO glue_tables VALUES (?, ?, 0, ?)",
                (database, name, _text(body)),
            )
            if not added:
                raise AlreadyExistsError("Table already exists.")
            self._forget_children(database, name)
        return self.table(database, name)

    def update_table(
        self,
        database: str,
        name: str,
        body: Json,
        *,
        expected_version: str | None = None,
        skip_archive: bool = False,
    ) -> Json:
        """Replace a table's body; the version grows by one, the old one is archived."""
        with self.transaction():
            old = self.table(database, name)
            version = int(old["VersionId"])
            if expected_version is not None and expected_version != str(version):
                raise ConcurrentModificationError(
                    f"Update table failed due to concurrent modifications: table "
                    f"{database}.{name} is at version {version}, not {expected_version}."
                )
            if not skip_archive:
                self._state.run(
                    "INSERT OR REPLACE INTO glue_table_versions VALUES (?, ?, ?, ?)",
                    (database, name, version, _text(_bare(old))),
                )
            new = {**_bare(body), "CreateTime": old["CreateTime"], "UpdateTime": self._now()}
            self._state.run(
                "UPDATE glue_tables SET version = ?, body = ? WHERE database = ? AND name = ?",
                (version + 1, _text(new), database, name),
            )
        return _table(database, name, version + 1, _text(new))

    def rename_table(self, database: str, name: str, to_database: str, to_name: str) -> Json:
        """Move a table with versions, partitions and statistics to another name."""
        with self.transaction():
            self.table(database, name)
            self.database(to_database)
            taken = self._state.row(
                "SELECT 1 FROM glue_tables WHERE database = ? AND name = ?", (to_database, to_name)
            )
            if taken:
                raise AlreadyExistsError("Table already exists.")
            for kind in ("tables", "table_versions", "partitions", "statistics"):
                self._state.run(
                    f"UPDATE glue_{kind} SET database = ?, name = ? "
                    "WHERE database = ? AND name = ?",
                    (to_database, to_name, database, name),
                )
        return self.table(to_database, to_name)

    def delete_table(self, database: str, name: str, expected_version: str | None = None) -> None:
        """Remove a table with versions, partitions and statistics."""
        with self.transaction():
            version = self.table(database, name)["VersionId"]
            if expected_version is not None and expected_version != version:
                raise ConcurrentModificationError(
                    f"Table {database}.{name} is at version {version}, not {expected_version}."
                )
            self._state.run(
                "DELETE FROM glue_tables WHERE database = ? AND name = ?", (database, name)
            )
            self._forget_children(database, name)

    def table_versions(self, database: str, name: str) -> list[Json]:
        """All versions, the current one first."""
        current = self.table(database, name)
        rows = self._state.rows(
            "SELECT name, version, body FROM glue_table_versions "
            "WHERE database = ? AND name = ? ORDER BY version DESC",
            (database, name),
        )
        return [current, *(_table(database, *row) for row in rows)]

    def delete_table_version(self, database: str, name: str, version: str) -> None:
        """Remove an archived version; the current one cannot go."""
        if self.table(database, name)["VersionId"] == version:
            raise InvalidInputError(f"Cannot delete the current version {version} of {name}.")
        gone = version.isdigit() and self._state.run(
            "DELETE FROM glue_table_versions WHERE database = ? AND name = ? AND version = ?",
            (database, name, int(version)),
        )
        if not gone:
            raise EntityNotFoundError(f"Version {version} not found.")

    def partitions(self, database: str, name: str) -> list[Json]:
        """All partitions of a table by values."""
        rows = self._state.rows(
            "SELECT body FROM glue_partitions WHERE database = ? AND name = ? ORDER BY partition",
            (database, name),
        )
        return [json.loads(body) for (body,) in rows]

    def partition(self, database: str, name: str, values: Sequence[str]) -> Json:
        """One partition."""
        row = self._state.row(
            "SELECT body FROM glue_partitions WHERE database = ? AND name = ? AND partition = ?",
            (database, name, partition_id(values)),
        )
        if row is None:
            self.table(database, name)
            raise EntityNotFoundError("Cannot find partition.")
        found: Json = json.loads(row[0])
        return found

    def create_partition(self, database: str, name: str, body: Json) -> None:
        """Add a partition; the caller checked the table and the number of values."""
        body = {**body, "CreationTime": self._now()}
        added = self._state.run(
            "INSERT OR IGNORE INTO glue_partitions VALUES (?, ?, ?, ?)",
            (database, name, partition_id(body["Values"]), _text(body)),
        )
        if not added:
            raise AlreadyExistsError("Partition already exists.")

    def update_partition(self, database: str, name: str, values: Sequence[str], body: Json) -> None:
        """Replace a partition; its values may change to free ones."""
        with self.transaction():
            old = self.partition(database, name, values)
            self.delete_partition(database, name, values)
            body = {**body, "CreationTime": old["CreationTime"]}
            added = self._state.run(
                "INSERT OR IGNORE INTO glue_partitions VALUES (?, ?, ?, ?)",
                (database, name, partition_id(body["Values"]), _text(body)),
            )
            if not added:
                raise AlreadyExistsError("Partition already exists.")

    def delete_partition(self, database: str, name: str, values: Sequence[str]) -> None:
        """Remove a partition and its statistics."""
        key = (database, name, partition_id(values))
        where = "WHERE database = ? AND name = ? AND partition = ?"
        with self.transaction():
            if not self._state.run(f"DELETE FROM glue_partitions {where}", key):
                self.table(database, name)
                raise EntityNotFoundError("Cannot find partition.")
            self._state.run(f"DELETE FROM glue_statistics {where}", key)

    def statistics(
        self, database: str, name: str, values: Sequence[str] | None, columns: Iterable[str]
    ) -> list[Json]:
        """Column statistics of a table (`values` None) or partition, of those columns."""
        found = []
        for column in columns:
            row = self._state.row(
                "SELECT body FROM glue_statistics "
                "WHERE database = ? AND name = ? AND partition = ? AND column = ?",
                (database, name, partition_id(values), column),
            )
            if row is not None:
                found.append(json.loads(row[0]))
        return found

    def put_statistics(
        self, database: str, name: str, values: Sequence[str] | None, statistics: Iterable[Json]
    ) -> None:
        """Set column statistics, replacing those of the same columns."""
        rows = [
            (database, name, partition_id(values), body["ColumnName"], _text(body))
            for body in statistics
        ]
        with self.transaction():
            self._state.run_many(
                "INSERT OR REPLACE INTO glue_statistics VALUES (?, ?, ?, ?, ?)", rows
            )

    def delete_statistics(
        self, database: str, name: str, values: Sequence[str] | None, column: str
    ) -> None:
        """Remove one column's statistics, if it has any."""
        self._state.run(
            "DELETE FROM glue_statistics "
            "WHERE database = ? AND name = ? AND partition = ? AND column = ?",
            (database, name, partition_id(values), column),
        )

    def tags(self, arn: str) -> dict[str, str]:
        """Tags of a database or table."""
        row = self._state.row("SELECT tags FROM glue_tags WHERE arn = ?", (arn,))
        found: dict[str, str] = json.loads(row[0]) if row else {}
        return found

    def set_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Replace all tags of a database or table."""
        self._state.run("INSERT OR REPLACE INTO glue_tags VALUES (?, ?)", (arn, _text(tags)))

    def _forget_children(self, database: str, name: str) -> None:
        for kind in ("table_versions", "partitions", "statistics"):
            self._state.run(
                f"DELETE FROM glue_{kind} WHERE database = ? AND name = ?", (database, name)
            )

    def _now(self) -> float:
        return round(self._clock(), 3)


def partition_id(values: Sequence[str] | None) -> str:
    """The text by which a partition is found; empty for the table itself."""
    return "" if values is None else _text(list(values))


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _table(database: str, name: str, version: int, body: str) -> Json:
    return {"Name": name, "DatabaseName": database, **json.loads(body), "VersionId": str(version)}


def _bare(body: Json) -> Json:
    return {
        key: value
        for key, value in body.items()
        if key not in ("Name", "DatabaseName", "VersionId")
    }
