"""Changes of contracts: how grave each is, who is hurt, which version says so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from lakehouse.cli import cli
from lakehouse.contracts import Contract, load_contract
from lakehouse.contracts.compare import LEVELS, compare_contracts, parse_version

PROJECT = Path(__file__).resolve().parents[3]
Edit = Callable[[dict[str, Any]], None]


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (c for c in document["schema"][0]["properties"] if c["name"] == name)
    return found  # type: ignore[no-any-return]


def custom(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (c["value"] for c in document["customProperties"] if c["property"] == name)
    return found  # type: ignore[no-any-return]


def edited(tmp_path: Path, feed: str, *edits: Edit) -> Contract:
    document = yaml.safe_load((PROJECT / "contracts" / f"{feed}.odcs.yaml").read_text("utf-8"))
    document["version"] = "1.4.2"
    for edit in edits:
        edit(document)
    path = tmp_path / f"{feed}.odcs.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    return load_contract(path)


def typed(name: str, physical: str, logical: str) -> Edit:
    return lambda d: column(d, name).update(physicalType=physical, logicalType=logical)


def remove(name: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        document["schema"][0]["properties"].remove(column(document, name))

    return edit


def add(required: bool) -> Edit:
    new = {
        "name": "note",
        "logicalType": "string",
        "physicalType": "varchar",
        "required": required,
        "description": "A note.",
        "classification": "internal",
    }
    return lambda d: d["schema"][0]["properties"].append(new)


def bounds(name: str, **options: object) -> Edit:
    return lambda d: column(d, name).update(logicalTypeOptions=options)


def words(*listed: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        (rule,) = column(document, "payment_type")["quality"]
        rule["arguments"]["validValues"] = list(listed)

    return edit


def unit(name: str, value: str | None) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        listed = [] if value is None else [{"property": "unit", "value": value}]
        column(document, name)["customProperties"] = listed
        if not listed:
            del column(document, name)["customProperties"]

    return edit


def severity(word: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        (rule,) = column(document, "payment_type")["quality"]
        rule["severity"] = word

    return edit


def bounds_that_warn(maximum: int) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        (rule,) = column(document, "payment_installments")["quality"]
        assert rule["severity"] == "warning"
        rule["arguments"] = {"maximum": maximum}

    return edit


def retention(days: int | None) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        kept = [each for each in document["slaProperties"] if each["property"] != "retention"]
        new = [] if days is None else [{"property": "retention", "value": days, "unit": "d"}]
        document["slaProperties"] = kept + new

    return edit


def refers(*targets: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        found = [{"type": "foreignKey", "to": target} for target in targets]
        column(document, "order_id")["relationships"] = found
        if not found:
            del column(document, "order_id")["relationships"]

    return edit


WORDS = ("boleto", "credit_card", "debit_card", "not_defined", "voucher")

# Each change of the contract of payments, and its level as semver.org and the page on contracts
# put it: not taken from the code.
CHANGES: list[tuple[str, Edit, str]] = [
    ("removed", remove("payment_installments"), "major"),
    ("key_removed", lambda d: column(d, "payment_sequential").update(primaryKey=False), "major"),
    ("narrower", typed("payment_value", "decimal(9, 2)", "number"), "major"),
    ("other_scale", typed("payment_value", "decimal(18, 4)", "number"), "major"),
    ("wider", typed("payment_value", "decimal(20, 2)", "number"), "minor"),
    ("wider_integer", typed("payment_installments", "bigint", "integer"), "minor"),
    ("other_type", typed("payment_type", "varchar", "string"), "none"),
    ("stricter", lambda d: column(d, "currency").update(required=True), "major"),
    ("looser", lambda d: column(d, "payment_installments").update(required=False), "major"),
    ("word_removed", words(*WORDS[1:]), "major"),
    ("word_added", words(*WORDS, "pix"), "minor"),
    ("minimum_up", bounds("payment_value", minimum=1), "major"),
    ("minimum_down", bounds("payment_value", minimum=-1), "minor"),
    ("no_minimum", lambda d: column(d, "payment_value").pop("logicalTypeOptions"), "minor"),
    ("maximum", bounds("payment_value", minimum=0, maximum=9), "major"),
    ("length", bounds("order_id", maxLength=32), "major"),
    ("pattern", bounds("order_id", pattern="^[0-9a-f]{32}$"), "major"),
    ("no_pattern", lambda d: column(d, "currency").pop("logicalTypeOptions"), "minor"),
    ("mode", lambda d: custom(d, "loading").update(mode="append"), "major"),
    ("held_sooner", lambda d: custom(d, "loading").update(rejectAllowance=1), "minor"),
    ("place", lambda d: custom(d, "source").update(object="/v2/payments"), "major"),
    ("page_size", lambda d: custom(d, "source").update(pageSize=10), "patch"),
    ("zone", lambda d: custom(d, "format").update(timeZone="UTC"), "major"),
    ("null_tokens", lambda d: custom(d, "format").update(nullTokens=["NA"]), "minor"),
    ("renamed_at_source", lambda d: column(d, "payment_value").update(
        customProperties=[{"property": "sourcePath", "value": "value"}]), "major"),
    ("personal", lambda d: column(d, "order_id").update(classification="personal"), "minor"),
    ("warns_only", severity("warning"), "minor"),
    ("counts_more", bounds_that_warn(12), "minor"),
    ("counts_no_longer", lambda d: column(d, "payment_installments").pop("quality"), "minor"),
    ("other_unit", unit("payment_value", "cents"), "major"),
    ("no_unit", unit("payment_value", None), "major"),
    ("refers_no_longer", refers(), "major"),
    ("refers_elsewhere", refers("invoices.order_id"), "major"),
    ("refers_to_more", refers("orders.order_id", "invoices.order_id"), "minor"),
    ("kept_shorter", retention(365), "major"),
    ("kept_who_knows_how_long", retention(None), "major"),
    ("kept_longer", retention(9999), "minor"),
    ("described", lambda d: column(d, "order_id").update(description="The order."), "patch"),
    ("owner", lambda d: d["team"]["members"][0].update(username="somebody"), "patch"),
    ("seldom", lambda d: d["slaProperties"][0].update(value=2), "minor"),
    ("new_optional", add(required=False), "minor"),
    ("new_required", add(required=True), "major"),
]  # fmt: skip
EXPECTED = {"none": "1.4.2", "patch": "1.4.3", "minor": "1.5.0", "major": "2.0.0"}


def with_currency(document: dict[str, Any]) -> None:
    """An optional column with a pattern, whatever the contract has by now."""
    properties = document["schema"][0]["properties"]
    properties[:] = [p for p in properties if p["name"] != "currency"]
    add(required=False)(document)
    properties[-1].update(name="currency", logicalTypeOptions={"pattern": "^[A-Z]{3}$"})


@pytest.mark.parametrize(("edit", "level"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_compare_contracts__a_change__has_its_level_and_the_least_version(
    tmp_path: Path, edit: Edit, level: str
) -> None:
    old = edited(tmp_path, "payments", with_currency)
    new = edited(tmp_path, "payments", with_currency, edit)
    differences, problems = compare_contracts({"payments": old}, {"payments": new})
    # A reference that moves is one that goes, and one that comes.
    assert max((each.level for each in differences), key=LEVELS.index, default="none") == level
    assert [problem.expected for problem in problems] == (
        [] if level == "none" else [EXPECTED[level]]
    )
    raised = edited(
        tmp_path, "payments", with_currency, edit, lambda d: d.update(version=EXPECTED[level])
    )
    assert compare_contracts({"payments": old}, {"payments": raised})[1] == []


def test_compare_contracts__a_rule_that_warned_and_now_refuses__is_major(tmp_path: Path) -> None:
    before = edited(tmp_path, "payments", severity("warning"))
    after = edited(tmp_path, "payments")
    differences, _ = compare_contracts({"payments": before}, {"payments": after})
    assert max((each.level for each in differences), key=LEVELS.index) == "major"


def test_compare_contracts__what_was_never_said__is_less_than_a_change(tmp_path: Path) -> None:
    """Contracts of before units, references and retention are still compared with."""
    edits = (unit("payment_value", None), refers(), retention(None))
    before, after = edited(tmp_path, "payments", *edits), edited(tmp_path, "payments")
    differences, _ = compare_contracts({"payments": before}, {"payments": after})
    assert sorted((each.level, each.column) for each in differences if each.column) == [
        ("minor", "order_id"), ("patch", "payment_value"),
    ]  # fmt: skip
    assert [each.level for each in differences if each.column is None] == ["minor"]


def as_drop(document: dict[str, Any]) -> None:
    source = custom(document, "source")
    files = source.pop("files")
    source.update(kind="drop", object=files["folder"], pattern=files["pattern"])
    source.pop("textColumns")


def without_files(document: dict[str, Any]) -> None:
    del custom(document, "source")["files"]


def elsewhere(document: dict[str, Any]) -> None:
    custom(document, "source")["files"]["folder"] = "other"


def numbers_only(document: dict[str, Any]) -> None:
    custom(document, "source").pop("textColumns")


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ([as_drop], [], "minor"),
        ([without_files], [], "minor"),
        ([numbers_only], [], "minor"),
        ([], [as_drop], "major"),
        ([], [without_files], "major"),
        ([as_drop], [elsewhere], "major"),
        ([], [numbers_only], "major"),
    ],
)
def test_compare_contracts__doors__one_more_is_minor_one_less_is_major(
    tmp_path: Path, before: list[Edit], after: list[Edit], level: str
) -> None:
    old, new = (edited(tmp_path, "products", *edits) for edits in (before, after))
    differences, _ = compare_contracts({"products": old}, {"products": new})
    assert max((each.level for each in differences), key=LEVELS.index) == level


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("0.3.1", "0.3.2", ["0.4.0"]),
        ("0.3.1", "0.4.0", []),
        ("1.9.0", "2.0.0", []),
        ("1.9.0", "1.10.0", ["2.0.0"]),
        ("1.9.0", "2", ["2.0.0"]),
        ("v1", "2.0.0", []),
        ("v1", "v2", ["1.0.0"]),
    ],
)
def test_compare_contracts__versions__are_read_as_semver(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    before = edited(tmp_path, "payments", lambda d: d.update(version=old))
    after = edited(
        tmp_path, "payments", lambda d: d.update(version=new), remove("payment_installments")
    )
    problems = compare_contracts({"payments": before}, {"payments": after})[1]
    assert [problem.expected for problem in problems] == expected


def test_compare_contracts__an_older_version_of_the_same__is_refused(tmp_path: Path) -> None:
    before = edited(tmp_path, "payments")
    after = edited(tmp_path, "payments", lambda d: d.update(version="1.4.1"))
    (problem,) = compare_contracts({"payments": before}, {"payments": after})[1]
    assert problem.expected == "1.4.2"


def test_own_contracts__have_versions_that_can_be_compared() -> None:
    paths = sorted((PROJECT / "contracts").glob("*.odcs.yaml"))
    assert len(paths) >= 8
    assert all(parse_version(load_contract(path).version) for path in paths)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git checkout on `main` with a copy of contracts, inventory and dbt project."""
    for name in ("contracts", "infra", "models", "macros", "snapshots", "talend", "tests/dbt"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path, "first")
    monkeypatch.setenv("LAKEHOUSE_PROJECT_DIR", str(tmp_path))
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    person = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *person, *arguments], check=True, capture_output=True)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["contracts", "check", *arguments])


