"""The one DuckDB of a server: a cursor per query, Python functions on demand, Trino's error names.

    session = Session(memory_limit="512MB", threads=2, temporary=folder)
    with session.cursor(control) as cursor:      # interrupted when the query is cancelled
        for batch in cursor.batches(sql): …

DuckDB runs in process and in memory; tables are files that SQL texts name. Texts come from the
rewrite only, never from users.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from local_athena.engine.native_errors import error_of
from local_athena.functions import udf
from local_athena.sql.representation import quote_text

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_BATCH = 20_000
_DEEPEST = 100_000
_EXPRESSION_DEPTH = 4_000
"""DuckDB 1.5.5 overflows a thread's stack (8 MB) at some 6,000 levels: the process dies of it."""
_DEEP = 60
_INTERRUPT_SECONDS = 0.05
_NOT_BRACKETS = re.compile(r"[^()]+")
_SLOW_ON_DEEP_TREES = "common_subexpressions,expression_rewriter"
"""Two of DuckDB's optimizers take cubic time in the depth of an expression (measured on 1.5.5: 90 s
for a sum of 1,000 terms, 0.4 s without them)."""


class Cancel(Protocol):
    """What a cursor needs of `QueryControl`."""

    def on_cancel(self, callback: Callable[[], object]) -> None: ...

    def forget(self, callback: Callable[[], object]) -> None: ...

    def check(self) -> None: ...


class Session:
    """An in-memory DuckDB and the Python functions registered with it.

    With a `folder`, texts reach files below it alone, and no extension is loaded: a second wall
    behind the binder, which lets no name of a file or of a DuckDB function through.
    """

    def __init__(
        self,
        memory_limit: str | None = None,
        threads: int | None = None,
        temporary: Path | None = None,
        folder: Path | None = None,
        spill_limit: str | None = None,
    ) -> None:
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _DEEPEST))
        config: dict[str, str | int | bool | float | list[str]] = {
            "memory_limit": memory_limit or "512MB",
            "threads": threads or 2,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "max_expression_depth": _EXPRESSION_DEPTH,
        }
        if temporary is not None:
            temporary.mkdir(parents=True, exist_ok=True)
            config["temp_directory"] = str(temporary)
        self._connection = duckdb.connect(":memory:", config=config)
        if (
            temporary is not None
        ):  # (given to `connect`, DuckDB 1.5.5 shows it and does not hold it)
            limit = quote_text(spill_limit or "10GB")
            self._connection.execute(f"SET max_temp_directory_size = {limit}")
        if folder is not None:
            places = {f"{folder.absolute()}/", f"{folder.resolve()}/"}
            listed = ", ".join(quote_text(place) for place in sorted(places))
            self._connection.execute(f"SET allowed_directories = [{listed}]")
            self._connection.execute("SET enable_external_access = false")
        # Files are opened again and again, and most have few rows: a footer is read once. What is
        # kept counts as memory and goes when a query needs it; a file that changed, or is younger
        # than ten seconds, is read anew (measured on 1.5.5).
        self._connection.execute("SET parquet_metadata_cache = true")
        self._connection.execute("SET preserve_insertion_order = true")
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self._connection.execute("SET arrow_large_buffer_size = false")
        self._registered: set[str] = set()
        self._lock = threading.Lock()
        self._deep = threading.Lock()
        self._numbers = count(1)

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()

    @contextmanager
    def cursor(self, control: Cancel | None = None) -> Iterator[Cursor]:
        """A cursor of its own for one statement; cancelling interrupts it."""
        connection = self._connection.cursor()
        done = threading.Event()

        def stop() -> None:
            threading.Thread(target=_interrupt, args=(connection, done), daemon=True).start()

        with ExitStack() as stack:
            stack.callback(connection.close)
            stack.callback(done.set)
            number = 0
            if control is not None:
                control.on_cancel(stop)
                stack.callback(control.forget, stop)
                number = next(self._numbers)
                stack.enter_context(udf.checked(number, control.check))
            yield Cursor(self, connection, control, number)

    @contextmanager
    def planning(self, sql: str) -> Iterator[None]:
        """Around the execution of a text: a deep one is planned without the optimizers that would
        take minutes. The setting is the whole DuckDB's: others lose speed for that while, no more.
        """
        if not _is_deep(sql):
            yield
            return
        with self._deep:
            settings = self._connection.cursor()
            settings.execute(f"SET disabled_optimizers = '{_SLOW_ON_DEEP_TREES}'")
            try:
                yield
            finally:
                settings.execute("RESET disabled_optimizers")
                settings.close()

    def prepare(self, sql: str) -> bool:
        """Register the Python functions that a text calls, those that are not yet; whether any."""
        used = udf.used(sql)
        missing = [f for f in used if f.name not in self._registered]
        if not missing:
            return bool(used)
        with self._lock:
            for function in missing:
                if function.name in self._registered:
                    continue
                self._connection.create_function(
                    function.name,
                    function.function,
                    [duckdb.sqltype(text) for text in function.arguments],
                    duckdb.sqltype(function.returns),
                    type="arrow",
                    null_handling="special",
                    side_effects=function.volatile,
                )
                self._registered.add(function.name)
        return True


def _interrupt(connection: duckdb.DuckDBPyConnection, done: threading.Event) -> None:
    """Interrupt until the cursor is given back: an interrupt between two steps is lost."""
    with suppress(duckdb.ConnectionException):  # it was closed at this moment
        while not done.is_set():
            connection.interrupt()
            done.wait(_INTERRUPT_SECONDS)


def _is_deep(sql: str) -> bool:
    if len(sql) < _DEEP * 2:
        return False
    depth = deepest = 0
    for bracket in _NOT_BRACKETS.sub("", sql):
        depth += 1 if bracket == "(" else -1
        deepest = max(deepest, depth)
    return deepest > _DEEP


class Cursor:
    """Runs texts for one query. Every failure is a SqlError with Trino's name."""

    def __init__(
        self,
        session: Session,
        connection: duckdb.DuckDBPyConnection,
        control: Cancel | None,
        number: int,
    ) -> None:
        self._number = number
        self._session = session
        self.connection = connection
        self._control = control

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run a text; the result is the connection's.

        Raises:
            SqlError: as `error_of` names it.
            QueryCancelled: the query was cancelled (raised by its control).
        """
        if self._control is not None:
            self._control.check()
        if self._session.prepare(sql):
            sql = sql.replace(udf.QUERY, str(self._number))
        with self._session.planning(sql):
            found: duckdb.DuckDBPyConnection = self._watch(lambda: self.connection.execute(sql))
        return found

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small answer as Python values."""
        self.execute(sql)
        found: list[tuple[Any, ...]] = self._watch(self.connection.fetchall)
        return found

    def batches(self, sql: str, size: int = ROWS_A_BATCH) -> Iterator[pa.RecordBatch]:
        """The answer as Arrow record batches of at most about `size` rows, as they are made."""
        self.execute(sql)
        reader = self._watch(lambda: self.connection.to_arrow_reader(size))
        while True:
            batch = self._watch(lambda: next(reader, None))
            if batch is None:
                return
            yield batch

    def schema(self, sql: str) -> pa.Schema:
        """The Arrow schema of a text's answer, without running it to its end."""
        self.execute(f"SELECT * FROM ({sql}) LIMIT 0")
        return self._watch(lambda: self.connection.to_arrow_table()).schema

    def _watch(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except (
            duckdb.Error, OSError, RuntimeError, ValueError, RecursionError, MemoryError,
        ) as error:  # fmt: skip
            if self._control is not None:
                self._control.check()
            raise error_of(error) from error
