"""Reference lists beside the contracts: what is read, refused, and told of a change."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.contracts import load_contract
from lakehouse.contracts.compare import compare_contracts
from lakehouse.errors import ContractError

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
LIST = "code varchar,name varchar,size integer,rate decimal(4; 2),is_new boolean,since date\n"


def write(
    folder: Path, content: str, *, physical: str = "varchar", take: str = "name", **changes: Any
) -> Path:
    """The contract of rates with one looked-up column, of a list with that content."""
    document = yaml.safe_load((CONTRACTS / "exchange_rates.odcs.yaml").read_text("utf-8"))
    properties = document["schema"][0]["properties"]
    logical = {"varchar": "string", "integer": "integer", "boolean": "boolean", "date": "date"}
    lookup = {"list": "things", "key": "currency", "take": take, "onMiss": "none"}
    column = {
        **properties[4],
        "name": "thing",
        "logicalType": logical.get(physical, "number"),
        "physicalType": physical,
        "customProperties": [{"property": "lookup", "value": lookup | changes.pop("lookup", {})}],
        **changes,
    }
    document["schema"][0]["properties"] = [*properties[:4], column]
    (folder / "lookups").mkdir(exist_ok=True)
    (folder / "lookups" / "things.csv").write_text(content, "utf-8")
    path = folder / "exchange_rates.odcs.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    return path


@pytest.mark.parametrize(
    ("take", "physical", "values"),
    [
        ("name", "varchar", ("Ä, b", None)),
        ("size", "integer", (-7, 0)),
        ("rate", "decimal(4, 2)", (Decimal("1.5"), None)),
        ("is_new", "boolean", (True, False)),
        ("since", "date", (date(2026, 2, 28), None)),
    ],
)
def test_load_contract__list__has_typed_values_and_its_checksum(
    tmp_path: Path, take: str, physical: str, values: tuple[object, object]
) -> None:
    head = LIST.replace("decimal(4; 2)", '"decimal(4, 2)"').replace(
        'rate "decimal(4, 2)"', '"rate decimal(4, 2)"'
    )
    content = head + 'a1,"Ä, b",-7,1.5,true,2026-02-28\nB2,,0,,false,\n'
    column = load_contract(write(tmp_path, content, take=take, physical=physical)).column("thing")
    assert column.lookup is not None
    assert column.lookup.entries == (("A1", values[0]), ("B2", values[1]))
    assert column.lookup.sha256 == hashlib.sha256(content.encode()).hexdigest()


GOOD = "code varchar,name varchar,size integer\na,x,1\n"


@pytest.mark.parametrize(
    ("content", "changes", "place"),
    [
        ("", {}, "whose header is []"),
        ("code,name varchar\na,x\n", {}, "whose header is ['code', 'name varchar']"),
        ("code integer,name varchar\n1,x\n", {}, "whose header is"),
        ("code varchar,name varchar\n", {}, "which has no line"),
        (GOOD + "b,x\n", {}, "line 3 is ['b', 'x']"),
        (GOOD + "A,x,2\n", {}, "line 3 is ['A', 'x', '2']"),
        (GOOD + ",x,2\n", {}, "line 3 is ['', 'x', '2']"),
        (GOOD + "b,x,2.5\n", {"take": "size", "physical": "integer"}, "has '2.5' in line 3"),
        (GOOD + "b,x,3000000000\n", {"take": "size", "physical": "integer"}, "in line 3"),
        (GOOD, {"take": "colour"}, "take: is 'colour' (one of code, name, size)"),
        (GOOD, {"take": "size"}, "take: is integer in the list, and this column varchar"),
        (GOOD, {"lookup": {"list": "no_such"}}, "lookups/no_such.csv: No such file"),
        (GOOD, {"lookup": {"list": "../things"}}, "list: is '../things'"),
        (GOOD, {"lookup": {"key": "brl_per_unit"}}, "is looked up by 'brl_per_unit', and the"),
        (GOOD, {"lookup": {"onMiss": "drop"}}, "onMiss: is 'drop' (must be error or warning"),
        (GOOD, {"required": True}, "is looked up, and has what is asked of a source"),
        (GOOD, {"logicalTypeOptions": {"maxLength": 3}}, "is looked up, and has what is asked"),
    ],
)
def test_load_contract__list_or_look_up_that_is_wrong__is_refused_by_place(
    tmp_path: Path, content: str, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(ContractError, match=re.escape(place)) as caught:
        load_contract(write(tmp_path, content, **changes))
    assert str(caught.value).startswith("exchange_rates.odcs.yaml: schema[0].properties[thing]")


@pytest.mark.parametrize(
    ("content", "changes", "level", "what"),
    [
        (GOOD + "b,y,2\n", {}, "minor", "things has B now"),
        (GOOD.replace("a,x", "a,z"), {}, "major", "things has no longer the same for A"),
        (GOOD.replace("a,x", "b,x"), {}, "major", "things has no longer the same for A"),
        (GOOD.replace("a,x,1", "a,x,9"), {}, None, ""),  # of a column that nobody takes
        (
            GOOD,
            {"lookup": {"take": "code"}},
            "major",
            "its values came from name of things by currency, now from code of things by currency",
        ),
        (
            GOOD,
            {"lookup": {"onMiss": "error"}},
            "major",
            "lookup was none, now things: rows beyond",
        ),
        (GOOD, {"lookup": {"onMiss": "warning"}}, "minor", "rows beyond lookup things are counted"),
    ],
)
def test_compare_contracts__list_that_changed__is_told(
    tmp_path: Path, content: str, changes: dict[str, Any], level: str | None, what: str
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = load_contract(write(tmp_path / "old", GOOD))
    new = load_contract(write(tmp_path / "new", content, **changes))
    differences, _ = compare_contracts({old.feed: old}, {new.feed: new})
    assert [each.level for each in differences[:1]] == ([level] if level else [])
    assert differences[0].what.startswith(what) if level else not differences
