"""Files that belong to no table: written by a statement that has not committed, or dropped by one.

A statement notes a file before it publishes it and takes the note back in the transaction that
makes the file part of a table. After a crash the notes that are left say what to remove, so nothing
half-written is ever seen. Until then listings leave such files out.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from local_athena.storage.database import Database


class LooseFiles:
    """The notes, by owner (the id of the query that made them). Safe for threads.

    `quick` need not wait for the disk: a note that a power cut loses leaves rubbish, nothing worse.
    `durable` is the catalog's connection, so that `keep` and `doom` are part of its transactions.
    """

    def __init__(self, quick: Database, durable: Database) -> None:
        self._quick = quick
        self._durable = durable
        self._uris: dict[str, set[str]] = {}
        self._hidden: set[str] = set()
        self._lock = threading.Lock()

    def note(self, owner: str, uri: str) -> None:
        """A file is about to be published."""
        with self._lock:
            self._uris.setdefault(owner, set()).add(uri)
            self._hidden.add(uri)
        self._quick.run("INSERT OR IGNORE INTO loose_files VALUES (?, ?)", (owner, uri))

    def doom(self, owner: str, uris: Iterable[str]) -> None:
        """Files belong to nothing any more: call it in the catalog's transaction."""
        rows = [(owner, uri) for uri in uris]
        with self._lock:
            self._uris.setdefault(owner, set()).update(uri for _, uri in rows)
        self._durable.run_many("INSERT OR IGNORE INTO loose_files VALUES (?, ?)", rows)

    def keep(self, owner: str) -> None:
        """The owner's files belong to a table now: call it in the catalog's transaction."""
        if owner in self._uris:
            self._durable.run("DELETE FROM loose_files WHERE owner = ?", (owner,))

    def hides(self, uri: str) -> bool:
        """Whether a statement that still runs wrote this file."""
        return uri in self._hidden

    def ended(self, owner: str, delete: Callable[[str], object] | None = None) -> None:
        """The owner is done: `delete` what is still loose (all belongs to a table without it)."""
        if owner not in self._uris:
            return
        try:
            if delete is not None:
                for uri in self._loose(owner):
                    delete(uri)
            with suppress(sqlite3.Error):  # a full disk: the next start takes the notes away
                self._durable.run("DELETE FROM loose_files WHERE owner = ?", (owner,))
        finally:
            with self._lock:
                self._hidden -= self._uris.pop(owner)

    def sweep(self, delete: Callable[[str], object]) -> int:
        """Remove what statements that a crash ended left; returns how many files were noted."""
        rows = self._durable.rows("SELECT uri FROM loose_files")
        for (uri,) in rows:
            delete(uri)
        if rows:
            self._durable.run("DELETE FROM loose_files")
        return len(rows)

    def _loose(self, owner: str) -> list[str]:
        rows = self._durable.rows("SELECT uri FROM loose_files WHERE owner = ?", (owner,))
        return [uri for (uri,) in rows]
