"""The gate on layers and metadata (`dbt-bouncer.yml`): the project passes, broken rules do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
CURATED, INTEGRATION = "model.lakehouse.fct_orders", "model.lakehouse.int_orders"
ORDERS = "source.lakehouse.order_management.orders"


def failures(manifest: dict[str, Any], folder: Path) -> set[tuple[str, str]]:
    """Rule and node of each failure; an empty set comes with status 0, and no other."""
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    rules = (PROJECT / "dbt-bouncer.yml").read_text(encoding="utf-8")
    assert "dbt_artifacts_dir: target\n" in rules
    (folder / "dbt-bouncer.yml").write_text(
        rules.replace("dbt_artifacts_dir: target\n", f"dbt_artifacts_dir: {folder}\n"), "utf-8"
    )
    outcomes = folder / "outcomes.json"
    answer = subprocess.run(
        [
            Path(sys.executable).with_name("dbt-bouncer"),
            *("run", "--config-file", folder / "dbt-bouncer.yml", "--output-file", outcomes),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcomes.exists(), answer.stdout + answer.stderr
    failed = {
        (each["check_run_id"].split(":")[0], each["unique_id"])
        for each in json.loads(outcomes.read_text(encoding="utf-8"))
        if each["outcome"] != "success"
    }
    assert (answer.returncode == 0) == (not failed)
    return failed


def test_gate__planted_violations__are_named_and_nothing_else_is(
    artifacts: Path, tmp_path: Path
) -> None:
    manifest = json.loads((artifacts / "manifest.json").read_text(encoding="utf-8"))
    assert failures(manifest, tmp_path / "whole") == set()

    nodes = manifest["nodes"]
    nodes[CURATED]["depends_on"]["nodes"].append(ORDERS)
    nodes[INTEGRATION]["depends_on"]["nodes"].append(CURATED)
    for key, name in (("grain", "dim_sellers"), ("owner", "int_payments"), ("scan", "int_orders")):
        node = nodes[f"model.lakehouse.{name}"]
        node["meta"].pop(key, None)
        node["config"]["meta"].pop(key, None)
    for kind, name in (("snapshot", "snp_customers"), ("seed", "seed_br_states")):
        node = nodes[f"{kind}.lakehouse.{name}"]
        node["meta"].pop("owner", None)
        node["config"]["meta"].pop("owner")
    nodes["model.lakehouse.fct_payments"]["columns"]["amount_brl"]["description"] = ""
    nodes["model.lakehouse.dim_products"]["contract"]["enforced"] = False
    nodes["model.lakehouse.dim_products"]["config"]["contract"]["enforced"] = False
    nodes["model.lakehouse.int_reviews"]["description"] = " "
    nodes["model.lakehouse.agg_sales_daily"]["name"] = "sales_daily"
    del nodes[next(key for key in nodes if ".dim_dates__one_row_per_day." in key)]
    manifest["exposures"]["exposure.lakehouse.powerbi_sales"]["owner"]["email"] = None

    assert failures(manifest, tmp_path / "planted") == {
        ("check_lineage_source_cannot_be_used", CURATED),
        ("check_lineage_permitted_upstream_models", INTEGRATION),
        ("check_model_has_meta_keys", "model.lakehouse.dim_sellers"),
        ("check_model_has_meta_keys", "model.lakehouse.int_payments"),
        ("check_model_has_meta_keys", INTEGRATION),
        ("check_snapshot_has_meta_keys", "snapshot.lakehouse.snp_customers"),
        ("check_seed_has_meta_keys", "seed.lakehouse.seed_br_states"),
        ("check_model_column_description_populated", "model.lakehouse.fct_payments"),
        ("check_model_has_contracts_enforced", "model.lakehouse.dim_products"),
        ("check_model_description_populated", "model.lakehouse.int_reviews"),
        ("check_model_names", "model.lakehouse.agg_sales_daily"),
        ("check_model_has_unique_test", "model.lakehouse.dim_dates"),
        ("check_exposure_has_owner", "exposure.lakehouse.powerbi_sales"),
    }
