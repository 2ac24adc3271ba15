"""Small named records of the Athena API, as JSON in SQLite: one table for all kinds."""

import json
from typing import Any

from local_athena.storage.database import Database

Json = dict[str, Any]


class Things:
    """Records of one kind (workgroups, named queries, tags...), by scope and name."""

    def __init__(self, state: Database, kind: str) -> None:
        self._state = state
        self._kind = kind

    def get(self, name: str, scope: str = "") -> Json | None:
        """One record, or None."""
        row = self._state.row(
            "SELECT body FROM athena_things WHERE kind = ? AND scope = ? AND name = ?",
            (self._kind, scope, name),
        )
        found: Json | None = json.loads(row[0]) if row else None
        return found

    def all(self, scope: str = "") -> list[Json]:
        """All records of a scope by name."""
        rows = self._state.rows(
            "SELECT body FROM athena_things WHERE kind = ? AND scope = ? ORDER BY name",
            (self._kind, scope),
        )
        return [json.loads(body) for (body,) in rows]

    def everywhere(self, name: str) -> Json | None:
        """One record by name, whatever its scope."""
        row = self._state.row(
            "SELECT body FROM athena_things WHERE kind = ? AND name = ?", (self._kind, name)
        )
        found: Json | None = json.loads(row[0]) if row else None
        return found

    def add(self, name: str, body: Json, scope: str = "") -> bool:
        """Store a new record; False when the name is taken."""
        return bool(
            self._state.run(
                "INSERT OR IGNORE INTO athena_things VALUES (?, ?, ?, ?)",
                (self._kind, scope, name, json.dumps(body)),
            )
        )

    def put(self, name: str, body: Json, scope: str = "") -> None:
        """Store a record, new or not."""
        self._state.run(
            "INSERT OR REPLACE INTO athena_things VALUES (?, ?, ?, ?)",
            (self._kind, scope, name, json.dumps(body)),
        )

    def delete(self, name: str, scope: str = "") -> bool:
        """Remove a record; False when there was none."""
        return bool(
            self._state.run(
                "DELETE FROM athena_things WHERE kind = ? AND scope = ? AND name = ?",
                (self._kind, scope, name),
            )
        )

    def clear(self, scope: str) -> None:
        """Remove all records of a scope."""
        self._state.run(
            "DELETE FROM athena_things WHERE kind = ? AND scope = ?", (self._kind, scope)
        )
