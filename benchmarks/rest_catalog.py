"""A small Iceberg REST catalog in this process, for DuckDB's `iceberg` extension as a peer.

Tables are metadata files in a folder; a commit applies the given updates to the newest metadata and
writes the next file. One process, no authentication, no checks of requirements, no staged creation
(`attach … (stage_create_tables false)`).
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from pydantic import TypeAdapter
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import TableUpdate, update_table_metadata

Json = dict[str, Any]
_UPDATE: TypeAdapter[TableUpdate] = TypeAdapter(TableUpdate)


class _Tables:
    """The tables of the one namespace `bench`: their newest metadata and its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[str, tuple[TableMetadata, str]] = {}

    def names(self) -> list[str]:
        return list(self._known)

    def load(self, name: str) -> Json | None:
        found = self._known.get(name)
        return None if found is None else _answer(*found)

    def create(self, request: Json) -> Json:
        name = request["name"]
        spec = request.get("partition-spec")
        metadata = new_table_metadata(
            Schema.model_validate(request["schema"]),
            PartitionSpec.model_validate(spec) if spec else UNPARTITIONED_PARTITION_SPEC,
            UNSORTED_SORT_ORDER,
            request.get("location") or str(self._folder / name),
            {"format-version": "2", **request.get("properties", {})},
        )
        return self._store(name, metadata)

    def commit(self, name: str, updates: list[Json]) -> Json:
        with self._lock:
            metadata, location = self._known[name]
            parsed = tuple(_UPDATE.validate_python(update) for update in updates)
            changed = update_table_metadata(metadata, parsed, metadata_location=location)
            return self._store(name, changed)

    def _store(self, name: str, metadata: TableMetadata) -> Json:
        folder = Path(metadata.location) / "metadata"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{uuid4()}.metadata.json"
        file.write_text(metadata.model_dump_json(), encoding="utf-8")
        self._known[name] = metadata, str(file)
        return _answer(metadata, str(file))


def _answer(metadata: TableMetadata, location: str) -> Json:
    return {
        "metadata-location": location,
        "metadata": json.loads(metadata.model_dump_json()),
        "config": {},
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tables: _Tables

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (as inherited)
        pass

    def do_GET(self) -> None:
        match self._path():
            case ["config"]:
                self._send({"defaults": {}, "overrides": {}})
            case ["namespaces"]:
                self._send({"namespaces": [["bench"]]})
            case ["namespaces", namespace]:
                self._send({"namespace": [namespace], "properties": {}})
            case ["namespaces", namespace, "tables"]:
                names = [{"namespace": [namespace], "name": n} for n in self.tables.names()]
                self._send({"identifiers": names})
            case ["namespaces", _, "tables", name]:
                found = self.tables.load(name)
                self._send(found or _missing(name), 200 if found else 404)
            case _:
                self._send(_missing(self.path), 404)

    def do_HEAD(self) -> None:
        path = self._path()
        known = len(path) < 4 or path[-1] in self.tables.names()
        self.send_response(204 if known else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        match self._path():
            case ["namespaces", _, "tables"]:
                self._send(self.tables.create(body))
            case ["namespaces", _, "tables", name]:
                self._send(self.tables.commit(name, body["updates"]))
            case ["transactions", "commit"]:
                for change in body["table-changes"]:
                    self.tables.commit(change["identifier"]["name"], change["updates"])
                self._send({})
            case _:
                self._send({})

    def _path(self) -> list[str]:
        parts = [unquote(part) for part in urlsplit(self.path).path.split("/") if part]
        return parts[1:]

    def _send(self, body: Json, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _missing(name: str) -> Json:
    return {"error": {"message": f"no {name}", "type": "NoSuchTableException", "code": 404}}


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a catalog of tables below `folder` until the block ends; gives its address."""
    handler = type("Handler", (_Handler,), {"tables": _Tables(folder)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
