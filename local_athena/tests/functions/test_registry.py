"""The families: each name has one owner, and what Trino has is either written or refused."""

from __future__ import annotations

import json
from collections import Counter
from importlib import import_module
from pathlib import Path

from local_athena.functions.refused import REFUSED
from local_athena.functions.registry import FAMILIES, catalogue, families
from local_athena.sql.binder.special_forms import SPECIAL_FORMS

from local_athena import functions

SIGNATURES = Path(functions.__file__).parent / "signatures.jsonl"


def test_families__every_file__is_listed_and_has_something() -> None:
    for name in families():
        module = import_module(f"local_athena.functions.{name}")
        offered = [
            getattr(module, kind, None) for kind in ("SCALARS", "AGGREGATES", "WINDOWS", "CASTS")
        ]
        assert any(offered), name
    assert set(families()) <= set(FAMILIES)


def test_families__names__have_one_owner() -> None:
    owners: Counter[object] = Counter()
    for family in families().values():
        for kind in ("scalars", "aggregates", "windows", "casts"):
            for name in getattr(family, kind):
                owners[(kind, name)] += 1

    assert [name for name, count in owners.items() if count > 1] == []


def test_catalogue__functions_of_trino__are_written_or_refused_with_a_reason() -> None:
    wanted: dict[str, set[str]] = {"aggregate": set(), "window": set(), "scalar": set()}
    with SIGNATURES.open(encoding="utf-8") as file:
        for line in file:
            signature = json.loads(line)
            if signature["kind"] in wanted:
                wanted[signature["kind"]].add(signature["name"].lower())
    known = catalogue()
    scalars = set(known.scalars) | set(SPECIAL_FORMS)

    assert wanted["window"] - set(known.windows) == set()
    assert wanted["aggregate"] - set(known.aggregates) - set(REFUSED) == set()
    assert wanted["scalar"] - scalars - set(REFUSED) == set()
    assert set(REFUSED) & (scalars | set(known.aggregates)) == set()
