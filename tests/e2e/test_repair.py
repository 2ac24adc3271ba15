"""Days and versions put right in the facts: backfill and rollback, judged by the ledger."""

import json
import threading
from collections import Counter
from pathlib import Path

from lakehouse.athena import Athena
from tests.e2e.test_full_refresh import environ_of, run
from tests.python.demo.refresh import athena_of

FACTS = "local_curated.fct_orders"
DAMAGE = (
    "delete from local_curated.fct_orders where day_of_week(purchase_date_br) = 3",
    (
        "update local_curated.fct_orders set gmv_brl = gmv_brl + 1, is_late = not is_late "
        "where day_of_week(purchase_date_br) = 5"
    ),
)


def read_meanwhile(athena: Athena, stop: threading.Event, seen: Counter[tuple[str, ...]]) -> None:
    """Count what readers see of the fact, until told to stop."""
    while not stop.is_set():
        seen[tuple(athena.run(f"select count(*), sum(gmv_brl) from {FACTS}").rows[0])] += 1


def test_repair__damaged_facts__a_version_comes_back_whole_and_a_backfill_puts_days_in(
    tmp_path: Path,
) -> None:
    from local_athena.server import serve

    environ = environ_of(tmp_path)
    made = run(environ, "lakehouse", "demo", "--days", "3", "--scale", "0.01", "--tested-days", "1")
    assert made.returncode == 0, made.stdout + made.stderr
    with serve(tmp_path / "lake") as endpoint:
        environ |= endpoint.environ
        athena = athena_of(endpoint)

        def reconciled() -> bool:
            return run(environ, "lakehouse", "reconcile").returncode == 0

        assert reconciled()
        shown = f"select count(*), sum(gmv_brl) from {FACTS}"
        good = tuple(athena.run(shown).rows[0])
        versions = 'select snapshot_id from local_curated."fct_orders$snapshots"'
        (newest,) = athena.run(f"{versions} order by committed_at desc limit 1").rows[0]

        # A partitioned fact, damaged over all its months, is as it was, and was never away.
        for statement in DAMAGE:
            athena.run(statement)
        bad = tuple(athena.run(shown).rows[0])
        assert bad != good
        assert not reconciled()
        seen: Counter[tuple[str, ...]] = Counter()
        stop = threading.Event()
        reader = threading.Thread(target=read_meanwhile, args=(athena_of(endpoint), stop, seen))
        reader.start()
        arguments = json.dumps({"table": "fct_orders", "version": newest})
        undone = run(environ, "dbt", "run-operation", "rollback", "--args", arguments)
        stop.set()
        reader.join()
        assert undone.returncode == 0, undone.stdout
        assert set(seen) <= {bad, good}
        assert seen[bad]
        assert reconciled()

        # Days that were lost on the way through all layers are built again from what landed.
        lost = "(select order_id from local_raw.orders where ingest_date >= date '2026-06-02')"
        for table in ("local_integration.int_orders", FACTS, "local_curated.fct_order_items"):
            athena.run(f"delete from {table} where order_id in {lost}")
        newest_days = "purchase_date_br > date '2026-05-31'"
        athena.run(f"delete from local_curated.agg_sales_daily where {newest_days}")
        assert not reconciled()
        again = run(environ, "lakehouse", "backfill", "--from", "2026-06-02", "--to", "2026-06-03")
        assert again.returncode == 0, again.stdout + again.stderr
        assert reconciled()