def rewrite(checkout: Path, feed: str, edit: Edit) -> None:
    path = checkout / "contracts" / f"{feed}.odcs.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    edit(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    assert CliRunner().invoke(cli, ["contracts", "render"]).exit_code == 0


def test_contracts_check__column_removed__names_models_and_version(checkout: Path) -> None:
    rewrite(checkout, "orders", remove("order_status"))
    result = check("--json")
    assert result.exit_code == 3
    answer = json.loads(result.stdout)
    (change,) = answer["changes"]
    assert (change["feed"], change["column"], change["level"]) == (
        "orders", "order_status", "major",
    )  # fmt: skip
    assert "int_orders" in change["naming"]
    # Only the model of orders names its status; facts see it through that model.
    assert "fct_orders" in change["downstream"]
    assert "int_customers" not in change["naming"] + change["others"] + change["downstream"]
    version, still_named = answer["problems"]
    assert version.startswith("orders.odcs.yaml: version: is '")
    assert "order_status: the column is removed" in version
    assert "orders.order_status: the column is removed and still named by" in still_named


def test_contracts_check__same_change_with_version_and_models__passes(checkout: Path) -> None:
    rewrite(checkout, "reviews", lambda d: custom(d, "loading").update(rejectAllowance=3))
    assert check().exit_code == 3
    rewrite(checkout, "reviews", lambda d: d.update(version="99.0.0"))
    result = check()
    assert result.exit_code == 0, result.output
    assert "minor: reviews: reject_allowance was" in result.output


