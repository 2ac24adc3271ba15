"""Asks a real Trino for the golden answers anew: `make golden ARGS=--record`.

Cases keep their ids, areas and texts; names, types, rows, raw values and errors are what the server
says now. `recorded.json` tells the server's version. Texts that ask for chance or the time change.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from local_athena.engine.trino.client import Session, TrinoClient
from local_athena.engine.trino.configuration import ICEBERG
from local_athena.engine.trino.distribution import SERVER
from local_athena.engine.trino.process import start
from local_athena.engine.trino.texts import text_of
from local_athena.server import serve
from local_athena.sql.type_text import parse_type

HERE = Path(__file__).parent
THREADS = 2
BUCKET = "golden"
_PLACE = re.compile(r"\{(snap|ts):(\d+)\}")
_SNAPSHOTS = (
    "SELECT CAST(snapshot_id AS varchar), CAST(committed_at + INTERVAL '0.001' SECOND AS varchar) "
    'FROM "{db}"."t$snapshots" ORDER BY committed_at'
)
_ANSWERS = ("names", "types", "rows", "raw", "error", "update_type", "update_count")
Case = dict[str, Any]


def ask(client: TrinoClient, sql: str, schema: str | None = None) -> Case:
    """A statement's answer in the form of the records."""
    columns: tuple[tuple[str, str], ...] = ()
    raw: list[list[Any]] = []
    changed: Case = {}
    for page in client.run(sql, Session("test", ICEBERG, schema)):
        columns = page.columns or columns
        raw += page.rows
        if page.error is not None:
            return {"error": page.error.record()}
        if page.update_type is not None:
            changed = {"update_type": page.update_type, "update_count": page.update_count}
    if changed:
        return changed
    types = [parse_type(text) for _, text in columns]
    rows = [[text_of(value, kind) for value, kind in zip(row, types, strict=True)] for row in raw]
    return {
        "names": [name for name, _ in columns],
        "types": [text for _, text in columns],
        "rows": rows,
        "raw": raw,
    }


def answered(case: Case, answer: Case) -> Case:
    """The record with this answer instead of its old one, in the old order of members."""
    if "raw" not in case and "rows" in case:
        answer = {name: value for name, value in answer.items() if name != "raw"}
    kept = {name: value for name, value in case.items() if name not in _ANSWERS}
    order = [*case, *(name for name in answer if name not in case)]
    both = {**kept, **answer}
    return {name: both[name] for name in order if name in both}


def expressions(client: TrinoClient, cases: Iterable[Case]) -> Iterator[Case]:
    """The statements without tables."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(lambda case: answered(case, ask(client, asked(case))), cases)


def asked(case: Case) -> str:
    """The statement, with its parameters if it has some."""
    sql: str = case["sql"]
    if "parameters" not in case:
        return sql
    quoted = sql.replace("'", "''")
    return f"EXECUTE IMMEDIATE '{quoted}' USING {', '.join(case['parameters'])}"


def scripts(client: TrinoClient, cases: Iterable[Case]) -> Iterator[Case]:
    """The scenarios, each in a schema of its own that is gone afterwards."""
    for number, case in enumerate(cases):
        database = f"g{number}"
        location = f"s3://{BUCKET}/{database}"
        ask(client, f"CREATE SCHEMA {database} WITH (location = '{location}')")
        statements = [_step(client, step, database, location) for step in case["statements"]]
        ask(client, f"DROP SCHEMA {database} CASCADE")
        yield {**case, "statements": statements}


def _step(client: TrinoClient, step: Case, database: str, location: str) -> Case:
    texts = step.get("trino_sql", step["sql"])
    answer: Case = {}
    for text in [texts] if isinstance(texts, str) else texts:
        named = text.replace("{db}", database).replace("{schema}", database)
        filled = _fill(client, named.replace("{location}", location), database)
        answer = ask(client, filled, database)
        if "error" in answer:
            break
    if "rows" in answer:
        answer["rows"] = [
            [value.replace(database, "{schema}") if value else value for value in row]
            for row in answer["rows"]
        ]
    if "error" in answer:
        said = answer["error"]["message"].replace(f"{ICEBERG}.{database}", "{db}")
        answer["error"]["message"] = said
    return step if step.get("no_golden") else answered(step, answer)


def _fill(client: TrinoClient, text: str, database: str) -> str:
    if not _PLACE.search(text):
        return text
    rows = ask(client, _SNAPSHOTS.replace("{db}", database)).get("rows", [])

    def value(found: re.Match[str]) -> str:
        index = int(found[2]) - 1
        return str(rows[index][0 if found[1] == "snap" else 1]) if index < len(rows) else "0"

    return _PLACE.sub(value, text)


def record(area: str | None = None) -> None:
    """Write the records and `recorded.json` anew; `area` limits it to one.

    Raises:
        EngineUnavailableError: Trino cannot run here.
    """
    with (
        tempfile.TemporaryDirectory(prefix="golden-") as name,
        serve(Path(name, "data")) as endpoint,
    ):
        urlopen(Request(f"{endpoint.url}/{BUCKET}", method="PUT"), timeout=60).close()
        trino = start(Path(name, "trino"), endpoint.url, endpoint.settings.region, say=_say)
        try:
            client = TrinoClient(trino.url)
            _rewrite("expressions.jsonl", expressions, client, area)
            _rewrite("generated.jsonl", expressions, client, area)
            _rewrite("scripts.jsonl", scripts, client, area)
            _rewrite("more_scripts.jsonl", scripts, client, area)
        finally:
            trino.stop()
    facts = {"server": SERVER.name, "version": SERVER.version, "zone": "UTC"}
    (HERE / "recorded.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _rewrite(
    name: str,
    ask_all: Callable[[TrinoClient, Iterable[Case]], Iterator[Case]],
    client: TrinoClient,
    area: str | None,
) -> None:
    path = HERE / name
    cases = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    chosen = [case for case in cases if area in (None, case["area"])]
    fresh = {case["id"]: case for case in ask_all(client, chosen)}
    changed = sum(fresh[case["id"]] != case for case in chosen)
    lines = (json.dumps(fresh.get(case["id"], case), ensure_ascii=False) for case in cases)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    _say(f"{name}: {len(chosen)} asked, {changed} changed")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
