"""What a notification says of a batch that waits for a person: the reason of its manifest."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lakehouse.errors import BatchHeldError, SourcePausedError, SourceUnavailableError
from lakehouse.landing import Sources, find_runs, land
from lakehouse.orchestration.notifications import Incident, compose
from lakehouse.orchestration.notifications.airflow_events import (
    describe,
    find_source,
    task_event,
    with_runbook,
)
from lakehouse.orchestration.notifications.incident import record
from lakehouse.orchestration.notifications.render import as_text
from tests.python.conftest import PROJECT

DAY = date(2026, 6, 1)
HEADER = "seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"


def _context() -> dict[str, Any]:
    instance = SimpleNamespace(
        dag_id="transform",
        run_id="r",
        task_id="land_sellers",
        map_index=-1,
        try_number=1,
        task=SimpleNamespace(owner="catalogue"),
        log_url="http://airflow.example/log",
    )
    return {"ti": instance}


@pytest.mark.parametrize(
    "rows", ["".join(f"b{n},,x,SP,,\n" for n in range(30)), ""], ids=["refused", "empty"]
)
def test_held_batch__its_notification__carries_the_reason_of_the_manifest(
    lake: Any, tmp_path: Path, rows: str
) -> None:
    folder = tmp_path / "sellers" / DAY.isoformat()
    folder.mkdir(parents=True)
    (folder / "sellers.csv").write_text(HEADER + rows)
    with pytest.raises(BatchHeldError) as caught:
        land("sellers", DAY, Sources(drop_dir=tmp_path), lake)
    (run,) = find_runs(lake, [lake.contract("sellers")])
    assert run.state == "held"
    assert run.reason
    event = task_event("failure", _context(), caught.value, None)
    event = with_runbook(event, PROJECT / "docs" / "pt-BR")
    incident = record(Incident(event.incident), event)
    text = as_text(compose(incident, "pt-BR", environment="ci", docs_url="docs"))
    assert run.reason in text
    assert "permanente: alguém precisa agir" in text
    assert "Responsável: catalogue" in text
    assert "docs/pt-BR/runbooks/transform.md" in text


def test_find_source__an_error_that_another_one_caused__is_the_silence_behind_it() -> None:
    systems = {"payments": "payment_gateway"}
    away = SourceUnavailableError("payments", "status 503")
    wrapped = RuntimeError("the task failed")
    wrapped.__cause__ = away
    assert find_source(wrapped, systems.get) == "payment_gateway"
    paused = SourcePausedError("payments", "payment_gateway", "then", "status 503")
    assert find_source(paused, systems.get) == "payment_gateway"
    assert find_source(SourceUnavailableError("unheard_of", "x"), systems.get) is None
    assert find_source(BatchHeldError("run", "x"), systems.get) is None
    assert find_source("killed", systems.get) is None


def test_describe__a_long_error_of_many_lines__is_one_line_without_secrets() -> None:
    text = describe(ValueError("password=hunter2hunter2\n" + "row\n" * 1000))
    assert len(text) == 600
    assert "\n" not in text
    assert "hunter2" not in text
    assert describe(ValueError()) == "ValueError"
