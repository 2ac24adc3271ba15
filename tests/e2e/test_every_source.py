"""Three business days out of all real sources, on a bad day of the payment service: `make e2e`.

What must come out is the ledger, which the marketplace writes from its own state.
"""

import json
import os
from pathlib import Path

import pytest

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.sources import find_mariadb
from lakehouse.marketplace.sources.kafka import find_java
from lakehouse.marketplace.sources.kafka_jars import fetch_jars
from tests.e2e.test_whole_road import FIGURES, PROGRAMS, PROJECT, environ_of, run

DAYS = """
set -e
lakehouse contracts apply --target local >&2
for day in 2026-06-01 2026-06-02 2026-06-03; do
    lakehouse sources advance --date $day >&2
    lakehouse land --all --date $day >&2
    dbt --quiet build --vars "{run_date: $day}" \
        --exclude-resource-type test --exclude-resource-type unit_test >&2
done
lakehouse runs --json
lakehouse reconcile --date 2026-06-03 --json
"""


@pytest.mark.kafka
def test_three_days__from_every_source__reconcile_with_the_ledger(tmp_path: Path) -> None:
    if find_mariadb() is None:
        pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server)")
    try:
        find_java()
        fetch_jars(os.environ, print)
    except MarketplaceError as error:
        pytest.skip(f"no Kafka broker: {error}")
    path = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
    done = run(
        environ_of(tmp_path, PATH=path),
        *("lakehouse", "sources", "run", "--scale", "0.005"),
        *("--faults", str(PROJECT / "faults" / "sources" / "payment_gateway.yml"), "--"),
        *("local-athena", "exec", "--data", str(tmp_path / "lake"), "--", "bash", "-c", DAYS),
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "MySQL, Kafka, payment service are up" in done.stderr
    decoder = json.JSONDecoder()
    runs, end = decoder.raw_decode(done.stdout)
    answer, _ = decoder.raw_decode(done.stdout[end:].lstrip())
    staged = {
        manifest["feed"]: [
            file["uri"].rpartition("/")[2] for file in manifest["files"] if file["role"] == "stage"
        ]
        for manifest in runs
    }
    assert staged["products"] == ["part-00001.csv"]
    assert staged["order_events"] == ["part-00001.jsonl"]
    assert len({manifest["business_date"] for manifest in runs}) == 3
    assert answer["differences"] == []
    assert answer["agreed"] == answer["compared"] == FIGURES
