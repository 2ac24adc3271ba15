"""One running statement and the world around it: what every step of the engine is handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_athena.catalog import Catalog
from local_athena.engine.contract import QueryControl, QueryRequest
from local_athena.settings import Settings
from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.storage import ObjectStore

if TYPE_CHECKING:
    from local_athena.engine.iceberg.lake import Lake
    from local_athena.engine.session import Session

CATALOG_NAME = "awsdatacatalog"
_CATALOGS = frozenset({CATALOG_NAME, "hive", ""})


@dataclass(slots=True)
class Job:
    """A statement on its way. `planning_ms` is set once its plan is made."""

    request: QueryRequest
    control: QueryControl
    catalog: Catalog
    store: ObjectStore
    settings: Settings
    session: Session
    lake: Lake
    planning_ms: int = 0

    @property
    def database(self) -> str:
        """The database of names that do not say one."""
        return (self.request.database or "default").lower()

    @property
    def session_catalog(self) -> str:
        """The catalog of names that do not say one; it need not exist."""
        given = self.request.catalog.lower()
        return CATALOG_NAME if given in _CATALOGS else given

    def qualify(self, name: nodes.Name) -> tuple[str, str]:
        """(database, table) of a table's name, lower case.

        Raises:
            SqlError: CATALOG_NOT_FOUND, or SYNTAX_ERROR for more than three parts.
        """
        parts = [part.value.lower() for part in name.parts]
        if len(parts) == 1:
            parts = parts[0].split(".", 1)  # `db.t` as SHOW CREATE TABLE writes it
        if len(parts) > 3:
            raise SqlError("SYNTAX_ERROR", f"Too many dots in table name: {'.'.join(parts)}")
        check_catalog(parts[0] if len(parts) == 3 else self.session_catalog, name.at)
        database = parts[-2] if len(parts) > 1 else self.database
        return database, parts[-1]

    def qualify_database(self, name: nodes.Name) -> str:
        """The database that a name of one part, or of catalog and database, means.

        Raises:
            SqlError: CATALOG_NOT_FOUND, or SYNTAX_ERROR for more than two parts.
        """
        parts = [part.value.lower() for part in name.parts]
        if len(parts) > 2:
            raise SqlError("SYNTAX_ERROR", f"Too many parts in schema name: {'.'.join(parts)}")
        check_catalog(parts[0] if len(parts) == 2 else self.session_catalog, name.at)
        return parts[-1]


def check_catalog(catalog: str | None, at: nodes.At | None = None) -> None:
    """Refuse every catalog but Glue's own.

    Raises:
        SqlError: CATALOG_NOT_FOUND.
    """
    if (catalog or "").lower() not in _CATALOGS:
        raise SqlError("CATALOG_NOT_FOUND", f"Catalog '{catalog}' not found", at)
