"""The samples that `lakehouse notify` shows."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakehouse.cli.notify import notify_command
from lakehouse.contracts import load_contracts
from lakehouse.orchestration.notifications.samples import sample_incidents

PROJECT = Path(__file__).resolve().parents[4]


def test_samples__tasks_that_land__are_of_the_dag_of_their_system_and_its_page() -> None:
    contracts = load_contracts(PROJECT / "contracts")
    incidents = sample_incidents(datetime(2026, 6, 2, tzinfo=UTC))
    events = [event for incident in incidents for event in incident.pending]
    landing = [event for event in events if event.task_id.startswith("land_")]
    assert landing
    for event in landing:
        system = contracts[event.task_id.removeprefix("land_")].source.system
        assert event.dag_id == f"landing__{system}"
        assert event.runbook.startswith(("runbooks/landing.md", "runbooks/errors.md"))
    pages = {event.runbook.partition("#")[0] for event in events}
    assert {"runbooks/landing.md", "runbooks/transform.md"} <= pages
    for page in pages:
        assert (PROJECT / "docs" / "en" / page).is_file()


def test_notify__to_send_without_airflow__says_what_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "airflow", None)
    monkeypatch.setenv("LAKEHOUSE_NOTIFY_SLACK", "foo")
    answer = CliRunner().invoke(notify_command, ["--test"])
    assert answer.exit_code == 2, answer.output
    assert "`make airflow` installs and opens it" in answer.output
    assert "Traceback" not in answer.output
    assert CliRunner().invoke(notify_command, []).exit_code == 0
