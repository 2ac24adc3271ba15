"""Families of planted faults: their form, and that each fits the project as it stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from faults.fault import Fault, FaultError, choose, load_faults

PROJECT = Path(__file__).resolve().parents[3]

FAMILY = """\
faults:
  - name: first
    mistake: Somebody thought that all of them count.
    target: models/a.sql
    change: {from: one, to: two}
    expect: [a__not_null]
"""


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


def test_load_faults__a_family__is_read_with_the_usual_build(tmp_path: Path) -> None:
    write(tmp_path, "joins.yml", FAMILY)
    assert load_faults(tmp_path) == [
        Fault(
            family="joins",
            name="first",
            mistake="Somebody thought that all of them count.",
            target="models/a.sql",
            before="one",
            after="two",
            expect=("a__not_null",),
            build="day",
        )
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("expect: [a__not_null]", "expect: []", r"joins.yml: first.expect: \[\] should be non-emp"),
        ("target: models/a.sql", "target: src/a.py", "joins.yml: first.target: 'src/a.py' does"),
        ("{from: one, to: two}", "{from: one}", "joins.yml: first.change: 'to' is a required"),
        ("name: first", "title: first", "joins.yml: fault 1: 'name' is a required"),
        ("faults:", "faults: {", "joins.yml is not YAML"),
        ("faults:", "fault:", "joins.yml: the document: "),
    ],
)
def test_load_faults__a_family_of_another_form__says_where(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert FAMILY.count(right) == 1
    write(tmp_path, "joins.yml", FAMILY.replace(right, wrong))
    with pytest.raises(FaultError, match=message):
        load_faults(tmp_path)


def test_load_faults__a_name_in_two_families__is_refused(tmp_path: Path) -> None:
    write(tmp_path, "joins.yml", FAMILY)
    write(tmp_path, "keys.yml", FAMILY)
    with pytest.raises(FaultError, match=r"first is in joins.yml and in keys.yml"):
        load_faults(tmp_path)


def test_choose__names_of_faults_and_families__keeps_those(tmp_path: Path) -> None:
    write(tmp_path, "joins.yml", FAMILY)
    write(tmp_path, "keys.yml", FAMILY.replace("name: first", "name: second"))
    faults = load_faults(tmp_path)
    assert [fault.name for fault in choose(faults, [])] == ["first", "second"]
    assert [fault.name for fault in choose(faults, ["keys"])] == ["second"]
    assert [fault.name for fault in choose(faults, ["first", "joins"])] == ["first"]
    with pytest.raises(FaultError, match="neither a fault nor a family named third"):
        choose(faults, ["third"])


@pytest.mark.parametrize(("text", "count"), [("none", "no times"), ("one one", "2 times")])
def test_applied_to__text_not_there_once__is_an_error(
    tmp_path: Path, text: str, count: str
) -> None:
    write(tmp_path, "joins.yml", FAMILY.replace("from: one,", "from: 'one',"))
    (fault,) = load_faults(tmp_path)
    assert fault.applied_to("just one") == "just two"
    with pytest.raises(FaultError, match=f"first: the change does not apply: .* {count}"):
        fault.applied_to(text.replace("none", "nothing"))


def test_check__faults_that_do_not_fit__are_named_and_the_projects_own_all_fit(
    tmp_path: Path,
) -> None:
    families = tmp_path / "families"
    families.mkdir()
    for path in (PROJECT / "faults").glob("*.yml"):
        write(families, path.name, path.read_text("utf-8"))
    own = len(load_faults(families))
    model = "models/curated/sales/dim_sellers.sql"
    fits = FAMILY.replace("models/a.sql", model).replace("from: one", "from: sellers.is_active")
    several = [
        fits.replace("name: first", "name: unknown_test"),
        fits.replace("name: first", "name: no_such_text").replace("is_active", "is_nowhere"),
        FAMILY.replace("name: first", "name: no_such_file"),
    ]
    bodies = (each.removeprefix("faults:\n") for each in several)
    write(families, "zzz.yml", "faults:\n" + "".join(bodies))
    command = [sys.executable, "-m", "faults.run", "--check"]
    command += ["--families", str(families), "--folder", str(tmp_path / "work")]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert sorted(done.stderr.splitlines()) == [
        "zzz/no_such_file: there is no models/a.sql",
        f"zzz/no_such_text: the change does not apply: {model} holds its `from` no times, not once",
        "zzz/unknown_test: expects what the project lacks: a__not_null",
    ]
    assert f"{own} of {own + 3} faults fit the project" in done.stdout
    assert not (tmp_path / "work" / "base").exists()