def test_contracts_check__snapshot_of_a_removed_feed__is_downstream(checkout: Path) -> None:
    (checkout / "contracts" / "customers.odcs.yaml").unlink()
    dangling = check()
    assert dangling.exit_code == 3
    assert "orders.odcs.yaml: schema[0].properties[customer_id].relationships: refers to " in (
        dangling.stderr
    )
    rewrite(checkout, "orders", lambda d: column(d, "customer_id").pop("relationships"))
    result = check()
    assert result.exit_code == 3
    assert "major: customers: the contract is removed" in result.stdout
    assert "snp_customers" in result.stdout
    (named,) = re.findall(
        r"customers: the contract is removed and still named by (.*) \(change", result.stderr
    )
    assert "int_customers" in named.split(", ")


def test_contracts_check__others_went_on_on_main__are_no_change_of_this_branch(
    checkout: Path,
) -> None:
    git(checkout, "checkout", "--quiet", "-b", "topic")
    git(checkout, "checkout", "--quiet", "main")
    rewrite(checkout, "sellers", lambda d: d["description"].update(usage="Otherwise."))
    commit(checkout, "sellers")
    git(checkout, "checkout", "--quiet", "topic")
    result = check()
    assert result.exit_code == 0, result.output
    assert "sellers" not in result.stdout
    assert "patch: sellers: usage is said otherwise" in check("--against", "main").stdout


