"""Kills the server at random instants under nine writers, and looks whether anything is lost.

    python run.py --kills 200 --seed 1

Prints a line for each life and one at the end; exits with 1 when something was lost.
"""

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from asking import Clients, Queries
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from checks import Checker
from model import Model
from server import Life
from uploads import Uploads
from writers import (
    HIVE,
    SHARED,
    Entries,
    Files,
    Names,
    Objects,
    Parts,
    Rows,
    Tables,
    Writer,
)

KINDS: tuple[type[Writer], ...] = (
    Objects, Parts, Uploads, Entries, Rows, Rows, Tables, Files, Names,
)  # fmt: skip

GONE = (BotoCoreError, HTTPClientError, ConnectionError)


class Run:
    """All lives of the server on one folder."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.model = Model()
        self.queries = Queries()
        self.checker = Checker(self.queries)
        self.wrong: list[str] = []
        self.writers = [
            kind(number, self.model, self.queries, random.Random(seed * 100 + number))
            for number, kind in enumerate(KINDS)
        ]

    def prepare(self) -> None:
        """The buckets and the tables that the writers share."""
        life = Life(self.data, by_exec=False, log=self.log)
        clients = Clients(life.wait())
        for bucket in ("plain", "versioned", "results"):
            clients.s3.create_bucket(Bucket=bucket)
        clients.s3.put_bucket_versioning(
            Bucket="versioned", VersioningConfiguration={"Status": "Enabled"}
        )
        shared = (
            f"CREATE TABLE {SHARED} (owner int, id bigint, n bigint, p int) PARTITIONED BY (p) "
            "LOCATION 's3://plain/shared/' TBLPROPERTIES ('table_type' = 'ICEBERG', "
            "'vacuum_max_snapshot_age_seconds' = '1', 'vacuum_min_snapshots_to_keep' = '2')"
        )
        hive = (
            f"CREATE EXTERNAL TABLE {HIVE} (owner int, id bigint, n bigint) PARTITIONED BY (p int) "
            "STORED AS PARQUET LOCATION 's3://plain/hive_rows/'"
        )
        for sql in ("CREATE DATABASE crash", shared, hive):
            state, reason = self.queries.run(clients, sql)
            assert state == "SUCCEEDED", (sql, reason)
        life.kill()

    def live(self, number: int) -> None:
        """Start, check, write, kill."""
        life = Life(self.data, by_exec=number % 5 == 4, log=self.log)
        if self.rng.random() < 0.1:
            time.sleep(self.rng.uniform(0, 2))  # in the middle of its start
            life.kill()
            return
        try:
            clients = Clients(life.wait())
            self.check(clients)
            self.write(clients, life, self.rng.expovariate(1.0))
        finally:
            life.kill()

    def check(self, clients: Clients) -> None:
        """Look at everything."""
        self.wrong += self.checker.history(clients)
        self.wrong += self.model.check(clients)
        self.wrong += self.checker.tables(clients)

    def write(self, clients: Clients, life: Life, seconds: float) -> None:
        """Let all writers write, and kill the server under them."""
        over = threading.Event()

        def work(writer: Writer) -> None:
            while not over.is_set():
                try:
                    writer.step(clients)
                except GONE:
                    return
                except ClientError as error:
                    self.wrong.append(f"{type(writer).__name__}: {error}")
                    return
                except Exception:  # noqa: BLE001  (a defect of any kind is what is looked for)
                    self.wrong.append(traceback.format_exc())
                    return

        threads = [threading.Thread(target=work, args=(writer,)) for writer in self.writers]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        life.kill()
        over.set()
        for thread in threads:
            thread.join()


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    run = Run(given.seed, folder)
    run.prepare()
    began = time.monotonic()
    for number in range(given.kills):
        run.live(number)
        print(
            f"kill {number + 1} of {given.kills}: {run.model.answered} changes answered, "
            f"{run.model.in_doubt} were in doubt, {len(run.queries.told)} queries, "
            f"{len(run.model.things)} things, {len(run.wrong)} wrong",
            flush=True,
        )
        if run.wrong:
            break
    else:
        life = Life(run.data, by_exec=False, log=run.log)
        run.check(Clients(life.wait()))
        life.kill()
    for line in run.wrong:
        print(line)
    print(f"{given.kills} kills in {time.monotonic() - began:.0f} s, {len(run.wrong)} wrong")
    if run.wrong or given.keep:
        print(f"the folder is {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
