"""The guide to a new feed: its contract is in order, and lands its file as the guide says."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from lakehouse.contracts import Lake, connect_lake
from lakehouse.contracts.loader import check_standard
from lakehouse.landing import Manifest, Sources, land
from lakehouse.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]
DAY = date(2026, 6, 1)


def blocks(language: str) -> dict[str, str]:
    text = (PROJECT / "docs" / language / "new-feed.md").read_text("utf-8")
    return dict(re.findall(r"```(yaml|csv|)\n(.*?)```", text, re.DOTALL))


def test_new_feed__guide__lands_what_it_says(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del lake  # its buckets are there
    for folder in ("contracts", "infra"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    contract = tmp_path / "contracts" / "campaign_costs.odcs.yaml"
    contract.write_text(blocks("en")["yaml"], "utf-8")
    delivery = tmp_path / "my-drop" / "campaign_costs" / "2026-06-01" / "costs.csv"
    delivery.parent.mkdir(parents=True)
    delivery.write_text(blocks("en")["csv"], "utf-8")
    monkeypatch.setenv("LAKEHOUSE_PROJECT_DIR", str(tmp_path))
    own = connect_lake(Settings.from_env())
    manifest = land("campaign_costs", DAY, Sources(drop_dir=tmp_path / "my-drop"), own)
    assert isinstance(manifest, Manifest)
    assert (manifest.read_count, manifest.rejected_by_rule) == (2, {"minimum": 1})
    assert check_standard(contract) == []


def test_new_feed__guides_of_both_languages__have_the_same_code() -> None:
    assert blocks("en") == blocks("pt-BR")
