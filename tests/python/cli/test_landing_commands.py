"""`lakehouse land`, `runs`, `rejects` and `contracts` as a person or a script calls them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lakehouse.cli import cli

PROJECT = Path(__file__).resolve().parents[3]
HEADER = "seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def sellers(lake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One good and one bad seller, dropped for 2026-06-01."""
    folder = tmp_path / "sellers" / "2026-06-01"
    folder.mkdir(parents=True)
    (folder / "sellers.csv").write_text(HEADER + "s1,01310,x,SP,,\ns2,,x,SP,,\n", "utf-8")
    monkeypatch.setenv("LAKEHOUSE_DROP_DIR", str(tmp_path))
    return lake


def test_land__a_feed__prints_what_came_of_it(sellers: Any) -> None:
    result = run("land", "sellers", "--date", "2026-06-01")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[1].split() == [
        "sellers", "2026-06-01", "published", "2", "1", "1", "required", "1",
    ]  # fmt: skip


def test_land__json__prints_manifests(sellers: Any) -> None:
    (manifest,) = json.loads(run("land", "sellers", "--date", "2026-06-01", "--json").output)
    assert (manifest["run_id"], manifest["written_count"]) == ("sellers-2026-06-01", 1)


def test_land__one_feed_fails__lands_the_others_and_exits_with_its_status(sellers: Any) -> None:
    result = run("land", "products", "sellers", "--date", "2026-06-01")
    assert result.exit_code == 5
    assert "error: products: no *.csv in" in result.output
    assert "sellers  2026-06-01     published" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["land", "sellers"], "--date YYYY-MM-DD"),
        (["land", "--date", "2026-06-01"], "say which feeds: category_translations"),
        (["land", "seller", "--date", "2026-06-01"], "there is no feed 'seller'"),
        (["rejects", "seller"], "there is no feed 'seller'"),
        (["runs", "seller"], "there is no feed 'seller'"),
        (["reprocess", "seller", "--from", "2026-06-01"], "there is no feed 'seller'"),
        (["land", "--replay", "seller-2026-06-01"], "there is no feed 'seller'"),
    ],
)
def test_command__argument_missing_or_wrong__says_what_to_do_before_it_starts_a_lake(
    lake: Any, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*of_lake: Any) -> None:
        raise AssertionError("a local Athena would have been started")

    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setattr("lakehouse.cli._endpoint.run_under_local_athena", start)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_land__verify__checks_a_manifest(sellers: Any) -> None:
    run("land", "sellers", "--date", "2026-06-01")
    folder = "catalogue/sellers/ingest_date=2026-06-01/"
    uri = f"s3://lakehouse-local-raw/{folder}_manifest.json"
    assert run("land", "--verify", uri).exit_code == 0
    sellers.s3.delete_object(
        Bucket="lakehouse-local-raw", Key=f"{folder}sellers-2026-06-01.parquet"
    )
    result = run("land", "--verify", uri)
    assert result.exit_code == 6
    assert "sellers-2026-06-01.parquet is missing" in result.output
    raw = {"Bucket": "lakehouse-local-raw", "Key": f"{folder}_SUCCESS"}
    sellers.s3.put_object(**raw, Body=b"0" * 64 + b"\n")
    assert "_SUCCESS confirms another manifest than this one" in run("land", "--verify", uri).output
    sellers.s3.delete_object(**raw)
    assert "the batch is not published" in run("land", "--verify", uri).output
    assert run("land", "--replay", "sellers-2026-06-01").exit_code == 0
    assert run("land", "--verify", uri).exit_code == 0


