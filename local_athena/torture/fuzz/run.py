"""Sends requests that no client would send, and looks whether the endpoint is well afterwards.

    python run.py --requests 100000 --seed 1

Well means: it lives, it answers, no answer is a 5xx, no query hangs or fails by a defect of ours,
no answer tells the canary that lies outside of the data folder, and no file was made or changed
there.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import making as make

SECONDS = 60
CANARY = "canary-" + "7f3a" * 8
KINDS: list[tuple[Callable[[random.Random], bytes], int]] = [
    (make.of_model, 35), (make.of_s3, 30), (make.of_others, 5), (make.of_bytes, 10),
]  # fmt: skip
SQL_SHARE = 0.2
TRINOS_OWN = "Character count exceeds length limit"
"""A real Trino calls this GENERIC_INTERNAL_ERROR too: an interval cast to a short varchar."""
SLOW = 5.0
"""Seconds after which a statement of one line is worth a look."""


class Fuzz:
    """One server and what was seen of it. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wrong: list[str] = []
        self.statuses: Counter[str] = Counter()
        self.defects: Counter[str] = Counter()
        self.slow: dict[str, float] = {}
        (folder / "canary").write_text(CANARY)
        self.data = folder / "data"
        home = {
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "PYTHONFAULTHANDLER": "1",
            "LOCAL_ATHENA_QUERY_SECONDS": "20",
        }
        home |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        self.errors = (folder / "errors.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local_athena.cli", "serve", "--data", str(self.data),
             "--port", "0"],
            stdout=subprocess.PIPE, stderr=self.errors, env=home, cwd=folder,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        address = urlsplit(line.split()[4])
        self.host, self.port = address.hostname or "", address.port or 0
        table = (
            "create table db.t (a int) location 's3://fuzz/t/' "
            "tblproperties ('table_type'='iceberg')"
        )
        for sql in ("create database db", table):
            self._bucket("fuzz")
            self.query(sql)
        self.before = self._outside()

    def _bucket(self, name: str) -> None:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
        connection.request("PUT", f"/{name}")
        connection.getresponse().read()
        connection.close()

    def _outside(self) -> dict[str, bytes]:
        ours = {"errors.log"}
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and self.data not in path.parents and path.name not in ours
        }

    def send(self, request: bytes) -> None:
        """Send a request as it is, look at the answer."""
        answer = b""
        try:
            with socket.create_connection((self.host, self.port), timeout=SECONDS) as raw:
                with contextlib.suppress(ConnectionError):
                    raw.sendall(request)
                    raw.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    while piece := raw.recv(65536):
                        answer += piece
        except TimeoutError:
            self.wrong.append(f"no answer in {SECONDS} s: {request[:400]!r}")
            return
        except OSError as error:
            self.wrong.append(f"{error}: {request[:400]!r}")
            return
        status = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.1 ") else "none"
        self.statuses[status] += 1
        if status >= "500" and status != "none":
            self.wrong.append(f"{answer[:300]!r} to {request[:400]!r}")
        if CANARY.encode() in answer:
            self.wrong.append(f"the canary is told to {request[:400]!r}")

    def call(self, operation: str, **body: object) -> dict[str, object]:
        """An operation of Athena."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
        target = {"X-Amz-Target": f"AmazonAthena.{operation}"}
        connection.request("POST", "/", json.dumps(body), target)
        answer: dict[str, object] = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def query(self, sql: str) -> None:
        """Run a statement to its end."""
        started = self.call(
            "StartQueryExecution", QueryString=sql, QueryExecutionContext={"Database": "db"},
            ResultConfiguration={"OutputLocation": "s3://fuzz/results/"},
            ClientRequestToken=str(uuid.uuid4()),
        )  # fmt: skip
        query_id = started.get("QueryExecutionId")
        if query_id is None:
            self.statuses[f"SQL {started.get('__type')}"] += 1
            return
        began = time.monotonic()
        deadline = began + SECONDS
        while True:
            found = self.call("GetQueryExecution", QueryExecutionId=query_id)
            status = found["QueryExecution"]["Status"]  # type: ignore[index]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            if time.monotonic() > deadline:
                self.wrong.append(f"the query hangs: {sql}")
                return
        self.statuses[f"SQL {status['State']}"] += 1
        if time.monotonic() - began > SLOW:
            self.slow[sql] = time.monotonic() - began
        reason = status.get("StateChangeReason", "")
        if "INTERNAL_ERROR" in reason and TRINOS_OWN not in reason:
            self.defects[f"{sql!r}: {reason[:200]}"] += 1

    def run(self, count: int, seed: int, threads: int) -> None:
        """Send `count` requests from some threads."""

        def work(number: int) -> None:
            rng = random.Random(seed * 1000 + number)
            makers, weights = zip(*KINDS, strict=True)
            for _ in range(count // threads):
                if self.process.poll() is not None or len(self.wrong) > 50:
                    return
                try:
                    if rng.random() < SQL_SHARE:
                        self.query(make.mutated(rng, rng.choice(make.statements())))
                    else:
                        self.send(rng.choices(makers, weights)[0](rng))
                except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
                    self.wrong.append(repr(error))

        workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def finish(self) -> None:
        """Is it well?"""
        if self.process.poll() is not None:
            self.wrong.append(f"the process died: {self.process.returncode}")
        else:
            self.query("select 1")
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wrong.append("the process does not end")
        self.errors.close()
        after = self._outside()
        changed = {name for name in after | self.before if after.get(name) != self.before.get(name)}
        self.wrong += [f"outside of the data folder: {name}" for name in sorted(changed)]


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    fuzz = Fuzz(folder)
    began = time.monotonic()
    fuzz.run(given.requests, given.seed, given.threads)
    fuzz.finish()
    for line in fuzz.wrong:
        print("WRONG", line)
    for line, times in fuzz.defects.most_common(30):
        print("DEFECT", times, line)
    for line, seconds in fuzz.slow.items():
        print(f"SLOW {seconds:.0f} s {line!r}")
    print(dict(sorted(fuzz.statuses.items())))
    print(
        f"{given.requests} requests in {time.monotonic() - began:.0f} s, {len(fuzz.wrong)} wrong, "
        f"{sum(fuzz.defects.values())} defects"
    )
    shutil.rmtree(folder)
    return 1 if fuzz.wrong or fuzz.defects else 0


if __name__ == "__main__":
    sys.exit(main())
