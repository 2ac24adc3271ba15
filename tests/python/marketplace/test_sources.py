import base64
import datetime as dt
import gzip
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace import World, advance, running_sources
from lakehouse.marketplace.deliveries import payment_log, rate_log, review_file
from lakehouse.marketplace.sources import PaymentGateway, load_order_management, write_drops
from lakehouse.marketplace.sources.postgres import EmbeddedPostgres

WORLD = World(scale=0.005)
FIRST = WORLD.first_day
TABLES = ("customers", "orders", "order_items")


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("pg") / "data") as server:
        yield server.url


def test_embedded_postgres__that_cannot_start__prints_one_message_only(tmp_path: Path) -> None:
    """PostgreSQL itself refuses: a folder that has a version and nothing else is no cluster."""
    (tmp_path / "PG_VERSION").write_text("18\n")
    code = (
        "import pathlib, sys\n"
        "from lakehouse.errors import MarketplaceError\n"
        "from lakehouse.marketplace.sources import EmbeddedPostgres\n"
        "try:\n"
        "    EmbeddedPostgres(pathlib.Path(sys.argv[1])).__enter__()\n"
        "except MarketplaceError as error:\n"
        "    print(error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert answer.stderr == ""
    (line,) = answer.stdout.splitlines()
    assert "did not start on" in line
    assert "pg_ctl ended with status 1; look at" in line


def get(url: str, gateway: PaymentGateway | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token(gateway)}"} if gateway else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return json.load(answer)


def token(gateway: PaymentGateway) -> Any:
    """A token, asked for as RFC 6749 says."""
    client = gateway.credentials
    basic = base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    request = urllib.request.Request(
        client.token_url, b"grant_type=client_credentials", {"Authorization": f"Basic {basic}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["access_token"]


def fetch_all(
    gateway: PaymentGateway, cursor: str | None = None, limit: int = 7, name: str = "payments"
) -> list[Any]:
    """Every page of a log from a cursor on; the last one last."""
    pages = []
    while True:
        query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        pages.append(get(f"{gateway.url}/v1/{name}?{query}", gateway))
        cursor = pages[-1]["next_cursor"]
        if cursor is None:
            return pages


def dump(url: str) -> dict[str, list[Any]]:
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(f"select * from {table} order by 1, 2").fetchall()
            for table in TABLES
        }


@pytest.mark.integration
def test_load_order_management__day_by_day_and_at_once__shows_the_same(postgres_url: str) -> None:
    for offset in range(4):
        load_order_management(WORLD, WORLD.first + offset, postgres_url)
    by_day = dump(postgres_url)
    load_order_management(WORLD, WORLD.first + 3, postgres_url)
    assert dump(postgres_url) == by_day
    load_order_management(WORLD, WORLD.first, postgres_url)  # back: loaded anew
    assert len(dump(postgres_url)["orders"]) < len(by_day["orders"])
    load_order_management(World(seed=1, scale=0.005), WORLD.first + 3, postgres_url)
    assert dump(postgres_url) != by_day
    load_order_management(WORLD, WORLD.first + 3, postgres_url)
    assert dump(postgres_url) == by_day


@pytest.mark.integration
def test_load_order_management__clocks__have_no_zone_and_are_those_of_sao_paulo(
    postgres_url: str,
) -> None:
    load_order_management(WORLD, WORLD.first, postgres_url)
    with psycopg.connect(postgres_url) as connection:
        kinds = connection.execute(
            "select distinct data_type, datetime_precision from information_schema.columns "
            "where table_schema = 'public' and data_type like 'timestamp%'"
        ).fetchall()
        row = connection.execute("select max(updated_at) from orders").fetchone()
    assert kinds == [("timestamp without time zone", 3)]
    assert row is not None
    assert row[0].date() == FIRST


def test_load_order_management__no_server__says_so() -> None:
    with pytest.raises(MarketplaceError, match="PostgreSQL does not answer"):
        load_order_management(WORLD, WORLD.first, "postgresql://127.0.0.1:1/none")


@pytest.mark.integration
def test_running_sources__two_days__serves_each_and_stops_cleanly(tmp_path: Path) -> None:
    with running_sources(WORLD, tmp_path) as sources:
        assert sources.gateway is not None
        for offset in range(2):
            day = FIRST + dt.timedelta(days=offset)
            advance(WORLD, day, sources)
            assert (tmp_path / "drop" / "sellers" / str(day) / "sellers.csv").is_file()
        url = sources.gateway.url
        assert get(f"{url}/health") == {"status": "ok"}
        pid = (tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()[0]
        server = psutil.Process(int(pid))
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/health", timeout=2)
    gone, _ = psutil.wait_procs([server], timeout=10)
    assert gone == [server]


def test_running_sources__folder_of_another_marketplace__is_refused(tmp_path: Path) -> None:
    (tmp_path / "world.txt").write_text(repr(World(seed=1)))
    with (
        pytest.raises(MarketplaceError, match=r"holds another marketplace \(World\(seed=1"),
        running_sources(WORLD, tmp_path),
    ):
        pass


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PaymentGateway]:
    for name, log in (("payments", payment_log), ("exchange_rates", rate_log)):
        (tmp_path / name).mkdir()
        for offset in range(3):
            lines = [line for piece in log(WORLD, WORLD.first + offset) for line in piece]
            day = FIRST + dt.timedelta(days=offset)
            (tmp_path / name / f"{day}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    with PaymentGateway(tmp_path, str(FIRST)) as service:
        yield service


def test_gateway__pages__are_the_log_line_by_line(gateway: PaymentGateway) -> None:
    rows = [row for page in fetch_all(gateway) for row in page["data"]]
    written = (gateway.logs / "payments" / f"{FIRST}.jsonl").read_text().splitlines()
    assert len(rows) > 100
    assert rows == [json.loads(line) for line in written]


def test_gateway__exchange_rates__are_their_own_log(gateway: PaymentGateway) -> None:
    gateway.today = str(FIRST + dt.timedelta(days=2))
    rows = [
        row for page in fetch_all(gateway, limit=100, name="exchange_rates") for row in page["data"]
    ]
    files = sorted((gateway.logs / "exchange_rates").iterdir())
    written = [line for file in files for line in file.read_text().splitlines()]
    assert len(rows) > 900
    assert rows == [json.loads(line) for line in written]
    assert set(rows[0]) == {"currency", "rate_date", "brl_per_unit", "updated_at"}


def test_gateway__next_day__goes_on_after_the_last_cursor(gateway: PaymentGateway) -> None:
    last = fetch_all(gateway)[-1]["last_cursor"]
    assert fetch_all(gateway, last)[0]["data"] == []
    gateway.today = str(FIRST + dt.timedelta(days=2))
    rows = [row for page in fetch_all(gateway, last, 1) for row in page["data"]]
    written = [
        json.loads(line)
        for offset in (1, 2)
        for line in (gateway.logs / "payments" / f"{FIRST + dt.timedelta(days=offset)}.jsonl")
        .read_text()
        .splitlines()
    ]
    assert rows == written


def test_gateway__updated_until__holds_later_reports_back(gateway: PaymentGateway) -> None:
    gateway.today = str(FIRST + dt.timedelta(days=2))
    until = "2026-06-02T03:00:00Z"
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"limit=50&updated_until={until}" + (f"&cursor={cursor}" if cursor else "")
        pages.append(get(f"{gateway.url}/v1/payments?{query}", gateway))
        cursor = pages[-1]["next_cursor"]
    rows = [row for page in pages for row in page["data"]]
    assert max(row["updated_at"] for row in rows) < until
    assert len(rows) == len((gateway.logs / "payments" / f"{FIRST}.jsonl").read_text().splitlines())
    rest = fetch_all(gateway, pages[-1]["last_cursor"])
    assert rest[0]["data"][0]["updated_at"] >= until


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("/v1/payments?limit=0", 400),
        ("/v1/payments?limit=many", 400),
        ("/v1/payments?cursor=../../etc/passwd", 400),
        ("/v1/payments?updated_until=tomorrow", 400),
        ("/v1/refunds", 404),
    ],
)
def test_gateway__bad_requests__are_refused_with_a_reason(
    gateway: PaymentGateway, query: str, status: int
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(gateway.url + query, gateway)
    with caught.value as error:
        assert error.code == status
        assert json.load(error)["error"]


def test_gateway__port_taken__says_which(gateway: PaymentGateway, tmp_path: Path) -> None:
    port = int(gateway.url.rsplit(":", 1)[1])
    with pytest.raises(MarketplaceError, match=f"cannot listen on 127.0.0.1:{port}"):
        PaymentGateway(tmp_path, str(FIRST), port)


def test_write_drops__again__leaves_the_files_alone(tmp_path: Path) -> None:
    write_drops(WORLD, WORLD.first, tmp_path)
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "category_translations/2026-06-01/category_translations.csv",
        "geolocation/2026-06-01/geolocation.csv",
        "marketing_leads/2026-06-01/marketing_leads.parquet",
        "order_events/2026-06-01/order_events.jsonl",
        "products/2026-06-01/products.csv",
        "reviews/2026-06-01/reviews.jsonl.gz",
        "sellers/2026-06-01/sellers.csv",
    ]
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    write_drops(WORLD, WORLD.first, tmp_path)
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in files] == before


def test_write_drops__reviews__are_the_lines_as_gzip_of_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_drops(WORLD, WORLD.first, tmp_path / name)
    one, other = (
        (tmp_path / name / "reviews" / str(FIRST) / "reviews.jsonl.gz").read_bytes()
        for name in ("a", "b")
    )
    assert one == other
    assert one[4:8] == bytes(4)  # no time (RFC 1952, MTIME)
    lines = [text for piece in review_file(WORLD, WORLD.first) for text in piece.to_pylist()]
    assert gzip.decompress(one).decode().splitlines() == lines != []


def test_write_drops__a_file_in_the_way__says_where(tmp_path: Path) -> None:
    (tmp_path / "drop").write_text("not a folder")
    with pytest.raises(MarketplaceError, match="cannot write"):
        write_drops(WORLD, WORLD.first, tmp_path / "drop")
