"""A loader that is quick to kill: it imports once, then lands each batch in a child of its own.

It reads lines of JSON (`do`: land or replay, `feed`, `day`, `kill_after` in seconds or null,
`kill_at_write` or null) and answers each when the child has ended: with its writes, if it was not
killed. Sources and lake come from the
environment.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from datetime import date
from typing import Any

import confluent_kafka
import psycopg
import pyarrow.csv
import pyarrow.parquet
import requests

import lakehouse.landing.extract_kafka
import lakehouse.landing.extract_mysql
import lakehouse.landing.extract_postgres
import lakehouse.landing.extract_rest
import lakehouse.landing.store as store
from lakehouse.contracts import Lake, connect_lake
from lakehouse.landing import Sources, land, replay
from lakehouse.settings import Settings

IMPORTED = (confluent_kafka, psycopg, pyarrow.csv, pyarrow.parquet, requests, lakehouse.landing)
SMALL_PART = 64 * 1024
"""Objects of more bytes go up in parts, so that kills fall between parts too."""


def count_writes(lake: Lake, fatal: int | None) -> list[int]:
    """Count the writes to S3 in the one item of a list. SIGKILL meets this process right before
    the fatal one; right after it, if it is below zero."""
    writes = [0]

    def count(model: Any, **more: Any) -> None:
        if model.name not in ("GetObject", "HeadObject", "ListObjectsV2", "ListMultipartUploads"):
            writes[0] += 1
            if fatal and writes[0] == abs(fatal):
                os.kill(os.getpid(), signal.SIGKILL)

    event = "after-call.s3" if fatal and fatal < 0 else "before-call.s3"
    lake.s3.meta.events.register(event, count)
    return writes


def work(lake: Lake, sources: Sources, command: dict[str, Any]) -> int:
    """Land or replay one batch; return how often it wrote to S3."""
    writes = count_writes(lake, command["kill_at_write"])
    day = date.fromisoformat(command["day"])
    if command["do"] == "land":
        land(command["feed"], day, sources, lake)
    else:
        replay(command["feed"], day, lake)
    return writes[0]


def answer(**facts: Any) -> None:
    """Say something to who drives this process."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Work until there are no more lines."""
    settings = Settings.from_env()
    lake, sources = connect_lake(settings), Sources.from_settings(settings)
    store.PART_BYTES = SMALL_PART
    answer(ready=True)
    for line in sys.stdin:
        command = json.loads(line)
        began = time.monotonic()
        alive, held_by_child = os.pipe()  # ends when the child does
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.write(held_by_child, str(work(lake, sources, command)).encode())
                status = 0
            except BaseException as error:  # noqa: BLE001  (told to who drives this process)
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
                sys.stderr.flush()
            os._exit(status)
        os.close(held_by_child)
        if not select.select([alive], [], [], command["kill_after"])[0]:
            os.kill(pid, signal.SIGKILL)
        writes = int(os.read(alive, 16) or 0)
        os.close(alive)
        _, ended = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL
        seconds = time.monotonic() - began
        status = -1 if killed else os.waitstatus_to_exitcode(ended)
        answer(killed=killed, status=status, seconds=seconds, writes=writes)


if __name__ == "__main__":
    main()