def test_contracts_check__against__takes_a_folder_or_a_reference(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("old")
    shutil.copytree(checkout / "contracts", folder / "contracts")
    rewrite(checkout, "reviews", lambda d: custom(d, "loading").update(mode="full"))
    commit(checkout, "mode")
    assert check().exit_code == 0
    for against in (str(folder), str(folder / "contracts"), "HEAD~1"):
        result = check("--against", against)
        assert result.exit_code == 3, against
        assert "reviews: the loading mode was append, now full" in result.output
    result = check("--against", "no-such-thing")
    assert result.exit_code == 2
    assert "--against no-such-thing: neither a folder" in result.stderr


def test_contracts_check__reference_list_that_changed__needs_a_version(checkout: Path) -> None:
    path = checkout / "contracts" / "lookups" / "currencies.csv"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("JPY,Japanese Yen,0", "JPY,Japanese Yen,2") + "XTS,Test,0\n", "utf-8"
    )
    result = check("--against", "HEAD")
    assert result.exit_code == 3
    of_digits = "exchange_rates.currency_minor_digits: currencies has"
    assert f"major: {of_digits} no longer the same for JPY" in result.output
    assert f"minor: {of_digits} XTS now" in result.output
    assert "minor: exchange_rates.currency_name: currencies has XTS now" in result.output
    assert "at least 3.0.0" in result.output


def test_contracts_check__previous_version_unreadable__is_said_and_stops_nothing(
    checkout: Path,
) -> None:
    path = checkout / "contracts" / "reviews.odcs.yaml"
    good = path.read_text("utf-8")
    path.write_text("a: [", "utf-8")
    commit(checkout, "broken")
    path.write_text(good, "utf-8")
    result = check()
    assert result.exit_code == 0
    assert "not compared with the previous version: reviews.odcs.yaml: line" in result.stderr
    assert check("--against", "HEAD").exit_code == 3
