"""The engine `trino`: queries and DML are Trino's, everything else is the embedded engine's.

The API around it, DDL, result objects, statistics and errors are the same code as without it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from local_athena.catalog import Catalog
from local_athena.engine.answer import Kind, TextAnswer, WriteAnswer, text_column
from local_athena.engine.dispatch import Answer
from local_athena.engine.engine import Engine
from local_athena.engine.job import Job
from local_athena.engine.querying import QueryAnswer, result_too_long
from local_athena.engine.results import ResultWriter, Texts, column_info
from local_athena.engine.trino.client import Page, Session, TrinoClient
from local_athena.engine.trino.configuration import HIVE
from local_athena.engine.trino.process import TrinoProcess, start
from local_athena.engine.trino.statements import TrinoStatement, in_trino_words
from local_athena.engine.trino.texts import text_of
from local_athena.errors import EngineUnavailableError
from local_athena.settings import Settings
from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import parse_type
from local_athena.sql.types import Type
from local_athena.storage import ObjectStore
from local_athena.storage.rows import RowsWriter

log = logging.getLogger(__name__)

USER = "local-athena"
_QUERY_PLAN = text_column("Query Plan")


class TrinoEngine(Engine):
    """`contract.EngineProtocol` with a Trino of its own, started by `start` or the first query."""

    def __init__(
        self,
        store: ObjectStore,
        catalog: Catalog,
        settings: Settings,
    ) -> None:
        super().__init__(store, catalog, settings)
        self._lock = threading.Lock()
        self._process: TrinoProcess | None = None
        self._closed = threading.Event()

    def start(self) -> TrinoProcess:
        """The running Trino; started when there is none yet, which takes half a minute.

        Raises:
            EngineUnavailableError: it cannot run on this machine.
        """
        with self._lock:
            if self._closed.is_set():
                raise EngineUnavailableError("the endpoint is ending")
            if self._process is None:
                settings = self._settings
                self._process = start(
                    folder=settings.temporary / "trino",
                    endpoint=settings.url,
                    region=settings.region,
                    memory=settings.trino_memory,
                    say=log.info,
                    cancelled=self._closed.is_set,
                )
            return self._process

    def refusal(self, sql: str) -> str | None:
        """None: Trino says itself what it does not take, when the query runs."""
        return None

    def close(self) -> None:
        """End Trino; give back memory and files."""
        self._closed.set()
        with self._lock:
            if self._process is not None:
                self._process.stop()
                self._process = None
        super().close()

    def open(self, job: Job) -> tuple[Kind, Callable[[], Answer]]:
        """What a statement is, and how it is run: by Trino where it is its business."""
        request = job.request
        statement = in_trino_words(job, request.sql, request.parameters)
        if statement is None:
            return super().open(job)
        return statement.kind, lambda: self._run(job, statement)

    def _run(self, job: Job, statement: TrinoStatement) -> Answer:
        client = TrinoClient(self.start().url)
        session = Session(USER, HIVE, job.database, statement.session)
        pages = _Pages(job, statement, client.run(statement.sql, session, statement.arguments))
        try:
            if statement.answer == "rows":
                return _rows(job, pages)
            if statement.answer == "text":
                lines = [str(row[0]) for page in pages for row in page.rows]
                return TextAnswer(
                    (_QUERY_PLAN,), [[line] for text in lines for line in text.split("\n")]
                )
            for _ in pages:
                pass
            if statement.table is None:
                return TextAnswer()
            return _written(job, statement, statement.table, pages)
        finally:
            pages.close()


@dataclass(slots=True)
class _Pages:
    """A statement's pages, watched: failures, cancellation, bytes read, time of planning."""

    job: Job
    statement: TrinoStatement
    source: Iterator[Page]
    query_id: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    update_count: int = 0
    scanned: int = field(default=0, repr=False)

    def __iter__(self) -> Iterator[Page]:
        """The pages to the end.

        Raises:
            SqlError: Trino refuses the statement or fails.
            QueryCancelled, QueryFailed: the control says so.
        """
        for page in self.source:
            self.job.control.check()
            self._count(page)
            if page.error is not None:
                self.job.control.check()
                error = page.error
                raise SqlError(error.name, self.statement.in_user_words(error.message))
            yield page

    def _count(self, page: Page) -> None:
        self.query_id = page.query_id
        self.columns = page.columns or self.columns
        if page.update_count is not None:
            self.update_count = page.update_count
        self.job.planning_ms = page.planning_ms
        if page.physical_bytes > self.scanned:
            more, self.scanned = page.physical_bytes - self.scanned, page.physical_bytes
            self.job.control.add_scanned(more)

    def close(self) -> None:
        """Stop the statement if it is not at its end."""
        close = getattr(self.source, "close", None)
        if close is not None:
            close()


def _rows(job: Job, pages: _Pages) -> QueryAnswer:
    """Write a query's rows to its CSV and its rows file as they come."""
    uri = f"{job.request.output_location}{job.request.query_id}.csv"
    stream = iter(pages)
    first: list[Page] = []
    for page in stream:  # until the columns are known: the CSV begins with their names
        first.append(page)
        if pages.columns:
            break
    names = tuple(name for name, _ in pages.columns)
    types = tuple(parse_type(text) for _, text in pages.columns)
    with (
        job.store.new_file(uri, durable=False) as path,
        RowsWriter(job.settings.results, job.request.query_id) as rows,
        ResultWriter(path, names, types, rows) as writer,
    ):
        for page in chain(first, stream):
            if page.rows:
                writer.write_texts(_texts(page, types))
            if writer.row_count > job.settings.result_rows:
                raise result_too_long(job)
    columns = tuple(column_info(name, type_) for name, type_ in zip(names, types, strict=True))
    return QueryAnswer(columns, uri, writer.row_count, job.store.size(uri), deterministic=False)


def _texts(page: Page, types: tuple[Type, ...]) -> list[Texts]:
    """A page's columns as text."""
    return [
        [text_of(value, type_) for value in column]
        for column, type_ in zip(zip(*page.rows, strict=True), types, strict=True)
    ]


def _written(
    job: Job, statement: TrinoStatement, name: tuple[str, str], pages: _Pages
) -> WriteAnswer:
    """What a writing statement did: Trino names data files after the query that wrote them."""
    table = job.catalog.get_table(*name)
    if statement.dropped:
        job.catalog.drop_table(*name)
    location = (table.location or "").rstrip("/") + "/"
    files = [
        file
        for file in job.store.list(location)
        if pages.query_id in file.uri.rpartition("/")[2] and "/metadata/" not in file.uri
    ]
    listed = table.kind == "hive" and bool(files)
    return WriteAnswer(
        pages.update_count,
        [file.uri for file in files] if listed else None,
        sum(file.size for file in files),
    )