def test_runs_and_rejects__show_what_was_landed(sellers: Any) -> None:
    assert "no batch has been landed yet" in run("runs").output
    result = run("rejects", "sellers")
    assert (result.exit_code, "no batch of sellers was landed" in result.output) == (2, True)
    run("land", "sellers", "--date", "2026-06-01")
    assert "sellers  2026-06-01     published  2     1        1" in run("runs").output
    (manifest,) = json.loads(run("runs", "sellers", "--json").output)
    assert manifest["rejected_by_rule"] == {"required": 1}
    (row,) = json.loads(run("rejects", "sellers", "--date", "2026-06-01", "--json").output)
    assert (row["rule"], row["column_name"], row["row_number"]) == (
        "required", "seller_zip_code_prefix", 2,
    )  # fmt: skip
    lines = run("rejects", "sellers").output.splitlines()
    assert lines[1].split() == ["required", "seller_zip_code_prefix", "1", "1"]
    assert lines[-1].startswith("2026-06-01   required  seller_zip_code_prefix")
    assert "  sellers.csv:2  " in lines[-1]
    assert "no refused row of sellers by type" in run("rejects", "sellers", "--rule", "type").output
    result = run("rejects", "sellers", "--date", "2026-06-02")
    assert result.exit_code == 2
    assert "no batch of sellers of 2026-06-02 was landed: see `lakehouse runs" in result.output


def test_land__without_local_endpoint__says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_PROJECT_DIR", str(PROJECT))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("LAKEHOUSE_ENV", "local")
    result = run("land", "sellers", "--date", "2026-06-01")
    assert result.exit_code == 2
    assert "local-athena exec" in result.output


def test_runs__endpoint_is_down__says_how_to_start_one(
    lake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = run("runs")
    assert result.exit_code == 4
    assert "http://127.0.0.1:9" in result.output
    assert "`local-athena serve`" in result.output


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the contracts' commands read and write."""
    for name in ("contracts", "infra", "models/raw", "talend"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    monkeypatch.setenv("LAKEHOUSE_PROJECT_DIR", str(tmp_path))
    return tmp_path


def test_contracts_check__own_project__is_valid_and_fresh(project: Path) -> None:
    result = run("contracts", "check")
    assert result.exit_code == 0, result.output
    assert result.output == "12 contracts are valid and their rendered files fresh\n"


def test_contracts_check__malformed_and_stale__names_everything(project: Path) -> None:
    path = project / "contracts" / "orders.odcs.yaml"
    good = path.read_text("utf-8")
    path.write_text(re.sub(r"^version: .*\n", "", good, flags=re.MULTILINE), "utf-8")
    (project / "contracts" / "sellers.odcs.yaml").write_text("a: [", "utf-8")
    result = run("contracts", "check")
    assert result.exit_code == 3
    assert "orders.odcs.yaml: version: is missing" in result.output
    assert "sellers.odcs.yaml: line" in result.output
    shutil.copy(PROJECT / "contracts" / "sellers.odcs.yaml", project / "contracts")
    path.write_text(good.replace("Instant of purchase.", "When it was bought."), "utf-8")
    result = run("contracts", "render", "--check")
    assert result.exit_code == 3
    assert "models/raw/_order_management__sources.yml: differs from its contract" in result.output
    assert run("contracts", "render").exit_code == 0
    assert run("contracts", "render", "--check").exit_code == 0


def test_contracts_apply__twice__creates_then_keeps(
    lake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = run("contracts", "apply", "--target", "local", "--dry-run")
    assert "create local_raw.orders" in dry.output
    first = run("contracts", "apply", "--target", "local")
    assert "create local_ops.rejected_rows" in first.output
    second = json.loads(run("contracts", "apply", "--target", "local", "--json").output)
    assert {table["action"] for table in second["tables"]} == {"keep"}
    other = run("contracts", "apply", "--target", "prod")
    assert other.exit_code == 2
    assert "LAKEHOUSE_BUCKET_PREFIX is not set" in other.output
    monkeypatch.setenv("LAKEHOUSE_BUCKET_PREFIX", "acme")
    other = run("contracts", "apply", "--target", "prod")
    assert other.exit_code == 4
    assert "database prod_raw does not exist" in other.output
