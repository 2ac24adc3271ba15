"""What messages say, in both languages, and that no channel's published limit is passed."""

from __future__ import annotations

import re
import string
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.orchestration.notifications import Event, Incident, Message, compose
from lakehouse.orchestration.notifications.incident import record, settle
from lakehouse.orchestration.notifications.render import as_email, as_slack, as_sns, as_text
from lakehouse.orchestration.notifications.texts import LANGUAGES, TEXTS
from tests.python.orchestration.notifications.samples import NOON, event


def _message(*events: Event, language: Any = "en", told: int = 0) -> Message:
    incident = Incident(events[0].incident)
    for number in range(told):
        incident = record(incident, event(incident=events[0].incident, task_id=f"told{number}"))
    if told:
        incident = settle(incident, "me", incident.pending, NOON + timedelta(minutes=1))
    for each in events:
        incident = record(incident, each)
    return compose(incident, language, environment="prod", docs_url="https://docs.example/lake/")


def test_texts__both_languages__have_the_same_places() -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, portuguese = (TEXTS[language] for language in LANGUAGES)
    assert set(english) == set(portuguese)
    assert {key: places(text) for key, text in english.items()} == {
        key: places(text) for key, text in portuguese.items()
    }


def test_message__a_failed_task__says_what_where_why_whose_and_what_to_do() -> None:
    assert as_text(_message(event())) == (
        "DAG land_payments failed: 1 task\n"
        "\n"
        "Environment: prod\n"
        "Owner: payments\n"
        "Run: land_payments scheduled__2026-06-01\n"
        "Kind of error: transient: it may pass by itself\n"
        "\n"
        "- land_payments.land_payments: failed: payments: status 503\n"
        "  log: http://127.0.0.1:8080/dags/land_payments/runs/r/tasks/land_payments?try_number=3\n"
        "\n"
        "What to do: https://docs.example/lake/en/runbooks/land_payments.md\n"
    )


def test_message__thirty_feeds_of_a_source_that_is_down__is_one_with_the_list() -> None:
    feeds = [
        event(incident="source.payment_gateway", dag_id="land", task_id=f"land_feed_{number:02}")
        for number in range(30)
    ]
    message = _message(*feeds, language="pt-BR")
    assert message.title == "Fonte payment_gateway não responde: 30 tarefas"
    assert [item.name for item in message.items] == [f"land.land_feed_{n:02}" for n in range(30)]
    assert {item.outcome for item in message.items} == {"falhou"}
    assert message.runbook[1].startswith("https://docs.example/lake/pt-BR/runbooks/")


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("retry", "DAG land_payments: 1 task failed, tried again"),
        ("deadline", "DAG land_payments is late"),
        ("paused", "DAG land_payments failed again and again and was paused"),
        ("recovery", "DAG land_payments works again (since 2026-06-01 12:00 UTC)"),
    ],
)
def test_message__each_kind__has_its_title(kind: str, title: str) -> None:
    told = 1 if kind == "recovery" else 0
    assert _message(event(kind, task_id=""), told=told).title == title


def test_message__a_summary__says_since_when_and_how_many_were_told() -> None:
    message = _message(*(event(task_id=f"t{n}") for n in range(7)), told=5)
    assert message.title == "DAG land_payments failed: 7 tasks (since 2026-06-01 12:00 UTC)"
    assert ("Told before", "5") in message.facts


def test_message__a_run_and_a_retry__are_not_repeated_beside_the_failed_task() -> None:
    message = _message(event("retry", try_number=2), event(task_id="", try_number=0), event())
    assert [item.outcome for item in message.items] == ["failed"]


def test_message__more_than_fit__are_counted() -> None:
    message = _message(*(event(task_id=f"t{n}") for n in range(130)))
    assert len(message.items) == 40
    assert message.more == "… and 90 more"
    assert message.title == "DAG land_payments failed: 130 tasks"


TEXT = st.text(st.sampled_from("ab &<>é😀'\"\n*_`|x"), max_size=700)
EVENTS = st.lists(
    st.builds(
        event,
        st.sampled_from(["retry", "failure", "skip", "open", "deadline", "paused", "recovery"]),
        task_id=st.text(string.ascii_lowercase, max_size=250),
        run_id=TEXT,
        owner=TEXT,
        error=TEXT,
        log_url=TEXT.map(lambda text: f"http://airflow/{text}"),
    ),
    min_size=1,
    max_size=120,
)


@given(EVENTS)
def test_render__any_events__stay_within_the_limits_that_channels_publish(
    events: list[Event],
) -> None:
    incident = Incident("dag.land_payments")
    incident = record(incident, event(task_id="begin"))
    for each in events:
        incident = record(incident, each)
    message = compose(incident, "pt-BR", environment="prod", docs_url="https://docs.example")
    check_slack(as_slack(message))
    subject, body = as_sns(message)
    assert re.fullmatch(r"[A-Za-z0-9!-/:-@][ -~]{0,98}", subject)
    assert len(body.encode("utf-8")) <= 256 * 1024
    assert "\n" not in as_email(message)[0]


def check_slack(payload: dict[str, Any]) -> None:
    """The limits of Slack's reference "Block Kit": blocks, header, section, fields, text."""
    assert len(payload["blocks"]) <= 50
    assert 0 < len(payload["text"]) <= 40_000
    for block in payload["blocks"]:
        texts = [*block.get("fields", []), *([block["text"]] if "text" in block else [])]
        assert texts
        assert len(block.get("fields", [])) <= 10
        longest = 150 if block["type"] == "header" else 2000 if "fields" in block else 3000
        for text in texts:
            assert text["type"] == ("plain_text" if block["type"] == "header" else "mrkdwn")
            assert 1 <= len(text["text"]) <= longest


@pytest.mark.parametrize("error", ["&" * 600, "x" * 600, "😀" * 600])
def test_slack__forty_long_errors__fill_sections_to_their_limit(error: str) -> None:
    payload = as_slack(_message(*(event(task_id=f"t{n}", error=error) for n in range(40))))
    check_slack(payload)
    assert max(len(block["text"]["text"]) for block in payload["blocks"] if "text" in block) > 2400


def test_slack__control_characters_of_an_error__are_escaped() -> None:
    payload = as_slack(_message(event(error="<!channel> a & b <https://evil|click>")))
    assert "&lt;!channel&gt; a &amp; b &lt;https://evil|click&gt;" in str(payload)


def test_email__markup_of_an_error__is_escaped() -> None:
    content = as_email(_message(event(error="<script>alert(1)</script>")))[1]
    assert "<script>" not in content
    assert "&lt;script&gt;" in content
